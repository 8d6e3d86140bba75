"""The bundled sample is sound: well-formed, plainly made up, and what is expected of it can be found in it."""

from __future__ import annotations

import csv
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from pipeline.model import Attribution, Certainty, Stance

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "pipeline" / "sample"
KINDS = tomllib.loads((ROOT / "schemas" / "claim_kinds.toml").read_text(encoding="utf-8"))
MARK = "Made-up record for the resistmine demo; not a real article."
FULL_TEXT_OF = {"PMC99000001": "99000010", "PMC99000002": "99000020"}
COLUMNS = [
    *("doc", "kind", "roles", "stance", "certainty", "direction", "sentence"),
    *("because", "attribution", "interaction", "optional", "note"),
]


def folded(element: etree._Element) -> str:
    """The text of an element with its white space folded."""
    return " ".join("".join(str(part) for part in element.itertext()).split())


@cache
def parsed(name: str) -> etree._Element:
    return etree.parse(str(SAMPLE / name)).getroot()


@cache
def records() -> tuple[etree._Element, ...]:
    return tuple(parsed("pubmed_sample.xml"))


def pmid(record: etree._Element) -> str:
    found = record.find("./*/PMID")
    assert found is not None
    return str(found.text)


def article_names() -> list[str]:
    return sorted(path.stem for path in SAMPLE.glob("PMC*.xml"))


def blocks(root: etree._Element) -> Iterator[str]:
    """What is printed in a record or article, block by block; a table row is one block."""
    for element in root.iter("ArticleTitle", "AbstractText", "article-title", "p"):
        yield folded(element)
    for row in root.iter("tr"):
        yield " ".join(folded(cell) for cell in row)


@cache
def texts() -> dict[str, tuple[str, ...]]:
    found = {pmid(record): tuple(blocks(record)) for record in records()}
    return found | {name: tuple(blocks(parsed(f"{name}.xml"))) for name in article_names()}


@cache
def expected() -> tuple[dict[str, str], ...]:
    with (SAMPLE / "expected.tsv").open(encoding="utf-8", newline="") as handle:
        rows = csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE)
        assert rows.fieldnames == COLUMNS
        return tuple(rows)


def roles(row: dict[str, str]) -> list[tuple[str, str]]:
    pairs = (part.partition("=") for part in row["roles"].split(";") if part)
    return [(role, surface) for role, _, surface in pairs]


def sentences_starting(with_words: str, doc: str) -> int:
    """In how many places of a document a sentence begins with these words."""
    start = re.compile(r"(?:^|(?<=[.?!] ))" + re.escape(with_words))
    return sum(len(start.findall(block)) for block in texts()[doc])


def test_there_are_enough_records_with_unique_made_up_ids() -> None:
    ids = Counter(pmid(record) for record in records())
    assert len(ids) >= 50
    assert set(ids.values()) == {1}
    assert min(map(int, ids)) >= 99_000_000
    assert article_names() == ["PMC99000001", "PMC99000002", "PMC99000003", "PMC99000004"]


def test_every_record_says_that_it_is_made_up() -> None:
    documents = [*records(), *(parsed(f"{name}.xml") for name in article_names())]
    unmarked = [folded(document)[:60] for document in documents if MARK not in folded(document)]
    journals = {
        folded(title) for document in documents for title in document.iter("Title", "journal-title", "BookTitle")
    }
    assert unmarked == []
    assert journals == {"Resistmine Sample Journal (made-up records)", "Resistmine Sample Book (made-up records)"}


def test_authors_are_made_up() -> None:
    names = {folded(name) for record in records() for name in record.iter("LastName")}
    assert names == {"Sample", "Made-up"}


def test_trials_are_made_up() -> None:
    numbers = {number for found in texts().values() for block in found for number in re.findall(r"NCT\d+", block)}
    numbers |= {folded(number) for record in records() for number in record.iter("AccessionNumber")}
    assert numbers
    assert {number[:5] for number in numbers} == {"NCT99"}


@pytest.mark.parametrize(("article", "record"), FULL_TEXT_OF.items())
def test_full_text_repeats_the_abstract_of_its_record(article: str, record: str) -> None:
    abstracts = [folded(text) for each in records() if pmid(each) == record for text in each.iter("AbstractText")]
    assert [folded(text) for text in parsed(f"{article}.xml").iterfind(".//abstract/p")] == abstracts


def test_one_article_is_front_matter_only() -> None:
    assert [name for name in article_names() if parsed(f"{name}.xml").find(".//body") is None] == ["PMC99000004"]


def test_expectations_are_many_and_of_every_kind() -> None:
    sentences = {(row["doc"], row["sentence"]) for row in expected()}
    refused = {(row["doc"], row["sentence"]) for row in expected() if row["kind"] == "none"}
    assert len(sentences) >= 90
    assert len(refused) >= 25
    assert {row["kind"] for row in expected()} == {*KINDS, "none"}


def test_expectations_are_not_repeated() -> None:
    keys = Counter((row["doc"], row["sentence"], row["kind"], row["roles"], row["stance"]) for row in expected())
    assert [key for key, times in keys.items() if times > 1] == []


def test_a_sentence_that_gives_nothing_gives_nothing() -> None:
    given = {(row["doc"], row["sentence"]) for row in expected() if row["kind"] != "none"}
    refused = {(row["doc"], row["sentence"]) for row in expected() if row["kind"] == "none"}
    assert given & refused == set()


def test_each_expected_sentence_stands_once_in_its_document() -> None:
    wrong = {
        (row["doc"], row["sentence"], found)
        for row in expected()
        if (found := sentences_starting(row["sentence"], row["doc"])) != 1
    }
    assert wrong == set()


def test_expected_rows_speak_the_language_of_the_schemas() -> None:
    def faults(row: dict[str, str]) -> Iterator[str]:
        if row["kind"] == "none":
            if not row["because"] or row["roles"]:
                yield "a refusal has a reason and no roles"
            return
        if row["kind"] not in KINDS:
            yield f"unknown kind {row['kind']}"
            return
        if row["stance"] not in set(Stance) or row["certainty"] not in set(Certainty):
            yield "unknown stance or certainty"
        if row["attribution"] not in set(Attribution):
            yield "unknown attribution"
        yield from (f"no role {role}" for role, _ in roles(row) if role not in KINDS[row["kind"]]["roles"])
        yield from (f"{name!r} is not in the text" for _, name in roles(row) if not named(name, row["doc"]))

    def named(surface: str, doc: str) -> bool:
        return bool(surface) and any(surface in block for block in texts()[doc])

    assert [(row["doc"], row["sentence"], fault) for row in expected() for fault in faults(row)] == []


def test_the_sample_is_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLE.iterdir() if path.is_file()) < 600_000
