"""Contacts whose key is lost for good are emptied: nobody waits for them any more."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts.audit import record_audit
from geo_api.accounts.rules import Actor
from geo_api.db.cipher import Cipher
from geo_api.households.contacts import erase_contacts
from geo_api.households.models import Contact


def erase_unreadable(session: Session, cipher: Cipher, *, now: datetime) -> int:
    """Empty the contacts that none of our keys opens; how many they were."""
    held = select(Contact.id, Contact.name, Contact.phone, Contact.id_number)
    lost = [
        id_
        for id_, *blobs in session.execute(held.where(Contact.erased_at.is_(None)))
        if not all(cipher.opens(blob) for blob in blobs if blob)
    ]
    erased = erase_contacts(session, lost, now=now)
    if erased:
        record_audit(
            session,
            Actor(),
            action="privacy.lost_key",
            subject_kind="contact",
            fields=["name", "phone", "id_number"],
            detail={"by": "server", "contacts": erased},
            now=now,
        )
    return erased
