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
    attributes = {name: getattr(match.attributes, name) for name in match.attributes.__slots__}
    line: dict[str, Any] = {
        "doc_id": given.doc_id,
        "claim_id": evidence.claim.claim_id,
        "evidence_id": evidence.evidence_id,
        "kind": match.kind,
        "arguments": [_argument(each) for each in match.arguments],
        "stance": match.stance.value,
        "certainty": match.certainty.value,
        "attributes": attributes | {"attribution": match.attribution.value},
        "context": [_circumstance(each, given) for each in match.circumstances],
        "sentence": {
            "start": evidence.sentence.start,
            "end": evidence.sentence.end,
            "text": evidence.sentence.text,
        },
        "section": evidence.section_kind,
        "rule": match.rule,
    }
    place = given.places[evidence.section_index]
    return line if place is None else line | {"section_index": place}


def _circumstance(circumstance: Circumstance, given: InputDocument) -> dict[str, Any]:
    """What tells it; ``section_index`` as in the input, so it is null for the title and for ``text``."""
    index = circumstance.section_index
    place = given.places[index] if index is not None else None
    return {
        "name": circumstance.name,
        "value": circumstance.value,
        "place": circumstance.place,
        "section_index": place,
        "start": circumstance.start,
        "end": circumstance.end,
    }


def _argument(argument: Argument) -> dict[str, Any]:
    return {
        "role": argument.role,
        "start": argument.start,
        "end": argument.end,
        "text": argument.text,
        "entity_kind": argument.entity.kind.value,
        "entity_id": argument.entity.curie,
        "name": argument.entity.name,
        "correction": argument.correction_id,
    }


def mentions_line(given: InputDocument, article: Article) -> dict[str, Any]:
    """The names of a document as ``annotate`` prints them."""
    mentions: list[dict[str, Any]] = []
    for sentence in article.sentences:
        place = given.places[sentence.section_index]
        section = article.document.sections[sentence.section_index].kind
        where = {"section": section} if place is None else {"section": section, "section_index": place}
        mentions.extend(_mention(each) | where for each in sentence.mentions)
    return {"doc_id": given.doc_id, "mentions": mentions}


def _mention(mention: Mention) -> dict[str, Any]:
    grounding = mention.grounding
    return {
        "start": mention.start,
        "end": mention.end,
        "text": mention.text,
        "kind": mention.kind.value if mention.kind else None,
        "label": mention.label if mention.found_by == "model" else None,
        "found_by": mention.found_by,
        "entity_id": grounding.entity.curie if grounding else None,
        "name": grounding.entity.name if grounding else None,
        "reason": grounding.reason if grounding else None,
        "correction": grounding.correction_id if grounding else None,
    }
