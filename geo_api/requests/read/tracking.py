"""A request found again by its number and the last digits of a phone.

Four digits can be guessed: every try counts, of the network it comes from and for the
number it asks for, and no answer says which of the two was wrong.
"""

from __future__ import annotations

import hmac
import math
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts.audit import record_audit
from geo_api.accounts.rules import Actor
from geo_api.accounts.tokens import issue_tracking_token
from geo_api.db.cipher import Cipher
from geo_api.db.counters import Spent, spend
from geo_api.errors import InvalidInput, NotAllowed, NotFound, RateLimited
from geo_api.households.models import Contact
from geo_api.requests.models import ServiceRequest
from geo_api.settings import SignInSettings

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_MONTH = timedelta(days=30)
_TAIL = 4


class NotTracked(NotFound):
    """Number and digits do not belong together; the try is counted."""

    keeps_work = True


class WholePhoneNeeded(InvalidInput):
    """Too many have tried four digits of this request; its owner knows them all."""


def track(
    session: Session,
    actor: Actor,
    *,
    number: str,
    phone_tail: str,
    cipher: Cipher,
    settings: SignInSettings,
    now: datetime,
) -> str:
    """The secret of a new tracking link; the old ones stay good.

    ``phone_tail`` is four digits or the whole phone. Raises NotTracked, whatever is
    wrong. Staff know numbers and digits by their work: with a link they would speak as
    the resident.
    """
    if actor.has_identity:
        raise NotAllowed(
            "Whoever is signed in finds the request in a list, and not as its resident",
            mend="Look for the number in GET /api/requests?q=",
        )
    tries = Tries(session, cipher, actor.origin.hex(), number, settings, now)
    tries.hold()
    if len(phone_tail) <= _TAIL and tries.are_digits_spent:
        raise WholePhoneNeeded(
            "For this number four digits no longer do",
            loc=("body", "phone_tail"),
            mend="Give the whole telephone number, or use the link",
        )
    found = session.execute(
        select(ServiceRequest.public_id, Contact.phone)
        .outerjoin(Contact, Contact.id == ServiceRequest.contact_id)
        .where(ServiceRequest.number == number)
    ).one_or_none()
    phone = found.phone if found is not None else None
    # Deciphered in any case, so that time tells nothing either.
    known = cipher.decrypt(phone or cipher.encrypt("")).removeprefix("+86")
    shown = known[-_TAIL:] if len(phone_tail) <= _TAIL else known
    is_right = hmac.compare_digest(shown.encode(), phone_tail.encode())
    if found is None or not is_right:
        tries.count_wrong()
        raise NotTracked(
            "There is no request with this number and these digits",
            mend="Check both, or ring the village",
        )
    record_audit(
        session,
        actor,
        action="request.track",
        subject_kind="request",
        subject_id=found.public_id,
        now=now,
    )
    return issue_tracking_token(
        session,
        found.public_id,
        now=now,
        days=settings.tracking_days,
        is_found=True,
    )


class Tries:
    """Tries of one network to find one request again.

    A network has its tries an hour, and some wrong ones a day for one number. Those
    from everywhere are counted, too: a thousand networks could try all four digits.
    When they are spent only the whole phone will do, which its owner knows anywhere.
    """

    def __init__(
        self,
        session: Session,
        cipher: Cipher,
        network: str,
        number: str,
        settings: SignInSettings,
        now: datetime,
    ) -> None:
        self._where = (session, cipher)
        self._network, self._number, self._now = network, number, now
        self._settings = settings
        self.are_digits_spent = False

    def hold(self) -> None:
        """Count the network's try and lock the others; RateLimited if one is spent."""
        most = self._settings
        self._check(self._of_pair(0), most.track_tries_number - 1)
        self.are_digits_spent = self._of_number(0).total >= most.track_tries_digits
        of_network = spend(
            *self._where, "track.network", self._network, window=_HOUR, now=self._now
        )
        self._check(of_network, most.track_tries_caller)

    def count_wrong(self) -> None:
        """Count what was held as a wrong try."""
        self._of_pair(1)
        self._of_number(1)

    def _of_pair(self, amount: int) -> Spent:
        pair = f"{self._network} {self._number}"
        return spend(
            *self._where, "track.pair", pair, amount=amount, window=_DAY, now=self._now
        )

    def _of_number(self, amount: int) -> Spent:
        return spend(
            *self._where,
            "track.digits",
            self._number,
            amount=amount,
            window=_MONTH,
            now=self._now,
        )

    def _check(self, spent: Spent, most: int) -> None:
        if spent.total > most:
            left = timedelta(seconds=spent.retry_after)
            raise RateLimited(
                "Tried too often; try again in %(minutes)s min, or use the link"
                if left <= _HOUR
                else "Tried too often; try again in %(hours)s h, or use the link",
                retry_after=spent.retry_after,
                minutes=math.ceil(left / timedelta(minutes=1)),
                hours=math.ceil(left / _HOUR),
            )
