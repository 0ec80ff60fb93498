"""Named statements: a room keeps set-based SQL in a .sql file beside its queries."""

from __future__ import annotations

import re
from importlib.resources import files

from sqlalchemy import TextClause, text

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


def read_statements(package: str, filename: str) -> dict[str, TextClause]:
    """Every ``-- name: x`` statement of a file in ``package``, by its name."""
    source = (files(package) / filename).read_text(encoding="utf-8")
    parts = _NAME.split(source)[1:]
    return {
        name: text(body.strip().rstrip(";"))
        for name, body in zip(parts[::2], parts[1::2], strict=True)
    }
