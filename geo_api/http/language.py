"""Words from one gettext catalogue, chosen by Accept-Language; zh-CN comes first."""

from __future__ import annotations

import gettext
import io
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from babel import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from fastapi import Request

from geo_api.directions import isolated, shortened
from geo_api.errors import Words

LANGUAGES = ("zh-CN", "en")

# A sentence repeats what somebody wrote, and not a whole book of it.
_LONGEST = 300

Translate = Callable[[str], str]


@cache
def translations(language: str) -> gettext.NullTranslations:
    """The catalogue of a language; English is the language of the msgids."""
    if language == "en":
        return gettext.NullTranslations()
    folder = language.replace("-", "_")
    path = files("geo_api") / "locale" / folder / "LC_MESSAGES" / "geo_api.po"
    catalogue = read_po(io.BytesIO(path.read_bytes()), locale=folder)
    # Compiled when first used: no binary in the repository, no build step.
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def words(language: str) -> Mapping[str, str]:
    """Every msgid with its text: what pages draw their words from.

    Of sentences that count it is the singular, whose text serves any number.
    """
    catalogue = getattr(translations(language), "_catalog", {})
    single = ((k[0] if isinstance(k, tuple) else k, v) for k, v in catalogue.items())
    return {msgid: text for msgid, text in single if msgid}


def preferred_language(request: Request) -> str:
    """The caller's language among ours: ``?lang=``, else Accept-Language."""
    asked = request.query_params.get("lang")
    if asked in LANGUAGES:
        return asked
    header = request.headers.get("accept-language", "")
    weighted = []
    for part in header.split(","):
        tag, _, weight = part.partition(";q=")
        try:
            weighted.append((-float(weight or 1), tag.strip()))
        except ValueError:
            continue
    wanted = [tag.replace("-", "_") for _, tag in sorted(weighted) if tag]
    found = negotiate_locale(wanted, ["zh_CN", "en"], sep="_")
    if found is None:
        default: str = request.app.state.context.settings.place.language
        return default
    return found.replace("_", "-")


def say(message: str, params: Mapping[str, Any], language: str) -> str:
    """A message in a language with its places filled."""
    text = translations(language).gettext(message)
    if not params:
        return text
    return text % {name: _filling(value, language) for name, value in params.items()}


def _filling(value: Any, language: str) -> Any:
    """What stands in a place of a message: a code's words are translated, too."""
    if isinstance(value, Words):
        between = "、" if language.startswith("zh") else ", "
        return between.join(map(translations(language).gettext, value.msgids))
    if isinstance(value, str):
        return isolated(shortened(value, _LONGEST))
    return value
