"""How areas and editions are shown."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

SHAPE_EXAMPLE = {
    "type": "MultiPolygon",
    "coordinates": [
        [[[103.7, 36.45], [103.71, 36.45], [103.71, 36.46], [103.7, 36.45]]]
    ],
}
COLLECTION_EXAMPLE = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "id": "620171103202",
            "properties": {"name": "岘子村", "type": "village"},
            "geometry": SHAPE_EXAMPLE,
        }
    ],
}


class AreaRef(BaseModel):
    """An area by code and name."""

    code: str
    name: str
    type: str


class CodeOut(BaseModel):
    """A code of an area in one system."""

    system: str
    code: str
    is_primary: bool
    valid_from: date
    valid_to: date | None


class NameOut(BaseModel):
    """A name of an area."""

    name: str
    kind: str
    valid_from: date
    valid_to: date | None


class AreaOut(BaseModel):
    """An area."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "code": "620171103202",
                "name": "岘子村",
                "type": "village",
                "parent_code": "620171103",
                "codes": [],
                "label": [103.7, 36.45],
                "is_invented": True,
            }
        }
    )

    code: str
    name: str
    type: str
    parent_code: str | None
    codes: list[CodeOut]
    label: tuple[float, float]
    is_invented: bool


class SourceOut(BaseModel):
    """Where the shapes came from."""

    name: str
    licence: str
    url: str
    is_invented: bool


class EditionOut(BaseModel):
    """A snapshot of all areas."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "019a0000-0000-7000-8000-000000000007",
                "name": "2026年区划",
                "reason": "import",
                "active_from": "2026-01-01",
                "activated_at": "2026-01-01T00:00:10+08:00",
                "created_at": "2026-01-01T09:00:00+08:00",
                "is_superseded": False,
                "source": {
                    "name": "演示边界（虚构）",
                    "licence": "CC0-1.0",
                    "url": "",
                    "is_invented": True,
                },
                "bounds": [103.4, 36.3, 103.9, 36.8],
            }
        }
    )

    id: UUID
    name: str
    reason: str
    # From which day it holds, or shall hold; when it took effect.
    active_from: date | None
    activated_at: datetime | None = None
    created_at: datetime
    is_superseded: bool
    source: SourceOut
    bounds: tuple[float, float, float, float] | None = None


class AreaDetail(AreaOut):
    """An area with its names, ancestors and edition."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "code": "620171103202",
                "name": "岘子村",
                "type": "village",
                "parent_code": "620171103",
                "codes": [],
                "label": [103.7, 36.45],
                "is_invented": True,
                "names": [],
                "ancestors": [
                    {"code": "620171", "name": "兰州新区", "type": "county"},
                    {"code": "620171103", "name": "西岔镇", "type": "town"},
                ],
                "edition": {
                    "id": "019a0000-0000-7000-8000-000000000007",
                    "name": "2026年区划",
                    "reason": "import",
                    "active_from": "2026-01-01",
                    "activated_at": "2026-01-01T00:00:10+08:00",
                    "created_at": "2026-01-01T09:00:00+08:00",
                    "is_superseded": False,
                    "source": {
                        "name": "演示边界（虚构）",
                        "licence": "CC0-1.0",
                        "url": "",
                        "is_invented": True,
                    },
                    "bounds": [103.4, 36.3, 103.9, 36.8],
                },
                "area_km2": 12.3456,
            }
        }
    )

    names: list[NameOut]
    ancestors: list[dict[str, Any]]
    edition: EditionOut
    area_km2: float
