"""What has changed between two snapshots: which claims, by which papers, and why."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from pipeline.article import Reader
from pipeline.changes import as_json, as_markdown, begin_of_day, changes_of_run, changes_since, counts
from pipeline.cli import app
from pipeline.correct import Proposal, add_correction, undo_correction
from pipeline.errors import KnowledgeError, StoreError, UsageError
from pipeline.review.desk import start_template
from pipeline.review.prose import put
from pipeline.store import schema
from pipeline.store.snapshots import Snapshot, find_snapshot, published_snapshots
from tests import reading
from tests.ingesting import CONFERS, DENIES, NOTHING, OTHER, Desk, deletion, full_text, record
from tests.parse_samples import pubmed_set
from tests.test_curate import UNKNOWN, Curation, other_rules, said, without_resistance

ABCB1, MET = "ABCB1 → resistance to paclitaxel", "↑ MET → resistance to gefitinib"
LATIN = "ABCB1 confers resistance to paclitaxolum."
LOSS = "MET loss confers resistance to gefitinib."
CONCERN = ("ExpressionOfConcernIn", "Invented, 2022", "90")
Act = Callable[[Desk], Any]


@pytest.fixture(autouse=True)
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESISTMINE_NLP_MODEL", "none")
    monkeypatch.setattr("pipeline.curate.Reader", lambda **_: reading.reader())  # one takes a second to make


def come(*records: str) -> Act:
    """Records that are received."""
    return lambda desk: desk.ingest(desk.write("later.xml", pubmed_set(*records)))


def judged(*what: dict[str, Any]) -> Act:
    return lambda desk: Curation(desk).judge(*what)


def corrected(surface: str, target: str, **more: Any) -> Act:
    row = Proposal(surface, target, reason="as meant", reference="none", contributor="a curator", **more)
    return lambda desk: add_correction(desk.settings, row)


def full(**ids: str) -> Act:
    return lambda desk: desk.ingest(desk.write("full.xml", full_text(ids=ids, summary=CONFERS, results=OTHER)))


def desk_of(folder: Path, *records: str) -> Desk:
    desk = Desk(folder, {"RESISTMINE_NLP_MODEL": "none"})
    desk.ingest(desk.write("a.xml", pubmed_set(*records)))
    return desk


def since_the_first(desk: Desk) -> dict[str, Any]:
    return changes_since(desk.paths, published_snapshots(desk.paths)[0].stamp)


def found(changes: dict[str, Any]) -> list[tuple[Any, ...]]:
    """(what became of it, claim, papers with what each says before and now, and why)."""
    return [
        (kind, row["label"], *((each["document_id"], each["before"], each["now"], each["why"] or each["status_now"])
                               for each in row["papers"]))
        for kind, rows in changes["claims"].items() for row in rows
    ]  # fmt: skip


FOR, AGAINST = "supports", "refutes"
EXAMPLES: dict[str, tuple[tuple[str, ...], Act, list[tuple[Any, ...]]]] = {
    "a new paper on a new claim": (
        (record("1"),), come(record("2", OTHER)), [("new", MET, ("pmid:2", None, FOR, "new_document"))]),
    "one more paper": (
        (record("1"),), come(record("2")), [("strengthened", ABCB1, ("pmid:2", None, FOR, "new_document"))]),
    "a paper that denies it": (
        (record("1"),), come(record("2", DENIES)),
        [("contradicted", ABCB1, ("pmid:2", None, AGAINST, "new_document"))]),
    "another that denies what is contested": (
        (record("1"), record("2", DENIES)), come(record("3", DENIES)),
        [("weakened", ABCB1, ("pmid:3", None, AGAINST, "new_document"))]),
    "one of two is retracted": (
        (record("1"), record("2")), come(record("2", types="Retracted Publication", revised=2)),
        [("weakened", ABCB1, ("pmid:2", FOR, None, "retracted"))]),
    "the only paper is retracted": (
        (record("1"),), come(record("1", types="Retracted Publication", revised=2)),
        [("retracted", ABCB1, ("pmid:1", FOR, None, "retracted"))]),
    "a retraction is taken back": (
        (record("1", types="Retracted Publication"),), come(record("1", revised=2)),
        [("restored", ABCB1, ("pmid:1", None, FOR, "current"))]),
    "an expression of concern": (
        (record("1"),), come(record("1", CONFERS, CONCERN, revised=2)),
        [("weakened", ABCB1, ("pmid:1", FOR, FOR, "concern"))]),
    "the source deletes the only paper": (
        (record("1"),), come(deletion(("1", 1))), [("disappeared", ABCB1, ("pmid:1", FOR, None, "deleted"))]),
    "the new version says something else": (
        (record("1"),), come(record("1", OTHER, version=2)),
        [("disappeared", ABCB1, ("pmid:1", FOR, None, "sentence_gone")),
         ("new", MET, ("pmid:1", None, FOR, "new_version"))]),
    "the new version says nothing": (
        (record("1"),), come(record("1", NOTHING, version=2)),
        [("disappeared", ABCB1, ("pmid:1", FOR, None, "sentence_gone"))]),
    "the new version denies it": (
        (record("1"),), come(record("1", DENIES, version=2)),
        [("weakened", ABCB1, ("pmid:1", FOR, AGAINST, "new_version"))]),
    "a full text says more": (
        (record("1"),), full(pmid="1"), [("new", MET, ("pmid:1", None, FOR, "full_text_read"))]),
    "the same words again": ((record("1"),), come(record("1", revised=3)), []),
    "a curator rejects it": (
        (record("1"),), judged(said("1", "reject", reason="wrong_claim")),
        [("disappeared", ABCB1, ("pmid:1", FOR, None, "rejected"))]),
    "a curator edits it": (
        (record("1"), record("2")), judged(said("1", "edit", reason="wrong_name", mechanism="ABCG2")),
        [("weakened", ABCB1, ("pmid:1", FOR, None, "edited")),
         ("new", "ABCG2 → resistance to paclitaxel", ("pmid:1", None, FOR, "edited"))]),
    "a curator turns its stance": (
        (record("1"),), judged(said("1", "edit", reason="negation_missed", stance="refutes")),
        [("weakened", ABCB1, ("pmid:1", FOR, AGAINST, "edited"))]),
    "a curator accepts it": ((record("1"),), judged(said("1")), []),
    "a correction makes a name": (
        (record("1", LATIN),), corrected("paclitaxolum", "paclitaxel"),
        [("new", ABCB1, ("pmid:1", None, FOR, "correction"))]),
    "a correction gives a name another meaning": ((record("1", UNKNOWN),), corrected("zoratinib", "sotorasib"), []),
    "a correction unmakes a name": (
        (record("1"),), corrected("ABCB1", "", kind="non-entity", documents=("pmid:1",)),
        [("disappeared", ABCB1, ("pmid:1", FOR, None, "correction"))]),
}  # fmt: skip


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_became_of_claims_and_why(tmp_path: Path, name: str) -> None:
    records, act, expected = EXAMPLES[name]
    desk = desk_of(tmp_path, *records)
    act(desk)
    assert found(since_the_first(desk)) == expected


def test_a_rule_that_is_gone_is_named_as_the_cause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = desk_of(tmp_path, record("1"))
    other_rules(monkeypatch, without_resistance)
    desk.ingest(desk.folder / "a.xml", reader=Reader())
    changes = since_the_first(desk)
    assert found(changes) == [("disappeared", ABCB1, ("pmid:1", FOR, None, "not_read_any_more"))]
    assert changes["read_with"] == ["rules"]
    assert "Between them have changed: rules." in as_markdown(changes)


def test_a_sentence_that_is_read_otherwise_says_as_what(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, record("1", OTHER))
    path = published_snapshots(desk.paths)[0].path
    other = ("UPDATE evidence_rows SET evidence_id = 'other', claim_id = 'other'",
             "INSERT INTO claim_rows VALUES ('other', 'resistance', NULL, 'something else')")  # fmt: skip
    come(record("2"))(desk)
    aged(path, *other)
    changes = since_the_first(desk)
    assert ("new", MET, ("pmid:1", None, FOR, "read_anew")) in found(changes)
    assert ("disappeared", "something else", ("pmid:1", FOR, None, "read_otherwise")) in found(changes)
    page = as_markdown(changes)
    assert "its sentence was read otherwise: something else" in page
    assert f"its sentence is read otherwise now: {MET}" in page


def test_what_is_regrounded_is_neither_new_nor_gone_and_names_its_correction(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, record("1", UNKNOWN))
    corrected("zoratinib", "sotorasib")(desk)
    (row,) = since_the_first(desk)["regrounded"]
    assert (row["from_label"], row["to_label"], row["evidence"], row["documents"]) == (
        "ABCB1 → resistance to zoratinib", "ABCB1 → resistance to sotorasib", 1, ["pmid:1"]
    )  # fmt: skip
    assert [
        (each["surface"], each["name_before"], each["name_now"], each["correction_id"]) for each in row["names"]
    ] == [("zoratinib", "zoratinib", "sotorasib", "u0001")]
    middle = published_snapshots(desk.paths)[-1].stamp
    undo_correction(desk.settings, "u0001", "a curator")
    page = as_markdown(changes_since(desk.paths, middle))
    assert "by correction u0001 (zoratinib → sotorasib, undone)" in page
    assert "Between them have changed: corrections." in page


def test_what_a_name_was_taken_for_moves_weight_from_one_claim_to_another(tmp_path: Path) -> None:
    desk = desk_of(
        tmp_path, record("1", LATIN.replace("olum", "ola")), record("2", LATIN.replace("olum", "ola")), record("3")
    )
    corrected("paclitaxola", "paclitaxel", documents=("pmid:1",))(desk)
    changes = since_the_first(desk)
    assert found(changes) == [("strengthened", ABCB1, ("pmid:1", None, FOR, "correction"))]


def test_verdicts_that_wait_are_told(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, record("1"), record("2", OTHER))
    judged(said("1"), said("2", "reject", reason="wrong_claim"))(desk)
    middle = published_snapshots(desk.paths)[-1].stamp
    come(record("1", types="Retracted Publication", revised=4))(desk)
    (row,) = changes_since(desk.paths, middle)["verdicts"]
    assert (row["document_id"], row["before"], row["now"], row["cause"]) == (
        "pmid:1", "holds", "needs_rereview", "retracted"
    )  # fmt: skip
    given = sorted((row["verdict"], row["before"]) for row in since_the_first(desk)["verdicts"])
    assert given == [("accept", None), ("reject", None)]


def test_sides_that_cannot_both_be_right(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, record("1", OTHER))
    come(record("2", LOSS))(desk)
    (row,) = since_the_first(desk)["contradictions"]
    assert (row["sort"], row["label"], row["other_label"], row["papers"], row["other_papers"]) == (
        "opposite_direction", MET, "↓ MET → resistance to gefitinib", ["pmid:1"], ["pmid:2"]
    )  # fmt: skip


DOCUMENTS: list[tuple[str, tuple[str, ...], Act, dict[str, int]]] = [
    ("new", (record("1"),), come(record("2")), {"new": 1}),
    ("another version", (record("1"),), come(record("1", version=2)), {"changed": 1, "new_versions": 1}),
    ("retracted", (record("1"),), come(record("1", types="Retracted Publication", revised=2)), {"retracted": 1}),
    ("of concern", (record("1"),), come(record("1", CONFERS, CONCERN, revised=2)), {"concern": 1}),
    ("deleted", (record("1"),), come(deletion(("1", 1))), {"deleted": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "records", "act", "expected"), DOCUMENTS, ids=lambda each: str(each)[:20])
def test_what_became_of_papers(
    tmp_path: Path, name: str, records: tuple[str, ...], act: Act, expected: dict[str, int]
) -> None:
    desk = desk_of(tmp_path, *records)
    act(desk)
    counted = since_the_first(desk)["counts"]["documents"]
    assert {kind: count for kind, count in counted.items() if count} == expected


def test_an_article_that_is_known_by_its_pmid_now_has_moved(tmp_path: Path) -> None:
    desk = Desk(tmp_path, {"RESISTMINE_NLP_MODEL": "none"})
    full(pmc="7", doi="10.5555/7")(desk)
    come(record("1", NOTHING, pmcid="PMC7", doi="10.5555/7"))(desk)
    changes = since_the_first(desk)
    assert [(row["document_id"], row["moved_to"]) for row in changes["documents"]["moved"]] == [
        ("pmcid:PMC7", "pmid:1")
    ]
    assert found(changes) == []


# ------------------------------------------------------------------------------------------------ which snapshots


SNAPSHOTS = [Snapshot(stamp, Path(stamp)) for stamp in ("20260501T023000", "20260502T023000", "20260502T023000-001")]
MEANT = [
    ("20260501T023000", 0), ("evidence-20260502T023000.duckdb", 1), ("2026-05-01", 0), ("2026-05-02", 2),
    ("2026-05-02T02:29", 0), ("2026-05-02T02:30:00", 2), ("2026-05-02T04:29+02:00", 0), ("2031-01-01", 2),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "expected"), MEANT)
def test_a_snapshot_or_the_last_one_by_a_date(wanted: str, expected: int) -> None:
    assert find_snapshot(SNAPSHOTS, wanted) == SNAPSHOTS[expected]


def test_since_the_day_of_the_last_snapshot_is_since_that_day_began() -> None:
    assert begin_of_day(SNAPSHOTS, "2026-05-02") == SNAPSHOTS[0]
    assert begin_of_day(SNAPSHOTS[1:], "2026-05-02") == SNAPSHOTS[1]


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ("2026-04-30", "no snapshot was published by then"),
        ("20260501T023001", "there is no such snapshot"),
        ("last week", "neither a snapshot nor a date"),
        ("", "neither a snapshot nor a date"),
    ],
)
def test_what_is_unknown_is_answered_with_what_there_is(wanted: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_snapshot(SNAPSHOTS, wanted)
    assert problem in str(caught.value)
    assert "20260501T023000 (2026-05-01 02:30 UTC)" in str(caught.value)


def aged(path: Path, *statements: str) -> None:
    """Make a published snapshot one of another version of the program."""
    path.chmod(0o644)
    with duckdb.connect(str(path)) as connection:
        for each in statements:
            connection.execute(each)


def test_a_snapshot_of_an_older_version_is_brought_up_to_date_in_a_copy(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, record("1"))
    come(record("2"))(desk)
    first = published_snapshots(desk.paths)[0].path
    expected = since_the_first(desk)
    aged(first, "DROP VIEW claim_papers", "DROP VIEW claim_counts", "ALTER TABLE evidence_rows DROP COLUMN confidence",
         "UPDATE meta SET value = '6' WHERE key = 'schema_version'")  # fmt: skip
    before = first.read_bytes()
    assert since_the_first(desk) == expected
    assert first.read_bytes() == before


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        (f"UPDATE meta SET value = '{schema.VERSION + 1}' WHERE key = 'schema_version'", "Use the newer program"),
        ("UPDATE meta SET value = 'demo' WHERE key = 'purpose'", "made-up records"),
    ],
)
def test_a_snapshot_that_cannot_be_compared_is_refused(tmp_path: Path, statement: str, problem: str) -> None:
    desk = desk_of(tmp_path, record("1"))
    come(record("2"))(desk)
    aged(published_snapshots(desk.paths)[0].path, statement)
    with pytest.raises(StoreError, match=problem):
        since_the_first(desk)


def test_a_damaged_snapshot_is_named(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, record("1"))
    come(record("2"))(desk)
    path = published_snapshots(desk.paths)[0].path
    path.chmod(0o644)
    path.write_bytes(b"no database")
    with pytest.raises(StoreError, match=path.name):
        since_the_first(desk)


# ------------------------------------------------------------------------------------------------ how it is told


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Two snapshots: one paper is retracted, one denies, one is new."""
    desk = desk_of(tmp_path_factory.mktemp("changed"), record("1"), record("2", OTHER))
    come(record("2", OTHER, types="Retracted Publication", revised=2), record("3", DENIES))(desk)
    return desk


def test_the_page(changed: Desk) -> None:
    page = re.sub(r"`[0-9a-f]{16}`|20\d\d-\d\d-\d\dT[\d:]+Z", "…", as_markdown(since_the_first(changed)))
    assert (
        page
        == """# Changes from … to …

| what | how many |
|---|---:|
| Claims retracted | 1 |
| Claims contradicted | 1 |
| New records | 1 |
| Retracted | 1 |

## Retracted: no paper that says it stands any more (1)

- **↑ MET → resistance to gefitinib** (resistance, …): 1 for → 1 withdrawn. pmid:2 retracted

## Newly contradicted (1)

- **ABCB1 → resistance to paclitaxel** (resistance, …): 1 for → 1 for, 1 against. pmid:3 new paper

## Papers: retracted (1)

- pmid:2: An invented study.
"""
    )


def test_the_same_comes_twice(changed: Desk) -> None:
    assert as_json(since_the_first(changed)) == as_json(since_the_first(changed))


def test_a_first_run_is_held_against_nothing(changed: Desk, tmp_path: Path) -> None:
    first, last = (each.stamp for each in published_snapshots(changed.paths))
    assert counts(changes_of_run(changed.paths, first)) == [("Claims new", 2), ("New records", 2)]
    assert changes_of_run(changed.paths, last) == since_the_first(changed)


def run(desk: Desk, *words: str) -> Any:
    home = {"RESISTMINE_OUTPUT": str(desk.paths.root), "RESISTMINE_HOME": str(desk.settings.home)}
    return CliRunner().invoke(app, ["changes", *words], env=home)


def test_forms(changed: Desk, tmp_path: Path) -> None:
    first = published_snapshots(changed.paths)[0].stamp
    expected = since_the_first(changed)
    assert json.loads(run(changed, "--since", first, "--json").stdout) == json.loads(as_json(expected))
    assert run(changed, "--since", first, "--format", "md").stdout == as_markdown(expected)
    shown = run(changed, "--since", first).stdout
    assert "Newly contradicted (1)" in shown
    assert "ABCB1 → resistance to paclitaxel" in shown
    page = tmp_path / "page.md"
    assert run(changed, "--since", first, "-o", str(page)).exit_code == 0
    assert page.read_text("utf-8") == as_markdown(expected)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--since", "2001-01-01"), "There are: 20"),
        (("--since", "2031-01-01", "--format", "csv"), "Use table, md, json"),
        (("--since", "2031-01-01", "--json", "--format", "md"), "cannot go together"),
        (("--since", "2031-01-01", "-o", "changes.doc"), "ends with none of .md, .json"),
        (("--since", "2031-01-01", "-o", "/nowhere/at/all.md"), "cannot be written"),
    ],
)
def test_wrong_use(changed: Desk, words: tuple[str, ...], problem: str) -> None:
    result = run(changed, *words)
    assert result.exit_code == 2
    assert problem in result.stderr


def test_without_a_snapshot(tmp_path: Path) -> None:
    result = run(Desk(tmp_path), "--since", "2026-01-01")
    assert result.exit_code == 1
    assert "there is no evidence yet" in result.stderr


# ------------------------------------------------------------------------------------------------ reviews


@pytest.fixture
def reviewed(tmp_path: Path) -> Desk:
    """A review of paclitaxel with a paragraph, whose evidence was denied after it was written."""
    desk = desk_of(tmp_path, record("1"), record("2", OTHER))
    path = start_template(desk.settings, "paclitaxel").with_suffix(".md")
    path.write_text(put(path.read_text("utf-8"), {"mechanisms": "Pumps matter.\n"}, str(path)), "utf-8")
    come(record("3", DENIES))(desk)
    return desk


def touched_in(desk: Desk, *reviews: str) -> dict[str, Any]:
    first = published_snapshots(desk.paths)[0].stamp
    found: dict[str, Any] = changes_since(desk.paths, first, home=desk.settings.home, reviews=reviews)["reviews"]
    return found


def test_rows_and_paragraphs_of_a_review_that_are_touched(reviewed: Desk) -> None:
    found = touched_in(reviewed, "paclitaxel")["paclitaxel"]
    assert [(each["label"], each["sort"]) for each in found["rows"] if each["table"] == "mechanisms"] == [
        (ABCB1, "changed")
    ]
    assert [each["name"] for each in found["prose"]] == ["mechanisms"]
    assert touched_in(reviewed, "gefitinib")["gefitinib"]["rows"] == []


def page_of_the_run(desk: Desk) -> str:
    return as_markdown(changes_of_run(desk.paths, published_snapshots(desk.paths)[-1].stamp, desk.settings.home))


def test_the_page_says_which_paragraphs_to_look_at(reviewed: Desk) -> None:
    page = page_of_the_run(reviewed)
    assert "## Review paclitaxel: paragraphs to look at (1)" in page
    assert "## Review paclitaxel: rows touched (" in page


def test_a_template_that_cannot_be_read_does_not_hide_the_rest(reviewed: Desk) -> None:
    broken = reviewed.settings.home / "reviews" / "broken.toml"
    broken.write_text("title = 3", "utf-8")
    page = page_of_the_run(reviewed)
    assert "## Review broken: cannot be built (1)" in page
    assert "## Review paclitaxel: paragraphs to look at (1)" in page
    with pytest.raises(KnowledgeError, match=re.escape("broken.toml")):
        touched_in(reviewed, "broken")


def test_a_review_that_nobody_knows(reviewed: Desk) -> None:
    result = run(reviewed, "--since", published_snapshots(reviewed.paths)[0].stamp, "--review", "qwertyuiop")
    assert result.exit_code == 2
