"""How much a claim weighs: independent voices, what is discounted, the study, a level; and what contradicts it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.ingesting import CONFERS, DENIES, Desk
from tests.parse_samples import abstract, pubmed, pubmed_set

SENSITIVE = "In patients with melanoma, MET amplification was associated with sensitivity to gefitinib."
RESISTANT = "In patients with lung cancer, MET amplification was associated with resistance to gefitinib."


def paper(pmid: str, text: str, senior: str = "", types: str = "Journal Article") -> str:
    """A record with a last author of its own, or ``senior``."""
    family, initials = (senior or f"Author{pmid} A").split()
    author = (
        f'<Author ValidYN="Y"><LastName>{family}</LastName><ForeName>{initials}</ForeName>'
        f"<Initials>{initials}</Initials></Author>"
    )
    return pubmed(
        pmid=f'<PMID Version="1">{pmid}</PMID>',
        title="<ArticleTitle>An invented study.</ArticleTitle>",
        abstract=abstract(text),
        authors=f'<AuthorList CompleteYN="Y">{author}</AuthorList>',
        types="".join(f"<PublicationType>{each}</PublicationType>" for each in types.split(" | ")),
        ids=f'<ArticleId IdType="pubmed">{pmid}</ArticleId>',
    )


PAPERS = (
    paper("1", CONFERS),
    paper("2", f"{CONFERS} In summary, ABCB1 confers resistance to paclitaxel.", "Mori KX"),
    paper("3", CONFERS, "Mori K"),
    paper("4", CONFERS, types="Journal Article | Review"),
    paper("5", DENIES, types="Clinical Trial, Phase III | Journal Article"),
    paper("6", CONFERS, types="Retracted Publication | Journal Article"),
    paper("7", f"In KB cells, {CONFERS}"),
    paper("8", SENSITIVE),
    paper("9", RESISTANT, types="Case Reports"),
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("support"))
    desk.ingest(desk.write("a.xml", pubmed_set(*PAPERS)))
    return desk


GRADES: list[tuple[str, Any]] = [
    ("1", ("not_said", None, True, None)),
    ("4", ("review", None, False, "review")),
    ("5", ("trial", "B", True, None)),
    ("6", ("not_said", None, False, "withdrawn")),
    ("7", ("in_vitro", "D", True, None)),
    ("8", ("clinical", "B", True, None)),
    ("9", ("case_report", "C", True, None)),
]


@pytest.mark.parametrize(("pmid", "expected"), GRADES)
def test_the_study_that_an_evidence_comes_from(desk: Desk, pmid: str, expected: tuple[Any, ...]) -> None:
    found = desk.ask(
        "SELECT DISTINCT study_type, suggested_level, counts, discounted FROM evidence_grade WHERE document_id = ?",
        f"pmid:{pmid}",
    )
    assert found == [expected]


def test_voices_are_counted_not_papers_and_what_is_discounted_is_said(desk: Desk) -> None:
    (row,) = desk.ask(
        "SELECT independent_supporting, independent_refuting, independent_mixed, papers, discounted, best_study_type, "
        "best_refuting_study_type, suggested_level, level_reason FROM claim_support WHERE label LIKE 'ABCB1%'"
    )
    assert row == (
        3, 1, 0, 7, "1 reviews, 1 repeats of a group, 1 withdrawn", "in_vitro", "trial", "D",
        "cells, as the sentence says (1 paper: pmid:7)",
    )  # fmt: skip


def test_a_claim_that_is_only_retracted_has_no_level(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.ingest(desk.write("a.xml", pubmed_set(PAPERS[5])))
    assert desk.ask("SELECT independent_supporting, discounted, suggested_level FROM claim_support") == [
        (0, "1 withdrawn", None)
    ]


def test_what_contradicts_and_in_what_it_differs(desk: Desk) -> None:
    found = desk.ask("SELECT sort, label, other_label, papers, other_papers FROM contradictions ORDER BY sort")
    assert found == [
        ("denied", "ABCB1 → resistance to paclitaxel", "ABCB1 → resistance to paclitaxel", 5, 1),
        ("resistance_and_sensitivity", "↑ MET → resistance to gefitinib", "↑ MET → sensitivity to gefitinib", 1, 1),
    ]
    explanations = desk.ask("SELECT explanation FROM contradictions ORDER BY sort")
    assert "disease: lung cancer / melanoma" in explanations[1][0]
