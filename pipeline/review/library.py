"""The library of named tables, read strictly from ``schemas/review_tables.toml``, its one home."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from pipeline.errors import KnowledgeError
from pipeline.rules.kinds import claim_kinds

FILE = "schemas/review_tables.toml"
SHOWS = ("names", "classes", "direction", "said", "values", "context", "findings", "level", "for", "against", "papers",
         "sides")  # fmt: skip
FAMILIES = ("drug", "mechanism", "any")
STANCES = ("supports", "refutes", "mixed")


@dataclass(frozen=True, slots=True)
class Take:
    """Which claims a table takes.

    ``topic``: for each family of topic the roles that it must fill (a family that is not named takes none).
    ``classes``: another drug of the claim must belong to one of these, ``except_classes``: and to none of these.
    ``study_types`` and ``context``: some evidence must be of such a study, or tell such a circumstance.
    """

    kinds: tuple[str, ...]
    topic: Mapping[str, tuple[str, ...]]
    classes: tuple[str, ...] = ()
    except_classes: tuple[str, ...] = ()
    entity_kinds: tuple[str, ...] = ()
    study_types: tuple[str, ...] = ()
    context: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, what it shows, of which roles or circumstances, and how wide it is beside the others."""

    head: str
    show: str
    of: tuple[str, ...] = ()
    width: int = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """A table of the library; ``words`` say how stance and attributes are read aloud in its column ``said``."""

    name: str
    title: str
    says: str
    takes: tuple[Take, ...]
    columns: tuple[Column, ...]
    words: Mapping[str, Mapping[str, str]]
    by_weight: bool = False
    pairs: bool = False


@dataclass(frozen=True, slots=True)
class SectionPlan:
    """A section of the review that a topic without a template gets."""

    name: str
    title: str
    contents: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Library:
    """All tables by name, and the sections of a review by family of topic."""

    tables: Mapping[str, Plan]
    sections: Mapping[str, tuple[SectionPlan, ...]]


@lru_cache(maxsize=1)
def shipped() -> Library:
    """The library that comes with the program."""
    return parse_library((files("schemas") / "review_tables.toml").read_text("utf-8"))


def parse_library(content: str, file: str = FILE) -> Library:
    """A library as TOML has it.

    Raises:
        KnowledgeError: a key, a kind, a role, a column or a table that nobody knows.
    """
    given = tomllib.loads(content)
    _keys(file, "the file", given, ("table", "default"))
    tables = {name: _plan(file, name, _whole(file, name, given["table"])) for name in given["table"]}
    sections = {
        family: tuple(_section(file, family, row, tables) for row in rows) for family, rows in given["default"].items()
    }
    if set(sections) != set(FAMILIES):
        raise KnowledgeError(file, "default", f"families {sorted(sections)}", f"Expected: {', '.join(FAMILIES)}.")
    return Library(MappingProxyType(tables), MappingProxyType(sections))


def _whole(file: str, name: str, rows: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """A table with what it has of the one that it is like."""
    row = dict(rows[name])
    like = row.pop("like", None)
    if like is None:
        return row
    if like not in rows or "like" in rows[like]:
        raise KnowledgeError(file, f"table {name}", f"like {like!r}", "Name a table that is like no other.")
    return {**rows[like], **row}


def _plan(file: str, name: str, row: Mapping[str, Any]) -> Plan:
    where = f"table {name}"
    _keys(file, where, row, ("title", "says", "take", "columns", "words", "by_weight", "pairs"))
    return Plan(
        name=name, title=_needed(file, where, row, "title"), says=_needed(file, where, row, "says"),
        takes=tuple(_take(file, where, each) for each in row["take"]),
        columns=tuple(_column(file, where, each) for each in row["columns"]),
        words=MappingProxyType({key: MappingProxyType(value) for key, value in _words(file, where, row).items()}),
        by_weight=row.get("by_weight", False), pairs=row.get("pairs", False),
    )  # fmt: skip


def _words(file: str, where: str, row: Mapping[str, Any]) -> Mapping[str, Mapping[str, str]]:
    words: Mapping[str, Mapping[str, str]] = row.get("words", {})
    _keys(file, f"{where}, words", words, STANCES)
    for stance, said in words.items():
        if "else" not in said:
            raise KnowledgeError(file, f"{where}, words.{stance}", "no word for the rest", 'Give "else".')
    return words


def _take(file: str, where: str, row: Mapping[str, Any]) -> Take:
    lists = ("kinds", "classes", "except_classes", "entity_kinds", "study_types", "context")
    _keys(file, f"{where}, take", row, (*lists, "topic"))
    kinds = claim_kinds()
    unknown = [each for each in row["kinds"] if each not in kinds]
    if unknown:
        raise KnowledgeError(file, where, f"unknown kind of claim {unknown[0]!r}", f"Known: {', '.join(kinds)}.")
    roles = {role for each in row["kinds"] for role in kinds[each].roles}
    topic = row.get("topic", {})
    _keys(file, f"{where}, topic", topic, FAMILIES)
    for family, named in topic.items():
        if not set(named) <= roles:
            raise KnowledgeError(file, f"{where}, topic.{family}", f"{named}", f"Roles: {', '.join(sorted(roles))}.")
    texts = {name: tuple(row.get(name, ())) for name in lists}
    return Take(topic=MappingProxyType({family: tuple(named) for family, named in topic.items()}), **texts)


def _column(file: str, where: str, row: Mapping[str, Any]) -> Column:
    _keys(file, f"{where}, columns", row, ("head", "show", "of", "width"))
    if row["show"] not in SHOWS:
        raise KnowledgeError(file, where, f"column {row['show']!r}", f"Known: {', '.join(SHOWS)}.")
    return Column(row["head"], row["show"], tuple(row.get("of", ())), row.get("width", 10))


def _section(file: str, family: str, row: Mapping[str, Any], tables: Mapping[str, Plan]) -> SectionPlan:
    _keys(file, f"default.{family}", row, ("name", "title", "contents"))
    contents = tuple((what, item) for what, _, item in (each.partition(":") for each in row["contents"]))
    unknown = [item for what, item in contents if what == "table" and item not in tables]
    if unknown:
        raise KnowledgeError(file, f"default.{family}", f"no table {unknown[0]!r}", f"Known: {', '.join(tables)}.")
    return SectionPlan(row["name"], row["title"], contents)


def _needed(file: str, where: str, row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value:
        raise KnowledgeError(file, where, f"no {key}", "Give it.")
    return value


def _keys(file: str, where: str, row: Mapping[str, Any], keys: Sequence[str]) -> None:
    unknown = sorted(set(row) - set(keys))
    if unknown:
        raise KnowledgeError(file, where, f"unknown key {unknown[0]!r}", f"Known: {', '.join(keys)}.")
