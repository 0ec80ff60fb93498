"""Where a point lies and who answers there."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from geo_api.accounts.dependencies import CurrentActor
from geo_api.accounts.rules import Role, mask_name
from geo_api.areas.claims import find_point_problems, outside_problem
from geo_api.areas.datums import Crs, to_wgs84
from geo_api.areas.locate import locate_many
from geo_api.areas.queries import areas_by_id
from geo_api.areas.schemas import AreaRef
from geo_api.areas.service import bounds_when_asked, current_edition
from geo_api.duties import queries
from geo_api.duties.rules import AnswerPlace
from geo_api.duties.schemas import LocatedDuty, LocatedOut, LocatedZone
from geo_api.errors import InvalidInput
from geo_api.http.context import CurrentContext, CurrentSession, Now
from geo_api.http.problems import problem_responses
from geo_api.zones.locate import zones_at

router = APIRouter()


@router.get(
    "/locate",
    summary="The areas of a point; for staff in scope also zone and duties",
    responses=problem_responses(401, 403, 422, 503),
)
def get_locate(
    actor: CurrentActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
    lon: Annotated[float, Query(description="Degrees east.")],
    lat: Annotated[float, Query(description="Degrees north.")],
    crs: Annotated[
        str, Query(max_length=40, description="wgs84 | cgcs2000 | gcj02 | bd09")
    ] = "wgs84",
) -> LocatedOut:
    """A point on a border belongs to the smallest code; `other_side` names the rest."""
    settings = context.settings.place
    day = now.astimezone(settings.tz).date()
    edition_id = current_edition(session, day=day).id
    bounds = bounds_when_asked(session, edition_id)
    problems = find_point_problems(lon, lat, crs, ("query",), bounds=bounds)
    if problems:
        raise InvalidInput(problems=problems)
    x, y = to_wgs84(lon, lat, Crs(crs))
    spot = locate_many(
        session,
        [(x, y)],
        edition_id=edition_id,
        border_metres=[settings.border_metres],
        measure=True,
        decides=False,
    )[0]
    if spot.place is None:
        outside = outside_problem(x, y, ("query", "lon"), bounds=bounds)
        raise InvalidInput(problems=[outside])
    areas = areas_by_id(session, spot.place.ids, edition_id=edition_id)
    reply = LocatedOut(
        point={"lon": x, "lat": y},
        areas=[
            AreaRef(code=a.code, name=a.name, type=a.type.value)
            for a in (areas[id_] for id_ in spot.place.ids)
        ],
        ambiguous=spot.is_ambiguous,
        other_side=[
            AreaRef(code=a.code, name=a.name, type=a.type.value) for a in spot.others
        ],
        border_distance_m=round(spot.border_distance_m, 2)
        if spot.border_distance_m is not None
        else None,
    )
    if not actor.is_staff or actor.role is Role.AUDITOR:
        return reply
    zone = zones_at(session, [(x, y)], [spot.place], day=day, decides=False)[0]
    in_scope = bool(
        actor.role is Role.ADMIN
        or actor.area_ids & set(spot.place.ids)
        or (zone and zone.id in actor.zone_ids)
    )
    if not in_scope:
        return reply
    place = AnswerPlace(
        spot.place.county_id,
        spot.place.town_id,
        spot.place.village_id,
        spot.place.group_id,
        zone.id if zone else None,
    )
    book = queries.read_duties(
        session, [place], edition_id=edition_id, since=day, until=day
    )
    duties = [
        (
            a,
            LocatedDuty(
                kind=a.kind,
                person_id=a.person_public_id,
                name=mask_name(a.name),
                is_on_leave=book.is_away(a.person_id, day),
            ),
        )
        for a in book.answerers(place, day)
    ]
    reply.zones = []
    if zone is not None:
        own = [d for a, d in duties if a.place_kind.value == "zone"]
        reply.zones = [
            LocatedZone(id=zone.public_id, code=zone.code, name=zone.name, duties=own)
        ]
    reply.duties = [d for a, d in duties if a.place_kind.value != "zone"]
    return reply
