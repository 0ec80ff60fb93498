"""``minqing accounts``: the first administrator, and a way back in."""

from __future__ import annotations

import secrets
from typing import Annotated

import typer
from sqlalchemy import select

from geo_api.accounts.models import Account
from geo_api.accounts.passwords import reset_password
from geo_api.accounts.rules import Actor, Role
from geo_api.accounts.service import change_account, create_account
from geo_api.areas.service import get_area
from geo_api.cli.database import context_of
from geo_api.cli.terminal import tell
from geo_api.errors import NotFound
from geo_api.settings import Settings

app = typer.Typer(no_args_is_help=True)


@app.command("add")
def add(
    username: str,
    role: Role,
    name: Annotated[str, typer.Option(help="The person's name.")] = "",
    area: Annotated[
        list[str] | None, typer.Option(help="Code of an area; may be repeated.")
    ] = None,
) -> None:
    """Add an account; its first password is shown once and must be changed."""
    password = secrets.token_urlsafe(12)
    with context_of(Settings()) as context, context.sessions.transaction() as session:
        now = context.clock()
        day = now.astimezone(context.settings.place.tz).date()
        create_account(
            session,
            username=username,
            password=password,
            name=name or username,
            role=role,
            area_ids=[get_area(session, code, day=day).id for code in area or ()],
            must_change_password=True,
            now=now,
        )
    tell(
        "%(username)s: first password %(password)s",
        {"username": username, "password": password},
    )


@app.command("reset-password")
def reset(username: str) -> None:
    """Give an account a new first password, end its sessions, open any lock."""
    with context_of(Settings()) as context, context.sessions.transaction() as session:
        account = session.scalar(select(Account).where(Account.username == username))
        if account is None:
            raise NotFound("There is no account %(username)s", username=username)
        now = context.clock()
        # Whoever is at the server is the last to ask, also after a lock gone wrong.
        change_account(session, account, actor=Actor(), now=now, is_locked=False)
        password = reset_password(session, account, now=now)
    tell(
        "%(username)s: first password %(password)s",
        {"username": username, "password": password},
    )


@app.command("list")
def list_accounts() -> None:
    """List accounts: user name, role, name, and since when they are ended."""
    with context_of(Settings()) as context, context.sessions.transaction() as session:
        for account in session.scalars(select(Account).order_by(Account.username)):
            ended = account.ended_at.date().isoformat() if account.ended_at else "-"
            typer.echo("\t".join((account.username, account.role, account.name, ended)))
