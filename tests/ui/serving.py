"""A county of its own in a database of its own, served as people reach it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from make_database import a_database

from geo_api.cli.server import whole_service
from geo_api.db.cipher import Cipher
from geo_api.db.session import SessionFactory, make_engine
from geo_api.http.context import Context
from geo_api.settings import DatabaseSettings, ServerSettings, Settings, StateSettings


@dataclass(frozen=True)
class LiveServer:
    """API and pages as people reach them."""

    base_url: str


@contextmanager
def sessions_of_a_clone(server: Any, template: str) -> Iterator[SessionFactory]:
    """A clone of the template, gone afterwards."""
    with a_database(server, "county", template) as name:
        engine = make_engine(server.app_url(name), DatabaseSettings())
        try:
            yield SessionFactory(engine, DatabaseSettings().schema_name)
        finally:
            engine.dispose()


@contextmanager
def served(
    sessions: SessionFactory, cipher: Cipher, state_dir: Path
) -> Iterator[LiveServer]:
    """The whole service behind a port of its own, on the clock that browsers have."""
    listener = socket.create_server(("127.0.0.1", 0))
    base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    context = Context(
        settings=Settings(
            state=StateSettings(state_dir=state_dir),
            server=ServerSettings(public_url=base_url),
        ),
        sessions=sessions,
        cipher=cipher,
        clock=lambda: datetime.now(UTC),
    )
    service = uvicorn.Server(
        uvicorn.Config(
            whole_service(context),
            log_level="warning",
            access_log=False,
            ws="none",
            # A browser that is used again finds its connections as it left them.
            timeout_keep_alive=3600,
        )
    )
    thread = threading.Thread(target=service.run, args=([listener],), daemon=True)
    thread.start()
    while not service.started:
        assert thread.is_alive(), "the service did not start"
        time.sleep(0.02)
    try:
        yield LiveServer(base_url)
    finally:
        service.should_exit = True
        thread.join(timeout=20)
        listener.close()
