"""The changing half of a request, as a value and as columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import shapely
from geoalchemy2.shape import to_shape

from geo_api.dispatch.rules import Basis, ResolvedPlace
from geo_api.requests.models import ServiceRequest
from geo_api.requests.rules import RequestState, Stage


def state_of(row: ServiceRequest) -> RequestState:
    """The changing half of a stored request."""
    values = {f.name: getattr(row, f.name) for f in fields(RequestState)}
    return RequestState(**{**values, "stage": Stage(row.stage)})


def state_values(state: RequestState) -> dict[str, Any]:
    """The columns of a request's changing half."""
    return {
        **vars(state),
        "stage": state.stage.value,
        "status": state.status.value,
    }


def decided_place(row: ServiceRequest, said: Mapping[str, Any]) -> ResolvedPlace:
    """Where it lies today, found as its first decision said: on the same basis.

    What an edition that took effect has moved was not found by the number of then.
    """
    is_moved = said.get("edition", {}).get("id") != row.edition_id
    lon, lat = None, None
    if row.geom is not None:
        lon, lat = shapely.get_coordinates(to_shape(row.geom))[0].tolist()
    return ResolvedPlace(
        basis=Basis(said["basis"]),
        place=row.place,
        edition_id=row.edition_id,
        zone_id=row.zone_id,
        household_id=row.household_id,
        lon=lon,
        lat=lat,
        lon_claimed=row.lon_claimed,
        lat_claimed=row.lat_claimed,
        crs_claimed=row.crs_claimed,
        accuracy_m=row.accuracy_m,
        address=row.address,
        other_side=tuple(said["other_side"]),
        geography_version=None if is_moved else said.get("geography_version"),
    )
