"""Orders a second, as a commit before took them and as they are taken now.

    PYTHONPATH=. .venv/bin/python bench/orders.py COMMIT [--clients N] [--seconds N]
        [--rounds N] [--state FOLDER]

The demo is loaded once and copied, so that both have the same county and year; both
are served beside each other, and asked in turn. Sixteen clients order without a pause:
people whom nobody knows, each from a network of its own, with contact and
Idempotency-Key as the page sends them; then a cadre on behalf of others. Medians of the
rounds. The floor is what the same server commits if each transaction writes one row.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from geo_api.embedded import EmbeddedCluster

HERE = Path(__file__).parent.parent
PATIENCE_SECONDS = 180
PASSWORD = "minqing-demo"


@dataclass
class Side:
    """A served commit, and what was measured of it in each round."""

    name: str
    port: int
    token: str = ""
    found: dict[str, list[tuple[float, ...]]] = field(default_factory=dict)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def run(code: Path, state: Path, *words: str) -> subprocess.Popen[bytes]:
    """A command of a commit's own code, on a state folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "geo_api.cli", *words],
        cwd=code,
        env={
            **os.environ,
            "PYTHONPATH": str(code),
            "MINQING_STATE_DIR": str(state),
            "MINQING_PORT": str(free_port()),
            "MINQING_ORDERS_PER_HOUR": "100000000",
            # Each client is believed to come from a network of its own.
            "MINQING_TRUSTED_PROXIES": "127.0.0.1",
        },
        stdout=subprocess.DEVNULL,
    )


@contextmanager
def checked_out(commit: str, folder: Path) -> Iterator[Path]:
    """A commit's files."""
    git = ("git", "-C", str(HERE), "worktree")
    subprocess.run([*git, "add", "--detach", str(folder), commit], check=True)
    try:
        yield folder
    finally:
        subprocess.run([*git, "remove", "--force", str(folder)], check=True)


@contextmanager
def served(name: str, code: Path, state: Path) -> Iterator[Side]:
    """A commit at work, its geography read into memory."""
    side = Side(name, free_port())
    process = run(code, state, "serve", "--port", str(side.port))
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{side.port}/ready").read()
                break
            except OSError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise
                time.sleep(0.2)
        form = urllib.parse.urlencode({"username": "village", "password": PASSWORD})
        with urllib.request.urlopen(
            f"http://127.0.0.1:{side.port}/api/token", data=form.encode()
        ) as reply:
            side.token = json.load(reply)["access_token"]
        yield side
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


class Caller:
    """One client with a connection that stays open."""

    def __init__(self, side: Side, number: int) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", side.port, timeout=60)
        self._token = side.token
        self._network = f"10.1.{number // 250}.{number % 250 + 1}"
        self._draw = random.Random(number)

    def _send(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> None:
        data = None if body is None else json.dumps(body).encode()
        head = {"X-Forwarded-For": self._network, "Content-Type": "application/json"}
        self._http.request(method, path, data, {**head, **headers})
        reply = self._http.getresponse()
        said = reply.read()
        assert reply.status in (200, 201), said

    def _order(self, point: tuple[float, float], **headers: str) -> None:
        lon, lat = (v + self._draw.uniform(-2e-4, 2e-4) for v in point)
        body = {
            "service_code": "XQ-SHUI",
            "description": "停水两天了",
            "location": {"lon": lon, "lat": lat, "crs": "wgs84"},
            "contact": {"name": "王某", "phone": "10012345678"},
        }
        key = str(uuid.uuid4())
        self._send("POST", "/api/requests", body, **{"Idempotency-Key": key}, **headers)

    def order(self, point: tuple[float, float]) -> None:
        """An order of somebody whom nobody knows."""
        self._order(point)

    def order_for_others(self, point: tuple[float, float]) -> None:
        """An order of a cadre."""
        self._order(point, Authorization=f"Bearer {self._token}")

    def me(self, _point: tuple[float, float]) -> None:
        """Who am I."""
        self._send("GET", "/api/me", Authorization=f"Bearer {self._token}")


Deed = Callable[[Caller, tuple[float, float]], None]
DEEDS: dict[str, Deed] = {
    "orders, not signed in": Caller.order,
    "orders of a cadre": Caller.order_for_others,
    "GET /api/me": Caller.me,
}


def measure(
    side: Side, deed: Deed, points: list[tuple[float, float]], n: int, seconds: float
) -> tuple[float, float, float]:
    """How many a second, and how many ms the median one and that of 20 took."""
    stop, took = threading.Event(), []
    networks = itertools.count()

    def keep() -> None:
        caller, own = Caller(side, next(networks)), []
        draw = random.Random(id(caller))
        while not stop.is_set():
            began = time.perf_counter()
            deed(caller, draw.choice(points))
            own.append(time.perf_counter() - began)
        took.extend(own)

    callers = [threading.Thread(target=keep) for _ in range(n)]
    began = time.perf_counter()
    for caller in callers:
        caller.start()
    time.sleep(seconds)
    stop.set()
    for caller in callers:
        caller.join()
    rate = len(took) / (time.perf_counter() - began)
    slow = sorted(took)[-1 - len(took) // 20]
    return rate, statistics.median(took) * 1000, slow * 1000


def floor(state: Path, n: int, seconds: float) -> tuple[float, float]:
    """Commits a second of one row each, of ``n`` clients; and the ms that one takes."""
    with EmbeddedCluster(state) as cluster:
        url = cluster.superuser_url.replace("postgresql+psycopg", "postgresql", 1)

        def commit(stop: threading.Event, took: list[float]) -> None:
            with psycopg.connect(url) as connection:
                while not stop.is_set():
                    began = time.perf_counter()
                    connection.execute("INSERT INTO bench_floor VALUES (1)")
                    connection.commit()
                    took.append(time.perf_counter() - began)

        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE bench_floor (n int)")
            found = []
            for clients in (1, n):
                stop, took = threading.Event(), list[float]()
                threads = [
                    threading.Thread(target=commit, args=(stop, took))
                    for _ in range(clients)
                ]
                for thread in threads:
                    thread.start()
                time.sleep(seconds)
                stop.set()
                for thread in threads:
                    thread.join()
                found.append((len(took) / seconds, statistics.median(took) * 1000))
            connection.execute("DROP TABLE bench_floor")
    return found[1][0], found[0][1]


def villages(side: Side) -> list[tuple[float, float]]:
    """A point inside each village."""
    url = f"http://127.0.0.1:{side.port}/api/areas?type=village&limit=200"
    with urllib.request.urlopen(url) as reply:
        return [tuple(item["label"]) for item in json.load(reply)["items"]]


def tell(sides: list[Side], committed: float, one_ms: float) -> None:
    """The table."""
    print(f"\n{'':24}{'':>8}{sides[0].name:>12}{sides[1].name:>12}{'×':>8}")
    for name in DEEDS:
        before, after = (
            [statistics.median(column) for column in zip(*s.found[name], strict=True)]
            for s in sides
        )
        for n, what in enumerate(("a second", "p50 ms", "p95 ms")):
            ratio = after[n] / before[n] if n == 0 else before[n] / after[n]
            print(
                f"{name if n == 0 else '':24}{what:>8}"
                f"{before[n]:12.1f}{after[n]:12.1f}{ratio:8.1f}"
            )
    print(f"floor: {committed:.0f} commits a second, one alone {one_ms:.2f} ms")


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commit")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--state", type=Path, help="a folder with the demo, to copy")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="bench") as name,
        checked_out(asked.commit, Path(name) / "code") as code,
    ):
        # The embedded server runs as a user of its own.
        Path(name).chmod(0o755)
        states = [Path(name) / "before", Path(name) / "after"]
        if asked.state is None:
            run(code, states[0], "demo", "--check").wait()
        else:
            subprocess.run(["cp", "-a", str(asked.state), str(states[0])], check=True)
        subprocess.run(["cp", "-a", *map(str, states)], check=True)
        with (
            served("before", code, states[0]) as before,
            served("now", HERE, states[1]) as now,
        ):
            sides = [before, now]
            points = villages(now)
            for side in sides:  # both read the geography into memory meanwhile
                measure(side, Caller.order, points, 1, 20)
            for n in range(asked.rounds):
                for deed_name, deed in DEEDS.items():
                    clients = 1 if deed is Caller.me else asked.clients
                    for side in sides if n % 2 == 0 else sides[::-1]:
                        found = measure(side, deed, points, clients, asked.seconds)
                        side.found.setdefault(deed_name, []).append(found)
                        print(f"{side.name:8}{deed_name:24}{found[0]:8.1f} a second")
            tell(sides, *floor(states[1], asked.clients, asked.seconds))


if __name__ == "__main__":
    main()
