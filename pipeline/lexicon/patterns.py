"""Names told by their shape, and names made of another name: a strict loader for ``patterns.toml``."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pipeline.errors import KnowledgeError
from pipeline.lexicon import read_package_file
from pipeline.model import Kind

FILE = "patterns.toml"


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A shape of names; the whole match, or its group ``name``, is the name, unless ``not_after`` ends before it."""

    id: str
    kind: Kind
    regex: re.Pattern[str]
    not_after: re.Pattern[str] | None
    examples: tuple[str, ...]
    counterexamples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Composite:
    """A name of one of ``kinds`` with certain words around it is the name of something else."""

    id: str
    kinds: frozenset[Kind]
    before: re.Pattern[str] | None
    after: re.Pattern[str]
    becomes: Kind
    called: str
    examples: tuple[str, ...]
    counterexamples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VariantWords:
    """What a model calls a variant is ``like`` this; what stands between a variant and a form of it.

    The form (a genotype, an allele) stands ``behind`` the variant or ``before`` it.
    """

    like: re.Pattern[str]
    behind: re.Pattern[str]
    before: re.Pattern[str]


NOTHING = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True)
class NamePatterns:
    patterns: tuple[NamePattern, ...]
    composites: tuple[Composite, ...]
    variants: VariantWords = VariantWords(NOTHING, NOTHING, NOTHING)


def parse_patterns(content: str, file: str = FILE) -> NamePatterns:
    """The rows of ``patterns.toml``.

    Raises:
        KnowledgeError: a row without example, with an unknown kind or with a regular expression that does not compile.
    """
    table = tomllib.loads(content)
    return NamePatterns(
        tuple(_pattern(file, row) for row in table.get("pattern", ())),
        tuple(_composite(file, row) for row in table.get("composite", ())),
        _variant_words(file, table["variants"]),
    )


def _variant_words(file: str, row: dict[str, Any]) -> VariantWords:
    named = {"id": "variants", **row}
    return VariantWords(*(_regex(file, named, field) for field in ("like", "behind", "before")))


def _pattern(file: str, row: dict[str, Any]) -> NamePattern:
    not_after = _regex(file, row, "not_after", tail=r"\Z") if "not_after" in row else None
    return NamePattern(row["id"], _kind(file, row, "kind"), _regex(file, row, "regex"), not_after, *_shown(file, row))


def _composite(file: str, row: dict[str, Any]) -> Composite:
    before = _regex(file, row, "before", tail="$") if "before" in row else None
    return Composite(
        row["id"],
        frozenset(Kind(kind) for kind in row["kinds"]),
        before,
        _regex(file, row, "after"),
        _kind(file, row, "becomes"),
        row["called"],
        *_shown(file, row),
    )


def _kind(file: str, row: dict[str, Any], field: str) -> Kind:
    try:
        return Kind(row[field])
    except ValueError:
        raise KnowledgeError(file, row["id"], f"unknown kind {row[field]!r}", f"Known: {', '.join(Kind)}.") from None


def _regex(file: str, row: dict[str, Any], field: str, tail: str = "") -> re.Pattern[str]:
    try:
        return re.compile(row[field] + tail)
    except re.error as error:
        raise KnowledgeError(file, row["id"], f"{field} does not compile: {error}", "Mend the expression.") from None


def _shown(file: str, row: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not row.get("examples"):
        raise KnowledgeError(file, row["id"], "no example", "A pattern shows itself: give at least one.")
    return tuple(row["examples"]), tuple(row.get("counterexamples", ()))


@lru_cache(maxsize=1)
def shipped_patterns() -> NamePatterns:
    """The patterns that come with the package."""
    return parse_patterns(read_package_file(FILE))
