"""The corrections ledger: signed rows that say what a written name really means, where, and why.

A correction never changes text; it changes what a mention is taken for, and the mention keeps the id of the row. The
rows shipped in ``corrections.tsv`` are defaults; a ledger of the same form in ``RESISTMINE_HOME`` adds to them. A row
of it that uses the id of a shipped one takes its place; with ``active`` set to no it switches it off.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType

from pipeline.errors import KnowledgeError
from pipeline.lexicon import Entry, Lexicon, Surface, index, read_package_file
from pipeline.lexicon.lookup import read_name
from pipeline.model import Entity
from pipeline.text import digest, squash

FILE = "corrections.tsv"
COMMON_WORDS = "common_words.txt"
COLUMNS = (
    "correction_id", "surface", "target", "kind", "scope", "condition", "except_", "safety",
    "reason", "reference", "contributor", "date", "example", "expect",
)  # fmt: skip
OPTIONAL = ("documents", "active", "note")  # columns that may be missing at the end: everywhere, yes, nothing
KINDS = ("misspelling", "synonym", "confusion", "non-entity")
SCOPES = ("document", "context", "global")  # the narrowest first: it decides
SAFETIES = ("always", "context_only", "never_silent")
SPELLINGS = {"in_context": "context_only"}  # of a safety
SIGNED = ("correction_id", "surface", "reason", "contributor", "date")
ACTIVE = {"": True, "yes": True, "no": False}
SHORTEST = 2  # letters and digits of a surface; one that holds everywhere must have one more
SAYS_NOTHING = ("", "x 7 - (", "It was of the other and with them.")  # what matches these matches nearly every text
NESTED = re.compile(r"\([^()]*[+*]\)[+*]")  # (a+)+ takes longer than anyone lives where it does not match
CORRECTION = "correction"  # type of the surfaces that the ledger adds to the lexicon


@dataclass(frozen=True, slots=True)
class Correction:
    """A row of the ledger, with the ``file`` and the ``row`` it stands in.

    ``condition`` must match the document (scope document) or the section (scope context); ``documents`` are the
    identities (document_id, PMID, PMCID, DOI) of those it is about, empty for all.
    """

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
    documents: tuple[str, ...] = ()
    active: bool = True
    note: str = ""
    file: str = FILE
    row: int = 0

    @property
    def shipped(self) -> bool:
        """Whether the row comes with the program, not from the user's ledger."""
        return self.file == FILE

    @property
    def definition(self) -> str:
        """Changes whenever the row could change another mention than before, or change it otherwise."""
        patterns = (each.pattern if each else None for each in (self.condition, self.except_))
        return digest(self.surfaces, self.target, self.kind, self.scope, *patterns, self.documents, self.reason)

    def applies(self, *, sentence: str, section: str, document: str, identities: frozenset[str] = frozenset()) -> bool:
        """Whether a mention in ``sentence`` is in the scope of this row."""
        if self.except_ and self.except_.search(sentence):
            return False
        return self.covers(section=section, document=document, identities=identities)

    def covers(self, *, section: str, document: str, identities: frozenset[str]) -> bool:
        """Whether a section is in the scope of this row, whatever the sentence says."""
        if self.documents and identities.isdisjoint(self.documents):
            return False
        if self.condition is None:
            return True
        return self.condition.search(document if self.scope == "document" else section) is not None


@dataclass(frozen=True, slots=True)
class Ledger:
    """All rows: those in force, looked up by folded surface with the narrowest scope first; and those switched off."""

    corrections: tuple[Correction, ...]
    by_surface: Mapping[str, tuple[Correction, ...]]
    inactive: tuple[Correction, ...] = ()

    @classmethod
    def holding(cls, corrections: Iterable[Correction]) -> Ledger:
        """A ledger of these rows.

        Raises:
            KnowledgeError: rows that contradict each other, or go in a circle.
        """
        given = tuple(corrections)
        rows = tuple(row for row in given if row.active)
        _refuse_contradictions(rows)
        _refuse_circles(rows)
        by_surface: dict[str, tuple[Correction, ...]] = {}
        for row in sorted(rows, key=lambda row: SCOPES.index(row.scope)):
            for key in dict.fromkeys(map(squash, row.surfaces)):
                by_surface[key] = (*by_surface.get(key, ()), row)
        return cls(rows, MappingProxyType(by_surface), tuple(row for row in given if not row.active))

    @property
    def fingerprint(self) -> str:
        """Changes whenever a row in force does."""
        return digest(*sorted(f"{row.correction_id} {row.definition}" for row in self.corrections))

    def of(self, text: str) -> tuple[Correction, ...]:
        """The rows about a name written like ``text``."""
        return self.by_surface.get(squash(text), ())

    def row(self, correction_id: str) -> Correction | None:
        """The row with this id, in force or not."""
        return next((row for row in (*self.corrections, *self.inactive) if row.correction_id == correction_id), None)

    def with_row(self, row: Correction) -> Ledger:
        """This ledger and one more row.

        Raises:
            KnowledgeError: the row contradicts another, or closes a circle.
        """
        return Ledger.holding((*self.corrections, *self.inactive, row))


# ------------------------------------------------------------------------------------------------ reading a ledger


def load_ledger(lexicon: Lexicon, home: Path | None = None) -> Ledger:
    """The shipped rows, and over them those of ``home/corrections.tsv`` where it exists.

    Raises:
        KnowledgeError: a row that cannot be used (see :func:`parse_ledger`), or rows that cannot stand together.
    """
    rows = {row.correction_id: row for row in parse_ledger(read_package_file(FILE), lexicon)}
    own = home / FILE if home else None
    if own and own.exists():
        rows |= {row.correction_id: row for row in parse_ledger(_text_of(own), lexicon, str(own))}
    return Ledger.holding(rows.values())


def _text_of(own: Path) -> str:
    try:
        return own.read_text("utf-8-sig")
    except OSError as error:
        raise KnowledgeError(
            str(own), 1, f"cannot be read ({error.strerror})", "Mend that; backups/ has copies."
        ) from None
    except UnicodeDecodeError as error:
        raise KnowledgeError(str(own), 1, f"is not UTF-8 ({error})", "Save it as UTF-8 text.") from None


def parse_ledger(content: str, lexicon: Lexicon, file: str = FILE) -> Iterator[Correction]:
    """The rows of a ledger.

    Raises:
        KnowledgeError: missing columns, a row that is not signed, an id twice, a bad date, an unknown kind, scope or
            safety, a target that the lexicon does not know, an expression that does not compile, a scope that is not
            told, a surface or an expression that fits everything.
    """
    rows = csv.reader(io.StringIO(content), delimiter="\t", quoting=csv.QUOTE_NONE)
    header = tuple(next(rows, ()))
    optional = header[len(COLUMNS) :]
    if header[: len(COLUMNS)] != COLUMNS or optional != tuple(name for name in OPTIONAL if name in optional):
        wanted = f"They must be {', '.join(COLUMNS)}; after them may stand {', '.join(OPTIONAL)}."
        raise KnowledgeError(file, 1, f"the columns are {', '.join(header) or 'nothing'}", wanted)
    seen: dict[str, int] = {}
    for cells in rows:
        if not cells or cells[0].startswith("#") or not any(cells):
            continue
        number = rows.line_num
        values = _named(file, number, header, cells)
        if values["correction_id"] in seen:
            problem = f"id {values['correction_id']!r} stands already in row {seen[values['correction_id']]}"
            raise KnowledgeError(file, number, problem, "Give each row an id of its own.")
        seen[values["correction_id"]] = number
        yield make_correction(values, lexicon, file, number)


def _named(file: str, number: int, header: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    if not len(COLUMNS) <= len(cells) <= len(header):
        problem = f"{len(cells)} columns instead of {len(header)}"
        raise KnowledgeError(file, number, problem, "Columns are separated by tabs; empty ones keep their tab.")
    given = dict(zip(header, (cell.strip() for cell in cells), strict=False))
    return dict.fromkeys(OPTIONAL, "") | given


def make_correction(values: Mapping[str, str], lexicon: Lexicon, file: str, number: int) -> Correction:
    """One row, from its cells by column.

    Raises:
        KnowledgeError: it cannot be used (see :func:`parse_ledger`).
    """
    row = dict(values)
    row["safety"] = SPELLINGS.get(row["safety"], row["safety"])
    surfaces = tuple(part.strip() for part in row["surface"].split("|") if part.strip())
    _refuse_unsigned(file, number, row, surfaces)
    _refuse_unknown_words(file, number, row)
    condition, except_ = (_regex(file, number, row[name]) for name in ("condition", "except_"))
    documents = tuple(part.strip().lower() for part in row["documents"].split("|") if part.strip())
    _refuse_bad_scope(file, number, row, told=bool(condition or (documents and row["scope"] == "document")))
    target = None if row["kind"] == "non-entity" else _target(file, number, row["target"], lexicon)
    for surface in surfaces:
        _refuse_everything(file, number, surface, scope=row["scope"])
        _refuse_jump(file, number, surface, target, lexicon, scope=row["scope"])
    same = {name: row[name] for name in ("correction_id", "kind", "scope", "safety", "reason", "reference")}
    signature = {name: row[name] for name in ("contributor", "date", "example", "expect", "note")}
    return Correction(
        **same, **signature, surfaces=surfaces, target=target, condition=condition, except_=except_,
        documents=documents, active=ACTIVE[row["active"].lower()], file=file, row=number,
    )  # fmt: skip


def _target(file: str, number: int, name: str, lexicon: Lexicon) -> Entity:
    named = [entry.entity for entry, surface in lexicon.candidates(name) if surface.type == "name"]
    if len(named) != 1:
        problem = f"target {name!r} is {'several names' if named else 'no preferred name'} of the lexicon"
        known = read_name(lexicon, name).entity
        meant = f"Did you mean {known.name!r}? " if known and not named else ""
        raise KnowledgeError(
            file, number, problem, f"{meant}Use a preferred name, or add its row to the lexicon first."
        )
    return named[0]


def _regex(file: str, number: int, text: str) -> re.Pattern[str] | None:
    try:
        found = re.compile(text, re.IGNORECASE) if text else None
    except re.error as error:
        raise KnowledgeError(file, number, f"{text!r} does not compile: {error}", "Mend the expression.") from None
    if found and any(found.search(said) for said in SAYS_NOTHING):
        raise KnowledgeError(file, number, f"{text!r} matches every text", "Name words that must stand there.")
    if NESTED.search(text):
        problem = f"{text!r} repeats what is repeated, and may take for ever"
        raise KnowledgeError(file, number, problem, "Write it with one + or * less.")
    return found


# ------------------------------------------------------------------------------------------------ rows that are refused


def _refuse_unsigned(file: str, number: int, row: Mapping[str, str], surfaces: Sequence[str]) -> None:
    missing = [name for name in SIGNED if not row[name]] + ([] if surfaces else ["surface"])
    if missing:
        problem = f"no {' and no '.join(dict.fromkeys(missing))}"
        raise KnowledgeError(file, number, problem, "A correction is signed: fill them.")
    try:
        date.fromisoformat(row["date"])
    except ValueError:
        raise KnowledgeError(file, number, f"date {row['date']!r} is no day", "Write YYYY-MM-DD.") from None


def _refuse_unknown_words(file: str, number: int, row: Mapping[str, str]) -> None:
    for field, known in (("kind", KINDS), ("scope", SCOPES), ("safety", SAFETIES)):
        if row[field] not in known:
            raise KnowledgeError(file, number, f"unknown {field} {row[field]!r}", f"Use one of: {', '.join(known)}.")
    if row["active"].lower() not in ACTIVE:
        raise KnowledgeError(file, number, f"active is {row['active']!r}", "Write yes or no.")
    if row["kind"] == "non-entity" and row["target"]:
        raise KnowledgeError(file, number, f"a non-entity with the target {row['target']!r}", "Remove the target.")


def _refuse_bad_scope(file: str, number: int, row: Mapping[str, str], *, told: bool) -> None:
    scope = row["scope"]
    if scope != "global" and not told:
        remedy = "Say by which words the scope is told" + (", or in which documents." if scope == "document" else ".")
        raise KnowledgeError(file, number, f"scope {scope} without a condition", remedy)
    if scope == "global" and (row["condition"] or row["documents"]):
        raise KnowledgeError(file, number, "scope global with a condition", "Make the scope document or context.")
    if scope == "global" and row["safety"] != "always":
        problem = f"safety {row['safety']} with scope global"
        raise KnowledgeError(file, number, problem, "What is not always safe needs the scope document or context.")


@cache
def _common_words() -> frozenset[str]:
    lines = read_package_file(COMMON_WORDS).splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def _refuse_everything(file: str, number: int, surface: str, *, scope: str) -> None:
    """Surfaces that stand in nearly every text."""
    key = squash(surface)
    shortest = SHORTEST + (scope == "global")
    if len(key) < shortest:
        problem = f"surface {surface!r} is too short: it would match everywhere"
        raise KnowledgeError(file, number, problem, f"Write at least {shortest} letters, or give it a narrower scope.")
    if key.isdigit():
        raise KnowledgeError(file, number, f"surface {surface!r} is a number", "Write it with the letters of the name.")
    if key in _common_words() and not _is_symbol(surface):
        raise KnowledgeError(
            file, number, f"surface {surface!r} is a common word: it would match everywhere", "Write a name."
        )


def _is_symbol(surface: str) -> bool:
    """Short names in capitals (AM, IS) are matched in their own case only."""
    return surface.isupper() and len(surface) <= 3


def _refuse_jump(file: str, number: int, surface: str, target: Entity | None, lexicon: Lexicon, *, scope: str) -> None:
    """No row turns one known thing into another everywhere, and none says what is known."""
    named = {entry.entity for entry, each in lexicon.candidates(surface) if each.type == "name"}
    if target and target in named and len(named) == 1:
        raise KnowledgeError(file, number, f"{surface!r} is the name of its target", "Remove the row.")
    if target and named and scope == "global":
        other = min(entity.name for entity in named if entity != target)
        problem = f"{surface!r} is the name of something else ({other})"
        raise KnowledgeError(file, number, problem, "Such a correction holds in a document or a context only.")


def _refuse_contradictions(rows: Sequence[Correction]) -> None:
    """One surface in one scope has one target."""
    seen: dict[tuple[str, ...], Correction] = {}
    for row in rows:
        for surface in row.surfaces:
            for document in row.documents or ("",):
                place = (squash(surface), row.scope, row.condition.pattern if row.condition else "", document)
                before = seen.setdefault(place, row)
                if before.target != row.target:
                    raise KnowledgeError(
                        row.file, row.row,
                        f"{row.correction_id} says that {surface!r} is {_meant(row)}, but {before.correction_id} "
                        f"({before.file}, row {before.row}) says {_meant(before)} in the same scope",
                        "Keep one: switch the other off (resistmine correct undo), or narrow its scope.",
                    )  # fmt: skip


def _meant(row: Correction) -> str:
    return row.target.name if row.target else "no name"


def _refuse_circles(rows: Sequence[Correction]) -> None:
    """A → B and B → A: then neither name would mean what it says."""
    leads: dict[str, dict[str, Correction]] = {}
    for row in rows:
        if row.target:
            for surface in row.surfaces:
                leads.setdefault(squash(surface), {})[squash(row.target.name)] = row
    for row in rows:
        way = _way_back(squash(row.target.name), frozenset(map(squash, row.surfaces)), leads) if row.target else None
        if way:
            ids = " → ".join([row.correction_id, *(each.correction_id for each in way)])
            problem = f"{row.correction_id} leads back to its own surface ({ids})"
            raise KnowledgeError(row.file, row.row, problem, "Remove one of the rows of the circle.")


def _way_back(
    start: str, ends: frozenset[str], leads: Mapping[str, Mapping[str, Correction]]
) -> tuple[Correction, ...] | None:
    """The rows by which ``start`` leads to one of ``ends``; None if it does not."""
    ways: dict[str, tuple[Correction, ...]] = {start: ()}
    pending = [start]
    while pending:
        name = pending.pop()
        for target, row in leads.get(name, {}).items():
            if target in ends:
                return (*ways[name], row)
            if target not in ways:
                ways[target] = (*ways[name], row)
                pending.append(target)
    return None


# ------------------------------------------------------------------------------------------------ using a ledger


def with_corrections(lexicon: Lexicon, corrections: Iterable[Correction]) -> Lexicon:
    """``lexicon`` with the surfaces of the ledger: found in text, but grounding nothing by themselves."""
    added = tuple(
        Entry(row.target, tuple(Surface(text, CORRECTION, exact=False) for text in row.surfaces), source=(FILE,))
        for row in corrections
        if row.target
    )
    by_surface = dict(lexicon.by_surface)
    for key, pairs in index(added).by_surface.items():
        by_surface[key] = (*by_surface.get(key, ()), *pairs)
    return Lexicon((*lexicon.entries, *added), MappingProxyType(by_surface), lexicon.nonentities)


def says_nothing_new(row: Correction, lexicon: Lexicon) -> bool:
    """Whether the lexicon by itself reads every surface of ``row`` as the row does."""
    return row.target is not None and all(read_name(lexicon, each).entity == row.target for each in row.surfaces)
