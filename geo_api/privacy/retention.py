"""What is kept no longer than it is needed: contacts, links, replies, counts.

Nothing here touches the history or the audit: the app's role could not delete them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import any_, func, select, union, update
from sqlalchemy.orm import Session

from geo_api.accounts.audit import record_audit
from geo_api.accounts.models import Token
from geo_api.accounts.rules import Actor
from geo_api.accounts.tokens import forget_tokens
from geo_api.db.arrays import among
from geo_api.db.batches import delete_due
from geo_api.db.counters import forget_counts
from geo_api.households.contacts import erase_contacts
from geo_api.households.models import Contact, Household
from geo_api.http.models import IdempotentReply
from geo_api.people.models import Person
from geo_api.requests.models import ServiceRequest
from geo_api.requests.rules import Status
from geo_api.settings import Settings

# Rows of each kind that one transaction takes: nobody waits long for a lock. What is
# due goes from one statement to the next as an array: joined, the planner may prefer to
# read the whole table, and a subquery that locks may be asked again for each row.
_BATCH = 1_000


@dataclass(frozen=True)
class Swept:
    """How many rows of each kind a batch took."""

    contacts: int = 0
    links: int = 0
    tokens: int = 0
    replies: int = 0
    counts: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing left to do."""
        return not any(asdict(self).values())

    def __add__(self, other: Swept) -> Swept:
        """Both together."""
        mine, theirs = asdict(self), asdict(other)
        return Swept(**{name: mine[name] + theirs[name] for name in mine})


def sweep_batch(session: Session, *, now: datetime, settings: Settings) -> Swept:
    """One batch of what is due; audited with its counts if there was anything.

    Descriptions and histories stay: they are the record of what the county did.
    """
    # A request that may still be reopened needs its resident.
    days = max(settings.privacy.contact_days, settings.dispatch.rating_days)
    cut = now - timedelta(days=days)
    # Replies that no retry will ask for any more.
    stale = now - timedelta(hours=settings.dispatch.idempotency_hours)
    swept = Swept(
        contacts=_erase_contacts(session, cut, now=now),
        links=_end_links(session, cut, now=now),
        tokens=forget_tokens(session, now=now, limit=_BATCH),
        replies=delete_due(
            session,
            IdempotentReply,
            IdempotentReply.created_at < stale,
            limit=_BATCH,
        ),
        counts=forget_counts(session, now=now, limit=_BATCH),
    )
    if not swept.is_empty:
        record_audit(
            session,
            Actor(),
            action="privacy.sweep",
            subject_kind="contact",
            fields=["name", "phone", "id_number"] if swept.contacts else [],
            detail={"by": "server", "days": days, **asdict(swept)},
            now=now,
        )
    return swept


def _erase_contacts(session: Session, cut: datetime, *, now: datetime) -> int:
    """Contacts of requests closed, households gone and people retired before then."""
    kept = select(Contact.id).where(Contact.erased_at.is_(None)).limit(_BATCH)
    request, home, person = ServiceRequest, Household, Person
    # Apart, so that each goes by its index: an OR over the three reads every contact.
    due = union(
        kept.join(request, request.contact_id == Contact.id).where(
            request.status == Status.CLOSED.value, request.closed_at < cut
        ),
        kept.join(home, home.contact_id == Contact.id).where(home.ended_at < cut),
        kept.join(person, person.contact_id == Contact.id).where(person.ended_at < cut),
    )
    ids = session.scalars(
        select(Contact.id)
        .where(
            Contact.id == any_(func.array(due.scalar_subquery())),
            Contact.erased_at.is_(None),
        )
        .order_by(Contact.id)
        .limit(_BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    return erase_contacts(session, ids, now=now)


def _end_links(session: Session, cut: datetime, *, now: datetime) -> int:
    """Tracking links of the same requests, and of those closed without a contact."""
    due = session.scalars(
        select(Token.id)
        .join(ServiceRequest, ServiceRequest.public_id == Token.subject_id)
        .where(
            Token.kind == "tracking",
            Token.revoked_at.is_(None),
            ServiceRequest.status == Status.CLOSED.value,
            ServiceRequest.closed_at < cut,
        )
        .limit(_BATCH)
        .with_for_update(of=Token, skip_locked=True)
    ).all()
    session.execute(
        update(Token)
        .where(among(Token.id, due))
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )
    return len(due)
