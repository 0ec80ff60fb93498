"""What the service forks while it serves must not hang."""

from __future__ import annotations

import subprocess
import sys

import pytest

_COUNT = """
import os
import geo_api.app
import numpy
numpy.ones((300, 300)) @ numpy.ones((300, 300))
print(len(os.listdir("/proc/self/task")))
"""


@pytest.mark.long
def test_no_library_keeps_threads_that_a_fork_would_wait_for() -> None:
    counted = subprocess.run(
        [sys.executable, "-c", _COUNT], capture_output=True, text=True, check=True
    )
    assert counted.stdout.split() == ["1"], counted.stderr
