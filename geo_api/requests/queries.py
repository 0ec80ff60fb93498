"""Requests in scope."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, not_, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from geo_api.accounts.rules import LEADERS, Actor, CallerKind, Permission, Role
from geo_api.areas.rules import AreaType
from geo_api.areas.service import AreaView, in_areas
from geo_api.catalogue.models import Service
from geo_api.requests.models import RequestEvent, ServiceRequest
from geo_api.requests.rules import Verb
from geo_api.requests.whereabouts import is_in_box
from geo_api.zones.models import Duty, Person, ResponsibilityZone
from geo_api.zones.rules import DESKS

AREA_COLUMNS: dict[AreaType, InstrumentedAttribute[Any]] = {
    AreaType.COUNTY: ServiceRequest.county_id,
    AreaType.TOWN: ServiceRequest.town_id,
    AreaType.VILLAGE: ServiceRequest.village_id,
    AreaType.GROUP: ServiceRequest.group_id,
}


def visible_to(actor: Actor) -> Select[ServiceRequest]:
    """Requests that the caller may see.

    Confidential ones are for leaders of the place, for its desks and for who handles
    them; nobody sees what is about themselves.
    """
    request = ServiceRequest
    wanted = select(request)
    if actor.kind is CallerKind.RESIDENT:
        return wanted.where(request.public_id == actor.request_public_id)
    if actor.kind is CallerKind.SERVER:
        return wanted.where(_shows_to_server(actor))
    if not actor.is_staff or actor.role is Role.AUDITOR:
        return wanted.where(false())
    if actor.role is Role.ADMIN:
        return wanted.where(request.is_confidential.is_(False))
    in_scope = or_(
        _lies_in_areas_of(actor),
        request.zone_id.in_(actor.zone_ids),
        request.household_id.in_(actor.household_ids),
    )
    if actor.role not in LEADERS:
        open_ = request.is_confidential.is_(False)
        in_scope = and_(in_scope, or_(open_, _lies_before_desk_of(actor)))
    if actor.person_id is None:
        return wanted.where(in_scope)
    not_about = or_(
        request.about_person_id.is_(None), request.about_person_id != actor.person_id
    )
    return wanted.where(or_(in_scope, request.handler_id == actor.person_id), not_about)


def _shows_to_server(actor: Actor) -> ColumnElement[bool]:
    """What another system has ordered and, of its areas, what is not confidential."""
    if Permission.READ not in actor.permissions:
        return false()
    request = ServiceRequest
    return or_(
        request.server_key_id == actor.server_key_id,
        and_(_lies_in_areas_of(actor), request.is_confidential.is_(False)),
    )


def _lies_in_areas_of(actor: Actor) -> ColumnElement[bool]:
    return in_areas(
        actor.area_ids,
        county=ServiceRequest.county_id,
        town=ServiceRequest.town_id,
        village=ServiceRequest.village_id,
        group=ServiceRequest.group_id,
    )


def tells_words_to(actor: Actor) -> ColumnElement[bool]:
    """Whether a request in scope shows its words to the caller, too.

    Another system is told those that it has sent itself. What a reply does not show,
    no search may find.
    """
    if actor.kind is CallerKind.SERVER:
        return ServiceRequest.server_key_id == actor.server_key_id
    return true()


def _lies_before_desk_of(actor: Actor) -> ColumnElement[bool]:
    """Whether the caller holds the desk of the request's town or county."""
    held = select(Duty.area_id).where(
        Duty.person_id == actor.person_id,
        Duty.kind.in_([kind.value for kind in DESKS]),
        # The caller's areas are those of today: a desk once held is not among them.
        Duty.area_id.in_(actor.area_ids),
    )
    return or_(ServiceRequest.town_id.in_(held), ServiceRequest.county_id.in_(held))


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


def rated_by(session: Session, request_ids: Collection[int]) -> dict[int, str]:
    """How who rated each request was known; where that is not known it is left out."""
    event, by = RequestEvent, RequestEvent.payload["by"].astext
    wanted = (
        select(event.request_id, by)
        .where(
            event.request_id.in_(request_ids),
            event.verb == Verb.RATE.value,
            by.is_not(None),
        )
        # Of several, after a reopening, the last one stays.
        .order_by(event.sequence)
    )
    return dict(session.execute(wanted).all())


def reminded_at(session: Session, request_ids: Collection[int]) -> dict[int, datetime]:
    """When each request was last reminded of; those never reminded are left out."""
    wanted = (
        select(RequestEvent.request_id, func.max(RequestEvent.at))
        .where(
            RequestEvent.request_id.in_(request_ids),
            RequestEvent.verb == Verb.REMIND.value,
        )
        .group_by(RequestEvent.request_id)
    )
    return dict(session.execute(wanted).all())
