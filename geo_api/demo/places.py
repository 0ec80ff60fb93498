"""Places of the demo county: as the public list names them, and as they were drawn."""

from __future__ import annotations

from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True)
class Named:
    """A town or village of the public list."""

    code: str
    name: str
    type: str
    parent_code: str
    civil_code: str = ""

    @property
    def is_community(self) -> bool:
        """Whether it is urban: smaller, denser, near the seat of its town."""
        return self.name.endswith("社区")


@dataclass(frozen=True)
class Place:
    """An area of the county as the drawing gave it."""

    code: str
    name: str
    type: str
    parent_code: str
    shape: BaseGeometry

    @property
    def is_urban(self) -> bool:
        """Whether flats stand here rather than farms."""
        return self.name.endswith("小区")
