"""Short forms as a document defines them, and their uses found again."""

from __future__ import annotations

import pytest

from pipeline.annotate import ShortForms
from pipeline.annotate.abbreviations import AbbreviationReader, defined_names
from pipeline.annotate.names import NameFinder
from pipeline.annotate.tokenizer import blank
from pipeline.lexicon import shipped
from pipeline.model import Kind
from tests.reading import document

READER = AbbreviationReader(blank())

CASES = [
    ("epithelial-mesenchymal transition (EMT) occurred", {"EMT": "epithelial-mesenchymal transition"}),
    ("an estrogen receptor (ER)-positive tumour", {"ER": "estrogen receptor"}),
    ("progression-free survival (PFS; 3 months)", {}),
    ("tumours (n = 12) grew (Fig. 3)", {}),
    ("no bracket here", {}),
]


@pytest.mark.parametrize(("text", "wanted"), CASES, ids=[text for text, _ in CASES])
def test_definitions(text: str, wanted: dict[str, str]) -> None:
    assert dict(READER.read(document(("abstract", text)))) == wanted


def test_the_first_definition_holds_in_all_sections_but_not_one_of_a_table() -> None:
    given = document(
        ("table", "minimal residual disease (MRD)\tx"),
        ("abstract", "multidrug resistance (MDR) was seen"),
        ("results", "median dose ratio (MDR) was 3"),
    )
    assert dict(READER.read(given)) == {"MDR": "multidrug resistance"}


def test_uses_are_found_with_the_kind_of_what_they_stand_for() -> None:
    forms = ShortForms.of({"AI": "aromatase inhibitor", "MRI": "magnetic resonance imaging"}, shipped())
    found = [(each.text, each.kind) for each in forms.find("AIs and an AI, no MRI, no RAI, no AIDS")]
    assert found == [("AIs", Kind.DRUG_CLASS), ("AI", Kind.DRUG_CLASS), ("MRI", None)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("O6-benzylguanine (BG) was given.", {"BG": "O6-benzylguanine"}),
        ("We added 9-cis retinoic acid ( 9cisRA ).", {"9cisRA": "9-cis retinoic acid"}),
        ("Cells saw paclitaxel (Taxol, TAX) first.", {"TAX": "Taxol"}),
        ("We used docetaxel (Sigma) and cisplatin (Merck).", {}),
        ("Doses of docetaxel (75 mg) were given.", {}),
        ("Docetaxel (weekly) was given.", {}),
    ],
)
def test_a_name_before_the_bracket_is_the_long_form(text: str, expected: dict[str, str]) -> None:
    assert dict(defined_names(document(("abstract", text)), NameFinder(shipped()).find)) == expected
