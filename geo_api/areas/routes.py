"""Areas are public facts: everybody may read them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from geoalchemy2.shape import to_shape
from sqlalchemy import select

from geo_api.areas import queries, service, shape_routes
from geo_api.areas.dependencies import AskedArea, AskedDay, Code
from geo_api.areas.models import BoundarySource, Edition, EditionArea, Shape
from geo_api.areas.replies import show_codes, show_edition
from geo_api.areas.rules import AreaType, CodeSystem
from geo_api.areas.schemas import AreaDetail, AreaOut, EditionOut, NameOut
from geo_api.http.context import CurrentSession
from geo_api.http.paging import Cursor, Limit, Page, make_cursor, read_cursor
from geo_api.http.problems import problem_responses

router = APIRouter(prefix="/api", tags=["areas"])


@router.get(
    "/areas",
    summary="Areas by code, as of a day",
    responses=problem_responses(400, 404, 422, 503),
)
def list_areas(
    session: CurrentSession,
    as_of: AskedDay,
    type: Annotated[AreaType | None, Query()] = None,
    parent: Code = None,
    system: CodeSystem | None = None,
    q: Annotated[
        str | None, Query(max_length=60, description="Part of a name, or a code.")
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[AreaOut]:
    """`system` says in which code system `parent` is given."""
    edition = as_of.edition
    parent_id = None
    if parent is not None:
        name = system.value if system else None
        parent_id = service.get_area(
            session, parent, day=as_of.day, system=name, loc=("query", "parent")
        ).id
    filters = {
        "type": type,
        "parent": parent,
        "at": as_of.asked,
        "system": system,
        "q": q,
    }
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
    codes = show_codes(session, [row.area_id for row in rows])
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
    "/areas/{code}",
    summary="One area by any of its codes, as of a day",
    responses=problem_responses(404, 422, 503),
)
def get_area(session: CurrentSession, view: AskedArea, as_of: AskedDay) -> AreaDetail:
    """Old codes are found, too; the reply bears the present one."""
    edition = as_of.edition
    place = service.place_of(session, view.id, edition_id=edition.id)
    chain = queries.areas_by_id(session, place.ids, edition_id=edition.id)
    ancestors = [chain[id_] for id_ in place.ids if id_ != view.id]
    row = session.get_one(EditionArea, (edition.id, view.id))
    shape = session.get_one(Shape, row.shape_id)
    label = to_shape(shape.label_point)
    shown = show_edition(session, edition)
    lon, lat = label.coords[0][:2]
    return AreaDetail(
        code=view.code,
        name=view.name,
        type=view.type.value,
        parent_code=ancestors[-1].code if ancestors else None,
        codes=show_codes(session, [view.id]).get(view.id, []),
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
    "/editions/current",
    summary="The edition in force and its source",
    responses=problem_responses(404, 422, 503),
)
def get_current_edition(session: CurrentSession, as_of: AskedDay) -> EditionOut:
    """Whether the shapes are invented is said here and shown on every page."""
    shown = show_edition(session, as_of.edition)
    shown.bounds = queries.bounds_of(session, as_of.edition.id)
    return shown


@router.get("/editions", summary="Editions, newest first")
def list_editions(session: CurrentSession) -> Page[EditionOut]:
    """Drafts have no `active_from`; what has not taken effect has no `activated_at`."""
    newest_first = select(Edition).order_by(
        Edition.created_at.desc(), Edition.id.desc()
    )
    editions = session.scalars(newest_first)
    return Page(items=[show_edition(session, edition) for edition in editions])


router.include_router(shape_routes.router)
