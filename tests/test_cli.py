"""The command line: data alone on stdout, words for people on stderr, exit 0 complete, 1 failed, 2 misused."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.demo import sample_files
from pipeline.reasons import MEANINGS, NO_RULE
from tests import reading
from tests.parse_samples import abstract, jats, pubmed, pubmed_set

ROOT = Path(__file__).resolve().parent.parent
CONFERS = "ABCB1 overexpression confers resistance to paclitaxel."
NOTHING = "Mice were housed in pairs."
LINES = [
    {"id": "a", "text": CONFERS},
    {"id": "b", "text": NOTHING},
    {"id": "c", "text": f"Loss of PTEN confers resistance to trastuzumab. {CONFERS}"},
]
RECORD = pubmed(pmid='<PMID Version="1">90000001</PMID>', abstract=abstract(f"{NOTHING} {CONFERS}"))


class Desk:
    """A folder with an output and a home of its own, and the command line used in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            "RESISTMINE_OUTPUT": str(folder / "output"),
            "RESISTMINE_HOME": str(folder / "home"),
            "RESISTMINE_NLP_MODEL": "none",
            "COLUMNS": "200",
        }

    def run(self, *arguments: str | Path, given: str | bytes = "") -> Result:
        return CliRunner().invoke(app, [str(each) for each in arguments], input=given, env=self.environment)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def ask(self, query: str) -> Any:
        result = self.run("sql", query, "--format", "json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    def refused(self) -> list[tuple[str, str]]:
        rows = self.ask("SELECT stage, reason FROM rejections WHERE stage IN ('acquire', 'parse') ORDER BY ALL")
        return [(row["stage"], row["reason"]) for row in rows]

    def documents(self) -> list[str]:
        return [row["document_id"] for row in self.ask("SELECT document_id FROM documents ORDER BY ALL")]


@pytest.fixture(autouse=True, scope="module")
def one_reader() -> Iterator[None]:
    """The reader is made once for all tests, as that takes a second; the tests with a process make their own."""

    def made(*, models: tuple[str, ...] = (), home: Path | None = None, screened: bool = True) -> Any:
        return reading.reader(screened=screened)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.article.Reader", made)
        patch.setattr("pipeline.ingest.Reader", made)
        yield


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk on which one record was ingested."""
    desk = Desk(tmp_path_factory.mktemp("full"))
    result = desk.run("ingest", "--files", desk.write("one.xml", pubmed_set(RECORD)))
    assert (result.exit_code, result.stdout) == (0, "")
    return desk


def lines(*objects: Any) -> str:
    return "".join(json.dumps(each) + "\n" for each in objects)


def from_lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


# ------------------------------------------------------------------------------------------------ wrong use


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "No such command"),
        (["sql"], "Missing argument"),
        (["ingest"], "no files given. Say which"),
        (["sql", "SELECT 1", "--format", "xml"], "'xml' is not known. Use table, csv or json."),
        (["sql", "  "], "the query is empty"),
        (["extract", "missing.jsonl"], "missing.jsonl: cannot be read"),
        (["annotate", "--model-only"], "RESISTMINE_NLP_MODEL is 'none'. Unset it, or name a model."),
    ],
)
def test_wrong_use_is_told_on_stderr_and_exits_with_2(desk: Desk, arguments: list[str], message: str) -> None:
    result = desk.run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


@pytest.mark.parametrize(
    "arguments", [["sql", "SELECT 1"], ["status"], ["explain", "0"], ["article", "1"], ["evaluate", "missing.jsonl"]]
)
def test_what_cannot_be_done_exits_with_1_and_leaves_no_trace_on_stdout(desk: Desk, arguments: list[str]) -> None:
    result = desk.run(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("resistmine: ")


@pytest.mark.parametrize("command", ["demo", "ingest", "extract", "annotate", "article", "explain", "sql", "status"])
def test_every_command_explains_itself(desk: Desk, command: str) -> None:
    result = desk.run(command, "--help")
    assert result.exit_code == 0
    assert f"Usage: resistmine {command}" in result.stdout.replace("Usage: root", "Usage: resistmine")


# ------------------------------------------------------------------------------------------------ extract, annotate


def test_extract_gives_the_promised_line(desk: Desk) -> None:
    result = desk.run("extract", given=lines(LINES[0]))
    (line,) = from_lines(result.stdout)
    assert (result.exit_code, result.stderr) == (0, "")
    assert re.fullmatch("[0-9a-f]{16}", line.pop("claim_id"))
    assert re.fullmatch("[0-9a-f]{16}", line.pop("evidence_id"))
    assert 0 < line.pop("confidence") < 1
    none = ("degree", "interaction", "value_text", "value", "unit", "comparator", "statistic", "disease", "model")
    assert line == {
        "doc_id": "a",
        "kind": "resistance",
        "arguments": [
            {"role": "cause", "start": 0, "end": 5, "text": "ABCB1", "entity_kind": "gene", "entity_id": "hgnc:40",
             "name": "ABCB1", "modification": None, "correction": None},
            {"role": "drug", "start": 43, "end": 53, "text": "paclitaxel", "entity_kind": "drug",
             "entity_id": "unii:P88XT4IS4D", "name": "paclitaxel", "modification": None, "correction": None},
        ],
        "stance": "supports",
        "certainty": "asserted",
        "attributes": dict.fromkeys((*none, "setting", "acquired"))
        | {"direction": "increase", "attribution": "own_result"},
        "context": [],
        "sentence": {"start": 0, "end": len(CONFERS), "text": CONFERS},
        "section": "abstract",
        "rule": "resistance.cause-confers",
    }  # fmt: skip


def test_extract_keeps_the_order_and_a_bad_line_costs_only_itself(desk: Desk) -> None:
    bad = '{"id": "no end\n[1]\n{"id": "x"}\n'
    result = desk.run("extract", given=lines(LINES[2]) + bad + "\n" + lines(*LINES))
    assert [line["doc_id"] for line in from_lines(result.stdout)] == ["c", "c", "a", "c", "c"]
    assert [line.partition(":")[0] for line in result.stderr.splitlines()] == ["line 2", "line 3", "line 4"]
    assert result.exit_code == 1


def test_extract_reads_a_file_and_stores_nothing(desk: Desk) -> None:
    result = desk.run("extract", desk.write("in.jsonl", lines(*LINES)))
    assert [line["doc_id"] for line in from_lines(result.stdout)] == ["a", "c", "c"]
    assert sorted(path.name for path in desk.folder.iterdir()) == ["in.jsonl"]


def test_extract_counts_in_the_section_it_was_given(desk: Desk) -> None:
    sections = [{"kind": "methods", "text": NOTHING}, {"kind": "results", "heading": "Results", "text": CONFERS}]
    (line,) = from_lines(desk.run("extract", given=lines({"id": "s", "title": "Mice", "sections": sections})).stdout)
    assert (line["section"], line["section_index"], line["sentence"]["start"]) == ("results", 1, 0)


def test_invalid_utf_8_is_one_bad_line(desk: Desk) -> None:
    result = desk.run("extract", given=b'{"id": "u", "text": "\xff\xfe"}\n' + lines(LINES[0]).encode())
    assert result.stderr.startswith("line 1: not_utf8")
    assert [line["doc_id"] for line in from_lines(result.stdout)] == ["a"]


def test_annotate_gives_every_document_its_names(desk: Desk) -> None:
    result = desk.run("annotate", given=lines(LINES[0], LINES[1]) + "{\n")
    first, second = from_lines(result.stdout)
    assert (first["doc_id"], second["doc_id"], result.exit_code) == ("a", "b", 1)
    assert first["mentions"][0] == {
        "start": 0, "end": 5, "text": "ABCB1", "kind": "gene", "label": None, "found_by": "lexicon",
        "entity_id": "hgnc:40", "name": "ABCB1", "modification": None, "reason": "exact:name",
        "correction": None, "section": "abstract",
    }  # fmt: skip
    assert [CONFERS[each["start"] : each["end"]] for each in first["mentions"]] == [
        each["text"] for each in first["mentions"]
    ]
    assert result.stderr.startswith("line 3: invalid_json")


# ------------------------------------------------------------------------------------------------ article, explain


def test_article_shows_every_step_of_a_stored_article_and_of_a_file(full: Desk) -> None:
    stored, file = full.run("article", "90000001"), full.run("article", full.folder / "one.xml")
    assert stored.exit_code == file.exit_code == 0
    assert stored.stdout == file.stdout
    assert f"not read (no_response_words): {NOTHING}" in stored.stdout
    assert "rule resistance.cause-confers)" in stored.stdout
    assert "1 evidence of 1 claims" in stored.stdout


def test_article_names_what_it_does_not_know(full: Desk) -> None:
    result = full.run("article", "90000002")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "'90000002' is no file and no document_id, PMID, PMCID or DOI" in result.stderr


def test_article_says_why_a_file_holds_none(full: Desk) -> None:
    result = full.run("article", full.write("empty.xml", ""))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "empty.xml: no article in it. empty_file" in result.stderr


def test_explain_leads_back_to_the_bytes(full: Desk) -> None:
    (row,) = full.ask("SELECT claim_id, evidence_id FROM evidence")
    by_claim, by_evidence = full.run("explain", row["claim_id"]), full.run("explain", row["evidence_id"])
    assert by_claim.exit_code == 0
    assert by_claim.stdout == by_evidence.stdout
    for part in (CONFERS, "the words stand there", "one.xml at byte ", "verified", "unii:P88XT4IS4D"):
        assert part in by_claim.stdout


def test_explain_names_what_it_does_not_know(full: Desk) -> None:
    result = full.run("explain", "0000")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "'0000' is neither a claim_id nor an evidence_id" in result.stderr


# ------------------------------------------------------------------------------------------------ sql, status


def test_sql_speaks_three_formats(full: Desk) -> None:
    query = "SELECT document_id, year, publication_types, doi FROM documents"
    shown = {form: full.run("sql", query, "--format", form) for form in ("table", "csv", "json")}
    assert [result.exit_code for result in shown.values()] == [0, 0, 0]
    assert json.loads(shown["json"].stdout) == [
        {"document_id": "pmid:90000001", "year": 2021, "publication_types": ["Journal Article"], "doi": None}
    ]
    assert list(csv.reader(io.StringIO(shown["csv"].stdout))) == [
        ["document_id", "year", "publication_types", "doi"], ["pmid:90000001", "2021", '["Journal Article"]', ""]
    ]  # fmt: skip
    assert re.findall(r"[\w:]+", shown["table"].stdout)[:4] == ["document_id", "year", "publication_types", "doi"]
    assert shown["table"].stderr == "1 row\n"


WRITES = [
    "DELETE FROM document_rows",
    "CREATE TABLE evil (x INTEGER)",
    "UPDATE meta SET value = 'x'",
    "SELECT 1; DROP VIEW claims",
    "ATTACH '{folder}/other.duckdb'",
    "COPY (SELECT 1) TO '{folder}/other.csv'",
    "EXPORT DATABASE '{folder}/other'",
    "SELECT * FROM read_csv('{folder}/secret.csv')",
    "SELECT * FROM read_text('{folder}/secret.csv')",
    "SELECT * FROM '{folder}/secret.csv'",
    "SET enable_external_access = true",
    "SET threads = 1",
    "INSTALL httpfs",
    "LOAD '{folder}/other.so'",
    "SELEC 1",
    "SELECT nothing FROM claims",
    "-- only a comment",
]


@pytest.mark.parametrize("query", WRITES)
def test_sql_only_reads_and_only_the_evidence(full: Desk, query: str) -> None:
    full.write("secret.csv", "a\nsecret\n")
    before = (full.folder / "output" / "evidence.duckdb").read_bytes()
    result = full.run("sql", "--format", "csv", "--", query.format(folder=full.folder))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("resistmine: sql: ")
    assert (full.folder / "output" / "evidence.duckdb").read_bytes() == before
    assert not list(full.folder.glob("other*"))


def test_sql_reads_other_files_when_that_is_allowed(full: Desk) -> None:
    file = full.write("more.csv", "pmid\n90000001\n")
    query = f"SELECT d.document_id FROM documents AS d JOIN read_csv('{file}', all_varchar = true) USING (pmid)"
    assert full.run("sql", query, "--format", "csv").exit_code == 2
    allowed = full.run("sql", query, "--format", "csv", "--allow-files")
    assert (allowed.exit_code, allowed.stdout.split()) == (0, ["document_id", "pmid:90000001"])


def test_status_says_the_same_to_people_and_machines(full: Desk) -> None:
    shown, machine = full.run("status"), full.run("status", "--json")
    found = json.loads(machine.stdout)
    assert (shown.exit_code, machine.exit_code, machine.stderr) == (0, 0, "")
    assert (found["purpose"], found["counts"]["documents"], found["counts"]["evidence"]) == ("evidence", 1, 1)
    assert [(run["status"], run["command"].split()[0]) for run in found["runs"]] == [("done", "ingest")]
    assert found["snapshot"] in shown.stdout
    assert "What was not kept, and why" in shown.stdout


def test_evaluate_measures_against_labels(desk: Desk) -> None:
    drug = {"role": "drug", "text": "paclitaxel"}
    label = {"kind": "resistance", "args": [drug], "stance": "supports", "sentence": CONFERS}
    gold = desk.write(
        "gold.jsonl",
        lines({"doc": "1", "text": CONFERS, "labels": [label]}, {"doc": "2", "text": NOTHING, "labels": []}),
    )
    result = desk.run("evaluate", gold)
    assert result.exit_code == 0
    assert re.search(r"near +│ 1\.000 \(1\.00–1\.00\)", result.stdout)
    assert "Strict, by kind" in result.stdout
    machine = desk.run("evaluate", gold, gold, "--json", "--html", desk.folder / "errors.html")
    assert (machine.exit_code, machine.stderr) == (0, "")
    assert json.loads(machine.stdout)["near"]["all"]["right"] == 2
    assert "<title>Missed and extra claims</title>" in (desk.folder / "errors.html").read_text()
    nowhere = desk.run("evaluate", gold, "--html", desk.folder / "no" / "errors.html")
    assert (nowhere.exit_code, nowhere.stdout) == (2, "")
    assert "errors.html: cannot be written" in nowhere.stderr


def test_evaluate_names_a_line_that_is_no_labelled_text(desk: Desk) -> None:
    broken = desk.run("evaluate", desk.write("broken.jsonl", lines({"doc": "1", "labels": []})))
    assert (broken.exit_code, broken.stdout) == (1, "")
    assert "broken.jsonl, line 1: " in broken.stderr


# ------------------------------------------------------------------------------------------------ demo, README


def test_the_demo_never_touches_real_evidence(full: Desk) -> None:
    before = (full.folder / "output" / "evidence.duckdb").read_bytes()
    for _ in range(2):
        result = full.run("demo")
        assert (result.exit_code, result.stderr) == (0, "")
        assert "(from 64 records)" in result.stdout
        assert f"RESISTMINE_OUTPUT={full.folder}/output/demo" in result.stdout
    assert (full.folder / "output" / "evidence.duckdb").read_bytes() == before
    assert full.documents() == ["pmid:90000001"]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk on which the demo was run."""
    desk = Desk(tmp_path_factory.mktemp("demo"))
    assert desk.run("demo").exit_code == 0
    return desk


def test_the_demo_quotes_what_papers_found_themselves(shown: Desk) -> None:
    quoted = re.findall(r"^   (supports|refutes) · \w+ · (\w+) · ", shown.run("demo").stdout, re.MULTILINE)
    assert [stance for stance, _ in quoted if stance == "supports"] == ["supports"] * 3
    assert {attribution for stance, attribution in quoted if stance == "supports"} <= {"own_result", "conclusion"}


def test_real_evidence_is_never_mixed_with_the_demo(shown: Desk) -> None:
    desk = Desk(shown.folder.with_name("mixed"))
    assert desk.run("demo").exit_code == 0
    assert desk.run("status").stdout.startswith("These are the demo's made-up records.")
    assert desk.run("ingest", "--files", desk.write("one.xml", pubmed_set(RECORD))).exit_code == 0
    assert desk.documents() == ["pmid:90000001"]


def test_the_readme_shows_what_is_really_said(shown: Desk) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    command, printed = re.findall(r"^```\n\$ resistmine explain (\w+)\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)[0]
    really = shown.run("explain", command).stdout.replace(str(ROOT), "…")
    assert printed.splitlines() == really.splitlines()


@pytest.fixture(scope="module")
def curated(tmp_path_factory: pytest.TempPathFactory, shown: Desk) -> Desk:
    """The demo with its evidence of letrozole accepted: verdicts are made by people alone, so the demo brings none."""
    desk = Desk(tmp_path_factory.mktemp("curated"))
    shutil.copytree(shown.folder, desk.folder, dirs_exist_ok=True)
    sheet = desk.folder / "letrozole.csv"
    assert desk.run("curate", "export", sheet, "--topic", "letrozole").exit_code == 0
    rows = list(csv.DictReader(io.StringIO(sheet.read_text("utf-8-sig"))))
    with sheet.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "verdict": "accept"} for row in rows)
    assert desk.run("curate", "import", sheet, "--curator", "Ada").exit_code == 0
    return desk


def test_the_queries_of_the_readme_find_something(curated: Desk) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    queries = re.findall(r'resistmine sql "(.*?)"', readme, re.DOTALL)
    assert queries
    assert [query for query in queries if not curated.ask(query)] == []
    (pmid,) = re.findall(r"resistmine article (\d+)", readme)
    assert curated.run("article", pmid).exit_code == 0


# ------------------------------------------------------------------------------------------------ bad input


def jats_article(words: str, before: str = "") -> str:
    return before + jats(body=f"<body><p>{words}</p></body>")


PRETTY = json.dumps({"articles": LINES}, indent=1)
ENTITY = '<!DOCTYPE article [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
BAD: dict[str, tuple[str, str | bytes, list[tuple[str, str]], str]] = {
    # what is wrong: name of the file, content, refusals, words of the message
    "nothing in it": ("a.xml", "", [("acquire", "empty_file")], "has 0 bytes; fetch it again"),
    "pretty-printed JSON": ("a.json", PRETTY, [("acquire", "not_json_lines")], "one object"),
    "pretty-printed without a name": ("a", PRETTY, [("acquire", "not_json_lines")], "(jq -c .)"),
    "half of it": ("a.json", PRETTY[: len(PRETTY) // 2], [("acquire", "not_json_lines")], "(jq -c .)"),
    "a list": ("a.json", json.dumps(LINES), [("acquire", "not_json_lines")], "one object"),
    "a broken line": ("a.jsonl", lines(LINES[0]) + '{"id": "b\n' + lines(LINES[2]), [("parse", "invalid_json")], "@"),
    "a broken first line": ("a.jsonl", "x\n" + lines(LINES[0], LINES[2]), [("parse", "invalid_json")], "mend the line"),
    "not UTF-8": ("a.txt", "naïve".encode("latin-1"), [("parse", "not_utf8")], "convert it (iconv -t UTF-8)"),
    "a picture": ("a.png", b"\x89PNG\x00\x00", [("parse", "binary_file")], "expected: text"),
    "an office file": ("a.docx", b"PK\x03\x04\x00", [("acquire", "unsupported_archive")], "unpack it first"),
    "no article": ("a.xml", "<html><body>x</body></html>", [("parse", "not_an_article")], "leave it out"),
    "an entity of its own": ("a.xml", jats_article("&a;", ENTITY), [("parse", "hostile_xml")], "entities of its own"),
    "nesting": ("a.xml", jats_article("<i>" * 100_000), [("parse", "hostile_xml")], "at most 256 levels"),
    "a record without end": (
        "a.xml", pubmed_set(RECORD.replace("</ArticleTitle>", "", 1)), [("parse", "invalid_xml")], "mend it or fetch",
    ),
    "a set that breaks off": (
        "a.xml", pubmed_set(RECORD)[:-40], [("acquire", "truncated_file")], "the file ends",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_costs_only_itself_and_is_told(desk: Desk, name: str) -> None:
    file, content, refusals, words = BAD[name]
    good = desk.write("z.xml", pubmed_set(pubmed(pmid='<PMID Version="1">90000009</PMID>', abstract=abstract(CONFERS))))
    result = desk.run("ingest", "--files", desk.write(file, content), good)
    assert (result.exit_code, result.stdout) == (1, "")
    assert str(desk.folder / file) in result.stderr
    assert words in result.stderr
    assert desk.refused() == refusals
    assert "pmid:90000009" in desk.documents()


def test_good_lines_around_a_broken_one_are_kept(desk: Desk) -> None:
    desk.run("ingest", "--files", desk.write("a.jsonl", lines(LINES[0]) + "{\n" + lines(LINES[2])))
    assert desk.documents() == ["text:a", "text:c"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.txt"])
def test_json_lines_may_begin_with_a_byte_order_mark(desk: Desk, name: str) -> None:
    result = desk.run("ingest", "--files", desk.write(name, "\ufeff" + lines(*LINES)))
    assert (result.exit_code, desk.documents()) == (0, ["text:a", "text:b", "text:c"])


def test_jats_may_be_utf_16(desk: Desk) -> None:
    article = '<?xml version="1.0" encoding="UTF-16"?>' + jats_article(CONFERS)
    result = desk.run("ingest", "--files", desk.write("a.xml", article.encode("utf-16")))
    assert (result.exit_code, len(desk.documents()), len(desk.ask("SELECT * FROM evidence"))) == (0, 1, 1)


def test_text_that_begins_with_a_bracket_is_text(desk: Desk) -> None:
    result = desk.run("ingest", "--files", desk.write("a.txt", f"[Article in Latin] {CONFERS}"))
    assert (result.exit_code, len(desk.documents())) == (0, 1)


def test_what_was_not_readable_is_told_again_until_it_is_mended(desk: Desk) -> None:
    bad = lines(LINES[0]) + "{\n"
    assert [desk.run("ingest", "--files", desk.write("a.jsonl", bad)).exit_code for _ in range(3)] == [1, 1, 1]
    assert desk.refused() == [("parse", "invalid_json")]
    assert desk.run("ingest", "--files", desk.write("a.jsonl", lines(*LINES))).exit_code == 0
    assert desk.refused() == []


def test_many_refusals_are_counted_and_the_first_are_told(desk: Desk) -> None:
    result = desk.run("ingest", "--files", desk.write("a.jsonl", lines(LINES[0]) + "{\n" * 100))
    assert "100 not readable" in result.stderr
    assert result.stderr.count("a.jsonl@") == 10
    (query,) = re.findall(r'All of them: resistmine sql "(.*)"', result.stderr)
    assert len(desk.ask(query)) == 100


def test_a_folder_gives_its_files_and_names_what_it_cannot_use(desk: Desk) -> None:
    desk.write("in/one.xml", pubmed_set(RECORD))
    desk.write("in/deep/two.txt", CONFERS)
    desk.write("in/.hidden/three.txt", NOTHING)
    desk.write("in/.four", NOTHING)
    (desk.folder / "in" / "gone.xml").symlink_to(desk.folder / "nowhere")
    (desk.folder / "none").mkdir()
    os.mkfifo(desk.folder / "in" / "pipe")
    result = desk.run("ingest", "--files", desk.folder / "in", desk.folder / "none")
    assert result.exit_code == 1
    assert len(desk.documents()) == 2
    assert desk.refused() == [("acquire", "empty_folder"), ("acquire", "file_not_found"), ("acquire", "not_a_file")]


def test_a_missing_file_does_not_keep_others_from_being_read(desk: Desk) -> None:
    result = desk.run("ingest", desk.folder / "missing.xml", desk.write("one.xml", pubmed_set(RECORD)))
    assert (result.exit_code, desk.documents()) == (1, ["pmid:90000001"])
    assert "missing.xml: there is no such file; check the name" in result.stderr


def test_a_full_disk_is_named_and_the_next_run_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    file = desk.write("one.xml", pubmed_set(RECORD))

    def full_disk(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    for place in ("pipeline.sources.raw.shutil.copyfile", "pipeline.store.build.Build.add"):
        with monkeypatch.context() as patch:
            patch.setattr(place, full_disk)
            result = desk.run("ingest", "--files", file)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith(f"resistmine: {desk.folder}/output")
        assert "No space left on device" in result.stderr
        assert list(desk.folder.rglob("*.part")) == []
    assert desk.run("ingest", "--files", file).exit_code == 0
    assert desk.documents() == ["pmid:90000001"]


@pytest.mark.parametrize("signals", [[], [2]])
def test_an_interruption_is_told_also_when_a_library_makes_an_error_of_it(
    full: Desk, monkeypatch: pytest.MonkeyPatch, signals: list[int]
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("Query interrupted") if signals else KeyboardInterrupt

    monkeypatch.setattr("pipeline.status.status_of", broken)
    monkeypatch.setattr("pipeline.cli._signals", signals)
    result = full.run("status")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "resistmine: interrupted. What is published is whole; run the same command to go on.\n"


# ------------------------------------------------------------------------------------------------ as a process


def test_a_reader_that_has_seen_enough_is_no_error(full: Desk) -> None:
    command = f"{sys.executable} -m pipeline sql 'SELECT * FROM range(200000)' --format csv"
    ended = subprocess.run(
        ["bash", "-c", f"{command} | head -1; echo ${{PIPESTATUS[0]}}"],
        cwd=ROOT, env=os.environ | full.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ended.stdout.split(), ended.stderr) == (["range", "0"], "")


def test_sigterm_ends_a_run_with_words_and_exit_1(desk: Desk) -> None:
    """The run waits for a line that never comes; the signal reaches it when it has given its first answer."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "extract"],
        cwd=ROOT, env=os.environ | desk.environment | {"PYTHONUNBUFFERED": "1"}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(lines(LINES[0]))
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["doc_id"] == "a"
    process.terminate()
    _, told = process.communicate()
    assert process.returncode == 1
    assert told.startswith("resistmine: interrupted.")


def test_the_bundled_sample_is_found() -> None:
    assert len(list(sample_files())) >= 5


EXPLAINED = [
    ("We asked whether ABCB1 confers resistance to paclitaxel.", MEANINGS["aim_not_finding"]),
    ("ABCB1 was measured by sequencing.", MEANINGS["no_response_words"]),
    ("Resistance to paclitaxel is bad news.", NO_RULE),
    ("ABCB1 confers resistance to paclitaxel in melanoma.", "disease melanoma"),
]


@pytest.mark.parametrize(("text", "said"), EXPLAINED)
def test_explain_tells_of_a_sentence_why_it_was_not_taken(desk: Desk, text: str, said: str) -> None:
    result = desk.run("explain", text)
    assert (result.exit_code, said in " ".join(result.stdout.split())) == (0, True)
