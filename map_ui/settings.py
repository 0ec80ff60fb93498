"""What an operator may choose about the pages; read from ``MINQING_…``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class PagesSettings(BaseSettings):
    """Names, languages and rights of the pages."""

    model_config = SettingsConfigDict(
        env_prefix="MINQING_", extra="ignore", frozen=True
    )

    public_url: str = Field(
        default="", description="Address people use; default http://HOST:PORT."
    )
    page_title: str = Field(
        default="",
        description="Name of the product in the head of pages; default 民情地图.",
    )
    language: str = Field(
        default="zh-CN", description="When a browser asks for none of ours."
    )
    timezone: str = Field(
        default="Asia/Shanghai", description="Where days of the period filter begin."
    )
    frame_ancestors: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Origins of portals that may embed the embed page; commas.",
    )
    attribution: str = Field(
        default="", description="Copyright line of the map, shown as it is written."
    )
    map_approval: str = Field(
        default="", description="审图号 of the map, when it is published."
    )
    tile_attribution: str = Field(
        default="", description="Where a base map comes from, when one is configured."
    )
    contact_days: int = Field(
        default=365,
        ge=1,
        description="Contacts of closed requests are erased after so many days; "
        "the page for orders says so.",
    )
    min_zoom: int = Field(default=8, ge=0, le=22, description="Farthest view.")
    max_zoom: int = Field(default=17, ge=0, le=22, description="Nearest view.")

    @field_validator("frame_ancestors", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value
