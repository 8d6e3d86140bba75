"""Drift: is what a night has read like what the last nights have read?

Figures are rates (claims by rule and by kind and refusals by reason for each thousand sentences that were read,
sentences for each thousand documents), so that a long night and a short one can be compared. The usual rate is the
median of the last nights, as one odd night must not move it. A figure is told only if it is far from the usual by more
than chance would take it, and rare things are left alone: a warning that comes every morning is read by nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from statistics import median
from typing import Any

from pipeline.model import Article, Rejection

NIGHTS = 14  # at most so many are looked back at
FEWEST_NIGHTS = 3  # fewer make no usual
FEWEST_READ = {"sentences": 200, "documents": 30}  # of a night that is judged, or that others are judged by
FEWEST_COUNTED = 10  # of a figure, tonight or as usual
FAR = 3.5  # standard deviations
TIMES = 2.0  # as much, or as little
SPREAD = 1.5  # variance of a count for each that is expected: claims come several to a paper
SCALED = 1.4826  # median absolute deviation → standard deviation
PER = 1000
SENTENCES, DOCUMENTS = "sentences", "documents"
SCREENED = ("parse", "screen")  # stages whose refusals are counted by documents


@dataclass(slots=True)
class Figures:
    """What was read, and what came of it; ``counts`` by (what of, name)."""

    documents: int = 0
    sentences: int = 0
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def take(self, article: Article) -> None:
        """Count what was read in an article."""
        self.documents += 1
        self.sentences += len(article.sentences)
        for evidence in article.evidence:
            self.counts["claims by rule", evidence.match.rule] += 1
            self.counts["claims by kind", evidence.claim.kind] += 1
        for rejection in article.rejections:
            self._refuse(rejection)

    def refuse(self, rejections: Sequence[Rejection]) -> None:
        """Count records that could not be read."""
        for rejection in rejections:
            if rejection.stage in SCREENED:
                self.documents += 1
                self._refuse(rejection)

    def _refuse(self, rejection: Rejection) -> None:
        self.counts["refused", f"{rejection.stage}: {rejection.reason}"] += (
            1 if rejection.stage in SCREENED else rejection.count
        )

    def add(self, other: Figures) -> None:
        """Count also what another process has read."""
        self.documents += other.documents
        self.sentences += other.sentences
        self.counts += other.counts

    def as_json(self) -> dict[str, Any]:
        rows = [[*key, count] for key, count in sorted(self.counts.items())]
        return {"documents": self.documents, "sentences": self.sentences, "counts": rows}

    @classmethod
    def of_json(cls, said: Mapping[str, Any]) -> Figures:
        counts = Counter({(what, name): count for what, name, count in said.get("counts", ())})
        return cls(said.get("documents", 0), said.get("sentences", 0), counts)

    def count(self, figure: tuple[str, str]) -> int:
        return self.sentences if figure == ALL_SENTENCES else self.counts[figure]

    def among(self, figure: tuple[str, str]) -> int:
        """What the figure is a share of."""
        return int(getattr(self, _base(figure)))


ALL_SENTENCES = ("sentences read", "all")


@dataclass(frozen=True, slots=True)
class Drift:
    """A figure that is not as usual: its count and the one to be expected, its rate and the usual one, a thousand."""

    what: str
    name: str
    count: int
    expected: float
    rate: float
    usual: float
    per: str
    nights: int

    def __str__(self) -> str:
        return (
            f"{self.what}, {self.name}: {self.rate:.3g} per thousand {self.per} ({self.count}), usually "
            f"{self.usual:.3g} ({self.expected:.3g} to be expected; {self.nights} nights)"
        )


def drift(tonight: Figures, before: Sequence[Figures]) -> list[Drift]:
    """The figures of ``tonight`` that are far from those of the nights ``before`` (in order); the farthest first."""
    found = []
    for figure in sorted({ALL_SENTENCES, *tonight.counts, *(each for night in before for each in night.counts)}):
        judged = _judged(figure, tonight, before[-NIGHTS:])
        if judged:
            found.append(judged)
    return [each for _, each in sorted(found, key=lambda pair: -pair[0])]


def _judged(figure: tuple[str, str], tonight: Figures, before: Sequence[Figures]) -> tuple[float, Drift] | None:
    """How far the figure is from the usual, in standard deviations, and what to say of it; None if it is as usual."""
    base = _base(figure)
    nights = [each for each in before if each.among(figure) >= FEWEST_READ[base]]
    among, count = tonight.among(figure), tonight.count(figure)
    if len(nights) < FEWEST_NIGHTS or among < FEWEST_READ[base]:
        return None
    usual, spread = _usual([(each.count(figure), each.among(figure)) for each in nights])
    expected = usual * among
    far = abs(count - expected) / sqrt(SPREAD * max(expected, 1.0) + (spread * among) ** 2)
    times = (max(count, expected) + 1) / (min(count, expected) + 1)
    if max(count, expected) < FEWEST_COUNTED or far < FAR or times < TIMES:
        return None
    what, name = figure
    return far, Drift(what, name, count, expected, PER * count / among, PER * usual, base, len(nights))


def _usual(nights: Sequence[tuple[int, int]]) -> tuple[float, float]:
    """Median and robust spread of the rates; what is too rare for a median is taken of all nights but the highest."""
    rates = sorted(count / among for count, among in nights)
    middle = median(rates)
    if not middle:
        most = max(nights, key=lambda night: night[0] / night[1])
        rest = list(nights)
        rest.remove(most)
        middle = sum(count for count, _ in rest) / sum(among for _, among in rest)
    return middle, SCALED * median(abs(rate - middle) for rate in rates)


def _base(figure: tuple[str, str]) -> str:
    by_documents = figure == ALL_SENTENCES or figure[1].partition(":")[0] in SCREENED
    return DOCUMENTS if by_documents else SENTENCES
