"""The heat layer: live density for those who may see it, village rates for all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor, CallerKind
from geo_api.areas.service import bounds_in_force, current_edition
from geo_api.heat import painting, queries
from geo_api.heat.queries import VillageRate
from geo_api.heat.rules import (
    band_of,
    grid_of,
    reference_density,
    shares_of,
    window_of,
)
from geo_api.ogc.layers import (
    PaintedTile,
    TileJob,
    TileQuestion,
    version_of,
    whole_months,
)
from geo_api.ogc.rules import metres_per_cell

# Goes up when the same figures are to be painted another way.
_STYLE = 1


class HeatLayer:
    """Where requests gather."""

    id = "heat"
    title = "民情热力"
    formats: Sequence[str] = ("png", "mvt")
    minzoom = 7
    maxzoom = 18
    vector_layers: Sequence[Mapping[str, Any]] = (
        {
            "id": "villages",
            "description": "For callers without an account",
            "fields": {"code": "String", "name": "String", "rate_band": "Number"},
        },
        {
            "id": "cells",
            "description": "For accounts, within their scope",
            "fields": {"count": "Number"},
        },
    )

    def bounds(self, session: Session, day: date) -> tuple[float, float, float, float]:
        """West, south, east, north of the edition in force."""
        return bounds_in_force(session, day=day)

    def is_public_to(self, actor: Actor) -> bool:
        """Everybody without an account gets the village rates."""
        return not actor.is_staff

    def check(self, actor: Actor) -> None:
        """Nobody is refused: everybody sees what is theirs to see."""

    def version(
        self, session: Session, actor: Actor, question: TileQuestion
    ) -> str | None:
        """Edition, style and the published figures, which late entries may change."""
        if not self.is_public_to(actor):
            return None
        rates = _public_rates(session, actor, question)
        return _version(session, question, rates)

    def paint(self, session: Session, actor: Actor, job: TileJob) -> PaintedTile:
        """Density or counted cells, or village rates for callers without an account."""
        if self.is_public_to(actor):
            return _paint_public(session, actor, job)
        if job.suffix == "mvt":
            counts = queries.count_cells(session, actor, grid_of(job.tile), job.filters)
            return PaintedTile(queries.cells_tile(session, counts))
        return PaintedTile(_paint_live(session, actor, job))


def _paint_live(session: Session, actor: Actor, job: TileJob) -> bytes:
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


def _public_rates(
    session: Session, actor: Actor, question: TileQuestion
) -> list[VillageRate]:
    settings = question.settings
    is_portal = actor.kind is CallerKind.PORTAL
    return queries.public_rates(
        session,
        whole_months(question.filters, question.now, settings.place.tz),
        edition_id=current_edition(session, day=question.day).id,
        area_ids=sorted(actor.area_ids) if is_portal else None,
        min_households=settings.privacy.public_min_households,
        min_requests=settings.privacy.public_min_requests,
    )


def _version(
    session: Session, question: TileQuestion, rates: Sequence[VillageRate]
) -> str:
    edition = current_edition(session, day=question.day)
    figures = [(rate.code, rate.rate) for rate in rates]
    return version_of(_STYLE, edition.public_id, figures)


def _paint_public(session: Session, actor: Actor, job: TileJob) -> PaintedTile:
    rates = _public_rates(session, actor, job)
    version = _version(session, job, rates)
    shares = shares_of([rate.rate for rate in rates])
    if job.suffix == "mvt":
        bands = [band_of(share) for share in shares]
        return PaintedTile(
            queries.villages_tile(session, job.tile, rates, bands), version
        )
    shapes = [
        (shares[place], _rings(json.loads(shape)))
        for place, shape in queries.shapes_in_tile(
            session, job.tile, [rate.shape_id for rate in rates]
        )
    ]
    pixels = painting.TILE_PIXELS * job.scale
    if not shapes:
        return PaintedTile(painting.paint_empty(pixels), version)
    return PaintedTile(painting.paint_shares(shapes, pixels=pixels), version)


def _rings(geometry: dict[str, Any]) -> list[list[list[tuple[float, float]]]]:
    """Rings of a polygon or multipolygon in tile units, as shares of the tile."""
    coordinates = geometry["coordinates"]
    polygons = coordinates if geometry["type"] == "MultiPolygon" else [coordinates]
    return [
        [[(x / 4096, y / 4096) for x, y in ring] for ring in polygon]
        for polygon in polygons
    ]
