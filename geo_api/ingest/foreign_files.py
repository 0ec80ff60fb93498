"""What a file that is no ledger is, told by what is in it, and what to do with it."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

from geo_api.errors import InvalidInput, Words
from geo_api.ingest.signatures import HEAD_BYTES, NO_ZIP, name_kind

ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_AS_XLSX = "Open it, and save it as xlsx"
_TABLE = "Send the table itself, as xlsx or CSV"
_OLD = "a workbook of an old kind (.xls or .et)"

# Names of parts in the directory of an OLE file.
_OLE_PARTS = (
    ("EncryptedPackage", "a workbook locked with a password",
     "Open it, take the password off, and save it as xlsx"),
    ("Workbook", _OLD, _AS_XLSX),
    ("Book", _OLD, _AS_XLSX),
    ("WordDocument", "a text document", _TABLE),
)  # fmt: skip
_ZIP_PARTS = (
    ("xl/workbook.bin", "a binary workbook (.xlsb)", _AS_XLSX),
    ("content.xml", "a workbook of LibreOffice (.ods)", _AS_XLSX),
    ("Index/Document.iwa", "a table of Numbers", "Export it as xlsx"),
    ("Index.zip", "a table of Numbers", "Export it as xlsx"),
    ("word/document.xml", "a text document", _TABLE),
)
_NO_WORKBOOK = ("an archive (.zip)", "Unpack it, and send the table in it")
_BEGINNINGS = (
    (re.compile(rb"\x09[\x00\x02\x04\x08](?:\x04|\x06|\x08|\x10)\x00"), _OLD, _AS_XLSX),
    (re.compile(rb"BM.{12}[\x28\x6c\x7c]\0|RIFF.{4}WEBP|.{4}ftyp(?:heic|mif1|avif)",
                re.DOTALL), "a picture", _TABLE),
    (re.compile(rb"PK\x05\x06"), *_NO_WORKBOOK),
    (re.compile(rb"\{\\rtf"), "a text document", _TABLE),
)  # fmt: skip
_XML_BOOK = re.compile(r"\s*<\?xml.*<(?:ss:)?Workbook[\s>]", re.DOTALL)
_WEB_PAGE = re.compile(
    r"\s*(?:<!--.*?-->\s*|<\?xml[^>]*>\s*)*<(?:!doctype\s+html|html|head|body|table|meta)"
    r"[\s>]|MIME-Version:",
    re.DOTALL | re.IGNORECASE,
)


def refused(msg: str, mend: str, **params: Any) -> InvalidInput:
    """The error of a file that cannot be read at all."""
    return InvalidInput(msg, loc=("file",), mend=mend, **params)


def refuse_other_files(blob: bytes) -> None:
    """Raise InvalidInput for a file that is known, and known to be no ledger."""
    if not blob.strip(b"\0\r\n\t \xef\xbb\xbf"):
        raise refused("The file is empty", "Fill in the template")
    found = _name(blob)
    if found is not None:
        kind, mend = found
        raise refused("This is %(kind)s, not a table", mend, kind=Words(kind))


def _name(blob: bytes) -> tuple[str, str] | None:
    head = blob[:HEAD_BYTES]
    if head.startswith(_OLE):
        return _name_ole(blob)
    if head.startswith(ZIP):
        return _name_zip(blob)
    for beginning, msg, mend in _BEGINNINGS:
        if beginning.match(head):
            return msg, mend
    text = _as_text(head)
    if _XML_BOOK.match(text):
        return "a workbook as XML", _AS_XLSX
    if _WEB_PAGE.match(text):
        return "a web page", _AS_XLSX
    kind = name_kind(head)
    return (kind, _TABLE) if kind else None


def _name_ole(blob: bytes) -> tuple[str, str]:
    for part, msg, mend in _OLE_PARTS:
        if part.encode("utf-16-le") + b"\0\0" in blob:
            return msg, mend
    return "an old Office document (.xls, .et, .doc)", _AS_XLSX


def _name_zip(blob: bytes) -> tuple[str, str] | None:
    try:
        with zipfile.ZipFile(io.BytesIO(blob)) as archive:
            parts = set(archive.namelist())
    except NO_ZIP:
        return None  # its reader will say how it is broken
    for part, msg, mend in _ZIP_PARTS:
        if part in parts:
            return msg, mend
    return None if any(part.startswith("xl/") for part in parts) else _NO_WORKBOOK


def _as_text(head: bytes) -> str:
    is_wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = head.decode("utf-16" if is_wide else "latin-1", "replace")
    return text.removeprefix("\xef\xbb\xbf")
