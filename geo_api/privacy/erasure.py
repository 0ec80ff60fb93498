"""What is held on one person, erased on their word."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from geo_api.accounts.models import Token
from geo_api.attachments.models import Attachment
from geo_api.db.arrays import among
from geo_api.errors import Conflict
from geo_api.households.contacts import erase_contacts
from geo_api.privacy.subjects import Held, audit_subject
from geo_api.requests.rules import Status


def check_erasable(held: Held, *, force: bool) -> None:
    """Raise Conflict while a contact is needed: by an open request, or a ledger.

    A ledger's contact goes with its household or duty holder, whose ends are set there.
    """
    open_ = [r.number for r in held.requests if r.status == Status.OPEN.value]
    if open_ and not force:
        raise Conflict(
            "Requests still open (%(count)s): %(numbers)s",
            mend="Complete them first, or add --force: nobody can call back then",
            count=len(open_),
            numbers=", ".join(open_[:10]),
        )


def erase_person(session: Session, held: Held, *, now: datetime, force: bool) -> int:
    """Empty the contacts of requests and of ended ledger rows; photos and links go.

    Raises Conflict while a request is open, unless forced. Who lives or serves here
    stays in the ledgers. The number of contacts that were emptied.
    """
    check_erasable(held, force=force)
    going = Held(
        held.requests,
        [h for h in held.households if h.ended_at is not None],
        [p for p in held.people if p.ended_at is not None],
    )
    session.execute(
        update(Token)
        .where(
            among(Token.subject_id, [r.public_id for r in going.requests]),
            Token.revoked_at.is_(None),
        )
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        delete(Attachment)
        .where(among(Attachment.request_id, [r.id for r in going.requests]))
        .execution_options(synchronize_session=False)
    )
    erased = erase_contacts(session, going.contact_ids, now=now)
    audit_subject(session, "privacy.erase", going, now=now)
    return erased
