"""Secret keys of other systems: what each may do, and in which areas."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select, tuple_
from sqlalchemy.orm import Session

from geo_api.accounts.audit import record_audit
from geo_api.accounts.models import ServerKey, ServerKeyArea
from geo_api.accounts.rules import Actor, CallerKind, Permission
from geo_api.accounts.tokens import hash_secret
from geo_api.errors import NotFound

# No other secret has a dot in it: it tells in which table to look, and whoever finds
# one lying about what it opens.
PREFIX = "mqs."


def create_server_key(
    session: Session,
    *,
    name: str,
    may: Collection[Permission],
    area_ids: Collection[int],
    now: datetime,
    actor: Actor | None = None,
) -> tuple[ServerKey, str]:
    """A key for another system; the secret (256 bits) is shown once."""
    secret = PREFIX + secrets.token_urlsafe(32)
    key = ServerKey(
        name=name,
        key_hash=hash_secret(secret),
        may=sorted({permission.value for permission in may}),
        created_at=now,
    )
    session.add(key)
    session.flush()  # the areas need its id
    session.execute(
        insert(ServerKeyArea),
        [{"server_key_id": key.id, "area_id": i} for i in sorted(set(area_ids))],
    )
    record_audit(
        session,
        actor or Actor(),
        action="server_key.create",
        subject_kind="server_key",
        subject_id=key.public_id,
        detail={"may": key.may},
        now=now,
    )
    return key, secret


def find_server_key(session: Session, secret: str) -> ServerKey | None:
    """The key in force that a secret belongs to."""
    return session.scalar(
        select(ServerKey).where(
            ServerKey.key_hash == hash_secret(secret), ServerKey.revoked_at.is_(None)
        )
    )


def holder_of_key(session: Session, key: ServerKey) -> Actor:
    """Who shows a server key."""
    return Actor(
        kind=CallerKind.SERVER,
        name=key.name,
        area_ids=areas_of_server_keys(session, [key.id]).get(key.id, frozenset()),
        server_key_id=key.id,
        permissions=frozenset(Permission(word) for word in key.may),
    )


def areas_of_server_keys(
    session: Session, key_ids: Collection[int]
) -> dict[int, frozenset[int]]:
    """Areas by server key."""
    rows = session.execute(
        select(ServerKeyArea.server_key_id, func.array_agg(ServerKeyArea.area_id))
        .where(ServerKeyArea.server_key_id.in_(key_ids))
        .group_by(ServerKeyArea.server_key_id)
    )
    return {key_id: frozenset(ids) for key_id, ids in rows}


def list_server_keys(
    session: Session, *, after: tuple[str, UUID] | None, limit: int
) -> Sequence[ServerKey]:
    """Server keys by name, revoked ones included."""
    order = (ServerKey.name, ServerKey.public_id)
    wanted = select(ServerKey).order_by(*order)
    if after is not None:
        wanted = wanted.where(tuple_(*order) > after)
    return session.scalars(wanted.limit(limit)).all()


def revoke_server_key(
    session: Session, public_id: UUID, *, now: datetime, actor: Actor
) -> None:
    """End a server key at once; ending it again changes nothing."""
    key = session.scalar(
        select(ServerKey).where(ServerKey.public_id == public_id).with_for_update()
    )
    if key is None:
        raise NotFound("There is no such server key", loc=("path", "id"))
    if key.revoked_at is not None:
        return
    key.revoked_at = now
    record_audit(
        session,
        actor,
        action="server_key.revoke",
        subject_kind="server_key",
        subject_id=key.public_id,
        now=now,
    )
