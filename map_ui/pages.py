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

from map_ui import phone, static_files
from map_ui.embedding import EmbedPage, FrameOrigins
from map_ui.language import Words, choose_language
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
    place_skeleton = compose_map(settings, with_heat=False)

    def leaders(request: Request) -> Response:
        return renderer.page(
            request, "leaders.html", script="leaders/page.js", skeleton=skeleton
        )

    def login(request: Request) -> Response:
        return renderer.page(request, "login.html", script="login/page.js")

    def order(request: Request) -> Response:
        return renderer.page(
            request,
            "order.html",
            script="order/page.js",
            skeleton=place_skeleton,
            devices=("geolocation",),
        )

    def track(request: Request) -> Response:
        # The secret is the page's address: the page alone reads it and shows it.
        return renderer.page(
            request, "track.html", script="track/page.js", is_secret=True
        )

    def work(request: Request) -> Response:
        return renderer.page(request, "work.html", script="work/page.js")

    def admin(request: Request) -> Response:
        return renderer.page(request, "admin.html", script="admin/page.js")

    def work_worker(_request: Request) -> Response:
        return phone.worker(renderer.static_path)

    def work_manifest(request: Request) -> Response:
        return phone.manifest(request, renderer.static_path, settings, words)

    def again(request: Request) -> Response:
        # Sent before the script was there to send it properly: nothing of it is read.
        return RedirectResponse(f"/login?{request.url.query}", status_code=303)

    def icon(_request: Request) -> Response:
        return FileResponse(static_files.FOLDER / "img" / "mark.svg")

    def absent(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        if "text/html" in request.headers.get("accept", ""):
            return renderer.page(request, "absent.html", status=status)
        language = choose_language(request, settings.language)
        msgid = "There is no such page"
        told = words(language).get(msgid) or msgid
        return JSONResponse(
            {
                "type": f"/problems/http-{status}",
                "title": told,
                "status": status,
                "detail": told,
            },
            status_code=status,
            media_type="application/problem+json",
            headers={"Content-Language": language},
        )

    pages = Starlette(
        routes=[
            Route("/", leaders, name="leaders"),
            Route("/login", login, name="login"),
            Route("/login", again, methods=["POST"]),
            Route("/embed", embed.show, name="embed"),
            Route("/order", order, name="order"),
            Route("/r/{secret}", track, name="track"),
            Route(phone.PAGE, work, name="work"),
            Route("/admin", admin, name="admin"),
            Route("/work-sw.js", work_worker),
            Route("/work.webmanifest", work_manifest),
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
    # A redirect would repeat whatever Host the caller has sent.
    pages.router.redirect_slashes = False
    return pages
