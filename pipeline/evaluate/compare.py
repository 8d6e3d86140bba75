"""Whether the program said what a label says, and where not, in which respect.

*Strict*: the kind, every labelled role, the stance. *Near*: kinds that say the same thing in another frame also count
(loss of X confers resistance ~ X sensitises; a drug that works in resistant cells ~ it reverses their resistance).
Both want a role filled by the same words, or by their name, and no opposite direction. One finding serves one label.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.assemble import unstated
from pipeline.evaluate.gold import GoldArgument, GoldDocument, Label
from pipeline.extract.skeleton import sign
from pipeline.model import Argument, Evidence, Stance
from pipeline.text import squash

SHARED = 0.25  # of the union of two spans, for them to be the same mention
WORSE, BETTER, EITHER, RESCUE = "worse", "better", "either", "rescue"
FRAMES: Mapping[str, str] = {
    "resistance": WORSE, "sensitivity": BETTER, "biomarker": EITHER, "efficacy_in_resistant": RESCUE,
    "reversal": RESCUE, "cross_resistance": "cross_resistance", "combination": "combination",
    "alteration": "alteration",
}  # fmt: skip
DIRECTED = frozenset(["resistance", "sensitivity", "alteration"])
Roles = Mapping[str, frozenset[str]]
SWAPPED: Roles = {  # roles that say the same in the frames of the other kinds
    "cause": frozenset(["cause", "marker", "agent"]), "marker": frozenset(["marker", "cause"]),
    "agent": frozenset(["agent", "drug", "cause"]), "entity": frozenset(["entity", "cause"]),
    "resistant_to": frozenset(["resistant_to", "drug"]),
}  # fmt: skip
RESCUING: Roles = {
    **SWAPPED, "agent": frozenset(["agent", "drug"]), "drug": frozenset(["drug", "agent", "resistant_to"]),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """An evidence, and where it stands in the labelled text: ``shift`` is where its section begins."""

    evidence: Evidence
    shift: int
    section: str

    @property
    def kind(self) -> str:
        return self.evidence.match.kind

    @property
    def start(self) -> int:
        return self.evidence.sentence.start + self.shift

    @property
    def end(self) -> int:
        return self.evidence.sentence.end + self.shift

    def stands_in(self, label: Label) -> bool:
        """Whether its sentence is, or shares words with, that of ``label``."""
        return self.start < label.end and label.start < self.end


@dataclass(frozen=True, slots=True)
class Comparison:
    """A document's labels and findings. ``right`` are findings that meet a label, also those that only excuse them."""

    document: GoldDocument
    findings: tuple[Finding, ...]
    pairs: tuple[tuple[Label, Finding], ...]
    missed: tuple[Label, ...]
    right: frozenset[int]

    @property
    def extra(self) -> tuple[Finding, ...]:
        """Findings that no label says."""
        return tuple(each for number, each in enumerate(self.findings) if number not in self.right)


def findings(document: GoldDocument, evidence: Iterable[Evidence]) -> tuple[Finding, ...]:
    """What counts of ``evidence``: labelled kinds, a stated effect; the same said twice in a sentence once."""
    seen = set()
    found = []
    for each in evidence:
        section = document.sections[each.section_index]
        if each.match.kind not in FRAMES or unstated(each.match):
            continue
        names = sorted((argument.role, squash(argument.entity.name)) for argument in each.match.arguments)
        key = (each.section_index, each.sentence.start, each.match.kind, each.match.stance, *names)
        if key not in seen:
            seen.add(key)
            found.append(Finding(each, section.start, section.kind))
    return tuple(found)


def compare(document: GoldDocument, found: Sequence[Finding], *, strict: bool) -> Comparison:
    """Which labels are met by which findings; those that count come before optional ones."""
    pairs, missed = [], []
    used: set[int] = set()
    right: set[int] = set()
    for label in sorted(document.labels, key=lambda each: each.optional):
        meeting = [number for number, each in enumerate(found) if meets(label, each, strict=strict)]
        right.update(meeting)
        if label.optional:
            continue
        fresh = next((number for number in meeting if number not in used), None)
        if fresh is None:
            missed.append(label)
        else:
            used.add(fresh)
            pairs.append((label, found[fresh]))
    return Comparison(document, tuple(found), tuple(pairs), tuple(missed), frozenset(right))


def meets(label: Label, finding: Finding, *, strict: bool) -> bool:
    """Whether ``finding`` says what ``label`` says."""
    return finding.stands_in(label) and not differences(label, finding, strict=strict)


def differences(label: Label, finding: Finding, *, strict: bool) -> tuple[str, ...]:
    """In which respects ``finding`` does not say what ``label`` says; none when it does."""
    roles, flipped = _frame(label, finding, strict=strict)
    if roles is None:
        return (f"kind is {finding.kind}",)
    said = finding.evidence.match
    told = [
        f"{each.role} “{each.text}” is not named"
        for each in label.arguments
        if each.text and not _filled(each, finding, roles.get(each.role, frozenset([each.role])))
    ]
    wanted, got = sign(label.direction), sign(said.attributes.direction)
    if not flipped and label.kind == said.kind and label.kind in DIRECTED and wanted and got and wanted != got:
        told.append(f"direction is {said.attributes.direction}")
    refutes = label.stance == Stance.REFUTES, said.stance == Stance.REFUTES
    if label.stance != said.stance if strict else refutes[0] != refutes[1]:
        told.append(f"stance is {said.stance}")
    return tuple(told)


def _frame(label: Label, finding: Finding, *, strict: bool) -> tuple[Roles | None, bool]:
    """Which roles stand for which, None where the kinds say different things; and whether the direction is turned."""
    if strict:
        return ({} if label.kind == finding.kind else None), False
    one, other = FRAMES[label.kind], FRAMES[finding.kind]
    both = frozenset([one, other])
    if both == {RESCUE}:
        return RESCUING, False
    if both == {WORSE, BETTER}:
        wanted, got = sign(label.direction), sign(finding.evidence.match.attributes.direction)
        return (SWAPPED if wanted and got and wanted == -got else None), True
    alike = one == other or both == {BETTER, RESCUE} or (EITHER in both and both <= {WORSE, BETTER, EITHER})
    return (SWAPPED if alike else None), False


def _filled(wanted: GoldArgument, finding: Finding, roles: frozenset[str]) -> bool:
    return any(
        each.role in roles and (_same_span(wanted, each, finding.shift) or _same_name(wanted, each))
        for each in finding.evidence.match.arguments
    )


def _same_name(wanted: GoldArgument, said: Argument) -> bool:
    name = squash(wanted.text or "")
    return bool(name) and name in (squash(said.text), squash(said.entity.name))


def _same_span(wanted: GoldArgument, said: Argument, shift: int) -> bool:
    if wanted.start is None or wanted.end is None or said.start is None or said.end is None:
        return False
    start, end = said.start + shift, said.end + shift
    shared = min(end, wanted.end) - max(start, wanted.start)
    return shared > 0 and shared >= SHARED * (max(end, wanted.end) - min(start, wanted.start))
