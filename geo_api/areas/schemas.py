"""How areas and editions are shown."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict


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

    id: UUID
    name: str
    reason: str
    active_from: date | None
    created_at: datetime
    is_superseded: bool
    source: SourceOut
    bounds: tuple[float, float, float, float] | None = None


class AreaDetail(AreaOut):
    """An area with its names, ancestors and edition."""

    names: list[NameOut]
    ancestors: list[dict[str, Any]]
    edition: EditionOut
    area_km2: float
