"""Numbers as printed and as value, unit and comparator, with what they measure where the words beside them say it.

A number that cannot be read stays text: ``value`` is None, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.model import Quantity

NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:[.·]\d+)?|\.\d+"
COMPARATOR = r"[<>≤≥=~≈]|<=|>=|less than|more than|greater than|at least|up to|approximately|about|over|below|above"
UNIT = r"[pnuµμm]M|[pnuµμm]g/m[lL]|mg/kg|mg/m2|%|weeks?|months?|years?|days?|h\b|hours?"
STATISTICS = (
    ("IC50", r"\b(?:IC|EC|GI|LC|LD|ED)[- ]?50s?(?: values?)?"),
    (
        "combination index",
        r"\b(?:combination ind(?:ex|ices)|CI)(?: values?)?(?=[^a-z]{0,8}(?:[<>=]|of |was |were |\d))",
    ),
    ("hazard ratio", r"\b(?:hazard ratio|HR)s?\b"),
    ("odds ratio", r"\b(?:odds ratio|OR)\b(?=[ ,:=(]{0,3}\d)"),
    ("p", r"\b[Pp](?:[- ]values?)?(?=\s*[<>=≤≥])"),
    ("response rate", r"\b(?:overall |objective |complete |partial )?(?:response|remission) rates?\b|\bORR\b"),
    ("n", r"\b[nN](?=\s*=)"),
)
_COMPARISONS = {
    "≤": "<=", "≥": ">=", "less than": "<", "below": "<", "more than": ">", "greater than": ">", "over": ">",
    "above": ">", "at least": ">=", "up to": "<=", "~": "~", "≈": "~", "approximately": "~", "about": "~",
}  # fmt: skip
_FOLD = re.compile(
    rf"(?P<comparator>{COMPARATOR})?\s*(?P<number>{NUMBER})(?:\s*(?:-|–|to)\s*{NUMBER})?[- –]?"
    r"(?:fold|times)\b(?:[- ](?:up|down)[- ]?regulated|[- ](?:increase|decrease|higher|lower|more|less)[a-z]*)?"
)
_MEASURED = [
    (name, re.compile(
        rf"(?P<name>{pattern})(?P<gap>[^.;0-9]{{0,28}}?)(?P<comparator>{COMPARATOR})?\s*"
        rf"(?P<number>{NUMBER})\s*(?P<unit>{UNIT})?"
    ))
    for name, pattern in STATISTICS
]  # fmt: skip
_PLAIN = re.compile(rf"(?P<comparator>{COMPARATOR})?\s*(?P<number>{NUMBER})\s*(?P<unit>{UNIT})")


def find_quantities(text: str) -> tuple[Quantity, ...]:
    """Fold changes, measured statistics and numbers with units in ``text``, in order; none inside another.

    Offsets count from the start of ``text``.
    """
    found: list[Quantity] = []
    for quantity in (*_folds(text), *_measured(text), *_plain(text)):
        if not any(other.start < quantity.end and quantity.start < other.end for other in found):
            found.append(quantity)
    return tuple(sorted(found, key=lambda each: each.start))


def read_number(text: str) -> float | None:
    """The value of a printed number; a decimal point may be raised (``3·2``), thousands may have commas."""
    try:
        return float(text.replace(",", "").replace("·", "."))
    except ValueError:
        return None


def _folds(text: str) -> Iterator[Quantity]:
    for match in _FOLD.finditer(text):
        yield _quantity(match, "fold", "fold change")


def _measured(text: str) -> Iterator[Quantity]:
    for name, pattern in _MEASURED:
        for match in pattern.finditer(text):
            yield _quantity(match, match["unit"], name)


def _plain(text: str) -> Iterator[Quantity]:
    for match in _PLAIN.finditer(text):
        yield _quantity(match, match["unit"], None)


def _quantity(match: re.Match[str], unit: str | None, statistic: str | None) -> Quantity:
    printed = match.group()
    start = match.start() + len(printed) - len(printed.lstrip())
    comparator = match["comparator"]
    return Quantity(
        start=start,
        end=match.end(),
        text=match.string[start : match.end()],
        value=read_number(match["number"]),
        unit=unit.replace("µ", "μ") if unit else None,
        comparator=_COMPARISONS.get(comparator, comparator) if comparator else None,
        statistic=statistic,
    )
