"""Identifiers are taken from vocabularies by the name, and refused where the name is not enough."""

from __future__ import annotations

import bz2
import pickle
from pathlib import Path

import pytest

from pipeline.errors import KnowledgeError
from pipeline.lexicon import COLUMNS, TABLES, parse_table, read_package_file
from pipeline.text import squash
from vocabularies import build
from vocabularies.build import Plan, make_genes, make_plan
from vocabularies.drugs import Substance, Written, base_name, class_of, drug_table, parse_stems, read_substances
from vocabularies.genes import is_safe_alias, is_safe_symbol, parse_words
from vocabularies.match import Decision, parse_decisions
from vocabularies.sources import (
    Heading,
    Symbol,
    Vocabulary,
    VocabularyMissingError,
    hgnc,
    locate,
    mesh,
    read_disease_terms,
    read_famplex,
    read_headings,
    read_symbols,
    read_unii,
)
from vocabularies.tables import read_rows

PROTEIN = "gene with protein product"
UNII_LINES = """\
Name\tTYPE\tUNII\tDisplay Name
LETROZOLE\tof\t7LKK855W8I\tLETROZOLE
LETROZOLE [USAN]\tcn\t7LKK855W8I\tLETROZOLE
CGS-20267\tcd\t7LKK855W8I\tLETROZOLE
VOROZOLE\tof\t1E2S9YXV2A\tVOROZOLE
VOROZOLE, (+/-)-\tcn\t7331QX0ML8\tVOROZOLE, (+/-)-
RAD001\tcd\t9HW64Q8G6G\tEVEROLIMUS
DEXTROSE\tcn\tAAAAAAAAA1\tANHYDROUS DEXTROSE
DEXTROSE\tcn\tAAAAAAAAA2\tDEXTROSE MONOHYDRATE
AT-101\tcd\tAAAAAAAAA3\tISOSORBIDE
4-METHYL-NAME\tsys\tAAAAAAAAA4\tSOMETHING
ATRA\tcn\t5688UTC01R\tTRETINOIN
TRETINOIN\tof\t5688UTC01R\tTRETINOIN
"""
SYMBOLS = (
    Symbol("391", "AKT1", "AKT serine/threonine kinase 1", PROTEIN),
    Symbol("1516", "CAT", "catalase", PROTEIN),
    Symbol("31586", "MIR21", "microRNA 21", "RNA, micro"),
    Symbol("31545", "MIR16-1", "microRNA 16-1", "RNA, micro"),
    Symbol("31546", "MIR16-2", "microRNA 16-2", "RNA, micro"),
)
HEADINGS = (
    Heading("D001943", "Breast Neoplasms", ("Breast Tumor",), ("C04.588.180",)),
    Heading("D000860", "Hypoxia", ("Anoxia",), ("C23.888.852.079",)),
    Heading("D019084", "Breast", (), ("A01.236",)),
)


def row(kind: str, name: str, *, id_: str = "", synonyms: str = "", source: str = "curated") -> str:
    cells = {"entity_id": id_, "kind": kind, "name": name, "synonyms": synonyms, "source": source}
    return "\t".join(cells.get(column, "") for column in COLUMNS)


def table(*rows: str) -> str:
    return "\n".join(["\t".join(COLUMNS), "# a comment", *rows]) + "\n"


@pytest.fixture
def unii(tmp_path: Path) -> Vocabulary:
    path = tmp_path / "unii.txt"
    path.write_text(UNII_LINES, encoding="utf-8")
    names = ["letrozole", "cgs20267", "vorozole", "rad001", "dextrose", "at101", "4methylname", "atra", "tretinoin"]
    return read_unii(path, "UNII", frozenset(names))


def plan(*rows: str, vocabulary: Vocabulary, decisions: dict[tuple[str, str], Decision] | None = None) -> Plan:
    kinds = ("drug", "gene", "mirna", "disease")
    return make_plan({"t.tsv": table(*rows)}, dict.fromkeys(kinds, (vocabulary,)), decisions or {})


def ids(plan: Plan) -> dict[str, str]:
    return {each["name"]: each["entity_id"] for each in read_rows("t.tsv", plan.contents["t.tsv"])}


@pytest.mark.parametrize(
    ("name", "synonyms", "curie"),
    [
        ("letrozole", "", "unii:7LKK855W8I"),
        ("RAD-001", "", "unii:9HW64Q8G6G"),
        ("drug of ours", "code:CGS 20267", "unii:7LKK855W8I"),
        ("drug of ours", "code:CGS 20267 | brand:RAD001", ""),
        ("drug of ours", "salt:letrozole", ""),
        ("drug of ours", "abbr:=RAD001", ""),
        ("vorozole", "", "unii:1E2S9YXV2A"),
        ("dextrose", "", ""),
        ("4-methyl-name", "", ""),
        ("leflutrozole", "", ""),
    ],
    ids=[
        *("its name", "its name, written otherwise", "its code", "codes that disagree", "its salt alone"),
        *("its abbreviation alone", "not its mirror image", "a name of two", "a systematic name", "not there"),
    ],
)
def test_a_drug_is_found(unii: Vocabulary, name: str, synonyms: str, curie: str) -> None:
    assert ids(plan(row("drug", name, synonyms=synonyms), vocabulary=unii)) == {name: curie}


@pytest.mark.parametrize(
    ("kind", "name", "curie"),
    [
        ("gene", "AKT1", "hgnc:391"),
        ("gene", "Akt1", ""),
        ("gene", "catalase", "hgnc:1516"),
        ("mirna", "miR-21", "hgnc:31586"),
        ("mirna", "miR-21-5p", "hgnc:31586"),
        ("mirna", "miR-16", ""),
        ("mirna", "miR-200 family", ""),
    ],
)
def test_a_gene_is_found_by_its_symbol_or_approved_name_as_printed(kind: str, name: str, curie: str) -> None:
    assert ids(plan(row(kind, name), vocabulary=hgnc(SYMBOLS, "HGNC"))) == {name: curie}


@pytest.mark.parametrize(
    ("name", "curie"),
    [
        ("breast neoplasm", "mesh:D001943"),
        ("breast cancer", "mesh:D001943"),
        ("breast", ""),
        ("anoxia", "mesh:D000860"),
    ],
)
def test_a_heading_is_found_by_its_names_in_its_part_of_the_tree(name: str, curie: str) -> None:
    vocabulary = mesh(HEADINGS, "MeSH", ("C",), {"breast cancer": "breast neoplasms", "tumour": "no such heading"})
    assert ids(plan(row("disease", name), vocabulary=vocabulary)) == {name: curie}


def test_a_family_is_found_by_its_identifier_or_by_a_text_known_to_mean_it(tmp_path: Path) -> None:
    (tmp_path / "entities.csv").write_text("AKT\nPPP2\n", encoding="utf-8")
    grounding = 'PP2A,FPLX,PPP2,,,,\n"Akt, all",FPLX,AKT,,,,\nTP53,HGNC,TP53,,,,\n'
    (tmp_path / "grounding.csv").write_text(grounding, encoding="utf-8")
    famplex = read_famplex(tmp_path / "entities.csv", tmp_path / "grounding.csv", "FamPlex")
    found = ids(plan(row("gene", "AKT"), row("gene", "PP2A"), row("gene", "TP53"), vocabulary=famplex))
    assert found == {"AKT": "fplx:AKT", "PP2A": "fplx:PPP2", "TP53": ""}


def test_a_filled_row_names_its_source_and_all_else_stays(unii: Vocabulary) -> None:
    before = table(row("drug", "leflutrozole"), "", row("drug", "letrozole", synonyms="brand:Femara"))
    written = make_plan({"t.tsv": before}, {"drug": (unii,)}, {}).contents["t.tsv"]
    after = row("drug", "letrozole", id_="unii:7LKK855W8I", synonyms="brand:Femara", source="curated | UNII")
    assert written == table(row("drug", "leflutrozole"), "", after)


def test_a_second_run_changes_nothing(unii: Vocabulary) -> None:
    first = make_plan({"t.tsv": table(row("drug", "letrozole"), row("drug", "dextrose"))}, {"drug": (unii,)}, {})
    second = make_plan(first.contents, {"drug": (unii,)}, {})
    assert (second.contents, second.changes, second.faults) == (first.contents, (), ())


def test_the_row_with_the_preferred_name_keeps_an_identifier_that_two_would_get(unii: Vocabulary) -> None:
    found = plan(row("drug", "ATRA"), row("drug", "tretinoin"), vocabulary=unii)
    assert ids(found) == {"ATRA": "", "tretinoin": "unii:5688UTC01R"}
    assert found.left == ("t.tsv, row 3 (ATRA): unii:5688UTC01R is also that of t.tsv, row 4 (tretinoin)",)


def test_two_rows_with_equal_right_to_an_identifier_both_stay_without(unii: Vocabulary) -> None:
    rows = (row("drug", "one", synonyms="code:RAD001"), row("drug", "other", synonyms="brand:RAD 001"))
    assert ids(plan(*rows, vocabulary=unii)) == {"one": "", "other": ""}


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([row("drug", "letrozole", id_="unii:9HW64Q8G6G")], "the sources say unii:7LKK855W8I"),
        ([row("drug", "letrozole", id_="unii:0000000000")], "the sources have no such identifier"),
        ([row("drug", "AT-101", id_="unii:AAAAAAAAA3")], "the sources say decided: gossypol"),
        (
            [row("drug", "letrozole", id_="unii:7LKK855W8I"), row("drug", "ours", id_="unii:7LKK855W8I")],
            "unii:7LKK855W8I is also that of",
        ),
    ],
    ids=["of another", "of nothing", "decided against", "given twice"],
)
def test_a_wrong_identifier_is_reported_and_left_standing(unii: Vocabulary, rows: list[str], fault: str) -> None:
    found = plan(*rows, vocabulary=unii, decisions={("drug", "AT-101"): Decision(None, "gossypol")})
    assert found.contents["t.tsv"] == table(*rows)
    assert fault in found.faults[0]


def test_an_identifier_set_by_hand_that_the_sources_know_stands(unii: Vocabulary) -> None:
    assert plan(row("drug", "our name", id_="unii:7LKK855W8I"), vocabulary=unii).faults == ()


def test_a_decision_comes_before_the_name(unii: Vocabulary) -> None:
    decisions = {("drug", "dextrose"): Decision("unii:AAAAAAAAA1", "x"), ("drug", "AT-101"): Decision(None, "y")}
    found = plan(row("drug", "dextrose"), row("drug", "AT-101"), vocabulary=unii, decisions=decisions)
    assert ids(found) == {"dextrose": "unii:AAAAAAAAA1", "AT-101": ""}


def test_a_decision_for_an_identifier_that_no_vocabulary_has_is_refused(unii: Vocabulary) -> None:
    with pytest.raises(KnowledgeError, match=r"decisions.tsv, AT-101: no vocabulary knows unii:XXXXXXXXXX"):
        plan(row("drug", "AT-101"), vocabulary=unii, decisions={("drug", "AT-101"): Decision("unii:XXXXXXXXXX", "z")})


def test_decisions_without_a_reason_are_refused() -> None:
    with pytest.raises(KnowledgeError, match=r"d\.tsv, row 2: no decision"):
        parse_decisions("d.tsv", "kind\tname\tentity_id\tbecause\ndrug\tS-1\t\t\n")


def test_shipped_decisions_speak_of_rows_that_exist_and_hold() -> None:
    decisions = parse_decisions("decisions.tsv", (build.HERE / "decisions.tsv").read_text(encoding="utf-8"))
    rows = {
        (each["kind"], each["name"]): each["entity_id"]
        for name in TABLES
        for each in read_rows(name, read_package_file(name))
    }
    assert {key: rows.get(key) for key in decisions} == {key: each.curie or "" for key, each in decisions.items()}


WORDS = parse_words("cage impact  # words of English\nper* march*\n")


@pytest.mark.parametrize("symbol", ["SPIB", "PSPH", "BPTF", "HLA-DRB1", "C11orf95", "PERP", "PERM1"])
def test_a_symbol_that_is_nothing_else_is_safe(symbol: str) -> None:
    assert is_safe_symbol(symbol, WORDS)


@pytest.mark.parametrize("symbol", ["MET", "CAGE", "IMPACT", "PER2", "MARCH-5", "H1-2", "OR4F5", "PCDHA@", "III"])
def test_a_symbol_that_reads_like_something_else_is_not(symbol: str) -> None:
    assert not is_safe_symbol(symbol, WORDS)


@pytest.mark.parametrize("alias", ["ASPP2", "IL28B", "T-bet", "CD11b"])
def test_an_alias_with_a_digit_or_of_five_letters_is_safe(alias: str) -> None:
    assert is_safe_alias(alias, WORDS)


@pytest.mark.parametrize("alias", ["ABCD", "KIAA0001", "p150", "T790M", "B-16", "two words", "MGC1234"])
def test_an_alias_that_is_short_or_a_clone_or_has_the_shape_of_another_thing_is_not(alias: str) -> None:
    assert not is_safe_alias(alias, WORDS)


def test_the_table_of_genes_holds_what_no_other_row_says() -> None:
    symbols = [
        Symbol("1", "AKT1", "in another table", PROTEIN),
        Symbol("2", "SPIB", "Spi-B", PROTEIN, ("SPI-B", "SHARED1", "Femara2"), ("OLDB1",)),
        Symbol("3", "PSPH", "phosphoserine phosphatase", PROTEIN, ("SHARED1", "PSPH")),
        Symbol("4", "CAGE", "a word", PROTEIN),
        Symbol("5", "LINC1", "no protein", "RNA, long non-coding"),
    ]
    others = {"t.tsv": table(row("gene", "AKT1", id_="hgnc:1"), row("drug", "letrozole", synonyms="brand:Femara 2"))}
    content = make_genes(others, symbols, WORDS, "HGNC")
    rows = [(each["entity_id"], each["name"], each["synonyms"]) for each in read_rows("g.tsv", content)]
    assert rows == [("hgnc:3", "PSPH", ""), ("hgnc:2", "SPIB", "symbol_was:OLDB1")]
    assert [entry.entity.curie for entry in parse_table("g.tsv", content)] == ["hgnc:3", "hgnc:2"]


def test_the_shipped_table_of_genes_takes_nothing_from_other_rows() -> None:
    others = [each for name in build.TABLES for each in read_rows(name, read_package_file(name))]
    taken = build.wanted_names(others)
    made = list(read_rows(build.GENES, read_package_file(build.GENES)))
    assert len(made) > 15_000
    assert build.wanted_names(made) & taken == frozenset(), "run python -m vocabularies.build --write"
    assert {"SPIB", "PSPH", "BPTF"} <= {each["name"] for each in made} | {each["name"] for each in others}


def substance(unii: str, preferred: str, *names: tuple[str, str, str]) -> Substance:
    return Substance(unii, preferred, tuple(Written(*each) for each in names))


SUBSTANCES = (
    substance("7LKK855W8I", "LETROZOLE", ("FEMARA", "bn", ""), ("CGS-20267", "cd", ""), ("LETROZOLE", "cn", "USAN")),
    substance("A1", "IMATINIB", ("IMATINIB", "cn", "INN")),
    substance("A2", "IMATINIB MESYLATE", ("IMATINIB MESYLATE", "cn", "USAN"), ("GLEEVEC", "bn", "")),
    substance("A3", "WARFARIN SODIUM", ("COUMADIN", "bn", ""), ("CHOICE", "bn", ""), ("WARFARIN SODIUM", "cn", "USAN")),
    substance("A4", "WARFARIN", ("WARFARIN", "cn", "INN"), ("AT-100", "cd", ""), ("A-549", "cd", "")),
    substance("A5", "TYROSINE", ("TYROSINE", "cn", "INN"), ("TYROSINE", "cn", "FCC")),
    substance("A6", "SOMETHING ELSE", ("SOMETHING ELSE", "cn", "MI")),
    substance("A7", "DUPLAFENE", ("SHAREDIN", "bn", ""), ("DUPLAFENE", "cn", "INN"), ("DP-4711", "cd", "")),
    substance("A8", "OTHERMAB", ("SHAREDIN", "bn", ""), ("OTHERMAB", "cn", "INN"), ("DP4712", "cd", "")),
    substance("A9", "PRELACTIN", ("PRELACTIN", "cn", "INN")),
)


def test_the_table_of_drugs_adds_names_to_known_drugs_and_medicines_that_are_unknown() -> None:
    rows = [row("drug", "letrozole", id_="unii:7LKK855W8I", synonyms="brand:Femara"), row("gene", "prelactin")]
    others = list(read_rows("t.tsv", table(*rows)))
    surfaces = build.wanted_names(others)
    stems = {"mab": "monoclonal antibody"}
    content = drug_table(SUBSTANCES, "UNII", rows=others, surfaces=surfaces, never=parse_words("choice"), stems=stems)
    assert [each["name"] for each in read_rows("d.tsv", content) if each["parents"]] == ["othermab"]
    assert [(each["entity_id"], each["name"], each["synonyms"]) for each in read_rows("d.tsv", content)] == [
        ("unii:A7", "duplafene", "code:DP-4711"),
        ("unii:A1", "imatinib", "brand:Gleevec | salt:imatinib mesylate"),
        ("unii:7LKK855W8I", "letrozole", "code:CGS-20267"),
        ("unii:A8", "othermab", "code:DP4712"),
        ("unii:A4", "warfarin", "brand:Coumadin | salt:warfarin sodium"),
    ]


@pytest.mark.parametrize(
    ("preferred", "base"),
    [
        ("IMATINIB MESYLATE", "IMATINIB"),
        ("CIPROFLOXACIN HYDROCHLORIDE MONOHYDRATE", "CIPROFLOXACIN"),
        ("ABIRATERONE ACETATE", "ABIRATERONE ACETATE"),
        ("TRASTUZUMAB EMTANSINE", "TRASTUZUMAB EMTANSINE"),
        ("SODIUM CHLORIDE", "SODIUM"),
    ],
)
def test_the_words_of_a_salt_are_no_part_of_the_base(preferred: str, base: str) -> None:
    assert base_name(preferred) == base


@pytest.mark.parametrize(
    ("name", "stem"),
    [("samplefitinib", "kinase"), ("samplemetinib", "MEK"), ("sample vedotin", "conjugate"), ("sample", "")],
)
def test_the_longest_stem_tells_the_class(name: str, stem: str) -> None:
    stems = {"tinib": "kinase", "metinib": "MEK", "vedotin": "conjugate"}
    assert class_of(name, stems) == stem


def test_every_stem_tells_a_class_of_the_lexicon() -> None:
    classes = {each["name"] for each in read_rows("c.tsv", read_package_file("drug_classes.tsv"))}
    stems = parse_stems((build.HERE / "inn_stems.tsv").read_text(encoding="utf-8"))
    assert set(stems.values()) - classes == set()


def test_substances_are_read_with_who_uses_a_name(tmp_path: Path) -> None:
    path = tmp_path / "unii.txt"
    path.write_text(UNII_LINES, encoding="utf-8")
    found = {each.unii: each for each in read_substances(path)}
    assert found["7LKK855W8I"].names == (
        Written("LETROZOLE", "of", ""), Written("LETROZOLE", "cn", "USAN"), Written("CGS-20267", "cd", ""),
    )  # fmt: skip
    assert [found["7LKK855W8I"].is_medicine, found["5688UTC01R"].is_medicine] == [True, False]
    assert "AAAAAAAAA4" not in found


def test_the_shipped_table_of_drugs_takes_nothing_from_other_rows() -> None:
    tables = (*build.TABLES, build.GENES)
    others = [each for name in tables for each in read_rows(name, read_package_file(name))]
    made = list(read_rows(build.DRUGS, read_package_file(build.DRUGS)))
    known = {each["entity_id"]: each["name"] for each in others}
    added = {squash(text) for each in made for _, text in each.synonyms}
    added |= {squash(each["name"]) for each in made if each["entity_id"] not in known}
    assert len(made) > 10_000
    assert added & build.wanted_names(others) == frozenset(), "run python -m vocabularies.build --write"
    assert {each["name"] for each in made if known.get(each["entity_id"], each["name"]) != each["name"]} == set()
    assert {"clopidogrel", "vancomycin", "imatinib"} <= {each["name"] for each in made}


def test_symbols_are_read_as_hgnc_gives_them(tmp_path: Path) -> None:
    path = tmp_path / "hgnc.tsv"
    columns = "HGNC ID\tApproved symbol\tApproved name\tStatus\tAlias symbols\tPrevious symbols\tLocus type"
    lines = [f"HGNC:6407\tKRAS\tKRAS proto-oncogene\tApproved\tKRAS1, K-Ras4B\tKRAS2\t{PROTEIN}"]
    path.write_text("\n".join([columns, *lines, "HGNC:4\tA12M4\tx\tEntry Withdrawn\t\t\tunknown"]), encoding="utf-8")
    expected = Symbol("6407", "KRAS", "KRAS proto-oncogene", PROTEIN, ("KRAS1", "K-Ras4B"), ("KRAS2",))
    assert read_symbols(path) == (expected,)


def test_headings_are_read_with_terms_and_places(tmp_path: Path) -> None:
    path = tmp_path / "mesh.tsv"
    path.write_text("D001943\tBreast Neoplasms\tBreast Tumor|Breast Tumors\tC04.588.180|C17.800\n", encoding="utf-8")
    expected = Heading("D001943", "Breast Neoplasms", ("Breast Tumor", "Breast Tumors"), ("C04.588.180", "C17.800"))
    assert read_headings(path) == (expected,)


def test_names_of_diseases_are_read_without_their_identifiers(tmp_path: Path) -> None:
    path = tmp_path / "terms.pkl.bz2"
    terms = {"breast cancer": ["breast neoplasms"], "two meanings": ["one", "other"]}
    path.write_bytes(bz2.compress(pickle.dumps({"disease_variant_to_canonical": terms})))
    assert read_disease_terms(path) == {"breast cancer": "breast neoplasms"}


def test_a_file_of_names_that_would_run_code_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "terms.pkl.bz2"
    path.write_bytes(bz2.compress(pickle.dumps({"disease_variant_to_canonical": Path("x")})))
    with pytest.raises(pickle.UnpicklingError):
        read_disease_terms(path)


def test_a_missing_package_is_named_with_the_command_that_installs_it() -> None:
    with pytest.raises(
        VocabularyMissingError, match=r"no_such_vocabulary: a/b\.tsv is not installed\. Run: pip install"
    ):
        locate("no_such_vocabulary", "a", "b.tsv")


def planned(monkeypatch: pytest.MonkeyPatch, folder: Path, **parts: tuple[str, ...]) -> Path:
    (folder / "t.tsv").write_text("old\n", encoding="utf-8")
    fixed = Plan({"t.tsv": "new\n"}, parts.get("changes", ()), parts.get("faults", ()), ())
    monkeypatch.setattr(build, "LEXICON", folder)
    monkeypatch.setattr(build, "plan_all", lambda _: fixed)
    return folder / "t.tsv"


@pytest.mark.parametrize(
    ("argv", "parts", "expected"),
    [
        ([], {}, (0, "old\n")),
        ([], {"changes": ("a",)}, (1, "old\n")),
        (["--check"], {"changes": ("a",)}, (1, "old\n")),
        (["--write"], {"changes": ("a",)}, (0, "new\n")),
        (["--write"], {"changes": ("a",), "faults": ("b",)}, (1, "old\n")),
    ],
    ids=["nothing to do", "check is the default", "check", "write", "a fault stops writing"],
)
def test_the_command(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    argv: list[str],
    parts: dict[str, tuple[str, ...]],
    expected: tuple[int, str],
) -> None:
    path = planned(monkeypatch, tmp_path, **parts)
    assert (build.main(argv), path.read_text(encoding="utf-8")) == expected
