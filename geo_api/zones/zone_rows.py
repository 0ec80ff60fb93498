"""Shapes of zones as rows that an index is made of, each with its version."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Text, cast, func, literal_column, or_, select
from sqlalchemy.orm import Session

from geo_api.areas.models import Shape
from geo_api.db.arrays import among
from geo_api.zones.models import ResponsibilityZone, ZoneShape
from geo_api.zones.rules import ZoneKind, ZoneView


@dataclass(frozen=True)
class ZoneRow:
    """A shape of a zone; ``version`` differs after every change of either's row."""

    key: int
    view: ZoneView
    area_id: int
    valid_from: date
    valid_to: date | None
    version: str
    wkb: bytes

    @property
    def rank(self) -> tuple[bool, str]:
        """The order among zones of one place."""
        return self.view.kind != ZoneKind.HOUSEHOLDS.value, self.view.code


_ZONE, _DRAWN = ResponsibilityZone, ZoneShape
# PostgreSQL's own marks of who wrote a row last: no writer can forget them.
_VERSION = func.concat(
    cast(literal_column("responsibility_zone.xmin"), Text),
    "-",
    cast(literal_column("zone_shape.xmin"), Text),
)


def _concerned(wanted: Any, first_day: date) -> Any:
    return wanted.join(_ZONE, _ZONE.id == _DRAWN.zone_id).where(
        *(
            or_(each.valid_to.is_(None), each.valid_to > first_day)
            for each in (_ZONE, _DRAWN)
        )
    )


def read_zone_rows(
    session: Session, first_day: date, only: Collection[int] | None = None
) -> list[ZoneRow]:
    """Shapes of zones in force on a day or later; all of them, or only some."""
    wanted = (
        select(
            _DRAWN.id,
            _ZONE.id,
            _ZONE.public_id,
            _ZONE.code,
            _ZONE.name,
            _ZONE.kind,
            _ZONE.area_id,
            func.greatest(_ZONE.valid_from, _DRAWN.valid_from),
            # Without an end the other's is meant.
            func.least(_ZONE.valid_to, _DRAWN.valid_to),
            _VERSION,
            func.ST_AsBinary(Shape.geom),
        )
        .select_from(_DRAWN)
        .join(Shape, Shape.id == _DRAWN.shape_id)
    )
    if only is not None:
        wanted = wanted.where(among(_DRAWN.id, only))
    rows = session.execute(_concerned(wanted, first_day))
    return [
        ZoneRow(
            row[0], ZoneView(*row[1:6]), row[6], row[7], row[8], row[9], bytes(row[10])
        )
        for row in rows
    ]


def read_row_versions(session: Session, first_day: date) -> dict[int, str]:
    """The version of each of them."""
    wanted = select(_DRAWN.id, _VERSION).select_from(_DRAWN)
    rows = session.execute(_concerned(wanted, first_day))
    return {row[0]: row[1] for row in rows}
