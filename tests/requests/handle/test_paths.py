"""One verb, two paths: on a stored request under lock, and on a year in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import hypothesis.strategies as st
import make
import make_requests
import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor, CallerKind, Role
from geo_api.db.cipher import Cipher
from geo_api.errors import DomainError
from geo_api.people.models import Person
from geo_api.requests.handle.acts import Acts
from geo_api.requests.handle.held import act_on
from geo_api.requests.models import DispatchDecision, RequestEvent, ServiceRequest
from geo_api.requests.order.drafts import OrderDraft, make_drafts
from geo_api.requests.order.orders import order_many
from geo_api.requests.order.storage import store
from geo_api.requests.outcomes import Act, Said
from geo_api.requests.read.replay import replay_all
from geo_api.requests.rules import Channel, DeclineReason, HandOnReason, Rating, Verb
from geo_api.requests.state import state_of
from geo_api.requests.verbs import RULES
from geo_api.settings import Settings

# What two stored requests differ in although they are the same.
_OWN = {"id", "public_id", "request_id", "number", "contact_id"}
_SERVICES = ("XQ-SHUI", "JB-JUBAO", "TS-TOUSU")
_FOLLOWS = timedelta(days=55)


class _Paths(RuleBasedStateMachine):
    """The same orders on both paths; each act is done on both and compared."""

    def __init__(
        self,
        session: Session,
        world: make.World,
        cipher: Cipher,
        settings: Settings,
        start: datetime,
    ) -> None:
        super().__init__()
        self._session, self._settings = session, settings
        self._start = self._now = start
        self._savepoint = session.begin_nested()
        people = session.scalars(select(Person).order_by(Person.code)).all()
        self._public_ids = [person.public_id for person in people]
        self._callers = list(_callers(world, people))
        orders = _orders(world, start)
        taken = order_many(session, orders, cipher=cipher, settings=settings)
        self._rows = [session.get_one(ServiceRequest, o.request_id) for o in taken]
        self._drafts, self._catalogue = make_drafts(
            session, orders, cipher=cipher, settings=settings
        )
        self._compare()

    @rule(data=st.data(), which=st.integers(0, len(_SERVICES) - 1))
    def act(self, data: st.DataObject, which: int) -> None:
        """Any verb by anybody; mostly one that the stage allows, by who holds it."""
        row = self._rows[which]
        stage = state_of(row).stage
        fitting = [verb for verb in RULES if stage in RULES[verb].sources]
        verb = data.draw(st.sampled_from([*fitting * 3, *RULES]))
        holder = _staff(Role.HANDLER, person_id=row.handler_id)
        actor = data.draw(st.sampled_from([*[holder] * 6, *self._callers]))
        said = data.draw(_said(verb, self._public_ids))
        waited = data.draw(st.sampled_from([0, 1, 30, 24 * 31]))
        self._now = min(self._now + timedelta(hours=waited), self._start + _FOLLOWS)
        act = Act(verb, actor, self._now, said)
        live = _tried(
            lambda: act_on(self._session, [(row, act)], settings=self._settings)
        )
        planned = _tried(
            lambda: Acts(
                self._session,
                [(self._drafts[which], act)],
                settings=self._settings,
                catalogue=self._catalogue,
            ).carry_out()
        )
        assert live == planned
        self._compare()

    def _compare(self) -> None:
        self._session.flush()
        self._session.expire_all()
        for row, draft in zip(self._rows, self._drafts, strict=True):
            assert state_of(row) == draft.state
            assert _history(self._session, row.id, RequestEvent) == _plain(draft.events)
            assert _history(self._session, row.id, DispatchDecision) == _plain(
                draft.decisions
            )

    def teardown(self) -> None:
        """What was carried in memory is stored as what was lived is, and replays."""
        stored = store(self._session, self._drafts, settings=self._settings)
        for row, other in zip(self._rows, stored, strict=True):
            again = self._session.get_one(ServiceRequest, other.request_id)
            assert _columns(again) == _columns(row)
            for model in (RequestEvent, DispatchDecision):
                assert _history(self._session, again.id, model) == _history(
                    self._session, row.id, model
                )
        for _, replayed in replay_all(self._session, since=None):
            assert [r for r in replayed if r.differences or r.cannot] == []
        self._savepoint.rollback()


def _orders(world: make.World, at: datetime) -> list[OrderDraft]:
    clerk = _staff(Role.VILLAGE_CADRE, account_id=world.accounts["village"])
    order = make_requests.a_draft(world, at)
    return [
        replace(order, service_code=code, actor=actor)
        for code, actor in zip(_SERVICES, (Actor(), Actor(), clerk), strict=True)
    ]


def _staff(role: Role, **more: Any) -> Actor:
    return Actor(kind=CallerKind.ACCOUNT, role=role, **more)


def _callers(world: make.World, people: Sequence[Person]) -> list[Actor]:
    resident = Actor(kind=CallerKind.RESIDENT)
    village = {
        "account_id": world.accounts["village"],
        "person_id": world.people["village_desk"],
    }
    return [
        resident,
        replace(resident, is_link_found=True),
        replace(resident, link_given_to=world.accounts["handler"]),
        _staff(Role.TOWN_LEADER),
        _staff(Role.VILLAGE_CADRE, **village),
        Actor(),
        *(
            _staff(Role.HANDLER, person_id=person.id, account_id=person.account_id)
            for person in people
        ),
    ]


def _said(verb: Verb, people: Sequence[UUID]) -> st.SearchStrategy[Said]:
    reasons: Any = {Verb.DECLINE: DeclineReason, Verb.HAND_ON: HandOnReason}
    return st.builds(
        Said,
        note=st.sampled_from(["", "在修"]),
        reason=st.sampled_from(list(reasons.get(verb, ["又停水了"]))),
        score=st.sampled_from(Rating),
        channel=st.sampled_from([None, Channel.WECHAT, Channel.PHONE]),
        person_id=st.sampled_from(people),
        attachment_id=st.sampled_from(people),
        media_type=st.just("image/jpeg"),
    )


def _tried(work: Callable[[], object]) -> tuple[type[DomainError], str] | None:
    try:
        work()
    except DomainError as error:
        return type(error), str(error)
    return None


def _plain(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if k not in _OWN} for row in rows]


def _columns(row: Any) -> dict[str, Any]:
    values = {c.key: getattr(row, c.key) for c in row.__table__.columns}
    return {k: str(v) for k, v in values.items() if k not in _OWN}


def _history(session: Session, request_id: int, model: Any) -> list[dict[str, Any]]:
    rows = session.scalars(
        select(model).where(model.request_id == request_id).order_by(model.sequence)
    )
    names = [c.key for c in model.__table__.columns]
    return _plain([{name: getattr(row, name) for name in names} for row in rows])


@pytest.mark.parametrize(
    ("examples", "steps"),
    [(6, 12), pytest.param(300, 25, marks=pytest.mark.long)],
)
def test_a_lived_life_and_a_planned_one_leave_the_same_rows(
    session, world, cipher, settings, now, examples: int, steps: int
) -> None:
    run_state_machine_as_test(
        lambda: _Paths(session, world, cipher, settings, now),
        settings=hypothesis_settings(
            max_examples=examples,
            stateful_step_count=steps,
            derandomize=True,
            database=None,
            deadline=None,
        ),
    )
