"""The heat layer: live density for those who may see it, published bands for all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.areas.service import bounds_in_force
from geo_api.heat import images, queries
from geo_api.heat.figures import Asked, describe, read_asked, read_bands, read_shelf
from geo_api.heat.queries import VillageBand
from geo_api.heat.rules import grid_of, reference_density, window_of
from geo_api.ogc.layers import PaintedTile, TileJob, TileQuestion, version_of
from geo_api.ogc.rules import metres_per_cell

# Goes up when the same bands are to be painted another way.
_STYLE = 2


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
        """Everybody without an account gets what is published."""
        return not actor.is_staff

    def check(self, actor: Actor) -> None:
        """Nobody is refused: everybody sees what is theirs to see."""

    def version(
        self, session: Session, actor: Actor, question: TileQuestion
    ) -> str | None:
        """Style, period and the bands of the villages: nothing else is in a tile."""
        if not self.is_public_to(actor):
            return None
        asked = read_asked(session, read_shelf(session), question)
        return _version(asked, read_bands(session, actor, asked))

    def facts(
        self, session: Session, actor: Actor, question: TileQuestion
    ) -> Mapping[str, Any]:
        """Which period is shown, which others there are, and the bands' colours."""
        if not self.is_public_to(actor):
            return {}
        shelf = read_shelf(session)
        asked = read_asked(session, shelf, question)
        told = describe(shelf, asked, question.settings.place.tz)
        return {"published": {**told, "bands": images.legend()}}

    def paint(self, session: Session, actor: Actor, job: TileJob) -> PaintedTile:
        """Density or counted cells; published bands for who has no account."""
        if self.is_public_to(actor):
            return _paint_public(session, actor, job)
        if job.suffix == "mvt":
            counts = queries.count_cells(session, actor, grid_of(job.tile), job.filters)
            return PaintedTile(queries.cells_tile(session, counts))
        return PaintedTile(_paint_live(session, actor, job))


def _paint_live(session: Session, actor: Actor, job: TileJob) -> bytes:
    pixels = images.TILE_PIXELS * job.scale
    window = window_of(job.tile, job.settings.heat.heat_bandwidth_m, images.TILE_PIXELS)
    counts = queries.count_cells(session, actor, window, job.filters)
    if not counts.any():
        return images.paint_empty(pixels)
    _, south, _, north = job.tile.bounds
    reference_m = metres_per_cell(window.core_level, (south + north) / 2)
    reference = reference_density(
        queries.counts_at_level(session, actor, window.core_level, job.filters),
        (reference_m / 1000) ** 2,
    )
    return images.paint_density(
        counts,
        first_cell=window.first_cell,
        cells_per_tile=window.cells_per_tile,
        sigma_cells=window.sigma_cells,
        cell_km2=window.cell_km2,
        reference=reference,
        pixels=pixels,
    )


def _version(asked: Asked, villages: Sequence[VillageBand]) -> str:
    told = [(village.code, village.band) for village in villages]
    since = asked.period.since.isoformat() if asked.period is not None else ""
    kind = asked.period.kind.value if asked.period is not None else ""
    return version_of(_STYLE, kind, since, asked.group, told)


def _paint_public(session: Session, actor: Actor, job: TileJob) -> PaintedTile:
    asked = read_asked(session, read_shelf(session), job)
    villages = read_bands(session, actor, asked)
    version = _version(asked, villages)
    if job.suffix == "mvt":
        return PaintedTile(queries.villages_tile(session, job.tile, villages), version)
    shapes = [
        (villages[place].band, _rings(json.loads(shape)))
        for place, shape in queries.shapes_in_tile(
            session, job.tile, [village.shape_id for village in villages]
        )
    ]
    pixels = images.TILE_PIXELS * job.scale
    return PaintedTile(images.paint_bands(shapes, pixels=pixels), version)


def _rings(geometry: dict[str, Any]) -> list[list[list[tuple[float, float]]]]:
    """Rings of a polygon or multipolygon in tile units, as shares of the tile."""
    coordinates = geometry["coordinates"]
    polygons = coordinates if geometry["type"] == "MultiPolygon" else [coordinates]
    return [
        [[(x / 4096, y / 4096) for x, y in ring] for ring in polygon]
        for polygon in polygons
    ]
