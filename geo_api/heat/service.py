"""The heat layer: live density for those who may see it, village rates for all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor, CallerKind
from geo_api.areas.service import bounds_of, current_edition
from geo_api.errors import NotFound
from geo_api.heat import painting, queries
from geo_api.heat.rules import reference_density, window_of
from geo_api.ogc.layers import TileJob, whole_months
from geo_api.ogc.rules import metres_per_cell


class HeatLayer:
    """Where requests gather."""

    id = "heat"
    title = "民情热力"
    formats: Sequence[str] = ("png",)
    minzoom = 7
    maxzoom = 18
    vector_layers: Sequence[Mapping[str, Any]] = ()

    def bounds(self, session: Session, day: date) -> tuple[float, float, float, float]:
        """West, south, east, north of the edition in force."""
        found = bounds_of(session, current_edition(session, day=day).id)
        if found is None:
            raise NotFound("The edition in force has no shapes")
        return found

    def is_public_to(self, actor: Actor) -> bool:
        """Everybody without an account gets the village rates."""
        return not actor.is_staff

    def paint(self, session: Session, actor: Actor, job: TileJob) -> bytes:
        """A tile of density, or of village rates for callers without an account."""
        if self.is_public_to(actor):
            return self._paint_public(session, actor, job)
        pixels = painting.TILE_PIXELS * job.scale
        window = window_of(
            job.tile, job.settings.heat.heat_bandwidth_m, painting.TILE_PIXELS
        )
        counts = queries.count_cells(session, actor, window, job.filters)
        if not counts.any():
            return painting.paint_empty(pixels)
        _, south, _, north = job.tile.bounds
        reference_m = metres_per_cell(window.core_level, (south + north) / 2)
        reference = reference_density(
            queries.counts_at_level(session, actor, window.core_level, job.filters),
            (reference_m / 1000) ** 2,
        )
        return painting.paint_density(
            counts,
            first_cell=window.first_cell,
            cells_per_tile=window.cells_per_tile,
            sigma_cells=window.sigma_cells,
            cell_km2=window.cell_km2,
            reference=reference,
            pixels=pixels,
        )

    def _paint_public(self, session: Session, actor: Actor, job: TileJob) -> bytes:
        settings = job.settings
        pixels = painting.TILE_PIXELS * job.scale
        is_portal = actor.kind is CallerKind.PORTAL
        rows = queries.public_villages(
            session,
            job.tile,
            whole_months(job.filters, job.now, settings.place.tz),
            edition_id=current_edition(session, day=job.day).id,
            area_ids=sorted(actor.area_ids) if is_portal else None,
            min_households=settings.privacy.public_min_households,
            min_requests=settings.privacy.public_min_requests,
        )
        shapes = [
            (rate / top if top else 0.0, _rings(json.loads(shape)))
            for shape, rate, top in rows
            if shape is not None
        ]
        if not shapes:
            return painting.paint_empty(pixels)
        return painting.paint_shares(shapes, pixels=pixels)


def _rings(geometry: dict[str, Any]) -> list[list[list[tuple[float, float]]]]:
    """Rings of a polygon or multipolygon in tile units, as shares of the tile."""
    coordinates = geometry["coordinates"]
    polygons = coordinates if geometry["type"] == "MultiPolygon" else [coordinates]
    return [
        [[(x / 4096, y / 4096) for x, y in ring] for ring in polygon]
        for polygon in polygons
    ]
