"""How long an order takes while others keep the service busy.

Against a running service with the demo's accounts; ratios to an order alone in the
same run, medians and the worst of each. Fifteen callers sign in with wrong passwords,
then fifteen fetch tiles.
"""

from __future__ import annotations

import itertools
import json
import os
import statistics
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable

URL = os.environ.get("MINQING_URL", "http://127.0.0.1:8000")
ORDERS = 25
CALLERS = 15


def send(method: str, path: str, body: object = None) -> int:
    """The status of the reply."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data=data, method=method)
    request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            reply.read()
            return int(reply.status)
    except urllib.error.HTTPError as error:
        error.read()
        return error.code


def order() -> float:
    """Seconds that one takes."""
    began = time.perf_counter()
    status = send(
        "POST",
        "/api/requests",
        {
            "service_code": "XQ-SHUI",
            "description": "停水两天了",
            "location": {"lon": 103.6223, "lat": 36.5097, "crs": "gcj02"},
        },
    )
    assert status == 201, status
    return time.perf_counter() - began


def measure(others: Callable[[int], object] | None) -> tuple[float, float, int]:
    """Median and worst of the orders, and what the others did meanwhile."""
    stop = threading.Event()
    done = itertools.count()

    def keep(number: int) -> None:
        while not stop.is_set():
            if others is not None:
                others(number)
            next(done)

    callers = [
        threading.Thread(target=keep, args=(number,), daemon=True)
        for number in range(CALLERS if others else 0)
    ]
    for caller in callers:
        caller.start()
    time.sleep(1)
    took = [order() for _ in range(ORDERS)]
    stop.set()
    for caller in callers:
        caller.join()
    return statistics.median(took), max(took), next(done)


def sign_in(number: int) -> None:
    """With a name and a password that nobody has."""
    send("POST", "/api/session", {"username": f"guess{number}", "password": "x" * 12})


def tile(number: int) -> None:
    """One of the public layer of areas."""
    send("GET", f"/tiles/areas/{11 + number % 3}/{1610 + number}/800.mvt")


if __name__ == "__main__":
    alone, worst, _ = measure(None)
    print(f"alone        median {alone * 1000:6.0f} ms  worst {worst * 1000:6.0f} ms")
    for name, others in (("signing in", sign_in), ("tiles", tile)):
        median, worst, count = measure(others)
        print(
            f"{name:12} median {median * 1000:6.0f} ms ×{median / alone:4.1f}"
            f"  worst {worst * 1000:6.0f} ms  {count} calls beside it"
        )
