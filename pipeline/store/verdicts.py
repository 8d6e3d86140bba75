"""Evidence as curators judge it, and what became of their verdicts, as rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import duckdb
from rapidfuzz import fuzz

from pipeline.curation import VALUES, Name, Paper, Reading
from pipeline.text import squash

PAPERS = """
SELECT document_id, pmid, pmcid, doi, status FROM document_rows
WHERE lower(document_id) IN (SELECT unnest(?::VARCHAR[])) OR 'pmid:' || pmid IN (SELECT unnest(?::VARCHAR[]))
   OR lower(pmcid) IN (SELECT unnest(?::VARCHAR[])) OR lower(doi) IN (SELECT unnest(?::VARCHAR[]))
ORDER BY document_id
"""
READINGS = f"""
SELECT e.evidence_id, e.document_id, e.section, e.sentence, e.kind, e.claim_id, c.label, e.rule, e.stance,
       e.sentence_start, a.names, {", ".join(f"e.{name}" for name in VALUES)}
FROM evidence_rows AS e
JOIN claim_rows AS c USING (claim_id)
JOIN (
    SELECT evidence_id, document_id, source,
           list({{'role': role, 'text': surface, 'name': name, 'kind': entity_kind, 'entity_id': entity_id,
                  'correction_id': correction_id, 'start': char_start}} ORDER BY position) AS names
    FROM evidence_arguments WHERE document_id IN (SELECT unnest(?::VARCHAR[])) GROUP BY ALL
) AS a USING (evidence_id, document_id, source)
WHERE e.used AND e.document_id IN (SELECT unnest(?::VARCHAR[]))
ORDER BY e.document_id, e.section_index, e.sentence_start, e.evidence_id
"""
TEXT = """
SELECT s.text FROM sections AS s JOIN document_parts AS p USING (document_id, source)
WHERE p.used AND s.document_id = ? ORDER BY s.source, s.section_index
"""
SAID = ("evidence_id", "document_id", "section", "sentence", "kind", "claim_id", "label", "rule", "stance")
TABLES = ("verdict_rows", "curated_rows", "curated_argument_rows")


def papers_like(connection: duckdb.DuckDBPyConnection, papers: Iterable[Paper]) -> dict[str, Paper]:
    """For each of ``papers``, by its document_id, the stored document that it is, whatever its identity is now."""
    wanted = list(papers)
    identities = sorted({each for paper in wanted for each in paper.identities})
    stored = [Paper(*row) for row in connection.execute(PAPERS, [identities] * 4).fetchall()]
    by_identity: dict[str, Paper] = {}
    for paper in stored:
        for identity in paper.identities:
            by_identity.setdefault(identity, paper)
    return {
        paper.document_id: found
        for paper in wanted
        if (found := next((by_identity[each] for each in _by_weight(paper) if each in by_identity), None))
    }


def _by_weight(paper: Paper) -> list[str]:
    """The identities of a paper, the one that decides first."""
    return sorted(paper.identities, key=lambda each: (each != paper.document_id.lower(), not each.startswith("pmid:")))


def readings_of(connection: duckdb.DuckDBPyConnection, documents: Collection[str]) -> dict[str, tuple[Reading, ...]]:
    """The evidence of ``documents``, by document."""
    found: dict[str, list[Reading]] = {}
    for row in connection.execute(READINGS, [list(documents)] * 2).fetchall():
        reading = _reading(row)
        found.setdefault(reading.document_id, []).append(reading)
    return {document_id: tuple(readings) for document_id, readings in found.items()}


def _reading(row: tuple[Any, ...]) -> Reading:
    values = {name: value for name, value in zip(VALUES, row[11:], strict=True) if value is not None}
    said: dict[str, Any] = dict(zip(SAID, row, strict=False))
    return Reading(**said, names=tuple(_name(each, row[9]) for each in row[10]), values=values)


def _name(row: Mapping[str, Any], sentence_start: int) -> Name:
    """A name; its place counts from the start of the sentence, and one that is implied has none."""
    start = row["start"]
    inside = start is not None and start >= sentence_start
    return Name(**{**row, "start": start - sentence_start if inside else None})


def nearest_passage(connection: duckdb.DuckDBPyConnection, document_id: str, sentence: str) -> str | None:
    """What in a document is nearest to ``sentence``; None where it stands there, "" where there is no text."""
    texts = [row[0] for row in connection.execute(TEXT, [document_id]).fetchall()]
    words = squash(sentence)
    if any(words in squash(text) for text in texts):
        return None
    best, passage = 0.0, ""
    for text in texts:
        place = fuzz.partial_ratio_alignment(sentence, text)
        if place and len(text) >= len(sentence) and place.score > best:
            best, passage = place.score, text[place.dest_start : place.dest_end]
    return passage
