"""The confidence of an evidence: what it is made of, how it adds up, and whether it can be taken at its word."""

from __future__ import annotations

import math
import tomllib
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.confidence import fit, left_out
from benchmarks.judged import Judged
from pipeline.assemble.confidence import features
from pipeline.errors import KnowledgeError
from pipeline.evaluate.calibration import calibrate
from pipeline.model import Argument, Attributes, Attribution, Certainty, Entity, Kind, Match, Mention, Sentence, Stance
from pipeline.rules import shipped
from pipeline.rules.confidence import FEATURES, Confidence, Share, log_odds, parse_confidence, written
from tests.reading import read

NONE = dict.fromkeys(FEATURES, 0.0)
FIGURES = Confidence(
    source="made up",
    base=0.0,
    rule=1.0,
    drawn=2.0,
    all=Share(7, 9),
    weights=NONE | {"hedged": -1.0, "understood": -0.5},
    kinds={"resistance": Share(6, 8)},
    rules={"good": Share(8, 8), "bad": Share(0, 8)},
)
DRUG = Entity("unii:1", "paclitaxel", Kind.DRUG)
GENE = Entity("hgnc:1", "ABCB1", Kind.GENE)
SENTENCE = Sentence(
    0, 0, 32, "ABCB1 confers paclitaxel resistance", mentions=(Mention(0, 5, "ABCB1", Kind.GENE, "model"),)
)
MATCH = Match(
    "good",
    "resistance",
    (Argument("cause", GENE, "ABCB1", 6, 11), Argument("drug", DRUG, "paclitaxel", 14, 24)),
    Stance.SUPPORTS,
    Certainty.ASSERTED,
    Attribution.OWN_RESULT,
    Attributes(direction="increase"),
)
UNNAMED = replace(MATCH.arguments[1], start=None, end=None)


def argued(**change: Any) -> Match:
    return replace(MATCH, arguments=(replace(MATCH.arguments[0], **change), MATCH.arguments[1]))


@pytest.mark.parametrize(
    ("match", "sentence", "section", "expected"),
    [
        (MATCH, SENTENCE, "abstract", ()),
        (MATCH, SENTENCE, "title", ()),
        (MATCH, SENTENCE, "results", ("full_text",)),
        (replace(MATCH, certainty=Certainty.SUGGESTED), SENTENCE, "abstract", ("hedged",)),
        (replace(MATCH, certainty=Certainty.SPECULATED), SENTENCE, "abstract", ("hedged", "speculated")),
        (replace(MATCH, attributes=Attributes()), SENTENCE, "abstract", ("no_direction",)),
        (replace(MATCH, arguments=(MATCH.arguments[0], UNNAMED)), SENTENCE, "abstract", ("understood", "no_drug_here")),
        (replace(MATCH, stance=Stance.REFUTES), SENTENCE, "abstract", ("refuted",)),
        (replace(MATCH, attribution=Attribution.CONCLUSION), SENTENCE, "abstract", ()),
        (replace(MATCH, attribution=Attribution.BACKGROUND), SENTENCE, "abstract", ("not_own",)),
        (argued(start=None, end=None), SENTENCE, "abstract", ("understood",)),
        (argued(entity=replace(GENE, curie=None)), SENTENCE, "abstract", ("no_identifier",)),
        (argued(start=0, end=5), SENTENCE, "abstract", ("model_alone",)),
        (MATCH, replace(SENTENCE, text="word " * 41), "abstract", ("long_sentence",)),
        (MATCH, replace(SENTENCE, mentions=SENTENCE.mentions * 7), "abstract", ("many_names",)),
    ],
)
def test_what_is_known_of_an_evidence(
    match: Match, sentence: Sentence, section: str, expected: tuple[str, ...]
) -> None:
    assert features(match, sentence, section) == expected


def test_every_feature_has_a_name_and_every_name_a_feature() -> None:
    doubtful = replace(
        MATCH,
        arguments=(replace(MATCH.arguments[0], entity=replace(GENE, curie=None)), UNNAMED),
        attributes=Attributes(),
        stance=Stance.REFUTES,
        certainty=Certainty.SPECULATED,
        attribution=Attribution.BACKGROUND,
    )
    by_model = Mention(6, 11, "ABCB1", Kind.GENE, "model")
    crowded = replace(SENTENCE, text="word " * 50, mentions=(by_model,) * 8)
    assert features(doubtful, crowded, "discussion") == tuple(FEATURES)


def test_a_share_is_drawn_to_its_kind_and_this_to_all() -> None:
    of_all = (7 + 0.5) / (9 + 1)
    of_kind = (6 + 2 * of_all) / (8 + 2)
    assert FIGURES.share("good", "resistance") == pytest.approx((8 + 2 * of_kind) / (8 + 2))
    assert FIGURES.share("never seen", "resistance") == pytest.approx(of_kind)
    assert (FIGURES.share("good", "trial"), FIGURES.of("good", "trial", ())) == (None, None)


def test_confidence_adds_up_in_log_odds() -> None:
    plain = FIGURES.of("good", "resistance", ())
    doubted = FIGURES.of("good", "resistance", ("hedged", "understood"))
    assert plain == pytest.approx(FIGURES.share("good", "resistance"))
    assert plain is not None
    assert doubted is not None
    assert log_odds(doubted) == pytest.approx(log_odds(plain) - 1.5)
    assert (FIGURES.of("bad", "resistance", ()) or 1) < 0.5


def test_what_is_written_is_read_again() -> None:
    content = written(FIGURES, {"hedged": 3})
    assert parse_confidence(tomllib.loads(content)) == FIGURES
    assert "the sentence suggests or speculates; seen 3 times" in content


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"weights": NONE | {"mood": 1.0}}, "mood"),
        ({"weights": {}}, "hedged"),
        ({"all": [3, 2]}, "expected"),
        ({"rules": {"a.rule": [1]}}, "cannot be used"),
        ({"base": "much"}, "much"),
    ],
)
def test_figures_that_cannot_be_are_refused(change: dict[str, Any], told: str) -> None:
    table = tomllib.loads(written(FIGURES, {})) | change
    with pytest.raises(KnowledgeError, match=rf"confidence\.toml.*{told}"):
        parse_confidence(table)


def test_evidence_is_given_the_confidence_of_its_rule_and_kinds_not_measured_none() -> None:
    (evidence,) = read("Overexpression of ABCB1 confers resistance to paclitaxel.").evidence
    trust = shipped().confidence
    held = features(evidence.match, evidence.sentence, "abstract")
    assert evidence.confidence == trust.of(evidence.match.rule, "resistance", held)
    assert 0 < (evidence.confidence or 0) < 1
    unmeasured = read("Paclitaxel decreased the expression of survivin in MCF-7 cells.").evidence
    assert {each.match.kind: each.confidence for each in unmeasured} == {"drug_effect": None}


# ------------------------------------------------------------------------------------------------ fitting, calibration


def findings(rule: str, right: int, wrong: int) -> list[Judged]:
    return [
        Judged(
            "set", f"{rule}{number}", rule, "resistance", ("hedged",) if number < right else (), number < right, None
        )
        for number in range(right + wrong)
    ]


def test_what_is_often_right_is_trusted_more() -> None:
    found = [*findings("good", 18, 2), *findings("bad", 2, 18)]
    figures = fit(found)
    assert (figures.rules["good"], figures.kinds["resistance"], figures.all) == (
        Share(18, 20),
        Share(20, 40),
        Share(20, 40),
    )
    good, bad = figures.of("good", "resistance", ()), figures.of("bad", "resistance", ())
    assert good is not None
    assert bad is not None
    assert good > bad
    assert figures.weights["hedged"] > 0 == figures.weights["refuted"]
    result = calibrate(left_out(found))
    assert result is not None
    assert result.brier < result.brier_base


def test_calibration_tells_how_far_confidence_and_share_lie_apart() -> None:
    result = calibrate([(0.95, True), (0.95, False), (0.3, False), (0.3, False)])
    assert result is not None
    assert (result.n, result.right, result.brier_base) == (4, 0.25, 0.1875)
    assert result.brier == pytest.approx((0.05**2 + 0.95**2 + 2 * 0.3**2) / 4)
    assert [(each.low, each.n, each.right) for each in result.bins] == [(0.0, 2, 0.0), (0.9, 2, 0.5)]
    assert result.off == pytest.approx((2 * 0.3 + 2 * 0.45) / 4)
    assert result.ranked == pytest.approx((0.5 + 1 + 1) / 3)
    assert calibrate([]) is None
    everything = calibrate([(1.0, True)])
    assert everything is not None
    assert (everything.bins[0].n, everything.ranked, math.isclose(everything.brier, 0)) == (1, None, True)
