"""From a template to a reply: language, nonce, words for scripts, headers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from map_ui import static_files
from map_ui.language import COOKIE, LANGUAGES, Words, choose_language, words_in_scripts
from map_ui.policy import make_nonce, page_headers
from map_ui.settings import PagesSettings

_TEMPLATES = Path(__file__).parent / "templates"


class Renderer:
    """Renders pages; holds what is the same for every reply."""

    def __init__(self, settings: PagesSettings, words: Words) -> None:
        self._settings = settings
        self._words = words
        self._environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._version = static_files.content_version()
        self._script_words = words_in_scripts(static_files.SCRIPTS)

    @property
    def static_path(self) -> str:
        """Where our own files are mounted, their content's hash included."""
        return f"/static/{self._version}"

    def page(
        self,
        request: Request,
        template: str,
        *,
        script: str | None = None,
        status: int = 200,
        devices: Collection[str] = (),
        ancestors: Sequence[str] = (),
        keeps_language: bool = True,
        is_secret: bool = False,
        **context: Any,
    ) -> HTMLResponse:
        """The page of ``template`` in the visitor's language, with its own nonce.

        ``is_secret``: its address opens something, and is told to nobody.
        """
        language = choose_language(request, self._settings.language)
        words = self._words(language)
        nonce = make_nonce()
        text = self._environment.get_template(template).render(
            _=lambda msgid: words.get(msgid) or msgid,
            language=language,
            languages=LANGUAGES,
            nonce=nonce,
            own=self.static_path,
            leaflet=f"/static/vendor/{static_files.LEAFLET}",
            echarts=f"/static/vendor/{static_files.ECHARTS}",
            script=script,
            modules=static_files.modules_for(script) if script else (),
            settings=self._settings,
            page_data=self._page_data(language, words) if script else None,
            **context,
        )
        response = HTMLResponse(
            text,
            status_code=status,
            headers=page_headers(
                nonce, ancestors=ancestors, devices=devices, is_secret=is_secret
            ),
        )
        response.headers["Content-Language"] = language
        response.headers["Vary"] = "Accept-Language, Cookie"
        if keeps_language and request.query_params.get("lang") in LANGUAGES:
            response.set_cookie(
                COOKIE,
                language,
                max_age=365 * 24 * 3600,
                httponly=True,
                samesite="lax",
                secure=request.url.scheme == "https"
                or self._settings.public_url.startswith("https:"),
            )
        return response

    def _page_data(self, language: str, words: Mapping[str, str]) -> dict[str, Any]:
        """What the scripts must know before they ask the API."""
        return {
            "language": language,
            "timezone": self._settings.timezone,
            "attribution": [
                text
                for text in (
                    self._settings.attribution,
                    self._settings.tile_attribution,
                    self._settings.map_approval,
                )
                if text
            ],
            "words": {
                msgid: words[msgid]
                for msgid in sorted(self._script_words)
                if words.get(msgid)
            },
        }
