"""Signs that look alike are stored as one."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_api.signs import normalise


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("６２０１７１１０１", "620171101"),
        ("Ｐ－０００１", "P-0001"),
        ("\ufeff620171\u200b101\u2060", "620171101"),
        ("上\u00ad河\u200d村", "上河村"),
        ("上河村\U000e0100\ufe0f", "上河村"),
        ("\u3000上河村\u00a0", "上河村"),
        ("A\u3000\u2003 B", "A B"),
        # A radical and a compatibility ideograph, as they come out of a PDF.
        ("\u2f2d\uf9da", "山栗"),
        ("上河村（北）：一，二", "上河村（北）：一，二"),
        ("上河村\n下河村", "上河村\n下河村"),
        ("", ""),
    ],
)
def test_signs_that_look_alike_are_one(written: str, stored: str) -> None:
    assert normalise(written) == stored


@given(st.text(max_size=12))
def test_what_was_normalised_stays_as_it_is(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert not any(unicodedata.category(sign) == "Cf" for sign in once)
