"""Where sentences begin and end, by pysbd, with offsets that tile the text.

pysbd returns strings; here they are found again in the text, in order, so that no sentence is lost and none is quoted
in words that the text does not have. Long paragraphs are cut before, since pysbd's time grows faster than their length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pysbd

LONGEST_BLOCK = 8_000
PARAGRAPH = re.compile(r"[^\n]+")
CUT = re.compile(r"[.!?]\s+(?=[A-Z(])")


class SentenceSplitter:
    """Splits the text of a section into sentences."""

    def __init__(self) -> None:
        self._segmenter = pysbd.Segmenter(language="en", clean=False, char_span=False)

    def split(self, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Half-open spans of the sentences of the paragraph ``text[start:end]``, without surrounding white space."""
        block = text[start:end]
        cursor = 0
        starts = [0]
        for sentence in self._segmenter.processor(block).process():  # segment() would search the offsets, twice as slow
            found = block.find(sentence.strip(), cursor) if sentence.strip() else -1
            if found < 0:
                continue  # pysbd rewrote it; it stays part of the sentence before
            if found > starts[-1]:
                starts.append(found)
            cursor = found + len(sentence.strip())
        for first, last in zip(starts, [*starts[1:], len(block)], strict=True):
            trimmed = block[first:last].strip()
            if trimmed:
                begin = start + block.index(trimmed, first)
                yield begin, begin + len(trimmed)


def paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Half-open spans of the lines of ``text``, those that are too long in pieces that end with a sentence."""
    for paragraph in PARAGRAPH.finditer(text):
        start, end = paragraph.span()
        while end - start > LONGEST_BLOCK:
            cuts = [match.end() for match in CUT.finditer(text, start, start + LONGEST_BLOCK)]
            stop = cuts[-1] if cuts else start + LONGEST_BLOCK
            yield start, stop
            start = stop
        yield start, end
