"""The ledger: every row shows itself, narrow rows stay in their scope, and nothing jumps between look-alikes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.article import Reader
from pipeline.errors import KnowledgeError
from pipeline.lexicon import shipped
from pipeline.lexicon.corrections import COLUMNS, OPTIONAL, Correction, load_ledger, parse_ledger
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
    ({"reason": ""}, "no reason"),
    ({"contributor": "", "date": ""}, "no contributor and no date"),
    ({"correction_id": ""}, "no correction_id"),
    ({"surface": " | "}, "no surface"),
    ({"date": "21.11.2026"}, "date '21.11.2026' is no day"),
    ({"date": "2026-02-30"}, "date '2026-02-30' is no day"),
    ({"target": "letrozzzole"}, "target 'letrozzzole' is no preferred name"),
    ({"target": ""}, "target '' is no preferred name"),
    ({"target": "Femara"}, "target 'Femara' is no preferred name of the lexicon. Did you mean 'letrozole'?"),
    ({"kind": "non-entity"}, "a non-entity with the target 'letrozole'"),
    ({"scope": "context", "condition": "("}, "does not compile"),
    ({"scope": "context", "condition": ".*"}, "'.*' matches every text"),
    ({"scope": "context", "condition": "letro|", "safety": "context_only"}, "matches every text"),
    ({"except_": "x?"}, "'x?' matches every text"),
    ({"scope": "context", "condition": ".", "safety": "context_only"}, "'.' matches every text"),
    ({"scope": "context", "condition": r"\w+", "safety": "context_only"}, "matches every text"),
    ({"scope": "context", "condition": "breast|the", "safety": "context_only"}, "matches every text"),
    ({"scope": "context", "condition": "(?:re+)+sist", "safety": "context_only"}, "may take for ever"),
    ({"condition": "breast"}, "scope global with a condition"),
    ({"safety": "never_silent"}, "safety never_silent with scope global"),
    ({"surface": "-"}, "is too short"),
    ({"surface": "LZ"}, "surface 'LZ' is too short"),
    ({"surface": "letrosol | 123"}, "surface '123' is a number"),
    ({"surface": "Cells"}, "surface 'Cells' is a common word"),
    ({"surface": "letrozole"}, "'letrozole' is the name of its target"),
    ({"surface": "anastrozole"}, "'anastrozole' is the name of something else (anastrozole)"),
    ({"example": "a\tb"}, "15 columns instead of 14"),
]


@pytest.mark.parametrize(("changed", "problem"), REFUSED, ids=[problem for _, problem in REFUSED])
def test_a_row_that_cannot_be_used_is_refused_by_file_and_number(changed: dict[str, str], problem: str) -> None:
    with pytest.raises(KnowledgeError) as refused:
        list(parse_ledger(table(**changed), shipped(), "mine.tsv"))
    assert problem in str(refused.value)
    assert "mine.tsv" in str(refused.value)
    assert "2" in str(refused.value)


def rows(*changed: dict[str, str]) -> str:
    """A ledger with a row for each, with ids of their own and all columns."""
    lines = ["\t".join((*COLUMNS, *OPTIONAL))]
    for number, each in enumerate(changed, start=1):
        cells = dict.fromkeys(OPTIONAL, "") | ROW | {"correction_id": f"t{number}"} | each
        lines.append("\t".join(cells[column] for column in (*COLUMNS, *OPTIONAL)))
    return "\n".join(lines) + "\n"


LETROSOL_TOO = {"surface": "Letro-sol", "target": "anastrozole"}
HERE, THERE = {"scope": "document", "documents": "pmid:1"}, {"scope": "document", "documents": "pmid:2"}
A_IS_B, B_IS_C = {"surface": "letrozole"}, {"surface": "anastrozole"}
TOGETHER_REFUSED = [
    ([{}, LETROSOL_TOO], 3, "t2 says that 'Letro-sol' is anastrozole, but t1 (mine, row 2) says letrozole"),
    ([{}, {"kind": "non-entity", "target": ""}], 3, "t2 says that 'letrosol' is no name"),
    ([HERE, HERE | LETROSOL_TOO], 3, "in the same scope"),
    ([HERE | {"documents": "pmid:3 | PMID:1"}, HERE | LETROSOL_TOO], 3, "in the same scope"),
    ([{"surface": "anastrazole"}], 2, "but c0005 (corrections.tsv, row 6) says anastrozole"),
    ([{}, {"correction_id": "t1", "surface": "x-letro"}], 3, "id 't1' stands already in row 2"),
    ([HERE | A_IS_B | {"target": "anastrozole"}, THERE | B_IS_C], 2, "t1 leads back to its own surface (t1 → t2)"),
    (
        [HERE | A_IS_B | {"target": "anastrozole"}, HERE | B_IS_C | {"target": "exemestane"},
         HERE | {"surface": "exemestane"}],
        2, "(t1 → t2 → t3)",
    ),
    ([{"active": "perhaps"}], 2, "active is 'perhaps'"),
]  # fmt: skip
TOGETHER_TAKEN = [
    [HERE, THERE | {"target": "anastrozole"}],
    [{}, HERE | {"target": "anastrozole"}],
    [{}, LETROSOL_TOO | {"active": "no"}],
    [{}, {"surface": "letrosol"}],
    [HERE | A_IS_B | {"target": "anastrozole"}, HERE | B_IS_C | {"active": "no"}],
    [{"correction_id": "c0005", "surface": "anastrazole"}],
    [{"correction_id": "c0005", "surface": "anastrazole", "active": "NO"}, {"surface": "anastrazole"}],
    [{"surface": "ABC", "kind": "non-entity", "target": "", "safety": "in_context", "scope": "context",
      "condition": "acronym"}],
]  # fmt: skip


@pytest.mark.parametrize(("changed", "row", "problem"), TOGETHER_REFUSED, ids=[each[2] for each in TOGETHER_REFUSED])
def test_rows_that_cannot_stand_together_are_refused(
    tmp_path: Path, changed: list[dict[str, str]], row: int, problem: str
) -> None:
    own = tmp_path / "corrections.tsv"
    own.write_text(rows(*changed), "utf-8")
    with pytest.raises(KnowledgeError) as refused:
        load_ledger(shipped(), tmp_path)
    assert str(refused.value).startswith(f"{own}, row {row}: ")
    assert problem in str(refused.value).replace(str(own), "mine")


@pytest.mark.parametrize("changed", TOGETHER_TAKEN, ids=range(len(TOGETHER_TAKEN)))
def test_rows_that_can_stand_together_are_taken(tmp_path: Path, changed: list[dict[str, str]]) -> None:
    (tmp_path / "corrections.tsv").write_text(rows(*changed), "utf-8")
    ledger = load_ledger(shipped(), tmp_path)
    ids = {each.get("correction_id", f"t{number}") for number, each in enumerate(changed, start=1)}
    assert ids <= {row.correction_id for row in (*ledger.corrections, *ledger.inactive)}


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"", "the columns are nothing"), (b"a\tb\n", "the columns are a, b"), (b"\xff\xfe\x00", "is not UTF-8")],
)
def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    (tmp_path / "corrections.tsv").write_bytes(content)
    with pytest.raises(KnowledgeError, match=rf"corrections\.tsv, row 1: {problem}"):
        load_ledger(shipped(), tmp_path)


def test_a_row_has_no_effect_outside_its_scope(tmp_path: Path) -> None:
    told = {"scope": "context", "condition": "breast", "except_": "unlike", "safety": "context_only"}
    (tmp_path / "corrections.tsv").write_text(rows(told, HERE | {"surface": "letrosyl"}), "utf-8")
    mine = Reader(home=tmp_path, screened=False)
    sections = (
        ("abstract", "Letrosol in breast tumours. Letrosyl too. It is unlike letrosol."),
        ("results", "Letrosol."),
    )
    for identity, expected in (("pmid:1", ["Letrosol", "Letrosyl"]), ("pmid:2", ["Letrosol"])):
        article = mine.names(replace(document(*sections), document_id=identity))
        found = [each.text for sentence in article.sentences for each in sentence.mentions if "etros" in each.text]
        assert found == expected


def test_two_rows_that_hold_in_one_place_leave_the_name_ambiguous(tmp_path: Path) -> None:
    one = {"scope": "context", "condition": "breast", "safety": "context_only"}
    other = one | {"condition": "tumours", "target": "anastrozole"}
    (tmp_path / "corrections.tsv").write_text(rows(one, other), "utf-8")
    mine = Reader(home=tmp_path, screened=False)
    told = [mentions(f"Letrosol in {words}.", mine)[0].grounding for words in ("breast", "tumours", "breast tumours")]
    assert [each and each.correction_id for each in told] == ["t1", "t2", None]
    assert told[2]
    assert [each.name for each in told[2].candidates] == ["letrozole", "anastrozole"]


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
    assert mine.fingerprint == reader(screened=False).fingerprint
    assert mine.ledger.fingerprint != reader(screened=False).ledger.fingerprint


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
