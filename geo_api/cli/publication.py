"""``minqing publish``: what the public is told of the periods that have ended."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy.orm import Session

from geo_api.cli.database import context_of
from geo_api.cli.findings import Finding, ill, well
from geo_api.cli.terminal import tell
from geo_api.heat.publication import publish_ended, unpublished
from geo_api.http.context import Context
from geo_api.settings import Settings


def publish() -> None:
    """Publish what has ended and is not out yet; what is out stays as it is."""
    with context_of(Settings()) as context:
        publish_now(context)


def publish_now(context: Context) -> None:
    """What has ended and is not out yet, as the night does it."""
    with context.sessions.transaction() as session:
        count = publish_ended(session, context.settings, now=context.clock())
    tell("Published periods: %(count)s", {"count": count})


def publication_finding(session: Session, *, today: date) -> Finding:
    """Whether everything that ended before last night is out."""
    missing = unpublished(session, today=today - timedelta(days=1))
    if missing:
        return ill(
            "Periods not published: %(count)s, from %(day)s on",
            "Run `minqing publish`, and let `minqing worker` run beside the service",
            count=len(missing),
            day=min(period.since for period in missing),
        )
    return well("What has ended is published")
