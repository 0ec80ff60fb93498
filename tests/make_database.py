"""Databases of a run's server, cloned in a moment and gone afterwards."""

from __future__ import annotations

import importlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geo_api


def know_every_table() -> None:
    """Loads what every room says of its tables, whatever else has been loaded."""
    for models in Path(geo_api.__file__).parent.glob("*/models.py"):
        importlib.import_module(f"geo_api.{models.parent.name}.models")


@contextmanager
def a_database(server: Any, name: str, template: str | None = None) -> Iterator[str]:
    """The name of a new database, or of a clone of another one that nobody uses."""
    name = f"{name}_{secrets.token_hex(4)}"
    source = f" TEMPLATE {template} STRATEGY WAL_LOG" if template else ""
    server.execute(f"CREATE DATABASE {name}{source}")
    try:
        yield name
    finally:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")
