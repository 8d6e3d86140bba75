"""Mention → grounding, with its reason; what could be several things stays ambiguous."""

from __future__ import annotations

import pytest

from pipeline.annotate import Annotator
from pipeline.annotate.nlp import load_models
from pipeline.errors import KnowledgeError
from pipeline.lexicon import COLUMNS, Lexicon, index, parse_table, shipped
from pipeline.lexicon.contexts import Meaning, parse_contexts, shipped_contexts
from pipeline.lexicon.corrections import Ledger
from pipeline.lexicon.lookup import read_abbreviation, read_name
from pipeline.lexicon.patterns import NamePatterns, shipped_patterns
from pipeline.lexicon.variants import parse_variants, shipped_variants
from pipeline.model import Entity, Kind, Sentence
from pipeline.normalise import DocumentNames, Normaliser
from pipeline.normalise.micro_rnas import micro_rna_forms
from pipeline.normalise.variants import variant_name
from tests.reading import document, reader

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
        ("p.(Tyr537Ser)", "Y537S"), ("Thr790Met", "T790M"), ("p.T790M", "T790M"), ("p.Gln546Ter", "Q546*"),
        ("exon 19 deletions", "exon 19 deletion"), ("ITD", "ITD"),
        ("del19", "exon 19 deletion"), ("ex20ins", "exon 20 insertion"), ("skipping of exon 14", "exon 14 skipping"),
        ("p.Glu746_Ala750del", "E746_A750del"), ("p.(Arg97fs)", "R97fs"), ("c.2573 T > G", "c.2573T>G"),
        ("Met", "Met"), ("rs1045642", "rs1045642"),
    ],
)  # fmt: skip
def test_protein_variants_have_one_name(written: str, name: str) -> None:
    assert variant_name(written) == name


def test_no_pattern_no_name() -> None:
    annotator = Annotator(LEXICON, NamePatterns((), ()), load_models(()))
    assert annotator.names("madeupatinib and NCT99000001") == ()


# ------------------------------------------------------------------------------------------------ the shipped names


def meant(text: str) -> list[tuple[str, str | None, str]]:
    """(text, name, reason) of each name, as the program is shipped."""
    article = reader(screened=False).names(document(("abstract", text)))
    mentions = [mention for sentence in article.sentences for mention in sentence.mentions]
    return [(each.text, each.grounding.entity.name, each.grounding.reason) for each in mentions if each.grounding]


MEANINGS = [meaning for rows in shipped_contexts(shipped()).by_surface.values() for meaning in rows]


@pytest.mark.parametrize("meaning", MEANINGS, ids=[f"{each.surface}: {each.example[:40]}" for each in MEANINGS])
def test_a_short_name_means_what_its_context_says(meaning: Meaning) -> None:
    found = {text: name for text, name, _ in meant(meaning.example)}
    assert found.get(meaning.surface) == (meaning.entity.name if meaning.entity else None)


@pytest.mark.parametrize("surface", ["ER", "AR", "MET", "CAT", "AI", "IR", "P-gp", "pS2", "TS", "ANA", "GC"])
def test_a_short_name_without_context_is_the_usual_one_or_ambiguous(surface: str) -> None:
    usual = {"MET": "MET", "P-gp": "ABCB1"}.get(surface)
    ((text, name, reason),) = meant(f"{surface} was seen.")
    assert (text, name) == (surface, usual or surface)
    assert reason.startswith("context: nothing speaks against" if usual else "ambiguous")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("EGFR T790M was seen.", {"T790M": "EGFR T790M"}),
        ("L858R/T790M was seen.", {"L858R": "EGFR L858R", "T790M": "EGFR T790M"}),
        ("BRAF V600E/K melanoma.", {"V600E": "BRAF V600E", "K": "BRAF V600K"}),
        ("BRAFV600E tumours.", {"V600E": "BRAF V600E"}),
        ("ESR1 mutations (Y537S and D538G).", {"Y537S": "ESR1 Y537S", "D538G": "ESR1 D538G"}),
        ("G12C in KRAS.", {"G12C": "KRAS G12C"}),
        ("G12C was seen; KRAS G12C again.", {"G12C": "KRAS G12C"}),
        ("G12C was seen.", {"G12C": "G12C"}),
        ("KRAS G12C here, NRAS G12C there; G12C is known.", {"G12C": "G12C"}),
        ("AKT2 E17K and AKT1.", {"E17K": "AKT2 E17K"}),
        ("BCR-ABL1 (p.Thr315Ile).", {"p.Thr315Ile": "ABL1 T315I"}),
        ("A deletion in exon 19 of EGFR.", {"deletion in exon 19": "EGFR exon 19 deletion"}),
        ("EGFR c.2573T>G (p.Leu858Arg).", {"c.2573T>G": "EGFR c.2573T>G", "p.Leu858Arg": "EGFR L858R"}),
        ("TP53, E746_A750del.", {"E746_A750del": "E746_A750del"}),
    ],
)  # fmt: skip
def test_a_variant_is_tied_to_the_gene_that_the_text_names(text: str, found: dict[str, str]) -> None:
    variants = {written: name for written, name, reason in meant(text) if "variant" in reason or "several" in reason}
    assert variants == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("paclitaxell", ("paclitaxel", "typo of paclitaxel")),
        ("Osimertinb", ("osimertinib", "typo of osimertinib")),
        ("fulvestrnat", ("fulvestrant", "typo of fulvestrant")),
    ],
)
def test_a_misspelling_of_one_letter_is_read(text: str, found: tuple[str, str]) -> None:
    assert meant(f"They were given {text} for a year.") == [(text, *found)]


@pytest.mark.parametrize(
    "text",
    [
        "a reversing dose", "morphing cells", "avermectin", "plumbagic acid", "They took cisplatins",
        "the xletrozolo (Xletro, a new compound)", "folinic", "a new compound, letrozolex (LTX)",
    ],
)  # fmt: skip
def test_words_substances_and_names_explained_are_no_misspellings(text: str) -> None:
    assert [reason for _, _, reason in meant(f"{text} was seen.") if reason.startswith("typo")] == []


@pytest.mark.parametrize(
    "text", ["E. coli", "BALB/c", "C57BL/6", "S. cerevisiae", "CD-1", "Sprague-Dawley", "NOD/SCID"]
)
def test_species_and_strains_are_no_genes(text: str) -> None:
    article = reader(screened=False).names(document(("abstract", f"{text} carried it for three weeks.")))
    kinds = {mention.kind for sentence in article.sentences for mention in sentence.mentions}
    assert kinds <= {None}


@pytest.mark.parametrize(
    ("written", "forms"),
    [
        ("Has-mir-195a-5p", ["miR-195a-5p", "miR-195a", "miR-195"]),
        ("hsa-let-7b", ["let-7b", "let-7b"]),
        ("microRNA 21*", ["miR-21*", "miR-21"]),
        ("MET", []),
    ],
)
def test_the_forms_of_a_micro_rna(written: str, forms: list[str]) -> None:
    assert list(micro_rna_forms(written)) == forms


@pytest.mark.parametrize("written", ["hsa-miR-195-5p", "miR-195", "Has-mir-195a-5p", "MIR195", "microRNA-195"])
def test_a_micro_rna_is_one_however_it_is_printed(written: str) -> None:
    assert [name for _, name, _ in meant(f"{written} was raised.")] == ["miR-195"]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("ER\tESR1\tx\t\tcurated", "not a whole row"),
        ("ER\tnothing\tx\tER.\tcurated", "no preferred name"),
        ("ER\tESR1\t(\tER.\tcurated", "does not compile"),
        ("ER\tESR1\tx*\tER.\tcurated", "matches every text"),
    ],
)
def test_a_context_that_cannot_be_used_is_refused(row: str, problem: str) -> None:
    with pytest.raises(KnowledgeError, match=problem):
        list(parse_contexts(row, LEXICON))


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("T790M\tEGFR\t", "not a whole row"),
        ("T790\tEGFR\tx", "no change"),
        ("T790M\tEGFR\tx\nT790M\tALK\tx", "already"),
    ],
)
def test_a_known_variant_that_cannot_be_used_is_refused(row: str, problem: str) -> None:
    with pytest.raises(KnowledgeError, match=problem):
        parse_variants(row)


def test_every_known_variant_is_of_a_known_gene() -> None:
    genes = {entry.entity.name for entry in shipped().entries if entry.entity.kind is Kind.GENE}
    assert set(shipped_variants().values()) - genes == set()


STATES = [
    ("p-AKT", "AKT (phosphorylated)"),
    ("pAKT", "AKT (phosphorylated)"),
    ("p-MAPK", "ERK (phosphorylated)"),
    ("phospho-ERK5", "MAPK7 (phosphorylated)"),
    ("phosphorylated STAT3", "STAT3 (phosphorylated)"),
    ("p-4E-BP1", "EIF4EBP1 (phosphorylated)"),
    ("p-Rb", "RB1 (phosphorylated)"),
    ("pRb", "RB1"),
    ("AKT", "AKT"),
    ("p53", "TP53"),
    ("p110α", "PIK3CA"),
    ("P-glycoprotein", "ABCB1"),
]


@pytest.mark.parametrize(("written", "called"), STATES, ids=[written for written, _ in STATES])
def test_a_phosphorylated_protein_is_told_apart_from_the_protein(written: str, called: str) -> None:
    article = reader(screened=False).names(document(("abstract", f"The level of {written} rose.")))
    (mention,) = article.sentences[0].mentions
    assert mention.text == written
    assert mention.grounding
    assert mention.grounding.entity.called == called


def test_a_state_goes_with_an_abbreviation_of_the_document() -> None:
    text = "The progesterone receptor (PR) was measured. The phospho-PR fell."
    article = reader(screened=False).names(document(("abstract", text)))
    mentions = [each for sentence in article.sentences for each in sentence.mentions]
    assert [(each.text, each.grounding and each.grounding.entity.called) for each in mentions] == [
        ("progesterone receptor", "PGR"),
        ("PR", "PGR"),
        ("phospho-PR", "PGR (phosphorylated)"),
    ]


def test_a_phosphorylated_protein_makes_claims_of_its_own() -> None:
    plain, phosphorylated = (Entity("fplx:AKT", "AKT", Kind.GENE, state) for state in (None, "phosphorylated"))
    assert plain.key != phosphorylated.key
    assert plain.curie == phosphorylated.curie


SELECTED = [
    (
        "Letrozole-resistant (LR) cell clones were made. The LR clones grew.",
        {("LR", "letrozole-resistant clones", "cell_line")},
    ),
    (
        "Cisplatin-resistant (CR) ovarian cancer cell lines were made. CR lines grew.",
        {("CR", "cisplatin-resistant ovarian cancer cell lines", "cell_line")},
    ),
    ("Tamoxifen-resistant (TamR) xenografts. TamR grew.", {("TamR", "tamoxifen-resistant xenografts", "model")}),
    ("Tamoxifen-resistant (TamR) T47D cells. TamR grew.", {("TamR", "tamoxifen-resistant T47D cells", "cell_line")}),
    ("Tamoxifen-resistant (TamR) MCF-7 cells. TamR grew.", {("TamR", "MCF-7/TAMR", "cell_line")}),
    ("The likelihood ratio (LR) was 2. The LR fell.", set()),
    ("Platinum-resistant (PR) disease. PR was frequent.", set()),
    ("Long-term estrogen deprivation (LTED) models were made.", {("LTED", "LTED", "cell_line")}),
    ("Long-term estrogen deprivation (LTED) was kept up.", {("LTED", "estrogen deprivation", "drug_class")}),
    ("Long-term estrogen-deprived (LTED) MCF-7 cells were made.", {("LTED", "LTED", "cell_line")}),
    ("Hepatocellular carcinoma (HCC) cells were grown.", {("HCC", "hepatocellular carcinoma", "disease")}),
]


@pytest.mark.parametrize(("text", "wanted"), SELECTED, ids=[text for text, _ in SELECTED])
def test_an_abbreviation_of_selected_cells_stands_for_these_cells(text: str, wanted: set[tuple[str, str, str]]) -> None:
    article = reader(screened=False).names(document(("abstract", text)))
    mentions = [each for sentence in article.sentences for each in sentence.mentions if each.found_by == "abbreviation"]
    found = {(each.text, each.grounding.entity.name, each.grounding.entity.kind) for each in mentions if each.grounding}
    assert found == wanted
