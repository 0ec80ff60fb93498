"""Responsibility zones as vector tiles, for staff within their scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor, Role
from geo_api.areas.service import bounds_in_force
from geo_api.db.statements import read_statements
from geo_api.ogc.layers import PaintedTile, TileJob, TileQuestion
from geo_api.ogc.outlines import TILE_PIXELS, Pen, paint_outlines
from geo_api.zones.scope import require_reader, scope_on

_SQL = read_statements(__package__, "zones.sql")
_PEN = Pen((122, 62, 157, 255), 1.6)
_FIELDS = {
    "code": "String",
    "name": "String",
    "kind": "String",
    "household_count": "Number",
}


class ZonesLayer:
    """Who answers where: outlines, names and how many households; no household."""

    id = "zones"
    title = "责任片区"
    formats: Sequence[str] = ("mvt", "png")
    minzoom = 9
    maxzoom = 18
    vector_layers: Sequence[Mapping[str, Any]] = (
        {"id": "zones", "description": "Outlines", "fields": _FIELDS},
        {"id": "zone_labels", "description": "A point inside", "fields": _FIELDS},
    )

    def bounds(self, session: Session, day: date) -> tuple[float, float, float, float]:
        """West, south, east, north of the edition in force."""
        return bounds_in_force(session, day=day)

    def is_public_to(self, actor: Actor) -> bool:
        """Zones are for staff."""
        del actor
        return False

    def check(self, actor: Actor) -> None:
        """Whoever may not list zones gets no tile of them either."""
        require_reader(actor)

    def version(
        self, session: Session, actor: Actor, question: TileQuestion
    ) -> str | None:
        """None: zones are kept day by day."""

    def facts(
        self, session: Session, actor: Actor, question: TileQuestion
    ) -> Mapping[str, Any]:
        """Nothing beyond the standard."""
        del session, actor, question
        return {}

    def paint(self, session: Session, actor: Actor, job: TileJob) -> PaintedTile:
        """The caller's zones of today; filters of requests do not concern them."""
        scope = scope_on(session, actor, job.day)
        wanted = {
            "z": job.tile.z,
            "x": job.tile.x,
            "y": job.tile.y,
            "day": job.day,
            "area_ids": None if actor.role is Role.ADMIN else sorted(scope.areas),
            "zone_ids": sorted(actor.zone_ids),
        }
        if job.suffix == "png":
            shapes = session.scalars(_SQL["outlines"], wanted)
            lines = [(_PEN, shape) for shape in shapes if shape is not None]
            return PaintedTile(paint_outlines(lines, pixels=TILE_PIXELS * job.scale))
        row = session.execute(
            _SQL["tile"], {**wanted, "edition_id": scope.edition_id}
        ).one()
        # Layers of a vector tile are repeated fields: bytes one after the other.
        return PaintedTile(b"".join(bytes(part) for part in row if part is not None))
