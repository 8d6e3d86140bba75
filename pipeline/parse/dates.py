"""Printed dates to :class:`PartialDate`: what is not printed stays None, and what was printed is kept in ``text``."""

from __future__ import annotations

import calendar
import re
from functools import lru_cache

from pipeline.model import PartialDate

_MONTHS = {name.casefold(): number for number, name in enumerate(calendar.month_abbr) if name}
_MONTH_NAMES = {name.casefold() for name in calendar.month_name if name} | _MONTHS.keys() | {"sept"}
_WORD = re.compile(r"[A-Za-z]+")
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")


@lru_cache(maxsize=8192)
def partial_date(
    year: str | None, month: str | None = None, day: str | None = None, *, season: str | None = None
) -> PartialDate | None:
    """The date of separate year, month, day as printed; None when nothing is printed.

    >>> partial_date("2019", "Mar")
    PartialDate(year=2019, month=3, day=None, text='2019 Mar')
    """
    text = " ".join(part for part in (year, season, month, day) if part)
    if not text:
        return None
    year_number = _number(year, digits=4) if year and len(year) == 4 else None
    month_number = month_of(month) if year_number else None
    return PartialDate(year_number, month_number, _day_of(day, year_number, month_number), text)


@lru_cache(maxsize=8192)
def dated_in_words(text: str) -> PartialDate | None:
    """The date of a ``MedlineDate`` ("1998 Dec-1999 Jan"): its first year, and its month if it names only one.

    >>> dated_in_words("1999 Jan 8-22")
    PartialDate(year=1999, month=1, day=None, text='1999 Jan 8-22')
    """
    if not text:
        return None
    years = _YEAR.findall(text)
    months = [word for word in _WORD.findall(text) if word.casefold() in _MONTH_NAMES]
    sure = len(set(years)) == 1 and len(months) == 1
    return PartialDate(int(years[0]) if years else None, month_of(months[0]) if sure else None, None, text)


def month_of(printed: str | None) -> int | None:
    """1 to 12 for "3", "03", "Mar", "March"; None for anything else ("Jan-Feb", "Spring", "13")."""
    number = _number(printed, digits=2)
    if number:
        return number if number <= 12 else None
    name = (printed or "").rstrip(".").casefold()
    return _MONTHS.get(name[:3]) if name in _MONTH_NAMES else None


def _day_of(printed: str | None, year: int | None, month: int | None) -> int | None:
    """The day of the month, None unless that month of that year has it."""
    number = _number(printed, digits=2)
    if number is None or year is None or month is None:
        return None
    return number if number <= calendar.monthrange(year, month)[1] else None


def _number(printed: str | None, *, digits: int) -> int | None:
    """A positive whole number of at most ``digits`` digits."""
    if not printed or not (printed.isascii() and printed.isdigit()) or len(printed) > digits:
        return None
    return int(printed) or None
