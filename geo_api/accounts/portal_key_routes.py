"""Keys of other portals, kept by the administrator."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from geo_api.accounts import portal_keys, queries
from geo_api.accounts.administration_routes import CurrentPlaces, Places
from geo_api.accounts.dependencies import CurrentActor, StaffActor, hooks_of, require
from geo_api.accounts.models import PortalKey
from geo_api.accounts.portal_key_schemas import (
    OwnPortalKey,
    PortalKeyIn,
    PortalKeyOut,
    PortalKeyWithSecret,
)
from geo_api.accounts.rules import Action, Actor, CallerKind, can_administer
from geo_api.errors import NotAllowed, NotSignedIn
from geo_api.http.context import CurrentContext, CurrentSession, Now
from geo_api.http.paging import Cursor, Limit, Page, make_cursor, read_cursor
from geo_api.http.problems import problem_responses

router = APIRouter(tags=["administration"], responses=problem_responses(401, 403))


def _keeper_of_keys(actor: StaffActor) -> Actor:
    require(can_administer(actor, Action.KEEP_PORTAL_KEYS))
    return actor


KeyKeeper = Annotated[Actor, Depends(_keeper_of_keys, scope="function")]


def _shown_key(
    key: PortalKey, places: Places, area_ids: frozenset[int]
) -> dict[str, object]:
    return {
        "id": key.public_id,
        "name": key.name,
        "origins": key.origins,
        "layers": key.layers,
        "areas": places.named(area_ids),
        "created_at": key.created_at,
        "revoked_at": key.revoked_at,
    }


@router.get(
    "/portal-key",
    summary="What the shown portal key covers",
    responses=problem_responses(404, 422),
)
def get_own_portal_key(
    actor: CurrentActor,
    request: Request,
    session: CurrentSession,
    context: CurrentContext,
    places: CurrentPlaces,
    now: Now,
    area: Annotated[
        str | None, Query(max_length=40, description="403 unless it covers this area.")
    ] = None,
    layer: Annotated[
        str | None, Query(max_length=40, description="403 unless it covers this layer.")
    ] = None,
) -> OwnPortalKey:
    """A portal asks before it shows something that the key may not cover."""
    if actor.kind is CallerKind.ANONYMOUS:
        raise NotSignedIn(
            "No portal key was shown", mend="Send it as the header X-Portal-Key"
        )
    if actor.portal_key_id is None:
        raise NotAllowed("This is for other portals only")
    if layer is not None and layer not in actor.layers:
        raise NotAllowed(
            "This portal key does not cover the layer %(layer)s", layer=layer
        )
    day = now.astimezone(context.settings.place.tz).date()
    if area is not None and not hooks_of(request).reaches(session, actor, area, day):
        raise NotAllowed(
            "This portal key does not cover the area %(area)s",
            mend="Ask the county's administrator to add the area",
            area=area,
        )
    key = portal_keys.get_portal_key(session, actor.portal_key_id)
    return OwnPortalKey(
        name=key.name,
        origins=key.origins,
        layers=key.layers,
        areas=places.named(actor.area_ids),
    )


@router.get(
    "/portal-keys",
    summary="Portal keys by name (admin)",
    responses=problem_responses(400, 422),
)
def list_portal_keys(
    _actor: KeyKeeper,
    session: CurrentSession,
    places: CurrentPlaces,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[PortalKeyOut]:
    """Revoked keys are listed, too; secrets never."""
    position = read_cursor(cursor, {}, (str, UUID))
    rows = portal_keys.list_portal_keys(
        session,
        after=(position[0], position[1]) if position else None,
        limit=limit + 1,
    )
    page = rows[:limit]
    areas = queries.areas_of_portal_keys(session, [key.id for key in page])
    more = len(rows) > limit
    return Page(
        items=[
            PortalKeyOut.model_validate(
                _shown_key(key, places, areas.get(key.id, frozenset()))
            )
            for key in page
        ],
        next=make_cursor([page[-1].name, str(page[-1].public_id)], {})
        if more
        else None,
    )


@router.post(
    "/portal-keys",
    summary="Give another portal a key (admin)",
    status_code=201,
    responses=problem_responses(404, 422),
)
def post_portal_key(
    body: PortalKeyIn,
    actor: KeyKeeper,
    session: CurrentSession,
    places: CurrentPlaces,
    now: Now,
) -> PortalKeyWithSecret:
    """The key is in the reply, once."""
    area_ids = places.ids_of(body.area_codes)
    key, secret = portal_keys.create_portal_key(
        session,
        name=body.name,
        origins=body.origins,
        layers=body.layers,
        area_ids=area_ids,
        now=now,
        actor=actor,
    )
    fields = _shown_key(key, places, frozenset(area_ids))
    return PortalKeyWithSecret.model_validate({**fields, "key": secret})


@router.delete(
    "/portal-keys/{key_id}",
    summary="Revoke a portal key (admin)",
    status_code=204,
    responses=problem_responses(404, 422),
)
def delete_portal_key(
    key_id: UUID, actor: KeyKeeper, session: CurrentSession, now: Now
) -> None:
    """It stops working at once; the row stays."""
    portal_keys.revoke_portal_key(session, key_id, now=now, actor=actor)
