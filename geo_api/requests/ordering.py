"""Ordering: drafts are made, refused where they may not be, and stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts.rules import CallerKind
from geo_api.db.cipher import Cipher
from geo_api.db.counters import spend
from geo_api.errors import Conflict
from geo_api.requests.drafting import OrderDraft, make_drafts
from geo_api.requests.models import ServiceRequest
from geo_api.requests.rules import Channel
from geo_api.requests.storing import Ordered, store
from geo_api.settings import Settings

_HOUR = timedelta(hours=1)


def order_many(
    session: Session,
    orders: Sequence[OrderDraft],
    *,
    cipher: Cipher,
    settings: Settings,
) -> list[Ordered]:
    """Take orders: each gets a handler, a deadline, a number and a tracking link.

    Raises the first order's error; then none is stored.
    """
    if not orders:
        return []
    drafts, _, _ = make_drafts(
        session,
        orders,
        cipher=cipher,
        settings=settings,
        town_decides=_is_above_rate(session, orders, cipher, settings),
    )
    return store(session, drafts, settings=settings)


def _is_above_rate(
    session: Session, orders: Sequence[OrderDraft], cipher: Cipher, settings: Settings
) -> bool:
    """Whether a caller without an account orders more than a person would."""
    actor = orders[-1].actor
    if actor.kind is not CallerKind.ANONYMOUS:
        return False
    spent = spend(
        session,
        cipher,
        "order.network",
        actor.origin.hex(),
        amount=len(orders),
        window=_HOUR,
        now=orders[-1].at,
    )
    return spent.total > settings.dispatch.orders_per_hour


def refuse_known_external(
    session: Session, channel: Channel, external_id: str | None
) -> None:
    """Conflict if the same order of another system is here already."""
    if external_id is None:
        return
    known = session.scalar(
        select(ServiceRequest.number).where(
            ServiceRequest.channel == channel.value,
            ServiceRequest.external_id == external_id,
        )
    )
    if known is not None:
        raise Conflict(
            "This order is here already, as %(number)s",
            loc=("body", "external_id"),
            mend="Nothing needs to be done",
            number=known,
        )
