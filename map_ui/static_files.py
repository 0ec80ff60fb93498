"""Our own scripts and styles under an address that names their content."""

from __future__ import annotations

import posixpath
import re
from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"
VENDOR = FOLDER / "vendor"
SCRIPTS = FOLDER / "js"

# Third-party files carry their version in the folder's name, ours the hash below.
LEAFLET = "leaflet@1.9.4"
ECHARTS = "echarts@5.6.0"
# Modules that import each other by these names.
MODULES = {
    "@mapbox/point-geometry": "@mapbox/point-geometry@1.1.0/index.js",
    "@mapbox/vector-tile": "@mapbox/vector-tile@2.0.5/index.js",
    "pbf": "pbf@4.0.2/index.js",
}

_IMPORT = re.compile(r'^(?:import|export|\}) .*?from "(\.[^"]+)";$', re.MULTILINE)
_JOINED = re.compile(r"css/([a-z/-]+(?:\+[a-z/-]+)+)\.css")


class ImmutableFiles(StaticFiles):
    """Static files whose address changes with their content: fetched once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, to be kept for a year; ``css/x/a+y/b.css`` is two in one trip."""
        joined = _JOINED.fullmatch(path)
        response = (
            _join(joined[1].split("+"))
            if joined
            else await super().get_response(path, scope)
        )
        if response.status_code in (200, 304):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def _join(names: list[str]) -> Response:
    """Style sheets one after the other, as a page would link them."""
    try:
        sheets = [
            (FOLDER / "css" / f"{name}.css").read_text(encoding="utf-8")
            for name in names
        ]
    except FileNotFoundError:
        raise HTTPException(status_code=404) from None
    return Response("\n".join(sheets), media_type="text/css")


def content_version() -> str:
    """A short hash over every file of ours; imports between modules keep it."""
    digest = sha256()
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file() and VENDOR not in path.parents:
            digest.update(path.relative_to(FOLDER).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@cache
def modules_for(entry: str) -> tuple[str, ...]:
    """Every module which ``entry`` imports, itself included, for preloading.

    A browser would find them one import after the other, a round trip each.
    """
    found: list[str] = []
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.append(name)
        text = (SCRIPTS / name).read_text(encoding="utf-8")
        folder = posixpath.dirname(name)
        waiting += [
            posixpath.normpath(posixpath.join(folder, source))
            for source in _IMPORT.findall(text)
        ]
    return tuple(sorted(found))
