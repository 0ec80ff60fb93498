"""What passes on to whom when boundaries change. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from geo_api.areas.rules import Place


def common_area(places: Collection[Place]) -> int | None:
    """The narrowest group, village or town in which all places lie."""
    for level in ("group_id", "village_id", "town_id"):
        ids = {getattr(place, level) for place in places}
        if len(ids) == 1 and None not in ids:
            found: int = ids.pop()
            return found
    return None


def area_left_of(
    place: Place, members: Collection[int], heirs: Mapping[int, int]
) -> int | None:
    """The narrowest area of a place that there still is, or what took its place."""
    narrow_first: Sequence[int] = place.ids[::-1]
    for area_id in narrow_first:
        if area_id in members:
            return area_id
        if area_id in heirs:
            return heirs[area_id]
    return None
