"""Ordering."""

from __future__ import annotations

from datetime import UTC, date
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts.dependencies import CurrentActor
from geo_api.accounts.rules import Actor, CallerKind, Permission
from geo_api.areas.schemas import AreaRef
from geo_api.areas.service import current_edition
from geo_api.attachments import limits
from geo_api.dispatch.explanation import explain
from geo_api.dispatch.rules import Location
from geo_api.errors import InvalidInput, NotFound, NotSignedIn
from geo_api.households.queries import get_household
from geo_api.http.context import (
    Context,
    CurrentCipher,
    CurrentContext,
    CurrentSession,
    Now,
)
from geo_api.http.idempotency import Once
from geo_api.http.language import preferred_language, say, translations
from geo_api.http.problems import problem_responses
from geo_api.people.models import Person
from geo_api.requests import queries
from geo_api.requests.callers import caller_of, check_orderer
from geo_api.requests.order import known_orders, orders, storage
from geo_api.requests.order.drafts import ContactDraft, OrderDraft
from geo_api.requests.order.schemas import OrderedOut, OrderIn
from geo_api.requests.replies import show_handler
from geo_api.requests.rights import channel_of
from geo_api.requests.rules import Channel
from geo_api.requests.schemas import ZoneRef

router = APIRouter()


def _location(session: Session, actor: Actor, body: OrderIn, day: date) -> Location:
    where = body.where()
    household_id = None
    if where.household_id is not None:
        household_id = _household(session, actor, where.household_id, day)
    return Location(
        lon=where.lon,
        lat=where.lat,
        crs=where.crs,
        accuracy_m=where.accuracy_m,
        address=where.address,
        area_code=where.area_code,
        household_id=household_id,
    )


def _household(session: Session, actor: Actor, public_id: UUID, day: date) -> int:
    loc = ("body", "household_id")
    if not actor.is_staff:
        raise NotSignedIn(
            "Ordering for a household needs an account",
            loc=loc,
            mend="Send a point, an area code or an address",
        )
    edition = current_edition(session, day=day)
    try:
        return get_household(session, actor, public_id, edition_id=edition.id).id
    except NotFound as error:
        raise NotFound(error.msg, loc=loc, mend=error.mend) from error


def _about(session: Session, public_id: UUID | None) -> int | None:
    if public_id is None:
        return None
    found = session.scalar(select(Person.id).where(Person.public_id == public_id))
    if found is None:
        raise InvalidInput(
            "There is no such duty holder",
            loc=("body", "about"),
            mend="Leave it out and describe whom it is about",
        )
    return found


@router.post(
    "/requests",
    summary="Order: dispatched at once to the one who answers for the place",
    status_code=201,
    tags=["requests"],
    response_model=OrderedOut,
    responses=problem_responses(401, 403, 404, 409, 413, 422),
)
def post_request(
    body: OrderIn,
    actor: CurrentActor,
    session: CurrentSession,
    cipher: CurrentCipher,
    context: CurrentContext,
    now: Now,
    once: Once,
    request: Request,
) -> Response:
    """Open to everybody. Staff order on behalf of residents; `channel` says how.

    A retry with the same `Idempotency-Key` and body gets the same reply.
    """

    def work() -> OrderedOut:
        check_orderer(actor, body.external_id)
        day = now.astimezone(context.settings.place.tz).date()
        is_server = actor.kind is CallerKind.SERVER
        usual = Channel.PORTAL if is_server else Channel.WEB
        channel = channel_of(actor, body.channel, usual=usual)
        contact = body.contact
        draft = OrderDraft(
            actor=actor,
            service_code=body.service_code,
            description=body.description,
            location=_location(session, actor, body, day),
            at=now,
            channel=channel,
            contact=ContactDraft(contact.name, contact.phone) if contact else None,
            about_person_id=_about(session, body.about),
            is_confidential=body.is_confidential,
            external_id=body.external_id,
        )
        if body.external_id is not None:
            known_orders.refuse_known(session, cipher, draft)
        ordered = orders.order_many(
            session, [draft], cipher=cipher, settings=context.settings
        )[0]
        language = preferred_language(request)
        reply = _ordered(session, actor, ordered, context, language)
        if limits.are_photos_spent(
            session,
            cipher,
            actor,
            most=context.settings.dispatch.photo_bytes_per_hour,
            now=now,
        ):
            words = say(limits.NO_MORE_PHOTOS, {}, language)
            reply.notes = [*(reply.notes or []), words]
        return reply

    return once.run(caller=caller_of(actor), status=201, work=work)


def _ordered(
    session: Session,
    actor: Actor,
    ordered: storage.Ordered,
    context: Context,
    language: str,
) -> OrderedOut:
    """The reply, by what was just written: nothing of it is read again."""
    draft, decision = ordered.draft, ordered.draft.decision
    # The orderer sees the result of the order, not whatever lies in its scope.
    is_visible = actor.is_staff and queries.is_visible(
        session, actor, ordered.request_id
    )
    assert draft.holder is not None  # noqa: S101  who has just been named is there
    reply = OrderedOut(
        number=ordered.number,
        stage=draft.state.stage.value,
        due_at=draft.state.due_at.astimezone(UTC),
        tracking_url=f"{context.settings.server.base_url}/r/{ordered.tracking_secret}",
        handler=show_handler(
            actor if is_visible else Actor(), draft.holder, decision.step.value
        ),
        notes=[say(note.msg, note.params, language) for note in ordered.notes] or None,
    )
    if actor.kind is CallerKind.SERVER and Permission.READ in actor.permissions:
        reply.id = ordered.public_id
    if is_visible:
        where, zone = decision.inputs.where, decision.place.zone
        reply.id = ordered.public_id
        if zone is not None:
            reply.zone = ZoneRef(id=zone.public_id, code=zone.code, name=zone.name)
        reply.areas = [
            AreaRef(code=area.code, name=area.name, type=area.kind.value)
            for area in where.areas
        ]
        reply.explanation = explain(
            decision.inputs, decision.outcome, translations(language).gettext
        )
    return reply
