"""Wrong fields as a reply lists them: the first of many, each in a few words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from geo_api.directions import shortened
from geo_api.errors import Problem
from geo_api.http.language import say

MOST = 20
_DEEPEST = 8
_LONGEST_NAME = 60

WRONG_FIELDS_SCHEMA: dict[str, Any] = {
    "errors": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["loc", "msg", "mend"],
            "properties": {
                "loc": {
                    "type": "array",
                    "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
                },
                "msg": {"type": "string"},
                "mend": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            },
        },
    },
    "more_errors": {
        "type": "integer",
        "description": "How many wrong fields there are beyond the listed ones.",
    },
}


def list_wrong_fields(problems: Sequence[Problem], language: str) -> dict[str, Any]:
    """The members of a problem's document that tell of wrong fields."""
    told: dict[str, Any] = {"errors": [_told(p, language) for p in problems[:MOST]]}
    if len(problems) > MOST:
        told["more_errors"] = len(problems) - MOST
    return told


def _told(problem: Problem, language: str) -> dict[str, Any]:
    return {
        "loc": [
            shortened(part, _LONGEST_NAME) if isinstance(part, str) else part
            for part in problem.loc[:_DEEPEST]
        ],
        "msg": say(problem.msg, problem.params, language),
        "mend": say(problem.mend, problem.params, language) if problem.mend else None,
    }
