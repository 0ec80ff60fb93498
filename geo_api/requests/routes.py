"""Everything over HTTP about requests."""

from __future__ import annotations

from fastapi import APIRouter

from geo_api.requests.handle import attachment_routes
from geo_api.requests.handle import routes as handle_routes
from geo_api.requests.order import routes as order_routes
from geo_api.requests.read import export_routes, summary_routes, tracking_routes
from geo_api.requests.read import routes as read_routes

router = APIRouter(prefix="/api")
for part in (
    order_routes,
    read_routes,
    summary_routes,
    handle_routes,
    attachment_routes,
    tracking_routes,
    export_routes,
):
    router.include_router(part.router)
