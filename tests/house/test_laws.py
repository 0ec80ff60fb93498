"""The laws of the house, held by machine."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from settings_of import all_settings

import geo_api

ROOT = Path(geo_api.__file__).parent.parent
SOURCES = sorted(
    p
    for folder in ("geo_api", "map_ui")
    for p in (ROOT / folder).rglob("*.py")
    if "versions" not in p.parts and "node_modules" not in p.parts
)


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.slow
def test_rooms_stack_one_way() -> None:
    run = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout


def test_no_file_needs_scrolling_to_be_understood() -> None:
    long = {
        str(p.relative_to(ROOT)): n
        for p in SOURCES
        if (n := len(p.read_text(encoding="utf-8").splitlines())) > 300
    }
    assert long == {}


@pytest.mark.parametrize("word", ["utils", "helpers", "common", "manager", "base"])
def test_no_module_is_named_after_nothing(word: str) -> None:
    assert [p for p in SOURCES if p.stem == word] == []


def test_shapes_and_what_bears_them_are_written_where_the_number_is_raised():
    """A shape written elsewhere would be decided on as it was before."""
    borne = "Edition|EditionArea|Shape|ResponsibilityZone|ZoneShape"
    writes = re.compile(
        rf"\b(?:insert|upsert|update|delete)\((?:{borne})\)|\b(?:{borne})\("
        r"|\b(?:zone|edition)\.\w+ = "
    )
    writers = {
        str(p.relative_to(ROOT / "geo_api"))
        for p in SOURCES
        if p.name != "models.py" and writes.search(p.read_text(encoding="utf-8"))
    }
    assert writers == {"areas/editions.py", "areas/shape_store.py", "zones/ledger.py"}


def test_only_the_edge_commits() -> None:
    """A service that commits breaks "one request, one transaction"."""
    calls = [
        f"{p.relative_to(ROOT)}:{node.lineno}"
        for p in SOURCES
        if not p.is_relative_to(ROOT / "geo_api/db")
        for node in ast.walk(_tree(p))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "commit"
        # A dry run ends its savepoint either way; the transaction goes on.
        and getattr(node.func.value, "id", "") != "savepoint"
    ]
    assert calls == []


_WRITTEN_ONCE = {
    "RequestEvent": "geo_api/requests/history.py",
    "DispatchDecision": "geo_api/requests/history.py",
    "Outbox": "geo_api/notices/outbox.py",
    "LiveEvent": "geo_api/notices/live_log.py",
}
_READING = {
    "select", "join", "outerjoin", "with_only_columns", "get", "get_one", "delete_due",
    "delete", "returning",
}  # fmt: skip


def _writers(path: Path) -> set[str]:
    """Which of these a file makes, or hands to anything that does not only read."""
    found = set()
    for node in ast.walk(_tree(path)):
        if not isinstance(node, ast.Call):
            continue
        func = node.func
        name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
        given = {getattr(arg, "id", "") for arg in node.args}
        found |= {name} | (given if name not in _READING else set())
    said = path.read_text("utf-8").lower()
    tables = {re.sub(r"(?<=.)([A-Z])", r"_\1", m).lower(): m for m in _WRITTEN_ONCE}
    found |= {m for table, m in tables.items() if f"insert into {table}" in said}
    return found & set(_WRITTEN_ONCE)


def test_what_happens_to_a_request_is_written_in_one_place() -> None:
    """Whoever wrote an event elsewhere would tell nobody of it."""
    found = [
        (name, str(path.relative_to(ROOT)))
        for path in SOURCES
        for name in _writers(path)
    ]
    assert sorted(found) == sorted(_WRITTEN_ONCE.items())


def test_locks_are_rows_and_errors_are_told_by_their_state() -> None:
    """Advisory locks are each node's own, and not every engine names a constraint.

    A row is read again by ``lock_again`` alone.
    """
    found = [
        f"{path.name}: {sign}"
        for path in SOURCES
        for sign in ("advisory", "diag.constraint_name", "session.refresh(")
        if sign in path.read_text(encoding="utf-8")
    ]
    assert found == []


def test_migrations_know_nothing_that_will_change() -> None:
    """What a room reckons later must not change what a migration did."""
    found = [
        path.name
        for path in (ROOT / "geo_api/db/migrations/versions").glob("*.py")
        if re.search(r"^(from|import) geo_api", path.read_text("utf-8"), re.MULTILINE)
    ]
    assert found == []


def test_every_setting_is_described() -> None:
    bare = [name for name, field in all_settings().items() if not field.description]
    assert bare == []


def test_changelog_and_version_agree() -> None:
    first = re.search(
        r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    )
    assert first is not None
    assert first.group(1) == geo_api.__version__


def test_no_floating_formalism() -> None:
    """No check-ins, points or rankings of people, anywhere."""
    words = re.compile(r"打卡|积分|排行|排名榜|leaderboard|check_in\b", re.IGNORECASE)
    found = [
        f"{p.relative_to(ROOT)}: {m.group(0)}"
        for folder in ("geo_api", "map_ui")
        for p in (ROOT / folder).rglob("*")
        if p.suffix in {".py", ".html", ".js", ".sql", ".po"}
        and not {"vendor", "node_modules"} & set(p.parts)
        for m in words.finditer(p.read_text("utf-8"))
    ]
    assert found == []


def test_pages_name_no_outside_host() -> None:
    outside = re.compile(r"(?:https?:)?//(?!127\.0\.0\.1|www\.w3\.org)[\w-]+\.[\w.-]+")
    found = [
        f"{p.relative_to(ROOT)}: {m.group(0)}"
        for p in (ROOT / "map_ui").rglob("*")
        if p.suffix in {".py", ".html", ".js", ".css"}
        and not {"vendor", "node_modules"} & set(p.parts)
        for m in outside.finditer(p.read_text("utf-8"))
    ]
    assert found == []


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text("utf-8")
    missing = [p.name for p in folder.glob("0*.md") if p.name not in index]
    assert missing == []


def test_the_locks_name_no_registry() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        assert "://" not in lock.read_text("utf-8"), lock.name
    npm = ROOT / "map_ui" / "package-lock.json"
    assert '"resolved"' not in npm.read_text("utf-8")


def test_declared_dependencies_are_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    lock = (ROOT / "requirements" / "run.txt").read_text("utf-8").lower()
    for line in project["project"]["dependencies"]:
        name = re.split(r"[\[><=;~ ]", line)[0].lower()
        assert re.search(rf"^{re.escape(name)}(\[\w+\])?==", lock, re.MULTILINE), name


def test_files_of_tests_have_names_of_their_own() -> None:
    """Two of one name cannot be collected together."""
    names = [p.name for p in (ROOT / "tests").rglob("test_*.py")]
    assert sorted({n for n in names if names.count(n) > 1}) == []
