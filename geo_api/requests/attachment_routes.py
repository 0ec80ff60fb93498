"""Photos in and out."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Request, Response, UploadFile
from sqlalchemy.orm import Session

from geo_api.accounts.access import WatchingActor, actor_at_door
from geo_api.http.context import CurrentSession
from geo_api.http.doors import behind
from geo_api.http.problems import problem_responses
from geo_api.requests import service
from geo_api.requests.callers import known_caller
from geo_api.requests.deed_routes import Deed
from geo_api.requests.pictures import read_picture
from geo_api.requests.schemas import AttachmentOut
from geo_api.requests.service import Acting
from geo_api.requests.showing import show_attachment


def _may_send(request: Request, session: Session) -> None:
    """Whoever cannot see the request sends nothing; what else refuses comes later."""
    actor = actor_at_door(request, session)
    known_caller(actor)
    with suppress(ValueError):  # no id at all: the route says so
        service.get_request(session, actor, UUID(request.path_params["request_id"]))


router = APIRouter(tags=["attachments"])
uploads = APIRouter(route_class=behind(_may_send))

# Pictures never change, but who may see them does.
_HEADERS = {
    "Cache-Control": "private, max-age=3600",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


@uploads.post(
    "/requests/{request_id}/attachments",
    summary="Add a photo",
    status_code=201,
    response_model=AttachmentOut,
    responses=problem_responses(401, 403, 404, 409, 413, 422),
)
def post_attachment(
    deed: Deed,
    file: Annotated[UploadFile, File(description="JPEG or PNG, 12 MB at most.")],
) -> Response:
    """By the resident, by who handles it, by who ordered for somebody; nine at most.

    Written anew: upright, 1 MB and 2048 pixels at most, without what the camera noted.
    """

    def work(acting: Acting) -> AttachmentOut:
        # Before the work of reading it: whoever may not add it costs nothing.
        service.may_attach(acting)
        picture = read_picture(file.file.read())
        return show_attachment(service.attach(acting, picture))

    return deed.run(work, status=201)


@router.get(
    "/attachments/{attachment_id}",
    summary="A photo",
    response_class=Response,
    responses={
        200: {"content": {"image/jpeg": {}, "image/png": {}}},
        **problem_responses(401, 403, 404),
    },
)
def get_attachment(
    attachment_id: UUID, actor: WatchingActor, session: CurrentSession
) -> Response:
    """Seen by whoever sees its request."""
    known_caller(actor)
    found = service.get_attachment(session, actor, attachment_id)
    return Response(found.content, media_type=found.media_type, headers=_HEADERS)


router.include_router(uploads)
