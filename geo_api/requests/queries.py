"""Requests in scope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from geo_api.accounts.rules import LEADERS, Actor, CallerKind, Permission, Role
from geo_api.areas.queries import AreaView, areas_by_id, in_areas
from geo_api.areas.rules import AreaType
from geo_api.duties.models import Duty
from geo_api.duties.rules import DESKS
from geo_api.errors import NotFound
from geo_api.requests.models import RequestEvent, ServiceRequest
from geo_api.requests.rules import Verb


def get_request(session: Session, actor: Actor, public_id: UUID) -> ServiceRequest:
    """A request in the caller's scope; NotFound for every other."""
    request = session.scalar(
        visible_to(actor).where(ServiceRequest.public_id == public_id)
    )
    if request is None:
        raise NotFound("There is no such request", loc=("path", "id"))
    return request


def is_visible(session: Session, actor: Actor, request_id: int) -> bool:
    """Whether a request lies in the caller's scope."""
    wanted = visible_to(actor).with_only_columns(ServiceRequest.id)
    return session.scalar(wanted.where(ServiceRequest.id == request_id)) is not None


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


def areas_of(
    session: Session, requests: Collection[ServiceRequest]
) -> dict[int, list[AreaView]]:
    """By request its areas, county first, as its own edition names them."""
    by_edition: dict[int, set[int]] = defaultdict(set)
    for request in requests:
        by_edition[request.edition_id].update(request.place.ids)
    known = {
        edition_id: areas_by_id(session, ids, edition_id=edition_id)
        for edition_id, ids in by_edition.items()
    }
    return {
        request.id: [
            known[request.edition_id][id_]
            for id_ in request.place.ids
            if id_ in known[request.edition_id]
        ]
        for request in requests
    }


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
