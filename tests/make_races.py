"""Several callers at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

Result = TypeVar("Result")


def at_once(work: Callable[[int], Result], callers: int) -> list[Result]:
    """What ``work`` answers to each of several callers who begin together."""
    barrier = Barrier(callers, timeout=300)

    def call(i: int) -> Result:
        barrier.wait()
        return work(i)

    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(call, range(callers)))
