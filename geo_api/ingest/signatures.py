"""What a file is by its first bytes, whatever it is called. Pure."""

from __future__ import annotations

import re
import zipfile

# What tells a kind begins within so many bytes.
HEAD_BYTES = 4096

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"AC10", "a DWG drawing"),
    (b"AutoCAD Binary DXF", "a DXF drawing"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"II*\0", "a picture"),
    (b"MM\0*", "a picture"),
    (b"GIF8", "a picture"),
    (b"\0\1\0\0Standard ", "an Access database"),
    # Excel and Word until 2003; WPS writes .et so, too.
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document (.xls, .et, .doc)"),
)
_ROOTS = {
    "html": "a web page",
    "ogrvrtdatasource": "a list of other sources (VRT)",
    "ogrwfsdatasource": "a list of other sources (WFS)",
}
_ROOT = re.compile(r"<(?![?!])(?:[\w.-]+:)?([\w.-]+)")


def name_kind(head: bytes) -> str | None:
    """The msgid of what a file is that nobody reads as it is; None if it may do."""
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if head.startswith(b"PK\3\4"):
        return _kind_of_zip(head)
    text = head.decode("utf-8-sig", "ignore").lstrip().lower()
    if text.startswith("<!doctype html"):
        return "a web page"
    if text.startswith("<"):
        return _ROOTS.get(root_of(text) or "")
    if re.match(r"(999\s[^\n]*\n\s*)*0\s*\n\s*section\b", text):
        return "a DXF drawing"
    return None


def root_of(text: str) -> str | None:
    """The local name of an XML text's first element, in lower case."""
    found = _ROOT.search(text)
    return found[1].lower() if found else None


def _kind_of_zip(head: bytes) -> str | None:
    # The directory stands at the end; what Office writes first is enough here.
    first = head[30:].lower()
    if first.startswith((b"[content_types].xml", b"_rels/", b"xl/", b"docprops/")):
        return "an Office document (.xlsx, .docx)"
    return None


# What it raises to open a zip that is none, or is broken.
NO_ZIP = (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError)


def is_locked(archive: zipfile.ZipFile) -> bool:
    """Whether a zip's contents need a password."""
    return any(info.flag_bits & 1 for info in archive.infolist())


def is_zip(head: bytes) -> bool:
    """Whether a file begins as a zip does, empty ones included."""
    return head.startswith((b"PK\3\4", b"PK\5\6"))
