"""``minqing demo``: a county to try, on this machine only."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import create_engine, make_url, text

from geo_api.cli.database import Database, context_in, opened
from geo_api.cli.server import check_port, end_orderly, make_server, run, whole_service
from geo_api.cli.terminal import language, tell
from geo_api.demo.accounts import (
    PASSWORD,
    PORTAL_KEY,
    USERNAMES,
    replace_secrets,
    restore_secrets,
)
from geo_api.demo.round_trip import check_round
from geo_api.demo.service import Wish, is_loaded, load
from geo_api.errors import Unavailable
from geo_api.http.context import Context
from geo_api.http.language import say
from geo_api.settings import Settings

_START_SECONDS = 30


def demo(
    check: Annotated[
        bool, typer.Option("--check", help="Go one round over HTTP, then exit.")
    ] = False,
    until: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="The demo year ends as this day begins."
        ),
    ] = None,
    boundaries: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Serve these areas instead."),
    ] = None,
    declaration: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="What the file cannot say."),
    ] = None,
    expose: Annotated[
        bool,
        typer.Option("--expose", help="Let other machines in, with fresh passwords."),
    ] = False,
) -> None:
    """Load the invented county if it is not there, serve it, say how to sign in."""
    if declaration is not None and boundaries is None:
        raise typer.BadParameter("--declaration goes with --boundaries")
    wish = Wish(until.date() if until else None, boundaries, declaration)
    settings = _settings(wish, expose=expose)
    end_orderly()
    check_port(settings.server.host, settings.server.port)
    with (
        opened(settings) as database,
        context_in(database, settings, is_lasting=True) as context,
    ):
        _load_once(context, database, wish)
        passwords, portal_key = _secrets(context, expose=expose)
        if check:
            with _served(context):
                _check(context, passwords)
            return
        _tell_accounts(context, passwords, portal_key)
        run(whole_service(context), settings)


def _settings(wish: Wish, *, expose: bool) -> Settings:
    """Loopback unless exposed; another demo than the usual has a schema of its own."""
    settings = Settings()
    host = settings.server.host if expose else "127.0.0.1"
    if expose and host == "127.0.0.1":
        host = "0.0.0.0"  # noqa: S104  asked for, and the passwords are fresh
    settings.server = settings.server.model_copy(update={"host": host})
    if wish.suffix:
        name = f"{settings.database.schema_name}{wish.suffix}"
        settings.database = settings.database.model_copy(update={"schema_name": name})
    return settings


def _say(message: str, params: Mapping[str, Any] | None = None) -> None:
    typer.echo(f"· {say(message, params or {}, language())}")


def _load_once(context: Context, database: Database, wish: Wish) -> None:
    began = time.monotonic()
    with context.sessions.transaction() as session:
        if is_loaded(session, wish):
            return
        _say("loading the demo")
        load(
            session,
            wish,
            cipher=context.cipher,
            now=context.clock(),
            settings=context.settings,
            tell=lambda sentence, count: _say(sentence, {"count": count}),
        )
    _analyse(database, context.settings.database.schema_name)
    _say("loaded in %(seconds)s s", {"seconds": round(time.monotonic() - began, 1)})


def _analyse(database: Database, schema: str) -> None:
    """Let the planner know what came in: it would learn of it minutes later."""
    owner = create_engine(
        make_url(database.owner_url).set(drivername="postgresql+psycopg"),
        isolation_level="AUTOCOMMIT",
    )
    with owner.connect() as connection:
        tables = connection.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = :schema"),
            {"schema": schema},
        ).all()
        for table in tables:
            connection.execute(text(f'ANALYZE "{schema}"."{table}"'))
    owner.dispose()


def _secrets(context: Context, *, expose: bool) -> tuple[dict[str, str], str]:
    """Passwords by user name, and the portal key, as they are from now on."""
    marker = context.settings.state.state_dir / (
        f"{context.settings.database.schema_name}.exposed"
    )
    if expose:
        with context.sessions.transaction() as session:
            return replace_secrets(session, marker=marker, now=context.clock())
    if marker.exists():
        with context.sessions.transaction() as session:
            restore_secrets(session, now=context.clock())
        marker.unlink()
    return dict.fromkeys(USERNAMES, PASSWORD), PORTAL_KEY


def _tell_accounts(
    context: Context, passwords: Mapping[str, str], portal_key: str
) -> None:
    _say("boundaries, people and requests are invented")
    for username, password in passwords.items():
        typer.echo(f"    {username:<8} {password}")
    tell("    portal key %(key)s", {"key": portal_key})
    typer.echo(f"{context.settings.server.base_url}/")


@contextmanager
def _served(context: Context) -> Iterator[None]:
    """The whole service in the background, for as long as it takes."""
    server = make_server(whole_service(context), context.settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise Unavailable(
                "The service did not start", mend="See the lines above this one"
            )
        time.sleep(0.05)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


def _check(context: Context, passwords: Mapping[str, str]) -> None:
    server = context.settings.server
    check_round(f"http://127.0.0.1:{server.port}", passwords, _say)
    _say("everything works")
