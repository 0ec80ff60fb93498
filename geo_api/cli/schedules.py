"""What the worker does beside the night's jobs, each in a thread and a turn of its own.

What takes long is done by the worker itself, which a signal may break off; what stands
here is short, and is waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Thread

from sqlalchemy.orm import Session

from geo_api.cli.findings import Finding, ill, well
from geo_api.cli.terminal import tell_failure
from geo_api.consumers import CONSUMERS
from geo_api.http.context import Context
from geo_api.notices import outbox
from geo_api.notices.live_log import forget_all
from geo_api.settings import Settings

# How long news wait at most while nobody listens here, and how long after a failure.
_LOOK_SECONDS = 1.0
_FAILED_SECONDS = 30.0
_FORGET_SECONDS = 600.0
# A worker that works leaves nothing for as long, not even after a restart.
_WAITS_TOO_LONG = timedelta(minutes=10)


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


def outbox_finding(session: Session, settings: Settings, *, now: datetime) -> Finding:
    """Whether what waits in the outbox is handed out."""
    oldest = outbox.find_oldest(session)
    if oldest is None or now - oldest <= _WAITS_TOO_LONG:
        return well("The outbox is handed out")
    return ill(
        "The outbox grows: something waits since %(at)s",
        "Start `minqing worker`, or read there why it fails",
        at=f"{oldest.astimezone(settings.place.tz):%Y-%m-%d %H:%M}",
    )
