"""Every setting that the service reads, by the name of its environment variable."""

from __future__ import annotations

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from geo_api import settings
from map_ui.settings import PagesSettings


def all_settings() -> dict[str, FieldInfo]:
    """Name of the variable → its field."""
    return {
        info.alias or f"MINQING_{field.upper()}": info
        for cls in [*vars(settings).values(), PagesSettings]
        if isinstance(cls, type) and issubclass(cls, BaseSettings)
        for field, info in cls.model_fields.items()
    }
