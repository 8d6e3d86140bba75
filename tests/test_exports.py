"""Evidence in the formats of others: each follows the rules of its format, and says what it could not carry."""

from __future__ import annotations

import csv
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import StoreError, UsageError
from pipeline.export import civic
from pipeline.export.record import Argument, Record
from pipeline.exports import export_evidence, records
from tests.ingesting import DENIES, OTHER, Desk, full_text, record
from tests.parse_samples import pubmed_set

OPEN = '<permissions><license xlink:href="https://creativecommons.org/licenses/by/4.0/" ' \
       'xmlns:xlink="http://www.w3.org/1999/xlink"><license-p>Open.</license-p></license></permissions>'  # fmt: skip
LUNG = "In patients with lung cancer, MET amplification was associated with resistance to gefitinib."


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("exports"))
    closed = pubmed_set(record("1", LUNG, doi="10.5555/1"), record("2", DENIES), record("3", OTHER))
    opened = full_text(ids={"pmid": "4", "pmc": "4"}, summary="", results=LUNG, meta=OPEN)
    gone = pubmed_set(record("5", LUNG, types="Retracted Publication"))
    desk.ingest(desk.write("a.xml", closed), desk.write("b.xml", opened), desk.write("c.xml", gone))
    return desk


def made(desk: Desk, form: str) -> tuple[Path, dict[str, Any]]:
    path = desk.folder / f"evidence.{form}"
    report = export_evidence(desk.settings, form, path)
    assert json.loads(path.with_name(f"{path.name}.losses.json").read_text("utf-8")) == report
    return path, report


def left_out(report: dict[str, Any]) -> dict[str, int]:
    return {reason: each["count"] for reason, each in report["left_out"].items()}


def test_only_words_that_may_be_passed_on_are(desk: Desk) -> None:
    path, report = made(desk, "jsonl")
    objects = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    quoted = {each["pmid"]: each["quote"] for each in objects}
    assert quoted == {"1": None, "2": None, "3": None, "4": LUNG, "5": None}
    assert report["carried_in_part"]["quotation_withheld_by_licence"]["count"] == 4
    for form in ("csv", "indra", "civic"):
        assert made(desk, form)[0].read_text("utf-8").count(LUNG) <= 1


LICENCES = [
    ("CC BY 4.0", True), ("CC BY-NC-ND 4.0", True), ("CC BY-SA", True), ("CC0", True), ("public domain", True),
    (None, False), ("All rights reserved", False), ("CC BY-like words", False), ("", False),
]  # fmt: skip


@pytest.mark.parametrize(("licence", "quotable"), LICENCES)
def test_licences_under_which_words_may_be_passed_on(licence: str | None, quotable: bool) -> None:
    assert Record((), {"licence": licence, "sentence": "x"}).quotable is quotable


def test_json_lines_follow_their_schema(desk: Desk) -> None:
    path, _ = made(desk, "jsonl")
    schema = json.loads(path.with_name(f"{path.name}.schema.json").read_text("utf-8"))
    assert schema == json.loads((files("schemas") / "export" / "evidence.schema.json").read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [error.message for line in lines for error in validator.iter_errors(line)] == []
    assert not validator.is_valid(lines[0] | {"stance": "perhaps"})


def test_tables_say_the_same(desk: Desk) -> None:
    rows = list(csv.DictReader(made(desk, "csv")[0].open(encoding="utf-8")))
    head, *cells = load_workbook(made(desk, "xlsx")[0])["evidence"].iter_rows(values_only=True)
    with duckdb.connect() as connection:
        described = connection.execute(
            "DESCRIBE SELECT * FROM read_parquet(?)", [str(made(desk, "parquet")[0])]
        ).fetchall()
        stored = connection.execute("SELECT * FROM read_parquet(?)", [str(desk.folder / "evidence.parquet")]).fetchall()
    assert list(rows[0]) == list(head) == [row[0] for row in described]
    texts = [[str(value) if value is not None else "" for value in row] for row in stored]
    assert [list(row.values()) for row in rows] == texts
    assert [["" if value is None else str(value) for value in row] for row in cells] == texts
    assert {row[0]: row[1] for row in described}["year"] == "INTEGER"


# ------------------------------------------------------------------------------------------------ CIViC


def test_rows_for_civic(desk: Desk) -> None:
    path, report = made(desk, "civic")
    rows = list(csv.DictReader(path.open(encoding="utf-8"), delimiter="\t"))
    assert tuple(rows[0]) == civic.COLUMNS
    assert len(civic.COLUMNS) == 25
    assert {each["citation_id"] for each in rows} == {"1", "4"}
    assert {name: value for name, value in rows[0].items() if value} == {
        "molecular_profile": "MET Overexpression", "disease": rows[0]["disease"], "therapies": "gefitinib",
        "evidence_type": "Predictive", "evidence_direction": "Supports", "evidence_level": "B",
        "significance": "Resistance",
        "evidence_statement": rows[0]["evidence_statement"], "citation_id": "1", "source_type": "PubMed",
        "citation": "Journal of Invented Oncology, 2021", "evidence_status": "submitted", "variant_origin": "N/A",
        "is_flagged": "false",
    }  # fmt: skip
    assert left_out(report) == {"no_disease": 2, "source_withdrawn": 1}


GENE, VARIANT = Argument("cause", "MET", "gene", "hgnc:7029"), Argument("cause", "EGFR T790M", "variant", None)
DRUG, CLASS = (
    Argument("drug", "gefitinib", "drug", "unii:S65743JHBS"),
    Argument("drug", "EGFR inhibitor", "drug_class", None),
)
FINE: dict[str, Any] = {
    "kind": "resistance", "document_status": "current", "counts": True, "stance": "supports", "pmid": "1",
    "disease": "lung cancer", "direction": "increase", "suggested_level": "B",
}  # fmt: skip
REFUSED: list[tuple[tuple[Argument, ...], dict[str, Any], str | None]] = [
    ((GENE, DRUG), {}, None),
    ((GENE, DRUG), {"stance": "refutes"}, None),
    ((VARIANT, DRUG), {"direction": None}, None),
    ((GENE, DRUG), {"kind": "reversal"}, "kind_not_in_civic"),
    ((GENE, DRUG), {"document_status": "retracted"}, "source_withdrawn"),
    ((GENE, DRUG), {"counts": False}, "no_finding_of_the_paper"),
    ((GENE, DRUG), {"stance": "mixed"}, "stance_mixed"),
    ((GENE, DRUG), {"pmid": None}, "no_pmid"),
    ((GENE, DRUG), {"disease": None}, "no_disease"),
    ((Argument("cause", "EMT", "process", None), DRUG), {}, "no_molecular_profile"),
    ((GENE, DRUG), {"direction": None}, "alteration_not_said"),
    ((GENE, DRUG), {"direction": "no_change"}, "alteration_not_said"),
    ((GENE, CLASS), {}, "therapy_is_no_drug"),
    ((GENE, DRUG), {"suggested_level": None}, "no_level"),
]


@pytest.mark.parametrize(("arguments", "values", "reason"), REFUSED, ids=lambda each: str(each)[:40])
def test_what_civic_would_refuse(arguments: tuple[Argument, ...], values: dict[str, Any], reason: str | None) -> None:
    assert civic.refusal(Record(arguments, FINE | values)) == reason


# ------------------------------------------------------------------------------------------------ INDRA, VA-Spec


def test_statements_for_indra(desk: Desk) -> None:
    path, report = made(desk, "indra")
    statements = json.loads(path.read_text("utf-8"))
    first = statements[0]
    assert (first["type"], first["subj"]["concept"], first["subj"]["delta"]["polarity"], first["obj"]["concept"]) == (
        "Influence", {"name": "MET", "db_refs": {"TEXT": "MET", "HGNC": "7029"}}, 1,
        {"name": "resistance to gefitinib", "db_refs": {"TEXT": "resistance to gefitinib", "UNII": "S65743JHBS"}},
    )  # fmt: skip
    evidence = {each["evidence"][0]["pmid"]: each["evidence"][0] for each in statements}
    assert (evidence["2"]["epistemics"]["negated"], evidence["4"].get("text"), evidence["1"].get("text")) == (
        True,
        LUNG,
        None,
    )
    assert (len({each["id"] for each in statements}), left_out(report)) == (4, {"source_withdrawn": 1})


def test_statements_of_va_spec_are_valid(desk: Desk) -> None:
    base = pytest.importorskip("ga4gh.va_spec.base")
    path, report = made(desk, "va-spec")
    statements = json.loads(path.read_text("utf-8"))
    assert left_out(report) == {"no_condition": 2, "source_withdrawn": 1}
    for statement in statements:
        valid = base.Statement.model_validate(statement)
        assert valid.proposition.predicate == "predictsResistanceTo"
    assert [each["reportedIn"][0]["pmid"] for each in statements] == ["1", "4"]
    quotes = [value["value"] for each in statements for value in each["extensions"] if value["name"] == "quote"]
    assert quotes == [LUNG]


# ------------------------------------------------------------------------------------------------ choice and errors


def test_only_what_is_accepted(desk: Desk) -> None:
    assert len(records(desk.settings)) == 5
    assert records(desk.settings, accepted=True) == []
    assert len(records(desk.settings, kind="resistance")) == 5


def test_what_goes_wrong_is_told(desk: Desk) -> None:
    with pytest.raises(UsageError, match="'doc' is none of csv"):
        export_evidence(desk.settings, "doc", desk.folder / "x")
    with pytest.raises(StoreError, match="cannot be written"):
        export_evidence(desk.settings, "csv", desk.folder / "no" / "x.csv")


def test_the_command_tells_what_was_left_out(desk: Desk) -> None:
    environment = {"RESISTMINE_OUTPUT": str(desk.settings.output), "RESISTMINE_HOME": str(desk.settings.home)}
    result = CliRunner().invoke(app, ["export", "civic", "-o", str(desk.folder / "c.tsv")], env=environment)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "2 of 5 evidence written" in result.stderr
    assert "source_withdrawn" in result.stderr
