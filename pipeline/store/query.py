"""Reading the published snapshot: read-only, and cut off from everything else unless asked otherwise."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb

from pipeline.errors import StoreError, UsageError
from pipeline.paths import OutputPaths


@dataclass(frozen=True, slots=True)
class Table:
    """A result: names of the columns, and rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def dictionaries(self) -> Iterator[dict[str, Any]]:
        for row in self.rows:
            yield dict(zip(self.columns, row, strict=True))


@contextmanager
def reading(paths: OutputPaths, *, allow_files: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to the current snapshot; a run that is writing does not disturb it.

    The snapshot is attached to a database in memory: opened by itself, DuckDB would give every reader of one process
    the same instance, with the settings of the first and, after a swap, with its old content.

    Raises:
        StoreError: there is no snapshot yet, or it is damaged.
    """
    if not paths.evidence.exists():
        raise StoreError(
            f"{paths.evidence}: there is no evidence yet. Run 'resistmine demo' or 'resistmine ingest' first."
        )
    connection = duckdb.connect()
    try:
        _attach(connection, paths)
        if not allow_files:
            connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()


def _attach(connection: duckdb.DuckDBPyConnection, paths: OutputPaths) -> None:
    place = str(paths.evidence).replace("'", "''")
    try:
        connection.execute(f"ATTACH '{place}' AS evidence (READ_ONLY)")
    except duckdb.Error as error:
        if not os.access(paths.evidence, os.R_OK):
            raise StoreError(f"{paths.evidence}: may not be read. Ask its owner for the permission.") from error
        raise StoreError(
            f"{paths.evidence}: cannot be opened as a database ({error}). Put the newest file of {paths.snapshots} in "
            "its place, or remove it and ingest again."
        ) from error
    connection.execute("USE evidence")


def select(paths: OutputPaths, sql: str, parameters: Sequence[Any] = (), *, allow_files: bool = False) -> Table:
    """The rows of a query.

    Raises:
        UsageError: the query cannot be run; DuckDB's words say why.
    """
    with reading(paths, allow_files=allow_files) as connection:
        try:
            if not connection.extract_statements(sql):
                raise UsageError("sql: there is no statement in the query. Give a SELECT over the views.")
            cursor = connection.execute(sql, list(parameters))
            columns = tuple(column[0] for column in cursor.description or ())
            return Table(columns, tuple(cursor.fetchall()))
        except duckdb.PermissionException as error:
            raise UsageError(
                f"sql: {error}. Other files are out of reach; --allow-files lets the query read them."
            ) from None
        except duckdb.Error as error:
            raise UsageError(f"sql: {error}") from None
