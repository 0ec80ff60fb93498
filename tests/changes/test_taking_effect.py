"""Boundaries that were planned take effect as an act: all moves, or nothing does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import make
import make_editions
import make_requests
import pytest
from make_editions import DAY, MERGED, NEIGHBOUR, TOWN
from sqlalchemy import select, text

from geo_api.accounts.rules import Actor
from geo_api.areas.geography import number_of
from geo_api.areas.models import AreaCode, AreaName, Edition
from geo_api.areas.rules import EditionReason
from geo_api.areas.service import current_edition, get_area
from geo_api.changes.activation import foresee_effect, roll_back, take_effect
from geo_api.changes.effect import Effect
from geo_api.duties.models import Duty
from geo_api.errors import Conflict
from geo_api.households.ledger import add_many
from geo_api.households.models import Household, HouseholdPlace
from geo_api.households.rules import HouseholdDraft
from geo_api.people.models import Person
from geo_api.requests.models import DispatchDecision, RequestEvent, ServiceRequest
from geo_api.zones.models import ResponsibilityZone

# Past the day on which the editions are planned to take effect.
ON = datetime.fromisoformat("2026-06-01T00:00:30+08:00")


@pytest.fixture
def plan(session, world, now) -> Callable[..., Edition]:
    """Store boundaries for the first of June."""

    def run(rows: list[make_editions.Row], **more: Any) -> Edition:
        return make_editions.stored(session, rows, now, **more)

    return run


@pytest.fixture
def perform(session, settings) -> Callable[..., Effect]:
    """Put an edition in force on its day."""

    def run(edition: Edition, at: datetime = ON) -> Effect:
        session.expire_all()
        return take_effect(session, edition, actor=Actor(), now=at, settings=settings)

    return run


def _request(session, number: str) -> ServiceRequest:
    return session.scalars(
        select(ServiceRequest)
        .where(ServiceRequest.number == number)
        .execution_options(populate_existing=True)
    ).one()


def _holder(session, request: ServiceRequest) -> str:
    return session.get_one(Person, request.handler_id).code


def _verbs(session, request: ServiceRequest) -> list[str]:
    return list(
        session.scalars(
            select(RequestEvent.verb)
            .where(RequestEvent.request_id == request.id)
            .order_by(RequestEvent.sequence)
        )
    )


def _told(session) -> list[tuple]:
    """Codes and names as they are told of, whoever asks."""
    codes = select(AreaCode.area_id, AreaCode.code, AreaCode.valid_to)
    names = select(AreaName.area_id, AreaName.name, AreaName.kind, AreaName.valid_to)
    return [
        *map(tuple, session.execute(codes.order_by(AreaCode.id))),
        *map(tuple, session.execute(names.order_by(AreaName.id))),
    ]


def test_a_stored_draft_changes_no_code_no_name_and_no_answer(
    session, client, plan
) -> None:
    def seen() -> list[Any]:
        paths = ("", f"/{make.VILLAGE}", f"/{make.VILLAGE}?at={DAY}", "?q=村")
        return [client.get(f"/api/areas{path}").json() for path in paths]

    before, told = seen(), _told(session)
    plan(make_editions.recoded(), reason=EditionReason.RECODE)
    assert seen() == before
    assert _told(session) == told
    reply = client.get("/api/areas/620171109")
    assert reply.status_code == 404


def test_it_is_in_force_once_it_is_performed_and_not_because_a_day_has_come(
    session, world, plan, perform
) -> None:
    edition = plan(make_editions.recoded(), reason=EditionReason.RECODE)
    late = DAY + timedelta(days=3)
    assert current_edition(session, day=late).id == world.county.edition_id
    before = number_of(session)
    perform(edition)
    assert current_edition(session, day=late).id == edition.id
    assert number_of(session) > before
    # It holds from its day on, and the days before are as they were.
    assert edition.active_from == DAY
    assert get_area(session, TOWN, day=DAY).code == "620171109"
    yesterday = DAY - timedelta(days=1)
    assert get_area(session, TOWN, day=yesterday).code == TOWN
    with pytest.raises(Conflict):
        perform(edition)


def test_by_hand_it_holds_from_today(session, plan, perform, now) -> None:
    edition = plan(make_editions.merged())
    perform(edition, now)
    assert edition.active_from == now.date()
    assert get_area(session, MERGED, day=now.date()).name == "合并村"


def test_a_plan_takes_effect_in_its_turn(session, plan, perform, settings, now) -> None:
    plan(make_editions.recoded(), day=DAY - timedelta(days=9))
    later = plan(make_editions.merged())
    assert foresee_effect(session, later, now=now, settings=settings).areas
    with pytest.raises(Conflict, match="planned"):
        perform(later, now)


def test_a_duty_passes_to_the_new_area_that_takes_over_and_ends_otherwise(
    session, world, plan, perform
) -> None:
    effect = perform(plan(make_editions.merged()))
    passed = {(d.kind, d.passes_to and d.passes_to.code) for d in effect.duties}
    assert passed == {
        ("grid", f"{MERGED}001"),
        ("village_desk", MERGED),
        ("stationed", MERGED),
        ("village_lead", MERGED),
    }
    old = session.get_one(Duty, world.duties["village_desk"], populate_existing=True)
    assert old.valid_to == DAY
    (new,) = session.scalars(
        select(Duty).where(Duty.person_id == old.person_id, Duty.valid_to.is_(None))
    )
    area = get_area(session, MERGED, day=DAY)
    assert (new.kind, new.area_id, new.valid_from) == ("village_desk", area.id, DAY)
    assert effect.desks == ()


def test_who_is_absorbed_by_a_village_that_stays_holds_nothing_there(
    session, world, plan, perform
) -> None:
    effect = perform(plan(make_editions.absorbed()))
    # The neighbour had no desk before, and has none now; the groups are new ones.
    ends = {d.kind for d in effect.duties if d.passes_to is None}
    assert ends == {"village_desk", "stationed", "village_lead"}
    old = session.get_one(Duty, world.duties["village_desk"], populate_existing=True)
    assert old.valid_to == DAY
    assert session.scalars(
        select(Duty.id).where(Duty.person_id == old.person_id)
    ).all() == [old.id]


def test_a_zone_goes_with_its_households_and_keeps_its_code_and_holder(
    session, world, plan, perform
) -> None:
    effect = perform(plan(make_editions.merged()))
    assert {z.code for z in effect.zones} == set(world.zones)
    group = get_area(session, f"{MERGED}001", day=DAY)
    for zone_id in world.zones.values():
        zone = session.get_one(ResponsibilityZone, zone_id, populate_existing=True)
        assert (zone.area_id, zone.valid_to) == (group.id, None)
    care = session.get_one(Duty, world.duties["care"], populate_existing=True)
    assert care.valid_to is None


def test_an_open_request_lies_in_the_new_areas_and_stays_with_who_answers_there(
    session, client, world, plan, perform
) -> None:
    by_zone = make_requests.order(client, world)["number"]
    center = dict(zip(("lon", "lat"), world.point(f"{make.VILLAGE}002"), strict=True))
    by_desk = make_requests.order(client, world, location={**center, "crs": "wgs84"})
    before = [_request(session, n) for n in (by_zone, by_desk["number"])]
    held = [(_holder(session, r), r.zone_id, _verbs(session, r)) for r in before]
    assert [holder for holder, _, _ in held] == ["P-care", "P-village_desk"]
    edition = plan(make_editions.merged())
    effect = perform(edition)
    assert (effect.requests_moved, effect.requests_handed_on) == (2, 0)
    after = [_request(session, n) for n in (by_zone, by_desk["number"])]
    assert held == [(_holder(session, r), r.zone_id, _verbs(session, r)) for r in after]
    village = get_area(session, MERGED, day=DAY).id
    assert {(r.edition_id, r.village_id) for r in after} == {(edition.id, village)}
    # The desk's goes on by the duty in the new village.
    duty = session.get_one(Duty, after[1].handler_duty_id)
    assert (duty.area_id, duty.valid_to) == (village, None)
    # Decisions keep saying where it lay.
    kept = set(session.scalars(select(DispatchDecision.edition_id)))
    assert kept == {world.county.edition_id}


def test_an_open_request_whose_holder_answers_there_no_more_is_handed_on(
    session, client, world, plan, perform
) -> None:
    lon, lat = world.point(f"{make.VILLAGE}002")
    where = {"lon": lon, "lat": lat, "crs": "wgs84"}
    number = make_requests.order(client, world, location=where)["number"]
    edition = plan(make_editions.absorbed())
    effect = perform(edition)
    assert (effect.requests_moved, effect.requests_handed_on) == (1, 1)
    request = _request(session, number)
    # The neighbour has no desk of its own: the town's is asked.
    assert _holder(session, request) == "P-town_desk"
    assert _verbs(session, request) == ["order", "dispatch", "hand_on", "dispatch"]
    event = session.scalars(
        select(RequestEvent).where(RequestEvent.verb == "hand_on")
    ).one()
    assert event.payload["reason"] == "boundaries_changed"
    decision = session.scalars(
        select(DispatchDecision).order_by(DispatchDecision.id.desc()).limit(1)
    ).one()
    assert decision.edition_id == edition.id
    # It was not found by a number of shapes that are in force no more.
    assert decision.inputs["where"]["geography_version"] is None


def test_a_request_whose_areas_stay_moves_nowhere_though_its_zone_was_drawn_anew(
    session, client, world, plan, perform
) -> None:
    number = make_requests.order(client, world)["number"]
    zone_id = _request(session, number).zone_id
    session.execute(
        text("UPDATE responsibility_zone SET valid_to = :day WHERE id = :id"),
        {"day": DAY - timedelta(days=9), "id": zone_id},
    )
    effect = perform(plan(make.county_tree()))
    assert (effect.requests_moved, effect.requests_handed_on) == (0, 0)
    assert _request(session, number).zone_id == zone_id


def test_a_closed_request_stays_where_it_lay(
    session, client, world, plan, perform
) -> None:
    ordered = make_requests.order(client, world)
    path = make_requests.path_of(client, ordered)
    make_requests.act(
        client, path, "withdraw", make_requests.link_of(ordered), {"reason": "不用了"}
    )
    effect = perform(plan(make_editions.merged()))
    assert effect.requests_moved == 0
    request = _request(session, ordered["number"])
    assert request.edition_id == world.county.edition_id
    assert request.village_id == world.county.ids[make.VILLAGE]


def test_what_lies_nowhere_any_more_lies_in_what_is_left_of_its_areas(
    session, client, world, plan, perform, sign_in
) -> None:
    """An order for a village by its code: the village goes, and nobody takes over."""
    number = make_requests.order(
        client, world, sign_in("county"), location=None, area_code=make.VILLAGE
    )["number"]
    perform(plan(make_editions.absorbed()))
    request = _request(session, number)
    town = get_area(session, TOWN, day=DAY).id
    assert (request.town_id, request.village_id) == (town, None)
    assert _holder(session, request) == "P-town_desk"


def test_lists_tell_of_a_household_the_label_of_the_area_it_lies_in(
    session, client, world, plan, perform, sign_in
) -> None:
    household = session.get_one(Household, world.households[0])
    number = make_requests.order(
        client,
        world,
        sign_in("village"),
        location={"household_id": str(household.public_id)},
    )["number"]
    perform(plan(make_editions.merged()))
    listed = session.execute(
        text(
            "SELECT ST_Equals(r.listed_point, s.label_point)"
            " FROM service_request r JOIN edition_area a"
            " ON a.edition_id = r.edition_id AND a.area_id = r.group_id"
            " JOIN shape s ON s.id = a.shape_id WHERE r.number = :number"
        ),
        {"number": number},
    ).scalar_one()
    assert listed is True


def _everything(session) -> dict[str, list[tuple]]:
    tables = ("edition", "area_code", "area_name", "duty", "responsibility_zone",
              "household_place", "service_request", "request_event", "audit_entry",
              "outbox")  # fmt: skip
    return {
        table: sorted(
            map(tuple, session.execute(text(f"SELECT {table}::text FROM {table}")))
        )
        for table in tables
    }


def test_what_is_foreseen_is_what_happens_and_foreseeing_changes_nothing(
    session, client, world, plan, perform, settings
) -> None:
    lon, lat = world.point(f"{make.VILLAGE}002")
    where = {"lon": lon, "lat": lat, "crs": "wgs84"}
    make_requests.order(client, world, location=where)
    make_requests.order(client, world)
    edition = plan(make_editions.absorbed())
    before, number = _everything(session), number_of(session)
    foreseen = foresee_effect(session, edition, now=ON, settings=settings)
    assert _everything(session) == before
    assert number_of(session) == number
    assert perform(edition) == foreseen
    assert foreseen.requests_moved == 2
    assert foreseen.requests_handed_on == 1


def test_who_comes_after_the_plan_has_a_place_in_it_too(
    session, cipher, world, plan, now
) -> None:
    edition = plan(make_editions.merged())
    lon, lat = world.point(f"{NEIGHBOUR}001")
    draft = HouseholdDraft(
        code="H-9", address="一社9号", head_name="赵后来", lon=lon, lat=lat, crs="wgs84"
    )
    current = world.county.edition_id
    (added,) = add_many(session, cipher, [draft], edition_id=current, now=now)
    areas = select(HouseholdPlace.edition_id, HouseholdPlace.village_id).where(
        HouseholdPlace.household_id == added
    )
    found = dict(session.execute(areas).all())
    assert found.keys() == {current, edition.id}
    # Moved, it is tied anew in both.
    x, y = world.point(f"{make.OTHER_VILLAGE}001")
    moved = replace(draft, lon=x, lat=y)
    add_many(session, cipher, [moved], edition_id=current, now=now)
    again = dict(session.execute(areas).all())
    other = world.county.ids[make.OTHER_VILLAGE]
    assert again == {current: other, edition.id: other} != found


def test_a_household_that_has_no_place_in_a_plan_is_given_one_as_it_takes_effect(
    session, world, plan, perform
) -> None:
    edition = plan(make_editions.merged())
    session.execute(
        text("DELETE FROM household_place WHERE edition_id = :id"), {"id": edition.id}
    )
    effect = perform(edition)
    places = select(HouseholdPlace.household_id).where(
        HouseholdPlace.edition_id == edition.id
    )
    assert set(session.scalars(places)) == set(world.households)
    assert (effect.households_moved, effect.households_outside) == (2, 0)


def test_boundaries_under_which_nobody_holds_the_countys_desk_are_refused(
    session, world, plan, perform
) -> None:
    # A county of another code that covers half of the old one.
    rows = [
        (code, name, kind, "999" if parent == "620171" else parent, shape)
        for code, name, kind, parent, shape in make.county_tree()
        if code == TOWN or code.startswith(f"{TOWN}2")
    ]
    town = next(row for row in rows if row[0] == TOWN)
    county = ("999", "别县", "county", None, town[4])
    edition = plan([county, *rows])
    with pytest.raises(Conflict, match="desk"), session.begin_nested():
        perform(edition)
    assert current_edition(session, day=DAY).id == world.county.edition_id


def test_a_rollback_puts_a_copy_of_the_old_in_force_and_everything_back(
    session, client, world, plan, perform, settings
) -> None:
    number = make_requests.order(client, world)["number"]
    perform(plan(make_editions.recoded(), reason=EditionReason.RECODE))
    old = session.get_one(Edition, world.county.edition_id)
    later = ON + timedelta(days=1)
    edition, effect = roll_back(
        session, old, actor=Actor(), now=later, settings=settings
    )
    day = later.date()
    assert current_edition(session, day=day).id == edition.id != old.id
    assert (edition.reason, edition.active_from) == ("rollback", day)
    assert get_area(session, make.VILLAGE, day=day).code == make.VILLAGE
    assert get_area(session, "620171109", day=day).code == TOWN
    assert _request(session, number).edition_id == edition.id
    assert effect.duties == effect.desks == ()
    assert sum("recoded" in area.how for area in effect.areas) == 7


@pytest.mark.parametrize("rows", [make_editions.merged, make_editions.absorbed])
def test_who_lost_a_duty_with_its_area_has_it_again_when_the_area_comes_back(
    session, client, world, plan, perform, settings, rows
) -> None:
    lon, lat = world.point(f"{make.VILLAGE}002")
    where = {"lon": lon, "lat": lat, "crs": "wgs84"}
    number = make_requests.order(client, world, location=where)["number"]
    in_zone = make_requests.order(client, world)["number"]
    perform(plan(rows()))
    old = session.get_one(Edition, world.county.edition_id)
    later = ON + timedelta(days=3)
    _, effect = roll_back(session, old, actor=Actor(), now=later, settings=settings)
    assert [(d.kind, d.person_code) for d in effect.duties_returning] == [
        ("grid", "P-grid"),
        ("stationed", "P-stationed"),
        ("village_desk", "P-village_desk"),
        ("village_lead", "P-village_lead"),
    ]
    assert make.VILLAGE not in {desk.area.code for desk in effect.desks}
    held = session.execute(
        select(Duty.kind, Duty.valid_from, Duty.valid_to)
        .where(Duty.area_id == world.county.ids[make.VILLAGE])
        .order_by(Duty.kind, Duty.valid_from)
    ).all()
    start = session.get_one(Duty, world.duties["care"]).valid_from
    assert [tuple(row) for row in held] == [
        (kind, *days)
        for kind in ("stationed", "village_desk", "village_lead")
        for days in ((start, DAY), (later.date(), None))
    ]
    # The zone has come back, too, and its holder has kept what lies in it.
    request = _request(session, in_zone)
    assert request.group_id == world.county.ids[make.GROUP]
    assert (_holder(session, request), request.zone_id) == (
        "P-care",
        world.zones[make.ZONE],
    )
    desk = _holder(session, _request(session, number))
    assert desk == ("P-village_desk" if rows is make_editions.merged else "P-town_desk")


def test_what_was_never_in_force_is_not_gone_back_to(session, plan, settings) -> None:
    edition = plan(make_editions.merged())
    with pytest.raises(Conflict, match="never"):
        roll_back(session, edition, actor=Actor(), now=ON, settings=settings)


def test_a_plan_whose_day_passes_under_newer_boundaries_goes(
    session, world, plan, perform, settings
) -> None:
    edition = plan(make_editions.merged())
    old = session.get_one(Edition, world.county.edition_id)
    roll_back(
        session, old, actor=Actor(), now=ON + timedelta(days=2), settings=settings
    )
    session.refresh(edition)
    assert edition.superseded_at is not None
    with pytest.raises(Conflict, match="taken the place"):
        perform(edition)


def test_the_effect_is_told_to_the_administrator_alone(
    session, client, world, plan, sign_in
) -> None:
    edition = plan(make_editions.absorbed())
    path = f"/api/editions/{edition.public_id}/effect"
    for caller in ("county", "town", "village", "auditor"):
        assert client.get(path, headers=sign_in(caller)).status_code == 403
    reply = client.get(path, headers=sign_in("admin"))
    assert reply.status_code == 200, reply.text
    told = reply.json()
    assert [a["name"] for a in told["accounts"]] == ["village"]
    assert {d["person_code"] for d in told["duties"]} == {
        "P-grid", "P-village_desk", "P-stationed", "P-village_lead",
    }  # fmt: skip
    gone = [a["before"]["code"] for a in told["areas"] if a["after"] is None]
    assert gone == [make.VILLAGE, f"{make.VILLAGE}001", f"{make.VILLAGE}002"]
    active = session.get_one(Edition, world.county.edition_id).public_id
    reply = client.get(f"/api/editions/{active}/effect", headers=sign_in("admin"))
    assert reply.status_code == 409


def test_desks_that_would_be_missing_are_named(session, world, plan, perform) -> None:
    """The town goes and its desk with it; the new one is drawn otherwise."""
    shapes = {row[0]: row[4] for row in make.county_tree()}
    halves = make._halves(shapes[TOWN])
    rows = [row for row in make.county_tree() if not row[0].startswith(TOWN)]
    new = [
        (f"62017110{i}", f"新{i}镇", "town", "620171", half)
        for i, half in zip((7, 8), halves, strict=True)
    ]
    effect = perform(plan([*rows, *new], reason=EditionReason.SPLIT))
    assert [(d.kind, d.area.code) for d in effect.desks] == [
        ("town_desk", "620171107"),
        ("town_desk", "620171108"),
    ]


def test_there_is_no_effect_of_an_edition_that_there_is_not(client, sign_in, world):
    unknown = "019a0000-0000-7000-8000-000000000007"
    reply = client.get(f"/api/editions/{unknown}/effect", headers=sign_in("admin"))
    assert reply.status_code == 404
    assert reply.json()["errors"][0]["mend"]
