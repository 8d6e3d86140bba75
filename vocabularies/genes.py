"""Breadth: the protein-coding genes of HGNC that ``genes.tsv`` does not have, as a table of their own.

Nobody has read these rows one by one, so only what cannot well be anything else becomes a surface.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from pipeline.lexicon import COLUMNS, SHORT
from pipeline.text import squash
from vocabularies.sources import Symbol

PROTEIN = "gene with protein product"
SHORTEST_WORD = 5  # letters of an alias without a digit
PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*")
# Shapes of other things: p53 (a mass), T790M, V600 and B16 (a variant, a cell line, a figure), IIIA (a stage); and the
# receptors of smell, of no interest here, which read like "or 40" and "OR 2".
SHAPES = re.compile(r"p\d+\w?|[A-Z]-?\d+[A-Z]?|[A-Z]\d+-\d+|[IVX]+[A-C]?|OR[-\d].*", re.IGNORECASE)
# Names of clones and of database entries, which nobody writes.
CLONES = re.compile(
    r"(?:KIAA|FLJ|DKFZ|MGC|LOC|OTTHUM|HSPC|PRO\d|UNQ|dJ|bA|BA\d|RP\d|HSA|PP\d|CGI-|HT\d|HSU|C\d+orf|CXorf|EST\w*\d)\w*.*"
    r"|DXS.*|D\d+S.*|IMAGE\d+|NY-\w+-\d+|my\d+\w*",
    re.IGNORECASE,
)
STEM = re.compile(r"([A-Za-z]+)-?\d.*")
HEADING = """\
# The protein-coding genes of HGNC that are not in genes.tsv, made by vocabularies/build.py: never edit this file.
# A symbol that means something else in papers goes to vocabularies/never_symbols.txt; a gene that needs more than its
# symbol gets a row in genes.tsv. Both leave this file at the next run.
"""


def gene_table(
    symbols: Iterable[Symbol], label: str, *, taken: Collection[str], surfaces: Collection[str], never: Collection[str]
) -> str:
    """The content of the table.

    ``taken`` are HGNC numbers that other rows have, ``surfaces`` the folded surfaces of all other rows, ``never`` the
    words, in lower case, that are no gene when they stand in a paper.
    """
    listed = tuple(symbols)
    refused = set(never) | set(surfaces)
    meanings = _meanings(listed)
    lines = [
        _line(symbol, label, [*_synonyms(symbol, refused, meanings)])
        for symbol in sorted(listed, key=lambda each: each.symbol)
        if symbol.locus == PROTEIN and symbol.hgnc_id not in taken and is_safe_symbol(symbol.symbol, refused)
    ]
    return HEADING + "\n".join(["\t".join(COLUMNS), *lines]) + "\n"


def parse_words(content: str) -> frozenset[str]:
    """The words of ``never_symbols.txt``: separated by white space, # starts a comment; ``per*`` covers PER2, per 2."""
    lines = (line.partition("#")[0] for line in content.splitlines())
    return frozenset(squash(word) + "*" * word.endswith("*") for line in lines for word in line.split())


def is_safe_symbol(symbol: str, refused: Collection[str]) -> bool:
    """Whether an approved symbol can be taken for the gene wherever it stands."""
    stem = STEM.fullmatch(symbol)
    wild = stem is not None and f"{stem[1].lower()}*" in refused
    plain = PLAIN.fullmatch(symbol) and not SHAPES.fullmatch(symbol)
    return len(symbol) > SHORT and bool(plain) and squash(symbol) not in refused and not wild


def is_safe_alias(alias: str, refused: Collection[str]) -> bool:
    """Whether another name can be: it is long, or has a digit, and is no clone."""
    shaped = any(map(str.isdigit, alias)) or len(alias) >= SHORTEST_WORD
    return is_safe_symbol(alias, refused) and shaped and not CLONES.fullmatch(alias)


def _meanings(symbols: Iterable[Symbol]) -> Counter[str]:
    """How many genes are written so, as symbol or otherwise."""
    return Counter(
        folded for each in symbols for folded in {squash(text) for text in (each.symbol, *each.aliases, *each.previous)}
    )


def _synonyms(symbol: Symbol, refused: Collection[str], meanings: Counter[str]) -> Iterator[str]:
    seen = {squash(symbol.symbol)}
    typed = [("alias", text) for text in symbol.aliases] + [("symbol_was", text) for text in symbol.previous]
    for type_, text in typed:
        folded = squash(text)
        if folded not in seen and meanings[folded] == 1 and is_safe_alias(text, refused):
            seen.add(folded)
            yield f"{type_}:{text}"


def _line(symbol: Symbol, label: str, synonyms: list[str]) -> str:
    return "\t".join([f"hgnc:{symbol.hgnc_id}", "gene", symbol.symbol, " | ".join(synonyms), "", "", label, ""])
