"""Counts of requests per cell and per village."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    bindparam,
    func,
    select,
)
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.catalogue.models import Service
from geo_api.db.statements import read_statements
from geo_api.heat.models import Publication, PublishedRate
from geo_api.heat.rules import CellGrid
from geo_api.ogc.layers import TileFilters
from geo_api.ogc.rules import CELL_LEVEL, Tile, unmorton
from geo_api.requests.models import ServiceRequest
from geo_api.requests.queries import visible_to
from geo_api.requests.whereabouts import cell_for, is_in_cells

_SQL = read_statements(__package__, "heat.sql")


def _conditions(filters: TileFilters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [ServiceRequest.cell.is_not(None)]
    if filters.since:
        conditions.append(ServiceRequest.ordered_at >= filters.since)
    if filters.until:
        conditions.append(ServiceRequest.ordered_at < filters.until)
    if filters.service_codes:
        wanted = select(Service.id).where(Service.code.in_(filters.service_codes))
        conditions.append(ServiceRequest.service_id.in_(wanted))
    if filters.group:
        wanted = select(Service.id).where(Service.group_name == filters.group)
        conditions.append(ServiceRequest.service_id.in_(wanted))
    if filters.stages:
        conditions.append(ServiceRequest.stage.in_(filters.stages))
    return conditions


def count_cells(
    session: Session, actor: Actor, window: CellGrid, filters: TileFilters
) -> NDArray[np.float64]:
    """Requests that ``actor`` may see, as a grid (rows from the north) of a window."""
    shift = bindparam("shift", window.shift, Integer)
    cell = cell_for(actor).op(">>", return_type=BigInteger())(shift)
    rows = session.execute(
        visible_to(actor)
        .with_only_columns(cell.label("coarse"), func.count())
        .where(is_in_cells(actor, window.ranges), *_conditions(filters))
        .group_by("coarse")
    ).all()
    grid = np.zeros((window.height, window.width))
    if rows:
        x, y = unmorton(np.array([row[0] for row in rows], np.int64))
        x, y = x - window.first_x, y - window.first_y
        inside = (x >= 0) & (x < window.width) & (y >= 0) & (y < window.height)
        counts = np.array([row[1] for row in rows], float)
        # Several rows never share a cell: the statement groups by it.
        grid[y[inside], x[inside]] = counts[inside]
    return grid


def counts_at_level(
    session: Session, actor: Actor, level: int, filters: TileFilters
) -> list[int]:
    """Requests per occupied cell of a level, wherever ``actor`` may look."""
    shift = bindparam("shift", 2 * (CELL_LEVEL - level), Integer)
    cell = cell_for(actor).op(">>", return_type=BigInteger())(shift)
    return list(
        session.scalars(
            visible_to(actor)
            .with_only_columns(func.count())
            .where(*_conditions(filters))
            .group_by(cell)
        )
    )


def requests_by_month(
    session: Session, *, since: datetime, until: datetime, tz: ZoneInfo
) -> dict[tuple[int, date, str], int]:
    """What the public may be told of, counted by village, month and group."""
    rows = session.execute(
        _SQL["requests_by_month"], {"since": since, "until": until, "tz": tz.key}
    )
    return {(row.village_id, row.month, row.group_name): row.n for row in rows}


def households_by_village(
    session: Session, *, edition_id: int, at_least: int
) -> dict[int, int]:
    """Households of the villages that have enough of them."""
    rows = session.execute(
        _SQL["households_by_village"],
        {"edition_id": edition_id, "min_households": at_least},
    )
    return {row.area_id: row.n for row in rows}


def published_months(
    session: Session, months: Sequence[date]
) -> Sequence[PublishedRate]:
    """What was published of all services in some months."""
    return session.scalars(
        select(PublishedRate)
        .join(Publication, Publication.id == PublishedRate.publication_id)
        .where(Publication.kind == "month", Publication.first_day.in_(months))
    ).all()


def publications(session: Session) -> Sequence[Publication]:
    """Everything that is out, by its first day."""
    return session.scalars(select(Publication).order_by(Publication.first_day)).all()


def published_groups(session: Session) -> list[str]:
    """Groups of services that the newest quarter was published of."""
    newest = (
        select(Publication.id)
        .where(Publication.kind == "quarter")
        .order_by(Publication.first_day.desc())
        .limit(1)
    )
    return sorted(
        session.scalars(
            select(PublishedRate.group_name)
            .where(PublishedRate.publication_id == newest.scalar_subquery())
            .distinct()
        )
    )


@dataclass(frozen=True)
class VillageRate:
    """A village's requests per 1,000 households, by its published bands alone."""

    shape_id: int
    code: str
    name: str
    rate: float
    is_asked_for: bool


def published_rates(
    session: Session,
    *,
    kind: str,
    first_days: Sequence[date],
    group: str,
    area_ids: Sequence[int] | None,
) -> list[VillageRate]:
    """Villages by code of which a period is told, whether in ``area_ids`` or not."""
    rows = session.execute(
        _SQL["published_rates"],
        {
            "kind": kind,
            "first_days": list(first_days),
            "group_name": group,
            "area_ids": list(area_ids) if area_ids is not None else None,
        },
    )
    return [VillageRate(*row) for row in rows]


def shapes_in_tile(
    session: Session, tile: Tile, shape_ids: Sequence[int]
) -> list[tuple[int, str]]:
    """Shapes that reach into a tile: place in the list, GeoJSON in units of 4096."""
    rows = session.execute(
        _SQL["shapes_in_tile"],
        {"z": tile.z, "x": tile.x, "y": tile.y, "shape_ids": list(shape_ids)},
    )
    return [(row.place, row.shape) for row in rows if row.shape is not None]


@dataclass(frozen=True)
class VillageBand:
    """All that leaves of a village: how high its rate is, from 1 to 5."""

    shape_id: int
    code: str
    name: str
    band: int


def villages_tile(
    session: Session, tile: Tile, villages: Sequence[VillageBand]
) -> bytes:
    """A vector tile of villages with the bands of their rates."""
    body: bytes = session.execute(
        _SQL["villages_tile"],
        {
            "z": tile.z,
            "x": tile.x,
            "y": tile.y,
            "shape_ids": [village.shape_id for village in villages],
            "codes": [village.code for village in villages],
            "names": [village.name for village in villages],
            "bands": [village.band for village in villages],
        },
    ).scalar_one()
    return bytes(body)


def cells_tile(session: Session, counts: NDArray[np.float64]) -> bytes:
    """A vector tile of the cells that hold anything, from counts by row and column."""
    rows, cols = np.nonzero(counts)
    body: bytes = session.execute(
        _SQL["cells_tile"],
        {
            "cells_across": counts.shape[1],
            "cols": cols.tolist(),
            "rows": rows.tolist(),
            "counts": counts[rows, cols].astype(int).tolist(),
        },
    ).scalar_one()
    return bytes(body)
