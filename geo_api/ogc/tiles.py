"""Tiles of any layer, at ``/tiles/{layer}/{z}/{x}/{y}.{format}``."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from geo_api.accounts.dependencies import CurrentActor, WatchingActor
from geo_api.accounts.rules import Actor, CallerKind
from geo_api.errors import BadRequest, NotAllowed, NotFound
from geo_api.http.budgets import Budget, within
from geo_api.http.context import CurrentContext, CurrentSession, Now
from geo_api.http.periods import read_moment, whole_days
from geo_api.http.problems import problem_responses
from geo_api.ogc.layers import (
    PaintedTile,
    TileFilters,
    TileJob,
    TileLayer,
    TileQuestion,
)
from geo_api.ogc.origins import share, share_preflight
from geo_api.ogc.rules import Tile

# No grid has more rows than ten digits can count.
_ROW = re.compile(r"[0-9]{1,10}")

MEDIA_TYPES = {"png": "image/png", "mvt": "application/vnd.mapbox-vector-tile"}
_TILEJSON_EXAMPLE = {
    "tilejson": "3.0.0",
    "name": "民情热力",
    "tiles": [
        "http://127.0.0.1:8000/tiles/heat/{z}/{x}/{y}.png?v=5be1c0f2a9d34e77",
        "http://127.0.0.1:8000/tiles/heat/{z}/{x}/{y}.mvt?v=5be1c0f2a9d34e77",
    ],
    "bounds": [103.4, 36.3, 103.9, 36.8],
    "center": [103.65, 36.55, 7],
    "minzoom": 7,
    "maxzoom": 18,
    "published": {
        "period": {
            "kind": "twelve_months",
            "from": "2025-11-01",
            "to": "2026-11-01",
            "published_at": "2026-11-01T02:30:04+08:00",
        },
        "group": None,
        "periods": [
            {"kind": "twelve_months", "from": "2025-11-01", "to": "2026-11-01"},
            {"kind": "quarter", "from": "2026-07-01", "to": "2026-10-01"},
            {"kind": "month", "from": "2026-10-01", "to": "2026-11-01"},
        ],
        "groups": ["产业农事", "基础设施"],
        "bands": [{"band": 1, "color": "#64c2d9", "opacity": 0.37}],
    },
}


def read_filters(
    context: CurrentContext,
    since: Annotated[
        str | None,
        Query(
            alias="from",
            max_length=40,
            description="First day; a moment counts for its whole day.",
        ),
    ] = None,
    until: Annotated[
        str | None,
        Query(
            alias="to",
            max_length=40,
            description="Day after the last; a moment counts for its whole day.",
        ),
    ] = None,
    service_code: Annotated[
        list[str] | None, Query(description="Only these services.", max_length=100)
    ] = None,
    group: Annotated[
        str | None, Query(description="Only this group of services.", max_length=100)
    ] = None,
    stage: Annotated[
        list[str] | None, Query(description="Only these stages.", max_length=20)
    ] = None,
) -> TileFilters:
    """The filters of a tile or TileJSON request."""
    tz = context.settings.place.tz
    first, last = read_moment(since, "from", tz), read_moment(until, "to", tz)
    if first and last and first >= last:
        raise BadRequest(
            "The period ends before it begins",
            loc=("query", "to"),
            mend="Send a `to` later than `from`; `to` itself is not included",
        )
    first, last = whole_days(first, last, tz)
    return TileFilters(
        since=first,
        until=last,
        service_codes=tuple(sorted(set(service_code or ()))),
        group=group,
        stages=tuple(sorted(set(stage or ()))),
    )


Filters = Annotated[TileFilters, Depends(read_filters)]
Format = Annotated[
    str | None,
    Query(
        alias="format",
        max_length=8,
        description="Only addresses of this format, for clients that take any of them.",
    ),
]
Version = Annotated[
    str | None,
    Query(
        alias="v",
        max_length=64,
        description="From TileJSON: while it is the present one, the tile may be kept.",
    ),
]


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
        by_id[layer].check(actor)
        return by_id[layer]

    @router.get(
        "/{layer}.json",
        summary="TileJSON 3 of a layer",
        responses={
            200: {"content": {"application/json": {"example": _TILEJSON_EXAMPLE}}},
            **problem_responses(400, 401, 403, 404, 422),
        },
    )
    def get_tilejson(
        layer: str,
        request: Request,
        response: Response,
        session: CurrentSession,
        actor: CurrentActor,
        context: CurrentContext,
        filters: Filters,
        now: Now,
        wanted: Format = None,
    ) -> dict[str, Any]:
        found = layer_of(layer, actor)
        if wanted is not None and wanted not in found.formats:
            raise BadRequest(
                "The layer %(layer)s has no tiles in this format",
                loc=("query", "format"),
                mend="Choose one of %(known)s",
                layer=layer,
                known=", ".join(found.formats),
            )
        share(request, response, actor, context)
        question = TileQuestion(filters=filters, now=now, settings=context.settings)
        west, south, east, north = found.bounds(session, question.day)
        version = found.version(session, actor, question)
        query = _with_version(request.url.query, version)
        base = f"{context.settings.server.base_url}/tiles/{layer}/{{z}}/{{x}}/{{y}}"
        document: dict[str, Any] = {
            "tilejson": "3.0.0",
            "name": found.title,
            "tiles": [
                f"{base}.{suffix}{query}"
                for suffix in found.formats
                if wanted in (None, suffix)
            ],
            "bounds": [west, south, east, north],
            "center": [(west + east) / 2, (south + north) / 2, found.minzoom],
            "minzoom": found.minzoom,
            "maxzoom": found.maxzoom,
        }
        if found.vector_layers:
            document["vector_layers"] = list(found.vector_layers)
        return {**document, **found.facts(session, actor, question)}

    @router.get(
        "/{layer}/{z}/{x}/{y}.{suffix}",
        dependencies=[within(Budget.TILE)],
        summary="One tile; `@2x` before the suffix doubles a PNG's pixels",
        response_class=Response,
        responses={
            200: {"content": {media: {} for media in MEDIA_TYPES.values()}},
            304: {"description": "The caller's copy is still right"},
            **problem_responses(400, 401, 403, 404, 422),
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
        actor: WatchingActor,
        context: CurrentContext,
        filters: Filters,
        now: Now,
        version: Version = None,
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
        painted = found.paint(
            session,
            actor,
            TileJob(
                filters=filters,
                now=now,
                settings=context.settings,
                tile=tile,
                suffix=suffix,
                scale=2 if doubled else 1,
            ),
        )
        response = Response(painted.body, media_type=MEDIA_TYPES[suffix])
        etag = f'"{hashlib.sha256(painted.body).hexdigest()[:24]}"'
        response.headers["ETag"] = etag
        response.headers["Cache-Control"] = _keeping(
            painted,
            is_public=found.is_public_to(actor),
            asked=version,
            live_seconds=context.settings.heat.heat_max_age,
        )
        if etag in request.headers.get("if-none-match", ""):
            response = Response(
                status_code=304,
                headers={k: response.headers[k] for k in ("ETag", "Cache-Control")},
            )
        share(request, response, actor, context)
        return response

    router.add_api_route(
        "/{path:path}", share_preflight, methods=["OPTIONS"], include_in_schema=False
    )
    return router


def _with_version(query: str, version: str | None) -> str:
    """The caller's query for the tiles' addresses, with the version they are of."""
    pairs = [pair for pair in parse_qsl(query) if pair[0] not in ("v", "format")]
    if version is not None:
        pairs.append(("v", version))
    return f"?{urlencode(pairs)}" if pairs else ""


def _keeping(
    painted: PaintedTile, *, is_public: bool, asked: str | None, live_seconds: int
) -> str:
    """How long a tile may be kept, and by whom: Cache-Control."""
    # What is painted for one person must not answer for another.
    scope = "public" if is_public else "private"
    if is_public and asked is not None and asked == painted.version:
        return f"{scope}, max-age=31536000, immutable"
    return f"{scope}, max-age={live_seconds}"
