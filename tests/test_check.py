"""A review document held against the evidence: planted faults are found, and what is right is not called wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import docx
import pytest
from typer.testing import CliRunner

from pipeline.check import check_file, worst_first
from pipeline.check.citing import cited_at, identified
from pipeline.check.telling import as_html, as_markdown, lines_of
from pipeline.cli import app
from pipeline.errors import UnreadableInputError, UsageError
from pipeline.model import Section, Sentence
from pipeline.review.desk import Ask, write_review
from tests import reading
from tests.ingesting import CONFERS, NOTHING, OTHER, Desk, record
from tests.parse_samples import pubmed_set
from tests.test_curate import Curation, said

CONCERN = ("ExpressionOfConcernIn", "Invented, 2022", "90")
RECORDS = (
    record("11", CONFERS),
    record("12", OTHER),
    record("13", "EGFR T790M confers resistance to erlotinib.", types="Retracted Publication"),
    record("14", "ABCG2 did not confer resistance to topotecan."),
    record("15", "ERCC1 overexpression confers resistance to cisplatin.", CONCERN),
    record("16", "Mice received sunitinib. " + NOTHING + " Resistance to sunitinib was frequent."),
    record("17", "AXL overexpression sensitizes cells to dasatinib.", doi="10.5555/axl"),
    record("18", "BCL2 overexpression confers resistance to venetoclax."),
    record("19", "BCL2 overexpression did not confer resistance to venetoclax."),
    record("20", "MONALEESA-2 is a phase III trial of ribociclib plus letrozole."),
    record("21", "Letrozole-resistant cells were cross-resistant to exemestane."),
    record("22", "Letrozole-resistant cells were not cross-resistant to fulvestrant."),
)
REVIEW = """# Resistance in brief

## Mechanisms

ABCB1 confers resistance to paclitaxel [1]. MET amplification confers resistance to osimertinib [2].
EGFR T790M confers resistance to erlotinib.[3] ABCG2 confers resistance to topotecan [4].
ERCC1 overexpression confers resistance to cisplatin. KRAS mutation confers resistance to sunitinib [6].
AXL overexpression confers resistance to dasatinib (doi:10.5555/axl).
BCL2 overexpression confers resistance to venetoclax [8,9]. SRC confers resistance to bosutinib (PMID: 4711).
ABCB1 confers resistance to imatinib [21]. Paclitaxel resistance is a sad thing (Doe et al., 2019).
MET was upregulated in gefitinib-resistant cells. MONALEESA-2 is a phase III trial of abemaciclib plus anastrozole.
MONALEESA-2 is a phase III trial of ribociclib plus letrozole.

## Cross-resistance

Table 1: What letrozole-resistant cells resist besides (cross-resistance)

Drug\tCross-resistance with letrozole\tReferences
Exemestane\tYes\t[10]
Fulvestrant\tYes\t[11]
Toremifene\tYes\t[1]

## References

1. A first study. PMID: 11
2. A second study. https://pubmed.ncbi.nlm.nih.gov/12/
3. A third study,
   which goes on. PMID: 13
4. A fourth study. PMID: 14
6. A sixth study. PMID: 16
8. An eighth study. PMID: 18
9. A ninth study. PMID: 19
10. A tenth study. PMID: 21
11. An eleventh study. PMID: 22
"""


@pytest.fixture(autouse=True)
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESISTMINE_NLP_MODEL", "none")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("check"), {"RESISTMINE_NLP_MODEL": "none"})
    desk.ingest(desk.write("a.xml", pubmed_set(*RECORDS)))
    return desk


@pytest.fixture(scope="module")
def checked(desk: Desk) -> dict[str, Any]:
    return check(desk, REVIEW)


def check(desk: Desk, text: str, name: str = "review.md") -> dict[str, Any]:
    return check_file(desk.write(name, text), desk.settings, reading.reader())


# ------------------------------------------------------------------------------------------------ what is planted

# of each statement: what is found of it, its faults (mark, fault), and what its citations say
PLANTED: list[tuple[str, str, list[tuple[str, str]], list[str]]] = [
    ("ABCB1 → resistance to paclitaxel", "supported", [], ["says_it"]),
    ("↑ MET → resistance to osimertinib", "not_found", [("[2]", "other_drug")], ["other_drug"]),
    ("↑ EGFR T790M → resistance to erlotinib", "outdated", [("[3]", "withdrawn")], ["withdrawn"]),
    ("ABCG2 → resistance to topotecan", "contradicted", [("[4]", "denies")], ["denies"]),
    ("↑ ERCC1 → resistance to cisplatin", "outdated", [], []),
    ("↑ KRAS → resistance to sunitinib", "not_found", [], ["silent"]),
    ("↑ AXL → resistance to dasatinib", "contradicted", [("10.5555/axl", "denies")], ["denies"]),
    ("↑ BCL2 → resistance to venetoclax", "contested", [("[9]", "denies")], ["says_it", "denies"]),
    ("SRC → resistance to bosutinib", "not_found", [], ["not_in_database"]),
    ("ABCB1 → resistance to imatinib", "not_found", [("[21]", "no_such_reference")], ["no_such_reference"]),
    ("↑ MET in gefitinib resistance", "near", [], []),
    ("trial of abemaciclib + anastrozole", "not_found", [("MONALEESA-2", "trial_of_another_drug")], []),
    ("trial of letrozole + ribociclib", "supported", [], []),
    ("letrozole-resistant → cross-resistance to exemestane", "supported", [], ["says_it"]),
    ("letrozole-resistant → cross-resistance to fulvestrant", "contradicted", [("[11]", "denies")], ["denies"]),
    ("letrozole-resistant → cross-resistance to toremifene", "not_found", [("[1]", "other_drug")], ["other_drug"]),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "state", "faults", "findings"), PLANTED, ids=[each[0] for each in PLANTED])
def test_each_planted_fault_is_found(
    checked: dict[str, Any], claim: str, state: str, faults: list[tuple[str, str]], findings: list[str]
) -> None:
    (found,) = (each for each in checked["statements"] if each["claim"] == claim)
    assert found["state"] == state
    assert [(each["mark"], each["fault"]) for each in found["faults"]] == faults
    assert [each["finding"] for each in found["cited"]] == findings


def test_nothing_else_is_said(checked: dict[str, Any]) -> None:
    assert [each["claim"] for each in checked["statements"]] == [each[0] for each in PLANTED]
    assert checked["counts"]["statements"] == len(PLANTED)
    assert checked["counts"]["with_faults"] == sum(bool(each[2]) for each in PLANTED)
    assert [each["state"] for each in worst_first(checked["statements"])[-2:]] == ["supported"] * 2


def test_support_is_quoted_own_findings_first(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    review = record("31", CONFERS, types="Journal Article | Review", year=2025).replace("Journal Article | ", "")
    desk.ingest(
        desk.write("a.xml", pubmed_set(review, record("32", CONFERS, year=2001), record("33", CONFERS, year=2009)))
    )
    (statement,) = check(desk, CONFERS + "\n")["statements"]
    assert [(each["pmid"], each["own_finding"], each["quote"]) for each in statement["support"]] == [
        ("33", True, CONFERS), ("32", True, CONFERS), ("31", False, CONFERS)
    ]  # fmt: skip


def test_what_only_reviews_say_is_told(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.ingest(desk.write("a.xml", pubmed_set(record("31", CONFERS, types="Review"))))
    (statement,) = check(desk, CONFERS + "\n")["statements"]
    assert list(lines_of(statement)) == [
        f"said by pmid:31 (2021, review): “{CONFERS}”",
        "no finding of its own among them: reviews, or papers that tell of others",
    ]


def test_what_a_curator_rejected_supports_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.curate.Reader", lambda **_: reading.reader())
    desk = Desk(tmp_path, {"RESISTMINE_NLP_MODEL": "none"})
    desk.ingest(desk.write("a.xml", pubmed_set(record("1"))))
    Curation(desk).judge(said("1", "reject", reason="wrong_claim"))
    (statement,) = check(desk, CONFERS + "\n")["statements"]
    assert (statement["state"], statement["support"]) == ("not_found", [])


def test_what_was_not_read_is_named_with_the_reason(checked: dict[str, Any]) -> None:
    left = checked["not_read"]
    assert left["parts"] == ["1 references passages"]
    assert left["citations_by_author"] == 1
    assert [(each["sentence"][:20], each["why"]) for each in left["sentences"]] == [
        ("Paclitaxel resistanc", "no rule matches what it says")
    ]
    assert [(each["mark"], each["status"]) for each in checked["references"]][:3] == [
        ("[1]", "current"), ("[2]", "current"), ("[3]", "retracted")
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------------ citations

CITES: list[tuple[str, str, list[str]]] = [
    ("It fell.", "[4][5] More came.", ["[4]", "[5]"]),
    ("It fell.", "^{[1][2]} More came.", ["[1]", "[2]"]),
    ("It fell [3, 5-7].", " More came.", ["[3]", "[5]", "[6]", "[7]"]),
    ("It fell.", r"[\[6\]](#)[\[7\]](#) More came.", ["[6]", "[7]"]),
    ("It fell (PMID: 123; doi:10.5555/x.y).", " More came.", ["PMID: 123", "10.5555/x.y"]),
    ("It fell.", " [9] More came.", ["[9]"]),
    ("It fell.", " More came [9].", []),
    ("It fell by 5 in 2019.", "\n[9] A new line.", []),
]


@pytest.mark.parametrize(("text", "after", "expected"), CITES)
def test_what_a_sentence_cites(text: str, after: str, expected: list[str]) -> None:
    sentence = Sentence(0, 0, len(text), text)
    assert [each.mark for each in cited_at(Section("body", text + after), sentence, {})] == expected


IDENTIFIED = [
    ("Doe. A title. PMID: 0012", ("12", None, None)),
    ("https://pubmed.ncbi.nlm.nih.gov/345/", ("345", None, None)),
    ("https://doi.org/10.1000/Ab-1(2)c.", (None, None, "10.1000/Ab-1(2)c")),
    ("https://pmc.ncbi.nlm.nih.gov/articles/PMC1234567/", (None, "PMC1234567", None)),
    ("Vol. 12, pages 10-20", (None, None, None)),
]


@pytest.mark.parametrize(("text", "expected"), IDENTIFIED)
def test_identifiers_of_a_reference(text: str, expected: tuple[str | None, ...]) -> None:
    found = identified("[1]", text)
    assert (found.pmid, found.pmcid, found.doi) == expected


def test_a_reference_without_identifiers_is_told_by_its_title(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    title = "Overexpression of an invented pump in invented cells"
    desk.ingest(desk.write("a.xml", pubmed_set(record("1").replace("An invented study.", title + "."))))
    text = f"# T\n\n## M\n\n{CONFERS} [1]\n\n## References\n\n- 1. {title} - PubMed [pubmed.example]\n"
    checked = check(desk, text)
    assert [(each["mark"], each["document_id"]) for each in checked["references"]] == [("[1]", "pmid:1")]


# ------------------------------------------------------------------------------------------------ files


def word(path: Path) -> Path:
    """The kinds of block that a Word file has, with a reference set high and a list that Word numbers."""
    made = docx.Document()
    made.add_heading("Resistance in brief", 0)
    made.add_heading("Mechanisms", 1)
    paragraph = made.add_paragraph("EGFR T790M confers resistance to erlotinib.")
    paragraph.add_run("2").font.superscript = True
    made.add_heading("Cross-resistance", 1)
    made.add_paragraph("Table 1: What letrozole-resistant cells resist besides (cross-resistance)")
    table = made.add_table(2, 3)
    rows = [["Drug", "Cross-resistance with letrozole", "References"], ["Fulvestrant", "Yes", "[1]"]]
    for row, cells in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    made.add_heading("References", 1)
    for text in ("A first study. PMID: 22", "A second study. PMID: 13"):
        made.add_paragraph(text, style="List Number")
    made.save(str(path))
    return path


def test_a_word_document_of_our_own_is_read_with_its_citations(tmp_path: Path) -> None:
    """In it the marks of references are links."""
    desk = Desk(tmp_path, {"RESISTMINE_NLP_MODEL": "none"})
    desk.ingest(
        desk.write("a.xml", pubmed_set(record("1"), record("3", "ABCB1 did not confer resistance to paclitaxel.")))
    )
    path = write_review(desk.settings, Ask("paclitaxel", tmp_path / "guide.docx")).path
    checked = check_file(path, desk.settings, reading.reader())
    assert [(each["mark"], each["document_id"]) for each in checked["references"]] == [
        ("[1]", "pmid:1"),
        ("[2]", "pmid:3"),
    ]
    row = next(each for each in checked["statements"] if each["row"] is not None)
    assert [each["mark"] for each in row["cited"]] == ["[1]", "[2]"]


def test_a_word_document(desk: Desk, tmp_path: Path) -> None:
    checked = check_file(word(tmp_path / "review.docx"), desk.settings, reading.reader())
    found = [(each["claim"], each["state"], [one["mark"] for one in each["cited"]]) for each in checked["statements"]]
    assert found == [
        ("↑ EGFR T790M → resistance to erlotinib", "outdated", ["[2]"]),
        ("letrozole-resistant → cross-resistance to fulvestrant", "contradicted", ["[1]"]),
    ]
    assert checked["statements"][1]["row"] == 1


UNREAD: list[tuple[str, bytes, type[Exception], str]] = [
    ("a.pdf", b"%PDF", UsageError, "pdftotext"),
    ("a.docx", b"not a zip", UnreadableInputError, "is no Word document"),
    ("a.txt", b"\xff\xfe\x00", UnreadableInputError, "binary_file"),
    ("a.md", b"", UnreadableInputError, "no_content"),
]


@pytest.mark.parametrize("given", UNREAD, ids=[each[0] for each in UNREAD])
def test_files_that_are_not_read(desk: Desk, tmp_path: Path, given: tuple[str, bytes, type[Exception], str]) -> None:
    name, content, error, problem = given
    (tmp_path / name).write_bytes(content)
    with pytest.raises(error, match=problem):
        check_file(tmp_path / name, desk.settings, reading.reader())


# ------------------------------------------------------------------------------------------------ how it is told


def test_pages(checked: dict[str, Any]) -> None:
    page = as_markdown(checked)
    assert r"→ \[2\] (pmid:12) is cited for another drug: it names gefitinib, and none of this statement's" in page
    assert "said by pmid:11 (2021, own finding, study not told): “ABCB1 confers resistance to paclitaxel.”" in page
    assert page.index("### Contradicted") < page.index("### Supported")
    html = as_html(checked)
    assert "<h3>Contradicted: ABCG2 → resistance to topotecan</h3>" in html
    assert html.count("<table>") == 1
    assert '<a href="https://pubmed.ncbi.nlm.nih.gov/12/">pmid:12</a>' in html


def test_words_of_a_document_are_no_markup(desk: Desk) -> None:
    checked = check(desk, "<script>x</script> ABCB1 confers resistance to paclitaxel | *so* it is.\n")
    assert checked["statements"]
    assert "<script>" not in as_html(checked)


def run(desk: Desk, *words: str) -> Any:
    home = {"RESISTMINE_OUTPUT": str(desk.paths.root), "RESISTMINE_HOME": str(desk.settings.home)}
    return CliRunner().invoke(app, ["check", *words], env=home)


def test_forms_and_exit_codes(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.check.Reader", lambda **_: reading.reader())
    file = str(desk.write("review.md", REVIEW))
    shown = run(desk, file)
    assert shown.exit_code == 0, shown.stderr
    assert "Contradicted: ABCG2 → resistance to topotecan" in shown.stdout
    assert json.loads(run(desk, file, "--json").stdout)["counts"]["contradicted"] == 3
    page = tmp_path / "page.html"
    assert run(desk, file, "-o", str(page)).exit_code == 0
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert run(desk, file, "-o", "page.odt").exit_code == 2
    assert run(desk, str(tmp_path / "none.md")).exit_code == 2
    assert run(Desk(tmp_path), file).exit_code == 1
