"""What is done each night, by whichever worker has the turn; and whether it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.cli.backup import write_backup
from geo_api.cli.findings import Finding, Verdict, ill, well
from geo_api.cli.privacy import sweep_all, tell_swept
from geo_api.cli.publication import publish_now
from geo_api.cli.terminal import tell, tell_failure
from geo_api.errors import Words
from geo_api.http.context import Context
from geo_api.jobs.rules import is_due, is_late, last_night
from geo_api.jobs.service import do_in_turn, last_runs
from geo_api.requests.handle.succession import hand_on
from geo_api.settings import Settings

# Requests that one transaction hands on: nobody waits long for them.
_AT_ONCE = 200


@dataclass(frozen=True)
class Job:
    """Something to do once a night; to do it again, or half, does no harm."""

    name: str
    # A msgid: what people call it.
    title: str
    do: Callable[[Context], None]


def _sweep(context: Context) -> None:
    tell_swept(sweep_all(context))


def _hand_on(context: Context) -> None:
    tell("Handed on: %(count)s", {"count": hand_on_all(context)})


def hand_on_all(context: Context) -> int:
    """Hand on what is held by duties whose last day has passed; how many requests."""
    total = 0
    while True:
        with context.sessions.transaction() as session:
            count = hand_on(
                session,
                Actor(),
                None,
                now=context.clock(),
                settings=context.settings,
                limit=_AT_ONCE,
            )
        total += count
        if count < _AT_ONCE:
            return total


def _back_up(context: Context) -> None:
    write_backup(context.settings, keep=context.settings.night.backups_kept)


def jobs_of(settings: Settings) -> list[Job]:
    """The jobs of a night, in their order."""
    # What is due is erased first: tonight's backup does not hold it any more.
    jobs = [
        Job("hand_on", "Handing on the work of who has left", _hand_on),
        Job("sweep", "Erasing what is due", _sweep),
        Job("publish", "Publishing what has ended", publish_now),
    ]
    if settings.state.backup_dir is not None:
        jobs.append(Job("backup", "Nightly backup", _back_up))
    return jobs


def do_due(context: Context, jobs: Sequence[Job]) -> None:
    """Do each job that is due, unless another worker is at it."""
    for job in jobs:
        try:
            _do(context, job)
        # Whatever befalls one job: the others have their turn, and this one another.
        except Exception as error:
            tell_failure(job.name, job.title, error)


def _do(context: Context, job: Job) -> None:
    def work(_now: datetime) -> bool:
        job.do(context)
        return True

    is_done = do_in_turn(
        context.sessions,
        job.name,
        work,
        clock=context.clock,
        is_due=lambda runs, now: is_due(
            runs, night=_night(context.settings, now), now=now
        ),
    )
    if is_done:
        tell("Done: %(job)s", {"job": Words(job.title)})


def _night(settings: Settings, now: datetime) -> datetime:
    return last_night(now, at=settings.night.night_at, tz=settings.place.tz)


def nightly_findings(
    session: Session, settings: Settings, *, now: datetime
) -> Iterator[Finding]:
    """Whether each job was done last night."""
    night, tz = settings.night, settings.place.tz
    for job in jobs_of(settings):
        last = last_runs(session, job.name)
        named = Words(job.title)
        if last.done_at is None and last.failed_at is None:
            yield Finding(
                "%(job)s: never yet",
                Verdict.SOON,
                "Let `minqing worker` run beside the service",
                {"job": named},
            )
            continue
        shown = {
            "job": named,
            "at": f"{last.done_at.astimezone(tz):%Y-%m-%d %H:%M}"
            if last.done_at
            else "-",
        }
        if is_late(last, at=night.night_at, tz=tz, now=now):
            yield ill(
                "%(job)s: late; last done %(at)s",
                "Start `minqing worker`, or read there why it fails",
                **shown,
            )
        else:
            yield well("%(job)s: last done %(at)s", **shown)
