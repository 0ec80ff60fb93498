"""Joins or starts the cluster, watches it, and stops it when the last one leaves."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO

from geo_api.embedded.home import Home, make_home
from geo_api.embedded.machine import INSTALLATIONS, unprivileged_user
from geo_api.embedded.provisioning import APP, DATABASE, OWNER, SUPERUSER, provision
from geo_api.embedded.server import Server
from geo_api.errors import Unavailable

log = logging.getLogger(__name__)

_WATCH_SECONDS = 0.25
_LONGEST_WAIT_SECONDS = 30.0


class EmbeddedCluster:
    """One private cluster; a context manager that starts and stops it."""

    def __init__(
        self,
        state_dir: Path,
        *,
        server_settings: Mapping[str, str] | None = None,
        installations: Path = INSTALLATIONS,
    ) -> None:
        self._state = state_dir.absolute()
        self._settings = dict(server_settings or {})
        self._installations = installations
        self._user = unprivileged_user()
        self._use: IO[bytes] | None = None
        self._watcher: threading.Thread | None = None
        self._stopping = threading.Event()

    def __enter__(self) -> EmbeddedCluster:
        """Start, or join the running one."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave; the last one stops the server."""
        self.stop()

    @property
    def superuser_url(self) -> str:
        """For tests and repairs; the service itself never uses it."""
        return self._home.url(SUPERUSER, "postgres")

    @property
    def owner_url(self) -> str:
        """The role that owns the schemas and migrates them."""
        return self._home.url(OWNER, DATABASE)

    @property
    def app_url(self) -> str:
        """The role that the service works as."""
        return self._home.url(APP, DATABASE)

    def start(self) -> None:
        """Make the cluster if it is absent, start it if it is down."""
        self._home: Home = make_home(self._state, self._user)
        try:
            with self._home.turn():
                self._come_in()
        except BaseException:
            # A server that was started in vain would stay for ever.
            self.stop()
            raise
        self._stopping.clear()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def _come_in(self) -> None:
        self._server = Server(
            self._home,
            self._user,
            settings=self._settings,
            installations=self._installations,
        )
        self._use = self._home.enter()
        self._server.initialise()
        self._server.ensure_running()
        provision(self._home, major=self._server.major)

    def stop(self) -> None:
        """Leave, and stop the server if nobody else uses it."""
        self._stopping.set()
        if self._watcher is not None:
            self._watcher.join()
            self._watcher = None
        if self._use is None:
            return
        with self._home.turn():
            self._use.close()
            self._use = None
            if self._home.is_left():
                self._server.stop()

    def _watch(self) -> None:
        """Start the server again when somebody killed it.

        Everybody watches: whoever of them is killed, the others go on.
        """
        pause = _WATCH_SECONDS
        while not self._stopping.wait(pause):
            if self._server.is_alive():
                pause = _WATCH_SECONDS
                continue
            log.error("PostgreSQL is gone: starting it again")
            try:
                with self._home.turn():
                    self._server.ensure_running()
            except (Unavailable, OSError):
                log.exception("PostgreSQL could not be started again")
                pause = min(2 * pause, _LONGEST_WAIT_SECONDS)
