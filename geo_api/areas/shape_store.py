"""Shapes in the database: each once, however many editions and zones share it."""

from __future__ import annotations

from collections.abc import Sequence

from geoalchemy2.shape import from_shape
from pyproj import Geod
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from geo_api.areas.models import Shape
from geo_api.areas.queries import SQL
from geo_api.areas.shapes import canonical, hash_of, label_point

# CGCS2000's ellipsoid; areas are measured on it, not on the plane.
_GEOD = Geod(ellps="GRS80")


def store_shapes(
    session: Session, shapes: Sequence[BaseGeometry], *, in_pieces: bool
) -> list[int]:
    """Ids of shapes in their order; a shape stored before is found by its hash.

    ``in_pieces`` for what candidates are looked for by.
    """
    stored = [canonical(shape) for shape in shapes]
    hashes = [hash_of(shape) for shape in stored]
    known = _known(session, hashes)
    fresh = {h: s for h, s in zip(hashes, stored, strict=True) if h not in known}
    if fresh:
        session.execute(
            # Somebody may store the same at the same moment: in one order by all.
            upsert(Shape).on_conflict_do_nothing(index_elements=[Shape.hash]),
            [
                {
                    "hash": digest,
                    "geom": from_shape(shape, srid=4326),
                    "label_point": from_shape(label_point(shape), srid=4326),
                    "area_m2": abs(_GEOD.geometry_area_perimeter(shape)[0]),
                }
                for digest, shape in sorted(fresh.items(), key=lambda pair: pair[0])
            ],
        )
        known |= _known(session, list(fresh))
    ids = [known[digest] for digest in hashes]
    if in_pieces:
        session.execute(SQL["subdivide"], {"shape_ids": ids})
    return ids


def _known(session: Session, hashes: Sequence[bytes]) -> dict[bytes, int]:
    rows = session.execute(
        select(Shape.hash, Shape.id).where(Shape.hash.in_(set(hashes)))
    )
    return {row.hash: row.id for row in rows}
