"""HEIC as phones send it, written here: its pixels are stored raw, block by block.

Each block of 32 × 32 is a slice of its own, so that no statistics of the coding are
needed: what stands before the raw samples is the same few bits everywhere.
"""

from __future__ import annotations

import struct

_SIDE = 32
# Y, Cb, Cr of the whole range.
RED, BLUE = (76, 85, 255), (29, 255, 107)


class _Bits:
    def __init__(self) -> None:
        self.text = ""

    def u(self, value: int, length: int) -> _Bits:
        self.text += f"{value:0{length}b}" if length else ""
        return self

    def ue(self, *values: int) -> _Bits:
        for value in values:
            code = f"{value + 1:b}"
            self.text += "0" * (len(code) - 1) + code
        return self

    def ended(self) -> bytes:
        """Closed by a one and zeros up to a whole byte."""
        return _Bits.whole(self.text + "1")

    @staticmethod
    def whole(text: str) -> bytes:
        text += "0" * (-len(text) % 8)
        return int(text, 2).to_bytes(len(text) // 8, "big")


def _coded(*bins: tuple[str, int]) -> str:
    """The arithmetic code of a first bin of equal odds and of bins that end."""
    low, span, outstanding, is_first, out = 0, 510, 0, True, ""

    def put(bit: int) -> None:
        nonlocal is_first, outstanding, out
        if not is_first:
            out += str(bit)
        is_first = False
        out += str(1 - bit) * outstanding
        outstanding = 0

    def widen() -> None:
        nonlocal low, span, outstanding
        while span < 256:
            if low < 256:
                put(0)
            elif low >= 512:
                low -= 512
                put(1)
            else:
                low -= 256
                outstanding += 1
            span, low = span << 1, low << 1

    for kind, _ in bins:
        if kind == "likely":
            span -= (128, 176, 208, 240)[(span >> 6) & 3]
        else:  # the last one: all is flushed
            span -= 2
            low, span = low + span, 2
        widen()
    put((low >> 9) & 1)
    return out + f"{((low >> 7) & 3) | 1:02b}"


_BEGUN = _coded(("likely", 1), ("end", 1))
_DONE = _coded(("end", 1))


def _unit(kind: int, payload: bytes) -> bytes:
    safe = bytearray()
    zeros = 0
    for byte in payload:
        if zeros >= 2 and byte <= 3:
            safe.append(3)
            zeros = 0
        safe.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes([kind << 1, 1]) + bytes(safe)


def _profile(bits: _Bits) -> _Bits:
    return bits.u(3, 8).u(0x70000000, 32).u(0b1001, 4).u(0, 44).u(186, 8)


def _parameters(width: int, height: int) -> list[tuple[int, bytes]]:
    video = _profile(_Bits().u(0, 4).u(3, 2).u(0, 6).u(0, 3).u(1, 1).u(0xFFFF, 16))
    video.u(1, 1).ue(0, 0, 0).u(0, 6).ue(0).u(0, 2)
    sequence = _profile(_Bits().u(0, 4).u(0, 3).u(1, 1)).ue(0, 1, width, height)
    sequence.u(0, 1).ue(0, 0, 0).u(1, 1).ue(0, 0, 0)
    sequence.ue(2, 0, 0, 3, 0, 0).u(0, 3)
    sequence.u(1, 1).u(7, 4).u(7, 4).ue(2, 0).u(1, 1)
    sequence.ue(0).u(0, 5)
    picture = _Bits().ue(0, 0).u(0, 7).ue(0, 0, 0).u(0, 3).ue(0, 0).u(0, 7)
    picture.u(1, 1).u(0, 1).u(1, 1).u(0, 2).ue(0).u(0, 2)
    return [
        (32, _unit(32, video.ended())),
        (33, _unit(33, sequence.ended())),
        (34, _unit(34, picture.ended())),
    ]


def _slices(width: int, height: int) -> bytes:
    across, down = width // _SIDE, height // _SIDE
    length = (across * down - 1).bit_length()
    units = []
    for i in range(across * down):
        y, cb, cr = RED if i % across < across // 2 else BLUE
        head = _Bits().u(int(i == 0), 1).u(0, 1).ue(0)
        if i:
            head.u(i, length)
        head.ue(2, 0)
        samples = bytes([y]) * _SIDE**2 + bytes([cb]) * 256 + bytes([cr]) * 256
        payload = head.ended() + _Bits.whole(_BEGUN) + samples + _Bits.whole(_DONE)
        unit = _unit(20, payload)
        units.append(struct.pack(">I", len(unit)) + unit)
    return b"".join(units)


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


def _full(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *parts)


def a_heic(
    width: int = 64,
    height: int = 32,
    *,
    said: tuple[int, int] | None = None,
    turns: int = 0,
    exif: bytes = b"",
    pictures: int = 1,
) -> bytes:
    """A picture whose left half is red and whose right half is blue.

    ``turns`` are quarters against the clock that a viewer makes; ``said`` is a size
    that the header claims; of several ``pictures`` the first is the chosen one.
    """
    arrays = b"".join(
        bytes([0x80 | kind]) + struct.pack(">HH", 1, len(unit)) + unit
        for kind, unit in _parameters(width, height)
    )
    coder = bytes([1, 3]) + struct.pack(">I", 0x70000000) + bytes([0x90]) + bytes(5)
    coder += bytes([186, 0xF0, 0, 0xFC, 0xFD, 0xF8, 0xF8, 0, 0, 0x0F, 3]) + arrays
    properties = [
        _box(b"hvcC", coder),
        _full(b"ispe", struct.pack(">II", *(said or (width, height)))),
    ]
    if turns:
        properties.append(_box(b"irot", bytes([turns])))
    kept = bytes([len(properties)]) + bytes(
        0x80 | n + 1 for n in range(len(properties))
    )
    coded = _slices(width, height)
    items = [(n + 1, b"hvc1", coded) for n in range(pictures)]
    references = b""
    if exif:
        items.append((pictures + 1, b"Exif", struct.pack(">I", 0) + exif))
        cdsc = _box(b"cdsc", struct.pack(">HHH", pictures + 1, 1, 1))
        references = _full(b"iref", cdsc)
    entries = [
        _full(b"infe", struct.pack(">HH", n, 0), kind, b"\0", version=2)
        for n, kind, _ in items
    ]
    associations = struct.pack(">I", pictures) + b"".join(
        struct.pack(">H", n + 1) + kept for n in range(pictures)
    )

    def meta(start: int) -> bytes:
        places, at = b"", start
        for n, _, data in items:
            places += struct.pack(">HHHII", n, 0, 1, at, len(data))
            at += len(data)
        return _full(
            b"meta",
            _full(b"hdlr", bytes(4), b"pict", bytes(13)),
            _full(b"pitm", struct.pack(">H", 1)),
            _full(b"iinf", struct.pack(">H", len(entries)), *entries),
            references,
            _box(b"iprp", _box(b"ipco", *properties), _full(b"ipma", associations)),
            _full(b"iloc", b"\x44\0", struct.pack(">H", len(items)), places),
        )

    head = _box(b"ftyp", b"heic", bytes(4), b"mif1heic")
    start = len(head) + len(meta(0)) + 8
    return head + meta(start) + _box(b"mdat", *(data for *_, data in items))
