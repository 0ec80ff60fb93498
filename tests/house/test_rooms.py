"""What every file of a room may know of the others, and which files decide."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

import geo_api

ROOT = Path(geo_api.__file__).parent
FILES = {
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts): path
    for path in ROOT.rglob("*.py")
    if "versions" not in path.parts and path.name != "__init__.py"
}
ROOMS = sorted({name.rpartition(".")[0] for name in FILES} - {"geo_api"})

# From the door inwards. A file with another name may stand anywhere between them.
RANKS = (
    "routes",
    "dependencies",
    "replies",
    "schemas",
    "service",
    "queries",
    "models",
    "rules",
)
# What acts on the world, or takes and gives more than plain values.
WORLD = frozenset(
    {
        "alembic", "argon2", "asyncio", "anyio", "fastapi", "geoalchemy2", "geopandas",
        "glob", "http", "logging", "openpyxl", "os", "pathlib", "psycopg",
        "pydantic", "pydantic_settings", "pyogrio", "random", "secrets", "shutil",
        "signal", "socket", "sqlalchemy", "starlette", "subprocess", "sys", "tempfile",
        "threading", "time", "typer", "urllib.request", "uuid_utils",
    }
)  # fmt: skip
CLOCKS = frozenset({"now", "today", "utcnow", "localtime"})
DOORS = frozenset({"http", "ogc", "open311", "cli", "demo"})


@cache
def _tree(name: str) -> ast.Module:
    return ast.parse(FILES[name].read_text("utf-8"))


@cache
def _imports(name: str) -> frozenset[str]:
    return frozenset(_imported(name))


def _imported(name: str) -> Iterator[str]:
    for node in ast.walk(_tree(name)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in FILES else node.module


def _below(name: str, *, among: Iterable[str]) -> set[str]:
    """All that a file imports, by way of others, of the given ones."""
    allowed, found, left = set(among), set(), [name]
    while left:
        for imported in _imports(left.pop()):
            if imported in allowed and imported not in found:
                found.add(imported)
                left.append(imported)
    return found


def _rank(name: str) -> int | None:
    stem = name.rpartition(".")[2].rpartition("_")[2]
    return RANKS.index(stem) if stem in RANKS else None


@pytest.mark.parametrize("room", ROOMS)
def test_files_of_a_room_know_each_other_one_way(room: str) -> None:
    own = [name for name in FILES if name.rpartition(".")[0] == room]
    below = {name: _below(name, among=own) for name in own}
    assert [name for name in own if name in below[name]] == []
    upwards = [
        f"{name} -> {other}"
        for name in own
        for other in below[name]
        if (mine := _rank(name)) is not None
        and (its := _rank(other)) is not None
        and its < mine
    ]
    assert upwards == []


@cache
def _is_pure(name: str) -> bool:
    return all(
        _is_pure(imported)
        if imported in FILES
        else not any(f"{imported}.".startswith(f"{world}.") for world in WORLD)
        for imported in _imports(name)
    )


PURE = sorted(name for name in FILES if _is_pure(name))


def test_what_decides_takes_values_and_gives_values() -> None:
    """Rules, and whatever says so of itself."""
    said = {
        name
        for name in FILES
        if name.endswith(".rules") or " Pure." in (ast.get_docstring(_tree(name)) or "")
    }
    assert sorted(said - set(PURE)) == []


def test_what_takes_and_gives_values_has_no_clock_and_opens_nothing() -> None:
    found = [
        f"{name}:{node.lineno}"
        for name in PURE
        for node in ast.walk(_tree(name))
        if (isinstance(node, ast.Attribute) and node.attr in CLOCKS)
        or (
            isinstance(node, ast.Call)
            and getattr(node.func, "id", "") in {"open", "print", "input"}
        )
    ]
    assert found == []


def test_fastapi_stays_at_the_door() -> None:
    strangers = [
        name
        for name in FILES
        if not DOORS & set(name.split("."))
        and name != "geo_api.app"
        and _rank(name) not in {RANKS.index("routes"), RANKS.index("dependencies")}
        and {i.partition(".")[0] for i in _imports(name)} & {"fastapi", "starlette"}
    ]
    assert strangers == []
