"""Which encoding texts are in, told by the texts themselves. Pure.

UTF-8 that holds Chinese is never anything else by chance. GB18030 decodes nearly every
byte, so that what comes out must look like Chinese: signs that people use, not those
that only dictionaries have.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from geo_api.errors import InvalidInput

UTF_8, GB_18030 = "utf-8", "gb18030"
# What a code page is called, by Windows and by GIS.
_NAMES = {"936": GB_18030, "950": "big5", "65001": UTF_8, "gbk": GB_18030}
_NAMES |= {"gb2312": GB_18030, "cp936": GB_18030, "cp950": "big5"}
# Below, what is decoded does not look like text.
_LEAST = 0.55
# A declaration is doubted where another encoding is better by so much.
_CLEARLY = 0.3


@dataclass(frozen=True)
class Decoded:
    """A text, and whether its last sign was cut in two."""

    text: str
    is_cut: bool = False


def decode(raw: bytes, encoding: str) -> Decoded | None:
    """Bytes as text; None where they are not in this encoding."""
    try:
        return Decoded(raw.decode(encoding))
    except UnicodeDecodeError as error:
        # A field has so many bytes, and the last sign did not fit.
        is_cut = error.end >= len(raw) and len(raw) - error.start < 4
        if not is_cut or "invalid" in error.reason:
            return None
        return Decoded(raw[: error.start].decode(encoding), is_cut=True)


def codec_named(name: str) -> str | None:
    """Python's name for an encoding as declarations and .cpg files call it."""
    plain = name.strip().lower().removeprefix("ansi ").removeprefix("oem ")
    try:
        found = codecs.lookup(_NAMES.get(plain, plain))
        # Some codecs decode no bytes at all: rot13, hex.
        b"".decode(found.name)
    except LookupError:
        return None
    return GB_18030 if found.name in ("gbk", "gb2312") else found.name


def tell(
    texts: Iterable[bytes], *, declared: str | None = None, hint: str | None = None
) -> str:
    """The encoding of texts by evidence; a declared one is held against it.

    ``hint`` is what the file says of itself: believed where it does no worse. Raises
    InvalidInput where nothing looks like text, or something else than was declared.
    """
    foreign = [raw for raw in texts if not raw.isascii()]
    ours = _known(declared) if declared else None
    if not foreign:
        return ours or UTF_8
    named = codec_named(hint) if hint else None
    candidates = [name for name in (named, UTF_8, GB_18030) if name]
    best = max(candidates, key=lambda name: quality(foreign, name))
    found = quality(foreign, best)
    if ours is None:
        if found < _LEAST:
            raise _refuse(
                "It cannot be told in which encoding the names are: %(sample)s",
                'Declare it, for example encoding = "gb18030"',
                sample=_sample(foreign, GB_18030),
            )
        return best
    if found > quality(foreign, ours) + _CLEARLY:
        raise _refuse(
            "The names are not in %(declared)s: they would read %(sample)s",
            'Leave encoding out, or declare encoding = "%(found)s": %(right)s',
            declared=declared,
            sample=_sample(foreign, ours),
            found=best,
            right=_sample(foreign, best),
        )
    return ours


def _known(declared: str) -> str:
    found = codec_named(declared)
    if found is None:
        raise _refuse(
            "%(encoding)s is not an encoding known here",
            'Declare encoding = "utf-8" or "gb18030", or leave it out',
            encoding=declared[:40],
        )
    return found


def _refuse(msg: str, mend: str, **params: Any) -> InvalidInput:
    return InvalidInput(msg, loc=("declaration", "encoding"), mend=mend, **params)


def quality(texts: Sequence[bytes], encoding: str) -> float:
    """How much of texts that are not ASCII reads well in an encoding, 0 to 1."""
    return sum(_quality(raw, encoding) for raw in texts) / len(texts)


def _quality(raw: bytes, encoding: str) -> float:
    read = decode(raw, encoding)
    if read is None:
        return 0.0
    foreign = [sign for sign in read.text if not sign.isascii()]
    if encoding == UTF_8:
        # Three bytes that fit together are no accident, whatever the script; two may
        # be one sign of GB18030.
        return 1.0 if any(sign > "\u07ff" for sign in foreign) else 0.9
    return sum(map(_familiarity, foreign)) / max(len(foreign), 1)


def _familiarity(sign: str) -> float:
    """1 for the 3,755 usual signs, less for the next 3,008, nothing for the others."""
    try:
        row = sign.encode("gb2312")[0]
    except UnicodeEncodeError:
        return 0.0
    if row < 0xB0:
        return 0.5
    return 1.0 if row <= 0xD7 else 0.6


def _sample(texts: Sequence[bytes], encoding: str) -> str:
    read = dict.fromkeys(raw.decode(encoding, "replace") for raw in texts)
    return ", ".join(list(read)[:3])[:60]


def read_text(blob: bytes, *, declared: str | None = None) -> str:
    """A text file as text: by its mark, else UTF-8 or GB18030 by evidence."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if blob.startswith(mark):
            return blob.decode(encoding, "replace")
    lines = blob.splitlines()
    encoding = tell(lines, declared=declared)
    for number, line in enumerate(lines, start=1):
        read = decode(line, encoding)
        if read is None or read.is_cut:
            raise InvalidInput(
                "Line %(line)s is not in %(encoding)s",
                loc=("file",),
                mend="Save the file again as UTF-8",
                line=number,
                encoding=encoding,
            )
    return blob.decode(encoding)
