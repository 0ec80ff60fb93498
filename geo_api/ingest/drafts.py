"""Features of a boundary file become drafts: fields, the county, parents, codes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.strtree import STRtree
from sqlalchemy.orm import Session

from geo_api.areas.drafts import AreaDraft
from geo_api.areas.recognition import give_codes
from geo_api.areas.rules import AreaType, CodeSystem
from geo_api.areas.shapes import canonical
from geo_api.errors import InvalidInput
from geo_api.households.rules import LINE_PATTERN
from geo_api.ingest.coverage import CRACK_M2, area_m2
from geo_api.ingest.declaration import CountyDeclaration, Declaration
from geo_api.ingest.frames import read_frame
from geo_api.ingest.report import Report
from geo_api.signs import normalise

_NAME_LENGTH = 200
_CODE = r"[\w-]{1,40}"


def read_drafts(
    session: Session, path: Path, declaration: Declaration, report: Report
) -> list[AreaDraft]:
    """The areas of a file as they would be stored, the county included.

    Areas without codes get provisional ones, the same as at the import before.
    """
    frame = read_frame(path, declaration)
    shapes = [canonical(shape) for shape in frame.geometry.array]
    rows = frame.to_dict("records")
    drafts = [
        _draft(row, shape, i, declaration)
        for i, (row, shape) in enumerate(zip(rows, shapes, strict=True))
    ]
    drafts = _with_county(drafts, declaration, report)
    drafts = _with_parents(drafts, declaration)
    if declaration.fields.code is not None:
        return drafts
    return give_codes(session, drafts, day=declaration.valid_from)


def _text(value: Any) -> str:
    """A cell as stored: a code read as a number loses its decimals, not its digits."""
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return normalise(str(value))


def _draft(
    row: dict[str, Any], shape: MultiPolygon, i: int, declaration: Declaration
) -> AreaDraft:
    fields, loc = declaration.fields, ("file", "features", i)
    name = _text(row[fields.name])
    type_name = _text(row[fields.type]) if fields.type else ""
    if not type_name and declaration.values.type is not None:
        type_name = declaration.values.type.value
    if type_name not in set(AreaType):
        raise InvalidInput(
            "Feature %(number)s (%(name)s) has no kind known here: %(kind)s",
            loc=loc,
            mend="county, town, village or group; or declare [values] type",
            number=i + 1,
            name=name,
            kind=type_name or "-",
        )
    code = _text(row[fields.code]) if fields.code else ""
    if fields.code and not code:
        raise InvalidInput(
            "Feature %(number)s (%(name)s) has no code",
            loc=loc,
            mend="Fill in the code; or leave out [fields] code for provisional ones",
            number=i + 1,
            name=name,
        )
    if not (name or code):
        raise InvalidInput(
            "Feature %(number)s has neither name nor code",
            loc=loc,
            mend="Fill in the name: areas without codes are known by it",
            number=i + 1,
        )
    others = {system: _text(row[f]) for system, f in declaration.codes.items()}
    _check_texts(name, [code, *others.values()], i, loc)
    return AreaDraft(
        # A placeholder, until the codes are given.
        code=code or f"L{i + 1:04d}",
        name=name or code,
        type=AreaType(type_name),
        parent_code=(_text(row[fields.parent]) if fields.parent else "") or None,
        shape=shape,
        system=declaration.values.system if fields.code else CodeSystem.LOCAL,
        other_codes={system: code for system, code in others.items() if code},
    )


def _check_texts(
    name: str, codes: Sequence[str], i: int, loc: tuple[str | int, ...]
) -> None:
    """Names and codes are looked up: they are short, and lines."""
    if len(name) > _NAME_LENGTH or not re.fullmatch(LINE_PATTERN, name):
        raise InvalidInput(
            "The name of feature %(number)s is not one line of %(limit)s signs at most",
            loc=loc,
            mend="Shorten it, and write no control characters",
            number=i + 1,
            limit=_NAME_LENGTH,
        )
    for code in filter(None, codes):
        if not re.fullmatch(_CODE, code):
            raise InvalidInput(
                "Feature %(number)s (%(name)s) has a code that cannot be used: "
                "%(code)s",
                loc=loc,
                mend="Letters, digits and hyphens, 40 at most",
                number=i + 1,
                name=name,
                code=code[:60],
            )


def _with_county(
    drafts: list[AreaDraft], declaration: Declaration, report: Report
) -> list[AreaDraft]:
    """The drafts with a county: the declared one is the union of the widest shapes."""
    drawn = [draft for draft in drafts if draft.type is AreaType.COUNTY]
    if drawn and declaration.county is not None:
        return _as_declared(drafts, drawn[0], declaration, declaration.county, report)
    if drawn:
        return drafts
    county = declaration.county
    if county is None:
        raise InvalidInput(
            "Neither the file nor its declaration has a county",
            loc=("declaration", "county"),
            mend="Declare [county] with code and name",
        )
    widest = min((draft.type for draft in drafts), key=lambda type_: type_.depth)
    whole = shapely.union_all([_sound(d.shape) for d in drafts if d.type is widest])
    union = AreaDraft(
        code=county.code,
        name=county.name,
        type=AreaType.COUNTY,
        parent_code=None,
        shape=canonical(_without_cracks(whole)),
        system=declaration.values.system,
    )
    return [
        union,
        *(
            replace(draft, parent_code=county.code)
            if draft.type is widest and draft.parent_code is None
            else draft
            for draft in drafts
        ),
    ]


def _as_declared(
    drafts: list[AreaDraft],
    drawn: AreaDraft,
    declaration: Declaration,
    declared: CountyDeclaration,
    report: Report,
) -> list[AreaDraft]:
    """The file's own county, held against the declared one."""
    has_code = drawn.system is not CodeSystem.LOCAL
    if has_code and drawn.code != declared.code:
        raise InvalidInput(
            "The declaration says county %(ours)s (%(our_name)s), the file has "
            "%(theirs)s (%(their_name)s)",
            loc=("declaration", "county"),
            mend="Look whether this is the right file; then correct [county], or leave "
            "it out",
            ours=declared.code,
            our_name=declared.name,
            theirs=drawn.code,
            their_name=drawn.name,
        )
    if drawn.name != declared.name:
        report.add(
            "The file calls the county %(theirs)s, the declaration %(ours)s: the "
            "file's name is taken",
            mend="Correct the one that is wrong",
            is_fatal=False,
            theirs=drawn.name,
            ours=declared.name,
        )
    if has_code:
        return drafts
    coded = replace(drawn, code=declared.code, system=declaration.values.system)
    return [coded if draft is drawn else draft for draft in drafts]


def _sound(shape: BaseGeometry) -> BaseGeometry:
    """A shape to compute with; the check refuses invalid ones, with a reason."""
    return shape if shape.is_valid else shapely.make_valid(shape)


def _without_cracks(shape: BaseGeometry) -> MultiPolygon:
    """A shape whose small holes are filled: nobody in a crack lives abroad."""
    return MultiPolygon(
        [
            Polygon(
                part.exterior,
                [ring for ring in part.interiors if area_m2(Polygon(ring)) > CRACK_M2],
            )
            for part in shapely.get_parts(shape)
            if isinstance(part, Polygon)
        ]
    )


def _with_parents(drafts: list[AreaDraft], declaration: Declaration) -> list[AreaDraft]:
    """Parents by geometry where none is declared: who has most in common."""
    if declaration.fields.parent is not None:
        return _with_the_county(drafts)
    found: list[AreaDraft] = []
    wider: list[AreaDraft] = []
    for type_ in AreaType:
        level = [draft for draft in drafts if draft.type is type_]
        if level:
            found += _inside(level, wider)
            wider = level
    return found


def _with_the_county(drafts: Sequence[AreaDraft]) -> list[AreaDraft]:
    """The county stands for what is above it (not here) and above the towns."""
    county = next(draft for draft in drafts if draft.type is AreaType.COUNTY)
    found = []
    for draft in drafts:
        parent_code = draft.parent_code
        if draft.type is AreaType.COUNTY:
            parent_code = None
        elif draft.type is AreaType.TOWN:
            parent_code = parent_code or county.code
        found.append(replace(draft, parent_code=parent_code))
    return found


def _inside(level: Sequence[AreaDraft], wider: Sequence[AreaDraft]) -> list[AreaDraft]:
    shapes = [_sound(draft.shape) for draft in wider]
    tree = STRtree(shapes)
    found = []
    for draft in level:
        if draft.parent_code is None:
            shape = _sound(draft.shape)
            common = [
                (-area_m2(shape.intersection(shapes[i])), wider[i].code)
                for i in tree.query(shape, predicate="intersects")
            ]
            size, code = min(common, default=(0.0, ""))
            draft = replace(draft, parent_code=code if size < 0.0 else None)
        found.append(draft)
    return found
