"""Recomputes a decision from its inputs and compares it with what came of it. Pure.

Computing sees the inputs alone; what was answered is only compared with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from geo_api.catalogue.rules import Terms
from geo_api.dispatch.choice import CHOOSERS, Outcome, Reason, choose
from geo_api.dispatch.inputs import Inputs
from geo_api.dispatch.record import from_json


class Cannot(StrEnum):
    """Why a decision can be read, but not replayed."""

    NO_INPUTS = "no_inputs"
    NO_CHOOSER = "no_chooser"


CANNOT_WORDS: Mapping[Cannot, str] = {
    Cannot.NO_INPUTS: "Decided before inputs were kept: it can be read, not replayed",
    Cannot.NO_CHOOSER: "The rule that decided it is here no longer: it can be read, "
    "not replayed",
}


class Field(StrEnum):
    """What of an outcome may differ."""

    HANDLER = "handler"
    DUTY = "duty"
    CANDIDATE = "candidate"  # what came of them
    PERSON = "person"  # whose duty it is
    ORDER = "order"  # whose duty is asked where the two first part


@dataclass(frozen=True)
class Difference:
    """What was answered, and what follows from the inputs: ids, or reasons."""

    field: Field
    stored: int | Reason | None
    replayed: int | Reason | None
    # The duty of the candidate who is spoken of.
    duty_id: int | None = None


def recompute(
    said: Mapping[str, Any] | None,
    versions: Mapping[tuple[int, str], Terms] | None = None,
) -> Outcome | Cannot | None:
    """What follows from stored inputs; None where nothing does.

    With ``versions``, by what the version that they name has said of the service.
    """
    if said is None:
        return Cannot.NO_INPUTS
    try:
        if said["chooser"] not in CHOOSERS:
            return Cannot.NO_CHOOSER
        inputs = from_json(Inputs, said)
        number = inputs.catalogue_version
        if number is not None and versions is not None:
            terms = versions[number, inputs.terms.service_code]
            inputs = replace(inputs, terms=terms)
        return choose(inputs)
    except (KeyError, TypeError, ValueError):  # what a foreign hand has written
        return None


def differences(stored: Outcome, replayed: Outcome | None) -> list[Difference]:
    """All in which two outcomes differ; none of two that are equal."""
    found = []
    handler = replayed.person_id if replayed else None
    duty = replayed.duty_id if replayed else None
    if stored.person_id != handler:
        found.append(Difference(Field.HANDLER, stored.person_id, handler))
    if stored.duty_id != duty:
        found.append(Difference(Field.DUTY, stored.duty_id, duty))
    return found + list(_candidates(stored, replayed))


def _candidates(stored: Outcome, replayed: Outcome | None) -> Iterator[Difference]:
    stored_by = {v.duty_id: v for v in stored.verdicts}
    replayed_by = {v.duty_id: v for v in replayed.verdicts} if replayed else {}
    for duty_id in stored_by | replayed_by:
        old, new = stored_by.get(duty_id), replayed_by.get(duty_id)
        if old and new and old.person_id != new.person_id:
            yield Difference(Field.PERSON, old.person_id, new.person_id, duty_id)
        was, now_is = (v.reason if v else None for v in (old, new))
        if old and new and was == now_is:
            was, now_is = old.was, new.was
        if was != now_is:
            yield Difference(Field.CANDIDATE, was, now_is, duty_id)
    both = stored_by.keys() & replayed_by.keys()
    for one, other in zip(
        *([id_ for id_ in by if id_ in both] for by in (stored_by, replayed_by)),
        strict=True,
    ):
        if one != other:
            yield Difference(Field.ORDER, one, other)
            break
