"""How services are shown."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from geo_api.catalogue.models import Service
from geo_api.catalogue.rules import Rule

_EXAMPLE: dict[str, Any] = {
    "code": "XQ-SHUI",
    "name": "供水",
    "group": "基础设施",
    "kind": "help",
    "description": "停水、漏水、水压不足、水质异常",
    "keywords": ["停水"],
    "duty_kind": "household_care",
    "due": {"hours": None, "working_days": 5},
    "is_confidential": False,
}


class DueOut(BaseModel):
    """A deadline: hours run on, working days know holidays and make-up days."""

    hours: int | None = None
    working_days: int | None = None


class ServiceOut(BaseModel):
    """A service that may be ordered."""

    model_config = ConfigDict(json_schema_extra={"example": dict(_EXAMPLE)})

    code: str
    name: str
    group: str
    kind: str
    description: str
    keywords: list[str]
    duty_kind: str
    due: DueOut
    is_confidential: bool

    @classmethod
    def of(cls, service: Service, rule: Rule) -> ServiceOut:
        """From what it is called and what holds for it."""
        terms = rule.terms
        return cls(
            code=service.code,
            name=service.name,
            group=service.group_name,
            kind=service.kind,
            description=service.description,
            keywords=service.keywords,
            duty_kind=terms.first,
            due=DueOut(hours=terms.due_hours, working_days=terms.due_working_days),
            is_confidential=terms.is_confidential,
        )


class DispatchedService(ServiceOut):
    """A service with the duties that are asked, in their order."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {**_EXAMPLE, "chain": ["household_care", "grid", "village_desk"]}
        }
    )

    chain: list[str]
