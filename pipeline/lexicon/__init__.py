"""The names we know: a strict loader for the tables of this folder (format in README.md).

Knowledge is data: a new synonym is a row, never code. A row that cannot be used stops the program before anything
runs, with the file, the row and the reason.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from pipeline.errors import KnowledgeError
from pipeline.model import Entity, Kind
from pipeline.text import digest, squash

TABLES = (
    "drugs.tsv",
    "drugs_unii.tsv",
    "drug_classes.tsv",
    "genes.tsv",
    "genes_hgnc.tsv",
    "processes.tsv",
    "cancers.tsv",
    "cell_lines.tsv",
    "models.tsv",
)
OTHER_FILES = (
    "nonentities.tsv",
    "patterns.toml",
    "contexts.tsv",
    "confusables.txt",
    "variants.tsv",
    "not_by_models.txt",
)
COLUMNS = ("entity_id", "kind", "name", "synonyms", "parents", "facts", "source", "note")
SYNONYM_TYPES = frozenset(
    ["brand", "code", "salt", "protein", "alias", "abbr", "symbol_was", "misspelling", "plural", "long"]
)
CURIE = re.compile(r"[a-z][a-z0-9.]*:\S+")
SEPARATOR = re.compile(r"\s*\|\s*")
PLURALISED = frozenset([Kind.DRUG_CLASS, Kind.DISEASE, Kind.PROCESS, Kind.MODEL, Kind.POPULATION])
SHORT = 3  # folded surfaces up to this long are matched in their own case only
SYMBOL = 5  # all-capital words up to this long are, too: MET, CAT and REST are words of English


@dataclass(frozen=True, slots=True)
class Surface:
    """A way to write a name; ``exact`` ones match only in their own case."""

    text: str
    type: str
    exact: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A row: an entity, how it is written, what is above it and what else is known of it."""

    entity: Entity
    surfaces: tuple[Surface, ...]
    parents: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    source: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All rows, and for each folded surface the (entry, surface) pairs that are written so."""

    entries: tuple[Entry, ...]
    by_surface: Mapping[str, tuple[tuple[Entry, Surface], ...]]
    nonentities: frozenset[str]

    def candidates(self, text: str) -> tuple[tuple[Entry, Surface], ...]:
        """Entries written like ``text`` after folding; case-exact surfaces only when ``text`` is in their case."""
        return tuple(
            (entry, surface) for entry, surface in self.by_surface.get(squash(text), ()) if case_fits(surface, text)
        )


def case_fits(surface: Surface, text: str) -> bool:
    """Whether ``text`` is written in the case that ``surface`` asks for (a plural s aside)."""
    if not surface.exact:
        return True
    wanted = _letters(surface.text)
    return _letters(text) in (wanted, wanted + "s")


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def must_be_exact(text: str) -> bool:
    """Short names and all-capital symbols are words of English in another case."""
    letters = _letters(text)
    return len(letters) <= SHORT or (len(letters) <= SYMBOL and letters.isalpha() and letters.isupper())


def parse_table(name: str, content: str) -> Iterator[Entry]:
    """Entries of one table.

    Raises:
        KnowledgeError: a row with the wrong number of columns, an unknown kind or synonym type, no name, no source,
            an ``entity_id`` that is no CURIE, or the same name twice.
    """
    seen: dict[tuple[str, str], int] = {}
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = line.split("\t")
        if tuple(cells) == COLUMNS:
            continue
        entry = _entry(name, number, cells)
        key = (entry.entity.kind, entry.entity.name.casefold())
        if key in seen:
            raise KnowledgeError(
                name, number, f"{entry.entity.name!r} stands already in row {seen[key]}", "Merge them."
            )
        seen[key] = number
        yield entry


def _entry(file: str, row: int, cells: list[str]) -> Entry:
    if len(cells) != len(COLUMNS):
        problem = f"{len(cells)} columns instead of {len(COLUMNS)} ({', '.join(COLUMNS)})"
        raise KnowledgeError(file, row, problem, "Columns are separated by tabs; empty ones keep their tab.")
    values = dict(zip(COLUMNS, (cell.strip() for cell in cells), strict=True))
    kind = _kind(file, row, values["kind"])
    if not values["name"] or not values["source"]:
        raise KnowledgeError(file, row, "no name or no source", "Say what it is called and where that is known from.")
    curie = values["entity_id"] or f"resistmine:{kind}/{_slug(values['name'])}"
    if not CURIE.fullmatch(curie):
        raise KnowledgeError(file, row, f"{curie!r} is no CURIE", "Write prefix:identifier, or leave it empty.")
    return Entry(
        entity=Entity(curie, values["name"], kind),
        surfaces=tuple(_surfaces(file, row, kind, values["name"], values["synonyms"])),
        parents=_split(values["parents"]),
        facts=MappingProxyType(_facts(file, row, values["facts"])),
        source=_split(values["source"]),
    )


def _slug(name: str) -> str:
    """``name`` as part of a local identifier; Greek letters spelled out: PI3Kα and PI3Kδ inhibitors are two classes."""
    spelled = "".join(squash(character) if character.isalpha() else character for character in name)
    return re.sub(r"[^a-z0-9]+", "-", spelled.lower()).strip("-")


def _kind(file: str, row: int, text: str) -> Kind:
    try:
        return Kind(text)
    except ValueError:
        raise KnowledgeError(file, row, f"unknown kind {text!r}", f"Use one of: {', '.join(Kind)}.") from None


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part for part in SEPARATOR.split(cell) if part) if cell else ()


def _surfaces(file: str, row: int, kind: Kind, name: str, synonyms: str) -> Iterator[Surface]:
    yield from _with_plural(kind, Surface(name, "name", must_be_exact(name)))
    for part in _split(synonyms):
        type_, _, text = part.partition(":")
        if type_ not in SYNONYM_TYPES or not text.strip():
            remedy = f"Write type:surface with one of: {', '.join(sorted(SYNONYM_TYPES))}."
            raise KnowledgeError(file, row, f"synonym {part!r} has no known type", remedy)
        text = text.strip()
        exact = text.startswith("=")
        text = text.removeprefix("=")
        if not squash(text):
            raise KnowledgeError(file, row, f"synonym {part!r} has no letter or digit", "Remove it.")
        yield from _with_plural(kind, Surface(text, type_, exact or must_be_exact(text)))


def _with_plural(kind: Kind, surface: Surface) -> Iterator[Surface]:
    yield surface
    if kind not in PLURALISED or surface.exact or surface.text.endswith("s"):
        return
    text = surface.text
    plural = text[:-1] + "ies" if re.search(r"[^aeiou]y$", text) else text + "s"
    yield Surface(plural, "plural", exact=False)


def _facts(file: str, row: int, cell: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in _split(cell)]
    bad = [key for key, separator, value in pairs if not separator or not value]
    if bad:
        raise KnowledgeError(file, row, f"fact {bad[0]!r} has no value", "Write key=value.")
    return {key.strip(): value.strip() for key, _, value in pairs}


def index(entries: tuple[Entry, ...], nonentities: frozenset[str] = frozenset()) -> Lexicon:
    """A lexicon over ``entries``, looked up by folded surface."""
    by_surface: dict[str, list[tuple[Entry, Surface]]] = {}
    for entry in entries:
        taken: set[str] = set()
        for surface in entry.surfaces:
            if surface.text not in taken:  # by text, not by fold: AKT and Akt, Bcl-xL and Bcl-x(L) are told apart later
                taken.add(surface.text)
                by_surface.setdefault(squash(surface.text), []).append((entry, surface))
    frozen = {key: tuple(pairs) for key, pairs in by_surface.items()}
    return Lexicon(entries, MappingProxyType(frozen), nonentities)


def read_package_file(name: str) -> str:
    """The text of a file of this folder."""
    return (files(__package__) / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def shipped() -> Lexicon:
    """The lexicon that comes with the package."""
    with _uncollected():
        return _read_shipped()


@contextmanager
def _uncollected() -> Iterator[None]:
    """Builds what lives as long as the program without looking for garbage in it: half the time of loading."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collecting:
            gc.enable()


def _read_shipped() -> Lexicon:
    rows = (entry for table in TABLES for entry in parse_table(table, read_package_file(table)))
    nonentities = frozenset(
        line.split("\t")[0].strip()
        for line in read_package_file("nonentities.tsv").splitlines()[1:]
        if line.strip() and not line.startswith("#")
    )
    return index(joined(rows), nonentities)


def joined(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """``entries`` with rows of one entity in different tables made one: the first, with the surfaces of all."""
    found: dict[Entity, Entry] = {}
    for entry in entries:
        first = found.get(entry.entity)
        found[entry.entity] = replace(first, surfaces=(*first.surfaces, *entry.surfaces)) if first else entry
    return tuple(found.values())


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """Changes whenever a file of this folder does."""
    return digest(*(read_package_file(name) for name in (*TABLES, *OTHER_FILES)))
