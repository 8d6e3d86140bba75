"""Whether a confidence of .8 means that four of five are right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.evaluate.compare import Comparison

EDGES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
Judged = Sequence[tuple[float, bool]]


@dataclass(frozen=True, slots=True)
class Bin:
    """Findings with a confidence from ``low`` to below ``high``: how many, their mean confidence, the share right."""

    low: float
    high: float
    n: int
    confidence: float
    right: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far confidence can be taken at its word.

    ``brier`` is the mean squared error of the confidence; ``brier_base`` that of telling the share that is right of
    every one; ``off`` the mean distance between confidence and share over the bins, weighted by their size; ``ranked``
    the chance that of a right and a wrong finding the right one has more confidence (one half: it tells nothing).
    """

    n: int
    right: float
    brier: float
    brier_base: float
    off: float
    ranked: float | None
    bins: tuple[Bin, ...]


def judged(comparisons: Sequence[Comparison]) -> list[tuple[float, bool]]:
    """The confidence of every finding that has one, and whether it is right."""
    return [
        (each.evidence.confidence, number in one.right)
        for one in comparisons
        for number, each in enumerate(one.findings)
        if each.evidence.confidence is not None
    ]


def calibrate(pairs: Judged) -> Calibration | None:
    """None where nothing was found."""
    if not pairs:
        return None
    share = sum(right for _, right in pairs) / len(pairs)
    bins = tuple(made for low, high in pairwise(EDGES) if (made := _bin(pairs, low, high)) is not None)
    return Calibration(
        n=len(pairs),
        right=share,
        brier=sum((confidence - right) ** 2 for confidence, right in pairs) / len(pairs),
        brier_base=share * (1 - share),
        off=sum(each.n * abs(each.confidence - each.right) for each in bins) / len(pairs),
        ranked=_ranked(pairs),
        bins=bins,
    )


def _bin(pairs: Judged, low: float, high: float) -> Bin | None:
    inside = [pair for pair in pairs if low <= pair[0] < high or (high == EDGES[-1] and pair[0] == high)]
    if not inside:
        return None
    n = len(inside)
    return Bin(low, high, n, sum(each for each, _ in inside) / n, sum(right for _, right in inside) / n)


def _ranked(pairs: Judged) -> float | None:
    right = [confidence for confidence, is_right in pairs if is_right]
    wrong = [confidence for confidence, is_right in pairs if not is_right]
    if not right or not wrong:
        return None
    above = sum((one > other) + (one == other) / 2 for one in right for other in wrong)
    return above / (len(right) * len(wrong))
