"""Codes for areas that come without: stable from one import to the next.

They begin with L, so that nobody takes one for an official code, and are given by name
within the parent: the order of a file decides nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from geo_api.areas.drafts import AreaDraft
from geo_api.areas.rules import AreaType, CodeSystem

# (type, name, code of the parent) of areas that bear a code already.
KnownNames = Mapping[tuple[AreaType, str, str | None], Sequence[tuple[CodeSystem, str]]]


def with_codes(
    drafts: Sequence[AreaDraft], known: KnownNames, taken: Collection[str]
) -> list[AreaDraft]:
    """Drafts whose LOCAL placeholder codes are replaced, here and as parents.

    An area of the same name in the same parent keeps the code it bears in ``known``;
    others get the next number that no code in ``taken`` has.
    """
    used = set(taken) | {d.code for d in drafts if d.system is not CodeSystem.LOCAL}
    given: dict[str, tuple[CodeSystem, str]] = {}
    number = 0
    for type_ in AreaType:
        families: dict[tuple[AreaType, str, str | None], list[AreaDraft]] = {}
        for draft in drafts:
            if draft.type is type_:
                key = (type_, draft.name, _parent_of(draft, given))
                families.setdefault(key, []).append(draft)
        for key in sorted(families, key=lambda k: (k[2] or "", k[1])):
            # Of several that bear one name in one parent the western is the first.
            family = sorted(families[key], key=_westing)
            kept = sorted(known.get(key, ()))
            for draft in family:
                if draft.system is not CodeSystem.LOCAL:
                    given[draft.code] = draft.system, draft.code
                    continue
                while not kept:
                    number += 1
                    if (fresh := f"L{number:04d}") not in used:
                        kept = [(CodeSystem.LOCAL, fresh)]
                given[draft.code] = kept.pop(0)
                used.add(given[draft.code][1])
    return [
        replace(
            draft,
            system=given[draft.code][0],
            code=given[draft.code][1],
            parent_code=_parent_of(draft, given),
        )
        for draft in drafts
    ]


def _parent_of(
    draft: AreaDraft, given: Mapping[str, tuple[CodeSystem, str]]
) -> str | None:
    if draft.parent_code is None:
        return None
    # A parent that no draft describes is for the check to refuse, not for us.
    return given.get(draft.parent_code, (None, draft.parent_code))[1]


def _westing(draft: AreaDraft) -> tuple[float, float]:
    center = draft.shape.centroid
    return (center.x, center.y)
