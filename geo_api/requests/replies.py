"""From rows to what a caller may see of them; lookups are made once for a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor, CallerKind, mask_name
from geo_api.areas.queries import AreaView
from geo_api.areas.schemas import AreaRef
from geo_api.attachments.queries import AttachmentView, attachments_of
from geo_api.attachments.schemas import show_attachment
from geo_api.catalogue.models import Service
from geo_api.duties.ledger import Holder
from geo_api.duties.models import Duty
from geo_api.households.models import Household
from geo_api.people.models import Person
from geo_api.people.queries import people_by_id
from geo_api.requests.models import ServiceRequest
from geo_api.requests.queries import areas_of, rated_by, reminded_at
from geo_api.requests.rules import Status
from geo_api.requests.schemas import HandlerRef, Point, RequestOut, ZoneRef
from geo_api.requests.whereabouts import can_be_told_door, point_told_to
from geo_api.zones.queries import zones_by_id
from geo_api.zones.rules import ZoneView


class Shower:
    """Shows requests of one page: what is told of them is read once, and no more."""

    def __init__(
        self, session: Session, actor: Actor, requests: Sequence[ServiceRequest]
    ) -> None:
        self._session, self._actor, self._requests = session, actor, requests

    @cached_property
    def _services(self) -> dict[int, Service]:
        ids = {r.service_id for r in self._requests}
        rows = self._session.scalars(select(Service).where(Service.id.in_(ids)))
        return {service.id: service for service in rows}

    @cached_property
    def _people(self) -> dict[int, Person]:
        return people_by_id(self._session, {r.handler_id for r in self._requests})

    @cached_property
    def _duties(self) -> dict[int, str]:
        ids = {r.handler_duty_id for r in self._requests if r.handler_duty_id}
        wanted = select(Duty.id, Duty.kind).where(Duty.id.in_(ids))
        return dict(self._session.execute(wanted).all()) if ids else {}

    @cached_property
    def _zones(self) -> dict[int, ZoneView]:
        ids = {r.zone_id for r in self._requests if r.zone_id is not None}
        return zones_by_id(self._session, ids) if ids else {}

    @cached_property
    def _households(self) -> dict[int, UUID]:
        ids = {r.household_id for r in self._requests if r.household_id}
        wanted = select(Household.id, Household.public_id).where(Household.id.in_(ids))
        return dict(self._session.execute(wanted).all()) if ids else {}

    @cached_property
    def _attachments(self) -> Mapping[int, Sequence[AttachmentView]]:
        return attachments_of(self._session, {r.id for r in self._requests})

    @cached_property
    def _reminded(self) -> dict[int, datetime]:
        return reminded_at(self._session, {r.id for r in self._requests})

    @cached_property
    def _rated_by(self) -> dict[int, str]:
        return rated_by(self._session, {r.id for r in self._requests if r.rating})

    @cached_property
    def _areas(self) -> dict[int, list[AreaView]]:
        return areas_of(self._session, self._requests)

    def areas(self, request: ServiceRequest) -> list[AreaRef]:
        """The request's areas, county first, as its edition names them."""
        return [
            AreaRef(code=area.code, name=area.name, type=str(area.type))
            for area in self._areas[request.id]
        ]

    def zone(self, request: ServiceRequest) -> ZoneRef | None:
        """The request's zone."""
        zone = self._zones.get(request.zone_id or 0)
        if zone is None:
            return None
        return ZoneRef(id=zone.public_id, code=zone.code, name=zone.name)

    def handler(self, request: ServiceRequest, *, in_full: bool) -> HandlerRef:
        """The handler: the whole name only where the reading of it is audited."""
        person = self._people[request.handler_id]
        duty = self._duties.get(request.handler_duty_id or 0)
        return show_handler(self._actor, person, duty, in_full=in_full)

    def show(
        self, request: ServiceRequest, *, now: datetime, in_full: bool = False
    ) -> RequestOut:
        """A request as the caller may see it."""
        service = self._services[request.service_id]
        shown = RequestOut(
            id=request.public_id,
            number=request.number,
            service_code=service.code,
            service_name=service.name,
            stage=request.stage,
            status=request.status,
            ordered_at=request.ordered_at,
            due_at=request.due_at,
            completed_at=request.completed_at,
            updated_at=request.updated_at,
            is_overdue=request.status == Status.OPEN.value and request.due_at < now,
            rating=request.rating,
            handler=self.handler(request, in_full=in_full),
            reopen_count=request.reopen_count,
        )
        if self._tells_words(request):
            shown.description = request.description
            shown.external_id = request.external_id
            shown.attachments = [
                show_attachment(view) for view in self._attachments.get(request.id, ())
            ]
        if self._actor.is_staff or self._actor.kind is CallerKind.SERVER:
            shown.areas = self.areas(request)
        if self._actor.is_staff:
            shown.channel = request.channel
            shown.is_on_behalf = request.entered_by is not None
            shown.is_confidential = request.is_confidential
            shown.reminded_at = self._reminded.get(request.id)
            if request.rating:
                shown.rated_by = self._rated_by.get(request.id)
            shown.zone = self.zone(request)
            if can_be_told_door(self._actor, request, in_full=in_full):
                shown.address = request.address
                point = point_told_to(self._actor, request, in_full=in_full)
                shown.location = Point(lon=point[0], lat=point[1]) if point else None
                shown.household_id = self._households.get(request.household_id or 0)
        return shown

    def _tells_words(self, request: ServiceRequest) -> bool:
        """Staff and, behind the secret link, the resident; another system its own."""
        if self._actor.kind is not CallerKind.SERVER:
            return True
        return request.server_key_id == self._actor.server_key_id


def show_handler(
    actor: Actor, person: Person | Holder, duty: str | None, *, in_full: bool = False
) -> HandlerRef:
    """Who handles a request, as a caller may know it."""
    if not actor.is_staff:
        return HandlerRef(name=mask_name(person.name), duty=duty)
    name = person.name if in_full else mask_name(person.name)
    return HandlerRef(person_id=person.public_id, name=name, duty=duty)


def read_fields(actor: Actor, shown: RequestOut) -> list[str]:
    """What the audit must name of a request that was shown in full."""
    if not actor.is_staff:
        return []
    return ["handler.name", *(["location"] if shown.location else [])]
