"""Writes the types of the pages' elements: ``python scripts/elements.py``.

An id of a template becomes a name that ``byId`` knows, with the kind of its element, so
that a script which asks for another one, or for what that kind has not, is found before
it runs.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "map_ui" / "templates"
TARGET = ROOT / "map_ui" / "types" / "elements.d.ts"

_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}", re.DOTALL)
_ELEMENT = re.compile(r'<(\w+)(?=\s)[^<>]*?\sid="([\w-]+)"')
# What the macro of a list is called with.
_LISTING = re.compile(r'\blisting\("([\w-]+)"')


def elements_of(template: str) -> Iterator[tuple[str, str]]:
    """Every id of a template with the name of its element."""
    for name in _LISTING.findall(template):
        yield name, "div"
    for tag, name in _ELEMENT.findall(_JINJA.sub("", template)):
        yield name, tag


def render() -> str:
    """The types, the same for the same templates."""
    tags: dict[str, set[str]] = defaultdict(set)
    for path in sorted(TEMPLATES.glob("*.html")):
        for name, tag in elements_of(path.read_text(encoding="utf-8")):
            tags[name].add(tag)
    lines = [
        "// Made from the templates by scripts/elements.py; do not edit.",
        "",
        "interface PageElements {",
    ]
    for name, found in sorted(tags.items()):
        kinds = " | ".join(f'HTMLElementTagNameMap["{tag}"]' for tag in sorted(found))
        lines.append(f'  "{name}": {kinds};')
    return "\n".join([*lines, "}", ""])


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
