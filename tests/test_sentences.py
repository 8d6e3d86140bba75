"""Sentences tile the text: none is lost, none is quoted in words the text does not have."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.annotate.sentences import LONGEST_BLOCK, SentenceSplitter, paragraphs

SPLITTER = SentenceSplitter()


def split(text: str) -> list[str]:
    return [
        text[start:end]
        for paragraph in paragraphs(text)
        for start, end in SPLITTER.split(text, *paragraph)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One is here. Two is there.", ["One is here.", "Two is there."]),
        ("Growth fell (Fig. 2). It rose.", ["Growth fell (Fig. 2).", "It rose."]),
        ("Cells died at 0.5 mg. They did.", ["Cells died at 0.5 mg.", "They did."]),
        ("Smith et al. found it, i.e. cells died.", ["Smith et al. found it, i.e. cells died."]),
        ("First line\nsecond line", ["First line", "second line"]),
        ("E. coli and S. aureus were not used.", ["E. coli and S. aureus were not used."]),
        ("", []),
        (" \n ", []),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert split(text) == sentences


WORDS = ["Cells died. ", "(p < 0.05) ", "et al. ", "A", "\n", " ", "β", "“No.” ", "…", "e.g. ", "?! ", "1.5"]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=30).map("".join))
def test_no_word_is_lost_and_none_is_made(text: str) -> None:
    assert "".join("".join(split(text)).split()) == "".join(text.split())


def test_a_paragraph_without_end_is_cut_between_sentences() -> None:
    text = "The cells died. " * 2_000
    pieces = [text[start:end] for start, end in paragraphs(text)]
    assert max(map(len, pieces)) <= LONGEST_BLOCK
    assert "".join(pieces) == text
    assert {piece.strip()[-1] for piece in pieces} == {"."}
