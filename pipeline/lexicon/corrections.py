"""The corrections ledger: signed rows that say what a written name really means, where, and why.

A correction never changes text; it changes what a mention is taken for, and the mention keeps the id of the row. The
rows shipped in ``corrections.tsv`` are defaults; a ledger of the same form in ``RESISTMINE_HOME`` adds to them, and
overrides a row by using its id.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from pipeline.errors import KnowledgeError
from pipeline.lexicon import Entry, Lexicon, Surface, index, read_package_file
from pipeline.model import Entity
from pipeline.text import squash

FILE = "corrections.tsv"
COLUMNS = (
    "correction_id", "surface", "target", "kind", "scope", "condition", "except_", "safety",
    "reason", "reference", "contributor", "date", "example", "expect",
)  # fmt: skip
KINDS = frozenset(["synonym", "misspelling", "confusion", "non-entity"])
SCOPES = ("document", "context", "global")  # the narrowest first: it decides
SAFETIES = frozenset(["always", "context_only", "never_silent"])
CORRECTION = "correction"  # type of the surfaces that the ledger adds to the lexicon


@dataclass(frozen=True, slots=True)
class Correction:
    """A row of the ledger. ``condition`` must match the document (scope document) or the section (scope context)."""

    correction_id: str
    surfaces: tuple[str, ...]
    target: Entity | None
    kind: str
    scope: str
    condition: re.Pattern[str] | None
    except_: re.Pattern[str] | None
    safety: str
    reason: str
    reference: str
    contributor: str
    date: str
    example: str
    expect: str

    def applies(self, *, sentence: str, section: str, document: str) -> bool:
        """Whether a mention in ``sentence`` is in the scope of this row."""
        if self.except_ and self.except_.search(sentence):
            return False
        if self.condition is None:
            return True
        return self.condition.search(document if self.scope == "document" else section) is not None


@dataclass(frozen=True, slots=True)
class Ledger:
    """All rows in force, looked up by folded surface, the narrowest scope first."""

    corrections: tuple[Correction, ...]
    by_surface: Mapping[str, tuple[Correction, ...]]

    @classmethod
    def holding(cls, corrections: Iterable[Correction]) -> Ledger:
        """A ledger of these rows."""
        rows = tuple(corrections)
        by_surface: dict[str, tuple[Correction, ...]] = {}
        for row in sorted(rows, key=lambda row: SCOPES.index(row.scope)):
            for key in dict.fromkeys(map(squash, row.surfaces)):
                by_surface[key] = (*by_surface.get(key, ()), row)
        return cls(rows, MappingProxyType(by_surface))

    def of(self, text: str) -> tuple[Correction, ...]:
        """The rows about a name written like ``text``."""
        return self.by_surface.get(squash(text), ())


def parse_ledger(content: str, lexicon: Lexicon, file: str = FILE) -> Iterator[Correction]:
    """The rows of a ledger.

    Raises:
        KnowledgeError: missing columns, an unknown kind, scope or safety, a target that the lexicon does not know, an
            expression that does not compile, or a narrow scope without a condition.
    """
    rows = csv.DictReader(io.StringIO(content), delimiter="\t", quoting=csv.QUOTE_NONE)
    if tuple(rows.fieldnames or ()) != COLUMNS:
        found = ", ".join(rows.fieldnames or ()) or "nothing"
        raise KnowledgeError(file, 1, f"the columns are {found}", f"They must be {', '.join(COLUMNS)}.")
    for number, row in enumerate(rows, start=2):
        if not (row["correction_id"] or "").startswith("#"):
            yield _correction(file, number, {key: (value or "").strip() for key, value in row.items()}, lexicon)


def _correction(file: str, number: int, row: dict[str, str], lexicon: Lexicon) -> Correction:
    for field, known in (("kind", KINDS), ("scope", frozenset(SCOPES)), ("safety", SAFETIES)):
        if row[field] not in known:
            raise KnowledgeError(file, number, f"unknown {field} {row[field]!r}", f"Use one of: {sorted(known)}.")
    if row["scope"] != "global" and not row["condition"]:
        problem = f"scope {row['scope']} without a condition"
        raise KnowledgeError(file, number, problem, "Say by which words the scope is told.")
    surfaces = tuple(part.strip() for part in row["surface"].split("|") if squash(part))
    if not surfaces or not row["reason"] or not row["correction_id"]:
        raise KnowledgeError(file, number, "no correction_id, surface or reason", "A correction is signed: fill them.")
    return Correction(
        correction_id=row["correction_id"],
        surfaces=surfaces,
        target=None if row["kind"] == "non-entity" else _target(file, number, row["target"], lexicon),
        kind=row["kind"],
        scope=row["scope"],
        condition=_regex(file, number, row["condition"]),
        except_=_regex(file, number, row["except_"]),
        **{
            field: row[field] for field in ("safety", "reason", "reference", "contributor", "date", "example", "expect")
        },
    )


def _target(file: str, number: int, name: str, lexicon: Lexicon) -> Entity:
    named = [entry.entity for entry, surface in lexicon.candidates(name) if surface.type == "name"]
    if len(named) != 1:
        problem = f"target {name!r} is {'several names' if named else 'no preferred name'} of the lexicon"
        raise KnowledgeError(file, number, problem, "Use a preferred name, or add its row to the lexicon first.")
    return named[0]


def _regex(file: str, number: int, text: str) -> re.Pattern[str] | None:
    try:
        return re.compile(text, re.IGNORECASE) if text else None
    except re.error as error:
        raise KnowledgeError(file, number, f"{text!r} does not compile: {error}", "Mend the expression.") from None


def load_ledger(lexicon: Lexicon, home: Path | None = None) -> Ledger:
    """The shipped rows, and over them those of ``home/corrections.tsv`` where it exists."""
    rows = {row.correction_id: row for row in parse_ledger(read_package_file(FILE), lexicon)}
    own = home / FILE if home else None
    if own and own.exists():
        rows |= {row.correction_id: row for row in parse_ledger(own.read_text("utf-8"), lexicon, str(own))}
    return Ledger.holding(rows.values())


def with_corrections(lexicon: Lexicon, corrections: Iterable[Correction]) -> Lexicon:
    """``lexicon`` with the surfaces of the ledger: found in text, but grounding nothing by themselves."""
    added = tuple(
        Entry(row.target, tuple(Surface(text, CORRECTION, exact=False) for text in row.surfaces), source=(FILE,))
        for row in corrections
        if row.target
    )
    return index((*lexicon.entries, *added), lexicon.nonentities)
