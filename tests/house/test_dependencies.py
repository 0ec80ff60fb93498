"""What the project depends on earns its place."""

from __future__ import annotations

import ast
import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import geo_api
import map_ui

ROOT = Path(geo_api.__file__).parent.parent
# Read by others, by name: forms by FastAPI, PostgreSQL by SQLAlchemy.
_BY_NAME = {"python-multipart", "psycopg"}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _imported() -> set[str]:
    """Distributions of whatever our code imports."""
    modules: set[str] = set()
    for package in (geo_api, map_ui):
        for path in Path(package.__file__ or "").parent.glob("**/*.py"):
            if "node_modules" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    modules |= {name.name.split(".")[0] for name in node.names}
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    modules.add((node.module or "").split(".")[0])
    found = packages_distributions()
    return {_plain(one) for module in modules for one in found.get(module, ())}


def test_every_dependency_is_used_and_says_what_for() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    wanted = tomllib.loads(text)["project"]["dependencies"]
    names = {_plain(re.split(r"[\[<>=~! ]", one)[0]) for one in wanted}
    assert len(names) > 20
    assert names - _imported() <= _BY_NAME
    for one in wanted:
        (line,) = [line for line in text.splitlines() if f'"{one}",' in line]
        assert "# " in line, one
