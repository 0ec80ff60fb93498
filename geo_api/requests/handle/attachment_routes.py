"""Photos in and out."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, BinaryIO
from uuid import UUID

from fastapi import APIRouter, Depends, File, Request, Response, UploadFile
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.orm import Session

from geo_api.accounts.dependencies import WatchingActor, actor_at_door
from geo_api.attachments import limits
from geo_api.attachments.pictures import Picture, read_picture
from geo_api.attachments.schemas import AttachmentOut, show_attachment
from geo_api.http.budgets import Budget, budgets_of
from geo_api.http.context import CurrentSession, get_context
from geo_api.http.doors import behind
from geo_api.http.problems import problem_responses
from geo_api.requests import queries
from geo_api.requests.callers import known_caller
from geo_api.requests.handle import photos
from geo_api.requests.handle.dependencies import Deed
from geo_api.requests.models import ServiceRequest

MOST_BYTES = 12_000_000

# Pictures never change, but who may see them does.
_HEADERS = {
    "Cache-Control": "private, max-age=3600",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


def _may_send(request: Request, session: Session) -> None:
    """Whoever cannot see the request, or has sent too much, sends nothing.

    What else refuses, under the lock, comes once the picture is there.
    """
    context = get_context(request)
    actor = actor_at_door(request, session)
    known_caller(actor)
    with suppress(ValueError):  # no id at all: the route says so
        queries.get_request(session, actor, UUID(request.path_params["request_id"]))
    declared = request.headers.get("content-length", "")
    limits.count_photo(
        session,
        context.cipher,
        actor,
        # Whoever does not say how much is taken at the most.
        size=int(declared) if declared.isdigit() else MOST_BYTES,
        most=context.settings.dispatch.photo_bytes_per_hour,
        now=context.clock(),
    )


async def _picture(
    request: Request,
    file: Annotated[UploadFile, File(description="JPEG, PNG or HEIC, 12 MB at most.")],
) -> Picture:
    """The photo, decoded in its turn and before any transaction begins."""
    async with budgets_of(request).turn(Budget.PHOTO):
        return await run_in_threadpool(_read, file.file)


def _read(file: BinaryIO) -> Picture:
    file.seek(0)
    picture = read_picture(file.read())
    file.seek(0)  # whoever compares retries reads it again
    return picture


router = APIRouter(tags=["attachments"])
uploads = APIRouter(route_class=behind(_may_send))


@uploads.post(
    "/requests/{request_id}/attachments",
    summary="Add a photo",
    status_code=201,
    response_model=AttachmentOut,
    responses=problem_responses(401, 403, 404, 409, 413, 422, 429),
)
def post_attachment(
    # First of all: what follows opens the transaction.
    picture: Annotated[Picture, Depends(_picture)],
    deed: Deed,
) -> Response:
    """By the resident, by who handles it, by who ordered for somebody; nine at most.

    Written anew: upright, JPEG, 1 MB and 2048 pixels at most, without what the camera
    noted. Callers without an account send so many bytes an hour from one network.
    """

    def work(request: ServiceRequest) -> AttachmentOut:
        view = photos.attach(
            deed.session,
            deed.actor,
            request,
            picture,
            now=deed.now,
            settings=deed.settings,
        )
        return show_attachment(view)

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
    found = photos.get_attachment(session, actor, attachment_id)
    return Response(found.content, media_type=found.media_type, headers=_HEADERS)


router.include_router(uploads)
