"""Which stored area a draft is: decided by code, then by name within the same parent.

Codes are given anew when towns are merged or villages change hands, names are borne by
many; so each kind of evidence is used for all drafts before the next, weaker one, and
the order of a file decides nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from geo_api.areas.drafts import AreaDraft
from geo_api.areas.rules import AreaType, CodeSystem


@dataclass(frozen=True)
class KnownArea:
    """An area as the edition before knows it, with its codes of that day."""

    id: int
    code: str
    name: str
    type: AreaType
    parent_id: int | None
    codes: frozenset[tuple[str, str]]
    is_provisional: bool


def match(
    drafts: Sequence[AreaDraft],
    known: Sequence[KnownArea],
    former: Mapping[tuple[str, str, str], int],
    *,
    by_name: bool,
) -> dict[str, int]:
    """Ids of known areas by the drafts' codes; drafts that are new are left out.

    ``former`` are areas of older editions by (system, code, name). ``by_name`` lets
    every area be recognised by name and parent, not only those with provisional codes.
    """

    def primary(draft: AreaDraft) -> Hashable:
        return draft.system.value, draft.code

    def named(draft: AreaDraft) -> Hashable:
        return draft.system.value, draft.code, draft.name

    matching = _Matching(drafts)
    codes = [(key, area) for area in known for key in area.codes]
    matching.take(primary, [(key, a.id) for key, a in codes if key[1] == a.code])
    matching.take(primary, [(key, a.id) for key, a in codes])
    for system in CodeSystem:
        matching.take(partial(_other_code, system), [(k, a.id) for k, a in codes])
    matching.take(named, former.items())
    # From wide to narrow: a parent must be recognised before its children can be.
    for type_ in AreaType:
        same = [a for a in known if a.type is type_ and (by_name or a.is_provisional)]
        matching.take(
            partial(_name_in_parent, type_, matching.found),
            [((a.name, a.parent_id), a.id) for a in same],
        )
    return matching.found


def _other_code(system: CodeSystem, draft: AreaDraft) -> Hashable | None:
    code = draft.other_codes.get(system)
    return None if code is None else (system.value, code)


def _name_in_parent(
    type_: AreaType, found: Mapping[str, int], draft: AreaDraft
) -> Hashable | None:
    if draft.type is not type_:
        return None
    return draft.name, found.get(draft.parent_code or "")


class _Matching:
    def __init__(self, drafts: Sequence[AreaDraft]) -> None:
        self._drafts = drafts
        self.found: dict[str, int] = {}

    def take(
        self,
        key_of: Callable[[AreaDraft], Hashable | None],
        candidates: Iterable[tuple[Hashable, int]],
    ) -> None:
        """Match what is still open where a key points to one area from one draft."""
        taken = set(self.found.values())
        by_key: dict[Hashable, set[int]] = {}
        for key, area_id in candidates:
            if area_id not in taken:
                by_key.setdefault(key, set()).add(area_id)
        open_drafts = [d for d in self._drafts if d.code not in self.found]
        asked = Counter(key_of(draft) for draft in open_drafts)
        for draft in open_drafts:
            key = key_of(draft)
            ids = by_key.get(key, set()) if key is not None else set()
            if len(ids) == 1 and asked[key] == 1:
                self.found[draft.code] = next(iter(ids))
