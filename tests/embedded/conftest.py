"""State folders that PostgreSQL's own user may enter; pytest's are closed to it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from make_folders import open_folder

from geo_api.embedded.cluster import EmbeddedCluster


@pytest.fixture
def state() -> Iterator[Path]:
    """The path of a state folder that is not there yet."""
    with open_folder() as folder:
        yield folder / "state"


@pytest.fixture(scope="session")
def stopped_state() -> Iterator[Path]:
    with open_folder() as folder:
        with EmbeddedCluster(folder / "state"):
            pass
        yield folder / "state"


@pytest.fixture
def made_state(stopped_state: Path, state: Path) -> Path:
    """A state folder with a whole cluster in it, stopped."""
    subprocess.run(["cp", "-a", stopped_state, state], check=True)
    return state
