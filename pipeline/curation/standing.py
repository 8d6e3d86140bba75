"""What a verdict comes to now: whether it holds, for which evidence, and if not, what has changed.

A verdict holds as long as the words that it was about stand in the paper and are read as the same claim; where they
are read under other names because a correction says so, it holds too, and says so. Otherwise it waits for a
person, with the difference shown. A rejection does not lapse meanwhile: what is the same claim in the same paper stays
rejected.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from pipeline.curation import Name, Paper, Reading, Verdict
from pipeline.text import one_line, squash

HOLDS, REREVIEW, ABSENT = "holds", "needs_rereview", "absent"
ALIKE = 60  # of 100: two versions of one sentence, other words in it aside
VOID = frozenset({"retracted", "deleted"})
Passage = Callable[[str, str], str | None]  # document_id, sentence → the passage that is nearest; None: it stands there


@dataclass(frozen=True, slots=True)
class Standing:
    """A verdict now; ``reading`` is the evidence that it is about, None where there is none any more."""

    verdict: Verdict
    state: str
    cause: str
    difference: str = ""
    reading: Reading | None = None

    @property
    def in_force(self) -> str | None:
        """What counts: the verdict that holds, or a rejection that waits for a second look at the same claim."""
        if self.state == HOLDS:
            return self.verdict.verdict
        same = self.reading is not None and _says_the_same(self.verdict.judged, self.reading)
        return "reject" if same and self.verdict.verdict == "reject" else None


def stand(verdict: Verdict, paper: Paper | None, readings: Sequence[Reading], passage: Passage) -> Standing:
    """What ``verdict`` comes to.

    Args:
        verdict: the verdict.
        paper: its document as it is known now; None where it is not in the database.
        readings: all evidence of that document.
        passage: looks into the text of the document.
    """
    if paper is None:
        return Standing(verdict, ABSENT, "no_such_document", f"{verdict.paper.document_id} is not in this database")
    found = _same_words(verdict, readings) or _other_words(verdict, readings)
    if found is None:
        return _without_reading(verdict, paper, passage)
    if found.state == HOLDS and paper.status in VOID and verdict.paper.status not in VOID:
        change = f"the paper is {paper.status} now (was {verdict.paper.status})"
        return Standing(verdict, REREVIEW, paper.status, change, found.reading)
    return found


def _same_words(verdict: Verdict, readings: Sequence[Reading]) -> Standing | None:
    """The reading of the same sentence that is nearest, by the words in the roles, then by what they are taken for."""
    judged = verdict.judged
    words = squash(judged.sentence)
    same = [each for each in readings if squash(each.sentence) == words]
    exact = [each for each in same if each.evidence_id == judged.evidence_id]
    same_claim = [each for each in same if _says_the_same(judged, each)]
    if exact or same_claim:
        return _compare(verdict, (exact or same_claim)[0])
    near = max(same, key=lambda each: _shared(judged, each), default=None)
    if near is None or not any(_shared(judged, near)):
        return None
    return Standing(verdict, REREVIEW, "read_otherwise", differences(judged, near), near)


def _compare(verdict: Verdict, now: Reading) -> Standing:
    """The same words in the same roles, or the same claim of the same sentence."""
    judged = verdict.judged
    difference = differences(judged, now)
    if _says_the_same(judged, now):
        cause = "unchanged" if judged.rule == now.rule and not difference else "same_claim"
        return Standing(verdict, HOLDS, cause, difference, now)
    if judged.stance != now.stance or judged.kind != now.kind:
        return Standing(verdict, REREVIEW, "read_otherwise", difference, now)
    pairs = _renamed(judged, now)
    accounted = {each.key for pair in pairs for each in pair}
    others = ({each.key for each in judged.names} ^ {each.key for each in now.names}) - accounted
    if not pairs or others:
        return Standing(verdict, REREVIEW, "read_otherwise", difference, now)
    signed = all(old.correction_id or new.correction_id or not old.entity_id for old, new in pairs)
    return Standing(verdict, HOLDS if signed else REREVIEW, "regrounded", difference, now)


def _other_words(verdict: Verdict, readings: Sequence[Reading]) -> Standing | None:
    """The same claim, or nearly, in a sentence that is like the one that was judged."""
    judged = verdict.judged
    likeness = {each.evidence_id: fuzz.ratio(judged.sentence, each.sentence) for each in readings}
    alike = [each for each in readings if likeness[each.evidence_id] >= ALIKE and any(_shared(judged, each))]
    if not alike:
        return None
    near = max(alike, key=lambda each: (_says_the_same(judged, each), likeness[each.evidence_id]))
    return Standing(verdict, REREVIEW, "sentence_changed", differences(judged, near), near)


def _without_reading(verdict: Verdict, paper: Paper, passage: Passage) -> Standing:
    nearest = passage(paper.document_id, verdict.judged.sentence)
    if nearest is None:
        return Standing(verdict, REREVIEW, "not_read_any_more", "the sentence stands there; no rule reads this in it")
    change = f"the sentence is gone: {word_difference(verdict.judged.sentence, nearest)}" if nearest else "no text"
    return Standing(verdict, REREVIEW, "sentence_gone", change)


def _says_the_same(one: Reading, other: Reading) -> bool:
    return one.claim_id == other.claim_id and one.stance == other.stance


def _shared(one: Reading, other: Reading) -> tuple[int, int]:
    """How many names, by identity or as written, two readings share: in the same roles, and in any."""
    in_roles = {each.key for each in one.names} & {each.key for each in other.names}
    written = {squash(each.text) for each in one.names} & {squash(each.text) for each in other.names}
    return len(in_roles) * (2 if one.kind == other.kind else 1), len(written)


def _renamed(before: Reading, now: Reading) -> list[tuple[Name, Name]]:
    """Names that are taken for something else, in the places where they are written alike."""
    places = {(each.role, squash(each.text)): each for each in before.names}
    pairs = [(places.get((each.role, squash(each.text))), each) for each in now.names]
    return [(old, new) for old, new in pairs if old is not None and old.key != new.key]


# ------------------------------------------------------------------------------------------------ differences in words


def differences(before: Reading, now: Reading) -> str:
    """What is different, readable: the sentence, the kind, the stance, the names, the values."""
    told = []
    if squash(before.sentence) != squash(now.sentence):
        told.append(f"sentence: {word_difference(before.sentence, now.sentence)}")
    told += [
        f"{what}: {getattr(before, what)} → {getattr(now, what)}"
        for what in ("kind", "stance")
        if getattr(before, what) != getattr(now, what)
    ]
    told += _name_differences(before, now)
    old, new = dict(before.values), dict(now.values)
    told += [
        f"{name}: {_shown(old.get(name))} → {_shown(new.get(name))}"
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]
    return "; ".join(told)


def _name_differences(before: Reading, now: Reading) -> list[str]:
    told = []
    for role in dict.fromkeys(each.role for each in (*before.names, *now.names)):
        old = [each for each in before.names if each.role == role]
        new = [each for each in now.names if each.role == role]
        if {each.key for each in old} != {each.key for each in new}:
            by = sorted({each.correction_id for each in (*old, *new) if each.correction_id})
            told.append(f"{role}: {_listed(old)} → {_listed(new)}" + (f" (correction {', '.join(by)})" if by else ""))
    return told


def _listed(names: Sequence[Name]) -> str:
    return " + ".join(f"{each.name} ({each.entity_id or 'unknown'})" for each in names) or "–"


def _shown(value: object) -> str:
    return "–" if value is None else str(value)


def word_difference(before: str, now: str) -> str:
    """Two texts as one, word by word: ``[-gone-] {+new+}``, what is alike and far from a change left out."""
    old, new = before.split(), now.split()
    parts = []
    for operation, first, last, start, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if operation == "equal":
            same = old[first:last]
            parts.append(" ".join(same if len(same) <= 6 else [*same[:2], "…", *same[-2:]]))
            continue
        parts.append(" ".join(
            each for each in (
                f"[-{' '.join(old[first:last])}-]" if first < last else "",
                f"{{+{' '.join(new[start:end])}+}}" if start < end else "",
            ) if each
        ))  # fmt: skip
    return one_line(" ".join(parts), 600)
