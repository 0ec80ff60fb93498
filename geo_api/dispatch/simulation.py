"""What would happen at a point, and why: the order's own path, nothing written."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TextIO

from sqlalchemy.orm import Session

from geo_api.catalogue.service import read_catalogue
from geo_api.dispatch.placement import resolve_many
from geo_api.dispatch.rules import Decision, Location, ResolvedPlace
from geo_api.dispatch.service import Ask, Decider, question_of
from geo_api.errors import DomainError, InvalidInput
from geo_api.people.queries import people_by_id
from geo_api.settings import Settings
from geo_api.spreadsheets import inert

_COLUMNS = ("lon", "lat", "crs", "service_code")

# Puts a msgid and its params into the reader's language.
Say = Callable[[str, Mapping[str, Any]], str]


@dataclass(frozen=True)
class Simulated:
    """A decision that was not made, or the error an order would have met."""

    place: ResolvedPlace | None = None
    decision: Decision | None = None
    error: DomainError | None = None


def simulate_many(
    session: Session,
    asked: Sequence[tuple[Location, str]],
    *,
    now: datetime,
    settings: Settings,
) -> list[Simulated]:
    """What would happen to orders (location, service code) made now."""
    tz = settings.place.tz
    day = now.astimezone(tz).date()
    catalogue = read_catalogue(session, since=day, until=day)
    resolved = resolve_many(
        session, [where for where, _ in asked], day=day, settings=settings.place
    )
    places = [place for place in resolved if isinstance(place, ResolvedPlace)]
    decider = Decider(session, places, since=now, until=now, tz=tz)
    found = []
    for place, (_, code) in zip(resolved, asked, strict=True):
        if isinstance(place, DomainError):
            found.append(Simulated(error=place))
            continue
        try:
            service = catalogue.get(code)
            question = question_of(service, is_confidential=service.is_confidential)
            decision = decider.decide(Ask(place, question, now))
            found.append(Simulated(place, decision))
        except DomainError as error:
            found.append(Simulated(place, error=error))
    return found


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
        session, {s.decision.handler_id for s in found if s.decision is not None}
    )
    writer = csv.writer(out)
    writer.writerow([*_COLUMNS, "areas", "duty", "person_code", "problem"])
    for line, simulated in zip(lines, found, strict=True):
        decision = simulated.decision
        areas = decision.explanation["place"] if decision else []
        told = (
            *(line[column] for column in _COLUMNS[2:]),
            " / ".join(area["name"] for area in areas),
            decision.step if decision else "",
            people[decision.handler_id].code if decision else "",
            _said(simulated.error, say) if simulated.error else "",
        )
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
