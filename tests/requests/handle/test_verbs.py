"""The verbs: who may do what at which stage, and what is kept of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import make_requests
import pytest
from make_requests import act, decisions, history, link_of, path_of
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from geo_api.people.models import Person


@pytest.fixture
def ordered(client, world) -> dict:
    return make_requests.order(client, world)


@pytest.fixture
def path(client, ordered) -> str:
    return path_of(client, ordered)


def _complete(client, path: str, headers: dict) -> None:
    act(client, path, "accept", headers)
    act(client, path, "complete", headers, {"note": "已修好"})


@pytest.mark.parametrize("name", ["handler", "grid", "village", "town_desk"])
def test_anyone_on_the_chain_may_accept(client, path, sign_in, name: str) -> None:
    accepted = act(client, path, "accept", sign_in(name))
    assert accepted["stage"] == "accepted"
    duties = {
        "handler": "household_care",
        "grid": "grid",
        "village": "village_desk",
        "town_desk": "town_desk",
    }
    assert accepted["handler"]["duty"] == duties[name]


@pytest.mark.parametrize(
    ("name", "status"),
    [("stranger", 404), ("other_village", 404), ("county", 403), ("admin", 403)],
)
def test_nobody_else_may_accept(client, path, sign_in, name: str, status: int) -> None:
    act(client, path, "accept", sign_in(name), status=status)


def test_who_comes_second_is_told_so(client, path, sign_in) -> None:
    act(client, path, "accept", sign_in("grid"))
    late = act(client, path, "accept", sign_in("handler"), status=409)
    assert late["type"] == "/problems/conflict"


def test_only_who_accepted_completes(client, path, sign_in) -> None:
    note = {"note": "已修好"}
    act(client, path, "complete", sign_in("handler"), note, status=409)
    act(client, path, "accept", sign_in("grid"))
    act(client, path, "complete", sign_in("handler"), note, status=403)
    act(client, path, "progress", sign_in("grid"), {"note": "已联系水厂"})
    done = act(client, path, "complete", sign_in("grid"), note)
    assert done["stage"] == "completed"
    assert done["status"] == "closed"


def test_declined_it_goes_up_and_the_second_return_ends_at_the_town(
    client, path, sign_in
) -> None:
    due = client.get(path, headers=sign_in("handler")).json()["due_at"]
    reason = {"reason": "beyond_my_power"}
    once = act(client, path, "decline", sign_in("handler"), reason)
    assert once["handler"]["duty"] == "grid"
    twice = act(client, path, "decline", sign_in("grid"), reason)
    assert twice["handler"]["duty"] == "town_desk"
    assert twice["due_at"] == due
    refused = act(client, path, "decline", sign_in("town_desk"), reason, status=403)
    assert refused["detail"] == "值班岗不能退单"


def test_a_return_names_a_reason_of_the_list(client, path, sign_in) -> None:
    headers = sign_in("handler")
    act(client, path, "decline", headers, {"reason": "tired"}, status=422)
    act(client, path, "decline", headers, {}, status=422)
    act(client, path, "decline", headers, {"reason": "other"}, status=422)
    other = {"reason": "other", "note": "我家亲戚"}
    assert act(client, path, "decline", headers, other)["handler"]["duty"] == "grid"


def test_only_the_named_handler_declines(client, path, sign_in) -> None:
    reason = {"reason": "not_my_area"}
    act(client, path, "decline", sign_in("grid"), reason, status=403)


def test_every_decision_keeps_its_explanation(client, path, sign_in, clock) -> None:
    for name in ("handler", "grid"):
        clock.now += timedelta(hours=1)
        act(client, path, "decline", sign_in(name), {"reason": "not_my_duty"})
    _complete(client, path, sign_in("town_desk"))
    act(client, path, "reopen", sign_in("town"), {"reason": "又停水了"})
    found = decisions(client, path, sign_in("town"))
    assert [d["step"] for d in found] == [
        "household_care",
        "grid",
        "town_desk",
        "household_care",
    ]
    assert {d["basis"] for d in found} == {"point"}
    assert len({d["edition"]["id"] for d in found}) == 1
    for decision in found:
        assert decision["zone"]["name"] == "一社第1联户"
        verdicts = [c["verdict"] for c in decision["candidates"]]
        assert verdicts.count("chosen") == 1
        assert all(c["reason"] and c["text"] for c in decision["candidates"])
        assert len(verdicts) == 7
    reasons = [c["reason"] for c in found[2]["candidates"]]
    assert reasons[-2:] == ["chosen", "narrower_found"]
    assert set(reasons[:-2]) == {"town_decides"}
    assert found[1]["candidates"][0]["reason"] == "declined_before"


def test_transferred_it_goes_to_somebody_of_the_chain(
    client, path, world, sign_in, session
) -> None:
    chain = decisions(client, path, sign_in("town"))[0]["candidates"]
    desk = next(c for c in chain if c["duty"] == "town_desk")
    act(client, path, "accept", sign_in("handler"))
    moved = act(
        client, path, "transfer", sign_in("handler"),
        {"person_id": desk["person_id"], "note": "管网问题"},
    )  # fmt: skip
    assert moved["stage"] == "dispatched"
    assert moved["handler"]["duty"] == "town_desk"
    act(client, path, "progress", sign_in("handler"), {"note": "?"}, status=409)


def test_transferred_it_goes_to_nobody_from_elsewhere(
    client, path, world, sign_in, session
) -> None:
    stranger = session.get_one(Person, world.people["stranger"]).public_id
    body = {"person_id": str(stranger)}
    act(client, path, "transfer", sign_in("handler"), body, status=422)
    act(client, path, "transfer", sign_in("grid"), body, status=403)


def test_reopened_it_has_a_new_deadline_and_starts_again(
    client, ordered, path, sign_in, clock
) -> None:
    act(client, path, "decline", sign_in("handler"), {"reason": "not_my_duty"})
    _complete(client, path, sign_in("grid"))
    clock.now += timedelta(days=10)
    again = act(client, path, "reopen", link_of(ordered), {"reason": "又停水了"})
    assert again["stage"] == "dispatched"
    assert again["status"] == "open"
    assert again["handler"]["duty"] == "household_care"
    assert again["reopen_count"] == 1
    assert datetime.fromisoformat(again["due_at"]) > clock.now + timedelta(days=5)
    # Who gave back the first round is not passed over in the second.
    last = act(client, path, "decline", sign_in("handler"), {"reason": "not_my_duty"})
    assert last["handler"]["duty"] == "grid"


@pytest.mark.parametrize("verb", ["rate", "reopen"])
def test_after_thirty_days_rating_and_reopening_are_over(
    client, ordered, path, sign_in, clock, verb: str
) -> None:
    body = {"rate": {"score": "satisfied"}, "reopen": {"reason": "又停水了"}}[verb]
    _complete(client, path, sign_in("handler"))
    clock.now += timedelta(days=30, seconds=1)
    act(client, path, verb, link_of(ordered), body, status=410)
    clock.now -= timedelta(seconds=1)
    act(client, path, verb, link_of(ordered), body)


def test_the_handler_reopens_nothing(client, path, sign_in) -> None:
    _complete(client, path, sign_in("handler"))
    act(client, path, "reopen", sign_in("handler"), {"reason": "?"}, status=403)
    act(client, path, "reopen", sign_in("town"), {"reason": "群众不认可"})


def test_who_ordered_for_somebody_withdraws_and_reopens_for_them(
    client, world, sign_in
) -> None:
    ordered = make_requests.order(client, world, sign_in("village"), channel="visit")
    path = f"/api/requests/{ordered['id']}"
    act(client, path, "withdraw", sign_in("handler"), status=403)
    _complete(client, path, sign_in("handler"))
    act(client, path, "reopen", sign_in("village"), {"reason": "老人说没有修好"})
    gone = act(client, path, "withdraw", sign_in("village"), {"reason": "搬走了"})
    assert gone["stage"] == "withdrawn"
    assert gone["status"] == "closed"
    act(client, path, "accept", sign_in("handler"), status=409)


def test_the_resident_withdraws_by_the_link(client, ordered, path, sign_in) -> None:
    gone = act(client, path, "withdraw", link_of(ordered))
    assert gone["stage"] == "withdrawn"


def test_nobody_rates_their_own_work(client, path, sign_in) -> None:
    _complete(client, path, sign_in("village"))
    score = {"score": "satisfied"}
    refused = act(client, path, "rate", sign_in("village"), score, status=403)
    assert refused["detail"] == "不能评价自己办理的诉求"
    act(client, path, "rate", sign_in("handler"), score, status=403)
    act(client, path, "rate", sign_in("town"), score)


def test_a_call_back_is_rated_once_and_says_how(client, path, sign_in) -> None:
    _complete(client, path, sign_in("handler"))
    score = {"score": "unsatisfied", "note": "还在漏"}
    rated = act(client, path, "rate", sign_in("village"), score)
    assert rated["rating"] == "unsatisfied"
    act(client, path, "rate", sign_in("town"), score, status=409)
    last = history(client, path, sign_in("town"))[-1]
    assert last["detail"] == {
        "score": "unsatisfied",
        "channel": "phone",
        "by": "callback",
    }
    assert last["note"] == "还在漏"


def test_the_resident_is_told_what_was_done_not_who_would_not(
    client, ordered, path, sign_in
) -> None:
    reason = {"reason": "conflict_of_interest", "note": "与他家有矛盾"}
    act(client, path, "decline", sign_in("handler"), reason)
    act(client, path, "accept", sign_in("grid"))
    act(client, path, "progress", sign_in("grid"), {"note": "已联系水厂"})
    told = history(client, path, link_of(ordered))
    assert [event["verb"] for event in told] == [
        "order", "dispatch", "decline", "dispatch", "accept", "progress",
    ]  # fmt: skip
    assert told[-1]["note"] == "已联系水厂"
    assert "矛盾" not in str(told)
    assert "conflict_of_interest" not in str(told)
    assert "矛盾" in str(history(client, path, sign_in("town")))


@pytest.mark.parametrize("table", ["request_event", "dispatch_decision"])
@pytest.mark.parametrize("change", ["UPDATE {} SET at = now()", "DELETE FROM {}"])
def test_history_cannot_be_rewritten(session, ordered, table, change: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(text(change.format(table)))


def test_a_leader_reminds_and_nothing_else_changes(client, path, sign_in) -> None:
    before = client.get(path, headers=sign_in("town")).json()
    assert before["reminded_at"] is None
    note = {"note": "今天之内到户"}
    reminded = act(client, path, "remind", sign_in("town"), note)
    moved = {name for name in before if before[name] != reminded[name]}
    assert moved == {"reminded_at", "updated_at"}
    (item,) = client.get("/api/requests", headers=sign_in("handler")).json()["items"]
    assert item["reminded_at"] == reminded["reminded_at"]
    last = history(client, path, sign_in("handler"))[-1]
    assert (last["verb"], last["note"]) == ("remind", "今天之内到户")


def test_only_a_leader_of_the_place_reminds_and_only_while_it_is_open(
    client, path, sign_in
) -> None:
    note = {"note": "抓紧"}
    for name, status in {"handler": 403, "village": 403, "admin": 403}.items():
        act(client, path, "remind", sign_in(name), note, status=status)
    act(client, path, "remind", sign_in("other_town"), note, status=404)
    act(client, path, "remind", sign_in("town"), {"note": " "}, status=422)
    _complete(client, path, sign_in("handler"))
    act(client, path, "remind", sign_in("county"), note, status=409)


def test_the_resident_hears_of_no_instruction(client, ordered, path, sign_in) -> None:
    act(client, path, "remind", sign_in("town"), {"note": "抓紧办"})
    assert "抓紧办" not in str(history(client, path, link_of(ordered)))
    told = client.get(path, headers=link_of(ordered)).json()
    assert told["reminded_at"] is None
