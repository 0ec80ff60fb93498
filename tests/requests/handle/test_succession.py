"""Nobody who has left holds anything: what they held goes on, in the same act."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import make
import make_requests
import pytest
from make_requests import act, decisions, history, path_of
from make_statements import statements
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from geo_api.accounts.models import Account, AuditEntry, Token
from geo_api.accounts.rules import Actor
from geo_api.db.model import Model
from geo_api.duties.drafts import DutyDraft
from geo_api.duties.ledger import add_duties_many, end_person
from geo_api.duties.models import Duty
from geo_api.duties.rules import DutyKind
from geo_api.people.drafts import LeaveDraft
from geo_api.people.leave import add_leaves_many
from geo_api.people.models import Leave, Person
from geo_api.requests.handle.succession import hand_on
from geo_api.requests.models import RequestEvent, ServiceRequest
from geo_api.requests.order.orders import order_many
from geo_api.zones.models import ResponsibilityZone

TOWN = "620171101"


@dataclass
class Town:
    """The small county over HTTP, and how somebody or something ends there."""

    client: Any
    session: Session
    world: make.World
    sign_in: Callable[[str], dict[str, str]]
    clock: Any
    settings: Any

    def person(self, key: str) -> str:
        return str(self.session.get_one(Person, self.world.people[key]).public_id)

    def order(self, **changes: Any) -> str:
        ordered = make_requests.order(self.client, self.world, **changes)
        return path_of(self.client, ordered)

    def row(self, path: str) -> ServiceRequest:
        public_id = path.rsplit("/", 1)[1]
        wanted = select(ServiceRequest).where(ServiceRequest.public_id == public_id)
        return self.session.scalars(
            wanted.execution_options(populate_existing=True)
        ).one()

    def holder(self, path: str) -> str:
        keys = {id_: key for key, id_ in self.world.people.items()}
        return keys[self.row(path).handler_id]

    def duty_holder(self, path: str) -> str:
        """Whose the duty is by which the request is held."""
        keys = {id_: key for key, id_ in self.world.people.items()}
        duty = self.session.get_one(Duty, self.row(path).handler_duty_id)
        return keys[duty.person_id]

    def goes_away(self, key: str, *, stand_in: str) -> None:
        """Leave for the day, with somebody in their place."""
        people = self.world.people
        leave = LeaveDraft(people[key], make.TODAY, make.TODAY, people[stand_in])
        add_leaves_many(self.session, [leave], now=self.clock())

    def give(self, key: str, kind: DutyKind, code: str, **days: date) -> None:
        area_id = self.world.county.ids[code]
        days = {"valid_from": make.START, **days}
        draft = DutyDraft(self.world.people[key], kind, area_id=area_id, **days)
        add_duties_many(self.session, [draft])

    def end_person(self, key: str, by: str = "village") -> Any:
        return self._ask(
            "PATCH", f"/api/people/{self.person(key)}", by, json={"is_ended": True}
        )

    def end_duty(self, key: str, by: str = "village") -> Any:
        duty = self.session.get_one(Duty, self.world.duties[key])
        return self._ask("DELETE", f"/api/duties/{duty.public_id}", by)

    def end_account(self, name: str) -> Any:
        account = self.session.get_one(Account, self.world.accounts[name])
        path = f"/api/accounts/{account.public_id}"
        return self._ask("PATCH", path, "admin", json={"is_ended": True})

    def end_zone(self) -> Any:
        zone = self.session.get_one(ResponsibilityZone, self.world.zones[make.ZONE])
        body = {"ends_on": make.TODAY.isoformat()}
        return self._ask("PATCH", f"/api/zones/{zone.public_id}", "village", json=body)

    def end_by_ledger(self) -> Any:
        lines = (
            "人员编码,姓名,职责,区划或责任区编码,起始日期,结束日期\n"
            f"P-care,钱联户,联户,{make.ZONE},2020-01-01,{make.TODAY}\n"
        )
        files = {"file": ("people.csv", lines.encode())}
        path = "/api/imports/people?commit=true"
        return self._ask("POST", path, "village", files=files)

    def let_the_last_day_pass(self) -> Any:
        duty = self.session.get_one(Duty, self.world.duties["care"])
        duty.valid_to = make.TODAY + timedelta(days=1)
        self.session.flush()
        assert self.hand_on() == 0
        self.clock.now += timedelta(days=1)
        assert self.hand_on() == 1
        return None

    def hand_on(self) -> int:
        return hand_on(
            self.session, Actor(), None, now=self.clock(), settings=self.settings
        )

    def _ask(self, method: str, url: str, by: str, **options: Any) -> Any:
        return self.client.request(method, url, headers=self.sign_in(by), **options)


@pytest.fixture
def town(client, session, world, sign_in, clock, settings) -> Town:
    return Town(client, session, world, sign_in, clock, settings)


# Each way in which a carer, or what they held a request by, comes to an end.
WAYS: dict[str, tuple[Callable[[Town], Any], str, str]] = {
    "person": (lambda t: t.end_person("care"), "person_ended", "village_cadre"),
    "duty": (lambda t: t.end_duty("care"), "duty_ended", "village_cadre"),
    "zone": (Town.end_zone, "duty_ended", "village_cadre"),
    "account": (lambda t: t.end_account("handler"), "person_ended", "admin"),
    "ledger": (Town.end_by_ledger, "duty_ended", "village_cadre"),
    "night": (Town.let_the_last_day_pass, "duty_ended", ""),
}


@pytest.mark.parametrize(
    ("way", "stage"), [("person", "dispatched"), *((way, "accepted") for way in WAYS)]
)
def test_what_who_leaves_holds_goes_on_in_the_same_act(
    town, session, way: str, stage: str
) -> None:
    path = town.order()
    if stage == "accepted":
        act(town.client, path, "accept", town.sign_in("handler"))
    assert town.holder(path) == "care"
    due = town.row(path).due_at
    end, reason, by = WAYS[way]
    reply = end(town)
    assert reply is None or reply.is_success, reply.text
    row = town.row(path)
    assert town.holder(path) == "grid"
    assert (row.stage, row.status, row.accepted_at) == ("dispatched", "open", None)
    assert (row.due_at, row.handler_duty_id) == (due, town.world.duties["grid"])
    handed, dispatched = history(town.client, path, town.sign_in("town"))[-2:]
    assert (handed["verb"], dispatched["verb"]) == ("hand_on", "dispatch")
    assert handed["detail"] == {"reason": reason, "from": town.person("care")}
    assert handed["by"].get("role", "") == by
    assert dispatched["detail"]["step"] == "grid"
    first, again = decisions(town.client, path, town.sign_in("town"))
    assert (first["step"], again["step"]) == ("household_care", "grid")
    audited = session.scalars(
        select(AuditEntry.subject_id).where(AuditEntry.action == "request.hand_on")
    )
    assert list(audited) == [row.public_id]
    act(town.client, path, "accept", town.sign_in("grid"))


def test_what_is_closed_stays_with_who_did_it(town) -> None:
    path = town.order()
    act(town.client, path, "accept", town.sign_in("handler"))
    act(town.client, path, "complete", town.sign_in("handler"), {"note": "修好了"})
    assert town.end_person("care").is_success
    assert town.holder(path) == "care"
    assert history(town.client, path, town.sign_in("town"))[-1]["verb"] == "complete"


def test_when_nobody_else_is_left_a_desk_gets_it(town) -> None:
    for key in ("grid", "village_desk", "stationed", "village_lead"):
        town.session.get_one(Person, town.world.people[key]).ended_at = town.clock()
    path = town.order()
    assert town.end_person("care").is_success
    assert town.holder(path) == "town_desk"


def test_a_confidential_request_goes_on_to_a_desk_and_to_nobody_below(town) -> None:
    path = town.order(is_confidential=True)
    assert town.holder(path) == "town_desk"
    assert town.end_person("town_desk", by="admin").status_code == 409
    assert town.holder(path) == "town_desk"
    town.give("village_lead", DutyKind.TOWN_DESK, TOWN)
    assert town.end_person("town_desk", by="admin").is_success
    assert town.holder(path) == "village_lead"
    assert town.row(path).is_confidential


def test_the_account_of_the_last_desk_does_not_end_before_the_desk_is_given_on(
    town, session
) -> None:
    path = town.order(is_confidential=True)
    reply = town.end_account("town_desk")
    assert reply.status_code == 409
    assert reply.json()["mend"]
    account = session.get_one(Account, town.world.accounts["town_desk"])
    assert (account.ended_at, town.holder(path)) == (None, "town_desk")
    town.give("village_lead", DutyKind.TOWN_DESK, TOWN)
    assert town.end_account("town_desk").is_success
    assert town.holder(path) == "village_lead"


def test_who_still_answers_there_by_another_duty_goes_on_where_they_were(town) -> None:
    path = town.order()
    act(town.client, path, "accept", town.sign_in("handler"))
    town.give("care", DutyKind.VILLAGE_DESK, make.VILLAGE)
    assert town.end_duty("care").status_code == 204
    row = town.row(path)
    assert (town.holder(path), row.stage) == ("care", "accepted")
    assert row.handler_duty_id not in (None, town.world.duties["care"])
    assert history(town.client, path, town.sign_in("town"))[-1]["verb"] == "hand_on"
    assert town.hand_on() == 0


def test_who_gave_it_back_is_not_asked_again(town) -> None:
    path = town.order()
    body = {"reason": "beyond_my_power"}
    act(town.client, path, "decline", town.sign_in("handler"), body)
    assert town.holder(path) == "grid"
    assert town.end_person("grid").is_success
    assert town.holder(path) == "village_desk"


def test_what_is_held_in_the_place_of_who_leaves_goes_on_too(town) -> None:
    town.goes_away("care", stand_in="stationed")
    path, other = town.order(), town.order()
    assert town.holder(path) == "stationed"
    assert town.duty_holder(path) == "care"
    assert town.end_person("care").is_success
    # The cadre is on the chain of the place by a duty of their own.
    assert (town.holder(path), town.duty_holder(path)) == ("stationed", "stationed")
    assert town.end_person("stationed", by="town").is_success
    assert (town.holder(path), town.holder(other)) == ("grid", "grid")


def test_who_stood_in_and_answers_for_nothing_there_holds_it_no_longer(town) -> None:
    town.goes_away("care", stand_in="other_desk")
    path = town.order()
    assert town.holder(path) == "other_desk"
    assert town.end_person("care").is_success
    assert (town.holder(path), town.duty_holder(path)) == ("grid", "grid")


def test_who_stood_in_and_has_left_holds_it_no_longer(town) -> None:
    town.goes_away("care", stand_in="stationed")
    path = town.order()
    # The duty is of who is away, and goes on.
    assert (town.holder(path), town.duty_holder(path)) == ("stationed", "care")
    assert town.end_person("stationed", by="town").is_success
    assert (town.holder(path), town.duty_holder(path)) == ("grid", "grid")


def test_ten_go_on_in_as_many_statements_as_one(town) -> None:
    counts = []
    for holders in (1, 10):
        paths = [town.order() for _ in range(holders)]
        duty = town.session.get_one(Duty, town.world.duties["care"])
        duty.valid_to = make.TODAY
        with statements(town.session) as said:
            assert town.hand_on() == holders
        counts.append(len(said))
        assert {town.holder(path) for path in paths} == {"grid"}
        duty.valid_to = None
        town.session.flush()
    assert counts[0] == counts[1] < 30


# What becomes of each reference to somebody, or to their duty or account, when they
# end: "ends", "goes on", or "stays" because it says what was.
REFERENCES = {
    "person.account_id": "stays",  # the person is ended with it
    "duty.person_id": "ends",
    "leave.person_id": "ends",
    "leave.substitute_id": "stays",  # and is passed over
    "service_request.handler_id": "goes on",
    "service_request.handler_duty_id": "goes on",
    "service_request.about_person_id": "stays",
    "service_request.entered_by": "stays",
    "request_event.person_id": "stays",
    "request_event.account_id": "stays",
    "dispatch_decision.handler_id": "stays",
    "dispatch_decision.duty_id": "stays",
    "account_area.account_id": "stays",  # of an account that nobody signs in with
    "token.account_id": "ends",
    "audit_entry.account_id": "stays",
    "catalogue_version.made_by": "stays",
}


def test_of_each_reference_to_people_it_is_said_what_becomes_of_it() -> None:
    found = {
        f"{table.name}.{key.parent.name}"
        for table in Model.metadata.tables.values()
        for key in table.foreign_keys
        if key.target_fullname in {"person.id", "account.id", "duty.id"}
    }
    assert found == set(REFERENCES)


def test_whoever_left_holds_nothing_that_is_open_and_all_that_was_is_still_said(
    town, session, now
) -> None:
    town.give("care", DutyKind.GRID, make.GROUP, valid_from=date(2026, 4, 1))
    ids = town.world.people
    leaves = [
        LeaveDraft(ids["care"], date(2026, 5, 1), date(2026, 5, 2)),
        LeaveDraft(ids["grid"], date(2026, 5, 1), date(2026, 5, 2), ids["care"]),
    ]
    own, stood_for = add_leaves_many(session, leaves, now=now)
    headers = town.sign_in("handler")
    path = town.order()
    about = town.order(about=town.person("care"))
    entered = make_requests.order(town.client, town.world, headers)
    act(town.client, path, "accept", headers)
    before = _references(session, town)
    assert town.end_account("handler").is_success

    left = before["stays"]
    after = _references(session, town)
    assert after["stays"] == left
    assert session.get_one(Person, ids["care"]).ended_at is not None
    open_duty = Duty.valid_to.is_(None) | (Duty.valid_to > make.TODAY)
    mine = select(Duty).where(Duty.person_id == ids["care"])
    assert session.scalars(mine.where(open_duty)).all() == []
    assert session.get_one(Leave, own).cancelled_at is not None
    assert session.get_one(Leave, stood_for).cancelled_at is None
    assert {town.holder(path), town.holder(about)} == {"grid", "town_desk"}
    tokens = select(Token).where(
        Token.account_id == town.world.accounts["handler"], Token.revoked_at.is_(None)
    )
    # The links of residents stay theirs.
    assert {token.kind for token in session.scalars(tokens)} == {"tracking"}
    assert town.client.get("/api/me", headers=headers).status_code == 401
    link = make_requests.link_of(entered)
    assert town.client.get("/api/requests", headers=link).status_code == 200


def _references(session: Session, town: Town) -> dict[str, dict[str, int]]:
    """How many rows refer to 钱联户, the account and the duty, by kind and column."""
    ids = {
        "person": town.world.people["care"],
        "account": town.world.accounts["handler"],
        "duty": town.world.duties["care"],
    }
    counts: dict[str, dict[str, int]] = {"stays": {}, "ends": {}, "goes on": {}}
    for name, becomes in REFERENCES.items():
        table, column = name.split(".")
        [key] = Model.metadata.tables[table].c[column].foreign_keys
        target = key.target_fullname.split(".")[0]
        # What the act itself is written down as comes on top.
        query = text(f"SELECT count(*) FROM {table} WHERE {column} = :id")
        counts[becomes][name] = session.scalar(query, {"id": ids[target]}) or 0
    return counts


def _until_somebody_waits(sessions: Any) -> None:
    """Until another connection waits for a lock, or has had the time to do so."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    for _ in range(100):
        with sessions.transaction() as session:
            if session.scalar(waiting):
                return
        time.sleep(0.05)


def test_an_order_that_meets_somebody_leaving_is_not_left_with_them(
    committing_client, fresh_database, fresh_world, settings, now
) -> None:
    """Whoever looked before the end and writes after it looks again."""
    client, world, answered = committing_client, fresh_world, []
    sessions = fresh_database.sessions
    with sessions() as leaving:
        with leaving.begin():
            person = leaving.get_one(Person, world.people["care"])
            end_person(leaving, person, day=make.TODAY, now=now)
            hand_on(leaving, Actor(), [person.id], now=now, settings=settings)
            thread = threading.Thread(
                target=lambda: answered.append(make_requests.order(client, world))
            )
            thread.start()
            _until_somebody_waits(sessions)
        thread.join(60)
    assert [ordered["handler"]["name"] for ordered in answered] == ["孙*"]


def test_an_end_that_meets_an_order_on_its_way_hands_it_on(
    committing_client, fresh_database, fresh_world, cipher, settings, now
) -> None:
    """Whoever ends somebody waits for what is being written for them."""
    client, world, sessions = committing_client, fresh_world, fresh_database.sessions
    with sessions.transaction() as session:
        headers = make.a_token(session, world, "village", now)
        person_id = session.get_one(Person, world.people["care"]).public_id
    replies: list[Any] = []
    with sessions() as ordering, ordering.begin():
        draft = make_requests.a_draft(world, now)
        order_many(ordering, [draft], cipher=cipher, settings=settings)
        thread = threading.Thread(
            target=lambda: replies.append(
                client.patch(
                    f"/api/people/{person_id}", json={"is_ended": True}, headers=headers
                )
            )
        )
        thread.start()
        _until_somebody_waits(sessions)
    thread.join(60)
    assert [reply.status_code for reply in replies] == [200]
    with sessions.transaction() as session:
        holders = set(session.scalars(select(ServiceRequest.handler_id)))
        verbs = list(
            session.scalars(select(RequestEvent.verb).order_by(RequestEvent.id))
        )
    assert holders == {world.people["grid"]}
    assert verbs == ["order", "dispatch", "hand_on", "dispatch"]
