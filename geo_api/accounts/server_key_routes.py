"""Keys of other systems, kept by the administrator."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from geo_api.accounts import server_keys
from geo_api.accounts.administration_routes import CurrentPlaces, Places
from geo_api.accounts.dependencies import StaffActor, require
from geo_api.accounts.models import ServerKey
from geo_api.accounts.rules import Action, Actor, can_administer
from geo_api.accounts.server_key_schemas import (
    ServerKeyIn,
    ServerKeyOut,
    ServerKeyWithSecret,
)
from geo_api.http.context import CurrentSession, Now
from geo_api.http.paging import Cursor, Limit, Page, make_cursor, read_cursor
from geo_api.http.problems import problem_responses

router = APIRouter(tags=["administration"], responses=problem_responses(401, 403))


def _keeper_of_keys(actor: StaffActor) -> Actor:
    require(can_administer(actor, Action.KEEP_SERVER_KEYS))
    return actor


KeyKeeper = Annotated[Actor, Depends(_keeper_of_keys, scope="function")]


def _shown_key(
    key: ServerKey, places: Places, area_ids: frozenset[int]
) -> dict[str, object]:
    return {
        "id": key.public_id,
        "name": key.name,
        "may": key.may,
        "areas": places.named(area_ids),
        "created_at": key.created_at,
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
    }


@router.get(
    "/server-keys",
    summary="Server keys by name (admin)",
    responses=problem_responses(400, 422),
)
def list_server_keys(
    _actor: KeyKeeper,
    session: CurrentSession,
    places: CurrentPlaces,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[ServerKeyOut]:
    """Revoked keys are listed, too; secrets never."""
    position = read_cursor(cursor, {}, (str, UUID))
    rows = server_keys.list_server_keys(
        session,
        after=(position[0], position[1]) if position else None,
        limit=limit + 1,
    )
    page = rows[:limit]
    areas = server_keys.areas_of_server_keys(session, [key.id for key in page])
    more = len(rows) > limit
    return Page(
        items=[
            ServerKeyOut.model_validate(
                _shown_key(key, places, areas.get(key.id, frozenset()))
            )
            for key in page
        ],
        next=make_cursor([page[-1].name, str(page[-1].public_id)], {})
        if more
        else None,
    )


@router.post(
    "/server-keys",
    summary="Give another system a secret key (admin)",
    status_code=201,
    responses=problem_responses(404, 422),
)
def post_server_key(
    body: ServerKeyIn,
    actor: KeyKeeper,
    session: CurrentSession,
    places: CurrentPlaces,
    now: Now,
) -> ServerKeyWithSecret:
    """The secret is in the reply, once; it is sent as a bearer token."""
    area_ids = places.ids_of(body.areas)
    key, secret = server_keys.create_server_key(
        session,
        name=body.name,
        may=body.may,
        area_ids=area_ids,
        now=now,
        actor=actor,
    )
    fields = _shown_key(key, places, frozenset(area_ids))
    return ServerKeyWithSecret.model_validate({**fields, "secret": secret})


@router.delete(
    "/server-keys/{key_id}",
    summary="Revoke a server key (admin)",
    status_code=204,
    responses=problem_responses(404, 422),
)
def delete_server_key(
    key_id: UUID, actor: KeyKeeper, session: CurrentSession, now: Now
) -> None:
    """It stops working at once; the row stays."""
    server_keys.revoke_server_key(session, key_id, now=now, actor=actor)
