"""A sheet that came back: what was exported, what is known now, and what the person typed.

A row that nobody touched says nothing. What was typed becomes a verdict about the words that were exported; whether it
still fits the words of today is told when it is matched with them. Nothing takes the place of a verdict that the person
could not see: both stand, and are told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.curation import (
    WITHDRAW,
    Choices,
    Column,
    Paper,
    Reading,
    Verdict,
    Verdicts,
    read_reading,
    verdict_id,
)
from pipeline.curation.mangled import is_made_of, looks_made
from pipeline.text import one_line, squash

JOINED = re.compile(r"\s+\+\s+|\s*;\s*|\s*\n\s*")
TRUTHS = {"yes": True, "no": False}
NEVER_EMPTY = ("kind", "stance", "certainty", "attribution")


@dataclass(frozen=True, slots=True)
class Typed:
    """A row as it came back: its number, and its cells as text with what a program made of them."""

    number: int
    cells: Mapping[str, tuple[str, str]]

    def text(self, column: str) -> str:
        return self.cells.get(column, ("", "text"))[0].strip()


@dataclass(frozen=True, slots=True)
class Base:
    """A row as it was exported: what it was about, the verdicts that were shown with it, and its cells."""

    export: str
    paper: Paper
    judged: Reading
    seen: tuple[str, ...]
    shown: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that a person should know of a row: where, what it is called, and what was found."""

    row: int
    column: str
    reason: str
    detail: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}: {self.reason}: {self.detail}"


@dataclass(slots=True)
class Merged:
    """What comes of a sheet."""

    verdicts: list[Verdict] = field(default_factory=list)
    problems: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)
    untouched: int = 0
    known: int = 0


Resolve = Callable[[Column, str, Reading], tuple[dict[str, Any], str | None]]  # → the name, and what to know of it
Numbers = Callable[[str], dict[str, Any]]
Complete = Callable[[Reading, Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class Desk:
    """What merging needs to know: the choices, who is at work and when, and what names and numbers mean."""

    choices: Choices
    kinds: Sequence[str]
    curator: str
    date: str
    resolve: Resolve
    numbers: Numbers
    complete: Complete


class _RefusedError(Exception):
    """A row that cannot be taken; the remark says why."""

    def __init__(self, remark: Remark) -> None:
        super().__init__(str(remark))
        self.remark = remark


def read_base(export: str, row: Mapping[str, Any]) -> Base:
    """A row of an export from its JSON object."""
    return Base(export, Paper(**row["paper"]), read_reading(row["judged"]), tuple(row["seen"]), row["shown"])


def merge(rows: Iterable[Typed], bases: Mapping[str, Base], verdicts: Verdicts, desk: Desk) -> Merged:
    """What ``rows`` say that was not said before; ``bases`` by the key that stands in the column row."""
    merged = Merged()
    said: dict[str, tuple[int, Verdict]] = {}
    refused: set[str] = set()
    for typed in rows:
        try:
            base = _base(typed, bases)
            verdict = _verdict(typed, base, desk, merged)
            if verdict is None:
                merged.untouched += 1
                continue
            _refuse_second(typed, verdict, said)
        except _RefusedError as refusal:
            merged.problems.append(refusal.remark)
            if refusal.remark.reason == "said_twice":
                refused.add(typed.text("row"))
            continue
        said[typed.text("row")] = (typed.number, verdict)
    for key, (number, verdict) in said.items():
        if key not in refused:
            _take(number, verdict, bases[key], verdicts, merged)
    return merged


def _base(typed: Typed, bases: Mapping[str, Base]) -> Base:
    """What the row was when it was exported, once it is sure that it is that row."""
    for column in ("row", "sentence"):
        _refuse_made(typed, column)
    key = typed.text("row")
    base = bases.get(key)
    if base is None:
        detail = f"{key!r} was not exported from here. Copy the cell from the exported file, or export again"
        raise _RefusedError(Remark(typed.number, "row", "unknown_evidence", detail))
    if squash(typed.text("sentence")) != squash(base.shown["sentence"]):
        detail = (
            f"this is not the sentence of {key} (“{one_line(base.shown['sentence'], 60)}”). Some columns were sorted "
            "without the others, or its words were changed"
        )
        raise _RefusedError(Remark(typed.number, "sentence", "another_sentence", detail))
    return base


def _refuse_made(typed: Typed, column: str) -> None:
    text, sort = typed.cells.get(column, ("", "text"))
    if sort in ("formula", "error"):
        detail = f"the cell holds {'a formula' if sort == 'formula' else 'an error'} ({one_line(text, 60)}). Type text"
        raise _RefusedError(Remark(typed.number, column, sort, detail))


def _verdict(typed: Typed, base: Base, desk: Desk, merged: Merged) -> Verdict | None:
    """The verdict that the row states; None where nobody touched it."""
    for column in desk.choices.columns:
        if column.said or column.edit:
            _refuse_made(typed, column.name)
    changed = [each for each in desk.choices.edited if _is_changed(typed, base, each, merged)]
    said = {name: typed.text(name) for name in ("verdict", "reason", "comment")}
    before = {name: base.shown.get(name, "").strip() for name in said}
    said = {name: text if name in typed.cells else before[name] for name, text in said.items()}
    if not changed and said == before:
        return None
    word, reason = _choices(typed, said, before, desk.choices)
    _refuse_unmeant(typed, word, changed)
    curator = typed.text("curator") or desk.curator
    if not curator:
        raise _RefusedError(
            Remark(typed.number, "curator", "not_signed", "nobody has signed it. Fill the cell, or give --curator")
        )
    edits = _edits(typed, base, changed, desk, merged) if word == "edit" else {}
    stated = {"curator": curator, "verdict": word, "reason": reason, "comment": said["comment"], "edits": edits}
    return Verdict(
        verdict_id(base.export, base.judged.evidence_id, stated), word, curator, desk.date, base.paper, base.judged,
        reason, said["comment"], edits, (), base.export,
    )  # fmt: skip


def _is_changed(typed: Typed, base: Base, column: Column, merged: Merged) -> bool:
    """Whether a cell says something else than was exported; what a program has done to it does not count."""
    if column.name not in typed.cells:
        return False
    text, sort = typed.cells[column.name]
    shown = base.shown.get(column.name, "")
    if " ".join(text.split()) == " ".join(shown.split()):
        return False
    if is_made_of(text, shown):
        detail = f"{text.strip()!r} is what a spreadsheet program made of {shown!r}; read as {shown!r}"
        merged.notes.append(Remark(typed.number, column.name, "mangled", detail))
        return False
    if (sort in ("date", "truth") and not column.choices) or looks_made(text):
        detail = (
            f"{text.strip()!r} looks like what a spreadsheet program makes of names or numbers (exported: {shown!r}). "
            "Type it again, in a cell formatted as text"
        )
        raise _RefusedError(Remark(typed.number, column.name, "mangled", detail))
    return True


def _choices(typed: Typed, said: Mapping[str, str], before: Mapping[str, str], choices: Choices) -> tuple[str, str]:
    word, reason = said["verdict"].lower(), said["reason"].lower()
    if not word:
        detail = (
            f"the verdict {before['verdict']!r} was cleared. Choose withdraw to take it back"
            if before["verdict"]
            else f"something was typed, but no verdict. Choose one of {', '.join(choices.verdicts)}"
        )
        raise _RefusedError(Remark(typed.number, "verdict", "no_verdict", detail))
    for column, text, known in (("verdict", word, choices.verdicts), ("reason", reason, choices.reasons)):
        if text and text not in known:
            detail = f"{said[column]!r} is none of {', '.join(known)}"
            raise _RefusedError(Remark(typed.number, column, f"unknown_{column}", detail))
    return word, reason


def _refuse_unmeant(typed: Typed, word: str, changed: Sequence[Column]) -> None:
    if word == "edit" and not changed:
        raise _RefusedError(
            Remark(typed.number, "verdict", "nothing_edited", "the verdict is edit, but no cell was changed")
        )
    if word != "edit" and changed:
        names = ", ".join(each.name for each in changed)
        detail = f"the verdict is {word}, but changed were {names}. Choose edit, or put back what was there"
        raise _RefusedError(Remark(typed.number, changed[0].name, "changed_without_edit", detail))


def _edits(typed: Typed, base: Base, changed: Sequence[Column], desk: Desk, merged: Merged) -> dict[str, Any]:
    edits: dict[str, Any] = {}
    for column in changed:
        text = typed.text(column.name)
        if column.names:
            edits[column.name] = _names(typed, base, column, desk, merged)
        elif column.name == "value_text":
            edits |= {"value_text": text or None} | desk.numbers(text)
        else:
            edits[column.name] = _one_of(typed, column, text, desk)
    if not desk.complete(base.judged, edits):
        detail = f"a claim of the kind {edits.get('kind', base.judged.kind)} needs other columns filled than these"
        raise _RefusedError(Remark(typed.number, changed[0].name, "incomplete_claim", detail))
    return edits


def _names(typed: Typed, base: Base, column: Column, desk: Desk, merged: Merged) -> list[dict[str, Any]]:
    found = []
    for text in filter(None, (each.strip() for each in JOINED.split(typed.text(column.name)))):
        name, remark = desk.resolve(column, text, base.judged)
        found.append(name)
        if remark:
            merged.notes.append(Remark(typed.number, column.name, "name", remark))
    return found


def _one_of(typed: Typed, column: Column, text: str, desk: Desk) -> str | bool | None:
    choices = desk.kinds if column.name == "kind" else column.choices
    if not text and column.name not in NEVER_EMPTY:
        return None
    if choices and text.lower() not in choices:
        detail = f"{text!r} is none of {', '.join(choices)}"
        raise _RefusedError(Remark(typed.number, column.name, "unknown_value", detail))
    return TRUTHS[text.lower()] if column.name == "acquired" else text.lower() if choices else text


def _refuse_second(typed: Typed, verdict: Verdict, said: Mapping[str, tuple[int, Verdict]]) -> None:
    """The same row twice in a sheet must say the same."""
    number, other = said.get(typed.text("row"), (0, verdict))
    if other != verdict:
        detail = (
            f"row {number} is the same evidence and says {other.verdict}, this one {verdict.verdict}; neither is taken"
        )
        raise _RefusedError(Remark(typed.number, "row", "said_twice", detail))


def _take(number: int, verdict: Verdict, base: Base, verdicts: Verdicts, merged: Merged) -> None:
    """Add a verdict to those that are new, with what it takes the place of, and who says otherwise."""
    if verdict.verdict_id in verdicts.known:
        merged.known += 1
        return
    about = {verdict.judged.evidence_id}
    there = [each for each in verdicts.standing if each.judged.evidence_id in about or each.verdict_id in base.seen]
    own = [each for each in there if each.curator == verdict.curator]
    unseen = [each for each in there if each.verdict_id not in base.seen]
    replaced = [each.verdict_id for each in there if each in own or each not in unseen]
    if verdict.verdict == WITHDRAW and not replaced:
        merged.problems.append(
            Remark(number, "verdict", "nothing_to_withdraw", "there is no verdict that was shown here")
        )
        return
    for other in unseen:
        told = f"{other.curator} has said {other.verdict} since the export ({other.date}, {other.verdict_id})"
        if other in own:
            merged.notes.append(Remark(number, "verdict", "changed_your_mind", f"{told}; this takes its place"))
        elif other.decision != verdict.decision:
            detail = f"{told}; you say {verdict.verdict}. Both are kept; none counts until one of you changes it"
            merged.problems.append(Remark(number, "verdict", "curators_differ", detail))
    merged.verdicts.append(
        Verdict(**{name: getattr(verdict, name) for name in verdict.__slots__} | {"replaces": tuple(replaced)})
    )
