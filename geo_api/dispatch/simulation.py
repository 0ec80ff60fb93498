"""What would happen at a point, and why: the order's own path, nothing written."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TextIO

from sqlalchemy.orm import Session

from geo_api.catalogue.memory import catalogue_of
from geo_api.dispatch.rules import Location
from geo_api.dispatch.service import Ask, Decision, decide_many
from geo_api.errors import DomainError, InvalidInput
from geo_api.people.queries import people_by_id
from geo_api.settings import Settings
from geo_api.spreadsheets import inert

_COLUMNS = ("lon", "lat", "crs", "service_code")

# Puts a msgid and its params into the reader's language.
Say = Callable[[str, Mapping[str, Any]], str]


Simulated = Decision | DomainError


def simulate_many(
    session: Session,
    asked: Sequence[tuple[Location, str]],
    *,
    now: datetime,
    settings: Settings,
) -> list[Simulated]:
    """What would happen to orders (location, service code) made now, or their error."""
    tz = settings.place.tz
    catalogue = catalogue_of(session, since=now, until=now, tz=tz)
    asks = []
    for where, code in asked:
        try:
            rule = catalogue.offered(code, now)
            asks.append(Ask(where, rule, rule.terms.is_confidential))
        except DomainError as error:
            asks.append(Ask(where, error))
    return decide_many(session, asks, now, settings=settings.place)


def simulate_file(
    session: Session,
    rows: Iterable[str],
    out: TextIO,
    *,
    now: datetime,
    settings: Settings,
    say: Say,
) -> None:
    """CSV in (lon, lat, crs, service_code), CSV out with areas, duty and person."""
    reader = csv.DictReader(rows, restval="")
    missing = set(_COLUMNS) - set(reader.fieldnames or ())
    if missing:
        raise InvalidInput(
            "The file lacks the columns %(columns)s",
            loc=("file",),
            mend="The first line names the columns: lon,lat,crs,service_code",
            columns=", ".join(sorted(missing)),
        )
    lines = list(reader)
    asked = [
        (
            Location(
                lon=_number(line["lon"]),
                lat=_number(line["lat"]),
                crs=line["crs"] or None,
            ),
            line["service_code"],
        )
        for line in lines
    ]
    found = simulate_many(session, asked, now=now, settings=settings)
    people = people_by_id(
        session, {s.handler_id for s in found if isinstance(s, Decision)}
    )
    writer = csv.writer(out)
    writer.writerow([*_COLUMNS, "areas", "duty", "person_code", "problem"])
    for line, simulated in zip(lines, found, strict=True):
        said: tuple[str, ...]
        if isinstance(simulated, DomainError):
            said = ("", "", "", _said(simulated, say))
        else:
            said = (
                " / ".join(area.name for area in simulated.inputs.where.areas),
                simulated.step.value,
                people[simulated.handler_id].code,
                "",
            )
        told = (*(line[column] for column in _COLUMNS[2:]), *said)
        point = (_cell(line[column]) for column in _COLUMNS[:2])
        writer.writerow([*point, *map(inert, told)])


def _cell(text: str) -> str:
    """A number as it was written: that of the west begins with a minus."""
    return inert(text) if math.isnan(_number(text)) else text


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _said(error: DomainError, say: Say) -> str:
    first = error.problems[0] if error.problems else error
    return say(first.msg, first.params)
