"""Names in running text: what is found, what is left alone, and where a name begins and ends."""

from __future__ import annotations

import pytest

from pipeline.annotate.names import NameFinder, without_overlaps
from pipeline.annotate.shapes import build_composites, find_shapes
from pipeline.lexicon import COLUMNS, index, parse_table
from pipeline.lexicon.patterns import Composite, NamePattern, shipped_patterns
from pipeline.model import Kind, Mention
from tests.marked import unmark
from tests.reading import names

TABLE = (
    "\t".join(COLUMNS)
    + """
unii:1\tdrug\tfulvestrant\tcode:ICI 182,780 | brand:Faslodex\t\t\ttest\t
unii:3\tdrug\tletrozole\tcode:CGS 20267\t\t\ttest\t
unii:2\tdrug\tdactolisib\tcode:NVP-BEZ235 | code:BEZ235\t\t\ttest\t
hgnc:1\tgene\tMET\tprotein:hepatocyte growth factor receptor\t\t\ttest\t
hgnc:2\tgene\tTGFB1\talias:TGF-β1\t\t\ttest\t
\tcell_line\tMCF-7\t\t\t\ttest\t
\tcell_line\tMCF-7Ca\t\t\t\ttest\t
\tdrug_class\taromatase inhibitor\tabbr:=AI\t\t\ttest\t
"""
)
FINDER = NameFinder(index(tuple(parse_table("test.tsv", TABLE)), frozenset(["Met"])))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("with ICI 182,780.", ["ICI 182,780"]),
        ("ICI-182780 or ICI 182 780", ["ICI-182780", "ICI 182 780"]),
        ("CGS 20,267, CGS-20 267 and CGS20267", ["CGS 20,267", "CGS-20 267", "CGS20267"]),
        ("in CGS 2 0267", []),
        ("NVP‑BEZ235, BEZ-235", ["NVP‑BEZ235", "BEZ-235"]),
        ("MCF-7Ca and MCF7 cells", ["MCF-7Ca", "MCF7"]),
        ("Two AIs failed; the AI failed", ["AIs", "AI"]),
        ("they said it, ai ai", []),
        ("the conditions were met; Met; MET", ["MET"]),
        ("TGF-beta1 and TGFβ-1", ["TGF-beta1", "TGFβ-1"]),
        ("aromatase inhibitors", ["aromatase inhibitors"]),
        ("antifulvestrants and fulvestrantlike", []),
        ("a growth factor", []),
        ("Faslodex®", ["Faslodex"]),
    ],
)
def test_names_of_the_lexicon(text: str, found: list[str]) -> None:
    mentions = FINDER.find(text)
    assert [mention.text for mention in mentions] == found
    assert [text[mention.start : mention.end] for mention in mentions] == found


def test_the_longest_of_overlapping_names_is_kept() -> None:
    short, long, apart = (Mention(a, b, "x" * (b - a), Kind.GENE, "lexicon") for a, b in ((0, 4), (2, 9), (9, 11)))
    assert without_overlaps([short, apart, long]) == (long, apart)


PATTERNS = shipped_patterns()
COMPOSED = [(row, each) for row in PATTERNS.composites for each in row.examples]
NOT_COMPOSED = [(row, each) for row in PATTERNS.composites for each in row.counterexamples]


@pytest.mark.parametrize(("row", "example"), [(row, each) for row in PATTERNS.patterns for each in row.examples])
def test_a_shape_shows_itself(row: NamePattern, example: str) -> None:
    text, _, name = example.partition(" → ")
    assert [mention.text for mention in find_shapes(text, [row])] == [name or text]


@pytest.mark.parametrize(("row", "text"), [(row, each) for row in PATTERNS.patterns for each in row.counterexamples])
def test_a_shape_leaves_its_counterexamples(row: NamePattern, text: str) -> None:
    assert list(find_shapes(text, [row])) == []


@pytest.mark.parametrize(("row", "example"), COMPOSED)
def test_a_composite_takes_the_words_around_it(row: Composite, example: str) -> None:
    text, mentions = unmark(example.replace("|", ""))
    (made,) = build_composites(text, mentions, [row])
    wanted = unmark(example.partition("|")[0])[0]
    assert (made.text, made.kind) == (wanted, row.becomes)


@pytest.mark.parametrize(
    ("row", "example"), [(row, each) for row in PATTERNS.composites for each in row.counterexamples]
)
def test_a_composite_leaves_its_counterexamples(row: Composite, example: str) -> None:
    text, mentions = unmark(example)
    assert build_composites(text, mentions, [row]) == mentions


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("V600E/K", [("V600E", ""), ("K", "V600K")]),
        ("p.G12C/D/V", [("p.G12C", ""), ("D", "G12D"), ("V", "G12V")]),
        ("T790M", [("T790M", "")]),
    ],
)
def test_alternatives_are_variants_of_their_own(text: str, found: list[tuple[str, str]]) -> None:
    (row,) = [each for each in PATTERNS.patterns if each.id == "variant.substitution"]
    made = list(find_shapes(text, [row]))
    assert [(each.text, (each.label or "").partition(":")[2]) for each in made] == found
    assert [text[each.start : each.end] for each in made] == [each.text for each in made]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("The L-shaped plot and the MET gene", {"MET": "MET"}),
        ("BRAF V600E/K melanoma", {"BRAF": "BRAF", "V600E": "BRAF V600E", "K": "BRAF V600K", "melanoma": "melanoma"}),
        ("EGFR p.(Thr790Met)", {"EGFR": "EGFR", "p.(Thr790Met)": "EGFR T790M"}),
        ("NCT99000001", {"NCT99000001": "NCT99000001"}),
        ("madeupatinib was given", {"madeupatinib": "madeupatinib"}),
        ("Induction chemotherapy failed", {"Induction chemotherapy": "induction chemotherapy"}),
    ],
)
def test_names_are_found_and_grounded(text: str, meant: dict[str, str]) -> None:
    assert names(text) == meant


NO_NAMES = [
    ("Patients with PS 2 or PS 0-1.", "PS 2"),
    ("The Pv-aCO2 gradient rose.", "aCO2"),
    ("Primer CAT GCC AGT TCC was used.", "AGT"),
    ("The haplotypes CAC vs AGT differed.", "AGT"),
    ("Cells died (Figure S11A).", "S11A"),
    ("See Figs. S5C, S11F and S12G.", "S11F"),
]


@pytest.mark.parametrize(("text", "written"), NO_NAMES, ids=[text for text, _ in NO_NAMES])
def test_what_looks_like_a_name_is_none(text: str, written: str) -> None:
    assert written not in names(text)


STILL_NAMES = [
    ("PC-3 and PC3 cells", {"PC-3": "PC3", "PC3": "PC3"}),
    ("IL-2 and IL 2", {"IL-2": "IL2", "IL 2": "IL2"}),
    ("eIF4A1 and EIF4A1", {"eIF4A1": "EIF4A1", "EIF4A1": "EIF4A1"}),
    ("ER α and ERα", {"ER α": "ESR1", "ERα": "ESR1"}),
    ("CAT, SOD and glutathione", {"CAT": "catalase", "SOD": "SOD", "glutathione": "glutathione"}),
    ("CYP2D6*4 and *10 of CYP2D6", {"CYP2D6": "CYP2D6", "*4": "CYP2D6*4", "*10": "CYP2D6*10"}),
    ("UGT1A1*28", {"UGT1A1": "UGT1A1", "*28": "UGT1A1*28"}),
    ("EGFR T790M, C797S and KRAS G12C", {
        "EGFR": "EGFR", "T790M": "EGFR T790M", "C797S": "EGFR C797S", "KRAS": "KRAS", "G12C": "KRAS G12C",
    }),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), STILL_NAMES, ids=[text for text, _ in STILL_NAMES])
def test_what_is_a_name_is_found_as_it_is_written(text: str, wanted: dict[str, str]) -> None:
    assert names(text) == wanted
