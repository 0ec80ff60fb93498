"""Requests as other rooms and the routes use them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.errors import NotFound
from geo_api.requests.acting import Acting
from geo_api.requests.attaching import (
    NO_MORE_PHOTOS,
    AttachmentView,
    are_photos_spent,
    attach,
    attachments_of,
    count_photo,
    get_attachment,
)
from geo_api.requests.bulk import By, Plan, PlannedAct, carry_many
from geo_api.requests.drafting import ContactDraft, OrderDraft
from geo_api.requests.following import News, Position, follow
from geo_api.requests.known_orders import KnownOrder, find_known, refuse_known
from geo_api.requests.models import DispatchDecision, RequestEvent, ServiceRequest
from geo_api.requests.ordering import order_many
from geo_api.requests.queries import RequestFilters, filtered, visible_to
from geo_api.requests.storing import Ordered
from geo_api.requests.summary import SummaryBy, Totals, count_requests, may_ask_of
from geo_api.requests.tracking import track
from geo_api.requests.verbs import (
    accept,
    complete,
    decline,
    progress,
    rate,
    remind,
    reopen,
    transfer,
    withdraw,
)

__all__ = [
    "NO_MORE_PHOTOS",
    "Acting",
    "AttachmentView",
    "By",
    "ContactDraft",
    "KnownOrder",
    "News",
    "OrderDraft",
    "Ordered",
    "Plan",
    "PlannedAct",
    "Position",
    "RequestFilters",
    "SummaryBy",
    "Totals",
    "accept",
    "are_photos_spent",
    "attach",
    "attachments_of",
    "carry_many",
    "complete",
    "count_photo",
    "count_requests",
    "decline",
    "filtered",
    "find_known",
    "follow",
    "get_attachment",
    "get_request",
    "list_decisions",
    "list_events",
    "may_ask_of",
    "order_many",
    "progress",
    "rate",
    "refuse_known",
    "remind",
    "reopen",
    "track",
    "transfer",
    "visible_to",
    "withdraw",
]


def get_request(session: Session, actor: Actor, public_id: UUID) -> ServiceRequest:
    """A request in the caller's scope; NotFound for every other."""
    request = session.scalar(
        visible_to(actor).where(ServiceRequest.public_id == public_id)
    )
    if request is None:
        raise NotFound("There is no such request", loc=("path", "id"))
    return request


def list_events(session: Session, request: ServiceRequest) -> list[RequestEvent]:
    """The whole history, oldest first."""
    return list(
        session.scalars(
            select(RequestEvent)
            .where(RequestEvent.request_id == request.id)
            .order_by(RequestEvent.sequence)
        )
    )


def list_decisions(session: Session, request: ServiceRequest) -> list[DispatchDecision]:
    """Every decision about who handles it, oldest first."""
    return list(
        session.scalars(
            select(DispatchDecision)
            .where(DispatchDecision.request_id == request.id)
            .order_by(DispatchDecision.sequence)
        )
    )
