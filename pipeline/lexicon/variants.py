"""Known changes of one gene, by their short names: a strict loader for ``variants.tsv``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from pipeline.errors import KnowledgeError
from pipeline.lexicon import read_package_file

FILE = "variants.tsv"
COLUMNS = ("variant", "gene", "source")
CHANGE = re.compile(r"[ACDEFGHIKLMNPQRSTVWY][1-9]\d{0,3}[ACDEFGHIKLMNPQRSTVWYX*]")


def parse_variants(content: str, file: str = FILE) -> Mapping[str, str]:
    """The gene of each change, as the rows of ``variants.tsv`` have it.

    Raises:
        KnowledgeError: a row with the wrong number of columns, no change of one amino acid, or the same change twice.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(content.splitlines(), start=1):
        cells = tuple(cell.strip() for cell in line.split("\t"))
        if not line.strip() or line.startswith("#") or cells == COLUMNS:
            continue
        if len(cells) != len(COLUMNS) or not all(cells):
            raise KnowledgeError(file, number, "not a whole row", f"Write {', '.join(COLUMNS)}, with tabs.")
        variant, gene, _ = cells
        if not CHANGE.fullmatch(variant):
            raise KnowledgeError(file, number, f"{variant!r} is no change of an amino acid", "Write it like T790M.")
        if variant in found:
            raise KnowledgeError(file, number, f"{variant} stands for {found[variant]} already", "Remove both rows.")
        found[variant] = gene
    return MappingProxyType(found)


@lru_cache(maxsize=1)
def shipped_variants() -> Mapping[str, str]:
    """The table that comes with the package."""
    return parse_variants(read_package_file(FILE))
