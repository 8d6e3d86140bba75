"""The ledger: every row shows itself, narrow rows stay in their scope, and nothing jumps between look-alikes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.article import Reader
from pipeline.errors import KnowledgeError
from pipeline.lexicon import shipped
from pipeline.lexicon.corrections import COLUMNS, Correction, load_ledger, parse_ledger
from pipeline.model import Mention
from tests.reading import document, reader

LEDGER = load_ledger(shipped())
ROW = {
    "correction_id": "t1", "surface": "letrosol", "target": "letrozole", "kind": "misspelling", "scope": "global",
    "condition": "", "except_": "", "safety": "always", "reason": "a slip", "reference": "", "contributor": "us",
    "date": "2026-11-21", "example": "They took letrosol.", "expect": "letrozole",
}  # fmt: skip


def table(**changed: str) -> str:
    return "\t".join(COLUMNS) + "\n" + "\t".join((ROW | changed)[column] for column in COLUMNS) + "\n"


def mentions(text: str, own: Reader | None = None) -> list[Mention]:
    article = (own or reader(screened=False)).names(document(("abstract", text)))
    return [mention for sentence in article.sentences for mention in sentence.mentions]


@pytest.mark.parametrize("row", LEDGER.corrections, ids=[row.correction_id for row in LEDGER.corrections])
def test_a_correction_shows_itself(row: Correction) -> None:
    written = [each for each in mentions(row.example) if {each.text, each.text.removesuffix("s")} & {*row.surfaces}]
    if row.target is None:
        assert written == []
    else:
        meant = {(each.grounding.entity.name, each.grounding.correction_id) for each in written if each.grounding}
        assert meant == {(row.expect, row.correction_id)}


def test_ids_are_unique_and_every_row_is_signed() -> None:
    ids = [row.correction_id for row in LEDGER.corrections]
    assert len(set(ids)) == len(ids)
    assert [row.correction_id for row in LEDGER.corrections if not (row.contributor and row.date and row.example)] == []


REFUSED = [
    ({"kind": "typo"}, "unknown kind 'typo'"),
    ({"scope": "world"}, "unknown scope 'world'"),
    ({"safety": "perhaps"}, "unknown safety 'perhaps'"),
    ({"scope": "document"}, "scope document without a condition"),
    ({"reason": ""}, "no correction_id, surface or reason"),
    ({"surface": " | "}, "no correction_id, surface or reason"),
    ({"target": "letrozzzole"}, "target 'letrozzzole' is no preferred name"),
    ({"target": "Femara"}, "target 'Femara' is no preferred name"),
    ({"scope": "context", "condition": "("}, "does not compile"),
]


@pytest.mark.parametrize(("changed", "problem"), REFUSED, ids=[problem for _, problem in REFUSED])
def test_a_row_that_cannot_be_used_is_refused_by_file_and_number(changed: dict[str, str], problem: str) -> None:
    with pytest.raises(KnowledgeError) as refused:
        list(parse_ledger(table(**changed), shipped(), "mine.tsv"))
    assert problem in str(refused.value)
    assert "mine.tsv" in str(refused.value)
    assert "2" in str(refused.value)


def test_a_ledger_of_ones_own_adds_rows_and_overrides_shipped_ones(tmp_path: Path) -> None:
    own = table() + "\t".join((ROW | {"correction_id": "c0009", "surface": "vermurafenib", "target": "dabrafenib"})[c]
                              for c in COLUMNS)  # fmt: skip
    (tmp_path / "corrections.tsv").write_text(own, encoding="utf-8")
    mine = Reader(home=tmp_path, screened=False)
    found = {each.text: each.grounding for each in mentions("They took letrosol, then vermurafenib.", mine)}
    assert {text: (g.entity.name, g.correction_id) for text, g in found.items() if g} == {
        "letrosol": ("letrozole", "t1"),
        "vermurafenib": ("dabrafenib", "c0009"),
    }
    assert mine.fingerprint != reader(screened=False).fingerprint


MEANS_LETROZOLE = (
    "The name Leflutroazole in this note is a typographical error for letrozole. "
    "Cells resistant to Leflutroazole were made. Leflutrozole proper (BGS649) is a different compound."
)
MEANS_ITSELF = "Leflutroazole was given to obese men with hypogonadism. It was not compared with letrozole."


def test_the_same_misspelling_means_what_its_document_says() -> None:
    told = [(each.text, each.grounding.entity.name, each.grounding.correction_id)
            for each in mentions(MEANS_LETROZOLE) if each.grounding and each.text.startswith("Lef")]  # fmt: skip
    assert told == [
        ("Leflutroazole", "letrozole", "c0003"),
        ("Leflutroazole", "letrozole", "c0003"),
        ("Leflutrozole", "leflutrozole", None),
    ]
    (found, *_) = mentions(MEANS_ITSELF)
    assert found.grounding is not None
    assert (found.text, found.grounding.entity.name, found.grounding.correction_id) == (
        "Leflutroazole", "leflutrozole", "c0001",
    )  # fmt: skip


@pytest.mark.parametrize(
    "name", ["Leflurozole", "leflutrazole", "letrozoles", "anastrozoles", "etrozole", "fletrozole"]
)
def test_nothing_is_forced_on_a_name_close_to_several(name: str) -> None:
    found = [each for each in mentions(f"Cells were treated with {name}.") if each.grounding]
    assert {each.grounding.entity.name for each in found if each.grounding} <= {name.lower(), name.rstrip("s")}
