"""Reading the published snapshot: read-only, and cut off from everything else unless asked otherwise."""

from __future__ import annotations

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

    Raises:
        StoreError: there is no snapshot yet.
    """
    if not paths.evidence.exists():
        raise StoreError(
            f"{paths.evidence}: there is no evidence yet. Run 'resistmine demo' or 'resistmine ingest' first."
        )
    connection = duckdb.connect(str(paths.evidence), read_only=True)
    try:
        if not allow_files:
            connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()


def select(paths: OutputPaths, sql: str, parameters: Sequence[Any] = (), *, allow_files: bool = False) -> Table:
    """The rows of a query.

    Raises:
        UsageError: the query cannot be run; DuckDB's words say why.
    """
    with reading(paths, allow_files=allow_files) as connection:
        try:
            cursor = connection.execute(sql, list(parameters))
            columns = tuple(column[0] for column in cursor.description or ())
            return Table(columns, tuple(cursor.fetchall()))
        except duckdb.PermissionException as error:
            raise UsageError(
                f"sql: {error}. Other files are out of reach; --allow-files lets the query read them."
            ) from None
        except duckdb.Error as error:
            raise UsageError(f"sql: {error}") from None
