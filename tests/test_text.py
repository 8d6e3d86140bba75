"""Folding names for comparison never touches the text, and every folded letter knows where it comes from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text import digest, one_line, squash, squash_with_offsets


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ICI 182,780", "ici-182780"),
        ("TGF-β1", "TGF beta 1"),
        ("NVP‑BEZ235", "nvp bez-235"),
        ("17β-estradiol", "17beta estradiol"),
        ("IC₅₀", "IC50"),
        ("PD\u20090332991", "PD-0332991"),
    ],
)
def test_spellings_of_one_name_meet(one: str, other: str) -> None:
    assert squash(one) == squash(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("letrozole", "leflutrozole"), ("MCF-7", "MCF-7aro"), ("IGF-I", "IGF-1R"), ("PI3Kα", "PI3Kδ")],
)
def test_look_alikes_stay_apart(one: str, other: str) -> None:
    assert squash(one) != squash(other)


@given(st.text(max_size=60))
def test_every_folded_letter_comes_from_its_own_place(text: str) -> None:
    folded, offsets = squash_with_offsets(text)
    assert folded == squash(text)
    assert len(offsets) == len(folded)
    assert offsets == sorted(offsets)
    by_place = ["".join(folded[i] for i, at in enumerate(offsets) if at == place) for place in range(len(text))]
    assert by_place == [squash(character) for character in text]


def test_a_digest_tells_parts_apart() -> None:
    assert digest("ab", "c") != digest("a", "bc")
    assert digest("a", None) == digest("a", "")
    assert len(digest("a", size=10)) == 10


def test_one_line_is_one_line_and_short() -> None:
    assert one_line(" a \n b ") == "a b"
    assert one_line("word " * 100, limit=12) == "word word w…"
