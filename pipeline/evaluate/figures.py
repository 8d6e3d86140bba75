"""Counts and ratios of comparisons, with 95 % bootstrap intervals over documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluate.compare import Comparison, Finding, compare
from pipeline.evaluate.gold import Label
from pipeline.extract.skeleton import sign

RESAMPLES = 1000
SEED = 13
NORMAL_95 = 1.96  # standard deviations on both sides of the middle 95 %
Outcome = Literal["right", "wrong", "missed"]
Interval = tuple[float, float]
Group = Callable[[Comparison, Label | Finding], str]


@dataclass(frozen=True, slots=True)
class Figures:
    """Right, wrong and missed, with the ratios made of them and the intervals of precision, recall and F1."""

    right: int
    wrong: int
    missed: int
    precision_95: Interval | None = None
    recall_95: Interval | None = None
    f1_95: Interval | None = None

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 0.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 0.0

    @property
    def f1(self) -> float:
        both = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / both if both else 0.0


@dataclass(frozen=True, slots=True)
class RuleFigures:
    """What a rule found: ``right`` findings (``excused``: by optional labels, or as repeats) and ``wrong`` ones.

    ``missed`` counts the labels that nothing would meet without the rule; ``gain`` what it adds to F1 (below 0: it
    harms). A rule finds little: its interval is Wilson's, a bootstrap over documents would be a point.
    """

    rule: str
    right: int
    excused: int
    wrong: int
    missed: int
    gain: float
    precision_95: Interval

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong)


def total(comparisons: Sequence[Comparison]) -> Figures:
    """Figures of everything together."""
    return _figures([_count(each, None, "") for each in comparisons])


def by_kind(comparisons: Sequence[Comparison]) -> dict[str, Figures]:
    return _grouped(comparisons, lambda _, of: of.kind)


def by_section(comparisons: Sequence[Comparison]) -> dict[str, Figures]:
    return _grouped(comparisons, lambda one, of: one.document.section_at(of.start).kind)


def by_rule(comparisons: Sequence[Comparison], *, strict: bool) -> list[RuleFigures]:
    """Every rule that found something, the one that harms most first."""
    rules = sorted({_rule(each) for one in comparisons for each in one.findings})
    whole = total_counts(comparisons)
    return sorted((_rule_figures(rule, comparisons, whole, strict=strict) for rule in rules), key=lambda of: of.gain)


def direction_right(comparisons: Sequence[Comparison]) -> tuple[int, int]:
    """Of the pairs of one kind whose label has a direction: how many have the same, and how many there are."""
    pairs = [pair for one in comparisons for pair in one.pairs if sign(pair[0].direction)]
    alike = [(label, found.evidence.match) for label, found in pairs if label.kind == found.kind]
    right = sum(sign(label.direction) == sign(said.attributes.direction) for label, said in alike)
    return right, len(alike)


# ------------------------------------------------------------------------------------------------ counting


def total_counts(comparisons: Iterable[Comparison]) -> Figures:
    """The same as :func:`total`, without intervals."""
    counts = sum((_count(each, None, "") for each in comparisons), Counter[Outcome]())
    return Figures(counts["right"], counts["wrong"], counts["missed"])


def _grouped(comparisons: Sequence[Comparison], group: Group) -> dict[str, Figures]:
    labels = {group(one, each) for one in comparisons for each in one.document.labels}
    names = sorted(labels | {group(one, each) for one in comparisons for each in one.findings})
    counted = {name: _figures([_count(each, group, name) for each in comparisons]) for name in names}
    return {name: each for name, each in counted.items() if each.right + each.wrong + each.missed}


def _count(comparison: Comparison, group: Group | None, name: str) -> Counter[Outcome]:
    outcomes: list[tuple[Outcome, Label | Finding]] = [("right", label) for label, _ in comparison.pairs]
    outcomes += [("missed", each) for each in comparison.missed]
    outcomes += [("wrong", each) for each in comparison.extra]
    return Counter(outcome for outcome, each in outcomes if group is None or group(comparison, each) == name)


def _rule(finding: Finding) -> str:
    return finding.evidence.match.rule


def _rule_figures(rule: str, comparisons: Sequence[Comparison], whole: Figures, *, strict: bool) -> RuleFigures:
    right = excused = wrong = 0
    others = []
    for one in comparisons:
        of_rule = {number for number, each in enumerate(one.findings) if _rule(each) == rule}
        met = {id(found) for _, found in one.pairs}
        right += len(of_rule & one.right)
        wrong += len(of_rule - one.right)
        excused += sum(id(one.findings[number]) not in met for number in of_rule & one.right)
        rest = [each for number, each in enumerate(one.findings) if number not in of_rule]
        others.append(compare(one.document, rest, strict=strict) if of_rule else one)
    without = total_counts(others)
    return RuleFigures(
        rule=rule,
        right=right,
        excused=excused,
        wrong=wrong,
        missed=without.missed - whole.missed,
        gain=whole.f1 - without.f1,
        precision_95=wilson(right, right + wrong),
    )


# ------------------------------------------------------------------------------------------------ intervals


def _figures(counts: Sequence[Counter[Outcome]]) -> Figures:
    """The sums of ``counts``, one of each document."""
    table = np.array([[each["right"], each["wrong"], each["missed"]] for each in counts], dtype=float).reshape(-1, 3)
    right, wrong, missed = (int(each) for each in table.sum(axis=0))
    if not right + wrong + missed:
        return Figures(0, 0, 0)
    drawn = np.random.default_rng(SEED).integers(len(table), size=(RESAMPLES, len(table)))
    sums = table[drawn].sum(axis=1)
    tp, fp, fn = sums[:, 0], sums[:, 1], sums[:, 2]
    return Figures(
        right, wrong, missed, _interval(tp, tp + fp), _interval(tp, tp + fn), _interval(2 * tp, 2 * tp + fp + fn)
    )


def _interval(part: NDArray[Any], whole: NDArray[Any]) -> Interval | None:
    """The middle 95 % of ``part / whole`` over the resamples in which there is one."""
    there = whole > 0
    if not there.any():
        return None
    low, high = np.quantile(part[there] / whole[there], [0.025, 0.975])
    return float(low), float(high)


def wilson(right: int, n: int) -> Interval:
    """Wilson's 95 % interval of a share (E. B. Wilson, J Am Stat Assoc 1927, 22:209)."""
    middle = (right + NORMAL_95**2 / 2) / (n + NORMAL_95**2)
    half = NORMAL_95 / (n + NORMAL_95**2) * (right * (n - right) / n + NORMAL_95**2 / 4) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)
