"""Contacts: encrypted on their way in, in clear only for who writes an audit row."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.orm import Session

from geo_api.db.arrays import among
from geo_api.db.cipher import Cipher
from geo_api.db.model import new_public_id
from geo_api.households.models import Contact
from geo_api.households.queries import SQL
from geo_api.households.rules import ContactDraft, ContactView


def contact_row(
    cipher: Cipher,
    *,
    name: str = "",
    phone: str = "",
    id_number: str = "",
    now: datetime,
) -> dict[str, object]:
    """A row of the contact table; what is empty stays NULL."""
    return {
        "public_id": new_public_id(),
        "name": _sealed(cipher, name),
        "phone": _sealed(cipher, phone),
        "id_number": _sealed(cipher, id_number),
        "created_at": now,
    }


def _sealed(cipher: Cipher, text: str | None) -> bytes | None:
    return cipher.encrypt(text) if text else None


def _cell(cipher: Cipher, text: str | None) -> bytes | None:
    """None says nothing; an empty text empties, and needs no cipher for it."""
    return text if text is None else cipher.encrypt(text) if text else b""


def store_contact(
    session: Session,
    cipher: Cipher,
    *,
    name: str = "",
    phone: str = "",
    id_number: str = "",
    now: datetime,
) -> int:
    """Encrypt and store a contact; its internal id."""
    row = contact_row(cipher, name=name, phone=phone, id_number=id_number, now=now)
    return session.execute(
        insert(Contact).values(**row).returning(Contact.id)
    ).scalar_one()


def store_contacts(
    session: Session, cipher: Cipher, drafts: Sequence[ContactDraft], *, now: datetime
) -> list[int]:
    """Add contacts or, where a draft names one, renew it; ids in the drafts' order.

    A person keeps one row for good, so that erasing it erases everything.
    """
    renewed = [draft for draft in drafts if draft.id is not None]
    added = [draft for draft in drafts if draft.id is None]
    if renewed:
        columns = _columns(cipher, renewed)
        ids = [draft.id for draft in renewed]
        session.execute(SQL["renew_contacts"], {"ids": ids, **columns})
    fresh: Iterator[int] = iter(())
    if added:
        columns = _columns(cipher, added)
        keys = [new_public_id() for _ in added]
        rows = session.execute(
            SQL["add_contacts"], {"public_ids": keys, "now": now, **columns}
        )
        by_key = {row.public_id: row.id for row in rows}
        fresh = iter([by_key[key] for key in keys])
    return [draft.id if draft.id is not None else next(fresh) for draft in drafts]


def _columns(cipher: Cipher, drafts: Sequence[ContactDraft]) -> dict[str, Any]:
    return {
        "names": [_cell(cipher, draft.name) for draft in drafts],
        "phones": [_cell(cipher, draft.phone) for draft in drafts],
        "id_numbers": [_cell(cipher, draft.id_number) for draft in drafts],
    }


def erase_contacts(session: Session, ids: Collection[int], *, now: datetime) -> int:
    """Empty contacts for good, each in its one row; how many were not yet."""
    erased = session.scalars(
        update(Contact)
        .where(among(Contact.id, ids), Contact.erased_at.is_(None))
        .values(name=None, phone=None, id_number=None, erased_at=now)
        .returning(Contact.id)
    )
    return len(erased.all())


def read_contact(cipher: Cipher, contact: Contact | None) -> ContactView:
    """A contact in clear. The caller has written the audit row."""
    if contact is None:
        return ContactView("", "", "")
    return ContactView(
        *(
            cipher.decrypt(blob) if blob else ""
            for blob in (contact.name, contact.phone, contact.id_number)
        )
    )


def count_encrypted(session: Session) -> int:
    """How many contacts hold something that only the key file opens."""
    held = or_(
        Contact.name.is_not(None),
        Contact.phone.is_not(None),
        Contact.id_number.is_not(None),
    )
    return session.execute(select(func.count()).where(held)).scalar_one()


def contact_state(session: Session, contact_id: int | None) -> tuple[object, ...]:
    """What a contact holds as it is stored: encrypted, it differs after each change."""
    if contact_id is None:
        return ()
    row = session.execute(
        select(Contact.name, Contact.phone, Contact.id_number).where(
            Contact.id == contact_id
        )
    ).one()
    return tuple(row)
