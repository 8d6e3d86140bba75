"""What the build database knows of acquisitions: searches, topics, watermarks, and what is still to be asked for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import duckdb

ASKED_AGAIN = ("not_yet_available", "unreadable_reply")  # reasons for which a record is asked for by the next run
FULL_TEXT_AGAIN = ("full_text_failed",)
STORED = """
SELECT pmid FROM document_rows
WHERE pmid IN (SELECT unnest(?::VARCHAR[])) AND list_contains(sources, 'pubmed') AND (? OR status <> 'deleted')
"""
WAITING = """
SELECT DISTINCT document_id FROM rejection_rows
WHERE stage = 'acquire' AND list_contains(?::VARCHAR[], reason) AND run_id <> ?
"""
FULL_TEXTS = """
SELECT p.pmid, f.uri
FROM document_parts AS p JOIN raw_files AS f USING (file_sha256)
WHERE p.source = 'jats' AND p.has_full_text AND p.pmid IN (SELECT unnest(?::VARCHAR[]))
"""


@dataclass(frozen=True, slots=True)
class Watermark:
    """How far a topic is complete: the latest day of entry, and of change, that its own records have shown."""

    query: str
    entered: date | None
    changed: date | None
    listed: datetime


class Acquired:
    """Reads and writes these tables of a build database."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def stored(self, pmids: Collection[str], *, deleted: bool = False) -> set[str]:
        """Those that are stored as PubMed records, the deleted ones only if asked for."""
        return {row[0] for row in self._connection.execute(STORED, [list(pmids), deleted]).fetchall()}

    def pmcids(self, pmids: Collection[str]) -> dict[str, str]:
        """PMID → PMCID, as the stored records say."""
        rows = self._connection.execute(
            "SELECT pmid, pmcid FROM document_rows WHERE pmcid IS NOT NULL AND pmid IN (SELECT unnest(?::VARCHAR[]))",
            [list(pmids)],
        ).fetchall()
        return dict(rows)

    def full_texts(self, pmids: Collection[str]) -> dict[str, str]:
        """PMID → address of the full text that is stored."""
        return {row[0]: str(row[1]) for row in self._connection.execute(FULL_TEXTS, [list(pmids)]).fetchall()}

    def waiting(self, reasons: Sequence[str] = ASKED_AGAIN, *, not_in: str = "") -> set[str]:
        """PMIDs that a run other than ``not_in`` asked for in vain, for one of ``reasons``."""
        rows = self._connection.execute(WAITING, [list(reasons), not_in]).fetchall()
        return {row[0].removeprefix("pmid:") for row in rows if row[0]}

    # -------------------------------------------------------------------------------------------- topics

    def watermark(self, topic: str) -> Watermark | None:
        """How far ``topic`` is complete; None where nothing is."""
        rows = self._connection.execute(
            "SELECT query, entered, changed, listed FROM watermarks WHERE topic = ?", [topic]
        ).fetchall()
        return Watermark(*rows[0]) if rows else None

    def members(self, topic: str) -> set[str]:
        """What the search of ``topic`` found when it was last listed."""
        rows = self._connection.execute("SELECT pmid FROM topic_members WHERE topic = ?", [topic]).fetchall()
        return {row[0] for row in rows}

    def complete(
        self,
        topic: str,
        query: str,
        *,
        members: Collection[str],
        entered: date | None,
        changed: date | None,
        run_id: str,
    ) -> None:
        """Note that all records of ``topic`` are stored up to these days; whole or not at all."""
        run = self._connection.execute
        run("BEGIN")
        try:
            run("DELETE FROM watermarks WHERE topic = ?", [topic])
            run("INSERT INTO watermarks VALUES (?, ?, ?, ?, ?, ?)", [topic, query, entered, changed, _now(), run_id])
            run("DELETE FROM topic_members WHERE topic = ?", [topic])
            run("INSERT INTO topic_members SELECT ?, unnest(?::VARCHAR[])", [topic, sorted(members)])
        except BaseException:
            run("ROLLBACK")
            raise
        run("COMMIT")

    def note_search(
        self,
        run_id: str,
        *,
        topic: str | None,
        purpose: str,
        term: str,
        found: int,
        translation: str | None,
        warnings: Sequence[str],
    ) -> None:
        """Keep a search with the run that made it."""
        self._connection.execute(
            "INSERT INTO searches VALUES (?, ?, ?, ?, ?, ?, ?)",
            [run_id, topic, purpose, term, found, translation, list(warnings)],
        )


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)
