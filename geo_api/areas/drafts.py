"""Areas as a file describes them, before they are anybody's identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shapely.geometry.base import BaseGeometry

from geo_api.areas.rules import AreaType, CodeSystem


@dataclass(frozen=True)
class SourceDraft:
    """Where shapes came from, as their declaration says."""

    name: str
    licence: str
    url: str
    is_invented: bool
    crs: str
    file_name: str
    file_sha256: bytes


@dataclass(frozen=True)
class AreaDraft:
    """An area as a file describes it; ``shape`` is in EPSG:4326."""

    code: str
    name: str
    type: AreaType
    parent_code: str | None
    shape: BaseGeometry
    system: CodeSystem = CodeSystem.STATISTICS
    other_codes: Mapping[CodeSystem, str] = field(default_factory=dict)
