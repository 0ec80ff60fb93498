"""Invented people: as many as the district reports, each where they belong."""

from __future__ import annotations

from collections import Counter
from functools import cache

import shapely

from geo_api.accounts.rules import is_valid_id_number
from geo_api.demo.county import read_drawn
from geo_api.demo.files import SHAPES
from geo_api.demo.population import Population, populate
from geo_api.households.rules import find_contact_problems


@cache
def _population() -> Population:
    return populate(read_drawn(SHAPES))


def test_the_numbers_are_those_of_the_district() -> None:
    kinds = Counter(holder.kind for holder in _population().holders)
    assert kinds["household_care"] == 2_155
    assert kinds["grid"] == 437
    assert kinds["stationed"] == 71
    assert kinds["village_lead"] == 43
    assert 24_000 < len(_population().homes) < 26_000


def test_every_zone_is_ten_to_fifteen_households_of_one_group() -> None:
    homes = {home.code: home for home in _population().homes}
    for zone in _population().zones:
        assert 10 <= len(zone.homes) <= 15
        assert {homes[code].group for code in zone.homes} == {zone.group}
    listed = [code for zone in _population().zones for code in zone.homes]
    assert len(listed) == len(set(listed)) == len(homes)


def test_list_and_polygon_of_a_zone_agree() -> None:
    homes = {home.code: home for home in _population().homes}
    for zone in _population().zones:
        points = shapely.points([(homes[c].lon, homes[c].lat) for c in zone.homes])
        assert shapely.covers(zone.polygon, points).all(), zone.code


def test_zones_fill_their_group() -> None:
    groups = {p.code: p.shape for p in read_drawn(SHAPES) if p.type == "group"}
    parts: dict[str, list[object]] = {}
    for zone in _population().zones:
        parts.setdefault(zone.group, []).append(zone.polygon)
    for code, shape in groups.items():
        whole = shapely.union_all(parts[code])
        assert abs(whole.area - shape.area) < 1e-9, code
        assert abs(sum(p.area for p in parts[code]) - shape.area) < 1e-9, code


def test_codes_go_on_from_the_group_by_three_digits() -> None:
    for zone in _population().zones:
        assert zone.code[:-3] == zone.group
        assert zone.code[-3:].isdecimal()


def test_nobody_is_real() -> None:
    for home in _population().homes:
        assert home.phone.startswith("100")
        assert not find_contact_problems(
            phone=home.phone, id_number=home.id_number, loc=()
        )
    numbers = [home.id_number for home in _population().homes if home.id_number]
    # Identity numbers bear civil-affairs codes, and this one is of statistics only.
    assert all(n.startswith("620171") and is_valid_id_number(n) for n in numbers)
    phones = [home.phone for home in _population().homes]
    assert len(set(phones)) == len(phones)


def test_the_same_county_has_the_same_people() -> None:
    again = populate(read_drawn(SHAPES))
    assert again.homes == _population().homes
    assert again.holders == _population().holders
