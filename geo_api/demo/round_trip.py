"""One round over HTTP, as people go it: order, dispatch, accept, complete, rate."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from PIL import Image

from geo_api.errors import Unavailable
from geo_api.ogc.rules import CELL_LEVEL, cells_of, unmorton

_ZOOM = 14
_PIXELS = 256
_SERVICE = "XQ-SHUI"

Line = Callable[[str, Mapping[str, Any]], None]


class Visitor:
    """A caller of the running service, signed in or not."""

    def __init__(self, base_url: str, bearer: str | None = None) -> None:
        self._base_url = base_url
        self._bearer = bearer

    @classmethod
    def signed_in(cls, base_url: str, username: str, password: str) -> Visitor:
        """Somebody with an account."""
        form = urllib.parse.urlencode({"username": username, "password": password})
        reply = cls(base_url).send("POST", "/api/token", form.encode())
        return cls(base_url, json.loads(reply)["access_token"])

    def send(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """A reply's body; Unavailable says what came instead of one."""
        headers = {"Accept-Language": "zh-CN"}
        if self._bearer:
            headers["Authorization"] = f"Bearer {self._bearer}"
        if body is not None and body[:1] == b"{":
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(  # noqa: S310  our own address
            self._base_url + path, data=body, headers=headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:  # noqa: S310
                content: bytes = reply.read()
                return content
        except urllib.error.HTTPError as error:
            raise Unavailable(
                "%(method)s %(path)s answered %(status)s: %(body)s",
                method=method,
                path=path,
                status=error.code,
                body=error.read().decode(errors="replace")[:500],
            ) from error

    def get(self, path: str, **query: Any) -> Any:
        """JSON of a GET."""
        asked = f"?{urllib.parse.urlencode(query)}" if query else ""
        return json.loads(self.send("GET", path + asked))

    def post(self, path: str, **body: Any) -> Any:
        """JSON of a POST."""
        return json.loads(self.send("POST", path, json.dumps(body).encode()))


def check_round(base_url: str, passwords: Mapping[str, str], line: Line) -> None:
    """Go the round and say a line for each step.

    Raises Unavailable where a step fails or the heat does not show the order.
    """
    county = Visitor.signed_in(base_url, "county", passwords["county"])
    handler = Visitor.signed_in(base_url, "handler", passwords["handler"])
    lon, lat = _own_point(handler)
    heat = _Pixel(county, lon, lat)
    before = heat.read()

    resident = Visitor(base_url)
    ordered = resident.post(
        "/api/requests",
        service_code=_SERVICE,
        description="演示：家里停水了",
        location={"lon": lon, "lat": lat, "crs": "wgs84"},
        contact={"name": "演示居民", "phone": "10000000000"},
    )
    number = ordered["number"]
    line("ordered %(number)s at %(lon)s, %(lat)s", {
        "number": number, "lon": lon, "lat": lat,
    })  # fmt: skip
    line("dispatched to %(name)s (%(duty)s), due %(due)s", {
        "name": ordered["handler"]["name"],
        "duty": ordered["handler"]["duty"],
        "due": ordered["due_at"],
    })  # fmt: skip

    request = handler.get("/api/requests", q=number)["items"][0]
    path = f"/api/requests/{request['id']}"
    accepted = handler.post(f"{path}/accept")
    line("accepted: %(stage)s", {"stage": accepted["stage"]})
    completed = handler.post(f"{path}/complete", note="演示：已修好")
    line("completed: %(stage)s, %(status)s", {
        "stage": completed["stage"], "status": completed["status"],
    })  # fmt: skip
    secret = ordered["tracking_url"].rsplit("/", 1)[1]
    rated = Visitor(base_url, secret).post(f"{path}/rate", score="satisfied")
    line("rated: %(rating)s", {"rating": rated["rating"]})
    history = handler.get(f"{path}/history")["items"]
    line("history: %(verbs)s", {"verbs": " → ".join(e["verb"] for e in history)})
    _check_heat(heat, before, line)


def _own_point(handler: Visitor) -> tuple[float, float]:
    """A point for which the handler answers: in the own zone, else in the own area."""
    zones = handler.get("/api/zones", limit=1)["items"]
    if zones and zones[0]["label"]:
        lon, lat = zones[0]["label"]
        return lon, lat
    duty = handler.get("/api/me")["duties"][0]
    lon, lat = handler.get(f"/api/areas/{duty['place']['code']}")["label"]
    return lon, lat


class _Pixel:
    """The heat at one point, as a leader's map shows it."""

    def __init__(self, leader: Visitor, lon: float, lat: float) -> None:
        x, y = unmorton(cells_of(np.array([lon]), np.array([lat])))
        step = 1 << (CELL_LEVEL - _ZOOM)
        self._leader = leader
        self._tile = f"{_ZOOM}/{int(x[0]) // step}/{int(y[0]) // step}"
        self._at = (
            int(x[0]) % step * _PIXELS // step,
            int(y[0]) % step * _PIXELS // step,
        )

    @property
    def where(self) -> str:
        """The tile and the place in it."""
        return f"{self._tile} ({self._at[0]}, {self._at[1]})"

    def read(self) -> tuple[int, ...]:
        """Red, green, blue and opacity."""
        content = self._leader.send("GET", f"/tiles/heat/{self._tile}.png")
        with Image.open(io.BytesIO(content)) as image:
            colour = image.convert("RGBA").getpixel(self._at)
        assert isinstance(colour, tuple)  # noqa: S101  of an RGBA image
        return tuple(int(part) for part in colour)


def _check_heat(heat: _Pixel, before: tuple[int, ...], line: Line) -> None:
    after = heat.read()
    if after == before:
        raise Unavailable(
            "The heat tile %(where)s did not change",
            mend="See the log of the service",
            where=heat.where,
        )
    line("heat tile %(where)s: pixel %(before)s → %(after)s", {
        "where": heat.where, "before": before, "after": after,
    })  # fmt: skip
