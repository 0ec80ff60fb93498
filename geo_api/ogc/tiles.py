"""Tiles of any layer, at ``/tiles/{layer}/{z}/{x}/{y}.{format}``."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from geo_api.accounts.access import PORTAL_HEADER, CurrentActor
from geo_api.accounts.rules import Actor, CallerKind
from geo_api.errors import BadRequest, NotAllowed, NotFound
from geo_api.http.context import Context, CurrentContext, CurrentSession, Now
from geo_api.http.periods import read_moment
from geo_api.http.problems import problem_responses
from geo_api.ogc.layers import TileFilters, TileJob, TileLayer
from geo_api.ogc.rules import Tile

# No grid has more rows than ten digits can count.
_ROW = re.compile(r"[0-9]{1,10}")

MEDIA_TYPES = {"png": "image/png", "mvt": "application/vnd.mapbox-vector-tile"}
_TILEJSON_EXAMPLE = {
    "tilejson": "3.0.0",
    "name": "民情热力",
    "tiles": ["http://127.0.0.1:8000/tiles/heat/{z}/{x}/{y}.png"],
    "bounds": [103.4, 36.3, 103.9, 36.8],
    "center": [103.65, 36.55, 7],
    "minzoom": 7,
    "maxzoom": 18,
}


def read_filters(
    context: CurrentContext,
    since: Annotated[
        str | None,
        Query(alias="from", max_length=40, description="First day or moment."),
    ] = None,
    until: Annotated[
        str | None,
        Query(alias="to", max_length=40, description="Day or moment after the last."),
    ] = None,
    service_code: Annotated[
        list[str] | None, Query(description="Only these services.", max_length=100)
    ] = None,
    stage: Annotated[
        list[str] | None, Query(description="Only these stages.", max_length=20)
    ] = None,
) -> TileFilters:
    """The filters of a tile or TileJSON request."""
    filters = TileFilters(
        since=read_moment(since, "from", context.settings.place.tz),
        until=read_moment(until, "to", context.settings.place.tz),
        service_codes=tuple(sorted(set(service_code or ()))),
        stages=tuple(sorted(set(stage or ()))),
    )
    if filters.since and filters.until and filters.since >= filters.until:
        raise BadRequest(
            "The period ends before it begins",
            loc=("query", "to"),
            mend="Send a `to` later than `from`; `to` itself is not included",
        )
    return filters


Filters = Annotated[TileFilters, Depends(read_filters)]


def tile_router(layers: Sequence[TileLayer]) -> APIRouter:
    """Routes of the given layers."""
    router = APIRouter(prefix="/tiles", tags=["tiles"])
    by_id = {layer.id: layer for layer in layers}

    def layer_of(layer: str, actor: Actor) -> TileLayer:
        if layer not in by_id:
            raise NotFound(
                "There is no layer %(layer)s",
                loc=("path", "layer"),
                mend="Choose one of %(known)s",
                layer=layer[:40],
                known=", ".join(sorted(by_id)),
            )
        if actor.kind is CallerKind.PORTAL and layer not in actor.layers:
            raise NotAllowed(
                "This portal key does not cover the layer %(layer)s", layer=layer
            )
        return by_id[layer]

    @router.get(
        "/{layer}.json",
        summary="TileJSON 3 of a layer",
        responses={
            200: {"content": {"application/json": {"example": _TILEJSON_EXAMPLE}}},
            **problem_responses(400, 401, 403, 404),
        },
    )
    def get_tilejson(
        layer: str,
        request: Request,
        response: Response,
        session: CurrentSession,
        actor: CurrentActor,
        context: CurrentContext,
        filters: Filters,  # noqa: ARG001  refused here already, not at the first tile
        now: Now,
    ) -> dict[str, Any]:
        found = layer_of(layer, actor)
        _allow_origin(request, response, actor, context)
        day = now.astimezone(context.settings.place.tz).date()
        west, south, east, north = found.bounds(session, day)
        query = f"?{request.url.query}" if request.url.query else ""
        base = f"{context.settings.server.base_url}/tiles/{layer}/{{z}}/{{x}}/{{y}}"
        document: dict[str, Any] = {
            "tilejson": "3.0.0",
            "name": found.title,
            "tiles": [f"{base}.{suffix}{query}" for suffix in found.formats],
            "bounds": [west, south, east, north],
            "center": [(west + east) / 2, (south + north) / 2, found.minzoom],
            "minzoom": found.minzoom,
            "maxzoom": found.maxzoom,
        }
        if found.vector_layers:
            document["vector_layers"] = list(found.vector_layers)
        return document

    @router.get(
        "/{layer}/{z}/{x}/{y}.{suffix}",
        summary="One tile; `@2x` before the suffix doubles a PNG's pixels",
        response_class=Response,
        responses={
            200: {"content": {media: {} for media in MEDIA_TYPES.values()}},
            304: {"description": "The caller's copy is still right"},
            **problem_responses(400, 401, 403, 404),
        },
    )
    def get_tile(
        layer: str,
        z: int,
        x: int,
        y: str,
        suffix: str,
        request: Request,
        session: CurrentSession,
        actor: CurrentActor,
        context: CurrentContext,
        filters: Filters,
        now: Now,
    ) -> Response:
        found = layer_of(layer, actor)
        row, _, doubled = y.partition("@")
        tile = Tile(z, x, int(row) if _ROW.fullmatch(row) else -1)
        is_known = suffix in found.formats and doubled in ("", "2x")
        if not (is_known and tile.exists and z <= found.maxzoom):
            raise NotFound(
                "There is no such tile",
                loc=("path",),
                mend="Take the addresses from /tiles/%(layer)s.json",
                layer=layer,
            )
        job = TileJob(tile, filters, 2 if doubled else 1, now, context.settings)
        body = found.paint(session, actor, job)
        response = Response(body, media_type=MEDIA_TYPES[suffix])
        etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
        # What is painted for one person must not answer for another.
        scope = "public" if found.is_public_to(actor) else "private"
        age = context.settings.heat.heat_max_age
        response.headers["ETag"] = etag
        response.headers["Cache-Control"] = f"{scope}, max-age={age}"
        if etag in request.headers.get("if-none-match", ""):
            response = Response(
                status_code=304,
                headers={k: response.headers[k] for k in ("ETag", "Cache-Control")},
            )
        _allow_origin(request, response, actor, context)
        return response

    return router


def _allow_origin(
    request: Request, response: Response, actor: Actor, context: Context
) -> None:
    """Let a configured portal's page read the reply; cookies are never shared."""
    origin = request.headers.get("origin")
    response.headers["Vary"] = f"Origin, Cookie, Authorization, {PORTAL_HEADER}"
    if origin is None:
        return
    # A portal key that lists origins was refused at the door from any other page.
    if (
        actor.kind is CallerKind.PORTAL
        or origin in context.settings.server.cors_origins
    ):
        response.headers["Access-Control-Allow-Origin"] = origin
