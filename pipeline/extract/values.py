"""The number that goes with a claim: of its kind, and nearest to what it is said of."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.model import Argument, Quantity, Sentence

WANTED = {
    "combination": ("combination index", "fold change"),
    "cross_resistance": ("fold change", "IC50"),
    "resistance": ("fold change", "IC50", "hazard ratio", "odds ratio"),
    "sensitivity": ("fold change", "IC50", "response rate", "hazard ratio", "odds ratio"),
    "efficacy_in_resistant": ("response rate", "IC50", "fold change"),
    "reversal": ("fold change", "IC50"),
    "alteration": ("fold change",),
    "drug_effect": ("fold change",),
    "biomarker": ("hazard ratio", "odds ratio"),
    "trial": ("response rate", "hazard ratio", "n"),
}
PERCENT = frozenset(["alteration", "drug_effect", "trial", "efficacy_in_resistant", "sensitivity"])
DURATION = frozenset(["model_system", "reversal"])  # how long a drug was given, or left out
TIME = re.compile(r"(?:hour|day|week|month|year)s?$")
SAID_OF = ("entity", "marker", "cause")  # roles whose level or effect a number may tell
BREAK = re.compile(r"[,;]|\b(?:and|or|but|while|whereas)\b")
BREAK_COSTS = 60  # characters: a number beyond "and" or a comma is said of something else


def choose_quantity(
    kind: str, sentence: Sentence, anchor: int, arguments: Sequence[Argument], direction: str | None
) -> Quantity | None:
    """The number of ``sentence`` that goes with a claim of ``kind`` whose anchor stands at ``anchor`` of the section.

    What did not change has no number.
    """
    fitting = [each for each in sentence.quantities if _fits(kind, each)]
    if direction == "no_change":
        return None
    places = [
        (each.start, each.end)
        for each in arguments
        if each.role in SAID_OF and each.start is not None and each.end is not None
    ] or [(anchor, anchor)]
    return min(fitting, key=lambda each: min(_distance(each, place, sentence) for place in places), default=None)


def _fits(kind: str, quantity: Quantity) -> bool:
    if quantity.statistic is not None:
        return quantity.statistic in WANTED.get(kind, ())
    if quantity.unit == "%":
        return kind in PERCENT
    return kind in DURATION and bool(quantity.unit and TIME.match(quantity.unit))


def _distance(quantity: Quantity, place: tuple[int, int], sentence: Sentence) -> int:
    """Characters between a number and what it may be said of, more where the words between part the two."""
    first, last = sorted([(quantity.start, quantity.end), place])
    between = sentence.text[first[1] - sentence.start : max(last[0], first[1]) - sentence.start]
    return len(between) + BREAK_COSTS * len(BREAK.findall(between))
