"""The declaration beside a boundary file: what the file cannot say of itself."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from geo_api.areas.rules import AreaType, CodeSystem, EditionReason
from geo_api.errors import InvalidInput
from geo_api.ingest.encodings import read_text
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
    # Areas may lie elsewhere than those of the same codes in force.
    is_moved: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Fields of the file that are read."""
        named = self.fields
        wanted = (named.name, named.code, named.type, named.parent)
        return tuple(dict.fromkeys([*filter(None, wanted), *self.codes.values()]))

    @model_validator(mode="after")
    def _local_codes_are_in_the_file(self) -> Self:
        """Without a field of codes this service gives the local ones itself."""
        if self.values.system is CodeSystem.LOCAL and self.fields.code is None:
            raise ValueError("Local codes need [fields] code")
        return self


def read_declaration(path: Path) -> Declaration:
    """Read a declaration; InvalidInput names each wrong line."""
    try:
        content = tomllib.loads(read_text(path.read_bytes()))
    except FileNotFoundError as error:
        raise InvalidInput(
            "There is no declaration %(path)s",
            loc=("declaration",),
            mend="Write a TOML file that names source, licence, crs and fields",
            path=path.name,
        ) from error
    except tomllib.TOMLDecodeError as error:
        # The parser's sentence is English; the place in it is what helps.
        where = re.search(r"at line (\d+)", str(error))
        raise InvalidInput(
            "The declaration is not TOML in line %(line)s",
            loc=("declaration",),
            mend="Mend the line that is named: texts stand in quotes, days do not",
            line=where[1] if where else "-",
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
