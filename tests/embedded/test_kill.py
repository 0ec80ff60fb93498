"""Orders while app and postmaster are killed: each is taken once and whole."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import make
import pytest
from sqlalchemy import select

import geo_api
from geo_api.cli.database import context_of
from geo_api.requests.models import DispatchDecision, RequestEvent, ServiceRequest
from geo_api.settings import Settings, StateSettings

pytestmark = [pytest.mark.db, pytest.mark.slow]

ROOT = Path(geo_api.__file__).parent.parent
CLIENTS = 8
BETWEEN_KILLS = 2 * CLIENTS
PATIENCE_SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Supervisor:
    """Keeps the service running as an init system would."""

    state: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    stopping: threading.Event = field(default_factory=threading.Event)

    def launch(self) -> None:
        with (self.state / "app.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "geo_api.cli",
                    "serve",
                    "--port",
                    str(self.port),
                ],
                cwd=ROOT,
                env={
                    **os.environ,
                    "MINQING_STATE_DIR": str(self.state),
                    "MINQING_ORDERS_PER_HOUR": "1000000",
                },
                stdout=log,
                stderr=log,
            )

    def keep(self) -> None:
        while not self.stopping.wait(0.1):
            if self.process is None or self.process.poll() is not None:
                self.launch()

    def kill_app(self) -> None:
        if self.process is not None:
            self.process.kill()

    def kill_postmaster(self) -> None:
        pid = self.state / "postgres" / "data" / "postmaster.pid"
        os.kill(int(pid.read_text().split("\n")[0]), signal.SIGKILL)

    @contextmanager
    def running(self) -> Iterator[None]:
        keeper = threading.Thread(target=self.keep)
        keeper.start()
        try:
            yield
        finally:
            self.stopping.set()
            keeper.join()
            assert self.process is not None
            self.process.terminate()
            self.process.wait(PATIENCE_SECONDS)


@dataclass
class Client:
    """Orders until told to stop; an order is repeated until it is acknowledged."""

    name: int
    url: str
    points: list[tuple[float, float]]
    enough: threading.Event
    acknowledged: dict[str, str] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)

    def work(self) -> None:
        with httpx2.Client(base_url=self.url, timeout=60) as http:
            while not self.enough.is_set():
                self.order(http, f"kill-{self.name}-{len(self.acknowledged)}")

    def order(self, http: httpx2.Client, key: str) -> None:
        lon, lat = self.points[len(self.acknowledged) % len(self.points)]
        body = {
            "service_code": "XQ-SHUI",
            "description": key,
            "location": {"lon": lon, "lat": lat, "crs": "wgs84"},
        }
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                reply = http.post(
                    "/api/requests", json=body, headers={"Idempotency-Key": key}
                )
            except httpx2.TransportError:
                time.sleep(0.05)
                continue
            if reply.status_code == 201:
                self.acknowledged[key] = reply.json()["number"]
                return
            self.refused.add(reply.status_code)
            time.sleep(0.05)
        raise AssertionError(f"{key} was never acknowledged")


@pytest.mark.long
@pytest.mark.parametrize("kills", [5])
def test_orders_survive_kills_of_app_and_postmaster(state: Path, kills: int) -> None:
    settings = Settings(state=StateSettings(state_dir=state))
    with context_of(settings) as context, context.sessions.transaction() as session:
        world = make.a_world(session, context.cipher, context.clock())
        points = [world.point(code) for code in world.county.shapes]
    supervisor, enough = Supervisor(state), threading.Event()
    url = f"http://127.0.0.1:{supervisor.port}"
    clients = [Client(i, url, points, enough) for i in range(CLIENTS)]
    threads = [threading.Thread(target=client.work) for client in clients]

    def count() -> int:
        return sum(len(client.acknowledged) for client in clients)

    with supervisor.running():
        for thread in threads:
            thread.start()
        try:
            _kill_at_random_moments(supervisor, count, kills)
        finally:
            enough.set()
            for thread in threads:
                thread.join()

    # The last one, ended by SIGTERM, has stopped its cluster.
    assert not (state / "postgres" / "data" / "postmaster.pid").exists()
    acknowledged: dict[str, str] = {}
    for client in clients:
        acknowledged |= client.acknowledged
    with context_of(settings) as context, context.sessions.transaction() as session:
        rows = session.scalars(select(ServiceRequest)).all()
        assert len(rows) == len(acknowledged)
        assert {row.description: row.number for row in rows} == acknowledged
        histories: dict[int, list[str]] = {row.id: [] for row in rows}
        events = select(RequestEvent).order_by(RequestEvent.sequence)
        for event in session.scalars(events):
            histories[event.request_id].append(event.verb)
        assert all(verbs == ["order", "dispatch"] for verbs in histories.values())
        decided = session.execute(
            select(DispatchDecision.request_id, DispatchDecision.handler_id)
        ).all()
        assert sorted(decided) == sorted((row.id, row.handler_id) for row in rows)
    # While the database is away the app says so; it never breaks down.
    assert set().union(*(client.refused for client in clients)) <= {503}


def _kill_at_random_moments(
    supervisor: Supervisor, count: Callable[[], int], times: int
) -> None:
    """Each so many times in a drawn order, the next when orders are taken again."""
    draw = random.Random(20260302)
    kills = [supervisor.kill_app, supervisor.kill_postmaster] * times
    draw.shuffle(kills)
    for kill in kills:
        wanted = count() + BETWEEN_KILLS
        deadline = time.monotonic() + PATIENCE_SECONDS
        while count() < wanted:
            assert time.monotonic() < deadline, "no orders are taken any more"
            time.sleep(0.02)
        time.sleep(draw.uniform(0, 0.3))
        kill()
    wanted = count() + BETWEEN_KILLS
    while count() < wanted:
        time.sleep(0.02)
