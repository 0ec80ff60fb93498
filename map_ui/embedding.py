"""The page for frames of other portals: who may show it is said before it is sent.

No visitor signs in here and no cookie counts: the page shows what everybody may see.
A portal's key names the pages that may hold it; ``frame-ancestors`` lets browsers keep
to that. A portal that is refused is told why, in a page without anything to click.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from map_ui import static_files
from map_ui.rendering import Renderer
from map_ui.settings import PagesSettings
from map_ui.skeleton import Skeleton

# Origins of the pages that may use a key; none: any. None: no such key is in force.
FrameOrigins = Callable[[str], Sequence[str] | None]

THEMES = ("light", "dark", "auto")
_EVERYWHERE = ("*",)
# What stands in a header must not be able to end it.
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+")


class EmbedPage:
    """Answers ``/embed``."""

    def __init__(
        self,
        renderer: Renderer,
        settings: PagesSettings,
        skeleton: Skeleton,
        frame_origins: FrameOrigins,
    ) -> None:
        self._renderer = renderer
        self._settings = settings
        self._skeleton = skeleton
        self._frame_origins = frame_origins

    def show(self, request: Request) -> Response:
        """The map, or why this page may not hold it."""
        key = request.query_params.get("key", "")
        ancestors: Sequence[str] = self._settings.frame_ancestors
        if key:
            origins = self._frame_origins(key)
            if origins is None:
                return self._refuse(request, status=401)
            ancestors = (
                (*(o for o in origins if _ORIGIN.fullmatch(o)), *ancestors)
                if origins
                else _EVERYWHERE
            )
        page = framing_page(request)
        if page is not None and ancestors != _EVERYWHERE and page not in ancestors:
            return self._refuse(request, status=403, page=page)
        return self._renderer.page(
            request,
            "embed.html",
            script="embed/page.js",
            ancestors=ancestors,
            keeps_language=False,
            skeleton=self._skeleton,
            theme=self._theme(request),
            import_map={
                "imports": {
                    name: f"/static/vendor/{file}"
                    for name, file in static_files.MODULES.items()
                }
            },
        )

    def _refuse(self, request: Request, *, status: int, page: str = "") -> Response:
        return self._renderer.page(
            request,
            "embed_refused.html",
            status=status,
            ancestors=_EVERYWHERE,
            keeps_language=False,
            theme=self._theme(request),
            page=page,
            has_key=bool(request.query_params.get("key")),
        )

    def _theme(self, request: Request) -> str:
        theme = request.query_params.get("theme")
        return theme if theme in THEMES else "auto"


def framing_page(request: Request) -> str | None:
    """The origin of another site's page that holds the frame, where browsers tell it.

    Where they do not, ``frame-ancestors`` alone decides.
    """
    if request.headers.get("sec-fetch-dest", "iframe") not in ("iframe", "frame"):
        return None
    parts = urlsplit(request.headers.get("referer", ""))
    if not parts.netloc or parts.netloc == request.headers.get("host"):
        return None
    return f"{parts.scheme}://{parts.netloc}".lower()
