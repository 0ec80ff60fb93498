"""What bodies and replies of this room look like, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

_ID = "019a0000-0000-7000-8000-00000000000{}"

_PERSON, _DUTY, _ZONE, _LEAVE = (_ID.format(i) for i in range(1, 5))

PERSON_IN = {
    "code": "P-0042",
    "name": "李守望",
    "is_party_member": True,
    "phone": "10012345678",
}

PERSON_CHANGE = {"phone": "10012345679"}

DUTY_TERMS = {
    "kind": "grid",
    "area_code": "620171103202003",
    "valid_from": "2026-01-01",
}

DUTY_IN = {"person_id": _PERSON, **DUTY_TERMS}

DUTY_KIND = {"kind": "grid", "places": ["zone", "group", "village"], "may_give": True}

DUTY_OUT: dict[str, Any] = {
    "id": _DUTY,
    "kind": "household_care",
    "person_id": _PERSON,
    "person_name": "李*",
    "place": {
        "kind": "zone",
        "code": "620171103202003001",
        "name": "三社第1联户",
        "id": _ZONE,
    },
    "valid_from": "2026-01-01",
    "valid_to": None,
}

PERSON_OUT = {
    "id": _PERSON,
    "code": "P-0042",
    "name": "李*",
    "is_party_member": True,
    "is_on_leave": False,
    "is_ended": False,
    "phone": None,
    "username": None,
    "duties": [],
}

LEAVE_IN = {
    "person_id": _PERSON,
    "first_day": "2026-03-09",
    "last_day": "2026-03-13",
    "substitute_id": None,
}

LEAVE_OUT = {
    **LEAVE_IN,
    "id": _LEAVE,
    "person_name": "李*",
    "substitute_name": None,
    "is_cancelled": False,
}

ZONE_OUT = {
    "id": _ZONE,
    "code": "620171103202003001",
    "name": "三社第1联户",
    "kind": "households",
    "area": {"kind": "group", "code": "620171103202003", "name": "三社"},
    "household_count": 12,
    "label": [103.7061, 36.4532],
    "valid_from": "2026-01-01",
    "valid_to": None,
    "duties": [DUTY_OUT],
}

LOCATED = {
    "point": {"lon": 103.62, "lat": 36.51},
    "areas": [
        {"code": "620171", "name": "兰州新区", "type": "county"},
        {"code": "620171103", "name": "西岔镇", "type": "town"},
    ],
    "zones": None,
    "duties": None,
    "ambiguous": False,
    "other_side": [],
    "border_distance_m": 812.4,
}

COVERAGE = {
    "on": "2026-03-02",
    "items": [
        {
            "duty": "grid",
            "place": {"kind": "group", "code": "620171103202004", "name": "四社"},
        }
    ],
}
