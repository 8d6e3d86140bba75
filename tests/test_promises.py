"""The four promises to those who write reviews, each from the records to what they have in their hands.

What people judged holds when papers are read again; what they wrote stays as they wrote it; a retraction reaches the
document; and what has changed is told for each paragraph.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.article import Reader
from pipeline.changes import as_markdown, changes_since, claim_line
from pipeline.correct import Proposal, add_correction
from pipeline.review.desk import FORMS, Ask, write_review
from pipeline.store.snapshots import published_snapshots
from tests import reading
from tests.ingesting import CONFERS, DENIES, NOTHING, OTHER, Desk, record
from tests.parse_samples import pubmed_set
from tests.test_curate import UNKNOWN, Curation, other_rules, renamed_rule, said
from tests.test_review_documents import has, type_in

PROSE = "Pumps  matter;\n\n* though *not* all | of them — says  who?\t\n"
SIGNS = ("RETRACTED", "Retracted")
CLAIM = "ABCB1 → resistance to paclitaxel"


@pytest.fixture(autouse=True)
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESISTMINE_NLP_MODEL", "none")
    monkeypatch.setattr("pipeline.curate.Reader", lambda **_: reading.reader())  # one takes a second to make


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path, {"RESISTMINE_NLP_MODEL": "none"})
    come(desk, record("1"), record("2", OTHER), record("3"), record("4", UNKNOWN))
    return desk


def come(desk: Desk, *records: str) -> None:
    """Records are received, and read with the corrections that people have made."""
    name = f"{len(list(desk.folder.iterdir()))}.xml"
    own = (desk.settings.home / "corrections.tsv").exists()
    desk.ingest(desk.write(name, pubmed_set(*records)), reader=Reader(home=desk.settings.home) if own else None)


def built(desk: Desk, suffix: str = ".md") -> Path:
    return write_review(desk.settings, Ask("paclitaxel", desk.folder / f"guide{suffix}")).path


# ------------------------------------------------------------------------------------------------ 1 verdicts hold


def test_1_verdicts_hold_whatever_is_read_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rejected stays rejected, accepted accepted: read again, in a new version, by other rules, under another name."""
    Curation(desk).judge(said("1"), said("2", "reject", reason="wrong_claim"), said("4"))
    expected = {"pmid:1": "accept", "pmid:2": "reject", "pmid:4": "accept"}
    steps: list[Callable[[], Any]] = [
        lambda: come(desk, record("1", revised=2), record("2", OTHER, revised=2)),
        lambda: come(
            desk, record("1", f"{NOTHING} {CONFERS}", version=2), record("2", f"{OTHER} {NOTHING}", version=2)
        ),
        lambda: add_correction(
            desk.settings, Proposal("zoratinib", "sotorasib", reason="as meant", reference="none", contributor="Ada")
        ),
        lambda: other_rules(monkeypatch, renamed_rule),
        lambda: come(desk, record("1", f"{CONFERS} {NOTHING}", version=3), record("5")),
    ]
    for step in steps:
        step()
        held = "SELECT document_id, verdict FROM evidence WHERE verdict_state = 'holds' ORDER BY document_id"
        assert dict(desk.ask(held)) == expected
        assert desk.ask("SELECT count(*) FROM claims WHERE label LIKE '%gefitinib'") == [(1,)]
        assert desk.ask("SELECT count(*) FROM curated_claims WHERE label LIKE '%gefitinib'") == [(0,)]
    assert desk.ask("SELECT label FROM claims WHERE claim_id IN (SELECT claim_id FROM evidence WHERE pmid = '4')") == [
        ("ABCB1 → resistance to sotorasib",)
    ]


# ------------------------------------------------------------------------------------------------ 2 prose is kept


def test_2_what_people_wrote_comes_through_every_rebuild_byte_for_byte(desk: Desk) -> None:
    type_in(built(desk), "mechanisms", PROSE)
    for number, act in enumerate((DENIES, OTHER, CONFERS), start=10):
        come(desk, record(str(number), act))
        assert PROSE in built(desk).read_text("utf-8")
    come(desk, record("1", types="Retracted Publication", revised=4))
    built(desk).unlink()
    assert PROSE in built(desk).read_text("utf-8")
    kept = json.dumps(PROSE)
    assert any(kept[1:-1] in json.dumps(path.read_text("utf-8")) for path in desk.settings.home.rglob("*.md"))


# ------------------------------------------------------------------------------------------------ 3 retractions arrive


@pytest.mark.parametrize("suffix", FORMS)
def test_3_a_retraction_reaches_the_document_and_the_verdict(desk: Desk, suffix: str) -> None:
    Curation(desk).judge(said("1"))
    before = built(desk, suffix).read_bytes()
    assert not any(has(before, suffix, sign) for sign in (*SIGNS, "1†"))
    come(desk, record("1", types="Retracted Publication", revised=4))
    now = built(desk, suffix).read_bytes()
    assert any(has(now, suffix, sign) for sign in SIGNS)
    assert has(now, suffix, "1†")
    assert desk.ask(
        "SELECT papers_supporting, papers_withdrawn, papers_accepted FROM claims WHERE label = ?", CLAIM
    ) == [(1, 1, 0)]
    assert desk.ask("SELECT state, cause FROM verdicts") == [("needs_rereview", "retracted")]


# ------------------------------------------------------------------------------------------------ 4 what has changed


def test_4_what_has_changed_is_told_for_each_paragraph(desk: Desk) -> None:
    path = built(desk)
    type_in(path, "mechanisms", PROSE)
    type_in(path, "combinations", "Nothing is known of any.\n")
    built(desk)
    since = published_snapshots(desk.paths)[-1].stamp

    def changes() -> dict[str, Any]:
        return changes_since(desk.paths, since, home=desk.settings.home, reviews=["paclitaxel"])

    come(desk, record("6", OTHER))
    assert changes()["reviews"]["paclitaxel"]["prose"] == []
    come(desk, record("7", DENIES), record("3", types="Retracted Publication", revised=5))
    found = changes()
    (prose,) = found["reviews"]["paclitaxel"]["prose"]
    assert (prose["name"], [(each["label"], each["what"]) for each in prose["changes"]]) == (
        "mechanisms", [(CLAIM, "pmid:3: supports → supports (retracted)"), (CLAIM, "pmid:7 is new: refutes")]
    )  # fmt: skip
    (row,) = found["claims"]["contradicted"]
    assert "2 for → 1 for, 1 against, 1 withdrawn. pmid:3 retracted; pmid:7 new paper" in claim_line(row, {})
    assert "## Review paclitaxel: paragraphs to look at (1)" in as_markdown(found)
    assert "⚠ Claims behind this text" in built(desk).read_text("utf-8")
