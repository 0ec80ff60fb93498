"""``minqing serve`` and ``minqing upgrade``."""

from __future__ import annotations

import contextlib
import errno
import logging
import signal
import socket
from typing import Annotated

import typer
import uvicorn
from fastapi import FastAPI

from geo_api.accounts.portal_keys import origins_of_key
from geo_api.cli.database import context_of
from geo_api.cli.terminal import tell
from geo_api.errors import Unavailable
from geo_api.heat.publication import publish_ended
from geo_api.http.context import Context
from geo_api.http.language import words
from geo_api.settings import Settings

# Requests under way may end; a stream of events would go on for ever.
_GRACE_SECONDS = 5


def whole_service(context: Context) -> FastAPI:
    """API and pages at one address, as people use them."""
    # Routes and pages bring seconds' worth of imports that no other command needs.
    from geo_api.app import create_app
    from map_ui import create_pages
    from map_ui.settings import PagesSettings

    app = create_app(context)

    def frame_origins(key: str) -> tuple[str, ...] | None:
        with context.sessions.transaction() as session:
            return origins_of_key(session, key)

    app.mount("/", create_pages(PagesSettings(), words, frame_origins))
    return app


def check_port(host: str, port: int) -> None:
    """Raise Unavailable if the service cannot listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        is_taken = error.errno == errno.EADDRINUSE
        raise Unavailable(
            "Port %(port)s on %(host)s is taken"
            if is_taken
            else "Port %(port)s on %(host)s cannot be listened on: %(why)s",
            mend="Stop the other program or set MINQING_PORT"
            if is_taken
            else "Set MINQING_HOST and MINQING_PORT",
            port=port,
            host=host,
            why=error.strerror or str(error),
        ) from error


def make_server(app: FastAPI, settings: Settings) -> uvicorn.Server:
    """A server that is not yet started."""
    config = uvicorn.Config(
        app,
        host=settings.server.host,
        port=settings.server.port,
        # The access log costs two thirds of the speed; nginx keeps one where wanted.
        access_log=False,
        log_level="warning",
        # Caller and scheme as a proxy tells them, if it is one that is believed.
        proxy_headers=True,
        forwarded_allow_ips=[str(proxy) for proxy in settings.server.trusted_proxies],
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    return uvicorn.Server(config)


def run(app: FastAPI, settings: Settings) -> None:
    """Serve until a signal ends it."""
    logging.basicConfig(level=logging.WARNING)
    server = make_server(app, settings)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        raise Unavailable(
            "The service did not start", mend="See the lines above this one"
        )


def end_orderly() -> None:
    """Let SIGTERM and SIGHUP end the process as Ctrl-C does: the cluster is stopped."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port to listen on.")
    ] = None,
) -> None:
    """Serve API and pages (the embedded database unless MINQING_DATABASE_URL)."""
    settings = Settings()
    changes = {"host": host, "port": port}
    settings.server = settings.server.model_copy(
        update={name: value for name, value in changes.items() if value is not None}
    )
    end_orderly()
    check_port(settings.server.host, settings.server.port)
    with context_of(settings, is_lasting=True) as context:
        typer.echo(f"{settings.server.base_url}/")
        run(whole_service(context), settings)


def upgrade_schema(
    another_key: Annotated[
        bool,
        typer.Option(
            "--another-key",
            help="Make a key file in place of one that is lost for good: contacts that "
            "it opened are emptied.",
        ),
    ] = False,
) -> None:
    """Bring the county's schema and catalogue to this version."""
    settings = Settings()
    with context_of(settings, another_key=another_key) as context:
        with context.sessions.transaction() as session:
            publish_ended(session, settings, now=context.clock())
        tell("Schema %(name)s is up to date", {"name": settings.database.schema_name})
