"""Everything over HTTP about who answers for a place."""

from __future__ import annotations

from fastapi import APIRouter

from geo_api.duties import (
    coverage_routes,
    duty_routes,
    leave_routes,
    locate_routes,
    people_routes,
    zone_routes,
)

router = APIRouter(prefix="/api", tags=["zones"])
for part in (
    people_routes,
    duty_routes,
    leave_routes,
    locate_routes,
    coverage_routes,
    zone_routes,
):
    router.include_router(part.router)
