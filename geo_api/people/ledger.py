"""Keeps people: every change ends rows, none deletes history."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from geo_api.db.arrays import among
from geo_api.db.model import new_public_id
from geo_api.errors import Conflict
from geo_api.people.drafts import PersonDraft
from geo_api.people.models import Person


def add_people_many(
    session: Session, drafts: Sequence[PersonDraft], *, now: datetime
) -> dict[str, int]:
    """Add people or, by ledger code, rename them; internal ids by code."""
    if not drafts:
        return {}
    statement = upsert(Person)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[Person.code],
            set_={
                "name": statement.excluded.name,
                "is_party_member": statement.excluded.is_party_member,
                # A ledger that says nothing of these does not take them away.
                "account_id": func.coalesce(
                    statement.excluded.account_id, Person.account_id
                ),
                "contact_id": func.coalesce(
                    statement.excluded.contact_id, Person.contact_id
                ),
                "ended_at": None,
            },
        ),
        [_person_row(draft, now) for draft in drafts],
    )
    codes = [draft.code for draft in drafts]
    rows = session.execute(
        select(Person.code, Person.id).where(among(Person.code, codes))
    )
    return {code: id_ for code, id_ in rows}  # noqa: C416  rows are not pairs to mypy


def _person_row(draft: PersonDraft, now: datetime) -> dict[str, Any]:
    return {
        "public_id": new_public_id(),
        "code": draft.code,
        "name": draft.name,
        "is_party_member": draft.is_party_member,
        "account_id": draft.account_id,
        "contact_id": draft.contact_id,
        "created_at": now,
    }


def add_next_person(session: Session, draft: PersonDraft, *, now: datetime) -> Person:
    """Add one person under the next free ledger code, whatever the draft's."""
    used = session.scalars(select(Person.code).where(Person.code.startswith("P"))).all()
    taken = [int(code[1:]) for code in used if re.fullmatch(r"P[0-9]{1,9}", code)]
    number = max(taken, default=0) + 1
    while True:
        try:
            return add_person(session, replace(draft, code=f"P{number:04d}"), now=now)
        except Conflict:  # who is added at the same time has taken it
            number += 1


def add_person(session: Session, draft: PersonDraft, *, now: datetime) -> Person:
    """Add one person; Conflict where the ledger code is taken, by whomever."""
    inserted = session.scalar(
        upsert(Person)
        .values(**_person_row(draft, now))
        .on_conflict_do_nothing(index_elements=[Person.code])
        .returning(Person.id)
    )
    if inserted is None:
        raise Conflict(
            "The ledger code %(code)s is taken",
            loc=("body", "code"),
            mend="Use another code, or change the person who has it",
            code=draft.code,
        )
    return session.get_one(Person, inserted)
