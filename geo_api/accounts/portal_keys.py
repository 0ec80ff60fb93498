"""Keys of other portals: what they may show, of which areas, from which pages."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, func, insert, or_, select
from sqlalchemy.orm import Session

from geo_api.accounts import queries
from geo_api.accounts.audit import record_audit
from geo_api.accounts.models import PortalKey, PortalKeyArea
from geo_api.accounts.rules import Actor
from geo_api.accounts.tokens import hash_secret
from geo_api.errors import NotFound


def create_portal_key(
    session: Session,
    *,
    name: str,
    origins: Sequence[str],
    layers: Sequence[str],
    area_ids: Collection[int],
    now: datetime,
    actor: Actor | None = None,
    secret: str | None = None,
) -> tuple[PortalKey, str]:
    """A key for another portal; the secret is shown once."""
    secret = secret or secrets.token_urlsafe(24)
    key = PortalKey(
        name=name,
        key_hash=hash_secret(secret),
        origins=list(origins),
        layers=list(layers),
        created_at=now,
    )
    session.add(key)
    session.flush()  # the areas need its id
    if area_ids:
        session.execute(
            insert(PortalKeyArea),
            [{"portal_key_id": key.id, "area_id": i} for i in sorted(set(area_ids))],
        )
    record_audit(
        session,
        actor or Actor(),
        action="portal_key.create",
        subject_kind="portal_key",
        subject_id=key.public_id,
        detail={"layers": list(layers), "origins": list(origins)},
        now=now,
    )
    return key, secret


def revoke_portal_key(
    session: Session, public_id: UUID, *, now: datetime, actor: Actor
) -> None:
    """End a portal key at once; ending it again changes nothing."""
    key = queries.find_portal_key_row(session, public_id)
    if key is None:
        raise NotFound("There is no such portal key", loc=("path", "id"))
    if key.revoked_at is None:
        key.revoked_at = now
        record_audit(
            session,
            actor,
            action="portal_key.revoke",
            subject_kind="portal_key",
            subject_id=key.public_id,
            now=now,
        )


def get_portal_key(session: Session, key_id: int) -> PortalKey:
    """A portal key by internal id."""
    return session.get_one(PortalKey, key_id)


def origins_of_key(session: Session, secret: str) -> tuple[str, ...] | None:
    """Pages that may use a key; none named: any. None if no such key is in force."""
    found = queries.find_portal_key(session, hash_secret(secret))
    return None if found is None else tuple(found[0].origins)


def is_origin_of_a_key(session: Session, origin: str) -> bool:
    """Whether pages of an origin may use any of the keys in force."""
    listed = or_(
        func.cardinality(PortalKey.origins) == 0, PortalKey.origins.any_() == origin
    )
    is_listed: bool = session.execute(
        select(exists().where(PortalKey.revoked_at.is_(None), listed))
    ).scalar_one()
    return is_listed


def list_portal_keys(
    session: Session, *, after: tuple[str, UUID] | None, limit: int
) -> Sequence[PortalKey]:
    """Portal keys by name, revoked ones included."""
    return queries.portal_key_page(session, after=after, limit=limit)
