"""Services: public facts."""

from __future__ import annotations

from fastapi import APIRouter

from geo_api.catalogue import service
from geo_api.catalogue.schemas import DispatchedService, ServiceOut
from geo_api.duties.rules import DutyKind, chain_from
from geo_api.http.context import CurrentSession
from geo_api.http.paging import Page
from geo_api.http.versions import ShownVersion

router = APIRouter(prefix="/api", tags=["catalogue"])


@router.get("/services", summary="What may be ordered")
def list_services(session: CurrentSession, version: ShownVersion) -> Page[ServiceOut]:
    """By code; services that have ended are left out."""
    items = [ServiceOut.of(s) for s in service.list_services(session)]
    version.show(items)
    return Page(items=items)


@router.get("/catalogue", summary="How each service is dispatched")
def get_catalogue(
    session: CurrentSession, version: ShownVersion
) -> Page[DispatchedService]:
    """Each service with the duties that are asked, one after the other."""
    items = [
        DispatchedService(
            **ServiceOut.of(s).model_dump(),
            chain=[kind.value for kind in chain_from(DutyKind(s.duty_kind))],
        )
        for s in service.list_services(session)
    ]
    version.show(items)
    return Page(items=items)
