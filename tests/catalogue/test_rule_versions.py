"""A change of the rules takes effect at its moment and moves nothing by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import make_requests
import pytest
from make_requests import act, decisions, order, path_of
from make_statements import statements
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from geo_api.catalogue.change import Change
from geo_api.catalogue.queries import list_services, read_versions
from geo_api.catalogue.seed import CHAIN
from geo_api.catalogue.service import read_catalogue
from geo_api.catalogue.versions import change_rules
from geo_api.duties.rules import DESKS, DutyKind
from geo_api.errors import InvalidInput, NotFound
from geo_api.requests.handle.bulk import Plan, carry_many
from geo_api.requests.models import DispatchDecision, ServiceRequest
from geo_api.requests.read.replay import replay_all

DAY = timedelta(days=1)
_DESKS = (DutyKind.TOWN_DESK, DutyKind.COUNTY_DESK)
_VILLAGE_FIRST = (DutyKind.VILLAGE_DESK, DutyKind.HOUSEHOLD_CARE, *_DESKS)


@pytest.fixture
def change(session: Session, world, clock):
    """Changes a service from now or from a later moment on; the version's number."""

    def change(at: datetime | None = None, code: str = "XQ-SHUI", **said: Any) -> int:
        return change_rules(
            session,
            {code: Change(**said)},
            effective_from=at or clock.now,
            by=world.accounts["admin"],
            reason="县里重新分工",
            now=clock.now,
        )

    return change


def _terms(session: Session, at: datetime, code: str = "XQ-SHUI"):
    rules = {s.code: rule for s, rule in list_services(session, at)}
    return rules[code].terms


def _steps(client, path: str, headers: dict[str, str]) -> list[str]:
    return [d["fallback_step"] for d in decisions(client, path, headers)]


def _request(session: Session, ordered: dict[str, Any]) -> ServiceRequest:
    wanted = select(ServiceRequest).where(ServiceRequest.number == ordered["number"])
    session.expire_all()
    return session.scalars(wanted).one()


def test_a_change_takes_effect_at_its_moment_and_not_before(
    session, world, change, clock, client
) -> None:
    moment = clock.now + 30 * DAY
    change(moment, due_hours=48, first=DutyKind.GRID)
    for at, hours, first in (
        (moment - timedelta(microseconds=1), None, "household_care"),
        (moment, 48, "grid"),
    ):
        terms = _terms(session, at)
        assert (terms.due_hours, terms.first) == (hours, first)
        clock.now = at
        for path in ("/api/services", "/api/catalogue"):
            items = client.get(path).json()["items"]
            (shown,) = (item for item in items if item["code"] == "XQ-SHUI")
            assert (shown["due"]["hours"], shown["duty_kind"]) == (hours, first)


def test_a_planned_change_is_seen_by_no_order_before_its_moment(
    session, world, change, clock, client, sign_in, cipher, settings
) -> None:
    moment = clock.now + 2 * DAY
    change(moment, chain=_VILLAGE_FIRST, first=DutyKind.VILLAGE_DESK, due_hours=3)
    # In one batch each order goes by what holds at its own moment.
    plans = [
        Plan(make_requests.a_draft(world, at))
        for at in (clock.now, moment - timedelta(seconds=1), moment)
    ]
    carried = carry_many(session, plans, cipher=cipher, settings=settings)
    rows = [session.get_one(ServiceRequest, one.request_id) for one in carried]
    care, desk = world.duties["care"], world.duties["village_desk"]
    assert [row.handler_duty_id for row in rows] == [care, care, desk]
    assert rows[2].due_at - rows[2].ordered_at == timedelta(hours=3)
    assert all(row.due_at - row.ordered_at > DAY for row in rows[:2])
    before = order(client, world)
    clock.now = moment
    after = order(client, world)
    steps = [
        _steps(client, path_of(client, o), sign_in("town")) for o in (before, after)
    ]
    assert steps == [["household_care"], ["village_desk"]]


def test_an_open_case_keeps_handler_and_deadline_after_a_change(
    session, world, change, clock, client, sign_in
) -> None:
    ordered = order(client, world)
    row = _request(session, ordered)
    kept = (row.handler_id, row.handler_duty_id, row.due_at, row.is_confidential)
    change(chain=_VILLAGE_FIRST[:1] + _DESKS, due_hours=1, is_confidential=True)
    clock.now += timedelta(hours=2)
    row = _request(session, ordered)
    assert (
        row.handler_id,
        row.handler_duty_id,
        row.due_at,
        row.is_confidential,
    ) == kept
    # Who is asked anew is asked by the rules of now; the deadline does not move.
    path = path_of(client, ordered)
    act(client, path, "decline", sign_in("handler"), {"reason": "not_my_duty"})
    assert _steps(client, path, sign_in("town")) == ["household_care", "village_desk"]
    assert _request(session, ordered).due_at == kept[2]


def test_an_old_decision_replays_by_its_own_version(
    session, world, change, clock, client, sign_in
) -> None:
    ordered = [order(client, world)]
    number = change(chain=(DutyKind.GRID, *_DESKS), first=DutyKind.GRID)
    clock.now += timedelta(hours=1)
    ordered.append(order(client, world))
    change(chain=_DESKS)
    clock.now += timedelta(hours=1)
    ordered.append(order(client, world))
    named = session.scalars(
        select(DispatchDecision.inputs["catalogue_version"].as_integer()).order_by(
            DispatchDecision.id
        )
    ).all()
    assert (named[1], named[0] < named[1] < named[2]) == (number, True)
    steps = [_steps(client, path_of(client, o), sign_in("town")) for o in ordered]
    assert steps == [["household_care"], ["grid"], ["town_desk"]]
    found = [r for _, replayed in replay_all(session, since=None) for r in replayed]
    assert [(r.differences, r.cannot) for r in found] == [((), None)] * 3


def test_a_decision_that_names_another_version_than_its_own_differs(
    session, world, change, clock, client
) -> None:
    """What is replayed by is the version that is named, and no copy of it."""
    order(client, world)
    number = change(chain=_DESKS)
    row = session.scalars(select(DispatchDecision)).one()
    values = {
        name: getattr(row, name)
        for name in DispatchDecision.__table__.columns.keys()  # noqa: SIM118
        if name != "id"
    }
    for sequence, named in ((90, number), (91, 10**9)):
        said = {**row.inputs, "catalogue_version": named}
        session.add(DispatchDecision(**values | {"sequence": sequence, "inputs": said}))
    session.flush()
    ((_, replayed),) = replay_all(session, since=None)
    assert [bool(r.differences) for r in replayed] == [False, True, True]


def test_the_chain_of_a_service_is_data(
    session, world, change, clock, client, sign_in
) -> None:
    change(chain=(DutyKind.STATIONED, DutyKind.GRID, *_DESKS))
    path = path_of(client, order(client, world))
    (decided,) = decisions(client, path, sign_in("town"))
    assert [c["duty"] for c in decided["candidates"]] == [
        "stationed", "grid", "town_desk", "county_desk",
    ]  # fmt: skip
    assert decided["fallback_step"] == "stationed"
    # Of another service nothing has changed, and who is no part of a chain has no say.
    other = path_of(client, order(client, world, service_code="XQ-DIAN"))
    assert _steps(client, other, sign_in("town")) == ["household_care"]
    act(client, path, "accept", sign_in("handler"), status=403)
    shown = client.get("/api/catalogue").json()["items"]
    chains = {item["code"]: item["chain"] for item in shown}
    assert chains["XQ-SHUI"] == ["stationed", "grid", "town_desk", "county_desk"]


def test_what_is_offered_no_more_cannot_be_ordered_and_goes_on(
    session, world, change, clock, client, sign_in
) -> None:
    path = path_of(client, order(client, world))
    change(is_offered=False)
    body = make_requests.an_order(world)
    assert client.post("/api/requests", json=body).status_code == 404
    codes = [item["code"] for item in client.get("/api/services").json()["items"]]
    assert (len(codes), "XQ-SHUI" in codes) == (18, False)
    act(client, path, "decline", sign_in("handler"), {"reason": "not_my_duty"})
    change(is_offered=True)
    assert client.post("/api/requests", json=body).status_code == 201


def test_a_change_of_now_holds_in_what_is_planned_but_where_that_says_otherwise(
    session, change, clock
) -> None:
    later = clock.now + 10 * DAY
    change(later, code="XQ-DIAN", due_hours=10)
    change(code="XQ-SHUI", due_hours=20)
    change(code="XQ-DIAN", due_hours=30)
    assert [
        _terms(session, at, code).due_hours
        for at in (clock.now, later)
        for code in ("XQ-SHUI", "XQ-DIAN")
    ] == [20, 30, 20, 10]
    # To plan it anew for the same moment is to take it back.
    change(later, code="XQ-DIAN", due_hours=30)
    assert _terms(session, later, "XQ-DIAN").due_hours == 30


def test_every_version_says_of_all_services_who_made_it_and_why(
    session, world, change, clock
) -> None:
    number = change(due_hours=5)
    row = session.execute(
        text("SELECT made_by, reason, made_at FROM catalogue_version WHERE id = :id"),
        {"id": number},
    ).one()
    assert tuple(row) == (world.accounts["admin"], "县里重新分工", clock.now)
    first, second = read_versions(session)
    assert (second.number, len(first.rules)) == (number, 19)
    assert first.rules.keys() == second.rules.keys()
    differ = [c for c in first.rules if first.rules[c].terms != second.rules[c].terms]
    assert differ == ["XQ-SHUI"]


@pytest.mark.parametrize(
    ("said", "loc"),
    [
        ({"chain": (DutyKind.GRID, DutyKind.TOWN_DESK)}, ("XQ-SHUI", "chain")),
        ({"chain": (*_DESKS, DutyKind.GRID)}, ("XQ-SHUI", "chain")),
        ({"chain": (DutyKind.GRID, DutyKind.GRID, *_DESKS)}, ("XQ-SHUI", "chain")),
        ({"chain": _DESKS, "first": DutyKind.GRID}, ("XQ-SHUI", "first")),
        ({"due_hours": 3, "due_working_days": 3}, ("XQ-SHUI", "due")),
        ({"due_hours": 0}, ("XQ-SHUI", "due")),
        ({"due_working_days": 1001}, ("XQ-SHUI", "due")),
        ({"at": -DAY}, ("from",)),
    ],
)
def test_a_change_that_would_leave_somebody_unanswered_is_refused(
    session, change, clock, said: dict[str, Any], loc: tuple[str, ...]
) -> None:
    at = clock.now + said.pop("at", timedelta())
    with pytest.raises(InvalidInput) as caught:
        change(at, **said)
    (problem,) = caught.value.problems
    assert (problem.loc, bool(problem.mend)) == (loc, True)
    with pytest.raises(NotFound):
        change(code="XQ-NIEMAND", due_hours=1)
    assert len(read_versions(session)) == 1


def test_the_app_adds_versions_and_alters_none(session, world) -> None:
    for table, column in (("catalogue_version", "id"), ("catalogue_rule", "due_hours")):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = 1"):
            with (
                pytest.raises(ProgrammingError, match="permission denied"),
                session.begin_nested(),
            ):
                session.execute(text(statement))


def test_a_confidential_chain_is_its_desks(
    session, world, change, client, sign_in
) -> None:
    change(is_confidential=True)
    path = path_of(client, order(client, world))
    assert _steps(client, path, sign_in("county")) == ["town_desk"]
    assert set(_DESKS) == DESKS < set(CHAIN)


def test_what_holds_is_read_in_one_statement_however_many_versions(
    session, change, clock, settings
) -> None:
    def read() -> int:
        with statements(session) as said:
            read_catalogue(
                session, since=clock.now, until=clock.now, tz=settings.place.tz
            )
        return len(said)

    before = read()
    for hours in range(1, 6):
        change(clock.now + hours * DAY, due_hours=hours)
    assert read() == before == 2
