"""The ledger at work: what a row would change, adding it, taking it back, and what comes of interruptions."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
import spacy
from typer.testing import CliRunner, Result

from pipeline.annotate.nlp import LanguageModels
from pipeline.article import Reader
from pipeline.cli import app
from pipeline.correct import Proposal, add_correction, apply_ledger, listed, try_correction, undo_correction
from pipeline.errors import KnowledgeError, RunningElsewhereError, StoreError, UsageError
from pipeline.ingest import IngestJob
from pipeline.lexicon.corrections import COLUMNS
from pipeline.model import Mention
from pipeline.status import status_of
from pipeline.store import verdicts
from pipeline.store.build import Build
from pipeline.store.snapshots import writing
from tests.ingesting import CONFERS, NOTHING, Desk, full_text, record
from tests.parse_samples import pubmed_set

LATIN = "ABCB1 confers resistance to paclitaxolum."
VIEWS = ("claim_arguments", "claims", "documents", "drug_mechanism_resistance", "evidence", "mentions")
TABLE = (
    "<table-wrap><table><thead><tr><th>Cell line</th><th>Resistant to</th></tr></thead>"
    "<tbody><tr><td>A line of ours</td><td>paclitaxolum</td></tr></tbody></table></table-wrap>"
)
RECORDS = (
    record("1", LATIN),
    record("2", f"{CONFERS} {NOTHING}"),
    record("3", "Nothing here. " + NOTHING),
    record("4", "Pacli-taxolum was given. ABCB1 did not confer resistance to paclitaxolum."),
)
TOLD = "Pacli-taxel is meant."
ROW = Proposal("paclitaxolum", "paclitaxel", reason="half Latin", reference="none", contributor="a curator")


@pytest.fixture(autouse=True)
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESISTMINE_NLP_MODEL", "none")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Four records, and a full text with a table, in which two name a drug in a way that nobody knows."""
    desk = Desk(tmp_path, {"RESISTMINE_NLP_MODEL": "none"})
    article = full_text(ids={"pmid": "5"}, results=f"{LATIN}</p>{TABLE}<p>{NOTHING}")
    desk.ingest(desk.write("a.xml", pubmed_set(*RECORDS)), desk.write("b.xml", article))
    return desk


def dump(desk: Desk) -> dict[str, str]:
    """Every promised view as a sorted CSV."""
    found = {}
    for view in VIEWS:
        sheet = io.StringIO()
        csv.writer(sheet).writerows(desk.ask(f"SELECT * FROM {view} ORDER BY ALL"))
        found[view] = sheet.getvalue()
    return found


def corrected(desk: Desk) -> list[tuple[Any, ...]]:
    return desk.ask(
        "SELECT document_id, text, name, correction_id FROM mentions WHERE correction_id IS NOT NULL ORDER BY ALL"
    )


def stale(desk: Desk) -> list[str]:
    with Build(desk.paths.build) as build:
        return [document.document_id for batch in build.stale() for document, _ in batch]


IN_THREE = [
    ("pmid:1", "paclitaxolum", "paclitaxel", "u0001"),
    ("pmid:4", "paclitaxolum", "paclitaxel", "u0001"),
    ("pmid:5", "paclitaxolum", "paclitaxel", "u0001"),
    ("pmid:5", "paclitaxolum", "paclitaxel", "u0001"),
]


# ------------------------------------------------------------------------------------------------ try


def test_trying_tells_what_would_change_and_writes_nothing(desk: Desk) -> None:
    before = {path: path.read_bytes() for path in sorted(desk.folder.rglob("*")) if path.is_file()}
    row, effect = try_correction(desk.settings, Proposal("paclitaxolum", "paclitaxel"))
    assert row.correction_id == "u0001"
    assert effect.counts() == {"documents_with_the_name": 3, "mentions": 4, "evidence": 3, "claims": 1, "papers": 3}
    first = effect.examples[0]
    assert (first.text, first.before, first.after, first.sentence, first.pmid) == (
        "paclitaxolum", None, "paclitaxel", LATIN, "1",
    )  # fmt: skip
    assert len(effect.examples) == 3
    assert {path: path.read_bytes() for path in sorted(desk.folder.rglob("*")) if path.is_file()} == before


@pytest.mark.parametrize(
    ("proposal", "mentions", "papers"),
    [
        (Proposal("paclitaxolum", "paclitaxel", documents=("4",)), 1, 1),
        (Proposal("paclitaxolum", "paclitaxel", documents=("PMID:4", "1")), 2, 2),
        (Proposal("paclitaxolum", "paclitaxel", context=("given",)), 1, 1),
        (Proposal("paclitaxolum", "paclitaxel", context=("given",), unless=("confer",)), 0, 0),
        (Proposal("ABCB1", kind="non-entity"), 5, 4),
        (Proposal("ABCB1", kind="non-entity", documents=("2",)), 1, 1),
        (Proposal("nowhere-to-be-seen", "paclitaxel"), 0, 0),
    ],
)
def test_what_is_tried_is_what_comes(desk: Desk, proposal: Proposal, mentions: int, papers: int) -> None:
    _, effect = try_correction(desk.settings, proposal)
    assert (effect.mentions, len(effect.papers)) == (mentions, papers)


# ------------------------------------------------------------------------------------------------ add, undo


def test_a_row_is_applied_to_what_is_stored_and_taken_back_to_the_same_bytes(desk: Desk) -> None:
    before = dump(desk)
    outcome = add_correction(desk.settings, ROW)
    assert (outcome.written, outcome.summary and outcome.summary.read_again) == (True, 3)
    assert corrected(desk) == IN_THREE
    assert [row[0] for row in desk.said()] == ["pmid:1", "pmid:2", "pmid:4", "pmid:5", "pmid:5"]
    assert desk.ask("SELECT applied_count, active FROM corrections WHERE correction_id = 'u0001'") == [(4, True)]
    undone = undo_correction(desk.settings, "u0001", "another")
    assert undone.summary
    assert undone.summary.read_again == 3
    assert dump(desk) == before
    assert desk.ask("SELECT active, note FROM corrections WHERE correction_id = 'u0001'") == [
        (False, f"switched off by another, {outcome.row.date if outcome.row else ''}")
    ]


@pytest.mark.parametrize(
    "proposal",
    [
        ROW,
        Proposal("paclitaxolum", "docetaxel", documents=("5",), reason="r", contributor="c"),
        Proposal("ABCB1", kind="non-entity", reason="r", contributor="c"),
        Proposal("ABCB1", "ABCG2", documents=("2",), reason="r", contributor="c"),
        Proposal("pacli-taxel", "docetaxel", documents=("2", "pmid:4"), reason="r", contributor="c", example=TOLD),
    ],
    ids=lambda each: f"{each.surface}-{each.target}",
)
def test_the_database_is_as_if_everything_had_been_read_with_the_ledger(desk: Desk, proposal: Proposal) -> None:
    before = dump(desk)
    add_correction(desk.settings, proposal)
    fresh = Desk(desk.folder / "fresh", {"RESISTMINE_NLP_MODEL": "none", "RESISTMINE_HOME": str(desk.settings.home)})
    fresh.ingest(desk.folder / "a.xml", desk.folder / "b.xml", reader=Reader(home=desk.settings.home))
    assert dump(desk) == dump(fresh) != before
    undo_correction(desk.settings, "u0001", "another")
    assert dump(desk) == before


def test_a_row_about_documents_reaches_no_others(desk: Desk) -> None:
    outcome = add_correction(desk.settings, replace(ROW, surface="pacli-taxolum", documents=("PMID:4",)))
    assert (outcome.summary and outcome.summary.read_again, corrected(desk)) == (
        1, [("pmid:4", "Pacli-taxolum", "paclitaxel", "u0001"), ("pmid:4", "paclitaxolum", "paclitaxel", "u0001")],
    )  # fmt: skip


def test_all_other_documents_stay_up_to_date(desk: Desk) -> None:
    add_correction(desk.settings, ROW)
    again = desk.ingest(desk.folder / "a.xml", desk.folder / "b.xml", reader=Reader(home=desk.settings.home))
    assert (again.counts.documents, again.counts.unchanged, again.files_done_before, again.read_again) == (0, 5, 2, 0)


def test_what_no_name_takes_away_is_counted(desk: Desk) -> None:
    add_correction(desk.settings, Proposal("ABCB1", kind="non-entity", reason="r", contributor="c"))
    assert desk.ask("SELECT applied_count FROM corrections WHERE correction_id = 'u0001'") == [(5,)]
    assert desk.ask("SELECT count(*) FROM mentions WHERE text = 'ABCB1'") == [(0,)]


def test_a_shipped_row_is_switched_off_by_a_row_of_the_user(desk: Desk) -> None:
    desk.ingest(desk.write("c.xml", pubmed_set(record("6", "ABCB1 confers resistance to pacitaxel."))))
    before = dump(desk)
    assert corrected(desk) == [("pmid:6", "pacitaxel", "paclitaxel", "c0039")]
    undo_correction(desk.settings, "c0039", "me")
    assert corrected(desk) == []
    (row,) = [each for each in listed(desk.settings, inactive=True) if each["correction_id"] == "c0039"]
    assert (row["active"], row["origin"]) == (False, str(desk.settings.home / "corrections.tsv"))
    own = desk.settings.home / "corrections.tsv"
    own.write_text("\t".join(COLUMNS) + "\n", "utf-8")
    apply_ledger(desk.settings)
    assert dump(desk) == before


def test_the_ledger_is_backed_up_and_its_comments_and_rows_are_kept(desk: Desk) -> None:
    own = desk.settings.home / "corrections.tsv"
    hers = dict.fromkeys(COLUMNS, "") | {
        "correction_id": "hers", "surface": "letrosol", "target": "letrozole", "kind": "misspelling",
        "scope": "global", "safety": "always", "reason": "a slip", "contributor": "her", "date": "2026-11-21",
    }  # fmt: skip
    text = "\t".join(COLUMNS) + "\n# mine\n\n" + "\t".join(hers.values()) + "\n"
    desk.write("home/corrections.tsv", text)
    add_correction(desk.settings, ROW)
    undo_correction(desk.settings, "hers", "me")
    lines = own.read_text("utf-8").splitlines()
    assert [line.split("\t")[0] for line in lines] == ["correction_id", "# mine", "", "hers", "u0001"]
    assert lines[3].split("\t")[:9] == list(hers.values())[:9]
    backups = sorted((desk.settings.home / "backups").iterdir(), key=lambda each: each.stat().st_size)
    assert len(backups) == 2
    assert backups[0].read_text("utf-8") == text


def test_the_same_row_is_written_once(desk: Desk) -> None:
    add_correction(desk.settings, ROW)
    own = (desk.settings.home / "corrections.tsv").read_bytes()
    again = add_correction(desk.settings, ROW)
    assert (again.written, again.row and again.row.correction_id) == (False, "u0001")
    assert (desk.settings.home / "corrections.tsv").read_bytes() == own


def test_without_a_database_the_ledger_is_written_for_the_next_ingest(tmp_path: Path) -> None:
    desk = Desk(tmp_path, {"RESISTMINE_NLP_MODEL": "none"})
    assert add_correction(desk.settings, ROW).summary is None
    desk.ingest(desk.write("a.xml", pubmed_set(RECORDS[0])), reader=Reader(home=desk.settings.home))
    assert corrected(desk) == IN_THREE[:1]


@pytest.fixture
def model(tmp_path: Path) -> str:
    """A small model that takes the misspelling, and a gene, for chemicals."""
    nlp = spacy.blank("en")
    patterns = [{"label": "CHEMICAL", "pattern": each} for each in ("paclitaxolum", "ABCB1")]
    nlp.add_pipe("entity_ruler").add_patterns(patterns)  # type: ignore[attr-defined]
    nlp.to_disk(tmp_path / "model")
    return str(tmp_path / "model")


def test_a_correction_is_applied_without_the_models(
    tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path, {"RESISTMINE_NLP_MODEL": model})
    file = desk.write("a.xml", pubmed_set(*RECORDS))
    desk.ingest(file, reader=Reader(models=desk.settings.models))
    before = dump(desk)
    asked: list[str] = []
    ask = LanguageModels.entities

    def entities(self: LanguageModels, texts: Sequence[str]) -> Iterator[tuple[Mention, ...]]:
        asked.extend(texts)
        return ask(self, texts)

    monkeypatch.setattr(LanguageModels, "entities", entities)
    _, effect = try_correction(desk.settings, ROW)
    add_correction(desk.settings, ROW)
    assert effect.mentions
    assert [text for text in asked if text != "Cells were treated with paclitaxolum."] == []
    after = dump(desk)
    fresh = Desk(tmp_path / "fresh", {"RESISTMINE_HOME": str(desk.settings.home)})
    fresh.ingest(file, reader=Reader(models=desk.settings.models, home=desk.settings.home))
    assert dump(fresh) == after != before
    asked.clear()
    undo_correction(desk.settings, "u0001", "me")
    assert (asked, dump(desk)) == ([], before)


# ------------------------------------------------------------------------------------------------ refused

REFUSED = [
    (Proposal("paclitaxolum", "paclitaxxel", reason="r", contributor="c"), "'paclitaxxel' is no preferred name"),
    (Proposal("paclitaxolum", "Taxol", reason="r", contributor="c"), "Did you mean 'paclitaxel'?"),
    (Proposal("anastrazole", "letrozole", reason="r", contributor="c"), "c0005 .* says anastrozole in the same scope"),
    (Proposal("letrozole", "anastrozole", reason="r", contributor="c"), "is the name of something else"),
    (Proposal("the", "letrozole", reason="r", contributor="c"), "is a common word"),
    (Proposal("x", "letrozole", reason="r", contributor="c"), "is too short"),
    (Proposal("paclitaxolum", "paclitaxel", reason="r", contributor="c", example="None."), "does not show"),
    (Proposal("paclitaxolum", "paclitaxel", contributor="c"), "no reason"),
]


@pytest.mark.parametrize(("proposal", "problem"), REFUSED, ids=[problem for _, problem in REFUSED])
def test_what_is_refused_changes_nothing(desk: Desk, proposal: Proposal, problem: str) -> None:
    before = dump(desk)
    with pytest.raises(KnowledgeError, match=rf"corrections\.tsv, row 2: .*{problem}"):
        add_correction(desk.settings, proposal)
    assert not (desk.settings.home / "corrections.tsv").exists()
    assert dump(desk) == before


def test_an_unknown_id_is_told(desk: Desk) -> None:
    with pytest.raises(UsageError, match="no row has the id 'u0007'"):
        undo_correction(desk.settings, "u0007", "me")


@pytest.mark.parametrize("change", ["add", "undo"])
def test_a_second_writer_is_refused_before_the_ledger_is_touched(desk: Desk, change: str) -> None:
    def make() -> object:
        settings = desk.settings
        return add_correction(settings, ROW) if change == "add" else undo_correction(settings, "c0001", "me")

    with writing(desk.paths, "a night"), pytest.raises(RunningElsewhereError):
        make()
    assert not (desk.settings.home / "corrections.tsv").exists()


# ------------------------------------------------------------------------------------------------ broken off


def interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("where", "goes_on"),
    [("take_ledger", "add"), ("end_run", "apply"), *(("write_again", each) for each in ("add", "ingest", "undo"))],
)
def test_what_broke_off_is_applied_by_the_next_run(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, where: str, goes_on: str
) -> None:
    before = dump(desk)
    with monkeypatch.context() as patched:
        patched.setattr(Build, where, interrupt)
        with pytest.raises(KeyboardInterrupt):
            add_correction(desk.settings, ROW)
    assert dump(desk) == before
    assert "u0001" in (desk.settings.home / "corrections.tsv").read_text("utf-8")
    if goes_on == "undo":
        undo_correction(desk.settings, "u0001", "me")
        assert (dump(desk), corrected(desk), stale(desk)) == (before, [], [])
        return
    if goes_on == "ingest":
        with IngestJob(desk.settings, "ingest"):
            pass
    elif goes_on == "apply":
        apply_ledger(desk.settings)
    else:
        assert add_correction(desk.settings, ROW).written is False
    assert (corrected(desk), stale(desk)) == (IN_THREE, [])


def test_a_ledger_that_cannot_be_written_changes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = dump(desk)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("pipeline.home.os.fsync", full)
        with pytest.raises(StoreError, match="Nothing has changed"):
            add_correction(desk.settings, ROW)
    assert list(desk.settings.home.iterdir()) == []
    apply_ledger(desk.settings)
    assert dump(desk) == before


# ------------------------------------------------------------------------------------------------ the command line


@pytest.fixture
def run(desk: Desk) -> Any:
    def invoke(*arguments: str) -> Result:
        settings = {"RESISTMINE_OUTPUT": str(desk.settings.output), "RESISTMINE_HOME": str(desk.settings.home)}
        return CliRunner().invoke(app, ["correct", *arguments], env=settings | {"RESISTMINE_NLP_MODEL": "none"})

    return invoke


def state(run: Any, correction_id: str, *options: str) -> tuple[Any, ...]:
    rows = json.loads(run("list", "--format", "json", *options).stdout)
    return next((row["applied_count"], row["state"]) for row in rows if row["correction_id"] == correction_id)


def test_the_way_of_a_correction_on_the_command_line(desk: Desk, run: Any) -> None:
    tried = run("try", "paclitaxolum", "paclitaxel", "--document", "4")
    assert (tried.exit_code, tried.stderr) == (0, "")
    assert "ABCB1 did not confer resistance to paclitaxolum." in tried.stdout
    assert "pmid:4" in tried.stdout
    signed = ("--reason", "r", "--reference", "a book", "--contributor", "me", "--example", "He took paclitaxolum.")
    assert "would change" in run("try", "paclitaxolum", "paclitaxel", *signed).stdout
    added = run("add", "paclitaxolum", "paclitaxel", *signed)
    assert (added.exit_code, added.stdout) == (0, "")
    assert "3 documents read again" in added.stderr
    assert state(run, "u0001") == (4, "in use")
    assert state(run, "c0001") == (0, "changes nothing")
    assert run("undo", "u0001", "--contributor", "me").exit_code == 0
    assert state(run, "u0001", "--all")[1].startswith("switched off by me")
    assert "u0001" not in run("list").stdout


WRONG = [
    (("add", "paclitaxolum", "paclitaxel"), 2, "Say why"),
    (("list", "--format", "xml"), 2, "'xml' is not known"),
    (("undo", "u0009"), 2, "no row has the id"),
    (("try", "paclitaxolum", "nothing at all"), 1, "is no preferred name"),
    (("try", "paclitaxolum", "paclitaxel", "--scope", "document"), 1, "scope document without a condition"),
    (("add", "p53", "TP53", "--kind", "typo", "--reason", "r"), 1, "unknown kind 'typo'"),
]


@pytest.mark.parametrize(("arguments", "code", "message"), WRONG, ids=[message for *_, message in WRONG])
def test_what_goes_wrong_is_told_on_stderr(run: Any, arguments: tuple[str, ...], code: int, message: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr


def test_the_status_names_ones_own_corrections_that_change_nothing(desk: Desk) -> None:
    add_correction(desk.settings, ROW)
    add_correction(desk.settings, replace(ROW, surface="docetaxolum", target="docetaxel"))
    idle = status_of(desk.settings)["corrections_that_change_nothing"]
    assert [(row["correction_id"], row["surface"]) for row in idle] == [("u0002", "docetaxolum")]


def test_a_database_of_the_version_before_takes_the_ledger_anew(desk: Desk) -> None:
    """Its rows say less, so that every one counts as changed; documents with tables wait for their file."""
    add_correction(desk.settings, ROW)
    with duckdb.connect(str(desk.paths.build)) as connection:
        connection.execute("DROP VIEW claims; DROP VIEW verdicts; ALTER TABLE sections DROP COLUMN cells")
        for table in ("sentence_rows", "circumstances", *verdicts.TABLES):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("DROP TABLE correction_rows; CREATE TABLE correction_rows (correction_id VARCHAR)")
        connection.execute("ALTER TABLE document_parts DROP number; ALTER TABLE deletions DROP number")
        connection.execute("ALTER TABLE deletions DROP said; ALTER TABLE deletions DROP byte_offset")
        connection.execute("ALTER TABLE evidence_rows DROP confidence")
        connection.execute("UPDATE meta SET value = '1' WHERE key = 'schema_version'")
    outcome = apply_ledger(desk.settings)
    assert (outcome.summary and outcome.summary.read_again, corrected(desk)[:2]) == (2, IN_THREE[:2])
    assert desk.ask("SELECT shipped FROM corrections WHERE correction_id = 'u0001'") == [(False,)]


def test_a_row_that_says_what_the_lexicon_says_is_reported(desk: Desk, run: Any) -> None:
    add_correction(desk.settings, Proposal("Taxol", "paclitaxel", kind="synonym", reason="r", contributor="c"))
    assert state(run, "u0001")[1] == "changes nothing any more: the lexicon says the same"
