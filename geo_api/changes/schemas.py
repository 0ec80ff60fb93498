"""How the effect of an edition is shown."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pydantic.config import JsonDict

_VILLAGE: JsonDict = {"code": "620171103202", "name": "岘子村"}
_NEXT: JsonDict = {"code": "620171103209", "name": "岘西村"}
_ID = "019a0000-0000-7000-8000-000000000007"


class NamedAreaOut(BaseModel):
    """An area by code and name."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    name: str


class AreaChangeOut(BaseModel):
    """An area before and after; null where there is none."""

    model_config = ConfigDict(from_attributes=True)

    before: NamedAreaOut | None
    after: NamedAreaOut | None
    # renamed, recoded, reshaped, reparented.
    how: list[str]


class DutyEffectOut(BaseModel):
    """A duty on an area that goes; null: it ends."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: str
    person_code: str
    area: NamedAreaOut
    passes_to: NamedAreaOut | None


class ReturningDutyOut(BaseModel):
    """A duty on an area that comes back."""

    model_config = ConfigDict(from_attributes=True)

    kind: str
    person_code: str
    area: NamedAreaOut


class ZoneEffectOut(BaseModel):
    """A zone in an area that goes; null: no area holds it as a whole."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    code: str
    name: str
    area: NamedAreaOut
    passes_to: NamedAreaOut | None


class HolderOut(BaseModel):
    """An account or a key for an area that goes."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    area: NamedAreaOut


class DeskOut(BaseModel):
    """A desk that nobody would hold."""

    model_config = ConfigDict(from_attributes=True)

    kind: str
    area: NamedAreaOut


class EffectOut(BaseModel):
    """What would change if an edition took effect today."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "day": "2026-06-01",
                "areas": [{"before": _VILLAGE, "after": None, "how": []}],
                "duties": [
                    {
                        "id": _ID,
                        "kind": "village_desk",
                        "person_code": "P-1",
                        "area": _VILLAGE,
                        "passes_to": _NEXT,
                    }
                ],
                "duties_returning": [],
                "zones": [
                    {
                        "id": _ID,
                        "code": "620171103202001001",
                        "name": "一社第1联户",
                        "area": _VILLAGE,
                        "passes_to": _NEXT,
                    }
                ],
                "accounts": [{"id": _ID, "name": "village", "area": _VILLAGE}],
                "portal_keys": [],
                "server_keys": [],
                "desks": [{"kind": "village_desk", "area": _NEXT}],
                "households_moved": 240,
                "households_outside": 0,
                "requests_moved": 12,
                "requests_handed_on": 3,
            }
        },
    )

    day: date
    areas: list[AreaChangeOut]
    duties: list[DutyEffectOut]
    duties_returning: list[ReturningDutyOut]
    zones: list[ZoneEffectOut]
    accounts: list[HolderOut]
    portal_keys: list[HolderOut]
    server_keys: list[HolderOut]
    desks: list[DeskOut]
    households_moved: int
    households_outside: int
    requests_moved: int
    requests_handed_on: int
