"""The corrections ledger at work: what a row would change, adding one, taking one back.

A row is written to the ledger first, whole and with a copy of the ledger as it was, and then applied to the database
by a run like any other: it reads again, from their stored text, the documents in which the row may matter, and
publishes a snapshot. Broken off in between, the next run of any kind (``correct apply`` too) applies it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline import lexicon
from pipeline.article import Reader
from pipeline.errors import KnowledgeError, StoreError, UsageError
from pipeline.home import write_whole
from pipeline.ingest import Summary, run_prepared
from pipeline.lexicon.corrections import (
    COLUMNS,
    FILE,
    OPTIONAL,
    Correction,
    Ledger,
    load_ledger,
    make_correction,
    says_nothing_new,
)
from pipeline.model import Article, Document, Evidence, Mention, Section, Source
from pipeline.paths import OutputPaths
from pipeline.settings import Settings
from pipeline.store import schema
from pipeline.store.documents import found_by_models, parts_with, stored_documents
from pipeline.store.query import reading
from pipeline.text import squash

ALL_COLUMNS = (*COLUMNS, *OPTIONAL)
DEFAULT_SAFETY = {"global": "always", "context": "context_only", "document": "never_silent"}
SHOWN_EXAMPLES = 3
AT_ONCE = 100  # documents that are compared at once
Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A row as a curator asks for it; what is left empty follows from the rest."""

    surface: str
    target: str = ""
    kind: str = "misspelling"
    scope: str = ""
    safety: str = ""
    documents: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    reason: str = ""
    reference: str = ""
    contributor: str = ""
    example: str = ""

    def row(self, names: lexicon.Lexicon, home: Path, ledger: Ledger) -> Correction:
        """The row that this would be, in the next line of the ledger in ``home``.

        Raises:
            KnowledgeError: it cannot be used.
        """
        own = home / FILE
        number = len(_lines(own)) + 1
        row = make_correction(self._cells(_next_id(ledger)), names, str(own), number)
        return row if self.example else _with_example(row, self.context)

    def _cells(self, correction_id: str) -> dict[str, str]:
        scope = self.scope or ("document" if self.documents else "context" if self.context else "global")
        given = {
            "correction_id": correction_id, "surface": self.surface, "target": self.target, "kind": self.kind,
            "scope": scope, "condition": _any_of(self.context), "except_": _any_of(self.unless),
            "safety": self.safety or DEFAULT_SAFETY.get(scope, ""), "reason": self.reason, "reference": self.reference,
            "contributor": self.contributor, "date": f"{datetime.now(UTC):%F}", "example": self.example,
            "expect": self.target or "nothing", "documents": " | ".join(self.documents), "active": "yes",
        }  # fmt: skip
        return dict.fromkeys(ALL_COLUMNS, "") | {name: " ".join(text.split()) for name, text in given.items()}


def _any_of(words: Sequence[str]) -> str:
    """An expression for any of ``words``, whole or as the beginning of a longer one: hypogonad finds hypogonadism."""
    stripped = [word.strip() for word in words if word.strip()]
    return rf"\b(?:{'|'.join(map(re.escape, stripped))})" if stripped else ""


def _next_id(ledger: Ledger) -> str:
    numbers = [
        int(row.correction_id[1:])
        for row in (*ledger.corrections, *ledger.inactive)
        if re.fullmatch(r"u\d{1,9}", row.correction_id)
    ]
    return f"u{max(numbers, default=0) + 1:04}"


def _with_example(row: Correction, context: Sequence[str]) -> Correction:
    told = f" ({context[0].strip()})" if context else ""
    return replace(row, example=f"Cells were treated with {row.surfaces[0]}{told}.")


# --------------------------------------------------------------------------------------- what a row would change


@dataclass(frozen=True, slots=True)
class Example:
    """A name in its sentence, and what it is taken for before and after; None: for no name."""

    text: str
    before: str | None
    after: str | None
    sentence: str
    document_id: str
    pmid: str | None
    in_claim: bool


@dataclass(slots=True)
class Effect:
    """What changes between two readings of the same documents."""

    documents: int = 0
    mentions: int = 0
    evidence: int = 0
    claims_gone: set[str] = field(default_factory=set)
    claims_new: set[str] = field(default_factory=set)
    claims: set[str] = field(default_factory=set)
    papers: set[str] = field(default_factory=set)
    examples: list[Example] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """The figures, by name."""
        return {
            "documents_with_the_name": self.documents, "mentions": self.mentions, "evidence": self.evidence,
            "claims": len(self.claims), "papers": len(self.papers),
        }  # fmt: skip

    def compare(self, before: Article, after: Article) -> None:
        """Add what differs between two readings of one document."""
        self.documents += 1
        said, says = _by_id(before), _by_id(after)
        different = {key for key in said.keys() | says.keys() if _what(said.get(key)) != _what(says.get(key))}
        self.evidence += len(different)
        for found, gone in ((said, self.claims_gone), (says, self.claims_new)):
            gone |= {found[key].claim.claim_id for key in different & found.keys()}
        self.claims |= self.claims_gone | self.claims_new
        places = {(found[key].section_index, found[key].sentence.start) for found in (said, says)
                  for key in different & found.keys()}  # fmt: skip
        changed = list(_changed_mentions(before, after, places))
        self.mentions += len(changed)
        if changed or different:
            self.papers.add(before.document.document_id)
        self.examples = sorted([*self.examples, *changed], key=lambda each: not each.in_claim)[:SHOWN_EXAMPLES]


def _by_id(article: Article) -> dict[str, Evidence]:
    return {each.evidence_id: each for each in article.evidence}


def _what(evidence: Evidence | None) -> object:
    """What an evidence says, whichever correction its names come from."""
    if evidence is None:
        return None
    arguments = tuple(replace(each, correction_id=None) for each in evidence.match.arguments)
    return evidence.claim.claim_id, replace(evidence.match, arguments=arguments)


def _changed_mentions(before: Article, after: Article, places: set[tuple[int, int]]) -> Iterator[Example]:
    """Names that are taken for something else; ``places`` are the sentences whose evidence changes."""
    old, new = _by_place(before), _by_place(after)
    for key in sorted(old.keys() | new.keys()):
        one, other = old.get(key), new.get(key)
        if _meaning(one) != _meaning(other):
            sentence, text = _words(after, before, key)
            document = before.document
            in_claim = (key[0], sentence[0]) in places
            yield Example(
                text, _called(one), _called(other), sentence[1], document.document_id, document.pmid, in_claim
            )


def _by_place(article: Article) -> dict[tuple[int, int, int], Mention]:
    return {
        (sentence.section_index, each.start, each.end): each
        for sentence in article.sentences
        for each in sentence.mentions
    }


def _meaning(mention: Mention | None) -> object:
    if mention is None or mention.grounding is None:
        return mention and mention.kind
    return mention.grounding.entity


def _called(mention: Mention | None) -> str | None:
    return mention.grounding.entity.called if mention and mention.grounding else None


def _words(after: Article, before: Article, key: tuple[int, int, int]) -> tuple[tuple[int, str], str]:
    """The sentence around a place (its start and its words), and the words of the place itself."""
    section, start, end = key
    for sentence in (*after.sentences, *before.sentences):
        if sentence.section_index == section and sentence.start <= start and end <= sentence.end:
            return (sentence.start, sentence.text), sentence.text[start - sentence.start : end - sentence.start]
    text = before.document.sections[section].text
    return (start, text[start:end]), text[start:end]


def try_correction(settings: Settings, proposal: Proposal) -> tuple[Correction, Effect]:
    """What ``proposal`` would change in the current snapshot; nothing is written.

    Raises:
        KnowledgeError: the row cannot be used.
        StoreError: there is no snapshot, or it must be brought up to date first.
    """
    names = lexicon.shipped()
    ledger = load_ledger(names, settings.home)
    row = _tried(proposal).row(names, settings.home, ledger)
    standing = _standing(ledger, row)
    grown = ledger if standing else ledger.with_row(row)
    models = settings.models
    before, after = Reader(models=models, ledger=ledger), Reader(models=models, ledger=grown)
    return standing or row, effect_of(OutputPaths(settings.output), row, before, after)


def _tried(proposal: Proposal) -> Proposal:
    """Trying needs no signature."""
    return replace(proposal, reason=proposal.reason or "on trial", contributor=proposal.contributor or "on trial")


def effect_of(paths: OutputPaths, row: Correction, before: Reader, after: Reader) -> Effect:
    """How two readers, without and with ``row``, differ on the stored documents in which it may matter."""
    effect = Effect()
    with reading(paths) as connection:
        if schema.schema_version(connection) != schema.VERSION:
            raise StoreError(f"{paths.evidence}: was made by another version. Run 'resistmine correct apply' first.")
        shown = set(connection.execute("SELECT document_id, source FROM document_parts WHERE used").fetchall())
        parts = [part for part in parts_with(connection, row.surfaces, row.documents) if part in shown]
        for first in range(0, len(parts), AT_ONCE):
            documents = list(stored_documents(connection, parts[first : first + AT_ONCE]))
            for document, found in zip(documents, found_by_models(connection, documents, after.models), strict=True):
                effect.compare(before.read_again(document, found), after.read_again(document, found))
    return effect


# ------------------------------------------------------------------------------------------- adding, taking back


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a change of the ledger; no ``summary`` where there is no database yet."""

    row: Correction | None
    written: bool
    summary: Summary | None


def add_correction(settings: Settings, proposal: Proposal, told: Told = lambda _: None) -> Outcome:
    """Write a row to the user's ledger and apply it. One that stands there already is applied, not written twice.

    Args:
        settings: where things are.
        proposal: the row.
        told: is told as soon as the row is written.

    Raises:
        KnowledgeError: the row cannot be used, or its example does not come out.
        RunningElsewhereError: another run is writing; nothing was changed.
    """
    changed: list[tuple[Correction, bool]] = []

    def prepare() -> Reader:
        names = lexicon.shipped()
        ledger = load_ledger(names, settings.home)
        row = proposal.row(names, settings.home, ledger)
        standing = _standing(ledger, row)
        reader = Reader(models=settings.models, ledger=ledger if standing else ledger.with_row(row))
        if not standing:
            _refuse_failing_example(reader, row)
            _write(settings.home, [*_lines(settings.home / FILE), _as_line(row)])
            told(f"{row.correction_id} is written to {settings.home / FILE}")
        changed.append((standing or row, not standing))
        return reader

    summary = run_prepared(settings, f"correct add {proposal.surface} {proposal.target}".strip(), prepare)
    return Outcome(*changed[0], summary)


def undo_correction(settings: Settings, correction_id: str, contributor: str, told: Told = lambda _: None) -> Outcome:
    """Switch a row off, the user's own or a shipped one, and put back what it had changed. The row itself is kept.

    Raises:
        UsageError: there is no such row.
        RunningElsewhereError: another run is writing; nothing was changed.
    """
    changed: list[tuple[Correction, bool]] = []

    def prepare() -> Reader:
        row = load_ledger(lexicon.shipped(), settings.home).row(correction_id)
        if row is None:
            raise UsageError(f"correct undo: no row has the id {correction_id!r}. See: resistmine correct list --all")
        if row.active:
            note = f"switched off by {contributor}, {datetime.now(UTC):%F}"
            _write(settings.home, _lines_without(settings.home / FILE, row, note))
            told(f"{correction_id} is switched off in {settings.home / FILE}")
        changed.append((row, row.active))
        return Reader(models=settings.models, home=settings.home)

    summary = run_prepared(settings, f"correct undo {correction_id}", prepare)
    return Outcome(*changed[0], summary)


def apply_ledger(settings: Settings) -> Outcome:
    """Apply the ledger as it stands, after it was changed by hand or a change of it broke off."""
    return Outcome(
        None, False, run_prepared(settings, "correct apply", lambda: Reader(models=settings.models, home=settings.home))
    )


def _standing(ledger: Ledger, row: Correction) -> Correction | None:
    """The row in force that says the same already."""
    return next((each for each in ledger.corrections if _saying(each) == _saying(row)), None)


def _saying(row: Correction) -> object:
    patterns = tuple(each.pattern if each else None for each in (row.condition, row.except_))
    return {*map(squash, row.surfaces)}, row.target, row.scope, patterns, {*row.documents}


def _refuse_failing_example(reader: Reader, row: Correction) -> None:
    """The example of a row is its test."""
    identity = row.documents[0] if row.documents else "text:example"
    article = reader.names(Document(identity, Source.TEXT, "", (Section("title", row.example),)))
    keys = {*map(squash, row.surfaces)}
    found = [each for sentence in article.sentences for each in sentence.mentions if squash(each.text) in keys]
    ids = {each.grounding.correction_id if each.grounding else None for each in found}
    if ids != ({row.correction_id} if row.target else set()):
        taken = ", ".join(f"{each.text!r} → {_called(each)}" for each in found) or "no such name in it"
        raise KnowledgeError(
            row.file, row.row, f"the example {row.example!r} does not show the correction ({taken})",
            "Give one that does: --example SENTENCE.",
        )  # fmt: skip


# ---------------------------------------------------------------------------------------- the file of the ledger


def _lines(own: Path) -> list[str]:
    """The lines of a ledger with all columns, comments where they were; a header alone where there is no file."""
    try:
        lines = own.read_text("utf-8-sig").splitlines()
    except FileNotFoundError:
        lines = []
    header = lines[0].split("\t") if lines else []
    widened = [line if line.startswith("#") or not line.strip() else _widened(header, line) for line in lines[1:]]
    return ["\t".join(ALL_COLUMNS), *widened]


def _widened(header: Sequence[str], line: str) -> str:
    cells = dict(zip(header, line.split("\t"), strict=False))
    return "\t".join(cells.get(name, "") for name in ALL_COLUMNS)


def _lines_without(own: Path, row: Correction, note: str) -> list[str]:
    """The ledger with ``row`` switched off; a shipped one by a row of its id."""
    lines = _lines(own)
    if row.shipped:
        return [*lines, _as_line(row, active="no", note=note)]
    for number, line in enumerate(lines):
        cells = dict(zip(ALL_COLUMNS, line.split("\t"), strict=False))
        if cells["correction_id"].strip() == row.correction_id:
            notes = "; ".join(each for each in (cells.get("note", ""), note) if each)
            lines[number] = "\t".join((cells | {"active": "no", "note": notes})[name] for name in ALL_COLUMNS)
    return lines


def _as_line(row: Correction, **changed: str) -> str:
    cells: dict[str, Any] = {name: getattr(row, name) for name in ALL_COLUMNS if hasattr(row, name)}
    cells |= {
        "surface": " | ".join(row.surfaces), "target": row.target.name if row.target else "",
        "condition": row.condition.pattern if row.condition else "", "active": "yes" if row.active else "no",
        "except_": row.except_.pattern if row.except_ else "", "documents": " | ".join(row.documents),
    } | changed  # fmt: skip
    return "\t".join(str(cells[name]) for name in ALL_COLUMNS)


def _write(home: Path, lines: Sequence[str]) -> None:
    write_whole(home / FILE, "\n".join(lines) + "\n")


# ---------------------------------------------------------------------------------------- the rows as they stand

STORED = "SELECT correction_id, definition, active FROM correction_rows"
APPLIED = "SELECT correction_id, applied_count FROM corrections"


def listed(settings: Settings, *, inactive: bool = False) -> list[dict[str, Any]]:
    """The rows of the ledger, where they come from, what they are applied to, and what a curator should know."""
    names = lexicon.shipped()
    ledger = load_ledger(names, settings.home)
    stored = _stored(OutputPaths(settings.output))
    rows = [*ledger.corrections, *(ledger.inactive if inactive else ())]
    return [_listed(row, stored, names) for row in sorted(rows, key=lambda row: (row.shipped, row.correction_id))]


@dataclass(frozen=True, slots=True)
class _Stored:
    """What the current snapshot knows of the ledger."""

    documents: int
    definitions: Mapping[str, str]
    applied: Mapping[str, int]


def _stored(paths: OutputPaths) -> _Stored | None:
    if not paths.evidence.exists():
        return None
    with reading(paths) as connection:
        if schema.schema_version(connection) != schema.VERSION:
            return None
        found = connection.execute("SELECT count(*) FROM documents").fetchone()
        definitions = {row[0]: row[1] for row in connection.execute(STORED).fetchall() if row[2]}
        return _Stored(found[0] if found else 0, definitions, dict(connection.execute(APPLIED).fetchall()))


def _listed(row: Correction, stored: _Stored | None, names: lexicon.Lexicon) -> dict[str, Any]:
    return {
        "correction_id": row.correction_id, "surface": " | ".join(row.surfaces),
        "target": row.target.name if row.target else None, "kind": row.kind, "scope": row.scope,
        "documents": list(row.documents), "safety": row.safety, "origin": "shipped" if row.shipped else row.file,
        "active": row.active, "applied_count": stored.applied.get(row.correction_id, 0) if stored else None,
        "state": _state(row, stored, names), "contributor": row.contributor, "date": row.date, "reason": row.reason,
    }  # fmt: skip


def _state(row: Correction, stored: _Stored | None, names: lexicon.Lexicon) -> str:
    if not row.active:
        applied = not stored or row.correction_id not in stored.definitions
        return (row.note or "switched off") + ("" if applied else "; not applied yet")
    if stored and stored.definitions.get(row.correction_id) != row.definition:
        return "not applied yet"
    if says_nothing_new(row, names):
        return "changes nothing any more: the lexicon says the same"
    if stored and stored.documents and not stored.applied.get(row.correction_id):
        return "changes nothing"
    return "in use" if stored and stored.documents else ""
