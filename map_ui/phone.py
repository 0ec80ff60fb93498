"""What makes /work a page that a phone keeps: its service worker and its manifest."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from map_ui import static_files
from map_ui.language import Words, choose_language
from map_ui.settings import PagesSettings

PAGE = "/work"
STYLES = ("shared/tokens", "shared/elements", "work/page", "work/forms")


def worker(static_path: str) -> Response:
    """The service worker, told which files the page consists of."""
    files = [
        *(f"{static_path}/css/{sheet}.css" for sheet in STYLES),
        *(
            f"{static_path}/js/{name}"
            for name in static_files.modules_for("work/page.js")
        ),
        f"{static_path}/img/mark.svg",
    ]
    shell = {"version": static_path.rsplit("/", 1)[1], "page": PAGE, "files": files}
    source = (static_files.SCRIPTS / "work" / "service-worker.js").read_text(
        encoding="utf-8"
    )
    return Response(
        f"const SHELL = {json.dumps(shell)};\n{source}",
        media_type="text/javascript",
        headers={
            "Cache-Control": "no-cache",
            "Content-Security-Policy": "default-src 'none'; connect-src 'self'",
            "X-Content-Type-Options": "nosniff",
        },
    )


def manifest(
    request: Request, static_path: str, settings: PagesSettings, words: Words
) -> Response:
    """Name and sign of the page on a phone's first screen."""
    language = choose_language(request, settings.language)
    told = words(language)
    product = settings.page_title or told.get("Minqing Map") or "Minqing Map"
    return JSONResponse(
        {
            "name": f"{product} · {told.get('My work') or 'My work'}",
            "short_name": product,
            "lang": language,
            "start_url": PAGE,
            "scope": PAGE,
            "display": "standalone",
            "background_color": "#e6ecf3",
            "theme_color": "#0b2747",
            "icons": [
                {
                    "src": f"{static_path}/img/mark.svg",
                    "sizes": "any",
                    "type": "image/svg+xml",
                }
            ],
        },
        media_type="application/manifest+json",
        headers={"Cache-Control": "no-cache", "Vary": "Accept-Language, Cookie"},
    )
