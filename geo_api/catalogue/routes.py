"""Services: public facts."""

from __future__ import annotations

from fastapi import APIRouter

from geo_api.catalogue import queries
from geo_api.catalogue.schemas import DispatchedService, ServiceOut
from geo_api.http.context import CurrentSession, Now
from geo_api.http.paging import Page
from geo_api.http.versions import ShownVersion

router = APIRouter(prefix="/api", tags=["catalogue"])


@router.get("/services", summary="What may be ordered")
def list_services(
    session: CurrentSession, version: ShownVersion, now: Now
) -> Page[ServiceOut]:
    """By code; services that have ended are left out."""
    items = [ServiceOut.of(s, rule) for s, rule in queries.list_services(session, now)]
    version.show(items)
    return Page(items=items)


@router.get("/catalogue", summary="How each service is dispatched")
def get_catalogue(
    session: CurrentSession, version: ShownVersion, now: Now
) -> Page[DispatchedService]:
    """Each service with the duties that are asked, one after the other."""
    items = [
        DispatchedService(
            **ServiceOut.of(service, rule).model_dump(),
            chain=[kind.value for kind in rule.terms.asked],
        )
        for service, rule in queries.list_services(session, now)
    ]
    version.show(items)
    return Page(items=items)
