"""Contacts are in one encrypted table and nowhere else."""

from __future__ import annotations

from sqlalchemy import select, text

from geo_api.households.contacts import read_contact, store_contacts
from geo_api.households.models import Contact, Household
from geo_api.households.rules import ContactDraft

_COLUMNS = text(
    """
    SELECT table_name, column_name
    FROM information_schema.columns
    JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema = :schema AND table_type = 'BASE TABLE'
      AND (data_type IN ('text', 'character varying', 'bytea', 'json', 'jsonb')
           OR data_type = 'ARRAY')
    ORDER BY table_name, column_name
    """
)


def _found_in(session, secrets: list[str]) -> set[str]:
    """Columns of any table that hold one of the texts, as text or as bytes."""
    found = set()
    columns = session.execute(_COLUMNS, {"schema": "minqing"}).all()
    assert len(columns) > 50
    for table, column in columns:
        cells = session.scalars(
            text(f'SELECT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL')
        )
        for cell in cells:
            raw = bytes(cell) if isinstance(cell, bytes | memoryview) else None
            shown = raw.decode("utf-8", "replace") if raw is not None else str(cell)
            if any(secret in shown for secret in secrets):
                found.add(f"{table}.{column}")
    return found


def test_no_name_phone_or_identity_number_of_a_household_is_in_any_table(
    client, session, world, sign_in
) -> None:
    lon, lat = world.point()
    headers = sign_in("village")
    body = {
        "code": "apart-1",
        "head_name": "沈明之",
        "address": "东镇东南村一社9号",
        "location": {"lon": lon, "lat": lat, "crs": "wgs84"},
        "phone": "10012345699",
        "id_number": "620171197001010015",
    }
    added = client.post("/api/households", json=body, headers=headers).json()
    path = f"/api/households/{added['id']}"
    client.patch(path, json={"head_name": "沈明远"}, headers=headers)
    client.get(path, params={"reveal": "contact"}, headers=headers)
    ordered = client.post(
        "/api/requests",
        json={
            "service_code": "XQ-SHUI",
            "description": "停水两天",
            "household_id": added["id"],
        },
        headers=headers,
    )
    assert ordered.status_code == 201, ordered.text
    secrets = ["沈明", "赵户主", "10012345699", "1001234567", "620171197001010015"]
    assert _found_in(session, secrets) == set()
    # The scan does find what is stored in the clear.
    assert "household.address" in _found_in(session, ["东镇东南村一社9号"])


def test_a_contact_is_read_with_the_key_alone(session, world, cipher) -> None:
    household = session.get_one(Household, world.households[0])
    contact = session.get_one(Contact, household.contact_id)
    assert read_contact(cipher, contact).name == "赵户主1"
    assert b"10012345671" not in bytes(contact.phone)


def test_a_renewed_contact_keeps_what_is_not_said_and_empties_what_is_empty(
    session, world, cipher, now
) -> None:
    [id_] = store_contacts(
        session, cipher, [ContactDraft("沈某", "10012345699", "")], now=now
    )
    assert store_contacts(
        session, cipher, [ContactDraft(phone="", id=id_)], now=now
    ) == [id_]
    contact = session.scalar(select(Contact).where(Contact.id == id_))
    assert read_contact(cipher, contact).name == "沈某"
    assert contact.phone is None
    assert contact.id_number is None


def test_contacts_keep_the_order_of_their_drafts(session, cipher, now) -> None:
    drafts = [ContactDraft(f"某{i}") for i in range(50)]
    ids = store_contacts(session, cipher, drafts, now=now)
    again = [ContactDraft(f"新{i}", id=id_) for i, id_ in enumerate(ids)]
    mixed = [again[3], ContactDraft("后来"), again[1]]
    stored = store_contacts(session, cipher, mixed, now=now)
    assert [stored[0], stored[2]] == [ids[3], ids[1]]
    names = {
        id_: read_contact(cipher, session.get_one(Contact, id_)).name
        for id_ in (*ids, *stored)
    }
    assert names[ids[0]] == "某0"
    assert names[ids[3]] == "新3"
    assert names[stored[1]] == "后来"
