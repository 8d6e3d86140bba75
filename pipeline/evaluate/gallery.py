"""The error gallery, one page: every miss and every extra in its sentence, with the reasons that the program gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from pipeline.article import Reader, Step
from pipeline.evaluate import Evaluation
from pipeline.evaluate.compare import Comparison, Finding, differences
from pipeline.evaluate.gold import GoldDocument, Label

MISSED, EXTRA = "missed", "extra"
Span = tuple[int, int, str]  # start, end, role


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a sentence, and the role that it fills (none: plain words)."""

    text: str
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Error:
    """A miss or an extra as the page shows it. ``elsewhere`` are arguments that the sentence does not name itself."""

    what: str
    kind: str
    doc_id: str
    section: str
    sentence: tuple[Piece, ...]
    facts: tuple[str, ...]
    elsewhere: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]
    skeleton: str | None


def gallery(evaluation: Evaluation, reader: Reader) -> str:
    """The page, self-contained. Documents with errors are read once more, for the reasons."""
    errors = [each for one in evaluation.comparisons for each in errors_of(one, reader)]
    source = (files("pipeline.evaluate") / "gallery.html.jinja").read_text(encoding="utf-8")
    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return page.from_string(source).render(
        errors=errors,
        kinds=sorted({each.kind for each in errors}),
        sections=sorted({each.section for each in errors}),
        figures={"all": evaluation.near.all} | dict(evaluation.near.kinds),
        documents=len(evaluation.comparisons),
    )


def errors_of(comparison: Comparison, reader: Reader) -> Iterator[Error]:
    """The misses and extras of a document, in the order of its text."""
    if not comparison.missed and not comparison.extra:
        return
    steps = list(_placed(comparison.document, reader.trace(comparison.document.document)))
    told = [(each.start, _missed(each, comparison, steps)) for each in comparison.missed]
    told += [(each.start, _extra(each, comparison, steps)) for each in comparison.extra]
    yield from (error for _, error in sorted(told, key=lambda pair: pair[0]))


def _placed(document: GoldDocument, steps: Iterable[Step]) -> Iterator[tuple[int, int, Step]]:
    """Steps with the place of their sentence in the labelled text."""
    for step in steps:
        shift = document.sections[step.sentence.section_index].start
        yield step.sentence.start + shift, step.sentence.end + shift, step


Steps = Sequence[tuple[int, int, Step]]


def _missed(label: Label, comparison: Comparison, steps: Steps) -> Error:
    here = [step for start, end, step in steps if start < label.end and label.start < end]
    spans = [(each.start, each.end, each.role) for each in label.arguments]
    facts = (label.stance, label.certainty, label.direction and f"direction {label.direction}")
    return Error(
        what=MISSED,
        kind=label.kind,
        doc_id=comparison.document.doc_id,
        section=comparison.document.section_at(label.start).kind,
        sentence=tuple(pieces(comparison.document.text, label.start, label.end, _whole(spans))),
        facts=tuple(each for each in facts if each),
        elsewhere=tuple(
            (each.role, each.text or "never named")
            for each in label.arguments
            if each.start is None or not label.start <= each.start < label.end
        ),
        reasons=tuple(_why_missed(label, comparison, here)),
        skeleton=_skeleton(here),
    )


def _why_missed(label: Label, comparison: Comparison, here: Sequence[Step]) -> Iterator[str]:
    for step in here:
        if step.unread:
            yield f"not read: {step.unread}"
        for reason, count in _refused(step).items():
            yield f"a reading was refused: {reason}" + (f" × {count}" if count > 1 else "")
    said = [each for each in comparison.findings if each.stands_in(label)]
    for each in said:
        yield f"said here: {_claim(each)}; " + ("; ".join(differences(label, each, strict=False)) or "serves another")
    if not said and not any(step.unread or _refused(step) for step in here):
        yield "no rule matches"


def _extra(finding: Finding, comparison: Comparison, steps: Steps) -> Error:
    match = finding.evidence.match
    spans = [(each.start, each.end, each.role) for each in match.arguments]
    shifted = [(start + finding.shift, end + finding.shift, role) for start, end, role in _whole(spans)]
    labels = [each for each in comparison.document.labels if finding.stands_in(each)]
    confidence = finding.evidence.confidence
    trusted = "" if confidence is None else f"confidence {confidence:.2f}"
    facts = (match.stance.value, match.certainty.value, match.attributes.direction, trusted, f"rule {match.rule}")
    return Error(
        what=EXTRA,
        kind=finding.kind,
        doc_id=comparison.document.doc_id,
        section=finding.section,
        sentence=tuple(pieces(comparison.document.text, finding.start, finding.end, shifted)),
        facts=tuple(each for each in facts if each),
        elsewhere=tuple((each.role, f"{each.text} (understood)") for each in match.arguments if each.start is None),
        reasons=tuple(_why_extra(finding, labels)),
        skeleton=_skeleton([step for start, _, step in steps if start == finding.start]),
    )


def _why_extra(finding: Finding, labels: Sequence[Label]) -> Iterator[str]:
    for each in labels:
        roles = ", ".join(f"{argument.role} {argument.text or '?'}" for argument in each.arguments)
        unlike = "; ".join(differences(each, finding, strict=False))
        yield f"labelled here: {each.kind} ({roles})" + (", optional" if each.optional else "") + f"; ours: {unlike}"
    if not labels:
        yield "nothing is labelled in this sentence"


def _claim(finding: Finding) -> str:
    return f"{finding.kind}: {finding.evidence.claim.label} (rule {finding.evidence.match.rule})"


def _refused(step: Step) -> Mapping[str, int]:
    return step.reading.refused if step.reading else {}


def _skeleton(steps: Sequence[Step]) -> str | None:
    return " / ".join(each.skeleton for each in steps if each.skeleton) or None


# ------------------------------------------------------------------------------------------------ highlighting


def _whole(spans: Iterable[tuple[int | None, int | None, str]]) -> list[Span]:
    return [(start, end, role) for start, end, role in spans if start is not None and end is not None]


def pieces(text: str, start: int, end: int, spans: Iterable[Span]) -> Iterator[Piece]:
    """``text[start:end]`` cut at the borders of ``spans``; where these overlap, the one that begins first wins."""
    at = start
    for first, last, role in sorted(spans):
        if first < at or last > end:
            continue
        if first > at:
            yield Piece(text[at:first])
        yield Piece(text[first:last], role)
        at = last
    if at < end:
        yield Piece(text[at:end])
