"""The tables of names: what the loader refuses, how names are compared, and that the shipped tables are sound."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

import pytest

from pipeline.errors import KnowledgeError
from pipeline.lexicon import COLUMNS, Entry, case_fits, index, must_be_exact, parse_table, shipped
from pipeline.lexicon.lookup import read_abbreviation, read_name
from pipeline.model import Kind
from pipeline.text import squash

LEXICON = shipped()
HEADER = "\t".join(COLUMNS)
# What happens to a molecule; with its name in front it is a change of the molecule, not a process.
CHANGE = re.compile(
    r"(?:gene |protein )?(?:mutation|amplification|loss|deletion|(?:over-?|under-?)?expression|rearrangement|fusion|"
    r"translocation|inactivation|silencing|knock-?(?:down|out)|(?:up|down)-?regulation|deficiency|depletion|"
    r"phosphorylation|hyper-?methylation|promoter methylation|copy number gain|positivity|negativity|status)s?"
)
SHAPES = {
    "unii": r"[0-9A-Z]{10}",
    "hgnc": r"[1-9]\d*",
    "mesh": r"[CD]\d+",
    "fplx": r"\w+",
    "resistmine": r"[a-z_]+/[a-z0-9-]+",
}


def line(**cells: str) -> str:
    filled = {"kind": "drug", "name": "letrozole", "source": "curated"} | cells
    return "\t".join(filled.get(column, "") for column in COLUMNS)


def entries(*lines: str) -> list[Entry]:
    return list(parse_table("t.tsv", "\n".join([HEADER, "# a comment", "", *lines])))


def surfaces(name: str) -> set[str]:
    """The folded surfaces of the entries of this name."""
    return {squash(each.text) for entry in LEXICON.entries if entry.entity.name == name for each in entry.surfaces}


def meaning(text: str) -> str | None:
    entity = read_name(LEXICON, text).entity
    return entity.name if entity else None


# ------------------------------------------------------------------------------------------------ the loader


def test_a_row_becomes_an_entry() -> None:
    (entry,) = entries(
        line(
            entity_id="unii:7LKK855W8I",
            synonyms="brand:Femara | abbr:=LET",
            parents="aromatase inhibitor | antiestrogen",
            facts="first=1998 | route=oral",
            source="curated | FDA UNII 2025",
        )
    )
    assert (entry.entity.curie, entry.entity.name, entry.entity.kind) == ("unii:7LKK855W8I", "letrozole", Kind.DRUG)
    assert [(each.text, each.type, each.exact) for each in entry.surfaces] == [
        ("letrozole", "name", False),
        ("Femara", "brand", False),
        ("LET", "abbr", True),
    ]
    assert entry.parents == ("aromatase inhibitor", "antiestrogen")
    assert dict(entry.facts) == {"first": "1998", "route": "oral"}
    assert entry.source == ("curated", "FDA UNII 2025")


@pytest.mark.parametrize(
    ("name", "curie"),
    [
        ("trastuzumab emtansine", "resistmine:drug/trastuzumab-emtansine"),
        ("PI3Kα inhibitor", "resistmine:drug/pi3kalpha-inhibitor"),
        ("3,3'-diindolylmethane", "resistmine:drug/3-3-diindolylmethane"),
    ],
)
def test_a_row_without_an_identifier_gets_a_local_one(name: str, curie: str) -> None:
    assert entries(line(name=name))[0].entity.curie == curie


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ("drug\tletrozole", "2 columns instead of 8 (entity_id, kind, name, synonyms"),
        (line() + "\t", "9 columns instead of 8"),
        (line(kind="medicine"), "unknown kind 'medicine'"),
        (line(name=""), "no name or no source"),
        (line(source=""), "no name or no source"),
        (line(entity_id="7LKK855W8I"), "'7LKK855W8I' is no CURIE"),
        (line(entity_id="UNII: 7LKK855W8I"), "'UNII: 7LKK855W8I' is no CURIE"),
        (line(synonyms="Femara"), "synonym 'Femara' has no known type"),
        (line(synonyms="trade:Femara"), "synonym 'trade:Femara' has no known type"),
        (line(synonyms="brand:"), "synonym 'brand:' has no known type"),
        (line(synonyms="abbr:=-"), "synonym 'abbr:=-' has no letter or digit"),
        (line(facts="parental"), "fact 'parental' has no value"),
        (line(name="Letrozole"), "'Letrozole' stands already in row 4"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_with_its_place(bad: str, problem: str) -> None:
    with pytest.raises(KnowledgeError, match=re.escape(f"t.tsv, row 5: {problem}")):
        entries(line(), bad)


def test_the_same_name_may_stand_for_two_kinds() -> None:
    rows = entries(line(name="BRCA", kind="gene"), line(name="BRCA", kind="disease"))
    assert [entry.entity.kind for entry in rows] == [Kind.GENE, Kind.DISEASE]


# ------------------------------------------------------------------------------------------------ case and folding


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("MET", True), ("Akt", True), ("p53", True), ("CAT", True), ("REST", True), ("ESR1", False), ("SMAD4", False),
        ("IMPACT", False), ("Femara", False), ("letrozole", False), ("T-DM1", False), ("AI", True), ("GIST", True),
    ],
)  # fmt: skip
def test_short_names_and_capital_words_match_in_their_own_case_only(text: str, exact: bool) -> None:
    assert must_be_exact(text) is exact


@pytest.mark.parametrize(
    ("surface", "text", "fits"),
    [
        ("MET", "MET", True),
        ("MET", "met", False),
        ("AI", "AIs", True),
        ("AI", "ai", False),
        ("p53", "P53", False),
        ("letrozole", "LETROZOLE", True),
        ("TGFB1", "Tgfb1", True),
    ],
)
def test_a_text_fits_the_case_of_a_surface(surface: str, text: str, fits: bool) -> None:
    (entry,) = entries(line(kind="gene", name=surface))
    assert case_fits(entry.surfaces[0], text) is fits


@pytest.mark.parametrize(
    ("kind", "name", "plural"),
    [
        ("drug_class", "aromatase inhibitor", "aromatase inhibitors"),
        ("disease", "hematologic malignancy", "hematologic malignancies"),
        ("process", "drug holiday", "drug holidays"),
        ("disease", "metastasis", None),
        ("drug", "letrozole", None),
        ("disease", "GIST", None),
    ],
)
def test_classes_diseases_and_processes_have_a_plural(kind: str, name: str, plural: str | None) -> None:
    (entry,) = entries(line(kind=kind, name=name))
    assert [each.text for each in entry.surfaces if each.type == "plural"] == ([plural] if plural else [])


@pytest.mark.parametrize("text", ["ICI 182,780", "ICI-182780", "ici 182 780"])
def test_dashes_spaces_and_commas_do_not_matter(text: str) -> None:
    lexicon = index(tuple(entries(line(name="fulvestrant", synonyms="code:ICI 182,780"))))
    assert [entry.entity.name for entry, _ in lexicon.candidates(text)] == ["fulvestrant"]


@pytest.mark.parametrize("text", ["TGF-β1", "TGFβ1", "TGF-beta 1", "TGFbeta1"])
def test_greek_letters_may_be_spelled_out(text: str) -> None:
    lexicon = index(tuple(entries(line(kind="gene", name="TGFB1", synonyms="protein:TGF-β1"))))
    assert [entry.entity.name for entry, _ in lexicon.candidates(text)] == ["TGFB1"]


def test_the_most_direct_reading_of_a_name_wins_and_equal_ones_are_ambiguous() -> None:
    rows = (
        line(name="CHOP", kind="drug_class"),
        line(name="DDIT3", kind="gene", synonyms="abbr:CHOP | abbr:XYZ1"),
        line(name="other", kind="gene", synonyms="abbr:XYZ1"),
    )
    lexicon = index(tuple(entries(*rows)))
    assert [getattr(read_name(lexicon, text).entity, "name", None) for text in ("CHOP", "XYZ1")] == ["CHOP", None]
    assert read_name(lexicon, "XYZ1").reason == "ambiguous"


def test_the_long_form_decides_what_an_abbreviation_means() -> None:
    assert read_abbreviation(LEXICON, "AI", "artificial intelligence").entity is None
    found = read_abbreviation(LEXICON, "AI", "aromatase inhibitor").entity
    assert found is not None
    assert found.name == "aromatase inhibitor"


# ------------------------------------------------------------------------------------------------ the shipped tables


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        (Kind.DRUG, 200), (Kind.DRUG_CLASS, 40), (Kind.GENE, 250), (Kind.PROCESS, 80), (Kind.CELL_LINE, 50),
        (Kind.DISEASE, 30), (Kind.MIRNA, 50), (Kind.PATHWAY, 20), (Kind.MODEL, 5), (Kind.POPULATION, 5),
    ],
)  # fmt: skip
def test_there_is_enough_to_start_with(kind: Kind, least: int) -> None:
    assert Counter(entry.entity.kind for entry in LEXICON.entries)[kind] >= least


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("Femara", "letrozole", Kind.DRUG),
        ("CGS-20267", "letrozole", Kind.DRUG),
        ("PD-0332991", "palbociclib", Kind.DRUG),
        ("T-DM1", "trastuzumab emtansine", Kind.DRUG),
        ("CDK4/6 inhibitors", "CDK4/6 inhibitor", Kind.DRUG_CLASS),
        ("P-glycoprotein", "ABCB1", Kind.GENE),
        ("HER2", "ERBB2", Kind.GENE),
        ("SPIB", "SPIB", Kind.GENE),
        ("NSCLC", "non-small cell lung cancer", Kind.DISEASE),
        ("EMT", "epithelial-mesenchymal transition", Kind.PROCESS),
        ("drug holidays", "drug holiday", Kind.PROCESS),
        ("MCF7", "MCF-7", Kind.CELL_LINE),
        ("miR-21", "miR-21", Kind.MIRNA),
    ],
)
def test_well_known_names_are_known(text: str, name: str, kind: Kind) -> None:
    entity = read_name(LEXICON, text).entity
    assert entity is not None
    assert (entity.name, entity.kind) == (name, kind)


@pytest.mark.parametrize(
    "names",
    [
        ("letrozole", "leflutrozole", "anastrozole", "vorozole", "fadrozole"),
        ("LTLT-Ca", "RLT-Ca"),
        ("MCF-7", "MCF-7Ca", "MCF-7aro", "MCF-7/AROM-1"),
        ("trastuzumab", "trastuzumab emtansine", "trastuzumab deruxtecan", "trastuzumab duocarmazine"),
        ("tamoxifen", "4-hydroxytamoxifen", "endoxifen"),
        ("abiraterone", "abiraterone acetate"),
        ("paclitaxel", "docetaxel", "nab-paclitaxel"),
        ("tretinoin", "isotretinoin", "retinoic acid"),
    ],
    ids=lambda names: names[0],
)
def test_look_alikes_stay_apart(names: tuple[str, ...]) -> None:
    assert [meaning(name) for name in names] == list(names)
    shared = Counter(surface for name in names for surface in surfaces(name))
    assert [surface for surface, times in shared.items() if times > 1] == []


def test_every_identifier_is_given_once() -> None:
    given = Counter(entry.entity.curie for entry in LEXICON.entries)
    assert [curie for curie, times in given.items() if times > 1] == []


def test_every_identifier_has_the_shape_of_its_kind() -> None:
    curies = [entry.entity.curie or "" for entry in LEXICON.entries]
    parts = [(curie, *curie.split(":", 1)) for curie in curies]
    assert [curie for curie, prefix, rest in parts if not re.fullmatch(SHAPES.get(prefix, "(?!)"), rest)] == []


@pytest.mark.parametrize(
    ("prefix", "kinds"),
    [
        ("unii", {Kind.DRUG, Kind.CHEMICAL}),
        ("hgnc", {Kind.GENE, Kind.MIRNA}),
        ("fplx", {Kind.GENE}),
        ("mesh", {Kind.DISEASE, Kind.PROCESS, Kind.PATHWAY, Kind.DRUG_CLASS}),
    ],
)
def test_every_identifier_is_of_a_fitting_vocabulary(prefix: str, kinds: set[Kind]) -> None:
    found = {entry.entity.kind for entry in LEXICON.entries if (entry.entity.curie or "").startswith(f"{prefix}:")}
    assert found == kinds


def test_every_identifier_names_the_vocabulary_it_is_from() -> None:
    labels = {"unii": "FDA UNII", "hgnc": "HGNC", "fplx": "FamPlex", "mesh": "MeSH"}
    unsourced = [
        entry.entity.name
        for entry in LEXICON.entries
        if (label := labels.get((entry.entity.curie or "").split(":")[0]))
        and not any(each.startswith(label) for each in entry.source)
    ]
    assert unsourced == []


@pytest.mark.parametrize(
    ("name", "curie"),
    [
        ("letrozole", "unii:7LKK855W8I"),
        ("KRAS", "hgnc:6407"),
        ("miR-21", "hgnc:31586"),
        ("AKT", "fplx:AKT"),
        ("RHO", "fplx:RHO"),
        ("breast cancer", "mesh:D001943"),
        ("aromatase inhibitor", "mesh:D047072"),
    ],
)
def test_some_identifiers(name: str, curie: str) -> None:
    assert [entry.entity.curie for entry in LEXICON.entries if entry.entity.name == name] == [curie]


def test_every_parent_exists_and_is_no_row_itself() -> None:
    names = {entry.entity.name for entry in LEXICON.entries}
    wrong = [(entry.entity.name, each) for entry in LEXICON.entries for each in entry.parents if each not in names]
    own = [entry.entity.name for entry in LEXICON.entries if entry.entity.name in entry.parents]
    assert (wrong, own) == ([], [])


def test_no_parent_is_a_single_gene() -> None:
    parents = {each for entry in LEXICON.entries for each in entry.parents}
    genes = {entry.entity.name for entry in LEXICON.entries if (entry.entity.curie or "").startswith("hgnc:")}
    assert parents & genes == set()


@pytest.mark.parametrize("fact", ["parental", "resistant_to", "disease"])
def test_every_name_in_the_facts_of_a_cell_line_exists(fact: str) -> None:
    names = {entry.entity.name for entry in LEXICON.entries}
    lines = [entry for entry in LEXICON.entries if entry.entity.kind == Kind.CELL_LINE]
    assert {entry.facts[fact] for entry in lines if fact in entry.facts} - names == set()


def test_no_process_is_a_change_of_a_molecule() -> None:
    molecules = {
        squash(surface.text)
        for entry in LEXICON.entries
        if entry.entity.kind in (Kind.GENE, Kind.MIRNA)
        for surface in entry.surfaces
    }
    processes = [
        surface.text
        for entry in LEXICON.entries
        if entry.entity.kind in (Kind.PROCESS, Kind.PATHWAY)
        for surface in entry.surfaces
    ]
    words = [(text, text.split(" ")) for text in processes]
    changes = [
        text
        for text, parts in words
        for cut in range(1, len(parts))
        if squash(" ".join(parts[:cut])) in molecules and CHANGE.fullmatch(" ".join(parts[cut:]).lower())
    ]
    assert changes == []


def test_every_drug_that_a_person_entered_has_a_class_and_every_class_leads_to_a_root() -> None:
    parents = {entry.entity.name: entry.parents for entry in LEXICON.entries if entry.entity.kind is Kind.DRUG_CLASS}
    drugs = [entry for entry in LEXICON.entries if entry.entity.kind is Kind.DRUG and "curated" in entry.source]
    assert [entry.entity.name for entry in drugs if not set(entry.parents) & parents.keys()] == []
    assert [name for name in parents if _leads_in_a_circle(name, parents)] == []


def _leads_in_a_circle(name: str, parents: Mapping[str, tuple[str, ...]]) -> bool:
    above, pending = set[str](), list(parents[name])
    while pending:
        each = pending.pop()
        if each not in above:
            above.add(each)
            pending.extend(parents.get(each, ()))
    return name in above


def test_cell_lines_say_what_they_are_from() -> None:
    lines = [entry for entry in LEXICON.entries if entry.entity.kind is Kind.CELL_LINE]
    whole = [each for each in lines if {"parental", "disease", "derivation"} <= each.facts.keys()]
    resistant = [each for each in lines if "resistant_to" in each.facts]
    assert len(whole) >= 200
    assert [each.entity.name for each in resistant if "disease" not in each.facts] == ["CHRC5"]  # of a healthy ovary


def test_members_of_a_family_of_micro_rnas_say_so() -> None:
    parents = {entry.entity.name: entry.parents for entry in LEXICON.entries if entry.entity.kind is Kind.MIRNA}
    assert [parents[name] for name in ("miR-141", "miR-34a", "let-7b")] == [
        ("miR-200 family",), ("miR-34 family",), ("let-7",),
    ]  # fmt: skip
