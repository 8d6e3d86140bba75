"""What spreadsheet programs make of names and numbers: MARCH1 becomes the first of March, 1E5 a hundred thousand."""

from __future__ import annotations

import math
import re

MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
WORD_FIRST = re.compile(r"([A-Za-z]{3,9})[-\s./]?(\d{1,4})")
NUMBER_FIRST = re.compile(r"(\d{1,4})[-\s./]?([A-Za-z]{3,9})")
BARE = re.compile(r"(\d{1,4})[-/.](\d{1,4})")
WHOLE = re.compile(r"(\d{1,4})[-/.](\d{1,2}|[A-Za-z]{3})[-/.](\d{1,4})(?:[T ][\d:.]+)?")
MADE_DATE = re.compile(r"\d{1,2}-[A-Z][a-z]{2}(?:-\d{2,4})?|[A-Z][a-z]{2}-\d{2,4}|\d{4}-\d{2}-\d{2}(?:[T ][\d:.]+)?|"
                       r"\d{1,2}[/.]\d{1,2}[/.]\d{2,4}")  # fmt: skip
MADE_NUMBER = re.compile(r"\d(?:[.,]\d+)?E\+\d+")


def is_made_of(text: str, original: str) -> bool:
    """Whether a spreadsheet program makes ``text`` of ``original``.

    >>> is_made_of("1-Mar", "MARCH1"), is_made_of("2026-09-02T00:00:00", "SEPT2"), is_made_of("1.00E+05", "1E5")
    (True, True, True)
    """
    before, now = original.strip(), text.strip()
    return bool(_as_dates(before) & _as_dates(now)) or _same_number(before, now)


def looks_made(text: str) -> bool:
    """Whether ``text`` looks like a date or a number that a program has made of something typed."""
    return bool(MADE_DATE.fullmatch(text.strip()) or MADE_NUMBER.fullmatch(text.strip()))


def _as_dates(text: str) -> set[tuple[int, int]]:
    """(month, day or year) in every way in which ``text`` may be read."""
    found: set[tuple[int, int]] = set()
    if match := WORD_FIRST.fullmatch(text):
        found |= {(month, int(match[2]) % 2000) for month in _month(match[1])}
    if match := NUMBER_FIRST.fullmatch(text):
        found |= {(month, int(match[1]) % 2000) for month in _month(match[2])}
    if match := BARE.fullmatch(text):
        found |= {(int(match[1]), int(match[2]) % 2000), (int(match[2]), int(match[1]) % 2000)}
    if match := WHOLE.fullmatch(text):
        found |= _whole(match[1], match[2], match[3])
    return {(month, number) for month, number in found if 1 <= month <= len(MONTHS)}


def _whole(first: str, middle: str, last: str) -> set[tuple[int, int]]:
    if middle.isalpha():
        return {(month, int(number) % 2000) for month in _month(middle) for number in (first, last)}
    numbers = [int(each) for each in (first, middle, last)]
    year = numbers[0] if len(first) == 4 else numbers[2]
    day_and_month = numbers[1:] if len(first) == 4 else numbers[:2]
    return {
        pair
        for month, day in (day_and_month, day_and_month[::-1])
        for pair in ((month, day), *(((month, year % 2000), (month, year % 100)) if day == 1 else ()))
    }


def _month(word: str) -> list[int]:
    folded = word.lower()
    full = [each for each in MONTHS if each.startswith(folded[:3])]
    return [MONTHS.index(each) + 1 for each in full if each.startswith(folded) or folded == "sept"]


def _same_number(original: str, text: str) -> bool:
    """Equal as numbers, as far as ``text`` is written out; but only where the original is no plain number itself."""
    try:
        before, now = float(original), float(text)
    except ValueError:
        return False
    rounded = math.isclose(before, now, rel_tol=0.005 if "E+" in text else 1e-14)
    return rounded and original != text
