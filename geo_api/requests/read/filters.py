"""What lists of requests may be narrowed to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, not_, or_, select

from geo_api.accounts.rules import Actor, CallerKind
from geo_api.areas.queries import AreaView
from geo_api.areas.rules import AreaType
from geo_api.catalogue.models import Service
from geo_api.people.models import Person
from geo_api.requests.models import ServiceRequest
from geo_api.requests.queries import AREA_COLUMNS, tells_words_to, visible_to
from geo_api.requests.whereabouts import is_in_box
from geo_api.zones.models import ResponsibilityZone


@dataclass(frozen=True)
class RequestFilters:
    """What a list of requests is narrowed to; all given filters hold together."""

    stage: tuple[str, ...] = ()
    status: str | None = None
    service_code: tuple[str, ...] = ()
    area: AreaView | None = None
    zone_code: str | None = None
    handler_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    is_overdue: bool | None = None
    updated_after: datetime | None = None
    bbox: tuple[float, float, float, float] | None = None
    text: str | None = None


def filtered(
    actor: Actor, filters: RequestFilters, *, now: datetime
) -> Select[ServiceRequest]:
    """Requests in scope that match all filters, without an order."""
    request = ServiceRequest
    conditions: list[ColumnElement[bool]] = []
    if filters.stage:
        conditions.append(request.stage.in_(filters.stage))
    if filters.status:
        conditions.append(request.status == filters.status)
    if filters.service_code:
        codes = select(Service.id).where(Service.code.in_(filters.service_code))
        conditions.append(request.service_id.in_(codes))
    if filters.area is not None:
        column = AREA_COLUMNS[AreaType(filters.area.type)]
        conditions.append(column == filters.area.id)
    if _asks_for_hidden(actor, filters):
        conditions.append(false())
    if filters.zone_code:
        zones = select(ResponsibilityZone.id).where(
            ResponsibilityZone.code == filters.zone_code
        )
        conditions.append(request.zone_id.in_(zones))
    if filters.handler_id:
        people = select(Person.id).where(Person.public_id == filters.handler_id)
        conditions.append(request.handler_id.in_(people))
    if filters.since:
        conditions.append(request.ordered_at >= filters.since)
    if filters.until:
        conditions.append(request.ordered_at < filters.until)
    if filters.is_overdue is not None:
        overdue = and_(request.status == "open", request.due_at < now)
        conditions.append(overdue if filters.is_overdue else not_(overdue))
    if filters.updated_after:
        conditions.append(request.updated_at > filters.updated_after)
    if filters.bbox:
        conditions.append(is_in_box(filters.bbox))
    if filters.text:
        conditions.append(
            or_(
                request.number == filters.text,
                and_(
                    or_(
                        request.external_id == filters.text,
                        request.description.icontains(filters.text, autoescape=True),
                    ),
                    tells_words_to(actor),
                ),
            )
        )
    return visible_to(actor).where(*conditions)


def _asks_for_hidden(actor: Actor, filters: RequestFilters) -> bool:
    """Whether a list is narrowed by what it does not show this caller."""
    if actor.is_staff:
        return False
    by_area = filters.area is not None and actor.kind is not CallerKind.SERVER
    return bool(by_area or filters.zone_code or filters.handler_id or filters.bbox)
