"""The views are the promise: each with its columns, a comment on each, and rows that count what they say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.ingesting import AGAIN, CONFERS, DENIES, NOTHING, OTHER, Desk, deletion, full_text, record
from tests.parse_samples import pubmed_set

PROMISED = {
    "documents": "document_id pmid pmcid doi title journal year publication_types language licence status "
                 "has_full_text",
    "evidence_grade": "evidence_id claim_id document_id stance study_type suggested_level level_reason research_group "
                      "counts discounted",
    "claim_support": "claim_id kind label independent_supporting independent_refuting independent_mixed papers "
                     "discounted best_study_type best_refuting_study_type suggested_level level_reason",
    "contradictions": "claim_id other_claim_id sort label other_label papers other_papers evidence_ids "
                      "other_evidence_ids explanation same",
    "opposite_claims": "claim_id other_claim_id sort",
    "curated_claims": "claim_id kind direction label papers_supporting papers_refuting papers_mixed evidence_count "
                      "first_year last_year papers_accepted status",
    "curated_evidence": "evidence_id claim_id kind document_id pmid section sentence stance certainty attribution rule "
                        "direction value_text value unit disease model setting acquired verdict verdict_state",
    "verdicts": "verdict_id evidence_id judged_evidence_id document_id verdict in_force state cause difference reason "
                "comment edits curator date kind claim sentence replaces",
    "claims": "claim_id kind direction label papers_supporting papers_refuting papers_mixed "
              "papers_withdrawn papers_in_doubt evidence_count "
              "first_year last_year papers_accepted status",
    "claim_counts": "curated claim_id kind direction label papers_supporting papers_refuting papers_mixed "
                    "papers_withdrawn papers_in_doubt evidence_count first_year last_year papers_accepted status",
    "claim_papers": "curated claim_id document_id pmid year document_status stance stands sentences accepted",
    "claim_arguments": "claim_id role position entity_id name entity_kind",
    "evidence": "evidence_id claim_id kind document_id pmid section sentence sentence_start sentence_end stance "
                "certainty attribution rule direction degree interaction value_text value unit comparator statistic "
                "disease model setting acquired document_status verdict "
                "verdict_state verdict_note verdict_reason curator",
    "drug_mechanism_resistance": "drug mechanism kind direction stance certainty resistant_to disease model setting "
                                 "value_text quote section pmid year document_status verdict claim_id evidence_id",
    "evidence_context": "evidence_id claim_id document_id name value place section_index char_start char_end",
    "mentions": "document_id section char_start char_end text kind entity_id name reason correction_id",
    "corrections": "correction_id surface target kind scope safety reason reference contributor date active "
                   "applied_count",
    "rejections": "document_id stage reason detail count run_id",
    "runs": "run_id started finished command counts versions status",
}  # fmt: skip
TWICE = f"{CONFERS} In summary, ABCB1 still confers resistance to paclitaxel."
CROSS = "Letrozole-resistant MCF-7 cells were cross-resistant to exemestane (4.5-fold)."
FILES = {
    "a.xml": pubmed_set(
        record("1", TWICE, year=2001, languages=("fre", "eng"), doi="10.5555/1", pmcid="PMC7"),
        record("2", CONFERS, year=2005),
        record("3", DENIES, year=2003),
        record("4", CONFERS, year=1999, types="Retracted Publication"),
        record("5", CROSS, year=2010),
        record("6", NOTHING, languages=()),
        record("7", OTHER),
        deletion(("7", 1)),
    ),
    "b.xml": full_text(ids={"pmid": "8", "pmc": "8"}, summary="", results=f"Leflutroazole was given. {AGAIN}").encode(),
    "c.bin": b"\x00",
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("views"))
    desk.ingest(*(desk.write(name, content) for name, content in FILES.items()))
    return desk


# ------------------------------------------------------------------------------------------------ the promise


def test_the_promise_is_what_the_views_are(desk: Desk) -> None:
    views = desk.ask("SELECT view_name FROM duckdb_views() WHERE NOT internal ORDER BY view_name")
    assert [name for (name,) in views] == sorted(PROMISED)


@pytest.mark.parametrize("view", PROMISED)
def test_a_view_has_its_columns_and_says_what_they_are(desk: Desk, view: str) -> None:
    columns = dict(
        desk.ask("SELECT column_name, comment FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index", view)
    )
    assert [name for name in columns if name in PROMISED[view].split()] == PROMISED[view].split()
    assert [name for name, comment in columns.items() if not comment or len(comment) < 5] == []
    assert desk.ask("SELECT comment IS NOT NULL FROM duckdb_views() WHERE view_name = ?", view) == [(True,)]


def test_the_promise_is_written_as_in_the_files(desk: Desk) -> None:
    """No column is described that is not there, none twice."""
    for view in PROMISED:
        path = Path(__file__).parent.parent / "schemas" / "views" / f"{view}.sql"
        described = re.findall(r"^-- @(\w+)", path.read_text("utf-8"), re.MULTILINE)
        assert described == [row[0] for row in desk.ask(f"DESCRIBE {view}")]


TYPES = {
    "documents": {"year": "INTEGER", "publication_types": "VARCHAR[]", "language": "VARCHAR",
                  "has_full_text": "BOOLEAN"},
    "claims": {"papers_supporting": "BIGINT", "evidence_count": "BIGINT", "first_year": "INTEGER"},
    "evidence": {"value": "DOUBLE", "acquired": "BOOLEAN", "confidence": "DOUBLE", "sentence_start": "INTEGER",
                 "verdict": "VARCHAR"},
    "rejections": {"count": "UBIGINT"},
    "runs": {"started": "TIMESTAMP", "finished": "TIMESTAMP", "counts": "JSON", "versions": "JSON"},
}  # fmt: skip


@pytest.mark.parametrize("view", TYPES)
def test_columns_are_of_the_type_that_one_would_expect(desk: Desk, view: str) -> None:
    found = {row[0]: row[1] for row in desk.ask(f"DESCRIBE {view}")}
    assert {name: found[name] for name in TYPES[view]} == TYPES[view]


# ------------------------------------------------------------------------------------------------ rows


def rows(desk: Desk, view: str, condition: str, columns: str) -> list[dict[str, Any]]:
    names = columns.split()
    found = desk.ask(f"SELECT {', '.join(names)} FROM {view} WHERE {condition} ORDER BY ALL")
    return [dict(zip(names, row, strict=True)) for row in found]


def test_documents(desk: Desk) -> None:
    names = PROMISED["documents"].replace("publication_types ", "")
    titles = {"title": "An invented study.", "journal": "Journal of Invented Oncology"}
    empty: dict[str, Any] = dict.fromkeys(names.split())
    usual = empty | titles | {"language": "eng", "status": "current", "has_full_text": False}
    jats = usual | {"title": "An invented study", "journal": "Invented Reports", "has_full_text": True}
    assert rows(desk, "documents", "true", names) == [
        usual
        | {"document_id": "pmid:1", "pmid": "1", "pmcid": "PMC7", "doi": "10.5555/1", "year": 2001, "language": "fre"},
        usual | {"document_id": "pmid:2", "pmid": "2", "year": 2005},
        usual | {"document_id": "pmid:3", "pmid": "3", "year": 2003},
        usual | {"document_id": "pmid:4", "pmid": "4", "year": 1999, "status": "retracted"},
        usual | {"document_id": "pmid:5", "pmid": "5", "year": 2010},
        usual | {"document_id": "pmid:6", "pmid": "6", "year": 2021, "language": None},
        usual | {"document_id": "pmid:7", "pmid": "7", "year": 2021, "status": "deleted"},
        jats | {"document_id": "pmid:8", "pmid": "8", "pmcid": "PMC8"},
    ]  # fmt: skip
    lists = desk.ask(
        "SELECT publication_types, languages, sources FROM documents WHERE pmid IN ('1', '8') ORDER BY pmid"
    )
    assert lists == [
        (["Journal Article"], ["fre", "eng"], ["pubmed"]),
        (["research-article"], ["eng"], ["jats"]),
    ]


def test_claims_count_papers_not_sentences_and_no_retracted_ones(desk: Desk) -> None:
    names = PROMISED["claims"].replace("claim_id ", "").replace("direction ", "")
    assert rows(desk, "claims", "label = 'ABCB1 → resistance to paclitaxel'", names) == [
        {"kind": "resistance", "label": "ABCB1 → resistance to paclitaxel", "papers_supporting": 2,
         "papers_refuting": 1, "papers_mixed": 0, "papers_withdrawn": 1, "papers_in_doubt": 0, "evidence_count": 5,
         "first_year": 1999, "last_year": 2005, "papers_accepted": 0, "status": "contested"},
    ]  # fmt: skip
    assert desk.ask("SELECT kind, direction, papers_supporting, papers_refuting, evidence_count, status FROM claims "
                    "WHERE label <> 'ABCB1 → resistance to paclitaxel' ORDER BY ALL") == [
        ("cross_resistance", None, 1, 0, 1, "current"),
        ("resistance", "increase", 0, 0, 1, "retracted"),
        ("resistance", "increase", 1, 0, 1, "current"),
    ]  # fmt: skip


def test_a_paper_that_says_both_is_mixed(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.ingest(desk.write("a.xml", pubmed_set(record("1", f"{CONFERS} {DENIES}"), record("2", DENIES))))
    names = "papers_supporting papers_refuting papers_mixed evidence_count status"
    assert desk.ask(f"SELECT {names.replace(' ', ', ')} FROM claims") == [(0, 1, 1, 3, "contested")]


def test_what_each_paper_says_of_a_claim(desk: Desk) -> None:
    condition = (
        "NOT curated AND claim_id = (SELECT claim_id FROM claims WHERE label = 'ABCB1 → resistance to paclitaxel')"
    )
    assert rows(desk, "claim_papers", condition, "pmid document_status stance stands sentences") == [
        {"pmid": "1", "document_status": "current", "stance": "supports", "stands": True, "sentences": 2},
        {"pmid": "2", "document_status": "current", "stance": "supports", "stands": True, "sentences": 1},
        {"pmid": "3", "document_status": "current", "stance": "refutes", "stands": True, "sentences": 1},
        {"pmid": "4", "document_status": "retracted", "stance": "supports", "stands": False, "sentences": 1},
    ]  # fmt: skip


def test_counted_both_ways_alike_where_nobody_has_judged(desk: Desk) -> None:
    counted = "SELECT * EXCLUDE (curated) FROM claim_counts WHERE curated = {} ORDER BY ALL"
    assert desk.ask(counted.format("true")) == desk.ask(counted.format("false")) == desk.ask("FROM claims ORDER BY ALL")


def test_claim_arguments(desk: Desk) -> None:
    found = desk.ask(
        "SELECT role, position, entity_id, name, entity_kind FROM claim_arguments JOIN claims USING (claim_id) "
        "WHERE kind = 'cross_resistance' OR label = 'ABCB1 → resistance to paclitaxel' ORDER BY kind, role"
    )
    assert found == [
        ("drug", 0, "unii:NY22HMQ4BX", "exemestane", "drug"),
        ("resistant_to", 0, "unii:7LKK855W8I", "letrozole", "drug"),
        ("cause", 0, "hgnc:40", "ABCB1", "gene"),
        ("drug", 0, "unii:P88XT4IS4D", "paclitaxel", "drug"),
    ]


def test_a_row_of_drug_mechanism_resistance(desk: Desk) -> None:
    names = PROMISED["drug_mechanism_resistance"].replace(" claim_id evidence_id", "")
    unsaid: dict[str, Any] = dict.fromkeys(names.split())
    confers, cross = (rows(desk, "drug_mechanism_resistance", f"pmid = '{pmid}'", names) for pmid in "25")
    assert confers == [
        unsaid
        | {"drug": "paclitaxel", "mechanism": "ABCB1", "kind": "resistance", "stance": "supports",
           "certainty": "asserted", "quote": CONFERS, "section": "abstract", "pmid": "2", "year": 2005,
           "document_status": "current"},
    ]  # fmt: skip
    assert [(row["drug"], row["mechanism"], row["resistant_to"], row["value_text"], row["quote"]) for row in cross] == [
        ("exemestane", None, "letrozole", "4.5-fold", CROSS)
    ]
    assert desk.ask("SELECT count(*) FROM drug_mechanism_resistance") == desk.ask("SELECT count(*) FROM evidence")


def test_evidence_stands_in_its_section_and_belongs_to_a_claim(desk: Desk) -> None:
    assert desk.ask(
        "SELECT count(*), count(DISTINCT evidence_id), count(c.claim_id), "
        "count(*) FILTER (sentence = s.text[sentence_start + 1:sentence_end]) "
        "FROM evidence AS e LEFT JOIN claims AS c USING (claim_id) "
        "LEFT JOIN sections AS s USING (document_id, section_index)"
    ) == [(8, 8, 8, 8)]
    assert desk.ask("SELECT value, unit, value_text FROM evidence WHERE kind = 'cross_resistance'") == [
        (4.5, "fold", "4.5-fold")
    ]


def test_mentions_and_corrections(desk: Desk) -> None:
    assert desk.ask("SELECT document_id, section, char_start, char_end, text, kind, entity_id, name FROM mentions "
                    "WHERE document_id = 'pmid:3'") == [
        ("pmid:3", "abstract", 0, 5, "ABCB1", "gene", "hgnc:40", "ABCB1"),
        ("pmid:3", "abstract", 35, 45, "paclitaxel", "drug", "unii:P88XT4IS4D", "paclitaxel"),
    ]  # fmt: skip
    assert desk.ask("SELECT surface, target, kind, scope, safety, active, applied_count FROM corrections "
                    "WHERE correction_id = 'c0001'") == [
        ("Leflutroazole", "leflutrozole", "misspelling", "global", "always", True, 1)
    ]  # fmt: skip


def test_rejections_name_document_or_file(desk: Desk) -> None:
    assert desk.ask("SELECT document_id, stage, reason, count FROM rejections "
                    "WHERE document_id IN ('pmid:6', 'pmid:8') OR document_id IS NULL ORDER BY ALL") == [
        ("pmid:6", "screen", "no_response_words", 1),
        (None, "parse", "binary_file", 1),
    ]  # fmt: skip
    assert desk.ask("SELECT DISTINCT run_id IN (SELECT run_id FROM runs) FROM rejections") == [(True,)]


def test_runs(desk: Desk) -> None:
    assert desk.ask("SELECT command, status, started <= finished, counts ->> 'documents', counts ->> 'evidence', "
                    "json_keys(versions) FROM runs") == [
        ("test", "done", True, "8", "8", ["resistmine", "knowledge", "rules", "ledger"])
    ]  # fmt: skip
