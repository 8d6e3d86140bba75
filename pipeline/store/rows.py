"""Records as rows of the tables: plain dictionaries, one list a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pipeline.model import (
    Article,
    Circumstance,
    Deletion,
    Document,
    Evidence,
    Mention,
    Notice,
    PartialDate,
    RawRecord,
    Rejection,
    Sentence,
)

Row = dict[str, Any]


@dataclass(slots=True)
class Batch:
    """Rows on their way into the database, by table."""

    tables: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, table: str, row: Row) -> None:
        self.tables.setdefault(table, []).append(row)

    def extend(self, table: str, rows: Iterator[Row]) -> None:
        self.tables.setdefault(table, []).extend(rows)


def add_article(
    batch: Batch, article: Article, raw: RawRecord, *, fingerprint: str, run_id: str, models: str | None = None
) -> None:
    """The rows of one article as read from ``raw``."""
    document = article.document
    part = {"document_id": document.document_id, "source": document.source.value}
    batch.add("document_parts", part | _part(document, raw) | {"fingerprint": fingerprint, "run_id": run_id})
    batch.extend("notices", (part | _notice(each) for each in document.notices))
    batch.extend(
        "cited", (part | {"pmid": each.pmid, "doi": each.doi, "pmcid": each.pmcid} for each in document.references)
    )
    if _may_say_something(article):
        batch.extend("sections", (part | row for row in _sections(document)))
    add_reading(batch, article, run_id=run_id, models=models)


def add_reading(batch: Batch, article: Article, *, run_id: str, models: str | None = None) -> None:
    """The rows of what was read in an article, without those of the article itself."""
    document = article.document
    part = {"document_id": document.document_id, "source": document.source.value}
    for sentence, mention in article.names():
        section = document.sections[sentence.section_index].kind
        batch.add("mention_rows", part | _mention(sentence, section, mention))
    if models and article.by_models:
        pairs = zip(article.sentences, article.by_models, strict=True)
        batch.extend("sentence_rows", (part | _sentence(*pair) | {"models": models} for pair in pairs))
    for evidence in article.evidence:
        add_evidence(batch, part, evidence)
    batch.extend("rejection_rows", (rejection_row(each, run_id, part["source"]) for each in article.rejections))


def _may_say_something(article: Article) -> bool:
    """Whether a sentence was read, or may be once another name in it is known for a drug."""
    return bool(article.sentences) or any(each.reason == "weak_words_without_drug" for each in article.rejections)


def rejection_row(rejection: Rejection, run_id: str, source: str | None = None, uri: str | None = None) -> Row:
    return {
        "document_id": rejection.document_id, "source": source, "stage": rejection.stage, "reason": rejection.reason,
        "detail": rejection.detail or None, "count": rejection.count, "run_id": run_id, "uri": uri,
    }  # fmt: skip


def _part(document: Document, raw: RawRecord) -> Row:
    return {
        "raw_sha256": document.raw_sha256, "pmid": document.pmid, "pmcid": document.pmcid, "doi": document.doi,
        "version": document.version, "revised": _sortable(document.revised), "title": document.title,
        "journal": document.journal, "year": document.year, "published": document.published,
        "electronic": document.electronic, "publication_types": document.publication_types,
        "languages": document.languages, "licence": document.licence, "own_status": document.status.value,
        "has_full_text": document.has_full_text, "authors": document.authors, "mesh": document.mesh,
        "has_abstract": any(section.kind == "abstract" for section in document.sections),
        "keywords": document.keywords, "chemicals": document.chemicals,
        "trial_ids": [each.accession for each in document.accessions], "volume": document.volume,
        "issue": document.issue, "pages": document.pages, "used": True,
    } | place(raw)  # fmt: skip


def place(raw: RawRecord) -> Row:
    """Where a record was read, and when it was received."""
    where = raw.locator
    return {
        "uri": where.uri, "member": where.member, "byte_offset": where.offset, "byte_length": where.length,
        "file_sha256": where.file_sha256, "number": where.number, "retrieved": _utc(raw.retrieved),
    }  # fmt: skip


def deletion_row(deletion: Deletion, run_id: str) -> Row:
    return {
        "pmid": deletion.pmid, "version": deletion.version, "run_id": run_id, "number": deletion.number,
        "said": _utc(deletion.said or datetime.now(UTC)), "byte_offset": deletion.offset,
    }  # fmt: skip


def _utc(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _sortable(date: PartialDate | None) -> str | None:
    """A date as text that sorts by time; parts that are not known sort first."""
    return f"{date.year or 0:04}-{date.month or 0:02}-{date.day or 0:02}" if date else None


def _notice(notice: Notice) -> Row:
    return {"kind": notice.kind, "target_pmid": notice.pmid, "citation": notice.citation}


def _sections(document: Document) -> Iterator[Row]:
    for index, section in enumerate(document.sections):
        yield {
            "section_index": index, "kind": section.kind, "heading": section.heading, "category": section.category,
            "language": section.language, "text": section.text,
            "cells": section.cells if section.kind == "table" or section.cells else None,
        }  # fmt: skip


def _sentence(sentence: Sentence, by_models: Sequence[Mention]) -> Row:
    return {
        "section_index": sentence.section_index, "char_start": sentence.start, "char_end": sentence.end,
        "found": [(each.start, each.end, each.kind, each.label) for each in by_models],
    }  # fmt: skip


def _mention(sentence: Sentence, section: str, mention: Mention) -> Row:
    grounding = mention.grounding
    return {
        "section_index": sentence.section_index, "section": section, "char_start": mention.start,
        "char_end": mention.end, "text": mention.text, "kind": mention.kind, "label": mention.label,
        "found_by": mention.found_by, "entity_id": grounding.entity.curie if grounding else None,
        "name": grounding.entity.called if grounding else None, "reason": grounding.reason if grounding else None,
        "candidates": [each.curie or each.name for each in grounding.candidates] if grounding else [],
        "correction_id": grounding.correction_id if grounding else None, "used": True,
    }  # fmt: skip


def add_evidence(batch: Batch, part: Row, evidence: Evidence) -> None:
    """The claim of ``evidence``, its arguments, and the evidence itself."""
    claim, match, said = evidence.claim, evidence.match, evidence.match.attributes
    batch.add("claim_rows", {"claim_id": claim.claim_id, "kind": claim.kind, "sign": claim.sign, "label": claim.label})
    positions: dict[str, int] = {}
    for role, entity in claim.arguments:
        position = positions[role] = positions.get(role, -1) + 1
        batch.add(
            "claim_argument_rows",
            {"claim_id": claim.claim_id, "role": role, "position": position, "entity_id": entity.curie,
             "entity_key": entity.key, "name": entity.called, "entity_kind": entity.kind.value},
        )  # fmt: skip
    batch.add(
        "evidence_rows",
        part
        | {"evidence_id": evidence.evidence_id, "claim_id": claim.claim_id, "kind": claim.kind,
           "section_index": evidence.section_index, "section": evidence.section_kind,
           "sentence": evidence.sentence.text, "sentence_start": evidence.sentence.start,
           "sentence_end": evidence.sentence.end, "stance": match.stance.value, "certainty": match.certainty.value,
           "attribution": match.attribution.value, "rule": match.rule, "confidence": evidence.confidence, "used": True}
        | {name: getattr(said, name) for name in said.__slots__},
    )  # fmt: skip
    for position, argument in enumerate(match.arguments):
        batch.add(
            "evidence_arguments",
            part
            | {"evidence_id": evidence.evidence_id, "role": argument.role, "position": position,
               "entity_id": argument.entity.curie, "name": argument.entity.called,
               "entity_kind": argument.entity.kind.value, "surface": argument.text, "char_start": argument.start,
               "char_end": argument.end, "correction_id": argument.correction_id},
        )  # fmt: skip
    batch.extend("circumstances", (part | _circumstance(evidence, each) for each in match.circumstances))


def _circumstance(evidence: Evidence, circumstance: Circumstance) -> Row:
    return {
        "evidence_id": evidence.evidence_id, "name": circumstance.name, "value": circumstance.value,
        "place": circumstance.place, "section_index": circumstance.section_index,
        "char_start": circumstance.start, "char_end": circumstance.end,
    }  # fmt: skip
