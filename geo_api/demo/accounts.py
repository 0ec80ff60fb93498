"""Who may sign in to the demo: known accounts, one portal key, clerks of the towns.

Their secrets are known to everybody, which is safe only where nobody else can reach the
service. Before it listens to others they are replaced, and put back afterwards.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts.models import Account, PortalKey
from geo_api.accounts.passwords import first_password, hash_password, reset_password
from geo_api.accounts.portal_keys import create_portal_key
from geo_api.accounts.rules import Role
from geo_api.accounts.service import create_account
from geo_api.accounts.tokens import hash_secret

PASSWORD = "minqing-demo"  # noqa: S105  on this machine only
PORTAL_KEY = "demo-portal"
USERNAMES = ("admin", "county", "town", "village", "handler", "auditor")
_KEY_NAME = "demo"


@dataclass(frozen=True)
class Seat:
    """An account of the demo and the area of its role, if the role has one."""

    username: str
    role: Role
    name: str
    area_code: str | None = None


def add_seats(
    session: Session,
    seats: Sequence[Seat],
    area_ids: Mapping[str, int],
    *,
    county_id: int,
    now: datetime,
) -> dict[str, int]:
    """Accounts and the portal key; internal ids by user name.

    Seats beyond ``USERNAMES`` get a password that nobody knows: their work is in the
    histories, nobody signs in as them.
    """
    found = {}
    for seat in seats:
        is_known = seat.username in USERNAMES
        account = create_account(
            session,
            username=seat.username,
            password=PASSWORD if is_known else first_password(),
            name=seat.name,
            role=seat.role,
            area_ids=[area_ids[seat.area_code]] if seat.area_code else [],
            must_change_password=not is_known,
            now=now,
        )
        found[seat.username] = account.id
    create_portal_key(
        session,
        name=_KEY_NAME,
        origins=[],
        layers=["heat", "areas"],
        area_ids=[county_id],
        now=now,
        secret=PORTAL_KEY,
    )
    return found


def replace_secrets(
    session: Session, *, marker: Path, now: datetime
) -> tuple[dict[str, str], str]:
    """Fresh passwords by user name, and a fresh portal key; the known ones are over."""
    # First of all: whatever happens next, it is remembered that they were replaced.
    marker.touch()
    passwords = {
        account.username: reset_password(session, account, now=now)
        for account in _known_accounts(session)
    }
    key = secrets.token_urlsafe(24)
    _portal_key(session).key_hash = hash_secret(key)
    return passwords, key


def restore_secrets(session: Session, *, now: datetime) -> None:
    """The known passwords and portal key again."""
    for account in _known_accounts(session):
        reset_password(session, account, now=now)
        account.password_hash = hash_password(PASSWORD)
        account.must_change_password = False
    _portal_key(session).key_hash = hash_secret(PORTAL_KEY)


def _known_accounts(session: Session) -> Sequence[Account]:
    return session.scalars(
        select(Account)
        .where(Account.username.in_(USERNAMES))
        .order_by(Account.username)
    ).all()


def _portal_key(session: Session) -> PortalKey:
    return session.scalars(select(PortalKey).where(PortalKey.name == _KEY_NAME)).one()
