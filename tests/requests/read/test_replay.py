"""Stored decisions are made again from their inputs; what differs is told."""

from __future__ import annotations

import json
from typing import Any

import make
import pytest
from make_requests import act, decisions, order, path_of
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from geo_api.households.models import Household
from geo_api.people.models import Person
from geo_api.requests.models import DispatchDecision
from geo_api.requests.read.replay import replay_all

SAID = {"reason": "not_my_duty"}


def _add(session: Session, sequence: int, **changes: Any) -> None:
    """A copy of the first decision that says something else."""
    row = session.scalars(select(DispatchDecision)).first()
    assert row is not None
    kept = {
        name: getattr(row, name)
        for name in DispatchDecision.__table__.columns.keys()  # noqa: SIM118
        if name != "id"
    }
    session.execute(
        insert(DispatchDecision).values({**kept, "sequence": sequence, **changes})
    )
    session.expire_all()


def _replay(client, path: str, headers: dict[str, str]) -> dict[str, Any]:
    reply = client.get(f"{path}/dispatch?replay=true", headers=headers)
    assert reply.status_code == 200, reply.text
    replayed: dict[str, Any] = reply.json()["replay"]
    return replayed


def _inputs(session: Session) -> dict[str, Any]:
    said = session.scalars(select(DispatchDecision.inputs)).first()
    assert said is not None
    copied: dict[str, Any] = json.loads(json.dumps(said))
    return copied


def test_every_decision_comes_out_alike(client, world, sign_in, session) -> None:
    path = path_of(client, order(client, world))
    for name in ("handler", "grid"):
        act(client, path, "decline", sign_in(name), SAID)
    assert _replay(client, path, sign_in("town")) == {
        "equal": True, "differences": [], "not_replayable": [],
    }  # fmt: skip
    assert "replay" not in decisions(client, path, sign_in("town"))[0]


def test_one_altered_candidate_is_told(client, world, sign_in, session) -> None:
    path = path_of(client, order(client, world))
    altered = _inputs(session)
    altered["candidates"] = [
        c for c in altered["candidates"] if c["kind"] != "household_care"
    ]
    _add(session, 90, inputs=altered)
    found = _replay(client, path, sign_in("town"))
    assert found["equal"] is False
    told = {
        (d["field"], d["duty"]): (d["stored"], d["replayed"])
        for d in found["differences"]
    }
    chain = decisions(client, path, sign_in("town"))[0]["candidates"]
    first, second = (c["duty_id"] for c in chain[:2])
    assert told == {
        ("handler", None): ("P-care", "P-grid"),
        ("duty", None): (first, second),
        ("candidate", "household_care"): ("chosen", None),
        ("candidate", "grid"): ("narrower_found", "chosen"),
    }
    ((_, replayed),) = replay_all(session, since=None)
    assert [bool(r.differences) for r in replayed] == [False, True]
    # What cannot even be read is a difference, too, and keeps nobody out.
    for sequence, change in (
        (91, {"inputs": {"chooser": 1}}),
        (92, {"verdicts": [{"reason": "no reason"}]}),
        (93, {"verdicts": 7}),
    ):
        before = len(found["differences"])
        _add(session, sequence, **change)
        found = _replay(client, path, sign_in("town"))
        assert len(found["differences"]) > before
        assert decisions(client, path, sign_in("town"))


def test_decisions_from_before_stay_readable_and_say_so(
    client, world, sign_in, session
) -> None:
    ordered = order(client, world, sign_in("county"))
    path = path_of(client, ordered)
    before = dict(ordered["explanation"])
    before["candidates"] = [
        {name: said for name, said in c.items() if name != "text"}
        for c in before["candidates"]
    ]
    _add(session, 0, inputs=None, verdicts=None, explanation=before, schema_version=1)
    _add(session, 90, inputs={**_inputs(session), "chooser": 99})
    first, second, _ = decisions(client, path, sign_in("town"))
    assert {**first, "at": None} == {**second, "at": None}
    found = _replay(client, path, {**sign_in("town"), "Accept-Language": "zh-CN"})
    assert found["equal"] is True
    assert [told["text"] for told in found["not_replayable"]] == [
        "这次决定作出时还没有留存依据，只能查看，不能复算",
        "作出这次决定的规则已不在用，只能查看，不能复算",
    ]


def test_what_was_decided_before_is_decided_again_at_the_same_place(
    client, world, sign_in, session
) -> None:
    path = path_of(client, order(client, world))
    before = {"basis": "address", "other_side": ["620171101202"], "candidates": []}
    _add(session, 0, inputs=None, verdicts=None, explanation=before, schema_version=1)
    assert act(client, path, "decline", sign_in("handler"), SAID)["stage"]
    newest = session.scalars(
        select(DispatchDecision.inputs).order_by(DispatchDecision.sequence.desc())
    ).first()
    assert newest["where"]["basis"] == "address"
    assert newest["where"]["other_side"] == ["620171101202"]


@pytest.mark.parametrize("by_household", [True, False])
def test_inputs_name_nobody(
    client, world: make.World, sign_in, session, by_household: bool
) -> None:
    household = session.get_one(Household, world.households[0])
    where: dict[str, Any] = {"address": "村口第三家"}
    if by_household:
        where |= {"location": {"household_id": str(household.public_id)}}
    order(
        client,
        world,
        sign_in("village"),
        contact={"name": "褚先生", "phone": "10098765432"},
        **where,
    )
    people = session.scalars(select(Person.name)).all()
    said = json.dumps(_inputs(session), ensure_ascii=False)
    assert "household_care" in said
    told = [*people, "褚先生", "10098765432", "村口第三家", household.address]
    assert [words for words in told if words in said] == []
