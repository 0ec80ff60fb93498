"""A layer as its file gives it, before anything is converted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True)
class Layer:
    """Columns and shapes of a layer, and the system that its file names."""

    columns: Mapping[str, Sequence[Any]]
    # None where there is none.
    shapes: Sequence[BaseGeometry | None]
    crs: str | None
    # Where a shape lies that is none: its ring is open, or has two corners.
    broken: Mapping[int, str] = field(default_factory=dict)
    # The first cell of a column that is cut, or not in the encoding of the others:
    # its row, and what can be read of it.
    faults: Mapping[str, tuple[int, str]] = field(default_factory=dict)


def place_of(shape: BaseGeometry | None) -> str:
    """The first point of a shape, x and y as they stand in the file."""
    if shape is None or shape.is_empty:
        return "-"
    x, y = shapely.get_coordinates(shape)[0]
    return f"{x:.6f}, {y:.6f}"


def shapes_of(wkb: Any) -> tuple[list[BaseGeometry | None], dict[int, str]]:
    """Shapes of their WKB, and where those lie that are none."""
    with np.errstate(invalid="ignore"):
        shapes = shapely.from_wkb(wkb, on_invalid="ignore")
        broken = {
            row: place_of(shapely.from_wkb(raw, on_invalid="fix"))
            for row, (shape, raw) in enumerate(zip(shapes, wkb, strict=True))
            if shape is None and raw is not None
        }
    return list(shapes), broken
