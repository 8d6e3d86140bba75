"""Mention → grounding, with its reason; what could be several things stays ambiguous."""

from __future__ import annotations

import pytest

from pipeline.annotate import Annotator
from pipeline.annotate.nlp import load_models
from pipeline.lexicon import COLUMNS, Lexicon, index, parse_table
from pipeline.lexicon.corrections import Ledger
from pipeline.lexicon.lookup import read_abbreviation, read_name
from pipeline.lexicon.patterns import NamePatterns, shipped_patterns
from pipeline.model import Sentence
from pipeline.normalise import DocumentNames, Normaliser, variant_name
from tests.reading import document

TABLE = (
    "\t".join(COLUMNS)
    + """
unii:1\tdrug\tletrozole\tbrand:Femara\t\t\ttest\t
unii:2\tdrug\tpemetrexed\talias:TS inhibitor\t\t\ttest\t
hgnc:1\tgene\tTYMS\tprotein:thymidylate synthase | abbr:=TS\t\t\ttest\t
hgnc:2\tgene\tTSC1\tprotein:tuberous sclerosis 1 | abbr:=TS\t\t\ttest\t
hgnc:3\tgene\tESR1\tprotein:estrogen receptor | abbr:=ER\t\t\ttest\t
\tdrug_class\taromatase inhibitor\tabbr:=AI\t\t\ttest\t
"""
)
LEXICON = index(tuple(parse_table("test.tsv", TABLE)))


def grounded(text: str, lexicon: Lexicon = LEXICON) -> list[tuple[str, str | None, str]]:
    given = document(("abstract", text))
    annotator = Annotator(lexicon, shipped_patterns(), load_models(()))
    normaliser = Normaliser(lexicon, shipped_patterns(), Ledger.holding(()))
    short_forms = annotator.abbreviations(given)
    names = DocumentNames.of(given, short_forms)
    (section,) = annotator.first_reading(given, short_forms)
    whole = Sentence(0, 0, len(text), text, mentions=section.mentions)
    mentions = normaliser.ground(whole, text, names).mentions
    return [(each.text, each.grounding.entity.name, each.grounding.reason) for each in mentions if each.grounding]


CASES = [
    ("Femara", [("Femara", "letrozole", "exact:brand")]),
    ("Thymidylate synthase", [("Thymidylate synthase", "TYMS", "exact:protein")]),
    ("high TS levels", [("TS", "TS", "ambiguous")]),
    (
        "thymidylate synthase (TS) and TS",
        [
            ("thymidylate synthase", "TYMS", "exact:protein"),
            ("TS", "TYMS", "abbreviation of 'thymidylate synthase'"),
            ("TS", "TYMS", "abbreviation of 'thymidylate synthase'"),
        ],
    ),
    ("artificial intelligence (AI) helped; AI again", []),
    (
        "an aromatase inhibitor (AI); two AIs",
        [
            ("aromatase inhibitor", "aromatase inhibitor", "exact:name"),
            ("AI", "aromatase inhibitor", "abbreviation of 'aromatase inhibitor'"),
            ("AIs", "aromatase inhibitor", "abbreviation of 'aromatase inhibitor'"),
        ],
    ),
    ("madeupatinib", [("madeupatinib", "madeupatinib", "unknown")]),
]


@pytest.mark.parametrize(("text", "wanted"), CASES, ids=[text for text, _ in CASES])
def test_grounding_gives_its_reason(text: str, wanted: list[tuple[str, str, str]]) -> None:
    assert grounded(text) == wanted


def test_an_ambiguous_name_keeps_its_candidates_and_no_identifier() -> None:
    reading = read_name(LEXICON, "TS")
    assert (reading.entity, reading.reason) == (None, "ambiguous")
    assert {entity.name for entity in reading.candidates} == {"TYMS", "TSC1"}


def test_leading_words_and_a_plural_are_no_part_of_a_name() -> None:
    assert [read_name(LEXICON, text).reason for text in ("human TYMS", "the aromatase inhibitors", "mouse")] == [
        "exact:name", "exact:plural", "unknown",
    ]  # fmt: skip


def test_a_long_form_that_shares_a_word_lets_the_short_form_stand() -> None:
    reading = read_abbreviation(LEXICON, "ER", "estrogen receptor protein")
    assert reading.entity is not None
    assert reading.entity.name == "ESR1"
    assert read_abbreviation(LEXICON, "ER", "endoplasmic reticulum").entity is None


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("p.(Tyr537Ser)", "Y537S"), ("Thr790Met", "T790M"), ("p.T790M", "T790M"), ("V600E/K", "V600E/K"),
        ("exon 19 deletion", "exon 19 deletion"), ("ITD", "ITD"),
    ],
)  # fmt: skip
def test_protein_variants_have_one_name(written: str, name: str) -> None:
    assert variant_name(written) == name


def test_no_pattern_no_name() -> None:
    annotator = Annotator(LEXICON, NamePatterns((), ()), load_models(()))
    assert annotator.names("madeupatinib and NCT99000001") == ()
