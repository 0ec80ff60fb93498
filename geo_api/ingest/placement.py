"""Where a file lies: said of every file, and held against the county's own code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pyproj import Geod

from geo_api.areas.drafts import AreaDraft
from geo_api.areas.rules import AreaType, CodeSystem
from geo_api.ingest.provinces import CHINA, PROVINCES
from geo_api.ingest.report import Report

_GEOD = Geod(ellps="GRS80")
_NAMES = 6


def tell_place(report: Report, drafts: Sequence[AreaDraft]) -> None:
    """Tell centre, extent and some names, by which a reader knows the right file."""
    county = next(draft for draft in drafts if draft.type is AreaType.COUNTY)
    west, south, east, north = county.shape.bounds
    lon, lat = (west + east) / 2, (south + north) / 2
    width = _GEOD.inv(west, lat, east, lat)[2]
    height = _GEOD.inv(lon, south, lon, north)[2]
    report.tell(
        "%(name)s (%(code)s): centre %(lon)s, %(lat)s; from %(west)s, %(south)s to "
        "%(east)s, %(north)s; %(width)s km wide, %(height)s km high",
        name=county.name,
        code=county.code,
        lon=f"{lon:.4f}",
        lat=f"{lat:.4f}",
        west=f"{west:.4f}",
        south=f"{south:.4f}",
        east=f"{east:.4f}",
        north=f"{north:.4f}",
        width=f"{width / 1000:.1f}",
        height=f"{height / 1000:.1f}",
    )
    for type_ in AreaType:
        names = [draft.name for draft in drafts if draft.type is type_]
        if names and type_ is not AreaType.COUNTY:
            report.tell(
                "Names, for example: %(names)s", names="、".join(names[:_NAMES])
            )


def check_place(report: Report, drafts: Sequence[AreaDraft]) -> None:
    """Note a county that lies elsewhere than its code says, or codes of another."""
    county = next(draft for draft in drafts if draft.type is AreaType.COUNTY)
    if county.shape.is_empty:
        return
    west, south, east, north = county.shape.bounds
    lon, lat = (west + east) / 2, (south + north) / 2
    province = None
    if county.system is not CodeSystem.LOCAL and re.match(r"\d{6}", county.code):
        province = PROVINCES.get(county.code[:2])
    shown: dict[str, Any] = {
        "name": county.name,
        "code": county.code,
        "lon": f"{lon:.4f}",
        "lat": f"{lat:.4f}",
    }
    if province is not None and not province.holds(lon, lat):
        report.add(
            "%(name)s (%(code)s) lies at %(lon)s, %(lat)s; its province lies between "
            "%(west)s and %(east)s east, %(south)s and %(north)s north",
            mend="Look at crs, central meridian and the order of lon and lat, then at "
            "the county's code",
            **shown,
            west=province.west,
            east=province.east,
            south=province.south,
            north=province.north,
        )
    elif not CHINA.holds(lon, lat):
        report.add(
            "%(name)s (%(code)s) lies at %(lon)s, %(lat)s, outside China",
            mend="Look at crs, central meridian and the order of lon and lat",
            is_fatal=False,
            **shown,
        )
    _check_prefix(report, county, drafts)


def _check_prefix(
    report: Report, county: AreaDraft, drafts: Sequence[AreaDraft]
) -> None:
    """Towns of one county bear its code in front; where none does, ask."""
    towns = [
        draft
        for draft in drafts
        if draft.type is AreaType.TOWN
        and draft.system is county.system is CodeSystem.STATISTICS
    ]
    if towns and not any(town.code.startswith(county.code) for town in towns):
        report.add(
            "No town's code begins with the county's, %(code)s: %(town)s has %(other)s",
            mend="Look whether these are the county's own towns",
            is_fatal=False,
            code=county.code,
            town=towns[0].name,
            other=towns[0].code,
        )
