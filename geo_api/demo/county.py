"""Stores the invented county through the rooms' own services."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.areas.models import EditionArea
from geo_api.areas.service import current_edition
from geo_api.db.cipher import Cipher
from geo_api.demo.accounts import add_seats
from geo_api.demo.files import DECLARATION, SHAPES, check_files
from geo_api.demo.orders import Ground, carry_year
from geo_api.demo.places import Place
from geo_api.demo.population import Population, populate
from geo_api.demo.staff import (
    COUNTY,
    TOWN,
    add_holders,
    give_duties,
    seats,
    send_on_leave,
    tied,
)
from geo_api.demo.year import DAYS, Site, draw_year
from geo_api.errors import InvalidInput, Problem
from geo_api.households.ledger import add_many
from geo_api.households.rules import HouseholdDraft
from geo_api.ingest.boundaries import import_boundaries
from geo_api.ingest.declaration import Declaration, read_declaration
from geo_api.settings import Settings
from geo_api.zones.drafts import ZoneDraft
from geo_api.zones.ledger import add_zones_many
from geo_api.zones.membership import set_zone_households
from geo_api.zones.rules import ZoneKind

# Said while it loads: what, and how many.
Tell = Callable[[str, int], None]


def load_county(
    session: Session,
    *,
    cipher: Cipher,
    until: date,
    now: datetime,
    settings: Settings,
    tell: Tell,
) -> None:
    """The whole demo county with the year that ends as ``until`` begins."""
    check_files()
    edition_id = import_areas(
        session, SHAPES, read_declaration(DECLARATION), now=now, settings=settings
    )
    area_ids = areas_of(session, edition_id)
    tell("%(count)s areas", len(area_ids))
    population = populate(read_drawn(SHAPES))
    household_ids = _add_homes(session, cipher, population, edition_id, now)
    tell("%(count)s households", len(household_ids))
    since = until - timedelta(days=2 * DAYS)
    zone_ids = _add_zones(session, population, area_ids, household_ids, since)
    accounts = add_seats(
        session, seats(population), area_ids, county_id=area_ids[COUNTY], now=now
    )
    person_ids = add_holders(
        session, cipher, population.holders, tied(population, accounts), now=now
    )
    give_duties(session, population.holders, person_ids, area_ids, zone_ids, since)
    send_on_leave(session, population, person_ids, until=until, now=now)
    tell("%(count)s zones", len(zone_ids))
    tell("%(count)s people", len(person_ids))
    ground = _ground(population, household_ids, person_ids, accounts)
    orders = draw_year(ground.sites, until=until, tz=settings.place.tz)
    count = carry_year(session, orders, ground, cipher=cipher, settings=settings)
    tell("%(count)s requests", count)


def import_areas(
    session: Session,
    file: Path,
    declaration: Declaration,
    *,
    now: datetime,
    settings: Settings,
) -> int:
    """Import boundaries; the edition's internal id, or InvalidInput with the report."""
    report = import_boundaries(
        session, file, declaration, commit=True, now=now, settings=settings
    )
    if not report.is_acceptable:
        raise InvalidInput(
            "The boundaries cannot be used",
            problems=[
                Problem(("file", file.name), f.msg, f.mend, dict(f.params))
                for f in report.findings
                if f.is_fatal
            ],
        )
    day = now.astimezone(settings.place.tz).date()
    return current_edition(session, day=day).id


def areas_of(session: Session, edition_id: int) -> dict[str, int]:
    """Internal ids of an edition's areas by code."""
    rows = session.execute(
        select(EditionArea.code, EditionArea.area_id).where(
            EditionArea.edition_id == edition_id
        )
    )
    return {row.code: row.area_id for row in rows}


def read_drawn(path: Path) -> list[Place]:
    """Areas of a drawn file with their shapes, wide to narrow."""
    collection = json.loads(path.read_text(encoding="utf-8"))
    return [
        Place(
            code=feature["properties"]["code"],
            name=feature["properties"]["name"],
            type=feature["properties"]["type"],
            parent_code=feature["properties"]["parent"],
            shape=shapely.from_geojson(json.dumps(feature["geometry"])),
        )
        for feature in collection["features"]
    ]


def _add_homes(
    session: Session,
    cipher: Cipher,
    population: Population,
    edition_id: int,
    now: datetime,
) -> list[int]:
    drafts = [
        HouseholdDraft(
            code=home.code,
            address=home.address,
            head_name=home.head_name,
            lon=home.lon,
            lat=home.lat,
            crs="cgcs2000",
            phone=home.phone,
            id_number=home.id_number,
            member_count=home.member_count,
        )
        for home in population.homes
    ]
    return add_many(session, cipher, drafts, edition_id=edition_id, now=now)


def _add_zones(
    session: Session,
    population: Population,
    area_ids: Mapping[str, int],
    household_ids: Sequence[int],
    since: date,
) -> dict[str, int]:
    zone_ids = add_zones_many(
        session,
        [
            ZoneDraft(
                zone.code,
                zone.name,
                area_ids[zone.group],
                ZoneKind.HOUSEHOLDS,
                since,
                zone.polygon,
            )
            for zone in population.zones
        ],
    )
    ids = {
        home.code: id_
        for home, id_ in zip(population.homes, household_ids, strict=True)
    }
    members = [
        (zone_ids[zone.code], ids[code])
        for zone in population.zones
        for code in zone.homes
    ]
    set_zone_households(session, members, day=since)
    return zone_ids


def _ground(
    population: Population,
    household_ids: Sequence[int],
    person_ids: Mapping[str, int],
    accounts: Mapping[str, int],
) -> Ground:
    sites = [
        Site(
            group=home.group,
            village=home.village,
            is_urban=home.is_urban,
            lon=home.lon,
            lat=home.lat,
        )
        for home in population.homes
    ]
    desks = {
        h.places[0]: person_ids[h.code]
        for h in population.holders
        if h.kind == "village_desk"
    }
    town_of = {home.village: home.town for home in population.homes}
    return Ground(
        sites=sites,
        household_ids=household_ids,
        clerks={
            village: accounts["town" if town == TOWN else f"town-{town}"]
            for village, town in town_of.items()
        },
        desks=desks,
    )
