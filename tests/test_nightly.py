"""Nights: what is new, changed, late, retracted, deleted and back is found by the night after it happened."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from pipeline.changes import DOCUMENTS
from pipeline.errors import KnowledgeError, UsageError
from pipeline.topics import Topic, add_topic, chosen, read_topics
from tests.acquiring import Library, library
from tests.ingesting import AGAIN, CONFERS, DENIES, OTHER
from tests.ncbi import Made
from tests.test_ingest import Changed

__all__ = ["library"]
TOPIC = Topic("taxanes", "paclitaxel", False, "2026-11-01")
FIRST = date(2026, 11, 1)


def made(pmid: int, day: int, text: str = CONFERS, **more: Any) -> Made:
    return Made(str(pmid), text, FIRST + timedelta(day), **more)


def found(library: Library, topic: Topic = TOPIC) -> dict[str, int]:
    """What a night reports, the zeros left out."""
    outcome = library.night(topic)
    assert outcome.complete, library.told
    counts = {kind: outcome.digest["documents"][kind]["count"] for kind in DOCUMENTS}
    return {kind: count for kind, count in counts.items() if count}


# ------------------------------------------------------------------------------------------------ a week


def first(library: Library) -> None:
    library.ncbi.records.update({str(n): made(n, 0) for n in range(1, 11)})


def new_and_revised(library: Library) -> None:
    library.ncbi.records["11"] = made(11, 1, AGAIN)
    library.ncbi.records["1"].text, library.ncbi.records["1"].changed = DENIES, FIRST + timedelta(1)


def late(library: Library) -> None:
    """Entered today in a month of long ago, as PubMed's edat does, and in days that have been searched."""
    library.ncbi.records["12"] = made(12, -400, AGAIN)


def retracted(library: Library) -> None:
    record = library.ncbi.records["2"]
    record.types, record.changed = "Retracted Publication", FIRST + timedelta(3)
    notice = (("RetractionOf", "An invented study", "2"),)
    library.ncbi.records["13"] = made(13, 3, AGAIN, types="Retraction of Publication", notices=notice)


def deleted(library: Library) -> None:
    library.ncbi.records["3"].deleted = True


def restored_and_versioned(library: Library) -> None:
    library.ncbi.records["3"].deleted = False
    record = library.ncbi.records["4"]
    record.version, record.text, record.changed = 2, OTHER + " And paclitaxel.", FIRST + timedelta(5)


def quiet(library: Library) -> None:
    pass


def taken_back(library: Library) -> None:
    record = library.ncbi.records["2"]
    record.types, record.changed = "Journal Article", FIRST + timedelta(7)
    del library.ncbi.records["13"]


WEEK: list[tuple[Callable[[Library], None], dict[str, int]]] = [
    (first, {"new": 10}),
    (new_and_revised, {"new": 1, "changed": 1}),
    (late, {"new": 1}),
    (retracted, {"new": 1, "retracted": 1}),
    (deleted, {"deleted": 1}),
    (restored_and_versioned, {"restored": 1, "changed": 1, "new_versions": 1}),
    (quiet, {}),
]


@pytest.mark.parametrize("bad", [0.0, 0.3], ids=["good days", "bad days"])
def test_a_week(library: Library, bad: float) -> None:
    library.ncbi.bad = bad
    reported = []
    for happens, _ in WEEK:
        happens(library)
        reported.append((happens.__name__, found(library)))
    assert reported == [(happens.__name__, expected) for happens, expected in WEEK]
    standing = library.standing()
    assert len(standing) == 13
    assert {name: status for name, status in standing.items() if status != "current"} == {"pmid:2": "retracted"}
    assert library.watermarks() == [("taxanes", "2026-11-04", "2026-11-06")]
    assert library.ask("SELECT count(*), count(DISTINCT pmid) FROM documents") == [(13, 13)]


def test_a_night_asks_only_for_what_may_have_changed(library: Library) -> None:
    library.ncbi.records.update({str(n): made(n, n % 10) for n in range(1, 101)})
    library.night(TOPIC)
    asked = len(library.ncbi.asked)
    assert library.night(TOPIC).parts[0].tally.fetched == 20  # of the last two days
    assert len(library.ncbi.asked) - asked == 4


# ------------------------------------------------------------------------------------------------ nights that fail


def test_a_night_that_failed_is_made_up_and_its_watermark_stands(library: Library) -> None:
    first(library)
    library.night(TOPIC)
    before = library.watermarks()
    new_and_revised(library)
    library.ncbi.bad, library.ncbi.faults = 1.0, ("web page",)
    outcome = library.night(TOPIC)
    assert (outcome.complete, outcome.parts[0].complete_to) == (False, "2026-11-01 (entered), 2026-11-01 (changed)")
    assert "a web page instead of data" in (outcome.parts[0].problem or "")
    assert (library.watermarks(), len(library.standing())) == (before, 10)
    library.ncbi.bad = 0.0
    assert found(library) == {"new": 1, "changed": 1}


def test_a_topic_that_fails_does_not_hold_up_another(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    first(library)
    library.ncbi.records["20"] = made(20, 0, OTHER)
    search = library.ncbi._esearch

    def failing(given: dict[str, str]) -> tuple[int, bytes]:
        return (500, b"no") if "paclitaxel" in given["term"] else search(given)

    monkeypatch.setattr(library.ncbi, "_esearch", failing)
    outcome = library.night(TOPIC, Topic("others", "gefitinib", False, ""))
    assert [each.problem is None for each in outcome.parts] == [False, True]
    assert (outcome.complete, library.standing()) == (False, {"pmid:20": "current"})
    assert [name for name, *_ in library.watermarks()] == ["others"]


def test_an_interrupted_night_goes_on_without_fetching_again(library: Library) -> None:
    library.ncbi.records.update({str(n): made(n, n % 10, f"{CONFERS} Line {n}.") for n in range(1, 1001)})
    with pytest.raises(KeyboardInterrupt):
        library.night(TOPIC, reader=Changed(good=500, error=KeyboardInterrupt))
    assert not library.paths.evidence.exists()
    assert found(library) == {"new": 1000}
    assert set(library.ncbi.fetched().values()) == {1}
    assert list(library.paths.acquiring.iterdir()) == []


def test_a_clock_that_is_wrong_moves_no_watermark(library: Library) -> None:
    """Days to come, by a slip in a record or by a clock set back, are not believed."""
    library.ncbi.records["1"] = made(1, 0)
    library.ncbi.records["2"] = made(2, 365_000)
    library.night(TOPIC)
    assert library.watermarks() == [("taxanes", "2026-11-01", "2026-11-01")]


def test_a_query_that_has_changed_is_fetched_anew(library: Library) -> None:
    first(library)
    library.ncbi.records["20"] = made(20, 0, OTHER)
    library.night(TOPIC)
    assert found(library, Topic("taxanes", "resistance", False, "")) == {"new": 1}
    assert "taxanes: the query has changed; all of it is fetched anew" in library.told


def test_full_texts_of_a_topic_come_with_their_night(library: Library) -> None:
    first(library)
    topic = Topic("taxanes", "paclitaxel", True, "")
    library.ncbi.add_article("PMC7", "1", results=OTHER)
    assert found(library, topic) == {"new": 10, "full_texts": 1}
    library.ncbi.add_article("PMC8", "2", results=OTHER)
    library.ncbi.records["2"].changed = FIRST + timedelta(1)
    assert found(library, topic) == {"changed": 1, "full_texts": 1}


# ------------------------------------------------------------------------------------------------ the digest


def test_the_digest_says_what_happened_to_claims(library: Library) -> None:
    first(library)
    library.night(TOPIC)
    new_and_revised(library)
    deleted(library)
    outcome = library.night(TOPIC)
    text = outcome.digest_file.read_text()
    assert outcome.digest_file.parent == library.paths.root / "runs" / outcome.summary.run_id
    assert "| Deleted by the source | 1 |" in text
    assert "## Papers: deleted by the source (1)" in text
    assert "## Newly contradicted (1)" in text
    assert "ABCB1 → resistance to paclitaxel" in text
    assert "10 for → 8 for, 1 against, 1 withdrawn" in text
    changes = outcome.digest_file.with_name("changes.md").read_text()
    assert "pmid:1 supports → refutes: in its new version" in changes
    assert (
        json.loads(outcome.digest_file.with_name("changes.json").read_text())["counts"]["claims"]["contradicted"] == 1
    )


def test_the_digest_of_many_changes_is_short(library: Library) -> None:
    genes = ["ABCB1", "ABCG2", "MET", "EGFR", "ERBB2", "KRAS", "BRAF", "PTEN", "AXL", "IGF1R", "SRC", "MYC"]
    records = (made(n, 0, f"{gene} confers resistance to paclitaxel.") for n, gene in enumerate(genes, start=50))
    library.ncbi.records.update({each.pmid: each for each in records})
    outcome = library.night(TOPIC)
    text = outcome.digest_file.read_text()
    new = text[text.index("## New (") :].splitlines()
    count = outcome.digest["claims"]["new"]["count"]
    assert new[0] == f"## New ({count})"
    assert new[12] == f"- … and {count - 10} more: [changes.md](changes.md)"


# ------------------------------------------------------------------------------------------------ topics


def test_topics_are_kept_in_a_table(library: Library) -> None:
    home = library.settings.home
    add_topic(home, "AI", "letrozole[tiab]  AND\nresistance", full_text=True)
    add_topic(home, "taxanes", "paclitaxel", full_text=False)
    assert [(each.name, each.query, each.full_text) for each in read_topics(home)] == [
        ("AI", "letrozole[tiab] AND resistance", True), ("taxanes", "paclitaxel", False),
    ]  # fmt: skip
    assert [each.name for each in chosen(home, ["taxanes"])] == ["taxanes"]
    for wrong in (lambda: add_topic(home, "AI", "x", full_text=False), lambda: chosen(home, ["none"])):
        with pytest.raises(UsageError):
            wrong()


TABLES = [("name\tquery\n", "row 1: no header"), ("{}x\ty\n", "row 2: 2 cells"), ("{0}x\ty\tmaybe\t\n", "full_text")]


@pytest.mark.parametrize(("content", "words"), TABLES)
def test_a_table_of_topics_that_is_not_well_formed_is_told(library: Library, content: str, words: str) -> None:
    library.write("home/topics.tsv", content.format("name\tquery\tfull_text\tadded\n"))
    with pytest.raises(KnowledgeError, match=words):
        read_topics(library.settings.home)
