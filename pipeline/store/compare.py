"""Two published snapshots held against each other, in SQL (``schemas/changes``) over both files, read-only."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from pipeline.errors import StoreError
from pipeline.store import schema

Row = dict[str, Any]
STEPS = ("said", "claims")  # files of schemas/changes, in their order
# what is asked of the tables that the steps leave, the weightiest rows first
ASKED = {
    "documents": "FROM document_changes ORDER BY document_id",
    "corrections": "FROM correction_changes ORDER BY correction_id",
    "claims": "FROM claim_changes ORDER BY len(papers) DESC, label, claim_id",
    "regroundings": "FROM regroundings ORDER BY evidence DESC, from_claim_id, to_claim_id",
    "contradictions": "FROM new_contradictions ORDER BY len(list_distinct(papers || other_papers)) DESC, claim_id, "
    "other_claim_id, sort",
    "verdicts": "FROM verdict_changes ORDER BY date, verdict_id",
}
VERSIONS = (
    "SELECT versions FROM {}.run_rows WHERE status IN ('done', 'incomplete') ORDER BY started DESC, run_id LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is otherwise in the later of two snapshots, as rows; ``versions`` of program, lexicon and rules of both."""

    documents: tuple[Row, ...]
    corrections: tuple[Row, ...]
    claims: tuple[Row, ...]
    regroundings: tuple[Row, ...]
    contradictions: tuple[Row, ...]
    verdicts: tuple[Row, ...]
    versions: tuple[str | None, str | None]


def compare_snapshots(earlier: Path | None, later: Path) -> Comparison:
    """What is otherwise in ``later`` than it was in ``earlier``; with None all of it.

    Raises:
        StoreError: one of them cannot be opened or is of a newer version of the program, or one is a demo's.
    """
    with ExitStack() as stack:
        connection = stack.enter_context(duckdb.connect())
        purposes = [
            stack.enter_context(_attached(connection, "earlier", earlier) if earlier else _nothing(connection)),
            stack.enter_context(_attached(connection, "later", later)),
        ]
        if earlier and len(set(purposes)) > 1:
            raise StoreError(f"{earlier} and {later}: one holds the demo's made-up records. They are not compared.")
        for step in STEPS:
            connection.execute((files("schemas") / "changes" / f"{step}.sql").read_text(encoding="utf-8"))
        rows = {name: _rows(connection, query) for name, query in ASKED.items()}
        return Comparison(**rows, versions=(_versions(connection, "earlier"), _versions(connection, "later")))


@contextmanager
def reading_snapshots(*paths: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, ...]]:
    """A read-only connection to each of ``paths``, all with the views of this program.

    Raises:
        StoreError: one of them cannot be opened or is of a newer version of the program.
    """
    with ExitStack() as stack:
        connections = []
        for path in paths:
            connection = stack.enter_context(duckdb.connect())
            stack.enter_context(_attached(connection, "evidence", path))
            connection.execute("USE evidence")
            connections.append(connection)
        yield tuple(connections)


@contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, name: str, path: Path) -> Iterator[str | None]:
    """Attach a snapshot under ``name``; one that an older program has made as a copy, brought up to date."""
    _attach(connection, name, path)
    meta = dict(connection.execute(f"SELECT key, value FROM {name}.meta").fetchall())
    if schema.made_by_us(meta.get("schema_version"), meta.get("views")):
        yield meta.get("purpose")
        return
    connection.execute(f"DETACH {name}")
    with tempfile.TemporaryDirectory(prefix="resistmine-") as folder:
        copy = Path(folder) / path.name
        _bring_up_to_date(path, copy)
        _attach(connection, name, copy)
        yield meta.get("purpose")


@contextmanager
def _nothing(connection: duckdb.DuckDBPyConnection) -> Iterator[str | None]:
    """An empty database in the place of the earlier snapshot."""
    with tempfile.TemporaryDirectory(prefix="resistmine-") as folder:
        empty = Path(folder) / "nothing.duckdb"
        with duckdb.connect(str(empty)) as fresh:
            schema.prepare(fresh)
        _attach(connection, "earlier", empty)
        yield None


def _attach(connection: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    place = str(path).replace("'", "''")
    try:
        connection.execute(f"ATTACH '{place}' AS {name} (READ_ONLY)")
    except duckdb.Error as error:
        raise StoreError(f"{path}: cannot be opened as a snapshot ({error}). Compare with another one.") from error


def _bring_up_to_date(path: Path, copy: Path) -> None:
    try:
        shutil.copyfile(path, copy)
        with duckdb.connect(str(copy)) as connection:
            schema.prepare(connection)
    except StoreError as error:
        raise StoreError(f"{path}: {error}") from error
    except (OSError, duckdb.Error) as error:
        raise StoreError(
            f"{path}: was published by another version of the program and cannot be brought up to date in "
            f"{copy.parent} ({error}). Free space there (TMPDIR), or compare with a later snapshot."
        ) from error


def _versions(connection: duckdb.DuckDBPyConnection, name: str) -> str | None:
    rows = connection.execute(VERSIONS.format(name)).fetchall()
    return str(rows[0][0]) if rows and rows[0][0] else None


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Row, ...]:
    cursor = connection.execute(query)
    columns = [column[0] for column in cursor.description or ()]
    return tuple(dict(zip(columns, row, strict=True)) for row in cursor.fetchall())
