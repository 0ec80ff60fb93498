"""Areas as vector tiles: the product for embedders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.areas import queries
from geo_api.areas.service import bounds_in_force, current_edition
from geo_api.ogc.layers import PaintedTile, TileJob, TileQuestion, version_of
from geo_api.ogc.outlines import TILE_PIXELS, Pen, paint_outlines

# Goes up when the same areas are to be drawn another way.
_STYLE = 1
_FIELDS = {
    "code": "String",
    "name": "String",
    "type": "String",
    "parent_code": "String",
}
# From which zoom on a kind of area is worth its bytes.
_FROM_ZOOM = {"county": 0, "town": 7, "village": 10, "group": 12}
_PENS = {
    "county": Pen((18, 61, 120, 255), 2.6),
    "town": Pen((36, 86, 156, 255), 2.0),
    "village": Pen((99, 132, 171, 255), 1.2),
    "group": Pen((99, 132, 171, 190), 1.0),
}
_LAYER = {
    "county": "counties",
    "town": "towns",
    "village": "villages",
    "group": "groups",
}


class AreasLayer:
    """Boundaries of the edition in force."""

    id = "areas"
    title = "行政区划"
    formats: Sequence[str] = ("mvt", "png")
    minzoom = 0
    maxzoom = 16
    vector_layers: Sequence[Mapping[str, Any]] = tuple(
        {"id": _LAYER[kind], "fields": _FIELDS, "minzoom": zoom, "maxzoom": 16}
        for kind, zoom in _FROM_ZOOM.items()
    )

    def bounds(self, session: Session, day: date) -> tuple[float, float, float, float]:
        """West, south, east, north of the edition in force."""
        return bounds_in_force(session, day=day)

    def is_public_to(self, actor: Actor) -> bool:
        """Areas are public facts."""
        del actor
        return True

    def check(self, actor: Actor) -> None:
        """Nobody is refused."""

    def version(
        self, session: Session, actor: Actor, question: TileQuestion
    ) -> str | None:
        """Edition and style: within one edition no boundary moves."""
        del actor
        edition = current_edition(session, day=question.day)
        return version_of(_STYLE, edition.public_id)

    def facts(
        self, session: Session, actor: Actor, question: TileQuestion
    ) -> Mapping[str, Any]:
        """Nothing beyond the standard."""
        del session, actor, question
        return {}

    def paint(self, session: Session, actor: Actor, job: TileJob) -> PaintedTile:
        """The tile; the same for every caller."""
        types = [kind for kind, zoom in _FROM_ZOOM.items() if zoom <= job.tile.z]
        tile, edition = job.tile, current_edition(session, day=job.day)
        version = self.version(session, actor, job)
        if job.suffix == "png":
            shapes = queries.outlines_in(
                session, tile.z, tile.x, tile.y, types, edition_id=edition.id
            )
            lines = [(_PENS[kind], shape) for kind, shape in shapes]
            body = paint_outlines(lines, pixels=TILE_PIXELS * job.scale)
            return PaintedTile(body, version)
        body = queries.tile_of(
            session, tile.z, tile.x, tile.y, types, edition_id=edition.id
        )
        return PaintedTile(body, version)
