"""Ordering: drafts are made, refused where they may not be, and stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from geo_api.db.cipher import Cipher
from geo_api.db.counters import spend
from geo_api.duties.ledger import find_holders
from geo_api.errors import Conflict
from geo_api.requests import rights
from geo_api.requests.order.drafts import OrderDraft, make_drafts
from geo_api.requests.order.storage import Draft, Ordered, store
from geo_api.settings import Settings

_HOUR = timedelta(hours=1)
# How often somebody may leave between two looks at who answers.
_TRIES = 3


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
    drafts = _decided(session, orders, cipher, settings)
    for order, draft in zip(orders, drafts, strict=True):
        refused = rights.can_order_at(order.actor, draft.place.place)
        if refused is not None:
            raise refused
    return store(session, drafts, settings=settings)


def _decided(
    session: Session, orders: Sequence[OrderDraft], cipher: Cipher, settings: Settings
) -> list[Draft]:
    """Drafts for people who are still here: who has just left is asked no more."""
    town_decides = _is_above_rate(session, orders, cipher, settings)
    day = min(o.decided_at for o in orders).astimezone(settings.place.tz).date()
    for _ in range(_TRIES):
        drafts, _ = make_drafts(
            session, orders, cipher=cipher, settings=settings, town_decides=town_decides
        )
        states = [draft.state for draft in drafts]
        holders = find_holders(
            session,
            {state.handler_id for state in states},
            {state.handler_duty_id for state in states},
            day=day,
        )
        if holders is not None:
            for draft in drafts:
                draft.holder = holders[draft.state.handler_id]
            return drafts
    raise Conflict("Who would hold it has just left", mend="Try it again")


def _is_above_rate(
    session: Session, orders: Sequence[OrderDraft], cipher: Cipher, settings: Settings
) -> bool:
    """Whether from one network more is ordered than people there would."""
    actor = orders[-1].actor
    if actor.has_identity:
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
