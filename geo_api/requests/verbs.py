"""The verbs, each written once: its stages, who may, what is said, what follows. Pure.

A case and an act in, an outcome out: for one request over HTTP, for what somebody who
has left still held, and for a year of an import or the demo alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from geo_api.errors import Conflict, InvalidInput, Words
from geo_api.requests import rights
from geo_api.requests.outcomes import (
    Act,
    Again,
    Body,
    Effect,
    Need,
    Outcome,
    Rule,
    handed,
    known_by,
)
from geo_api.requests.rules import (
    Case,
    Channel,
    DeclineReason,
    HandOnReason,
    KnownBy,
    Stage,
    Verb,
    check_time,
    does_town_decide,
)
from geo_api.requests.words import STAGE_WORDS, VERB_WORDS

_MOST_PHOTOS = 9


def outcome_of(case: Case, act: Act) -> Outcome:
    """What an act comes to; raises what stands against it.

    The stage comes first: who was beaten to it learns that, and not that the request is
    somebody else's now.
    """
    rule = RULES[act.verb]
    stage = next_stage(case.state.stage, act.verb)
    refused = rule.can(act.actor, case) if rule.can else None
    if refused is not None:
        raise refused
    effect = rule.effect(case, act)
    changes = {"stage": stage, "updated_at": act.at, **effect.changes}
    return Outcome(
        act=act,
        payload={**effect.payload, **known_by(act.actor)},
        before=case.state,
        state=replace(case.state, **changes),
        again=effect.again,
    )


def next_stage(stage: Stage, verb: Verb) -> Stage:
    """The stage after a verb; Conflict where the present one does not allow it."""
    rule = RULES[verb]
    if stage not in rule.sources:
        raise Conflict(
            "A request that is “%(stage)s” does not allow “%(verb)s”",
            mend="Read the request again: somebody may have been faster",
            stage=Words(STAGE_WORDS[stage]),
            verb=Words(VERB_WORDS[verb]),
        )
    return rule.target or stage


def _accept(case: Case, act: Act) -> Effect:
    state, person = case.state, act.actor.person_id
    duty_id = state.handler_duty_id if person == state.handler_id else None
    if duty_id is None and person is not None:
        duty_id = case.chain.get(person)
    taken = {"handler_id": person, "handler_duty_id": duty_id}
    return Effect(changes={**taken, "accepted_at": act.at})


def _decline(case: Case, act: Act) -> Effect:
    """After the permitted number of returns a desk decides."""
    said, count = act.said, case.state.decline_count
    if said.reason == DeclineReason.OTHER and not said.note:
        raise InvalidInput(
            "This reason needs a note",
            loc=("body", "note"),
            mend="Say in a sentence why",
        )
    return Effect(
        {"reason": DeclineReason(said.reason).value, "note": said.note},
        {"decline_count": count + 1},
        Again(
            case.declined | {case.state.handler_id},
            does_town_decide(count, case.max_declines),
        ),
    )


def _transfer(case: Case, act: Act) -> Effect:
    public_id = act.said.person_id
    target = case.people.get(public_id) if public_id else None
    if target is None or target == case.state.handler_id:
        raise InvalidInput(
            "This person is not on the chain of the place",
            loc=("body", "person_id"),
            mend="Choose one of the candidates of GET /api/requests/{id}/dispatch",
        )
    return Effect(
        {"to": str(public_id), "note": act.said.note},
        {**handed(target, case.chain.get(target), act.at), "accepted_at": None},
    )


def _note(_case: Case, act: Act) -> Effect:
    return Effect({"note": act.said.note})


def _complete(_case: Case, act: Act) -> Effect:
    closed = {"completed_at": act.at, "closed_at": act.at}
    return Effect({"note": act.said.note}, closed)


def _rate(case: Case, act: Act) -> Effect:
    said, is_staff = act.said, act.actor.is_staff
    usual = Channel.PHONE if is_staff else Channel.WEB
    channel = rights.channel_of(act.actor, said.channel, usual=usual)
    check_time(case.state.completed_at, act.at, case.rating_days)
    score = said.score.value if said.score else None
    payload = {"score": score, "note": said.note, "channel": channel.value}
    if is_staff:
        payload["by"] = KnownBy.CALLBACK.value
    return Effect(payload, {"rated_at": act.at, "rating": score})


def _reopen(case: Case, act: Act) -> Effect:
    """Dispatched like a new order: who gave it back before may be asked again."""
    check_time(case.state.completed_at, act.at, case.rating_days)
    if case.due is None:
        raise ValueError("A case that is opened again needs a new deadline")
    return Effect(
        {"reason": act.said.reason, "due_is_certain": case.due.is_certain},
        {
            "due_at": case.due.at,
            "reopen_count": case.state.reopen_count + 1,
            "decline_count": 0,
            "accepted_at": None,
            "completed_at": None,
            "closed_at": None,
            "rated_at": None,
            "rating": None,
        },
        Again(),
    )


def _withdraw(_case: Case, act: Act) -> Effect:
    return Effect({"reason": act.said.reason}, {"closed_at": act.at})


def _attach(case: Case, act: Act) -> Effect:
    """The history names a photo, and does not hold it."""
    if case.photos >= _MOST_PHOTOS:
        raise Conflict(
            "A request holds %(limit)s photos and no more",
            mend="Say the rest in words",
            limit=_MOST_PHOTOS,
        )
    said = act.said
    return Effect(
        {"attachment_id": str(said.attachment_id), "media_type": said.media_type}
    )


def _hand_on(case: Case, act: Act) -> Effect:
    """Who still answers there by another duty goes on; else the next is asked."""
    payload = {"reason": act.said.reason, "from": str(act.said.person_id)}
    duty_id = case.chain.get(case.state.handler_id)
    if duty_id is not None and act.said.reason != HandOnReason.PERSON_ENDED:
        return Effect(payload, {"handler_duty_id": duty_id})
    # Nobody who gave it back while others are left.
    return Effect(
        payload,
        {"stage": Stage.DISPATCHED, "accepted_at": None},
        Again(case.declined, case.state.decline_count >= case.max_declines),
    )


_WAITING = frozenset({Stage.DISPATCHED})
_UNDER_WAY = frozenset({Stage.ACCEPTED})
_OPEN = _WAITING | _UNDER_WAY
_DONE = frozenset({Stage.COMPLETED, Stage.RATED})

RULES: Mapping[Verb, Rule] = {
    Verb.ACCEPT: Rule(
        _WAITING,
        Stage.ACCEPTED,
        _accept,
        rights.can_accept,
        frozenset({Need.PLACE, Need.CHAIN}),
        door=(
            Body.NOTHING,
            "Take it on",
            "The named handler or anyone of the place's chain; the first wins.",
        ),
    ),
    Verb.DECLINE: Rule(
        _WAITING,
        Stage.DISPATCHED,
        _decline,
        rights.can_decline,
        frozenset({Need.PLACE, Need.DESK}),
        door=(
            Body.DECLINE,
            "Give it back with a reason",
            "The next of the chain is asked at once; the deadline does not wait.",
        ),
    ),
    Verb.TRANSFER: Rule(
        _OPEN,
        Stage.DISPATCHED,
        _transfer,
        rights.can_transfer,
        frozenset({Need.PLACE, Need.CHAIN, Need.PEOPLE}),
        door=(Body.TRANSFER, "Hand it to another", "To somebody of the place's chain."),
    ),
    Verb.PROGRESS: Rule(
        _UNDER_WAY,
        None,
        _note,
        rights.can_handle,
        door=(Body.NOTE, "Say how it goes", "The handler's note; the stage stays."),
    ),
    Verb.COMPLETE: Rule(
        _UNDER_WAY,
        Stage.COMPLETED,
        _complete,
        rights.can_handle,
        door=(Body.NOTE, "Close it", "With a note of what was done."),
    ),
    Verb.RATE: Rule(
        frozenset({Stage.COMPLETED}),
        Stage.RATED,
        _rate,
        rights.can_rate,
        frozenset({Need.LINK}),
        door=(
            Body.RATE,
            "The resident's word, once",
            "By the tracking link, or by staff who called back; never by the handler.",
        ),
    ),
    Verb.REOPEN: Rule(
        _DONE,
        Stage.DISPATCHED,
        _reopen,
        rights.can_reopen,
        frozenset({Need.PLACE, Need.DUE}),
        door=(
            Body.REASON,
            "Open it again",
            "With a new deadline, dispatched like a new order.",
        ),
    ),
    Verb.WITHDRAW: Rule(
        _OPEN,
        Stage.WITHDRAWN,
        _withdraw,
        rights.can_withdraw,
        door=(
            Body.REASON_IF_ANY,
            "No longer needed",
            "By the resident, or by who ordered for them.",
        ),
    ),
    Verb.REMIND: Rule(
        _OPEN,
        None,
        _note,
        rights.can_remind,
        door=(
            Body.NOTE,
            "A leader's instruction",
            "To whoever handles it; stage and deadline stay.",
        ),
    ),
    # Also afterwards: what was taken out of reach of the network arrives late.
    Verb.ATTACH: Rule(
        _OPEN | _DONE, None, _attach, rights.can_attach, frozenset({Need.PHOTOS})
    ),
    # Who held it has left.
    Verb.HAND_ON: Rule(
        _OPEN, None, _hand_on, None, frozenset({Need.PLACE, Need.CHAIN})
    ),
}
