"""Ledgers by the ten thousand: the same rules, a handful of statements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import make
import make_coverage
import pytest
from sqlalchemy import event, func, select

from geo_api.areas.queries import areas_by_id
from geo_api.errors import InvalidInput
from geo_api.households.contacts import read_contact
from geo_api.households.ledger import add_many, end_household
from geo_api.households.models import Contact, Household, HouseholdPlace
from geo_api.households.placement import place_households
from geo_api.households.rules import HouseholdDraft


@pytest.fixture
def coverage(session):
    coverage = make_coverage.wiggly(6, 6)
    edition = make_coverage.store(session, coverage.drafts)
    return coverage, edition.id


def _drafts(coverage: make_coverage.Coverage, n: int) -> list[HouseholdDraft]:
    groups = sorted(coverage.groups.items())
    found = []
    for i in range(n):
        code, shape = groups[i % len(groups)]
        point = shape.representative_point()
        found.append(
            HouseholdDraft(
                code=f"{code}-{i:04d}",
                address=f"某村{i}号",
                head_name=f"赵户主{i}",
                lon=point.x + i * 1e-7,
                lat=point.y,
                crs="cgcs2000",
                phone=f"1{i:010d}",
                id_number="620171197001010015",
                member_count=3,
            )
        )
    return found


@contextmanager
def _statements(session) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_conn, _cursor, statement, parameters, _context, many) -> None:
        seen.extend([statement] * (len(parameters) if many else 1))

    engine = session.connection().engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_the_number_of_statements_does_not_grow_with_the_ledger(
    session, cipher, now, coverage
) -> None:
    drafts, edition_id = _drafts(coverage[0], 400), coverage[1]
    for _ in ("new", "known"):
        with _statements(session) as seen:
            add_many(session, cipher, drafts, edition_id=edition_id, now=now)
        assert len(seen) < 20
    with _statements(session) as seen:
        assert place_households(session, edition_id=edition_id) == 400
    assert len(seen) < 20


def test_ids_come_in_the_order_of_the_drafts_new_and_known_mixed(
    session, cipher, now, coverage
) -> None:
    drafts, edition_id = _drafts(coverage[0], 40), coverage[1]
    add_many(session, cipher, drafts[10:20], edition_id=edition_id, now=now)
    mixed = list(reversed(drafts))
    ids = add_many(session, cipher, mixed, edition_id=edition_id, now=now)
    rows = {
        row.id: row
        for row in session.execute(
            select(
                Household.id,
                Household.code,
                Household.contact_id,
                func.ST_X(Household.geom).label("lon"),
            )
        )
    }
    assert len(rows) == 40
    for id_, draft in zip(ids, mixed, strict=True):
        assert rows[id_].code == draft.code
        assert rows[id_].lon == draft.lon
        contact = session.get_one(Contact, rows[id_].contact_id)
        assert read_contact(cipher, contact).name == draft.head_name


def test_each_household_lies_in_the_group_whose_shape_holds_its_point(
    session, cipher, now, coverage
) -> None:
    drafts, edition_id = _drafts(coverage[0], 80), coverage[1]
    ids = add_many(session, cipher, drafts, edition_id=edition_id, now=now)
    places = {
        place.household_id: place
        for place in session.scalars(
            select(HouseholdPlace).where(HouseholdPlace.edition_id == edition_id)
        )
    }
    for id_, draft in zip(ids, drafts, strict=True):
        place = places[id_]
        areas = areas_by_id(
            session,
            [place.group_id, place.village_id, place.town_id],
            edition_id=edition_id,
        )
        assert draft.code.startswith(areas[place.group_id].code)
        assert areas[place.group_id].parent_id == place.village_id
        assert areas[place.village_id].parent_id == place.town_id


def test_a_known_household_keeps_identity_contact_and_what_is_not_said(
    session, cipher, now, coverage
) -> None:
    [draft], edition_id = _drafts(coverage[0], 1), coverage[1]
    [id_] = add_many(session, cipher, [draft], edition_id=edition_id, now=now)
    before = session.get_one(Household, id_)
    kept = (before.public_id, before.contact_id)
    end_household(session, before, now=now)
    session.flush()
    again = replace(draft, address="新址", phone=None, id_number="")
    assert add_many(session, cipher, [again], edition_id=edition_id, now=now) == [id_]
    session.expire_all()
    after = session.get_one(Household, id_)
    assert (after.public_id, after.contact_id) == kept
    assert after.address == "新址"
    assert after.ended_at is None  # it lives there again
    contact = read_contact(cipher, session.get_one(Contact, after.contact_id))
    assert contact.phone == draft.phone
    assert contact.id_number == ""


def test_every_wrong_line_is_told_and_none_is_written(
    session, cipher, now, coverage
) -> None:
    drafts, edition_id = _drafts(coverage[0], 8), coverage[1]
    drafts[1] = replace(drafts[1], lon=36.0, lat=103.0)
    drafts[2] = replace(drafts[2], crs="utm")
    drafts[3] = replace(drafts[3], phone="12")
    drafts[4] = replace(drafts[4], id_number="620171197001010016")
    drafts[5] = replace(drafts[5], code=drafts[0].code)
    drafts[6] = replace(drafts[6], member_count=2_000_000_000)
    drafts[7] = replace(drafts[7], head_name="赵" * 61)
    with pytest.raises(InvalidInput) as refused:
        add_many(session, cipher, drafts, edition_id=edition_id, now=now)
    assert [problem.loc[1:3] for problem in refused.value.problems] == [
        (1, "lon"),
        (2, "lon"),
        (3, "phone"),
        (4, "id_number"),
        (5, "code"),
        (6, "member_count"),
        (7, "head_name"),
    ]
    for model in (Household, Contact):
        assert session.scalar(select(func.count()).select_from(model)) == 0


def test_points_outside_the_county_are_told_whichever_batch_they_are_in(
    session, cipher, now, coverage, monkeypatch
) -> None:
    monkeypatch.setattr("geo_api.households.placement._BATCH", 3)
    drafts, edition_id = _drafts(coverage[0], 8), coverage[1]
    for i in (1, 7):
        drafts[i] = replace(drafts[i], lon=90.0)
    with pytest.raises(InvalidInput) as refused:
        add_many(session, cipher, drafts, edition_id=edition_id, now=now)
    assert [problem.loc[1] for problem in refused.value.problems] == [1, 7]
    assert session.scalar(select(func.count()).select_from(Contact)) == 0


def test_households_follow_the_lines_of_a_new_edition(session, cipher, now) -> None:
    world = make.a_world(session, cipher, now)
    [first, _] = world.households
    coverage = make_coverage.wiggly(30, 20)
    edition = make_coverage.store(session, coverage.drafts, day=make.TODAY)
    assert place_households(session, edition_id=edition.id) == 2
    place = session.get_one(HouseholdPlace, (edition.id, first))
    assert place.group_id is not None
    # What it was part of before stays known.
    old = session.get_one(HouseholdPlace, (world.county.edition_id, first))
    assert old.group_id == world.county.ids[make.GROUP]
