"""What would happen, and why."""

from __future__ import annotations

from fastapi import APIRouter, Request

from geo_api.accounts.dependencies import StaffActor, require_role
from geo_api.accounts.rules import AREA_ROLES, Actor, Role, mask_name
from geo_api.dispatch.explanation import explain
from geo_api.dispatch.rules import Location, ResolvedPlace
from geo_api.dispatch.schemas import SimulatedOut, SimulateIn, SimulateOut
from geo_api.dispatch.service import Decision
from geo_api.dispatch.simulation import Simulated, simulate_many
from geo_api.errors import DomainError
from geo_api.http.context import CurrentContext, CurrentSession, Now
from geo_api.http.language import preferred_language, say, translations
from geo_api.http.problems import problem_responses
from geo_api.people.models import Person
from geo_api.people.queries import people_by_id

router = APIRouter(prefix="/api", tags=["dispatch"])


@router.post(
    "/dispatch/simulate",
    summary="What would happen at one or many points; nothing is written",
    responses=problem_responses(401, 403, 422),
)
def post_simulate(
    body: SimulateIn,
    request: Request,
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
) -> SimulateOut:
    """The same path as an order. Points outside one's areas are not found."""
    require_role(actor, Role.ADMIN, *AREA_ROLES)
    asked = [
        (
            Location(lon=p.lon, lat=p.lat, crs=p.crs, accuracy_m=p.accuracy_m),
            p.service_code,
        )
        for p in body.points
    ]
    found = simulate_many(session, asked, now=now, settings=context.settings)
    people = people_by_id(
        session, {s.handler_id for s in found if isinstance(s, Decision)}
    )
    language = preferred_language(request)
    return SimulateOut(items=[_shown(actor, s, people, language) for s in found])


def _in_scope(actor: Actor, place: ResolvedPlace) -> bool:
    return actor.role is Role.ADMIN or bool(actor.area_ids & set(place.place.ids))


def _shown(
    actor: Actor, simulated: Simulated, people: dict[int, Person], language: str
) -> SimulatedOut:
    if isinstance(simulated, DomainError):
        first = simulated.problems[0] if simulated.problems else simulated
        return SimulatedOut(problem=say(first.msg, first.params, language))
    if not _in_scope(actor, simulated.place):
        return SimulatedOut(
            problem=say("The point lies outside your areas", {}, language)
        )
    return SimulatedOut(
        handler=mask_name(people[simulated.handler_id].name),
        duty=simulated.step.value,
        explanation=explain(
            simulated.inputs, simulated.outcome, translations(language).gettext
        ),
    )
