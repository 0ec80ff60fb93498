"""The pages as an application of their own, mounted beside the API."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    JSONResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Mount, Route

from map_ui import static_files
from map_ui.embedding import EmbedPage, FrameOrigins
from map_ui.language import Words
from map_ui.rendering import Renderer
from map_ui.settings import PagesSettings
from map_ui.skeleton import compose_map


def create_pages(
    settings: PagesSettings, words: Words, frame_origins: FrameOrigins
) -> Starlette:
    """All pages; mount them at "/" after the routes of the API.

    ``words`` gives the gettext mapping of a language tag: msgid → text.
    ``frame_origins`` gives the origins of the pages that may use a portal key.
    """
    renderer = Renderer(settings, words)
    skeleton = compose_map(settings)
    embed = EmbedPage(renderer, settings, skeleton, frame_origins)

    def leaders(request: Request) -> Response:
        return renderer.page(
            request, "leaders.html", script="leaders.js", skeleton=skeleton
        )

    def login(request: Request) -> Response:
        return renderer.page(request, "login.html", script="login.js")

    def again(request: Request) -> Response:
        # Sent before the script was there to send it properly: nothing of it is read.
        return RedirectResponse(f"/login?{request.url.query}", status_code=303)

    def icon(_request: Request) -> Response:
        return FileResponse(static_files.FOLDER / "img" / "mark.svg")

    def absent(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        if "text/html" in request.headers.get("accept", ""):
            return renderer.page(request, "absent.html", status=status)
        return JSONResponse(
            {
                "type": f"/problems/http-{status}",
                "title": "Not found",
                "status": status,
            },
            status_code=status,
            media_type="application/problem+json",
        )

    return Starlette(
        routes=[
            Route("/", leaders, name="leaders"),
            Route("/login", login, name="login"),
            Route("/login", again, methods=["POST"]),
            Route("/embed", embed.show, name="embed"),
            Route("/favicon.ico", icon, include_in_schema=False),
            Mount(
                "/static/vendor",
                static_files.ImmutableFiles(
                    directory=static_files.VENDOR, check_dir=False
                ),
            ),
            Mount(
                renderer.static_path,
                static_files.ImmutableFiles(directory=static_files.FOLDER),
            ),
        ],
        exception_handlers={404: absent, 405: absent},
    )
