"""A state folder that PostgreSQL's own user may enter; pytest's are closed to it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def state() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="minqing-"))
    folder.chmod(0o755)
    yield folder / "state"
    shutil.rmtree(folder)
