"""People, zones, duties and leave as they are claimed, before anything is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shapely import MultiPolygon, Polygon

from geo_api.zones.rules import DutyKind, ZoneKind


@dataclass(frozen=True)
class PersonDraft:
    """Somebody who may answer for a place."""

    code: str
    name: str
    is_party_member: bool = False
    account_id: int | None = None
    contact_id: int | None = None


@dataclass(frozen=True)
class ZoneDraft:
    """A zone of one area; the polygon serves points without a household."""

    code: str
    name: str
    area_id: int
    kind: ZoneKind
    valid_from: date
    polygon: Polygon | MultiPolygon | None = None


@dataclass(frozen=True)
class DutyDraft:
    """A duty of a person for exactly one zone, area or household."""

    person_id: int
    kind: DutyKind
    valid_from: date
    valid_to: date | None = None
    zone_id: int | None = None
    area_id: int | None = None
    household_id: int | None = None


@dataclass(frozen=True)
class LeaveDraft:
    """Days of leave, first and last included."""

    person_id: int
    first_day: date
    last_day: date
    substitute_id: int | None = None
