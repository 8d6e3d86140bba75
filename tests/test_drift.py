"""Drift: what is told as unusual, what is not, and where it is told."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest

from pipeline.article import Reader
from pipeline.digest import as_markdown
from pipeline.drift import Drift, Figures, drift
from pipeline.model import Article, Document
from pipeline.status import status_of
from pipeline.topics import Topic
from tests import reading
from tests.acquiring import Library, library
from tests.ingesting import CONFERS
from tests.ncbi import Made

__all__ = ["library"]
RULE = ("claims by rule", "resistance.cause-confers")


def night(
    sentences: int = 1000, *, rule: int = 0, refused: int = 0, screened: int = 0, documents: int = 100
) -> Figures:
    counts = Counter({RULE: rule, ("refused", "extract: no_drug"): refused, ("refused", "screen: no_words"): screened})
    return Figures(documents, sentences, +counts)


def told(tonight: Figures, *before: Figures) -> list[tuple[str, int]]:
    return [(each.name, each.count) for each in drift(tonight, before)]


USUAL = [night(rule=count) for count in (38, 41, 44, 40)]
CASES = [
    pytest.param(night(rule=42), USUAL, [], id="as usual"),
    pytest.param(night(500, rule=20, documents=50), USUAL, [], id="a short night, as usual"),
    pytest.param(night(rule=0), USUAL, [(RULE[1], 0)], id="a rule that has fallen silent"),
    pytest.param(night(rule=140), USUAL, [(RULE[1], 140)], id="a rule that says too much"),
    pytest.param(night(500, rule=70, documents=50), USUAL, [(RULE[1], 70)], id="the same in a short night"),
    pytest.param(night(rule=70), USUAL, [], id="more, but not twice as much"),
    pytest.param(night(100, rule=40), USUAL, [("all", 100)], id="too little read to judge rules by, which is told"),
    pytest.param(night(rule=140), USUAL[:2], [], id="too few nights before"),
    pytest.param(night(rule=9), [night()] * 5, [], id="a rare thing"),
    pytest.param(night(rule=15), [night()] * 5, [(RULE[1], 15)], id="a thing that never was"),
    pytest.param(night(rule=0), [night(rule=400), *USUAL], [(RULE[1], 0)], id="one odd night moves nothing"),
    pytest.param(night(refused=200), [night(refused=20)] * 5, [("extract: no_drug", 200)], id="refusals"),
    pytest.param(night(screened=90), [night(screened=10)] * 5, [("screen: no_words", 90)], id="refusals by documents"),
    pytest.param(night(4000), [night()] * 5, [("all", 4000)], id="the screen lets more through"),
    pytest.param(night(rule=100), [night(rule=count) for count in (5, 20, 50, 90, 120)], [], id="a thing that varies"),
]


@pytest.mark.parametrize(("tonight", "before", "expected"), CASES)
def test_what_is_not_as_usual(tonight: Figures, before: list[Figures], expected: list[tuple[str, int]]) -> None:
    assert told(tonight, *before) == expected


def test_only_the_last_fourteen_nights_count() -> None:
    assert told(night(rule=40), *[night(rule=200)] * 20, *USUAL * 3, night(rule=41), night(rule=39)) == []


def test_chance_alone_is_seldom_told() -> None:
    """A hundred rules over a hundred nights, each claim by chance and in pairs: under one warning in ten nights."""
    chance = random.Random(3)
    rates = [chance.uniform(0, 20) for _ in range(100)]

    def one() -> Figures:
        among = chance.randint(600, 3000)
        drawn = {("claims by rule", f"r{n}"): 2 * _poisson(chance, rate * among / 2000) for n, rate in enumerate(rates)}
        return Figures(among // 10, among, Counter(drawn))

    nights = [one() for _ in range(115)]
    warned = sum(len(drift(nights[last], nights[last - 14 : last])) for last in range(14, 115))
    assert warned <= 10


def _poisson(chance: random.Random, expected: float) -> int:
    count, left = 0, chance.expovariate(1.0)
    while left < expected:
        count += 1
        left += chance.expovariate(1.0)
    return count


def test_a_warning_says_what_it_compares() -> None:
    [found] = drift(night(rule=140), USUAL)
    assert found == Drift(*RULE, 140, 40.5, 140.0, 40.5, "sentences", 4)
    assert str(found) == (
        "claims by rule, resistance.cause-confers: 140 per thousand sentences (140), usually 40.5 "
        "(40.5 to be expected; 4 nights)"
    )


def test_figures_are_kept_and_added() -> None:
    one = night(rule=3, screened=2)
    one.add(Figures.of_json(night(rule=4, refused=1).as_json()))
    assert one == night(2000, rule=7, screened=2, refused=1, documents=200)


# ------------------------------------------------------------------------------------------------ in the nights

TOPIC = Topic("taxanes", "paclitaxel", False, "2026-11-01")


class Silent(Reader):
    """One in which no rule says anything any more."""

    def __init__(self) -> None:
        self.__dict__.update(vars(reading.reader()))

    def read(self, document: Document) -> Article:
        return replace(super().read(document), evidence=())


def test_nights_tell_what_is_not_as_usual(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.drift.FEWEST_READ", {"sentences": 20, "documents": 10})
    for number in range(4):
        for n in range(20):
            pmid = str(1000 + 20 * number + n)
            library.ncbi.records[pmid] = Made(pmid, f"{CONFERS} {CONFERS.replace('ABCB1', 'ABCG2')} Line {pmid}.")
        outcome = library.night(TOPIC, reader=Silent() if number == 3 else None)
        assert bool(outcome.drift) == (number == 3)
    kinds = {(each.what, each.count) for each in outcome.drift}
    assert ("claims by kind", 0) in kinds
    assert [each["name"] for each in outcome.digest["drift"]] == [each.name for each in outcome.drift]
    assert "## Not as usual" in as_markdown(outcome.digest)
    found = status_of(library.settings)["drift"]
    assert found["run_id"] == outcome.summary.run_id
    assert [each["name"] for each in found["figures"]] == [each.name for each in outcome.drift]
