"""The way back: from a claim to its words, and every step of one article."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import UnreadableInputError, UsageError
from pipeline.model import Circumstance, Locator, RawRecord, Source
from pipeline.paths import OutputPaths
from pipeline.sources.raw import read_again
from pipeline.store.query import select

EVIDENCE = """
SELECT e.*, d.title, d.journal, d.year, d.status AS document_status, p.uri, p.member, p.byte_offset, p.byte_length,
       p.file_sha256, p.raw_sha256, p.retrieved, f.kept_as, s.text AS section_text, s.heading
FROM evidence_rows AS e
JOIN document_rows AS d USING (document_id)
JOIN document_parts AS p USING (document_id, source)
LEFT JOIN sections AS s USING (document_id, source, section_index)
LEFT JOIN (SELECT file_sha256, max(kept_as) AS kept_as FROM raw_files GROUP BY file_sha256) AS f USING (file_sha256)
WHERE e.used AND (e.evidence_id = ? OR e.claim_id = ?)
ORDER BY d.year DESC NULLS LAST, e.document_id, e.section_index, e.sentence_start
"""
ARGUMENTS = """
SELECT a.*, m.reason, m.found_by FROM evidence_arguments AS a
LEFT JOIN mention_rows AS m ON m.document_id = a.document_id AND m.source = a.source
     AND m.char_start = a.char_start AND m.char_end = a.char_end AND m.text = a.surface AND m.section_index = ?
WHERE a.evidence_id = ? AND a.document_id = ? AND a.source = ? ORDER BY a.position
"""
CIRCUMSTANCES = """
SELECT name, value, place, section_index, char_start, char_end FROM circumstances
WHERE evidence_id = ? AND document_id = ? AND source = ? ORDER BY name, value
"""


@dataclass(frozen=True, slots=True)
class Explained:
    """An evidence with its arguments and circumstances, and whether its words still stand in the raw record."""

    evidence: dict[str, Any]
    arguments: tuple[dict[str, Any], ...]
    circumstances: tuple[Circumstance, ...]
    raw: RawRecord | None
    raw_problem: str | None

    @property
    def quotation_stands(self) -> bool:
        """Whether the stored text holds the sentence exactly where the evidence says."""
        text = self.evidence["section_text"] or ""
        start, end = self.evidence["sentence_start"], self.evidence["sentence_end"]
        return bool(text[start:end] == self.evidence["sentence"])


def explain(paths: OutputPaths, identity: str) -> Iterator[Explained]:
    """Every evidence behind a claim id, or the one with an evidence id, the newest paper first.

    Raises:
        UsageError: neither a claim nor an evidence has this id.
    """
    rows = list(select(paths, EVIDENCE, [identity, identity]).dictionaries())
    if not rows:
        raise UsageError(
            f"explain: {identity!r} is neither a claim_id nor an evidence_id of the current snapshot. "
            'Find one with: resistmine sql "SELECT claim_id, label FROM claims LIMIT 20"'
        )
    for row in rows:
        key = [row["section_index"], row["evidence_id"], row["document_id"], row["source"]]
        arguments = tuple(select(paths, ARGUMENTS, key).dictionaries())
        told = tuple(Circumstance(*each.values()) for each in select(paths, CIRCUMSTANCES, key[1:]).dictionaries())
        raw, problem = _raw_of(row)
        yield Explained(row, arguments, told, raw, problem)


def _raw_of(row: dict[str, Any]) -> tuple[RawRecord | None, str | None]:
    locator = Locator(row["uri"], row["member"], row["byte_offset"], row["byte_length"], row["file_sha256"])
    kept = Path(row["kept_as"]) if row["kept_as"] else None
    try:
        return read_again(Source(row["source"]), row["raw_sha256"], locator, kept), None
    except UnreadableInputError as error:
        return None, str(error)


PART = """
SELECT p.source, p.raw_sha256, p.uri, p.member, p.byte_offset, p.byte_length, p.file_sha256, f.kept_as
FROM document_parts AS p
LEFT JOIN (SELECT file_sha256, max(kept_as) AS kept_as FROM raw_files GROUP BY file_sha256) AS f USING (file_sha256)
WHERE p.document_id = ? OR p.pmid = ? OR upper(p.pmcid) = upper(?) OR lower(p.doi) = lower(?)
ORDER BY p.has_full_text DESC, p.source
"""


def raw_records_of(paths: OutputPaths, identity: str) -> list[RawRecord]:
    """The raw records of a stored article, full text first.

    Args:
        paths: the output folder.
        identity: a document_id, PMID, PMCID or DOI.

    Raises:
        UsageError: no article has this identity.
        UnreadableInputError: its raw bytes are gone or changed.
    """
    bare = identity.removeprefix("pmid:").removeprefix("pmcid:").removeprefix("doi:")
    rows = list(select(paths, PART, [identity, bare, bare, bare]).dictionaries())
    if not rows:
        raise UsageError(
            f"article: {identity!r} is no file and no document_id, PMID, PMCID or DOI of the current snapshot. "
            'Find one with: resistmine sql "SELECT document_id, title FROM documents LIMIT 20"'
        )
    records = []
    for row in rows:
        raw, problem = _raw_of(row)
        if raw is None:
            raise UnreadableInputError(problem or identity)
        records.append(raw)
    return records
