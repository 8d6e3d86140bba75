"""Identity: a claim is made of identifiers, evidence of words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.assemble import evidence_id, make_claim, make_evidence
from pipeline.model import (
    Argument,
    Attributes,
    Attribution,
    Certainty,
    Document,
    Entity,
    Kind,
    Match,
    Section,
    Sentence,
    Source,
    Stance,
)  # fmt: skip
from pipeline.rules import shipped
from pipeline.rules.confidence import FEATURES, Confidence, Share

KINDS = shipped().kinds
EVEN = {"resistance": Share(1, 2)}
TRUST = Confidence("made up", 0.0, 1.0, 2.0, Share(1, 2), dict.fromkeys(FEATURES, 0.0), EVEN)
TEXT = "ABCB1 confers resistance to paclitaxel and docetaxel."
SENTENCE = Sentence(0, 0, len(TEXT), TEXT)
ABCB1 = Entity("hgnc:40", "ABCB1", Kind.GENE)
PACLITAXEL = Entity("unii:P88XT4IS4D", "paclitaxel", Kind.DRUG)
DOCETAXEL = Entity("unii:699121PHCA", "docetaxel", Kind.DRUG)


def match(*arguments: tuple[str, Entity, str], direction: str | None = None, stance: Stance = Stance.SUPPORTS) -> Match:
    roles = tuple(
        Argument(role, entity, text, TEXT.index(text), TEXT.index(text) + len(text)) for role, entity, text in arguments
    )
    kinds = (stance, Certainty.ASSERTED, Attribution.OWN_RESULT)
    return Match("resistance.test", "resistance", roles, *kinds, Attributes(direction=direction))


SAID = match(("cause", ABCB1, "ABCB1"), ("drug", PACLITAXEL, "paclitaxel"))


def claim_id(said: Match) -> str:
    return make_claim(said, KINDS["resistance"]).claim_id


SAME = [
    match(("drug", PACLITAXEL, "paclitaxel"), ("cause", ABCB1, "ABCB1")),
    match(("cause", replace(ABCB1, name="P-glycoprotein"), "ABCB1"), ("drug", PACLITAXEL, "paclitaxel")),
    replace(SAID, rule="resistance.other", stance=Stance.REFUTES, certainty=Certainty.SUGGESTED),
    match(("cause", ABCB1, "ABCB1"), ("drug", PACLITAXEL, "paclitaxel"), ("drug", PACLITAXEL, "docetaxel")),
]
OTHER = [
    match(("cause", ABCB1, "ABCB1"), ("drug", DOCETAXEL, "docetaxel")),
    match(("cause", ABCB1, "ABCB1"), ("drug", PACLITAXEL, "paclitaxel"), ("drug", DOCETAXEL, "docetaxel")),
    match(("cause", PACLITAXEL, "ABCB1"), ("drug", ABCB1, "paclitaxel")),
    match(("cause", ABCB1, "ABCB1"), ("drug", PACLITAXEL, "paclitaxel"), direction="increase"),
    match(("cause", ABCB1, "ABCB1"), ("drug", PACLITAXEL, "paclitaxel"), direction="decrease"),
]


@pytest.mark.parametrize("said", SAME)
def test_order_names_rules_and_stance_make_no_other_claim(said: Match) -> None:
    assert claim_id(said) == claim_id(SAID)


def test_other_things_other_roles_and_the_other_direction_do() -> None:
    ids = [claim_id(said) for said in (SAID, *OTHER)]
    assert len(set(ids)) == len(ids)


def test_directions_of_one_sign_are_one_claim() -> None:
    risen, activated = (
        match(("cause", ABCB1, "ABCB1"), ("drug", PACLITAXEL, "paclitaxel"), direction=direction)
        for direction in ("increase", "activated")
    )
    assert claim_id(risen) == claim_id(activated)


def test_names_without_identifier_are_told_by_their_folded_name() -> None:
    unknown = [replace(ABCB1, curie=None, name=name) for name in ("Xyz-1", "XYZ1", "xyz2")]
    ids = [claim_id(match(("cause", each, "ABCB1"), ("drug", PACLITAXEL, "paclitaxel"))) for each in unknown]
    assert (ids[0] == ids[1], ids[0] == ids[2]) == (True, False)


def test_evidence_survives_another_grounding_another_rule_and_another_place() -> None:
    moved = replace(SENTENCE, section_index=3, start=100, end=100 + len(TEXT), text=TEXT.upper())
    regrounded = match(("cause", replace(ABCB1, curie=None), "ABCB1"), ("drug", PACLITAXEL, "paclitaxel"))
    assert evidence_id("pmid:1", moved, replace(regrounded, rule="resistance.other")) == evidence_id(
        "pmid:1", SENTENCE, SAID
    )


def test_evidence_of_another_paper_sentence_or_reading_is_another() -> None:
    ids = {
        evidence_id("pmid:1", SENTENCE, SAID),
        evidence_id("pmid:2", SENTENCE, SAID),
        evidence_id("pmid:1", replace(SENTENCE, text=TEXT + " Again."), SAID),
        *(evidence_id("pmid:1", SENTENCE, said) for said in (*OTHER[:2], *OTHER[3:])),
    }
    assert len(ids) == 7


def test_evidence_carries_where_it_stands() -> None:
    document = Document("pmid:1", Source.PUBMED, "", (Section("abstract", TEXT),), pmid="1")
    evidence = make_evidence(document, SENTENCE, match(*(("cause", ABCB1, "ABCB1"), ("drug", PACLITAXEL, "paclitaxel")),
                                                       direction="increase"), KINDS["resistance"], TRUST)  # fmt: skip
    assert evidence.confidence == pytest.approx(0.5)
    assert evidence.claim.label == "↑ ABCB1 → resistance to paclitaxel"
    assert (evidence.document_id, evidence.section_kind, evidence.claim.sign) == ("pmid:1", "abstract", 1)
