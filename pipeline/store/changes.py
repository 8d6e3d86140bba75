"""What a run has changed: the database being built held against the snapshot that is published."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

Row = dict[str, Any]
SHOWN = 200  # rows of each kind that a digest holds; the counts are of all
# one row a document that is otherwise than it was; `before` is NULL for a new one
DOCUMENTS = """
WITH parts AS (
    SELECT document_id, max(version) AS version, list_sort(list(raw_sha256)) AS raw FROM document_parts GROUP BY ALL
), earlier AS (
    SELECT document_id, max(version) AS version, list_sort(list(raw_sha256)) AS raw
    FROM {before}document_parts GROUP BY ALL
)
SELECT d.document_id, d.title, b.status AS before, d.status AS now, earlier.version AS version_before,
       parts.version AS version_now, d.has_full_text AND NOT coalesce(b.has_full_text, false) AS full_text_new
FROM document_rows AS d JOIN parts USING (document_id)
LEFT JOIN {before}document_rows AS b USING (document_id) LEFT JOIN earlier USING (document_id)
WHERE b.document_id IS NULL OR b.status <> d.status OR parts.raw <> earlier.raw
ORDER BY d.document_id
"""
CLAIMS = """
SELECT coalesce(n.claim_id, b.claim_id) AS claim_id, coalesce(n.label, b.label) AS label,
       coalesce(n.kind, b.kind) AS kind,
       b.papers_supporting AS supporting_before, n.papers_supporting AS supporting_now,
       b.papers_refuting AS refuting_before, n.papers_refuting AS refuting_now, b.status AS before, n.status AS now
FROM claims AS n FULL JOIN {before}claims AS b USING (claim_id)
WHERE (n.status, n.papers_supporting, n.papers_refuting, n.papers_mixed)
      IS DISTINCT FROM (b.status, b.papers_supporting, b.papers_refuting, b.papers_mixed)
ORDER BY claim_id
"""
REFUSED = """
SELECT stage, reason, count(DISTINCT document_id) AS documents, CAST(sum(count) AS BIGINT) AS times
FROM rejection_rows WHERE run_id = ? GROUP BY ALL ORDER BY ALL
"""
NOT_GIVEN = """
SELECT document_id, reason, detail FROM rejection_rows WHERE run_id = ? AND stage = 'acquire' ORDER BY ALL
"""
SEARCHED = "SELECT topic, purpose, term, found, translation, warnings FROM searches WHERE run_id = ?"


@dataclass(frozen=True, slots=True)
class Changes:
    """Documents and claims that are otherwise than they were; rejections, searches of the run."""

    documents: tuple[Row, ...]
    claims: tuple[Row, ...]
    rejections: tuple[Row, ...]
    not_given: tuple[Row, ...]
    searches: tuple[Row, ...]


def compare(connection: duckdb.DuckDBPyConnection, published: Path, run_id: str) -> Changes:
    """Hold what ``connection`` sees against ``published``, which may not be there."""
    with _attached(connection, published) as before:
        documents = _rows(connection, DOCUMENTS.format(before=before))
        claims = _rows(connection, CLAIMS.format(before=before))
    return Changes(
        documents,
        claims,
        _rows(connection, REFUSED, run_id),
        _rows(connection, NOT_GIVEN, run_id),
        _rows(connection, SEARCHED, run_id),
    )


@contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, published: Path) -> Iterator[str]:
    """The prefix under which the tables of ``published`` are found; of empty ones where it is not there or a demo."""
    place = str(published).replace("'", "''")
    if published.exists():
        connection.execute(f"ATTACH '{place}' AS before (READ_ONLY)")
        purpose = connection.execute("SELECT value FROM before.meta WHERE key = 'purpose'").fetchall()
        ours = connection.execute("SELECT value FROM meta WHERE key = 'purpose'").fetchall()
        if purpose == ours:
            try:
                yield "before."
            finally:
                connection.execute("DETACH before")
            return
        connection.execute("DETACH before")
    for name in ("document_parts", "document_rows", "claims"):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE nothing_{name} AS FROM {name} LIMIT 0")
    yield "nothing_"


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, *parameters: Any) -> tuple[Row, ...]:
    cursor = connection.execute(sql, list(parameters))
    columns = [column[0] for column in cursor.description or ()]
    return tuple(dict(zip(columns, row, strict=True)) for row in cursor.fetchall())
