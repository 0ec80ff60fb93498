"""Composes the rooms into one application; nothing is built at import."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio.to_thread
from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from geo_api import __version__
from geo_api.accounts import routes as accounts_routes
from geo_api.accounts.hooks import ScopeHooks
from geo_api.areas import routes as areas_routes
from geo_api.areas import service
from geo_api.areas.layer import AreasLayer
from geo_api.catalogue import routes as catalogue_routes
from geo_api.changes import routes as changes_routes
from geo_api.consumers import LIVE_HOOKS
from geo_api.db.upgrade import newest_revision, present_revision
from geo_api.dispatch import routes as dispatch_routes
from geo_api.duties import reach
from geo_api.duties import routes as duties_routes
from geo_api.errors import Unavailable
from geo_api.heat.service import HeatLayer
from geo_api.households import routes as households_routes
from geo_api.http.bounds import refuse_overfull
from geo_api.http.characters import refuse_unstorable
from geo_api.http.context import Context, CurrentContext, CurrentSession
from geo_api.http.database_errors import add_database_handlers
from geo_api.http.description import DescribedAPI
from geo_api.http.limits import BodyLimit, CompressText, PlainHeaders
from geo_api.http.problems import add_problem_handlers, problem_responses
from geo_api.ingest import routes as ingest_routes
from geo_api.notices import routes as notices_routes
from geo_api.ogc.origins import ShareRefusals
from geo_api.ogc.tiles import tile_router
from geo_api.requests import routes as requests_routes
from geo_api.requests.handle import attachment_routes, succession
from geo_api.zones import routes as zones_routes
from geo_api.zones.layer import ZonesLayer

_DESCRIPTION = """\
Households, villages and party-member responsibility zones tied to boundaries;
residents' requests dispatched by geography, accepted, completed and rated.

Errors are `application/problem+json` (RFC 9457). Geometry is GeoJSON, `lon, lat`.
Lists answer `{items, next}`; send `next` back as `cursor`.
"""

# Files come here; everything else is a small JSON body.
_UPLOADS = {
    r"/api/imports/.*": 50_000_000,
    r"/api/requests/[^/]+/attachments": attachment_routes.MOST_BYTES,
}


# A form is a file, or a name and a password.
_FORM: Any = {"max_files": 1, "max_fields": 20}


def create_app(context: Context) -> FastAPI:
    """The spatial API on the given database, key and clock."""
    app = DescribedAPI(
        title="民情地图",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=_lifespan,
        # The interactive pages would fetch scripts from outside hosts.
        docs_url=None,
        redoc_url=None,
        # A redirect would repeat whatever Host the caller has sent.
        redirect_slashes=False,
        form_limits=_FORM,
        dependencies=[Depends(refuse_overfull), Depends(refuse_unstorable)],
    )
    app.state.context = context
    app.state.scope_hooks = ScopeHooks(
        duty_scope=reach.duty_scope,
        describe_scope=reach.describe_scope,
        area_ids_of=service.area_ids_of,
        areas_within=service.areas_within,
        reaches=service.reaches,
        end_people_of=succession.end_people_of,
        hand_on=succession.hand_on,
    )
    app.state.live_hooks = LIVE_HOOKS
    add_problem_handlers(app)
    add_database_handlers(app)
    app.add_middleware(ShareRefusals, origins=context.settings.server.cors_origins)
    app.add_middleware(CompressText)
    app.add_middleware(PlainHeaders)
    app.add_middleware(
        BodyLimit,
        max_bytes=context.settings.server.max_body_bytes,
        seconds=context.settings.server.body_seconds,
        idle_seconds=context.settings.server.body_idle_seconds,
        uploads=_UPLOADS,
    )
    app.include_router(tile_router([HeatLayer(), AreasLayer(), ZonesLayer()]))
    for room in (
        accounts_routes,
        areas_routes,
        households_routes,
        zones_routes,
        duties_routes,
        catalogue_routes,
        dispatch_routes,
        requests_routes,
        notices_routes,
        ingest_routes,
        changes_routes,
    ):
        app.include_router(room.router)
    app.add_api_route(
        "/health", _health, tags=["service"], summary="The process is alive"
    )
    app.add_api_route(
        "/ready",
        _ready,
        tags=["service"],
        summary="Database, PostGIS and migrations are as this version needs them",
        responses=problem_responses(503),
    )
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    # A thread without a connection could only wait: as many threads as connections.
    database = app.state.context.settings.database
    limiter = anyio.to_thread.current_default_thread_limiter()
    limiter.total_tokens = database.pool_size + database.pool_overflow
    yield


class Health(BaseModel):
    """The process answers."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"status": "ok", "version": "0.1.0"}}
    )

    status: str
    version: str


class Readiness(BaseModel):
    """What the service stands on."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"status": "ok", "postgis": "3.3.2", "revision": "0001"}
        }
    )

    status: str
    postgis: str
    revision: str


def _health() -> Health:
    return Health(status="ok", version=__version__)


def _ready(session: CurrentSession, context: CurrentContext) -> Readiness:
    postgis = session.execute(text("SELECT postgis_lib_version()")).scalar_one()
    schema = context.settings.database.schema_name
    present = present_revision(session.connection(), schema)
    if present != newest_revision():
        raise Unavailable(
            "The schema is at %(present)s, this version needs %(needed)s",
            mend="Run `minqing upgrade`",
            present=present or "0",
            needed=newest_revision(),
        )
    return Readiness(status="ok", postgis=postgis, revision=present)
