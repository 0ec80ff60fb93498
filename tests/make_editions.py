"""Editions to come of the small county: villages merged, absorbed, recoded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import make
import make_coverage
from shapely import Polygon
from sqlalchemy.orm import Session

from geo_api.areas.drafts import AreaDraft
from geo_api.areas.editions import plan, store_edition
from geo_api.areas.models import Edition
from geo_api.areas.rules import AreaType, EditionReason
from geo_api.households.placement import place_households

DAY = date(2026, 6, 1)
TOWN = "620171101"
NEIGHBOUR = "620171101202"
# The village that make.VILLAGE and its neighbour become.
MERGED = "620171101209"
MERGED_NAME = "合并村"

Row = tuple[str, str, str, str | None, Polygon]


def merged() -> list[Row]:
    """Two villages become a new one; their groups are counted anew."""
    return _without_villages(
        (make.VILLAGE, NEIGHBOUR), MERGED, MERGED_NAME, numbers=(1, 2, 3, 4)
    )


def absorbed() -> list[Row]:
    """A village goes to its neighbour, which stays who it is and counts on."""
    return _without_villages(
        (make.VILLAGE, NEIGHBOUR), NEIGHBOUR, "西北村", numbers=(3, 4, 1, 2)
    )


def _without_villages(
    old: Sequence[str], code: str, name: str, *, numbers: Sequence[int]
) -> list[Row]:
    rows = make.county_tree()
    shapes = {row[0]: row[4] for row in rows}
    left = [row for row in rows if not row[0].startswith(tuple(old))]
    village = shapes[old[0]].union(shapes[old[1]])
    groups = [shapes[f"{each}00{i}"] for each in old for i in (1, 2)]
    names = "一二三四"
    return [
        *left,
        (code, name, "village", TOWN, village),
        *(
            (f"{code}{n:03d}", f"{names[n - 1]}社", "group", code, shape)
            for n, shape in zip(numbers, groups, strict=True)
        ),
    ]


def recoded() -> list[Row]:
    """The town and all in it bear other codes and are who they were."""

    def anew(code: str | None) -> str | None:
        return code and code.replace(TOWN, "620171109", 1)

    return [(anew(c) or "", n, k, anew(p), s) for c, n, k, p, s in make.county_tree()]


def stored(
    session: Session,
    rows: Sequence[Row],
    now: datetime,
    *,
    day: date = DAY,
    reason: EditionReason = EditionReason.MERGE,
) -> Edition:
    """An edition that waits for its day, with a place for each household."""
    drafts = [AreaDraft(c, n, AreaType(k), p, s) for c, n, k, p, s in rows]
    edition = store_edition(
        session,
        make_coverage.SOURCE,
        drafts,
        name="planned",
        reason=reason,
        valid_from=day,
        now=now,
    )
    place_households(session, edition_id=edition.id)
    plan(session, edition, day=day, now=now)
    return edition
