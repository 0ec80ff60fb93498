"""What a listener to live events has been told."""

from __future__ import annotations

import json
from typing import Any


def read(client, headers: dict, **more: str) -> list[dict[str, Any]]:
    """The events that there are by now."""
    reply = client.get("/api/events?seconds=0", headers={**headers, **more})
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert reply.headers["cache-control"] == "no-store"
    return events(reply.text)


def events(stream: str) -> list[dict[str, Any]]:
    found = []
    for block in stream.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if line)
        if lines.get("event") == "request":
            found.append({"mark": lines["id"], **json.loads(lines["data"])})
    return found
