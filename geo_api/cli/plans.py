"""Editions that were planned: put in force when their day has come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.areas.plans import find_due_edition, planned_editions
from geo_api.changes.activation import record_effect, take_effect
from geo_api.cli.findings import Finding, ill
from geo_api.cli.terminal import tell, tell_failure
from geo_api.http.context import Context
from geo_api.jobs.rules import has_just_failed
from geo_api.jobs.service import do_in_turn

_NAME, _TITLE = "editions", "Putting planned boundaries in force"


def perform_due(context: Context) -> None:
    """Put in force whatever is due, one edition after the other, as its turn comes."""
    try:
        while _is_any_due(context) and _perform(context):
            pass
    # Orders go on in the edition before, and it is tried again.
    except Exception as error:
        tell_failure(_NAME, _TITLE, error)


def _today(context: Context, now: datetime) -> date:
    return now.astimezone(context.settings.place.tz).date()


def _is_any_due(context: Context) -> bool:
    with context.sessions.transaction() as session:
        return (
            find_due_edition(session, day=_today(context, context.clock())) is not None
        )


def _perform(context: Context) -> bool:
    """Whether it was this worker's turn, and there may be more to do."""
    done = do_in_turn(
        context.sessions,
        _NAME,
        lambda now: _take_effect(context, now),
        clock=context.clock,
        is_due=lambda runs, now: not has_just_failed(runs, now=now),
    )
    if done is not None:
        tell("In force from %(day)s on: %(name)s", {"day": done[0], "name": done[1]})
    return done is not None


def _take_effect(context: Context, now: datetime) -> tuple[date | None, str] | None:
    with context.sessions.transaction() as session:
        edition = find_due_edition(session, day=_today(context, now))
        if edition is None:
            return None
        effect = take_effect(
            session, edition, actor=Actor(), now=now, settings=context.settings
        )
        record_effect(session, Actor(), edition, effect, now=now)
        return edition.active_from, edition.name


def overdue_findings(session: Session, *, today: date) -> Iterator[Finding]:
    """Plans whose day has passed without them."""
    for edition in planned_editions(session):
        if edition.active_from is not None and edition.active_from < today:
            yield ill(
                "Boundaries planned for %(day)s are not in force: %(name)s",
                "Start `minqing worker`, or run `minqing editions take-effect ID` and "
                "read why it fails",
                day=edition.active_from,
                name=edition.name,
            )
