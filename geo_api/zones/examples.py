"""What bodies of this room look like, for the OpenAPI document."""

from __future__ import annotations

_ID = "019a0000-0000-7000-8000-00000000000{}"

ZONE_IN = {
    "name": "三社第1联户",
    "area_code": "620171103202003",
    "valid_from": "2026-01-01",
    "geometry": {
        "type": "Polygon",
        "coordinates": [
            [[103.7, 36.45], [103.71, 36.45], [103.71, 36.46], [103.7, 36.45]]
        ],
    },
}

ZONE_CHANGE = {"name": "三社东头联户"}

ZONE_HOUSEHOLDS = {"household_ids": [_ID.format(5), _ID.format(6)]}
