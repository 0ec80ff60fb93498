"""Every column that says something of a person has its line in docs/privacy.md."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import geo_api
from geo_api.db.model import Model

PAGE = Path(geo_api.__file__).parent.parent / "docs" / "privacy.md"
# Inside numbers and public ids name rows; they say nothing by themselves.
_KEYS = {"id", "public_id"}


@pytest.fixture(scope="module")
def columns() -> dict[str, set[str]]:
    """The columns of each table, as the models have them."""
    for module in pkgutil.walk_packages(geo_api.__path__, "geo_api."):
        if module.name.endswith(".models"):
            importlib.import_module(module.name)
    return {
        table.name: {column.name for column in table.columns} - _KEYS
        for table in Model.metadata.sorted_tables
    }


def _lines() -> list[list[str]]:
    found = re.findall(r"^\| `(\w+)` \|(.*)\|$", PAGE.read_text("utf-8"), re.MULTILINE)
    return [
        [table, *(cell.strip() for cell in rest.split("|"))] for table, rest in found
    ]


def _documented() -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    for table, names, *_ in _lines():
        told.setdefault(table, []).extend(re.findall(r"`(\w+)`", names))
    return told


def _impersonal() -> set[str]:
    (sentence,) = re.findall(
        r"say nothing of a person: (.*?)\.\n", PAGE.read_text("utf-8"), re.DOTALL
    )
    return set(re.findall(r"`(\w+)`", sentence))


def test_every_table_is_told_of_once(columns) -> None:
    told, impersonal = set(_documented()), _impersonal()
    assert told & impersonal == set()
    assert told | impersonal == set(columns)


def test_every_column_of_a_personal_table_has_its_line(columns) -> None:
    told = _documented()
    missing = {table: columns[table] - set(names) for table, names in told.items()}
    assert {table: names for table, names in missing.items() if names} == {}


def test_no_line_tells_of_a_column_that_is_not_there_or_twice(columns) -> None:
    told = _documented()
    assert {
        t: set(n) - columns[t] for t, n in told.items() if set(n) - columns[t]
    } == {}
    assert {t: n for t, n in told.items() if len(n) != len(set(n))} == {}


def test_every_line_says_why_for_whom_and_how_long() -> None:
    assert [line for line in _lines() if len(line) != 5 or not all(line)] == []


def test_a_new_column_would_be_noticed(columns) -> None:
    """What the tests above compare is not empty on either side."""
    assert columns["contact"] == {
        "name",
        "phone",
        "id_number",
        "created_at",
        "erased_at",
    }
