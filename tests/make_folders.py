"""Folders that PostgreSQL's own user may enter: else its data lies elsewhere."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def open_folder() -> Iterator[Path]:
    """A new folder that is gone afterwards, with all that a cluster put into it."""
    with tempfile.TemporaryDirectory(prefix="minqing-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
