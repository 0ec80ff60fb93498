"""Acts on somebody who is shared need all of their duties to be the caller's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import make
import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import select

from geo_api.accounts.models import Account, AuditEntry
from geo_api.duties.drafts import DutyDraft
from geo_api.duties.ledger import add_duties_many
from geo_api.duties.models import Duty
from geo_api.duties.rules import DutyKind
from geo_api.people.drafts import LeaveDraft
from geo_api.people.leave import add_leaves_many
from geo_api.people.models import Leave, Person
from geo_api.zones.models import ResponsibilityZone

_DAYS = {"first_day": "2026-03-04", "last_day": "2026-03-05"}


@dataclass
class Shared:
    """Somebody of the caller's village who answers, or will, elsewhere too."""

    session: Any
    world: make.World
    key: str

    @property
    def row(self) -> Person:
        return self.session.get_one(Person, self.world.people[self.key])

    @property
    def id(self) -> UUID:
        return self.row.public_id

    def ledger(self, **changes: str) -> dict[str, Any]:
        columns = {"人员编码": self.row.code, "姓名": self.row.name, **changes}
        text = f"{','.join(columns)}\n{','.join(columns.values())}\n"
        return {"files": {"file": ("people.csv", text.encode())}}


def _leave_of(shared: Shared) -> str:
    draft = LeaveDraft(shared.row.id, make.TODAY, make.TODAY)
    now = shared.session.scalar(select(Account.created_at).limit(1))
    [id_] = add_leaves_many(shared.session, [draft], now=now)
    return f"/api/leave/{shared.session.get_one(Leave, id_).public_id}"


def _foreign_duty(shared: Shared) -> str:
    """The one that is not the caller's; a village sees it of its own people alone."""
    duty = shared.session.scalars(
        select(Duty).where(Duty.person_id == shared.row.id).order_by(Duty.id.desc())
    ).first()
    return f"/api/duties/{duty.public_id}"


def _account_of(shared: Shared) -> str:
    account = shared.session.get_one(Account, shared.world.accounts["handler"])
    return f"/api/accounts/{account.public_id}"


Asked = tuple[str, dict[str, Any]]
Ask = Callable[[Shared], Asked]


def _patch(**body: Any) -> Ask:
    return lambda shared: (f"/api/people/{shared.id}", {"json": body})


def _imported(**changes: str) -> Ask:
    return lambda shared: (
        "/api/imports/people?commit=true",
        shared.ledger(**changes),
    )


# Each route that acts on people, and each of its ways: what the caller is answered.
REFUSED: list[tuple[str, str, Ask, int]] = [
    ("PATCH /api/people/{person_id}", "name", _patch(name="改过名"), 403),
    ("PATCH /api/people/{person_id}", "phone", _patch(phone="10012345699"), 403),
    ("PATCH /api/people/{person_id}", "no phone", _patch(phone=""), 403),
    ("PATCH /api/people/{person_id}", "party", _patch(is_party_member=True), 403),
    ("PATCH /api/people/{person_id}", "account", _patch(username="grid"), 403),
    ("PATCH /api/people/{person_id}", "end", _patch(is_ended=True), 403),
    ("PATCH /api/people/{person_id}", "back", _patch(is_ended=False), 403),
    (
        "POST /api/leave",
        "enter",
        lambda shared: (
            "/api/leave",
            {"json": {"person_id": str(shared.id), **_DAYS}},
        ),
        403,
    ),
    ("DELETE /api/leave/{leave_id}", "cancel", lambda s: (_leave_of(s), {}), 403),
    ("DELETE /api/duties/{duty_id}", "end", lambda s: (_foreign_duty(s), {}), 404),
    ("POST /api/imports/{ledger}", "name", _imported(姓名="改过名"), 200),
    ("POST /api/imports/{ledger}", "phone", _imported(电话="10012345699"), 200),
    ("POST /api/imports/{ledger}", "party", _imported(党员="是"), 200),
    (
        "PATCH /api/accounts/{account_id}",
        "end",
        lambda s: (_account_of(s), {"json": {"is_ended": True}}),
        403,
    ),
]
# These add what is the caller's own to give, and change nobody.
_ADDING = {"POST /api/people", "POST /api/duties", "POST /api/accounts"}
_ABOUT_PEOPLE = (
    "/api/people", "/api/duties", "/api/leave", "/api/accounts", "/api/imports",
)  # fmt: skip


def test_every_route_that_acts_on_people_is_walked(app) -> None:
    acting = {
        f"{method} {route.path}"
        for route in iter_route_contexts(app.routes)
        for method in (route.methods or set()) - {"GET", "HEAD"}
        if (route.path or "").startswith(_ABOUT_PEOPLE)
    }
    assert acting == {route for route, *_ in REFUSED} | _ADDING


@pytest.fixture(params=["desk", "elsewhere", "to_come"])
def shared(request, session, world) -> Shared:
    """Who also holds a desk, or cares for a group elsewhere, today or from April on."""
    ids, kind, key, area = world.county.ids, DutyKind.GRID, "care", "620171102202001"
    day = make.START
    if request.param == "desk":
        kind, key, area = DutyKind.TOWN_DESK, "stationed", "620171101"
    if request.param == "to_come":
        day = make.TODAY + timedelta(days=30)
    draft = DutyDraft(world.people[key], kind, day, area_id=ids[area])
    add_duties_many(session, [draft])
    return Shared(session, world, key)


@pytest.mark.parametrize(
    ("route", "ask", "status"),
    [pytest.param(r, a, s, id=f"{r} {way}") for r, way, a, s in REFUSED],
)
def test_who_also_answers_elsewhere_is_changed_by_nobody_here(
    client, session, shared, sign_in, route, ask, status
) -> None:
    before = dict(shared.row.__dict__)
    url, options = ask(shared)
    method = route.split()[0]
    reply = client.request(method, url, headers=sign_in("village"), **options)
    assert reply.status_code == status, reply.text
    if status == 200:
        assert reply.json()["is_committed"] is False
        assert reply.json()["problems"][0]["mend"]
    after = dict(shared.row.__dict__)
    assert {k: v for k, v in after.items() if k[0] != "_"} == {
        k: v for k, v in before.items() if k[0] != "_"
    }
    left = select(Leave.cancelled_at).where(Leave.person_id == shared.row.id)
    assert set(session.scalars(left)) <= {None}
    done = select(AuditEntry.action).where(AuditEntry.action.startswith("person."))
    assert list(session.scalars(done)) == []


def test_whose_duties_all_lie_here_is_the_villages_to_change(
    client, session, world, sign_in
) -> None:
    shared, headers = Shared(session, world, "stationed"), sign_in("village")
    path = f"/api/people/{shared.id}"
    assert client.patch(path, json={"name": "改过名"}, headers=headers).is_success
    body = {"person_id": str(shared.id), **_DAYS}
    assert client.post("/api/leave", json=body, headers=headers).is_success


def test_ones_own_leave_is_ones_own_wherever_one_answers(
    client, session, world, sign_in
) -> None:
    elsewhere = DutyDraft(
        world.people["care"],
        DutyKind.GRID,
        make.START,
        area_id=world.county.ids[make.OTHER_VILLAGE],
    )
    add_duties_many(session, [elsewhere])
    shared, headers = Shared(session, world, "care"), sign_in("handler")
    body = {"person_id": str(shared.id), **_DAYS}
    taken = client.post("/api/leave", json=body, headers=headers)
    assert taken.status_code == 201, taken.text
    path = f"/api/leave/{taken.json()['id']}"
    assert client.delete(path, headers=sign_in("village")).status_code == 403
    assert client.delete(path, headers=headers).status_code == 204


def test_a_ledger_that_changes_nobody_may_give_them_a_duty(
    client, session, shared, sign_in
) -> None:
    options = shared.ledger(
        电话="", 职责="网格", 区划或责任区编码=make.GROUP, 起始日期="2026-03-02"
    )
    reply = client.post(
        "/api/imports/people?commit=true", headers=sign_in("village"), **options
    )
    assert reply.json()["is_committed"] is True, reply.text


def test_a_duty_elsewhere_lets_a_cadre_see_a_zone_and_keep_nothing_of_it(
    client, session, world, sign_in
) -> None:
    zone = session.get_one(ResponsibilityZone, world.zones[make.ZONE])
    # The cadre of the other village cares for households of this one.
    cadre = session.get_one(Person, world.people["other_desk"])
    cadre.account_id = world.accounts["other_village"]
    care = DutyDraft(
        cadre.id, DutyKind.HOUSEHOLD_CARE, make.START, zone_id=world.zones[make.ZONE]
    )
    add_duties_many(session, [care])
    headers = sign_in("other_village")
    path = f"/api/zones/{zone.public_id}"
    duty = session.get_one(Duty, world.duties["care"]).public_id
    given = {
        "person_id": str(cadre.public_id),
        "kind": "household_care",
        "zone_id": str(zone.public_id),
        "valid_from": "2030-01-01",
    }
    assert client.get(path, headers=headers).status_code == 200
    for method, url, body, status in (
        ("PATCH", path, {"name": "改过名"}, 403),
        ("PUT", f"{path}/households", {"household_ids": []}, 403),
        ("POST", f"{path}/households", {"household_ids": []}, 403),
        ("DELETE", f"/api/duties/{duty}", None, 403),
        ("POST", "/api/duties", given, 404),
    ):
        reply = client.request(method, url, json=body, headers=headers)
        assert reply.status_code == status, (method, url, reply.text)
    assert session.get_one(Duty, world.duties["care"]).valid_to is None
