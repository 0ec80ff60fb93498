"""The declaration beside a boundary file: what the file cannot say of itself."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from geo_api.areas.rules import AreaType, CodeSystem, EditionReason
from geo_api.errors import InvalidInput
from geo_api.sentences import problem_of


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CountyDeclaration(_Strict):
    """The county that the top shapes make up."""

    code: str = Field(min_length=1, max_length=40)
    name: str = Field(min_length=1, max_length=60)


class FieldNames(_Strict):
    """Names of properties in the file."""

    code: str | None = None
    name: str = "name"
    type: str | None = None
    parent: str | None = None


class Constants(_Strict):
    """What holds for every feature where the file has no field for it."""

    type: AreaType | None = None
    system: CodeSystem = CodeSystem.STATISTICS


class Declaration(_Strict):
    """Source, licence, coordinate system and field names of a boundary file."""

    name: str = Field(min_length=1, max_length=100)
    source: str = Field(min_length=1, max_length=500)
    licence: str = Field(min_length=1, max_length=100)
    url: str = Field(default="", max_length=300)
    is_invented: bool = False
    crs: str | None = None
    layer: str | None = None
    encoding: str | None = None
    valid_from: date
    reason: EditionReason = EditionReason.INITIAL
    county: CountyDeclaration | None = None
    fields: FieldNames = FieldNames()
    codes: dict[CodeSystem, str] = {}
    values: Constants = Constants()

    @model_validator(mode="after")
    def _local_codes_are_in_the_file(self) -> Self:
        """Without a field of codes this service gives the local ones itself."""
        if self.values.system is CodeSystem.LOCAL and self.fields.code is None:
            raise ValueError("Local codes need [fields] code")
        return self


def read_declaration(path: Path) -> Declaration:
    """Read a declaration; InvalidInput names each wrong line."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InvalidInput(
            "There is no declaration %(path)s",
            loc=("declaration",),
            mend="Write a TOML file that names source, licence, crs and fields",
            path=path.name,
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(
            "The declaration is not TOML: %(why)s",
            loc=("declaration",),
            mend="Mend the line that is named",
            why=str(error),
        ) from error
    try:
        return Declaration.model_validate(content)
    except ValidationError as error:
        raise InvalidInput(
            "The declaration is not complete",
            problems=[
                replace(
                    problem_of(item),
                    loc=("declaration", *item["loc"]),
                    mend="See docs/operations.md for the declaration's fields",
                )
                for item in error.errors()
            ],
        ) from error
