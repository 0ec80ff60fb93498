"""What the schemas find wrong, in sentences that say how to mend it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from geo_api.errors import Problem

PHONE = r"^(\+?[0-9]{7,15})?$"
PHONE_DIGITS = r"^([0-9]{4}|[0-9]{7,15})$"

# The kind that pydantic names: the sentence, and how to mend it.
SAID: dict[str, tuple[str, str]] = {
    "missing": ("This field is missing", "Send this field"),
    "json_invalid": ("This is not JSON", "Send valid JSON"),
    "finite_number": ("This is not a finite number", "Send a finite number"),
    "float_parsing": ("This is not a number", "Send a number"),
    "float_type": ("This is not a number", "Send a number"),
    "int_parsing": ("This is not a whole number", "Send a whole number"),
    "int_type": ("This is not a whole number", "Send a whole number"),
    "bool_parsing": ("This is neither true nor false", "Send true or false"),
    "string_type": ("This is not a text", "Send a text"),
    "string_too_long": (
        "This is longer than %(max_length)s characters",
        "Shorten the text",
    ),
    "string_too_short": ("This is too short", "Write a little more"),
    "string_pattern_mismatch": (
        "This does not have the right form",
        "See the field's form in the API description",
    ),
    "too_long": ("These are more than %(max_length)s", "Send fewer"),
    "too_short": ("These are too few", "Send at least one"),
    "extra_forbidden": (
        "There is no such field",
        "Leave this field out or check its name",
    ),
    "enum": ("This is not one of the listed values", "Send one of: %(expected)s"),
    "literal_error": (
        "This is not one of the listed values",
        "Send one of: %(expected)s",
    ),
    "date_parsing": ("This is not a date", "Write the date as YYYY-MM-DD"),
    "date_from_datetime_parsing": (
        "This is not a date",
        "Write the date as YYYY-MM-DD",
    ),
    "datetime_parsing": (
        "This is not a time",
        "Write the time as RFC 3339 with a zone",
    ),
    "datetime_from_date_parsing": (
        "This is not a time",
        "Write the time as RFC 3339 with a zone",
    ),
    "uuid_parsing": ("This is not an id", "Send the id as it was given"),
    "greater_than_equal": ("This is less than %(ge)s", "Send a larger number"),
    "less_than_equal": ("This is more than %(le)s", "Send a smaller number"),
}
# What residents and clerks type, too: nobody of them reads the API description.
FORMS: dict[str, tuple[str, str]] = {
    PHONE: ("This is not a phone number", "Write 7 to 15 digits, or leave it empty"),
    PHONE_DIGITS: (
        "These are not the digits of a phone number",
        "Write its last four digits, or all of them",
    ),
}
_OTHER = ("This value is not valid", "See the field in the API description")


# Which values there are; what stands between them is pydantic's English.
_VALUE = re.compile(r"'[^']*'")


def problem_of(error: Mapping[str, Any]) -> Problem:
    """One of pydantic's errors in our words; a validator's own sentence is a msgid."""
    msg, mend = sentence_of(error["type"])
    params = dict(error.get("ctx") or {})
    if error["type"] == "string_pattern_mismatch":
        msg, mend = FORMS.get(params["pattern"], (msg, mend))
    if error["type"] == "value_error":
        msg = str(params.pop("error"))
    if "expected" in params:
        params["expected"] = ", ".join(_VALUE.findall(params["expected"]))
    return Problem(tuple(error["loc"]), msg, mend, params)


def sentence_of(kind: str) -> tuple[str, str]:
    """What is wrong and what would mend it, as msgids."""
    return SAID.get(kind, _OTHER)
