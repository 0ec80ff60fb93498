"""Whether a part is what its suffix says, and leads nowhere else.

Looked at before a driver is: a format that may name other files, databases or servers
is read only where this one does not.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from geo_api.errors import InvalidInput
from geo_api.ingest.containers import refuse
from geo_api.ingest.encodings import read_text
from geo_api.ingest.signatures import root_of

_Check = Callable[[Path, str | None], None]

# References that readers of GML and KML may follow.
_REFERENCE = re.compile(
    r"""\b(?:\w+:)?(?:schemaLocation|noNamespaceSchemaLocation|href)
    \s*=\s*(?:"[^"]*"|'[^']*')""",
    re.VERBOSE | re.IGNORECASE,
)
_LINK = re.compile(r"<((?:\w+:)?NetworkLink)\b.*?</\1\s*>", re.DOTALL)
_PROLOGUE = re.compile(r"\s*<\?xml[^>]*\?>")
_MODULE = re.compile(r"\busing\s+rtree\s*\(", re.IGNORECASE)
_FOREIGN_TABLE = re.compile(
    r"create\s+view|open\s+table|isseamless|type\s+linked|^\s*file\s", re.MULTILINE
)


def check_content(main: Path, *, encoding: str | None) -> None:
    """Raise InvalidInput for a part that is something else, or leads elsewhere.

    XML is left as UTF-8 without references.
    """
    _CHECKS[main.suffix](main, encoding)


def damaged(main: Path) -> InvalidInput:
    """What is said of a file that its reader does not understand."""
    return refuse(
        "The file is no %(kind)s that can be read",
        "Open it in your GIS, look whether it is whole, and export it again",
        kind=main.suffix.lstrip(".").upper(),
    )


def _begins(*starts: bytes) -> _Check:
    def check(main: Path, _: str | None) -> None:
        with main.open("rb") as file:
            if not file.read(64).lower().startswith(starts):
                raise damaged(main)

    return check


def _check_geopackage(main: Path, _: str | None) -> None:
    """Tables alone: a view may call functions, a module's table name a file."""
    _begins(b"sqlite format 3\0")(main, None)
    try:
        with closing(sqlite3.connect(f"{main.as_uri()}?mode=ro", uri=True)) as database:
            rows = database.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'view'"
                " OR (type = 'table' AND sql LIKE 'create virtual%')"
            ).fetchall()
            database.execute("SELECT count(*) FROM gpkg_contents")
    except (sqlite3.Error, UnicodeError) as error:
        raise damaged(main) from error
    others = [str(name) for name, sql in rows if not _MODULE.search(str(sql))]
    if others:
        raise refuse(
            "The GeoPackage holds more than tables: %(names)s",
            "Export the layer alone into a new GeoPackage",
            names=", ".join(others[:5]),
        )


def _check_table(main: Path, _: str | None) -> None:
    """A MapInfo table of its own: views, seamless and linked ones name others."""
    text = main.read_bytes().decode("latin-1").lower()
    if not text.lstrip().startswith("!table"):
        raise damaged(main)
    if not re.search(r"\btype\s+native\b", text) or _FOREIGN_TABLE.search(text):
        raise refuse(
            "The MapInfo table points to other files",
            "Save a copy of it as a table of its own",
        )


def _check_folder(main: Path, _: str | None) -> None:
    if not any(main.glob("a*.gdbtable")):
        raise damaged(main)


def _markup(is_right: Callable[[str], bool]) -> _Check:
    def check(main: Path, encoding: str | None) -> None:
        text = read_text(main.read_bytes(), declared=encoding)
        if not is_right(text):
            raise damaged(main)
        if re.search(r"<!(doctype|entity)", text, re.IGNORECASE):
            raise refuse(
                "The file defines words of its own (DOCTYPE)",
                "Export it again from your GIS, as %(kind)s without a DOCTYPE",
                kind=main.suffix.lstrip(".").upper(),
            )
        own = _REFERENCE.sub("", _LINK.sub("", _PROLOGUE.sub("", text, count=1)))
        main.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n{own}', "utf-8")

    return check


def _is_gml(text: str) -> bool:
    return "opengis.net/gml" in text[:4096]


_CHECKS: Mapping[str, _Check] = {
    ".gpkg": _check_geopackage,
    ".shp": _begins(b"\0\0\x27\x0a"),
    ".kml": _markup(lambda text: root_of(text) == "kml"),
    ".gml": _markup(_is_gml),
    ".tab": _check_table,
    ".mif": _begins(b"version"),
    ".gdb": _check_folder,
    # Written by the reader of GeoJSON, from what it has parsed.
    ".json": _begins(b"{"),
}
