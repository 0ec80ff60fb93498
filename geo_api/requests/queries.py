"""Requests in scope."""

from __future__ import annotations

from sqlalchemy import Select, and_, false, or_, select

from geo_api.accounts.rules import LEADERS, Actor, CallerKind, Role
from geo_api.areas.service import in_areas
from geo_api.requests.models import ServiceRequest


def visible_to(actor: Actor) -> Select[ServiceRequest]:
    """Requests that the caller may see.

    Confidential ones are for leaders of the place and for the desk that handles them;
    nobody sees what is about themselves.
    """
    request = ServiceRequest
    wanted = select(request)
    if actor.kind is CallerKind.RESIDENT:
        return wanted.where(request.public_id == actor.request_public_id)
    if not actor.is_staff or actor.role is Role.AUDITOR:
        return wanted.where(false())
    if actor.role is Role.ADMIN:
        return wanted.where(request.is_confidential.is_(False))
    in_scope = or_(
        in_areas(
            actor.area_ids,
            county=request.county_id,
            town=request.town_id,
            village=request.village_id,
            group=request.group_id,
        ),
        request.zone_id.in_(actor.zone_ids),
        request.household_id.in_(actor.household_ids),
    )
    if actor.role not in LEADERS:
        in_scope = and_(in_scope, request.is_confidential.is_(False))
    if actor.person_id is None:
        return wanted.where(in_scope)
    not_about = or_(
        request.about_person_id.is_(None), request.about_person_id != actor.person_id
    )
    return wanted.where(or_(in_scope, request.handler_id == actor.person_id), not_about)
