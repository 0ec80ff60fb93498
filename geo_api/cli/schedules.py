"""What the worker does beside the night's jobs, each in a thread and a turn of its own.

What takes long is done by the worker itself, which a signal may break off; what stands
here is short, and is waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread

from geo_api.cli.terminal import tell_failure
from geo_api.consumers import CONSUMERS
from geo_api.http.context import Context
from geo_api.notices.live_log import forget_all

# How long news wait at most while nobody listens here, and how long after a failure.
_LOOK_SECONDS = 1.0
_FAILED_SECONDS = 30.0
_FORGET_SECONDS = 600.0


@dataclass(frozen=True)
class Schedule:
    """Something to do again and again."""

    name: str
    # A msgid: what people call it.
    title: str
    seconds: float
    do: Callable[[Context], object]


def schedules() -> list[Schedule]:
    """Every consumer of the outbox, and what keeps their logs short."""
    return [
        *(
            Schedule(consumer.value, "Handing out the outbox", _LOOK_SECONDS, do)
            for consumer, do in CONSUMERS.items()
        ),
        Schedule("forget", "Forgetting old live events", _FORGET_SECONDS, forget_all),
    ]


@contextmanager
def side_by_side(context: Context, wanted: Sequence[Schedule]) -> Iterator[None]:
    """Each schedule runs meanwhile; at the end each finishes what it is at."""
    ends = Event()
    threads = [
        Thread(target=_run, args=(context, schedule, ends), name=schedule.name)
        for schedule in wanted
    ]
    try:
        for thread in threads:
            thread.start()
        yield
    finally:
        ends.set()
        for thread in threads:
            if thread.ident is not None:
                thread.join()


def _run(context: Context, schedule: Schedule, ends: Event) -> None:
    while not ends.is_set():
        seconds = schedule.seconds
        try:
            schedule.do(context)
        # Whatever befalls it: it is tried again, and the others go on.
        except Exception as error:
            tell_failure(schedule.name, schedule.title, error)
            seconds = max(seconds, _FAILED_SECONDS)
        ends.wait(seconds)
