"""What the leaders' page counts, in the caller's scope and in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Date, cast, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from geo_api.accounts.rules import Actor, Role
from geo_api.areas.queries import AreaView, areas_below
from geo_api.areas.rules import AreaType
from geo_api.catalogue.models import Service
from geo_api.households.models import HouseholdPlace
from geo_api.requests.models import ServiceRequest
from geo_api.requests.queries import AREA_COLUMNS, visible_to
from geo_api.requests.rules import Rating, Stage, Status
from geo_api.zones.models import ResponsibilityZone

# Of a household, from narrow to wide.
_PLACES = (
    HouseholdPlace.group_id,
    HouseholdPlace.village_id,
    HouseholdPlace.town_id,
    HouseholdPlace.county_id,
)


class SummaryBy(StrEnum):
    """What the rows of a summary are."""

    AREA = "area"
    SERVICE = "service"
    DAY = "day"
    WEEK = "week"
    STAGE = "stage"


@dataclass(frozen=True)
class Totals:
    """Counts of the requests ordered in a period."""

    ordered: int = 0
    open: int = 0
    overdue: int = 0
    closed: int = 0
    closed_on_time: int = 0
    rated: int = 0
    satisfied: int = 0

    @property
    def on_time_rate(self) -> float | None:
        """Closed on time ÷ (closed + overdue and still open)."""
        whole = self.closed + self.overdue
        return self.closed_on_time / whole if whole else None

    @property
    def satisfaction(self) -> float | None:
        """Satisfied or basically satisfied ÷ rated."""
        return self.satisfied / self.rated if self.rated else None


def _counts(now: datetime) -> list[ColumnElement[int]]:
    request = ServiceRequest
    is_done = request.stage.in_((Stage.COMPLETED.value, Stage.RATED.value))
    is_open = request.status == Status.OPEN.value
    content = (Rating.SATISFIED.value, Rating.BASICALLY_SATISFIED.value)
    return [
        func.count(),
        func.count().filter(is_open),
        func.count().filter(is_open, request.due_at < now),
        func.count().filter(is_done),
        func.count().filter(is_done, request.closed_at <= request.due_at),
        func.count().filter(request.rating.is_not(None)),
        func.count().filter(request.rating.in_(content)),
    ]


def may_ask_of(
    session: Session, actor: Actor, area: AreaView, *, edition_id: int
) -> bool:
    """Whether an area is the caller's, holds what is, or a request that they see."""
    if actor.role is Role.ADMIN:
        return True
    own = actor.area_ids | set(
        session.scalars(
            select(ResponsibilityZone.area_id)
            .where(ResponsibilityZone.id.in_(actor.zone_ids))
            .union(
                select(func.coalesce(*_PLACES)).where(
                    HouseholdPlace.edition_id == edition_id,
                    HouseholdPlace.household_id.in_(actor.household_ids),
                )
            )
        )
    )
    if area.id in areas_below(session, own, edition_id=edition_id):
        return True
    if not own.isdisjoint(areas_below(session, [area.id], edition_id=edition_id)):
        return True
    seen = visible_to(actor).with_only_columns(ServiceRequest.id).limit(1)
    is_in = AREA_COLUMNS[AreaType(area.type)] == area.id
    return session.scalar(seen.where(is_in)) is not None


def count_requests(
    session: Session,
    actor: Actor,
    *,
    by: SummaryBy | None,
    area: AreaView | None,
    child_type: AreaType | None,
    since: datetime | None,
    until: datetime | None,
    service_codes: tuple[str, ...],
    now: datetime,
    timezone: str,
) -> dict[Any, Totals]:
    """Totals by key: area id, service code, day, week's Monday or stage; None: all."""
    request = ServiceRequest
    key: ColumnElement[Any] | InstrumentedAttribute[Any]
    match by:
        case SummaryBy.AREA if child_type is not None:
            key = AREA_COLUMNS[child_type]
        case SummaryBy.SERVICE:
            key = Service.code
        case SummaryBy.DAY | SummaryBy.WEEK:
            local = func.timezone(timezone, request.ordered_at)
            key = cast(func.date_trunc(by.value, local), Date)
        case SummaryBy.STAGE:
            key = request.stage
        case _:
            key = literal(None)
    conditions: list[ColumnElement[bool]] = []
    if area is not None:
        conditions.append(AREA_COLUMNS[AreaType(area.type)] == area.id)
    if since is not None:
        conditions.append(request.ordered_at >= since)
    if until is not None:
        conditions.append(request.ordered_at < until)
    if service_codes:
        wanted = select(Service.id).where(Service.code.in_(service_codes))
        conditions.append(request.service_id.in_(wanted))
    counted = visible_to(actor)
    if by is SummaryBy.SERVICE:
        counted = counted.join(Service, Service.id == request.service_id)
    rows = session.execute(
        counted.with_only_columns(key.label("key"), *_counts(now))
        .where(*conditions)
        .group_by("key")
    )
    return {row[0]: Totals(*row[1:]) for row in rows}
