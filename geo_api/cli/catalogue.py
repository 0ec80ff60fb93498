"""``minqing catalogue``: which rules hold from when on, and a change of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from sqlalchemy import select

from geo_api.accounts.models import Account
from geo_api.accounts.queries import find_open_account
from geo_api.catalogue.change import Change
from geo_api.catalogue.models import CatalogueVersion
from geo_api.catalogue.versions import change_rules
from geo_api.cli.database import context_of
from geo_api.cli.terminal import tell
from geo_api.duties.rules import DutyKind
from geo_api.errors import InvalidInput, NotFound
from geo_api.settings import Settings

app = typer.Typer(no_args_is_help=True)

_DUTIES = ", ".join(DutyKind)


@app.command("versions")
def list_versions() -> None:
    """List versions: number, from when on, by whom, why; the planned ones last."""
    version = CatalogueVersion
    wanted = (
        select(version, Account.username)
        .outerjoin(Account, Account.id == version.made_by)
        .order_by(version.effective_from, version.id)
    )
    with context_of(Settings()) as context, context.sessions.transaction() as session:
        tz = context.settings.place.tz
        for made, username in session.execute(wanted):
            moment = made.effective_from
            # The first one holds from before there was anything.
            since = (
                moment.astimezone(tz).isoformat(timespec="minutes")
                if moment.timestamp()
                else "-"
            )
            typer.echo("\t".join((str(made.id), since, username or "-", made.reason)))


@app.command("change")
def change(
    service: Annotated[str, typer.Argument(help="The service's code.")],
    by: Annotated[str, typer.Option(help="User name of whoever decided it.")],
    reason: Annotated[str, typer.Option(help="Why it is changed.")],
    chain: Annotated[
        str | None,
        typer.Option(help=f"Whom it may reach, in the order of asking: {_DUTIES}."),
    ] = None,
    first: Annotated[
        DutyKind | None, typer.Option(help="Who of the chain is asked first.")
    ] = None,
    hours: Annotated[int | None, typer.Option(help="Deadline in hours.")] = None,
    working_days: Annotated[
        int | None, typer.Option(help="Deadline in working days.")
    ] = None,
    confidential: Annotated[
        bool | None, typer.Option(help="Whether only desks may handle it.")
    ] = None,
    offered: Annotated[
        bool | None, typer.Option(help="Whether it may be ordered.")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--from",
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"],
            help="From when on, in the county's time; now if left out.",
        ),
    ] = None,
) -> None:
    """Change a service's rules from a moment on; open cases stay as they are."""
    with context_of(Settings()) as context, context.sessions.transaction() as session:
        now = context.clock()
        account = find_open_account(session, by)
        if account is None:
            raise NotFound("There is no account %(username)s", username=by)
        number = change_rules(
            session,
            {
                service: Change(
                    chain=_chain(chain) if chain is not None else None,
                    first=first,
                    due_hours=hours,
                    due_working_days=working_days,
                    is_confidential=confidential,
                    is_offered=offered,
                )
            },
            effective_from=since.replace(tzinfo=context.settings.place.tz)
            if since
            else now,
            by=account.id,
            reason=reason,
            now=now,
        )
    tell("Version %(number)s of the catalogue is made", {"number": number})


def _chain(said: str) -> tuple[DutyKind, ...]:
    try:
        return tuple(DutyKind(kind.strip()) for kind in said.split(","))
    except ValueError as error:
        raise InvalidInput(
            "The chain names what is no duty: %(chain)s",
            loc=("chain",),
            mend="Write these, with commas between: %(duties)s",
            chain=said,
            duties=_DUTIES,
        ) from error
