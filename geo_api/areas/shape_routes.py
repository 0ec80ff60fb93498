"""Shapes of areas: all of a kind for drawing, one exactly."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from fastapi import APIRouter, Request, Response
from geoalchemy2.shape import to_shape
from shapely import to_geojson

from geo_api.areas import queries, service
from geo_api.areas.collections import features_of
from geo_api.areas.dependencies import AskedArea, AskedDay, Code
from geo_api.areas.models import EditionArea, Shape
from geo_api.areas.rules import AreaType
from geo_api.areas.schemas import COLLECTION_EXAMPLE, SHAPE_EXAMPLE
from geo_api.http.context import CurrentSession
from geo_api.http.problems import problem_responses

router = APIRouter()


@router.get(
    "/areas.geojson",
    summary="All areas of a kind as GeoJSON, borders simplified together",
    response_class=Response,
    responses={
        200: {"content": {"application/geo+json": {"example": COLLECTION_EXAMPLE}}},
        304: {"description": "The caller's copy is still right"},
        **problem_responses(404, 422, 503),
    },
)
def get_collection(
    request: Request,
    session: CurrentSession,
    as_of: AskedDay,
    type: AreaType = AreaType.TOWN,
    within: Code = None,
) -> Response:
    """For drawing: five decimals; `/api/areas/{code}/geometry` is exact."""
    edition = as_of.edition
    features = features_of(session, edition, type)
    if within is not None:
        loc = ("query", "within")
        area = service.get_area(session, within, day=as_of.day, loc=loc)
        inside = session.scalars(
            queries.SQL["inside"], {"edition_id": edition.id, "area_id": area.id}
        )
        views = queries.areas_by_id(session, set(inside), edition_id=edition.id)
        codes = {view.code for view in views.values()}
        features = [f for f in features if f["id"] in codes]
    body = json.dumps(
        {"type": "FeatureCollection", "features": features},
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {"ETag": etag, "Cache-Control": "public, max-age=60"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/geo+json", headers=headers)


@router.get(
    "/areas/{code}/geometry",
    summary="The exact shape of an area (GeoJSON geometry)",
    responses={
        200: {"content": {"application/json": {"example": SHAPE_EXAMPLE}}},
        **problem_responses(404, 422, 503),
    },
)
def get_geometry(
    session: CurrentSession, view: AskedArea, as_of: AskedDay
) -> dict[str, Any]:
    """As stored: EPSG:4326, seven decimals."""
    row = session.get_one(EditionArea, (as_of.edition.id, view.id))
    geometry: dict[str, Any] = json.loads(
        to_geojson(to_shape(session.get_one(Shape, row.shape_id).geom))
    )
    return geometry
