"""The round trip of curation: a sheet, what comes of what is typed in it, and what of that when all else changes."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.cell.rich_text import CellRichText
from typer.testing import CliRunner

from pipeline import rules
from pipeline.article import Reader
from pipeline.cli import app
from pipeline.correct import Proposal, add_correction
from pipeline.curate import Imported, Selection, export_sheet, import_sheet
from pipeline.curation import FILE, load_verdicts
from pipeline.curation.mangled import is_made_of, looks_made
from pipeline.errors import KnowledgeError, RunningElsewhereError, UnreadableInputError, UsageError
from pipeline.rules import Rule
from pipeline.store.snapshots import writing
from tests import reading
from tests.ingesting import CONFERS, DENIES, OTHER, Desk, full_text, record
from tests.parse_samples import pubmed_set

UNKNOWN = "ABCB1 confers resistance to zoratinib."
CHANGED = "ABCB1 strongly confers resistance to paclitaxel in all cells."
RECORDS = (
    record("1", CONFERS, doi="10.5555/1"),
    record("2", OTHER),
    record("3", DENIES),
    record("4", "SEPTIN9 overexpression confers resistance to paclitaxel."),
    record("5", UNKNOWN),
)


@pytest.fixture(autouse=True)
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESISTMINE_NLP_MODEL", "none")
    monkeypatch.setattr("pipeline.curate.Reader", lambda **_: reading.reader())  # one takes a second to make


@dataclass
class Curation:
    """A desk with a sheet, exported from it."""

    desk: Desk
    form: str = ".xlsx"

    @property
    def sheet(self) -> Path:
        return self.desk.folder / f"sheet{self.form}"

    def export(self, **selection: Any) -> list[dict[str, str]]:
        """The rows of a new export."""
        export_sheet(self.desk.settings, self.sheet, Selection(**selection))
        return self.read()

    def read(self) -> list[dict[str, str]]:
        if self.form == ".csv":
            return list(csv.DictReader(io.StringIO(self.sheet.read_text("utf-8-sig"))))
        head, *rows = load_workbook(self.sheet)["evidence"].iter_rows(values_only=True)
        return [{str(name): str(value or "") for name, value in zip(head, row, strict=True)} for row in rows]

    def type(self, *said: dict[str, Any], change: Callable[[Workbook], None] | None = None) -> None:
        """Type into the sheet: for the paper ``pmid`` the cells given; then ``change`` the whole book."""
        book = load_workbook(self.sheet, rich_text=True)
        page = book["evidence"]
        place = {cell.value: cell.column for cell in page[1]}
        for cells in said:
            for row in page.iter_rows(min_row=2):
                if row[place["pubmed"] - 1].value == cells["pmid"]:
                    for name, value in cells.items():
                        if name != "pmid":
                            page.cell(row[0].row, place[name]).value = value
        if change:
            change(book)
        book.save(self.sheet)

    def take(self, curator: str = "Ada") -> Imported:
        return import_sheet(self.desk.settings, self.sheet, curator)

    def judge(self, *said: dict[str, Any], curator: str = "Ada") -> Imported:
        self.export()
        self.type(*said)
        return self.take(curator)

    def stand(self) -> dict[str, tuple[Any, ...]]:
        """Paper → what its verdicts came to."""
        rows = self.desk.ask("SELECT document_id, state, cause, in_force FROM verdicts ORDER BY date, verdict_id")
        return {row[0].removeprefix("pmid:"): row[1:] for row in rows}


def problems(imported: Imported) -> list[tuple[int, str, str]]:
    return [(each.row, each.column, each.reason) for each in imported.merged.problems]


def notes(imported: Imported) -> list[tuple[int, str, str]]:
    return [(each.row, each.column, each.reason) for each in imported.merged.notes]


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    desk = Desk(tmp_path_factory.mktemp("ingested"))
    desk.ingest(desk.write("a.xml", pubmed_set(*RECORDS)))
    return desk.folder


@pytest.fixture
def curation(tmp_path: Path, ingested: Path) -> Curation:
    """Five records, ingested."""
    shutil.copytree(ingested, tmp_path, dirs_exist_ok=True)
    return Curation(Desk(tmp_path, {"RESISTMINE_NLP_MODEL": "none"}))


def said(pmid: str, verdict: str = "accept", **cells: Any) -> dict[str, Any]:
    return {"pmid": pmid, "verdict": verdict, **cells}


# ------------------------------------------------------------------------------------------------ the sheet


def test_a_row_of_the_sheet(curation: Curation) -> None:
    row = next(each for each in curation.export() if each["pubmed"] == "1")
    export, _, evidence_id = row.pop("row").partition(".")
    assert curation.desk.ask("SELECT evidence_id FROM evidence WHERE pmid = '1'") == [(evidence_id,)]
    assert (curation.desk.settings.home / "exports" / f"{export}.jsonl").is_file()
    assert {name: value for name, value in row.items() if value} == {
        "sentence": CONFERS, "claim": "ABCB1 → resistance to paclitaxel", "kind": "resistance", "drug": "paclitaxel",
        "mechanism": "ABCB1", "stance": "supports", "certainty": "asserted", "attribution": "own_result",
        "paper": "An invented study., Journal of Invented Oncology, 2021", "status": "current", "section": "abstract",
        "pubmed": "1",
    } | {"attribution": row["attribution"]}  # fmt: skip


def test_the_sheet_is_made_to_be_worked_in(curation: Curation) -> None:
    curation.export()
    page = load_workbook(curation.sheet, rich_text=True)["evidence"]
    head = {cell.value: cell.column_letter for cell in page[1]}
    sentence, verdict, identity = (page[f"{head[name]}2"] for name in ("sentence", "verdict", "row"))
    assert isinstance(sentence.value, CellRichText)
    marked = [(part.text, part.font.color.rgb[2:]) for part in sentence.value if not isinstance(part, str)]
    assert (marked[0][0] in CONFERS + OTHER + DENIES + UNKNOWN, len({colour for _, colour in marked})) == (True, 2)
    assert (page.freeze_panes, page.auto_filter.ref.split(":")[0], page.protection.sheet) == ("B2", "A1", True)
    assert (verdict.protection.locked, identity.protection.locked, verdict.number_format) == (False, True, "@")
    lists = {str(each.sqref).split("2:")[0]: each.formula1 for each in page.data_validations.dataValidation}
    assert lists[head["verdict"]] == '"accept,reject,edit,unsure,withdraw"'
    assert {head[name] for name in ("reason", "kind", "stance", "direction", "setting", "acquired")} <= set(lists)
    assert page[f"{head['pubmed']}2"].hyperlink.target.startswith("https://pubmed.ncbi.nlm.nih.gov/")


@pytest.mark.parametrize("form", [".xlsx", ".csv"])
def test_what_nobody_touched_says_nothing(curation: Curation, form: str) -> None:
    curation.form = form
    rows = len(curation.export())
    imported = curation.take()
    assert (imported.counts()["untouched"], imported.counts()["rows"], problems(imported), notes(imported)) == (
        rows, rows, [], [],
    )  # fmt: skip
    assert not (curation.desk.settings.home / FILE).exists()


SELECTED = [
    ({"topic": "gefitinib"}, {"2"}),
    ({"topic": "Taxol"}, {"1", "3", "4"}),
    ({"kind": "reversal"}, None),
    ({"where": "stance = 'refutes'"}, {"3"}),
    ({"pending": True}, {"2", "3", "4", "5"}),
    ({"rereview": True}, None),
]


@pytest.mark.parametrize(("selection", "papers"), SELECTED, ids=str)
def test_what_is_chosen(curation: Curation, selection: dict[str, Any], papers: set[str] | None) -> None:
    curation.judge(said("1"))
    if papers is None:
        with pytest.raises(UsageError, match="no evidence is chosen"):
            curation.export(**selection)
    else:
        assert {row["pubmed"] for row in curation.export(**selection)} == papers


@pytest.mark.parametrize("selection", [{"kind": "magic"}, {"where": "no_such_column = 1"}])
def test_a_wrong_selection_is_told(curation: Curation, selection: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="curate export --"):
        curation.export(**selection)


# ------------------------------------------------------------------------------------------------ verdicts in the views


def test_verdicts_stand_beside_what_the_machine_says(curation: Curation) -> None:
    imported = curation.judge(said("1"), said("2", "reject", reason="wrong_claim", comment="no"), said("3", "unsure"))
    assert (imported.counts()["new"], problems(imported)) == (3, [])
    ask = curation.desk.ask
    assert ask("SELECT pmid, verdict, verdict_state, verdict_reason, curator FROM evidence ORDER BY pmid") == [
        ("1", "accept", "holds", None, "Ada"), ("2", "reject", "holds", "wrong_claim", "Ada"),
        ("3", "unsure", "holds", None, "Ada"), ("4", None, None, None, None), ("5", None, None, None, None),
    ]  # fmt: skip
    assert ask("SELECT pmid FROM curated_evidence ORDER BY pmid") == [("1",), ("3",), ("4",), ("5",)]
    counted = "SELECT papers_supporting, papers_refuting, papers_accepted FROM {} WHERE label LIKE 'ABCB1%paclitaxel'"
    assert ask(counted.format("claims")) == ask(counted.format("curated_claims")) == [(1, 1, 1)]
    assert ask("SELECT count(*) FROM claims WHERE label LIKE '%gefitinib'") == [(1,)]
    assert ask("SELECT count(*) FROM curated_claims WHERE label LIKE '%gefitinib'") == [(0,)]
    assert ask("SELECT verdict FROM drug_mechanism_resistance WHERE pmid = '2'") == [("reject",)]
    assert ask("SELECT pmid, curated, accepted FROM claim_papers WHERE pmid IN ('1', '2') ORDER BY ALL") == [
        ("1", False, True), ("1", True, True), ("2", False, False)
    ]  # fmt: skip


def test_what_is_edited_is_another_claim(curation: Curation) -> None:
    cells = {
        "kind": "sensitivity",
        "mechanism": "ABCG2",
        "stance": "refutes",
        "value_text": "4.5-fold",
        "setting": "in_vivo",
    }
    imported = curation.judge(said("1", "edit", reason="wrong_name", **cells))
    assert problems(imported) == []
    ask = curation.desk.ask
    assert ask("SELECT claim_id IN (SELECT claim_id FROM claims), label, papers_refuting, papers_accepted "
               "FROM curated_claims WHERE kind = 'sensitivity'") == [
        (False, "ABCG2 → sensitivity to paclitaxel", 1, 1)
    ]  # fmt: skip
    assert ask("SELECT e.kind, c.kind, c.stance, c.value, c.unit, c.setting, c.sentence = e.sentence "
               "FROM evidence AS e JOIN curated_evidence AS c USING (evidence_id) WHERE e.pmid = '1'") == [
        ("resistance", "sensitivity", "refutes", 4.5, "fold", "in_vivo", True)
    ]  # fmt: skip
    assert ask("SELECT role, name, entity_id FROM claim_arguments WHERE claim_id IN "
               "(SELECT claim_id FROM curated_claims WHERE kind = 'sensitivity') ORDER BY role") == [
        ("cause", "ABCG2", "hgnc:74"), ("drug", "paclitaxel", "unii:P88XT4IS4D"),
    ]  # fmt: skip


def test_a_name_that_nobody_knows_is_kept_as_typed_and_told(curation: Curation) -> None:
    imported = curation.judge(said("1", "edit", mechanism="Zyxelin + ABCG2"))
    assert [(each.column, each.reason) for each in imported.merged.notes] == [("mechanism", "name")]
    assert curation.desk.ask("SELECT label FROM curated_claims WHERE label LIKE '%Zyxelin%'") == [
        ("ABCG2 + Zyxelin → resistance to paclitaxel",)
    ]


def test_history_is_kept_and_a_verdict_can_be_taken_back(curation: Curation) -> None:
    curation.judge(said("1"))
    changed = curation.judge(said("1", "reject"), curator="Bea")
    assert [len(each.replaces) for each in changed.merged.verdicts] == [1]
    assert curation.desk.ask("SELECT verdict, curator FROM evidence WHERE pmid = '1'") == [("reject", "Bea")]
    curation.judge(said("1", "withdraw"), curator="Bea")
    assert curation.desk.ask("SELECT verdict, verdict_state FROM evidence WHERE pmid = '1'") == [(None, None)]
    states = curation.desk.ask("SELECT verdict, state FROM verdicts ORDER BY verdict")
    assert states == [("accept", "replaced"), ("reject", "withdrawn"), ("withdraw", "withdrawn")]
    assert len(list((curation.desk.settings.home / "backups").glob("verdicts-*.jsonl"))) == 2


def test_the_same_sheet_twice_says_the_same_once(curation: Curation) -> None:
    curation.judge(said("1"), said("2", "reject"))
    before = (curation.desk.settings.home / FILE).read_bytes()
    again = curation.take()
    assert (again.counts()["known_before"], again.counts()["new"], again.published) == (2, 0, None)
    assert (curation.desk.settings.home / FILE).read_bytes() == before


def test_the_curated_views_have_the_columns_of_the_others(curation: Curation) -> None:
    for view in ("claims", "evidence"):
        described = [[row[:2] for row in curation.desk.ask(f"DESCRIBE {name}")] for name in (view, f"curated_{view}")]
        assert described[0] == described[1]


# ------------------------------------------------------------------------------------------------ what verdicts come to


def ingest_new_version(curation: Curation, *records: str) -> None:
    curation.desk.ingest(curation.desk.write("b.xml", pubmed_set(*records)))


def correct(curation: Curation) -> None:
    add_correction(curation.desk.settings, Proposal("zoratinib", "gefitinib", reason="r", contributor="c"))


def other_rules(monkeypatch: pytest.MonkeyPatch, change: Callable[[Rule], Rule | None]) -> None:
    """The rules as they would be after ``change``; None takes a rule away."""
    shipped = rules.shipped()
    changed = tuple(rule for rule in map(change, shipped.rules) if rule)
    made = replace(shipped, rules=changed, fingerprint="changed")
    monkeypatch.setattr(rules, "shipped", lambda: made)


def read_again(curation: Curation) -> None:
    curation.desk.ingest(curation.desk.folder / "a.xml", reader=Reader())


def renamed_rule(rule: Rule) -> Rule:
    return replace(rule, id=f"{rule.id}-2")


def without_resistance(rule: Rule) -> Rule | None:
    return None if rule.claim.name == "resistance" else rule


BECAME: list[tuple[str, str, str, Callable[[Curation], object], tuple[Any, ...]]] = [
    ("nothing happens", "1", "accept", lambda _: None, ("holds", "unchanged", "accept")),
    ("read again", "1", "accept", read_again, ("holds", "unchanged", "accept")),
    ("a correction names it", "5", "accept", correct, ("holds", "regrounded", "accept")),
    ("a correction names what was rejected", "5", "reject", correct, ("holds", "regrounded", "reject")),
    ("a new version with the same sentence", "1", "accept",
     lambda each: ingest_new_version(each, record("1", f"We studied cells. {CONFERS}", version=2)),
     ("holds", "same_claim", "accept")),
    ("a new version with another sentence", "1", "accept",
     lambda each: ingest_new_version(each, record("1", CHANGED, version=2)),
     ("needs_rereview", "sentence_changed", None)),
    ("rejected, and said in other words", "1", "reject",
     lambda each: ingest_new_version(each, record("1", CHANGED, version=2)),
     ("needs_rereview", "sentence_changed", "reject")),
    ("a new version that denies it", "1", "reject",
     lambda each: ingest_new_version(each, record("1", DENIES, version=2)),
     ("needs_rereview", "sentence_changed", None)),
    ("a new version without it", "1", "accept",
     lambda each: ingest_new_version(each, record("1", "Mice were fed.", version=2)),
     ("needs_rereview", "sentence_gone", None)),
    ("retracted", "1", "accept",
     lambda each: ingest_new_version(each, record("1", CONFERS, types="Retracted Publication", version=2)),
     ("needs_rereview", "retracted", None)),
    ("rejected, and retracted", "1", "reject",
     lambda each: ingest_new_version(each, record("1", CONFERS, types="Retracted Publication", version=2)),
     ("needs_rereview", "retracted", "reject")),
    ("the full text comes", "1", "accept",
     lambda each: each.desk.ingest(
         each.desk.write("f.xml", full_text(ids={"pmid": "1"}, summary=CONFERS))) and None,
     ("holds", "unchanged", "accept")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("pmid", "verdict", "event", "expected"), [each[1:] for each in BECAME], ids=[each[0] for each in BECAME]
)
def test_what_becomes_of_a_verdict(
    curation: Curation, pmid: str, verdict: str, event: Callable[[Curation], object], expected: tuple[Any, ...]
) -> None:
    assert problems(curation.judge(said(pmid, verdict))) == []
    event(curation)
    assert curation.stand()[pmid] == expected
    state, _, in_force = expected
    shown = curation.desk.ask(
        "SELECT verdict, verdict_state FROM evidence WHERE pmid = ? AND verdict_state IS NOT NULL", pmid
    )
    assert shown in ([(in_force, state)], [])


RULES = [
    (renamed_rule, "accept", ("holds", "same_claim", "accept")),
    (without_resistance, "accept", ("needs_rereview", "not_read_any_more", None)),
    (without_resistance, "reject", ("needs_rereview", "not_read_any_more", None)),
]


@pytest.mark.parametrize(("change", "verdict", "expected"), RULES, ids=["another id", "gone", "gone, rejected"])
def test_a_rule_changes(
    curation: Curation,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Rule], Rule | None],
    verdict: str,
    expected: tuple[Any, ...],
) -> None:
    curation.judge(said("1", verdict))
    with monkeypatch.context() as patched:
        other_rules(patched, change)
        read_again(curation)
    assert curation.stand()["1"] == expected
    read_again(curation)
    assert curation.stand()["1"] == ("holds", "unchanged", verdict)


def test_a_document_that_finds_its_pmid_keeps_its_verdicts(tmp_path: Path) -> None:
    curation = Curation(Desk(tmp_path, {"RESISTMINE_NLP_MODEL": "none"}))
    curation.desk.ingest(curation.desk.write("f.xml", full_text(ids={"pmc": "7"}, summary="")))
    curation.export()
    head = [cell.value for cell in load_workbook(curation.sheet)["evidence"][1]]
    curation.type(change=lambda book: book["evidence"].cell(2, head.index("verdict") + 1, "accept"))
    assert curation.take().counts()["new"] == 1
    curation.desk.ingest(curation.desk.write("b.xml", pubmed_set(record("70", "Mice.", pmcid="PMC7"))))
    assert curation.desk.ask("SELECT state, cause, in_force FROM verdicts") == [("holds", "unchanged", "accept")]
    assert curation.desk.ask("SELECT pmid, verdict FROM evidence") == [("70", "accept")]


def test_the_difference_is_shown_word_by_word(curation: Curation) -> None:
    curation.judge(said("1"))
    ingest_new_version(curation, record("1", CHANGED, version=2))
    words = "ABCB1 {+strongly+} confers resistance to [-paclitaxel.-] {+paclitaxel in all cells.+}"
    difference = f"sentence: {words}; setting: – → in_vitro"
    assert curation.desk.ask("SELECT verdict, verdict_note FROM evidence WHERE pmid = '1'") == [(None, difference)]
    row = next(each for each in curation.export(rereview=True))
    assert (row["verdict"], difference in row["now"]) == ("", True)
    curation.type(said("1"))
    assert [len(each.replaces) for each in curation.take().merged.verdicts] == [1]
    assert curation.desk.ask("SELECT verdict, verdict_state FROM evidence WHERE pmid = '1'") == [("accept", "holds")]


def test_what_lost_its_evidence_comes_back_in_the_sheet(curation: Curation) -> None:
    curation.judge(said("1"))
    ingest_new_version(curation, record("1", "Mice were fed.", version=2))
    (row,) = curation.export(rereview=True)
    assert (row["sentence"], "sentence_gone" in row["now"]) == (CONFERS, True)
    curation.type(said("1", "withdraw"))
    assert problems(curation.take()) == []
    assert curation.desk.ask("SELECT count(*) FROM verdicts WHERE state = 'needs_rereview'") == [(0,)]


def test_a_verdict_without_its_document_waits(curation: Curation) -> None:
    curation.judge(said("1"))
    other = Desk(curation.desk.folder / "other", {"RESISTMINE_HOME": str(curation.desk.settings.home)})
    other.ingest(other.write("a.xml", pubmed_set(RECORDS[1])))
    assert other.ask("SELECT state, cause, in_force FROM verdicts") == [("absent", "no_such_document", None)]


# ------------------------------------------------------------------------------------------------ two curators


def test_two_curators_who_differ_are_both_kept(curation: Curation) -> None:
    curation.export()
    blank = curation.sheet.read_bytes()
    curation.type(said("1"), said("2"))
    curation.take("Ada")
    curation.sheet.write_bytes(blank)
    curation.type(said("1", "reject"), said("2", comment="me too"))
    second = curation.take("Bea")
    assert problems(second) == [(row_of(curation, "1"), "verdict", "curators_differ")]
    assert curation.desk.ask("SELECT pmid, verdict, verdict_state, curator FROM evidence WHERE pmid IN ('1', '2') "
                             "ORDER BY pmid") == [
        ("1", "reject", "disputed", "Ada, Bea"), ("2", "accept", "holds", "Ada, Bea"),
    ]  # fmt: skip
    assert curation.desk.ask("SELECT count(*) FROM verdicts WHERE state = 'disputed'") == [(2,)]
    settled = curation.judge(said("1", "accept"), curator="Ada and Bea")
    assert [len(each.replaces) for each in settled.merged.verdicts] == [2]
    assert curation.desk.ask("SELECT verdict, verdict_state FROM evidence WHERE pmid = '1'") == [("accept", "holds")]


def row_of(curation: Curation, pmid: str) -> int:
    return 2 + [row["pubmed"] for row in curation.read()].index(pmid)


def test_an_older_sheet_of_the_same_person_takes_its_place_and_says_so(curation: Curation) -> None:
    curation.export()
    blank = curation.sheet.read_bytes()
    curation.judge(said("1"))
    curation.sheet.write_bytes(blank)
    curation.type(said("1", "reject"))
    assert [reason for *_, reason in notes(curation.take())] == ["changed_your_mind"]
    assert curation.desk.ask("SELECT verdict, verdict_state FROM evidence WHERE pmid = '1'") == [("reject", "holds")]


def test_text_that_has_changed_since_the_export_is_told(curation: Curation) -> None:
    curation.export()
    curation.type(said("1"))
    ingest_new_version(curation, record("1", CHANGED, version=2))
    imported = curation.take()
    assert [(each["verdict"], each["cause"]) for each in imported.became] == [("accept", "sentence_changed")]


# ------------------------------------------------------------------------------------------------ what may be amiss


REFUSED = [
    (said("1", "agreed"), "verdict", "unknown_verdict"),
    (said("1", reason="because"), "reason", "unknown_reason"),
    (said("1", ""), None, None),
    (said("1", "", comment="hm"), "verdict", "no_verdict"),
    (said("1", mechanism="MET"), "mechanism", "changed_without_edit"),
    (said("1", "edit"), "verdict", "nothing_edited"),
    (said("1", "edit", drug=""), "drug", "incomplete_claim"),
    (said("1", "edit", stance="maybe"), "stance", "unknown_value"),
    (said("1", "edit", stance=""), "stance", "unknown_value"),
    (said("1", "edit", mechanism="3-Mar"), "mechanism", "mangled"),
    (said("1", comment="=1+1"), "comment", "formula"),
    (said("1", row="x1.0"), "row", "unknown_evidence"),
    (said("1", sentence="Another one."), "sentence", "another_sentence"),
    (said("1", "withdraw"), "verdict", "nothing_to_withdraw"),
]


@pytest.mark.parametrize(("typed", "column", "reason"), REFUSED, ids=str)
def test_a_row_with_a_problem_is_told_and_the_others_are_taken(
    curation: Curation, typed: dict[str, Any], column: str | None, reason: str | None
) -> None:
    curation.export()
    number = row_of(curation, "1")
    curation.type(typed, said("2"))
    imported = curation.take()
    assert problems(imported) == ([(number, column, reason)] if reason else [])
    assert [each.paper.pmid for each in load_verdicts(curation.desk.settings.home).all] == ["2"]


def test_nobody_has_signed(curation: Curation) -> None:
    curation.export()
    curation.type(said("1"), said("2", curator="Eve"))
    imported = curation.take("")
    assert [reason for *_, reason in problems(imported)] == ["not_signed"]
    assert [each.curator for each in imported.merged.verdicts] == ["Eve"]


def test_the_same_row_twice_must_say_the_same(curation: Curation) -> None:
    def copy(book: Workbook) -> None:
        page = book["evidence"]
        rows = list(page.iter_rows(min_row=2))
        head = [cell.value for cell in page[1]]
        for row in rows[:2]:
            page.append([cell.value for cell in row])
        page.cell(page.max_row, head.index("verdict") + 1, "reject")

    curation.export()
    curation.type(said("1"), said("2"), said("3"), said("4"), said("5"), change=copy)
    imported = curation.take()
    assert [reason for *_, reason in problems(imported)] == ["said_twice"]
    assert imported.counts()["new"] == 4


def without(column: str) -> Callable[[Workbook], None]:
    def change(book: Workbook) -> None:
        page = book["evidence"]
        page.delete_cols([cell.value for cell in page[1]].index(column) + 1)

    return change


def turned(book: Workbook) -> None:
    """Rows and columns in another order, another name, a line of words above, a column of one's own."""
    page = book["evidence"]
    head, *rows = [[cell.value for cell in row] for row in page.iter_rows()]
    other = book.create_sheet("My work", 0)
    other.append(["Looked through in May"])
    other.append([*reversed(head), "mine"])
    for row in reversed(rows):
        other.append([*reversed(row), "x"])
    del book["evidence"]


def test_rows_and_columns_may_stand_anywhere(curation: Curation) -> None:
    curation.export()
    curation.type(said("1"), said("2", "reject"), change=turned)
    imported = curation.take()
    assert (imported.place, imported.counts()["new"], problems(imported)) == ("sheet 'My work'", 2, [])
    assert notes(imported) == [(1, "mine", "column_unknown")]


def test_a_column_that_is_gone_counts_as_untouched(curation: Curation) -> None:
    curation.export()
    curation.type(said("1"), change=without("disease"))
    imported = curation.take()
    assert (imported.counts()["new"], notes(imported)) == (1, [(1, "disease", "column_missing")])


@pytest.mark.parametrize("column", ["row", "sentence", "verdict"])
def test_without_the_columns_that_matter_nothing_is_taken(curation: Curation, column: str) -> None:
    curation.export()
    curation.type(said("1"), change=without(column))
    with pytest.raises(
        UnreadableInputError, match=r"no sheet has the columns row, sentence, verdict.*sheet 'evidence'"
    ):
        curation.take()
    assert not (curation.desk.settings.home / FILE).exists()


@pytest.mark.parametrize(("name", "content"), [("a.xlsx", b"PK no"), ("a.csv", b"row,\xff\xfe\x00"), ("a.csv", b"")])
def test_what_is_no_sheet_is_told(curation: Curation, name: str, content: bytes) -> None:
    with pytest.raises(UnreadableInputError, match=name):
        import_sheet(curation.desk.settings, curation.desk.write(name, content), "Ada")


MADE = [
    ("MARCH1", "1-Mar", True), ("MARCH1", "2026-03-01T00:00:00", True), ("SEPT2", "2-Sep", True),
    ("SEP2", "Sep-02", True),
    ("DEC1", "01.12.2026", True), ("1E5", "100000", True), ("1E5", "1.00E+05", True), ("3-5", "5-Mar", True),
    ("3-5", "2026-05-03", True), ("MARCH1", "2-Mar", False), ("ABCB1", "1-Mar", False), ("4.5", "4.6", False),
    ("ABCB1", "ABCG2", False), ("MARCH1", "MARCH2", False),
]  # fmt: skip


@pytest.mark.parametrize(("original", "text", "made"), MADE)
def test_what_a_spreadsheet_program_makes_of_names(original: str, text: str, made: bool) -> None:
    assert is_made_of(text, original) is made


@pytest.mark.parametrize(
    ("text", "made"),
    [("1-Mar", True), ("Mar-01", True), ("1.00E+05", True), ("MARCH1", False), ("4.5-fold", False), ("p53", False)],
)
def test_what_looks_made(text: str, made: bool) -> None:
    assert looks_made(text) is made


def test_a_name_that_a_program_made_a_date_of_is_read_as_it_was(curation: Curation) -> None:
    """The gene is called MARCH1 in the export, and came back as the first of March."""
    curation.form = ".csv"
    rows = curation.export()
    (kept,) = (curation.desk.settings.home / "exports").iterdir()
    kept.write_text(kept.read_text("utf-8").replace('"mechanism": "ABCB1"', '"mechanism": "MARCH1"'), "utf-8")
    for row in rows:
        row["mechanism"] = {"ABCB1": "1-Mar", "MET": "1-Mar"}.get(row["mechanism"], row["mechanism"])
        row["verdict"] = "accept"
    write_csv(curation.sheet, rows)
    imported = curation.take()
    places = {row["pubmed"]: number for number, row in enumerate(rows, 2)}
    assert sorted(notes(imported)) == sorted((places[pmid], "mechanism", "mangled") for pmid in "135")
    assert problems(imported) == [(places["2"], "mechanism", "mangled")]
    assert {each.paper.pmid for each in imported.merged.verdicts} == {"1", "3", "4", "5"}


def write_csv(path: Path, rows: list[dict[str, str]], delimiter: str = ",") -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_comes_back_with_the_signs_of_the_country(curation: Curation, delimiter: str) -> None:
    curation.form = ".csv"
    rows = curation.export()
    rows[0]["verdict"] = "accept"
    write_csv(curation.sheet, rows, delimiter)
    assert curation.take().counts()["new"] == 1


FORMULAS = ['=HYPERLINK("http://x","y")', "+1", "-2", "@SUM(A1)", "\tx"]


@pytest.mark.parametrize("form", [".xlsx", ".csv"])
def test_nothing_in_a_sheet_runs_as_a_formula(curation: Curation, form: str) -> None:
    curation.judge(*(said(str(pmid), comment=f"'{text}") for pmid, text in enumerate(FORMULAS, 1)))
    ledger = curation.desk.settings.home / FILE
    lines = [json.loads(line) for line in ledger.read_text("utf-8").splitlines()]
    for line in lines:
        line["comment"] = line["comment"].removeprefix("'")
    ledger.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    curation.desk.ingest(curation.desk.folder / "a.xml")
    curation.form = form
    rows = curation.export()
    if form == ".csv":
        assert {row["comment"][:1] for row in rows} == {"'"}
    else:
        page = load_workbook(curation.sheet)["evidence"]
        assert {cell.data_type for row in page.iter_rows() for cell in row} <= {"s", "n"}
        assert {cell.value for row in page.iter_rows() for cell in row if cell.data_type == "n"} == {None}
    assert curation.take().counts()["untouched"] == len(rows)


def test_a_ledger_that_is_damaged_is_told_by_its_line(curation: Curation) -> None:
    curation.judge(said("1"))
    with (curation.desk.settings.home / FILE).open("a") as handle:
        handle.write("{}\n")
    with pytest.raises(KnowledgeError, match=r"verdicts\.jsonl, row 2: is no verdict"):
        read_again(curation)


def test_a_second_writer_is_refused_before_the_ledger_is_touched(curation: Curation) -> None:
    curation.export()
    curation.type(said("1"))
    with writing(curation.desk.paths, "a night"), pytest.raises(RunningElsewhereError):
        curation.take()
    assert not (curation.desk.settings.home / FILE).exists()


# ------------------------------------------------------------------------------------------------ the command line


@pytest.fixture
def run(curation: Curation) -> Any:
    settings = curation.desk.settings
    environment = {"RESISTMINE_OUTPUT": str(settings.output), "RESISTMINE_HOME": str(settings.home)}

    def invoke(*arguments: str) -> Any:
        return CliRunner().invoke(app, ["curate", *arguments], env=environment | {"RESISTMINE_NLP_MODEL": "none"})

    return invoke


def test_the_round_trip_on_the_command_line(curation: Curation, run: Any) -> None:
    exported = run("export", str(curation.sheet), "--topic", "paclitaxel")
    assert (exported.exit_code, exported.stdout) == (0, "")
    assert "3 rows written" in exported.stderr
    curation.type(said("1"), said("3", "agreed"))
    tried = run("import", str(curation.sheet), "--curator", "Ada", "--dry-run")
    assert (tried.exit_code, "1 new verdicts would be taken" in tried.stderr) == (1, True)
    taken = run("import", str(curation.sheet), "--curator", "Ada", "--json")
    found = json.loads(taken.stdout)
    assert (taken.exit_code, found["counts"]["new"], found["problems"][0]["reason"]) == (1, 1, "unknown_verdict")
    assert run("export", "a.doc").exit_code == 2
