"""Reports, and what is about a duty holder: for desks and leaders, nobody below."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import make
import make_requests
import pytest
from make_requests import act, decisions, link_of, numbers, path_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts.models import AuditEntry
from geo_api.duties.drafts import DutyDraft
from geo_api.duties.ledger import add_duties_many
from geo_api.duties.rules import DutyKind
from geo_api.people.drafts import PersonDraft
from geo_api.people.ledger import add_people_many
from geo_api.people.models import Person

BELOW = ["handler", "grid", "village"]
_CONTACT = {"name": "褚先生", "phone": "10098765432"}


def _person(session: Session, world: make.World, key: str) -> UUID:
    return session.get_one(Person, world.people[key]).public_id


@pytest.fixture(params=["report", "complaint", "about", "asked_for"])
def confidential(request, client, session, world) -> dict[str, Any]:
    """One request of each kind that is confidential."""
    about = str(_person(session, world, "grid"))
    changes: dict[str, dict[str, Any]] = {
        "report": {"service_code": "JB-JUBAO"},
        "complaint": {"service_code": "TS-TOUSU", "about": about},
        "about": {"about": about},
        "asked_for": {"is_confidential": True},
    }
    return make_requests.order(
        client, world, contact=_CONTACT, **changes[request.param]
    )


@pytest.mark.parametrize("name", BELOW)
def test_nobody_below_the_desk_knows_of_it(
    client, confidential, sign_in, name: str
) -> None:
    headers, number = sign_in(name), confidential["number"]
    path = path_of(client, confidential)
    assert confidential["handler"] == {
        "person_id": None, "name": "郑*", "duty": "town_desk",
    }  # fmt: skip
    assert numbers(client, headers) == []
    assert numbers(client, headers, q=number) == []
    for url in (path, f"{path}?reveal=contact", f"{path}/history", f"{path}/dispatch"):
        assert client.get(url, headers=headers).status_code == 404
    for verb, body in (
        ("accept", None),
        ("decline", {"reason": "not_my_area"}),
        ("complete", {"note": "好"}),
        ("withdraw", None),
    ):
        act(client, path, verb, headers, body, status=404)


@pytest.mark.parametrize("name", BELOW)
def test_it_is_in_no_figure_and_no_tile_of_those_below(
    client, world, sign_in, name: str
) -> None:
    headers = sign_in(name)
    tile = make_requests.tile_at(*make_requests.point_in_zone(world), 12)
    quiet = client.get(tile, headers=headers).content
    make_requests.order(client, world, service_code="JB-JUBAO")
    assert client.get(tile, headers=headers).content == quiet
    for by in ("area", "service", "day", "stage"):
        summary = client.get("/api/summary", params={"by": by}, headers=headers).json()
        assert summary["totals"]["ordered"] == 0
        assert sum(row["ordered"] for row in summary["rows"]) == 0
    town = client.get("/api/summary", headers=sign_in("town")).json()
    assert town["totals"]["ordered"] == 1
    assert client.get(tile, headers=sign_in("town")).content != quiet


def test_whom_it_is_about_does_not_see_it_as_a_leader_or_a_desk(
    client, session, world, now, sign_in
) -> None:
    leader = add_people_many(
        session,
        [PersonDraft("P-leader", "卫镇长", account_id=world.accounts["town"])],
        now=now,
    )["P-leader"]
    for name, about in (
        ("town", session.get_one(Person, leader).public_id),
        ("town_desk", _person(session, world, "town_desk")),
        ("village", _person(session, world, "village_desk")),
    ):
        ordered = make_requests.order(client, world, about=str(about))
        assert ordered["number"] not in numbers(client, sign_in(name))
        path = path_of(client, ordered)
        assert client.get(path, headers=sign_in(name)).status_code == 404
        assert ordered["number"] in numbers(client, sign_in("county"))


def test_about_the_town_desk_it_goes_to_the_county_desk(
    client, session, world, sign_in
) -> None:
    about = str(_person(session, world, "town_desk"))
    ordered = make_requests.order(client, world, about=about)
    assert ordered["handler"]["duty"] == "county_desk"
    path = path_of(client, ordered)
    (decision,) = decisions(client, path, sign_in("county"))
    subject = next(c for c in decision["candidates"] if c["person_id"] == about)
    assert subject["reason"] == "is_subject"


def test_every_desk_of_the_place_may_take_it(
    client, session, world, now, sign_in
) -> None:
    people = add_people_many(
        session,
        [
            PersonDraft("P-second", "蒋镇值", account_id=world.accounts["stranger"]),
            PersonDraft("P-county2", "沈县值", account_id=world.accounts["grid"]),
        ],
        now=now,
    )
    second, county = people["P-second"], people["P-county2"]
    for key in ("stranger", "grid"):
        session.get_one(Person, world.people[key]).account_id = None
    ids = world.county.ids
    add_duties_many(
        session,
        [
            DutyDraft(second, DutyKind.TOWN_DESK, make.START, area_id=ids["620171101"]),
            DutyDraft(county, DutyKind.COUNTY_DESK, make.START, area_id=ids["620171"]),
        ],
    )
    session.flush()
    ordered = make_requests.order(client, world, service_code="JB-JUBAO")
    path = path_of(client, ordered)
    assert numbers(client, sign_in("stranger")) == [ordered["number"]]
    assert act(client, path, "accept", sign_in("grid"))["handler"]["duty"] == (
        "county_desk"
    )
    act(client, path, "accept", sign_in("stranger"), status=409)


def test_its_chain_are_the_desks(client, session, world, sign_in) -> None:
    ordered = make_requests.order(client, world, service_code="JB-JUBAO")
    path = path_of(client, ordered)
    below = {"person_id": str(_person(session, world, "village_desk"))}
    above = {"person_id": str(_person(session, world, "county_desk"))}
    act(client, path, "transfer", sign_in("town_desk"), below, status=422)
    moved = act(client, path, "transfer", sign_in("town_desk"), above)
    assert moved["handler"]["duty"] == "county_desk"


def test_only_its_handler_learns_who_reported(
    client, session, confidential, sign_in
) -> None:
    path = path_of(client, confidential)
    for name in ("town", "county", "town_desk"):
        shown = client.get(path, headers=sign_in(name)).json()
        assert shown["contact"] is None
        assert "褚" not in str(shown)
    refused = client.get(f"{path}?reveal=contact", headers=sign_in("town"))
    assert refused.status_code == 403
    told = client.get(f"{path}?reveal=contact", headers=sign_in("town_desk")).json()
    assert told["contact"] == {**_CONTACT, "erased_at": None}
    noted = session.scalars(
        select(AuditEntry).where(AuditEntry.fields.contains(["contact.phone"]))
    ).all()
    assert len(noted) == 1


def test_of_a_households_report_leaders_see_no_door(
    client, session, world, sign_in
) -> None:
    listed = client.get("/api/households", headers=sign_in("village")).json()["items"]
    make_requests.order(
        client, world, sign_in("village"), service_code="JB-JUBAO",
        location=None, household_id=listed[0]["id"],
    )  # fmt: skip
    (item,) = client.get("/api/requests", headers=sign_in("town")).json()["items"]
    shown = client.get(f"/api/requests/{item['id']}", headers=sign_in("town")).json()
    for seen in (item, shown):
        assert seen["household_id"] is None
        assert seen["address"] is None
        assert seen["location"] is None
    desk = client.get(f"/api/requests/{item['id']}", headers=sign_in("town_desk"))
    assert desk.json()["household_id"] == listed[0]["id"]


def test_the_administrator_sees_none(client, confidential, sign_in) -> None:
    assert numbers(client, sign_in("admin")) == []


def test_who_enters_a_report_for_somebody_is_told_no_more_than_they(
    client, world, sign_in
) -> None:
    headers = {**sign_in("village"), "Idempotency-Key": "report-1"}
    body = {"service_code": "JB-JUBAO", "channel": "visit"}
    first = make_requests.order(client, world, headers, **body)
    again = make_requests.order(client, world, headers, **body)
    assert again == first
    for name in ("id", "zone", "areas", "explanation"):
        assert first[name] is None
    assert first["handler"] == {"person_id": None, "name": "郑*", "duty": "town_desk"}
    assert numbers(client, sign_in("village")) == []
    assert client.get("/api/requests", headers=link_of(first)).json()["items"]
