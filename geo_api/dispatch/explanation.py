"""Says in words why somebody was asked: inputs and outcome in, words out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from geo_api.directions import isolated
from geo_api.dispatch.choice import Outcome, Reason, Verdict
from geo_api.dispatch.inputs import Candidate, Inputs
from geo_api.dispatch.rules import DUTY_WORDS

# Puts a msgid into the reader's language.
Language = Callable[[str], str]

# The form of explanations, those stored before there were inputs included.
_SCHEMA = 1

REASONS: Mapping[Reason, str] = {
    Reason.CHOSEN: "asked to handle it",
    Reason.CHOSEN_AS_SUBSTITUTE: "on leave; the substitute is asked",
    Reason.ON_LEAVE: "on leave without a substitute",
    Reason.SUBSTITUTE_LEFT: "on leave; the substitute has left",
    Reason.SUBSTITUTE_AWAY: "on leave, and so is the substitute",
    Reason.SUBSTITUTE_NO_DESK: "on leave; the substitute holds no desk",
    Reason.SUBSTITUTE_BARRED: (
        "on leave; the substitute declined it before or is whom it is about"
    ),
    Reason.DECLINED_BEFORE: "declined it before",
    Reason.IS_SUBJECT: "is whom it is about",
    Reason.CONFIDENTIAL: "it is confidential and goes to a desk",
    Reason.TOWN_DECIDES: "the town's desk decides",
    Reason.BELOW_SERVICE: "this service starts higher up the chain",
    Reason.NARROWER_FOUND: "somebody nearer was found",
    Reason.SAME_RANK: "another with the same duty comes first by code",
}
# What a household is called: its address is nobody's who only asks why.
_HOUSEHOLD = "the household"


def explain(inputs: Inputs, outcome: Outcome, language: Language) -> dict[str, Any]:
    """Where it lay, who was asked and why each was chosen or passed over.

    Of an outcome that does not follow from the inputs, as much as these know of it.
    """
    where, leading = inputs.where, inputs.find_candidate(outcome.duty_id)
    return {
        "schema": _SCHEMA,
        "edition": {"id": str(where.edition.public_id), "name": where.edition.name},
        "basis": where.basis.value,
        "place": [
            {"type": area.kind.value, "code": area.code, "name": area.name}
            for area in where.areas
        ],
        "zone": {"code": where.zone.code, "name": where.zone.name}
        if where.zone
        else None,
        "service_duty": inputs.question.service_duty.value,
        "is_ambiguous": bool(where.other_side),
        "other_side": list(where.other_side),
        "step": leading.kind.value if leading else None,
        "candidates": [
            with_text(_verdict(inputs, candidate, verdict, language), language)
            for verdict in outcome.verdicts
            if (candidate := inputs.find_candidate(verdict.duty_id)) is not None
        ],
    }


def _verdict(
    inputs: Inputs, candidate: Candidate, verdict: Verdict, language: Language
) -> dict[str, Any]:
    is_chosen = verdict.reason in (Reason.CHOSEN, Reason.CHOSEN_AS_SUBSTITUTE)
    return {
        "person_id": str(candidate.person_public_id),
        "duty_id": str(candidate.duty_public_id),
        "duty": candidate.kind.value,
        "place_kind": candidate.place_kind.value,
        "place_code": candidate.place_code,
        "place_name": inputs.name_of(candidate) or language(_HOUSEHOLD),
        "verdict": "chosen" if is_chosen else "passed",
        "reason": verdict.reason.value,
        **({"params": {"was": verdict.was.value}} if verdict.was else {}),
    }


def with_text(verdict: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """One candidate's verdict with a sentence; also of one that was stored as such."""
    duty = language(DUTY_WORDS[verdict["duty"]])
    reason = language(REASONS[Reason(verdict["reason"])])
    text = f"{isolated(verdict['place_name'])} · {duty}: {reason}"
    return {**verdict, "text": text}
