"""What a run did not keep or was not given, and what it searched for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

Row = dict[str, Any]
REFUSED = """
SELECT stage, reason, count(DISTINCT document_id) AS documents, CAST(sum(count) AS BIGINT) AS times
FROM rejection_rows WHERE run_id = ? GROUP BY ALL ORDER BY ALL
"""
NOT_GIVEN = """
SELECT document_id, reason, detail FROM rejection_rows WHERE run_id = ? AND stage = 'acquire' ORDER BY ALL
"""
SEARCHED = "SELECT topic, purpose, term, found, translation, warnings FROM searches WHERE run_id = ?"


@dataclass(frozen=True, slots=True)
class Refusals:
    """Rejections by stage and reason, what a source did not give, and the searches of a run."""

    rejections: tuple[Row, ...]
    not_given: tuple[Row, ...]
    searches: tuple[Row, ...]


def refusals_of(connection: duckdb.DuckDBPyConnection, run_id: str) -> Refusals:
    """Those of the run ``run_id``."""
    return Refusals(*(_rows(connection, query, run_id) for query in (REFUSED, NOT_GIVEN, SEARCHED)))


def _rows(connection: duckdb.DuckDBPyConnection, query: str, run_id: str) -> tuple[Row, ...]:
    cursor = connection.execute(query, [run_id])
    columns = [column[0] for column in cursor.description or ()]
    return tuple(dict(zip(columns, row, strict=True)) for row in cursor.fetchall())
