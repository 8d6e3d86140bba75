"""What a review is about, as identifiers: names, CURIEs, classes with their members, diseases, a saved topic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import duckdb
from rapidfuzz import fuzz, process

from pipeline import lexicon
from pipeline.errors import UsageError
from pipeline.lexicon import Entry
from pipeline.lexicon.lookup import read_name
from pipeline.model import Kind
from pipeline.review.records import Argument

DRUGLIKE = frozenset([Kind.DRUG, Kind.DRUG_CLASS, Kind.CHEMICAL])
NEAR = 75  # how alike, of 100, a name must be written to be offered instead of an unknown one
BY_NAME = "SELECT DISTINCT entity_id, name, entity_kind FROM claim_arguments WHERE lower(name) = lower(?) ORDER BY ALL"
BY_ID = "SELECT DISTINCT entity_id, name, entity_kind FROM claim_arguments WHERE entity_id = ? ORDER BY ALL"
DISEASES = "SELECT DISTINCT disease FROM evidence WHERE lower(disease) = lower(?)"


@dataclass(frozen=True, slots=True)
class Subject:
    """An entity or disease that the review is about. ``keys`` are what arguments are known by (see :func:`key`)."""

    name: str
    family: str
    keys: frozenset[str]
    diseases: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Scope:
    """What a review is about. Without ``subjects`` everything of the papers of the ``saved`` topic."""

    subjects: tuple[Subject, ...]
    diseases: frozenset[str]
    saved: str = ""

    @property
    def keys(self) -> Mapping[str, frozenset[str]]:
        """Family → the keys of all subjects of that family."""
        families = {each.family for each in self.subjects if each.keys}
        return MappingProxyType(
            {
                family: frozenset().union(*(each.keys for each in self.subjects if each.family == family))
                for family in families
            }
        )


def key(argument: Argument) -> str:
    """By what an argument is known: its identifier, else its name."""
    return argument.entity_id or f"text:{argument.name.lower()}"


def resolve(topic: Sequence[str], diseases: Sequence[str], saved: str, connection: duckdb.DuckDBPyConnection) -> Scope:
    """The names of a template as identifiers.

    Raises:
        UsageError: a name is neither in the lexicon nor in the database.
    """
    subjects = tuple(subject_of(name, connection) for name in topic)
    names = {disease.lower() for each in subjects for disease in each.diseases}
    named = {disease.lower() for given in diseases for disease in _diseases(given)}
    return Scope(subjects, frozenset(names | named), saved)


def subject_of(name: str, connection: duckdb.DuckDBPyConnection) -> Subject:
    """One name, as the lexicon reads it, else as the database has it.

    Raises:
        UsageError: neither knows it.
    """
    found = find_subject(name, connection)
    if found is None:
        names = [row[0] for row in connection.execute("SELECT DISTINCT name FROM claim_arguments").fetchall()]
        near = process.extract(name, names, scorer=fuzz.WRatio, limit=3, score_cutoff=NEAR)
        offered = f" Near it: {', '.join(each[0] for each in near)}." if near else ""
        raise UsageError(
            f"review: {name!r} is no drug, entity, disease or saved topic that we know, and no template.{offered} "
            "Give a preferred name, an identifier (unii:…), or the name of a template."
        )
    return found


def find_subject(name: str, connection: duckdb.DuckDBPyConnection) -> Subject | None:
    """One name, as the lexicon reads it, else as the database has it; None where neither knows it."""
    entry = _entry(name)
    if entry and entry.entity.kind is Kind.DISEASE:
        return Subject(entry.entity.name, "any", frozenset(), _diseases(entry.entity.name))
    if entry:
        keys = frozenset(each.entity.curie or "" for each in (entry, *members(entry.entity.name)))
        return Subject(entry.entity.name, family_of(entry.entity.kind), keys - {""})
    for query in (BY_ID, BY_NAME):
        rows = connection.execute(query, [name]).fetchall()
        if rows:
            keys = frozenset(entity_id or f"text:{called.lower()}" for entity_id, called, _ in rows)
            return Subject(rows[0][1], family_of(rows[0][2]), keys)
    told = connection.execute(DISEASES, [name]).fetchall()
    return Subject(told[0][0], "any", frozenset(), frozenset(row[0] for row in told)) if told else None


def family_of(kind: str) -> str:
    """drug for what is given, mechanism for what acts."""
    return "drug" if kind in DRUGLIKE else "mechanism"


def _entry(name: str) -> Entry | None:
    shipped = lexicon.shipped()
    by_id = _by_id().get(name)
    if by_id:
        return by_id
    entity = read_name(shipped, name).entity
    return _by_id().get(entity.curie or "") if entity else None


@lru_cache(maxsize=1)
def _by_id() -> Mapping[str, Entry]:
    return {each.entity.curie: each for each in reversed(lexicon.shipped().entries) if each.entity.curie}


@lru_cache(maxsize=1)
def _by_parent() -> Mapping[str, tuple[Entry, ...]]:
    found: dict[str, list[Entry]] = {}
    for entry in lexicon.shipped().entries:
        for parent in entry.parents:
            found.setdefault(parent, []).append(entry)
    return {parent: tuple(children) for parent, children in found.items()}


@lru_cache(maxsize=1)
def _parents() -> Mapping[str, tuple[str, ...]]:
    """Name → what is above it; of a name that several entries have, all of it."""
    found: dict[str, list[str]] = {}
    for entry in lexicon.shipped().entries:
        found.setdefault(entry.entity.name, []).extend(entry.parents)
    return {name: tuple(dict.fromkeys(parents)) for name, parents in found.items()}


def members(name: str) -> Iterator[Entry]:
    """Everything below a class, at any depth."""
    seen, waiting = {name}, [name]
    while waiting:
        for entry in _by_parent().get(waiting.pop(), ()):
            if entry.entity.name not in seen:
                seen.add(entry.entity.name)
                waiting.append(entry.entity.name)
                yield entry


def _diseases(name: str) -> frozenset[str]:
    return frozenset([name, *(each.entity.name for each in members(name) if each.entity.kind is Kind.DISEASE)])


def classes_of(argument: Argument) -> tuple[str, ...]:
    """The classes right above a drug; a class is its own."""
    parents = _parents().get(argument.name, ())
    return (argument.name,) if argument.kind == Kind.DRUG_CLASS else parents


def is_of(argument: Argument, classes: Sequence[str]) -> bool:
    """Whether a drug is, or belongs to, one of ``classes``."""
    seen, waiting = {argument.name}, [argument.name]
    while waiting:
        for parent in _parents().get(waiting.pop(), ()):
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return not seen.isdisjoint(classes)
