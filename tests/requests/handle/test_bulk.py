"""Many requests carried through a plan: the same rules, the same traces."""

from __future__ import annotations

import random
from datetime import timedelta

import make_requests
import pytest
from make_requests import act, decisions, history, link_of, path_of
from make_statements import statements
from sqlalchemy import func, select

from geo_api.errors import Conflict, DomainError, Gone, NotAllowed
from geo_api.requests.handle.bulk import By, Plan, PlannedAct, carry_many
from geo_api.requests.models import RequestEvent, ServiceRequest
from geo_api.requests.order import storage
from geo_api.requests.order.drafts import ContactDraft
from geo_api.requests.rules import DeclineReason, Rating, Verb


@pytest.fixture
def carry(session, world, now, cipher, settings):
    """Carries one order through acts, given as (hours, verb, more)."""
    contact = ContactDraft("褚先生", "10098765432")

    def carry(*acts, service_code: str = "XQ-SHUI"):
        order = make_requests.a_draft(
            world, now, service_code=service_code, contact=contact
        )
        planned = [
            PlannedAct(verb, now + timedelta(hours=hours), **more)
            for hours, verb, more in acts
        ]
        plan = Plan(order, planned)
        (ordered,) = carry_many(session, [plan], cipher=cipher, settings=settings)
        return session.get_one(ServiceRequest, ordered.request_id)

    return carry


def test_a_planned_life_leaves_the_traces_of_a_lived_one(
    client, session, world, sign_in, clock, carry
) -> None:
    planned = carry(
        (1, Verb.DECLINE, {"reason": DeclineReason.NOT_MY_DUTY, "note": "改派"}),
        (2, Verb.ACCEPT, {}),
        (3, Verb.PROGRESS, {"note": "在修"}),
        (4, Verb.COMPLETE, {"note": "修好了"}),
        (5, Verb.RATE, {"by": By.RESIDENT, "score": Rating.UNSATISFIED}),
        (6, Verb.REOPEN, {"by": By.LEADER, "note": "又停了"}),
    )
    start = clock.now
    ordered = make_requests.order(client, world)
    path = path_of(client, ordered)
    for hours, verb, name, body in (
        (1, "decline", "handler", {"reason": "not_my_duty", "note": "改派"}),
        (2, "accept", "grid", None),
        (3, "progress", "grid", {"note": "在修"}),
        (4, "complete", "grid", {"note": "修好了"}),
        (5, "rate", "", {"score": "unsatisfied"}),
        (6, "reopen", "town", {"reason": "又停了"}),
    ):
        clock.now = start + timedelta(hours=hours)
        headers = sign_in(name) if name else link_of(ordered)
        act(client, path, verb, headers, body)
    planned_path = f"/api/requests/{planned.public_id}"
    shown = [
        {k: v for k, v in reply.json().items() if k not in ("id", "number", "contact")}
        for p in (planned_path, path)
        if (reply := client.get(p, headers=sign_in("town"))).is_success
    ]
    assert shown[0] == shown[1]
    traces = [
        [
            {k: v for k, v in event.items() if k not in ("by", "at")}
            for event in history(client, p, sign_in("town"))
        ]
        for p in (planned_path, path)
    ]
    assert traces[0] == traces[1]
    reasons = [
        [
            (d["step"], d["at"], d["basis"], [c["reason"] for c in d["candidates"]])
            for d in decisions(client, p, sign_in("town"))
        ]
        for p in (planned_path, path)
    ]
    assert reasons[0] == reasons[1]


def test_somebody_else_of_the_chain_accepts(session, world, carry) -> None:
    row = carry((1, Verb.ACCEPT, {"by": By.CHAIN}))
    assert row.handler_id == world.people["grid"]
    assert row.handler_duty_id == world.duties["grid"]


@pytest.mark.parametrize(
    ("acts", "error"),
    [
        ([(1, Verb.COMPLETE, {})], Conflict),
        ([(1, Verb.ACCEPT, {"by": By.RESIDENT})], NotAllowed),
        ([(1, Verb.REOPEN, {"by": By.LEADER})], Conflict),
        (
            [(1, Verb.ACCEPT, {}), (2, Verb.COMPLETE, {}), (3, Verb.RATE, {})],
            NotAllowed,
        ),
        (
            [
                (1, Verb.ACCEPT, {}),
                (2, Verb.COMPLETE, {}),
                (24 * 31, Verb.RATE, {"by": By.RESIDENT}),
            ],
            Gone,
        ),
    ],
)
def test_no_state_is_invented(session, carry, acts, error: type[DomainError]) -> None:
    with pytest.raises(error):
        carry(*acts)
    assert session.scalar(select(func.count()).select_from(RequestEvent)) == 0


def test_the_desk_cannot_decline_in_a_plan_either(carry) -> None:
    with pytest.raises(NotAllowed):
        carry((1, Verb.DECLINE, {}), service_code="JB-JUBAO")


def test_a_hundred_lives_take_as_many_statements_as_two(
    session, world, now, cipher, settings
) -> None:
    contact = ContactDraft("褚先生", "10098765432")
    order = make_requests.a_draft(world, now, contact=contact)
    life = [
        (Verb.DECLINE, By.HANDLER),
        (Verb.TRANSFER, By.HANDLER),
        (Verb.ACCEPT, By.CHAIN),
        (Verb.COMPLETE, By.HANDLER),
        (Verb.RATE, By.RESIDENT),
        (Verb.REOPEN, By.RESIDENT),
    ]
    acts = [
        PlannedAct(verb, now + timedelta(hours=i + 1), by=by, note="停水")
        for i, (verb, by) in enumerate(life)
    ]
    counts = []
    # The first one reads the geography, which is kept.
    for many in (1, 2, 100):
        with statements(session) as said:
            carry_many(
                session, [Plan(order, acts)] * many, cipher=cipher, settings=settings
            )
        counts.append(len(said))
    assert counts[1] == counts[2] < 40
    verbs = session.scalars(select(RequestEvent.verb)).all()
    assert verbs.count("reopen") == 103


def test_numbers_tell_the_day_and_not_how_many_it_has(
    session, world, now, cipher, settings, monkeypatch
) -> None:
    plans = [
        Plan(make_requests.a_draft(world, now + timedelta(hours=12 * i)))
        for i in range(4)
    ]
    # What is drawn twice, in one lot or against what is here, is drawn again.
    draw = random.Random(5)
    monkeypatch.setattr(storage.secrets, "randbelow", lambda _most: draw.randrange(6))
    for _ in range(2):
        carry_many(session, plans, cipher=cipher, settings=settings)
    found = session.scalars(select(ServiceRequest.number)).all()
    assert len(set(found)) == 8
    assert {number[:8] for number in found} == {"20260302", "20260303"}
    assert {len(number) for number in found} == {14}
