"""Who stands in answers what the absent one answers, is here and has not left."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import make
import make_requests
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from geo_api.duties.drafts import DutyDraft
from geo_api.duties.ledger import add_duties_many
from geo_api.duties.rules import DutyKind, Hindrance, Substitute, find_hindrance
from geo_api.people.drafts import LeaveDraft
from geo_api.people.leave import add_leaves_many
from geo_api.people.models import Leave, Person
from geo_api.people.rules import Absence

FIRST, LAST = make.TODAY, make.TODAY + timedelta(days=4)
# What desks alone answer.
CONFIDENTIAL = {"is_confidential": True}
IN_TOWN = {"location": {"area_code": "620171101"}}


def _person(session: Session, world: make.World, key: str) -> str:
    return str(session.get_one(Person, world.people[key]).public_id)


def _enter(
    client, session, world, headers, away: str, by: str, *, last: date = LAST
) -> Any:
    body = {
        "person_id": _person(session, world, away),
        "substitute_id": _person(session, world, by),
        "first_day": FIRST.isoformat(),
        "last_day": last.isoformat(),
    }
    return client.post("/api/leave", json=body, headers=headers)


def _store(session: Session, world: make.World, away: str, by: str | None) -> None:
    """A leave as it was entered when all was well."""
    by_id = world.people[by] if by else None
    draft = LeaveDraft(world.people[away], FIRST, LAST, by_id)
    now = datetime.fromisoformat("2026-03-01T10:00:00+08:00")
    add_leaves_many(session, [draft], now=now)


def _leave(session: Session, world: make.World, key: str, now: datetime) -> None:
    session.get_one(Person, world.people[key]).ended_at = now
    session.flush()


@pytest.mark.parametrize(
    ("away", "by", "status"),
    [
        ("town_desk", "care", 422),
        ("town_desk", "grid", 422),
        ("town_desk", "village_lead", 422),
        ("town_desk", "other_desk", 201),
        ("town_desk", "county_desk", 201),
        ("county_desk", "village_desk", 422),
        ("care", "grid", 201),
        ("village_desk", "care", 201),
    ],
)
def test_only_who_holds_a_desk_may_stand_in_at_one(
    client, session, world, sign_in, away, by, status
) -> None:
    reply = _enter(client, session, world, sign_in("admin"), away, by)
    assert reply.status_code == status, reply.text
    if status == 422:
        [error] = reply.json()["errors"]
        assert error["loc"] == ["body", "substitute_id"]
        assert error["mend"]
        assert session.scalar(select(func.count()).select_from(Leave)) == 0


def test_a_desk_given_for_these_days_makes_a_substitute(
    client, session, world, sign_in
) -> None:
    desk = {"area_id": world.county.ids["620171101"]}
    for days in (LAST, LAST + timedelta(days=1)):
        person = world.people["village_lead"]
        draft = DutyDraft(person, DutyKind.TOWN_DESK, FIRST, days, **desk)
        add_duties_many(session, [draft])
        reply = _enter(
            client, session, world, sign_in("town"), "town_desk", "village_lead"
        )
        assert reply.status_code == (422 if days == LAST else 201), reply.text


@pytest.mark.parametrize("why", ["left", "away"])
def test_who_has_left_or_is_away_is_refused_as_a_substitute(
    client, session, world, sign_in, now, why
) -> None:
    if why == "left":
        _leave(session, world, "grid", now)
    else:
        _store(session, world, "grid", None)
    reply = _enter(client, session, world, sign_in("village"), "care", "grid")
    assert reply.status_code == 422, reply.text
    [error] = reply.json()["errors"]
    assert error["loc"] == ["body", "substitute_id"]
    assert error["mend"]


def _asked(client, world, sign_in, **order: Any) -> dict[str, str]:
    """By duty why each candidate was passed over or asked, as a leader reads it."""
    ordered = make_requests.order(client, world, **order)
    path = make_requests.path_of(client, ordered)
    [decision] = make_requests.decisions(client, path, sign_in("county"))
    reasons = {c["duty"]: c["reason"] for c in decision["candidates"]}
    return {"by": decision["chosen"]["duty"], **reasons}


@pytest.mark.parametrize("order", [IN_TOWN, CONFIDENTIAL])
def test_a_carer_who_was_named_for_a_desk_is_never_asked(
    client, session, world, sign_in, order
) -> None:
    _store(session, world, "town_desk", "care")
    asked = _asked(client, world, sign_in, **order)
    assert asked["town_desk"] == "substitute_no_desk"
    assert asked["by"] == "county_desk"
    # Nor is the desk's reach theirs meanwhile.
    elsewhere = make_requests.order(client, world, **IN_TOWN)
    headers = sign_in("handler")
    assert elsewhere["number"] not in make_requests.numbers(client, headers)


def test_a_desk_of_another_town_stands_in_at_a_desk(
    client, session, world, sign_in
) -> None:
    _store(session, world, "town_desk", "other_desk")
    asked = _asked(client, world, sign_in, **CONFIDENTIAL)
    assert asked["town_desk"] == "chosen_as_substitute"


def test_who_has_left_is_not_asked_to_stand_in(
    client, session, world, sign_in, now
) -> None:
    _store(session, world, "care", "stationed")
    _leave(session, world, "stationed", now)
    asked = _asked(client, world, sign_in)
    assert asked["household_care"] == "substitute_left"
    assert asked["by"] == "grid"
    [listed] = client.get("/api/leave", headers=sign_in("village")).json()["items"]
    assert listed["substitute_id"] is None
    assert listed["substitute_name"] is None


def test_a_substitute_who_is_away_is_passed_over_and_theirs_is_not_asked(
    client, session, world, sign_in
) -> None:
    _store(session, world, "care", "stationed")
    _store(session, world, "stationed", "village_desk")
    asked = _asked(client, world, sign_in)
    assert asked["household_care"] == "substitute_away"
    assert asked["by"] == "grid"


def test_whom_it_is_about_does_not_stand_in(client, session, world, sign_in) -> None:
    _store(session, world, "town_desk", "other_desk")
    about = _person(session, world, "other_desk")
    asked = _asked(client, world, sign_in, about=about)
    assert asked["town_desk"] == "substitute_barred"
    assert asked["by"] == "county_desk"


def test_of_two_leaves_on_a_day_the_one_with_somebody_to_ask_counts(
    client, session, world, sign_in
) -> None:
    _store(session, world, "care", None)
    _store(session, world, "care", "village_desk")
    assert _asked(client, world, sign_in)["household_care"] == "chosen_as_substitute"


def test_a_desk_must_be_held_on_each_of_the_days() -> None:
    days = {"first_day": FIRST, "last_day": LAST}
    until = LAST + timedelta(days=1)
    for desks, kinds, found in (
        ([], {DutyKind.GRID}, None),
        ([], {DutyKind.GRID, DutyKind.TOWN_DESK}, Hindrance.NO_DESK),
        ([(FIRST, LAST)], {DutyKind.TOWN_DESK}, Hindrance.NO_DESK),
        ([(FIRST, LAST), (LAST, None)], {DutyKind.COUNTY_DESK}, None),
        ([(FIRST, until)], {DutyKind.TOWN_DESK}, None),
    ):
        substitute = Substitute(desks=desks)
        assert find_hindrance(substitute, kinds, **days) is found
    away = Substitute(absences=[Absence(1, LAST, until, None)])
    assert find_hindrance(away, set(), **days) is Hindrance.AWAY
    assert find_hindrance(away, set(), first_day=FIRST, last_day=FIRST) is None
