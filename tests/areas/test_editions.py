"""Editions: snapshots, in force from a day, with identities that outlive codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime

import make_coverage
import pytest
import shapely
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from geo_api.areas.drafts import AreaDraft
from geo_api.areas.editions import activate, copy_of, diff_editions, store_edition
from geo_api.areas.locate import locate_many
from geo_api.areas.models import AreaCode, AreaName, Edition, EditionArea, Shape
from geo_api.areas.queries import find_edition_at, names_of
from geo_api.areas.recognition import give_codes
from geo_api.areas.rules import AreaType, CodeSystem, EditionReason
from geo_api.areas.service import current_edition, get_area, get_county
from geo_api.errors import Conflict, NotFound, Unavailable

FIRST, SECOND, THIRD = date(2024, 1, 1), date(2025, 1, 1), date(2026, 1, 1)
LATER = date(2026, 3, 2)
TOWN, OTHER_TOWN = "620171101", "620171102"


@pytest.fixture(scope="module")
def drafts() -> list[AreaDraft]:
    """A county of two towns, four villages and sixteen groups."""
    return make_coverage.wiggly(4, 4, 6).drafts


def _change(
    drafts: Sequence[AreaDraft], change: Callable[[AreaDraft], AreaDraft]
) -> list[AreaDraft]:
    return [change(draft) for draft in drafts]


def _named(code: str, name: str) -> Callable[[AreaDraft], AreaDraft]:
    return lambda d: replace(d, name=name) if d.code == code else d


def _recoded(old: str, new: str) -> Callable[[AreaDraft], AreaDraft]:
    """Give an area and all below it codes that begin differently."""

    def code_of(code: str | None) -> str | None:
        return new + code[len(old) :] if code and code.startswith(old) else code

    return lambda d: replace(
        d, code=code_of(d.code) or "", parent_code=code_of(d.parent_code)
    )


def _rows(session: Session, edition: Edition) -> set[tuple]:
    return set(
        session.execute(
            select(
                EditionArea.area_id,
                EditionArea.parent_id,
                EditionArea.code,
                EditionArea.name,
                EditionArea.type,
                EditionArea.shape_id,
            ).where(EditionArea.edition_id == edition.id)
        )
    )


def _identities(session: Session, edition: Edition) -> dict[str, int]:
    return {row[2]: row[0] for row in _rows(session, edition)}


def _open_codes(session: Session, day: date) -> set[tuple]:
    """(area, system, code, primary) in force on a day."""
    return set(
        session.execute(
            select(
                AreaCode.area_id, AreaCode.system, AreaCode.code, AreaCode.is_primary
            ).where(
                AreaCode.valid_from <= day,
                func.coalesce(AreaCode.valid_to, date.max) > day,
            )
        )
    )


def _stored(
    session: Session,
    drafts: Sequence[AreaDraft],
    now: datetime,
    day: date,
    reason: EditionReason = EditionReason.INITIAL,
) -> Edition:
    """A draft of an edition: stored, not yet in force."""
    return store_edition(
        session,
        make_coverage.SOURCE,
        drafts,
        name="drawn",
        reason=reason,
        valid_from=day,
        now=now,
    )


def test_before_the_first_edition_there_is_none(session, drafts) -> None:
    make_coverage.store(session, drafts, day=SECOND)
    with pytest.raises(Unavailable) as refused:
        current_edition(session, day=FIRST)
    assert "import boundaries" in (refused.value.mend or "")


def test_an_edition_that_is_not_activated_changes_nothing(session, drafts, now) -> None:
    first = make_coverage.store(session, drafts, day=FIRST)
    codes = _open_codes(session, LATER)
    names = session.scalars(select(AreaName.name)).all()
    _stored(session, _change(drafts, _named(TOWN, "新镇")), now, SECOND)
    assert current_edition(session, day=LATER).id == first.id
    assert get_area(session, TOWN, day=LATER).name != "新镇"
    assert _open_codes(session, LATER) == codes
    assert session.scalars(select(AreaName.name)).all() == names


def test_editions_share_the_shapes_that_did_not_change(session, drafts) -> None:
    make_coverage.store(session, drafts, day=FIRST)
    count = session.scalar(select(func.count()).select_from(Shape))
    assert count == len({d.shape.normalize().wkb for d in drafts})
    group = drafts[-1]
    smaller = group.shape.difference(group.shape.centroid.buffer(1e-4))
    changed = [*drafts[:-1], replace(group, shape=smaller)]
    make_coverage.store(session, changed, day=SECOND)
    assert session.scalar(select(func.count()).select_from(Shape)) == count + 1


def test_an_edition_is_in_force_from_its_day_until_the_next(session, drafts) -> None:
    first = make_coverage.store(session, drafts, day=FIRST)
    second = make_coverage.store(
        session, _change(drafts, _named(TOWN, "新镇")), day=SECOND
    )
    assert find_edition_at(session, date(2023, 12, 31)) is None
    assert current_edition(session, day=FIRST).id == first.id
    assert current_edition(session, day=date(2024, 12, 31)).id == first.id
    assert current_edition(session, day=SECOND).id == second.id
    assert get_area(session, TOWN, day=date(2024, 12, 31)).name == f"{TOWN}镇"
    assert get_area(session, TOWN, day=SECOND).name == "新镇"


def test_of_two_for_one_day_the_later_supersedes(session, drafts) -> None:
    first = make_coverage.store(session, drafts, day=FIRST)
    again = make_coverage.store(
        session, _change(drafts, _named(TOWN, "新镇")), day=FIRST
    )
    assert first.superseded_at is not None
    assert current_edition(session, day=LATER).id == again.id
    names = names_of(session, get_area(session, TOWN, day=LATER).id)
    # The name of an edition that was never in force for a day was never borne.
    assert [(name.name, name.valid_to) for name in names] == [("新镇", None)]


def test_no_edition_begins_before_the_one_in_force(session, drafts, now) -> None:
    make_coverage.store(session, drafts, day=SECOND)
    early = _stored(session, drafts, now, FIRST)
    with pytest.raises(Conflict) as refused:
        activate(session, early, day=FIRST, now=now)
    assert refused.value.params["day"] == SECOND.isoformat()
    assert early.active_from is None


def test_an_edition_is_activated_once(session, drafts, now) -> None:
    edition = make_coverage.store(session, drafts, day=FIRST)
    with pytest.raises(Conflict):
        activate(session, edition, day=SECOND, now=now)
    assert edition.active_from == FIRST


def test_identities_survive_a_new_name(session, drafts) -> None:
    first = make_coverage.store(session, drafts, day=FIRST)
    second = make_coverage.store(
        session, _change(drafts, _named(TOWN, "新镇")), day=SECOND
    )
    assert _identities(session, first) == _identities(session, second)
    names = names_of(session, get_area(session, TOWN, day=LATER).id)
    assert [(n.name, n.kind, n.valid_from, n.valid_to) for n in names] == [
        (f"{TOWN}镇", "former", FIRST, SECOND),
        ("新镇", "official", SECOND, None),
    ]


def test_identities_survive_new_codes_and_old_codes_are_still_found(
    session, drafts
) -> None:
    first = make_coverage.store(session, drafts, day=FIRST)
    before = _identities(session, first)
    recoded = _change(drafts, _recoded(TOWN, "620121109"))
    second = make_coverage.store(
        session, recoded, day=SECOND, reason=EditionReason.RECODE
    )
    assert set(_identities(session, second).values()) == set(before.values())
    village = next(
        d.code for d in drafts if d.type is AreaType.VILLAGE and d.parent_code == TOWN
    )
    new_code = "620121109" + village[9:]
    # The old code leads to the present one, and on an old day the other way round.
    assert get_area(session, village, day=LATER).code == new_code
    assert get_area(session, new_code, day=LATER).id == before[village]
    assert get_area(session, village, day=FIRST).code == village
    assert get_area(session, new_code, day=FIRST).code == village
    codes = session.execute(
        select(AreaCode.code, AreaCode.valid_from, AreaCode.valid_to)
        .where(AreaCode.area_id == before[village])
        .order_by(AreaCode.valid_from)
    ).all()
    assert [tuple(row) for row in codes] == [
        (village, FIRST, SECOND),
        (new_code, SECOND, None),
    ]


def test_a_new_code_without_a_recode_is_a_new_area(session, drafts) -> None:
    """A merger founds a new town; only a recode says that it is the old one."""
    first = make_coverage.store(session, drafts, day=FIRST)
    second = make_coverage.store(
        session,
        _change(drafts, _recoded(TOWN, "620171109")),
        day=SECOND,
        reason=EditionReason.MERGE,
    )
    before, after = _identities(session, first), _identities(session, second)
    assert after["620171109"] not in before.values()
    assert after[OTHER_TOWN] == before[OTHER_TOWN]
    # Codes of what is gone are ended, yet lead to nobody else.
    with pytest.raises(NotFound):
        get_area(session, TOWN, day=LATER)
    assert get_area(session, TOWN, day=FIRST).id == before[TOWN]


def test_a_code_that_goes_to_another_area_leads_to_the_one_that_has_it(
    session, drafts
) -> None:
    first = make_coverage.store(session, drafts, day=FIRST)
    swap = {TOWN: OTHER_TOWN, OTHER_TOWN: TOWN}

    def swapped(draft: AreaDraft) -> AreaDraft:
        if draft.type is AreaType.TOWN:
            other = next(d for d in drafts if d.code == swap[draft.code])
            return replace(draft, name=other.name, shape=other.shape)
        if draft.type is AreaType.VILLAGE:
            return replace(draft, parent_code=swap[draft.parent_code or ""])
        return draft

    second = make_coverage.store(session, _change(drafts, swapped), day=SECOND)
    # The code is the stronger evidence: the town that bears it is the same town.
    assert _identities(session, first) == _identities(session, second)


def test_both_code_systems_lead_to_an_area(session, drafts) -> None:
    def with_civil_code(draft: AreaDraft) -> AreaDraft:
        civil = {CodeSystem.CIVIL_AFFAIRS: "620121" + draft.code[6:]}
        return replace(draft, other_codes=civil)

    make_coverage.store(session, _change(drafts, with_civil_code), day=FIRST)
    found = get_area(session, "620121101", day=LATER, system="civil_affairs")
    assert found.code == TOWN
    assert get_area(session, "620121101", day=LATER).code == TOWN
    with pytest.raises(NotFound):
        get_area(session, "620121101", day=LATER, system="statistics")
    with pytest.raises(NotFound):
        get_area(session, TOWN, day=LATER, system="civil_affairs")


def test_a_secondary_code_that_is_left_out_stays(session, drafts) -> None:
    """A file that knows one system says nothing of the other."""

    def with_civil_code(draft: AreaDraft) -> AreaDraft:
        civil = {CodeSystem.CIVIL_AFFAIRS: "620121" + draft.code[6:]}
        return replace(draft, other_codes=civil)

    make_coverage.store(session, _change(drafts, with_civil_code), day=FIRST)
    make_coverage.store(session, drafts, day=SECOND)
    assert get_area(session, "620121101", day=LATER).code == TOWN


def test_the_difference_names_what_changed_and_nothing_else(session, drafts) -> None:
    first = make_coverage.store(session, drafts, day=FIRST)
    group = drafts[-1]
    bitten = group.shape.difference(group.shape.centroid.buffer(1e-4))
    fresh = replace(group, code=group.code[:-3] + "099", name="新社")
    changed = [
        *_change(drafts[:-1], _named(TOWN, "新镇")),
        replace(fresh, shape=bitten),
    ]
    second = make_coverage.store(session, changed, day=SECOND)
    rows = {row.new_code or row.old_code: row for row in _diff(session, first, second)}
    assert set(rows) == {TOWN, group.code, fresh.code}
    assert rows[TOWN].is_renamed
    assert not rows[TOWN].is_recoded
    assert not rows[TOWN].is_reshaped
    assert (rows[TOWN].old_name, rows[TOWN].new_name) == (f"{TOWN}镇", "新镇")
    assert rows[group.code].is_removed
    assert rows[fresh.code].is_added
    assert _diff(session, first, first) == []


def _diff(session: Session, old: Edition, new: Edition) -> Sequence:
    return diff_editions(session, old.id, new.id)


def test_a_village_that_changes_its_town_is_reparented_only(session, drafts) -> None:
    first = make_coverage.store(session, drafts, day=FIRST)
    village = next(d for d in drafts if d.type is AreaType.VILLAGE)
    other = TOWN if village.parent_code == OTHER_TOWN else OTHER_TOWN
    moved = [
        replace(d, parent_code=other) if d.code == village.code else d for d in drafts
    ]
    second = make_coverage.store(session, moved, day=SECOND)
    [row] = _diff(session, first, second)
    assert (row.new_code, row.is_reparented, row.is_reshaped) == (
        village.code,
        True,
        False,
    )


def test_a_rollback_is_a_new_edition_equal_to_the_old(session, drafts, now) -> None:
    first = make_coverage.store(session, drafts, day=FIRST)
    codes = _open_codes(session, FIRST)
    second = make_coverage.store(
        session,
        _change(
            _change(drafts, _recoded(TOWN, "620121109")), _named(OTHER_TOWN, "新镇")
        ),
        day=SECOND,
        reason=EditionReason.RECODE,
    )
    during = _open_codes(session, SECOND)
    back = copy_of(session, first, name="back", now=now)
    activate(session, back, day=THIRD, now=now)
    assert back.id not in (first.id, second.id)
    assert back.reason == "rollback"
    assert _rows(session, back) == _rows(session, first)
    assert _diff(session, first, back) == []
    assert current_edition(session, day=LATER).id == back.id
    assert current_edition(session, day=SECOND).id == second.id
    # Codes and names of each time are as they were.
    assert _open_codes(session, THIRD) == codes
    assert _open_codes(session, SECOND) == during
    assert _open_codes(session, FIRST) == codes
    assert get_area(session, "620121109", day=LATER).code == TOWN
    names = names_of(session, get_area(session, OTHER_TOWN, day=LATER).id)
    in_force = [name.name for name in names if name.valid_to is None]
    assert in_force == [f"{OTHER_TOWN}镇"]


def test_a_rollback_brings_removed_areas_back_as_themselves(
    session, drafts, now
) -> None:
    first = make_coverage.store(session, drafts, day=FIRST)
    group = drafts[-1]
    make_coverage.store(session, drafts[:-1], day=SECOND)
    with pytest.raises(NotFound):
        get_area(session, group.code, day=SECOND)
    activate(session, copy_of(session, first, name="back", now=now), day=THIRD, now=now)
    found = get_area(session, group.code, day=LATER)
    assert found.id == _identities(session, first)[group.code]


def test_an_area_that_comes_back_in_a_later_file_is_the_one_it_was(
    session, drafts
) -> None:
    first = make_coverage.store(session, drafts, day=FIRST)
    make_coverage.store(session, drafts[:-1], day=SECOND)
    third = make_coverage.store(session, drafts, day=THIRD)
    assert _identities(session, third) == _identities(session, first)


def test_a_code_used_again_for_another_name_is_another_area(session, drafts) -> None:
    """Codes of abolished villages are given away; their history is not."""
    first = make_coverage.store(session, drafts, day=FIRST)
    group = drafts[-1]
    make_coverage.store(session, drafts[:-1], day=SECOND)
    third = make_coverage.store(
        session, [*drafts[:-1], replace(group, name="别社")], day=THIRD
    )
    assert (
        _identities(session, third)[group.code]
        != (_identities(session, first)[group.code])
    )


def _placeholders(drafts: Sequence[AreaDraft]) -> list[AreaDraft]:
    """The towns with names and without codes, as a file without codes has them."""
    county = drafts[0]
    towns = [d for d in drafts if d.type is AreaType.TOWN]
    return [
        county,
        *(
            replace(town, code=f"L{i:04d}", system=CodeSystem.LOCAL)
            for i, town in enumerate(towns, start=1)
        ),
    ]


def test_provisional_codes_are_given_by_name_not_by_the_order_of_a_file(
    session, drafts
) -> None:
    towns = _placeholders(drafts)
    one = give_codes(session, towns, day=FIRST)
    other = give_codes(session, [*towns[:1], *towns[:0:-1]], day=FIRST)
    assert {d.name: d.code for d in one} == {d.name: d.code for d in other}
    assert get_codes(one) == {"L0001", "L0002"}
    assert one[0].code == "620171"


def get_codes(drafts: Sequence[AreaDraft]) -> set[str]:
    return {d.code for d in drafts if d.system is CodeSystem.LOCAL}


def test_provisional_codes_of_abolished_areas_are_never_given_again(
    session, drafts
) -> None:
    towns = give_codes(session, _placeholders(drafts), day=FIRST)
    make_coverage.store(session, towns, day=FIRST)
    make_coverage.store(session, towns[:-1], day=SECOND)
    county, town, gone = towns
    fresh = replace(gone, code="L0001", name="新镇")
    given = give_codes(session, [county, replace(town, code="L0002"), fresh], day=THIRD)
    assert [d.code for d in given] == ["620171", town.code, "L0003"]


def test_two_of_one_name_in_one_parent_are_told_apart_from_west_to_east(
    session, drafts
) -> None:
    county, *towns = _placeholders(drafts)
    same = [replace(town, name="同名镇") for town in towns]
    one = give_codes(session, [county, *same], day=FIRST)
    other = give_codes(session, [county, *same[::-1]], day=FIRST)
    by_place = [
        sorted((d.shape.centroid.x, d.code) for d in given[1:])
        for given in (one, other)
    ]
    assert by_place[0] == by_place[1]
    assert [code for _, code in by_place[0]] == ["L0001", "L0002"]


def test_points_are_located_in_the_edition_that_is_asked(session, drafts) -> None:
    first = make_coverage.store(session, drafts, day=FIRST)
    group = drafts[-1]
    second = make_coverage.store(session, drafts[:-1], day=SECOND)
    point = group.shape.representative_point()
    [then] = locate_many(session, [(point.x, point.y)], edition_id=first.id)
    [now] = locate_many(session, [(point.x, point.y)], edition_id=second.id)
    assert then.place.group_id == _identities(session, first)[group.code]
    assert now.place.group_id is None
    assert now.place.village_id == then.place.village_id


def test_the_county_is_found_without_its_code(session, drafts) -> None:
    edition = make_coverage.store(session, drafts, day=FIRST)
    assert get_county(session, edition_id=edition.id).code == "620171"


def test_pieces_find_candidates_and_whole_shapes_say_the_truth(session, drafts) -> None:
    """Pieces that claim far too much mislead nobody."""
    edition = make_coverage.store(session, drafts, day=FIRST)
    west, south, east, north = drafts[0].shape.bounds
    lattice = [
        (west + (east - west) * i / 29, south + (north - south) * j / 29)
        for i in range(30)
        for j in range(30)
    ]
    before = locate_many(session, lattice, edition_id=edition.id)
    session.execute(
        text(
            "UPDATE shape_piece p SET geom = ST_Envelope(s.geom)"
            " FROM shape s WHERE s.id = p.shape_id"
        )
    )
    assert locate_many(session, lattice, edition_id=edition.id) == before
    ids = {v: k for k, v in _identities(session, edition).items()}
    groups = {d.code: d.shape for d in drafts if d.type is AreaType.GROUP}
    for (lon, lat), spot in zip(lattice, before, strict=True):
        covering = [
            code for code, s in groups.items() if s.covers(shapely.Point(lon, lat))
        ]
        found = ids[spot.place.group_id] if spot.place else None
        assert found == min(covering, default=None)
    assert any(spot.place is None for spot in before)
