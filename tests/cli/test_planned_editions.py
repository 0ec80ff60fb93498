"""Editions from the terminal, and the worker that performs what was planned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import make
import make_editions
import pytest
from sqlalchemy import select, text

from geo_api.areas.models import Edition
from geo_api.areas.service import current_edition
from geo_api.cli import plans
from geo_api.cli.plans import perform_due
from geo_api.errors import Conflict
from geo_api.http.context import Context
from geo_api.jobs.service import turn
from geo_api.settings import Settings

TZ = ZoneInfo("Asia/Shanghai")
MIDNIGHT = datetime(2026, 6, 1, tzinfo=TZ)


@pytest.fixture
def planned(database, world) -> Edition:
    """Boundaries for the first of June, or for a day from now on."""
    with database.sessions.transaction() as session:
        now = datetime(2026, 3, 2, 10, tzinfo=TZ)
        return make_editions.stored(session, make_editions.absorbed(), now)


@pytest.fixture
def context(database, cipher, clock) -> Context:
    return Context(Settings(), database.sessions, cipher, clock)


def _in_force(database) -> int:
    with database.sessions.transaction() as session:
        return current_edition(session, day=datetime(2027, 1, 1, tzinfo=UTC).date()).id


def test_a_plan_is_performed_when_its_day_begins_by_the_countys_clocks(
    context, database, world, planned, clock
) -> None:
    clock.now = MIDNIGHT - timedelta(seconds=1)
    perform_due(context)
    assert _in_force(database) == world.county.edition_id
    clock.now = MIDNIGHT
    perform_due(context)
    assert _in_force(database) == planned.id
    perform_due(context)
    assert _in_force(database) == planned.id


def test_plans_that_were_missed_are_performed_one_after_the_other(
    context, database, world, clock
) -> None:
    with database.sessions.transaction() as session:
        first = make_editions.stored(session, make_editions.merged(), clock.now)
        second = make_editions.stored(
            session,
            make.county_tree(),
            clock.now,
            day=make_editions.DAY + timedelta(days=5),
        )
    clock.now = MIDNIGHT + timedelta(days=60)
    perform_due(context)
    assert _in_force(database) == second.id
    with database.sessions.transaction() as session:
        rows = session.execute(
            select(Edition.id, Edition.active_from).where(
                Edition.activated_at == clock.now
            )
        ).all()
    days = {first.id: make_editions.DAY, second.id: second.active_from}
    assert dict(rows) == days


def test_a_plan_that_fails_is_tried_again_and_what_was_stays_in_force(
    context, database, world, planned, clock, monkeypatch, capsys
) -> None:
    tried: list[datetime] = []
    take_effect = plans.take_effect

    def fail(session, edition, **more):
        take_effect(session, edition, **more)
        tried.append(clock.now)
        raise Conflict("Nobody would hold the desk of %(name)s any more", name="县")

    monkeypatch.setattr(plans, "take_effect", fail)
    clock.now = MIDNIGHT
    for minutes in (0, 1, 59):
        clock.now = MIDNIGHT + timedelta(minutes=minutes)
        perform_due(context)
    assert tried == [MIDNIGHT]
    assert _in_force(database) == world.county.edition_id
    assert "desk" in capsys.readouterr().err
    monkeypatch.undo()
    clock.now = MIDNIGHT + timedelta(hours=1)
    perform_due(context)
    assert _in_force(database) == planned.id


def test_a_plan_is_performed_by_one_worker(
    context, database, world, planned, clock
) -> None:
    clock.now = MIDNIGHT
    with turn(context.sessions, "editions"):
        perform_due(context)
        assert _in_force(database) == world.county.edition_id


def test_the_terminal_lists_foresees_performs_and_goes_back(
    run, database, world, planned
) -> None:
    listed = [line.split("\t") for line in run("editions", "list").out.splitlines()]
    assert [(day, state) for _, day, state, _ in listed] == [
        ("2026-06-01", "planned"),
        ("2020-01-01", "in force"),
    ]
    said = run("editions", "effect", planned.public_id)
    assert said.code == 0
    assert "Account village is for 西南村 (620171101201), which goes" in said.out
    assert (
        "Duty village desk of P-village_desk on 西南村 (620171101201) ends" in said.out
    )
    assert _in_force(database) == world.county.edition_id
    done = run("editions", "take-effect", planned.public_id)
    assert done.out.startswith(said.out)
    assert done.out.splitlines()[-1].startswith("In force: ")
    assert _in_force(database) == planned.id
    again = run("editions", "take-effect", planned.public_id)
    assert again.code == 1
    assert "has been activated already" in again.err
    back = run("editions", "rollback", listed[1][0], lang="zh_CN.UTF-8")
    assert back.code == 0
    assert "新设：西南村 (620171101201)" in back.out
    states = [line.split("\t")[2] for line in run("editions", "list").out.splitlines()]
    # Of all that have been in force one is, and the list says which.
    assert states == ["in force", "was in force", "was in force"]
    with database.sessions.transaction() as session:
        acts = session.scalars(
            text(
                "SELECT count(*) FROM audit_entry WHERE action = 'edition.take_effect'"
            )
        ).one()
    assert acts == 2


def test_the_doctor_names_a_plan_whose_day_has_passed(
    run, database, world, planned
) -> None:
    with database.sessions.transaction() as session:
        session.execute(
            text(
                "UPDATE edition SET active_from = current_date - 1"
                " WHERE activated_at IS NULL"
            )
        )
    said = run("doctor").out
    assert "Boundaries planned for" in said
    assert "minqing worker" in said
