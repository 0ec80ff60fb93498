"""Areas are public facts: everybody may read them."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from geoalchemy2.shape import to_shape
from shapely import to_geojson
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.areas import queries, service
from geo_api.areas.collections import features_of
from geo_api.areas.models import BoundarySource, Edition, EditionArea, Shape
from geo_api.areas.rules import AreaType, CodeSystem
from geo_api.areas.schemas import (
    COLLECTION_EXAMPLE,
    SHAPE_EXAMPLE,
    AreaDetail,
    AreaOut,
    CodeOut,
    EditionOut,
    NameOut,
    SourceOut,
)
from geo_api.errors import NotFound, Unavailable
from geo_api.http.context import CurrentContext, CurrentSession, Now
from geo_api.http.paging import Cursor, Limit, Page, make_cursor, read_cursor
from geo_api.http.problems import problem_responses

router = APIRouter(prefix="/api", tags=["areas"])

At = Annotated[date | None, Query(description="As of this day; default today.")]
Code = Annotated[str | None, Query(max_length=40)]


def _day(at: date | None, now: Now, context: CurrentContext) -> date:
    return at or now.astimezone(context.settings.place.tz).date()


def _edition(session: Session, at: date | None, day: date) -> Edition:
    """The edition of a day; a day before the first one is the caller's mistake."""
    try:
        return service.current_edition(session, day=day)
    except Unavailable as error:
        if at is None:
            raise
        raise NotFound(
            "No boundaries were in force on %(day)s",
            loc=("query", "at"),
            mend="Ask for a later day; GET /api/editions names the first one",
            day=day.isoformat(),
        ) from error


def _shown_edition(session: Session, edition: Edition) -> EditionOut:
    source = session.get_one(BoundarySource, edition.source_id)
    return EditionOut(
        id=edition.public_id,
        name=edition.name,
        reason=edition.reason,
        active_from=edition.active_from,
        created_at=edition.created_at,
        is_superseded=edition.superseded_at is not None,
        source=SourceOut(
            name=source.name,
            licence=source.licence,
            url=source.url,
            is_invented=source.is_invented,
        ),
    )


def _codes(session: Session, ids: list[int]) -> dict[int, list[CodeOut]]:
    return {
        area_id: [
            CodeOut(
                system=code.system,
                code=code.code,
                is_primary=code.is_primary,
                valid_from=code.valid_from,
                valid_to=code.valid_to,
            )
            for code in codes
        ]
        for area_id, codes in queries.codes_of(session, ids).items()
    }


@router.get(
    "/areas",
    summary="Areas by code, as of a day",
    responses=problem_responses(400, 404, 422, 503),
)
def list_areas(
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
    type: Annotated[AreaType | None, Query()] = None,
    parent: Code = None,
    at: At = None,
    system: CodeSystem | None = None,
    q: Annotated[
        str | None, Query(max_length=60, description="Part of a name, or a code.")
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[AreaOut]:
    """`system` says in which code system `parent` is given."""
    day = _day(at, now, context)
    edition = _edition(session, at, day)
    parent_id = None
    if parent is not None:
        name = system.value if system else None
        parent_id = service.get_area(
            session, parent, day=day, system=name, loc=("query", "parent")
        ).id
    filters = {"type": type, "parent": parent, "at": at, "system": system, "q": q}
    position = read_cursor(cursor, filters, (str,))
    rows = queries.list_areas(
        session,
        edition_id=edition.id,
        type_=type,
        parent_id=parent_id,
        text=q,
        after=position[0] if position else None,
        limit=limit + 1,
    )
    more, rows = len(rows) > limit, rows[:limit]
    codes = _codes(session, [row.area_id for row in rows])
    is_invented = session.get_one(BoundarySource, edition.source_id).is_invented
    return Page(
        items=[
            AreaOut(
                code=row.code,
                name=row.name,
                type=row.type,
                parent_code=row.parent_code,
                codes=codes.get(row.area_id, []),
                label=(row.lon, row.lat),
                is_invented=is_invented,
            )
            for row in rows
        ],
        next=make_cursor([rows[-1].code], filters) if more else None,
    )


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
    context: CurrentContext,
    now: Now,
    type: AreaType = AreaType.TOWN,
    within: Code = None,
    at: At = None,
) -> Response:
    """For drawing: five decimals; `/api/areas/{code}/geometry` is exact."""
    day = _day(at, now, context)
    edition = _edition(session, at, day)
    features = features_of(session, edition, type)
    if within is not None:
        area = service.get_area(session, within, day=day, loc=("query", "within"))
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
    "/areas/{code}",
    summary="One area by any of its codes, as of a day",
    responses=problem_responses(404, 422, 503),
)
def get_area(
    code: str,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
    at: At = None,
    system: CodeSystem | None = None,
) -> AreaDetail:
    """Old codes are found, too; the reply bears the present one."""
    day = _day(at, now, context)
    edition = _edition(session, at, day)
    view = service.get_area(
        session, code, day=day, system=system.value if system else None
    )
    place = service.place_of(session, view.id, edition_id=edition.id)
    chain = queries.areas_by_id(session, place.ids, edition_id=edition.id)
    ancestors = [chain[id_] for id_ in place.ids if id_ != view.id]
    row = session.get_one(EditionArea, (edition.id, view.id))
    shape = session.get_one(Shape, row.shape_id)
    label = to_shape(shape.label_point)
    shown = _shown_edition(session, edition)
    lon, lat = label.coords[0][:2]
    return AreaDetail(
        code=view.code,
        name=view.name,
        type=view.type.value,
        parent_code=ancestors[-1].code if ancestors else None,
        codes=_codes(session, [view.id]).get(view.id, []),
        label=(lon, lat),
        is_invented=shown.source.is_invented,
        names=[
            NameOut(
                name=name.name,
                kind=name.kind,
                valid_from=name.valid_from,
                valid_to=name.valid_to,
            )
            for name in queries.names_of(session, view.id)
        ],
        ancestors=[
            {"code": a.code, "name": a.name, "type": a.type.value} for a in ancestors
        ],
        edition=shown,
        area_km2=round(shape.area_m2 / 1e6, 4),
    )


@router.get(
    "/areas/{code}/geometry",
    summary="The exact shape of an area (GeoJSON geometry)",
    responses={
        200: {"content": {"application/json": {"example": SHAPE_EXAMPLE}}},
        **problem_responses(404, 422, 503),
    },
)
def get_geometry(
    code: str,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
    at: At = None,
    system: CodeSystem | None = None,
) -> dict[str, Any]:
    """As stored: EPSG:4326, seven decimals."""
    day = _day(at, now, context)
    edition = _edition(session, at, day)
    view = service.get_area(
        session, code, day=day, system=system.value if system else None
    )
    row = session.get_one(EditionArea, (edition.id, view.id))
    geometry: dict[str, Any] = json.loads(
        to_geojson(to_shape(session.get_one(Shape, row.shape_id).geom))
    )
    return geometry


@router.get(
    "/editions/current",
    summary="The edition in force and its source",
    responses=problem_responses(404, 422, 503),
)
def get_current_edition(
    session: CurrentSession, context: CurrentContext, now: Now, at: At = None
) -> EditionOut:
    """Whether the shapes are invented is said here and shown on every page."""
    edition = _edition(session, at, _day(at, now, context))
    shown = _shown_edition(session, edition)
    shown.bounds = queries.bounds_of(session, edition.id)
    return shown


@router.get("/editions", summary="Editions, newest first")
def list_editions(session: CurrentSession) -> Page[EditionOut]:
    """Drafts have no `active_from`."""
    newest_first = select(Edition).order_by(
        Edition.created_at.desc(), Edition.id.desc()
    )
    editions = session.scalars(newest_first)
    return Page(items=[_shown_edition(session, edition) for edition in editions])
