"""What a layer of tiles offers and is asked for; the routes are in ``tiles``."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.ogc.rules import Tile
from geo_api.settings import Settings


@dataclass(frozen=True)
class TileFilters:
    """What a tile is narrowed to; ``since ≤ t < until``, both aware."""

    since: datetime | None = None
    until: datetime | None = None
    service_codes: tuple[str, ...] = ()
    # A group of services, by its name.
    group: str | None = None
    stages: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TileQuestion:
    """What is asked of a layer, whichever the tile."""

    filters: TileFilters
    now: datetime
    settings: Settings

    @property
    def day(self) -> date:
        """Today in the county's zone."""
        return self.now.astimezone(self.settings.place.tz).date()


@dataclass(frozen=True, kw_only=True)
class TileJob(TileQuestion):
    """Everything a layer needs to paint one tile for one caller."""

    tile: Tile
    suffix: str
    scale: int


@dataclass(frozen=True)
class PaintedTile:
    """A tile's bytes, and the version they are of if everybody gets the same."""

    body: bytes
    version: str | None = None


class TileLayer(Protocol):
    """A layer that the catalogue of tiles offers."""

    id: str
    title: str
    formats: Sequence[str]
    minzoom: int
    maxzoom: int
    # Layers inside a vector tile and their fields, as TileJSON names them.
    vector_layers: Sequence[Mapping[str, Any]]

    def bounds(self, session: Session, day: date) -> tuple[float, float, float, float]:
        """West, south, east, north of all there is."""

    def check(self, actor: Actor) -> None:
        """Raise NotSignedIn or NotAllowed unless the layer is for this caller."""

    def version(
        self, session: Session, actor: Actor, question: TileQuestion
    ) -> str | None:
        """What names the tiles that everybody gets now; None for live ones."""

    def facts(
        self, session: Session, actor: Actor, question: TileQuestion
    ) -> Mapping[str, Any]:
        """What TileJSON says beside the standard's members."""

    def paint(self, session: Session, actor: Actor, job: TileJob) -> PaintedTile:
        """The tile as ``actor`` may see it."""

    def is_public_to(self, actor: Actor) -> bool:
        """Whether this caller gets the tile that everybody gets."""


def version_of(*parts: object) -> str:
    """A short word that changes with any of the parts."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
