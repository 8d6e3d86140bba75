"""``extract`` and ``annotate``: one JSON object a line in, one a line out, nothing stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipeline.model import (
    Argument,
    Article,
    Circumstance,
    Document,
    Evidence,
    Locator,
    Mention,
    RawRecord,
    Rejection,
    Source,
)
from pipeline.text import sha256

Parse = Callable[[RawRecord], Document | Rejection]


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line of input that gives no document: its number (from 1), and why."""

    number: int
    reason: str
    detail: str

    def __str__(self) -> str:
        return f"line {self.number}: {self.reason}: {self.detail}"


@dataclass(frozen=True, slots=True)
class InputDocument:
    """A document as it came in: its own id, and where its sections were in the input."""

    doc_id: str
    document: Document
    places: tuple[int | None, ...]


def read_documents(lines: Iterable[bytes], parse: Parse) -> Iterator[InputDocument | BadLine]:
    """A document for each line that is not empty, in order."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        locator = Locator("<input>", offset=number)
        parsed = parse(RawRecord(Source.JSONL, line, sha256(line), locator, datetime.now(UTC)))
        if isinstance(parsed, Rejection):
            yield BadLine(number, parsed.reason, parsed.detail)
        else:
            given = json.loads(line)
            yield InputDocument(str(given.get("id", given.get("pmid", ""))), parsed, _places(given, parsed))


def _places(given: dict[str, Any], document: Document) -> tuple[int | None, ...]:
    """For each section its index in the ``sections`` of the input; None for ``title`` and ``text``."""
    listed = len(given.get("sections") or ())
    own = len(document.sections) - listed
    return tuple([None] * own + list(range(listed)))


def claim_line(given: InputDocument, evidence: Evidence) -> dict[str, Any]:
    """An evidence as ``extract`` prints it."""
    match = evidence.match
    section = given.document.sections[evidence.section_index]
    attributes = {name: getattr(match.attributes, name) for name in match.attributes.__slots__}
    line: dict[str, Any] = {
        "doc_id": given.doc_id,
        "claim_id": evidence.claim.claim_id,
        "evidence_id": evidence.evidence_id,
        "kind": match.kind,
        "arguments": [_argument(each, section.start) for each in match.arguments],
        "stance": match.stance.value,
        "certainty": match.certainty.value,
        "attributes": attributes | {"attribution": match.attribution.value},
        "context": [_circumstance(each, given) for each in match.circumstances],
        "sentence": {
            "start": section.start + evidence.sentence.start,
            "end": section.start + evidence.sentence.end,
            "text": evidence.sentence.text,
        },
        "section": evidence.section_kind,
        "rule": match.rule,
        "confidence": None if evidence.confidence is None else round(evidence.confidence, 3),
    }
    if section.heading:
        line["heading"] = section.heading
    if evidence.sentence.row is not None:
        line["row"] = evidence.sentence.row
    place = given.places[evidence.section_index]
    return line if place is None else line | {"section_index": place}


def _circumstance(circumstance: Circumstance, given: InputDocument) -> dict[str, Any]:
    """What tells it; ``section_index`` as in the input, so it is null for the title and for ``text``."""
    index = circumstance.section_index
    place = given.places[index] if index is not None else None
    offset = given.document.sections[index].start if index is not None and circumstance.place != "heading" else 0
    return {
        "name": circumstance.name,
        "value": circumstance.value,
        "place": circumstance.place,
        "section_index": place,
        "start": circumstance.start + offset if circumstance.start is not None else None,
        "end": circumstance.end + offset if circumstance.end is not None else None,
    }


def _argument(argument: Argument, offset: int) -> dict[str, Any]:
    """``offset`` is where the text of its section begins in the input."""
    return {
        "role": argument.role,
        "start": argument.start + offset if argument.start is not None else None,
        "end": argument.end + offset if argument.end is not None else None,
        "text": argument.text,
        "entity_kind": argument.entity.kind.value,
        "entity_id": argument.entity.curie,
        "name": argument.entity.name,
        "modification": argument.entity.modification,
        "correction": argument.correction_id,
    }


def mentions_line(given: InputDocument, article: Article) -> dict[str, Any]:
    """The names of a document as ``annotate`` prints them."""
    mentions: list[dict[str, Any]] = []
    for sentence, mention in article.names():
        place = given.places[sentence.section_index]
        section = article.document.sections[sentence.section_index]
        where = {"section": section.kind} if place is None else {"section": section.kind, "section_index": place}
        mentions.append(_mention(mention, section.start) | where)
    return {"doc_id": given.doc_id, "mentions": mentions}


def _mention(mention: Mention, offset: int) -> dict[str, Any]:
    grounding = mention.grounding
    return {
        "start": mention.start + offset,
        "end": mention.end + offset,
        "text": mention.text,
        "kind": mention.kind.value if mention.kind else None,
        "label": mention.label if mention.found_by == "model" else None,
        "found_by": mention.found_by,
        "entity_id": grounding.entity.curie if grounding else None,
        "name": grounding.entity.name if grounding else None,
        "modification": grounding.entity.modification if grounding else None,
        "reason": grounding.reason if grounding else None,
        "correction": grounding.correction_id if grounding else None,
    }
