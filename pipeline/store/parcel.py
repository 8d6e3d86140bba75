"""Parcels: all rows of one file as Parquet, written by any process and loaded by the one that writes the database.

A parcel is a folder that appears when it is whole. Each row carries the number of its record in the file, so that the
writer, who alone knows what is stored, can leave records out.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import duckdb
import orjson

from pipeline.model import Deletion, Locator
from pipeline.store.rows import Batch, Row

RECORD = "record"
LARGEST_ROW = 1 << 28  # bytes; DuckDB's default of 16 MB is less than a book in one section
HEADER = "parcel.json"
PLACE = ("number", "retrieved", "uri", "member", "byte_offset", "byte_length", "file_sha256")  # of a record


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a parcel besides its rows: how many records, what was deleted, what could not be read.

    ``read`` are the figures of what was read, as JSON.
    """

    records: int
    rejections: int
    deletions: tuple[Deletion, ...]
    refused: tuple[str, ...]
    read: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A whole parcel."""

    folder: Path
    contents: Contents

    def table(self, name: str) -> Path | None:
        """The file of a table; None where it has no row."""
        path = self.folder / f"{name}.parquet"
        return path if path.exists() else None

    def remove(self) -> None:
        """Take it off the disk: it is loaded."""
        shutil.rmtree(self.folder, ignore_errors=True)


def open_parcel(folder: Path) -> Parcel | None:
    """The parcel that a broken run left in ``folder``; None where it is not whole."""
    try:
        header = orjson.loads((folder / HEADER).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    deletions = tuple(
        Deletion(pmid, version, number, datetime.fromisoformat(said), offset)
        for pmid, version, number, said, offset in header.pop("deletions")
    )
    return Parcel(folder, Contents(deletions=deletions, refused=tuple(header.pop("refused")), **header))


class ParcelWriter:
    """Writes a parcel in constant memory. Use as a context manager; without :meth:`finish` nothing is left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._fresh = folder.with_name(f"{folder.name}.{os.getpid()}.part")
        self._handles: dict[str, IO[bytes]] = {}

    def __enter__(self) -> ParcelWriter:
        shutil.rmtree(self._fresh, ignore_errors=True)
        self._fresh.mkdir(parents=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        for handle in self._handles.values():
            handle.close()
        shutil.rmtree(self._fresh, ignore_errors=True)

    def add(self, batch: Batch, record: int | None = None) -> None:
        """Rows of one record; of no record, what stands beside them in the file."""
        for table, rows in batch.tables.items():
            handle = self._handles.get(table) or self._open(table)
            for row in rows:
                handle.write(orjson.dumps(row | {RECORD: record}) + b"\n")

    def _open(self, table: str) -> IO[bytes]:
        handle = self._handles[table] = (self._fresh / f"{table}.jsonl").open("wb")
        return handle

    def finish(self, contents: Contents) -> Parcel:
        """Make the parcel appear."""
        with duckdb.connect() as connection:
            connection.execute("SET preserve_insertion_order = false; SET threads = 1")
            connection.execute((files("schemas") / "tables.sql").read_text(encoding="utf-8"))
            for table, handle in self._handles.items():
                handle.close()
                self._as_parquet(connection, table)
        (self._fresh / HEADER).write_bytes(orjson.dumps(_header(contents)))
        shutil.rmtree(self.folder, ignore_errors=True)
        os.replace(self._fresh, self.folder)
        return Parcel(self.folder, contents)

    def _as_parquet(self, connection: duckdb.DuckDBPyConnection, table: str) -> None:
        lines, packed = self._fresh / f"{table}.jsonl", self._fresh / f"{table}.parquet"
        connection.execute(
            f"COPY (SELECT * FROM {json_rows(connection, table, extra=(f'{RECORD}: BIGINT',))}) "
            "TO $packed (FORMAT parquet, COMPRESSION zstd)",
            {"lines": str(lines), "packed": str(packed)},
        )
        lines.unlink()


@dataclass(frozen=True, slots=True)
class Listed:
    """A record of a parcel: what it is, how old, and where it stands."""

    record: int
    document_id: str
    source: str
    raw_sha256: str
    pmcid: str | None
    doi: str | None
    version: int
    revised: str
    place: Row

    @property
    def uri(self) -> str:
        return str(self.place["uri"])

    @property
    def locator(self) -> Locator:
        return Locator(self.uri, self.place["member"], self.place["byte_offset"])


def listed_in(connection: duckdb.DuckDBPyConnection, parcel: Parcel) -> list[Listed]:
    """The records of a parcel in the order of their file."""
    path = parcel.table("document_parts")
    if path is None:
        return []
    rows = connection.execute(
        "SELECT record, document_id, source, raw_sha256, pmcid, doi, version, coalesce(revised, ''), "
        f"{', '.join(PLACE)} FROM read_parquet(?) ORDER BY record", [str(path)],
    ).fetchall()  # fmt: skip
    where = len(rows[0]) - len(PLACE) if rows else 0
    return [Listed(*(*row[:where], dict(zip(PLACE, row[where:], strict=True)))) for row in rows]


class Loading:
    """The rows of the records of a parcel that are kept, on their way into the database."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, parcel: Parcel, run_id: str, records: Sequence[int]
    ) -> None:
        self._connection, self._parcel, self._run_id = connection, parcel, run_id
        connection.execute("CREATE OR REPLACE TEMP TABLE kept AS SELECT unnest(?::BIGINT[]) AS record", [list(records)])

    def insert(self, table: str) -> None:
        """The rows of a table, under this run; with those of no record."""
        path = self._parcel.table(table)
        if path:
            columns = [row[0] for row in self._connection.execute(f"DESCRIBE {table}").fetchall()]
            chosen = ", ".join("$run_id" if name == "run_id" else name for name in columns)
            self._connection.execute(
                f"INSERT INTO {table} SELECT {chosen} FROM read_parquet($path) "
                "WHERE record IS NULL OR record IN (FROM kept)",
                {"path": str(path)} | ({"run_id": self._run_id} if "run_id" in columns else {}),
            )

    def rows(self, table: str) -> list[Row]:
        """The rows of a table in the order of the file."""
        path = self._parcel.table(table)
        if path is None:
            return []
        cursor = self._connection.execute(
            "SELECT * EXCLUDE (record) FROM read_parquet(?) WHERE record IN (FROM kept) ORDER BY record", [str(path)]
        )
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def count(self, table: str) -> int:
        """How many rows of a table are kept."""
        path = self._parcel.table(table)
        if path is None:
            return 0
        found = self._connection.execute(
            "SELECT count(*) FROM read_parquet(?) WHERE record IN (FROM kept)", [str(path)]
        ).fetchall()
        return int(found[0][0])


def json_rows(connection: duckdb.DuckDBPyConnection, table: str, *, extra: Sequence[str] = ()) -> str:
    """SQL that reads rows of ``table`` from the file of JSON lines that parameter ``lines`` names."""
    described = connection.execute(f"DESCRIBE {table}").fetchall()
    columns = [f"{name}: '{type_}'" for name, type_, *_ in described]
    columns += [f"{name}: '{type_.strip()}'" for name, _, type_ in (each.partition(":") for each in extra)]
    return (
        f"read_json($lines, format = 'newline_delimited', columns = {{{', '.join(columns)}}}, "
        f"maximum_object_size = {LARGEST_ROW})"
    )


def _header(contents: Contents) -> Mapping[str, Any]:
    return {
        "records": contents.records, "rejections": contents.rejections, "refused": contents.refused,
        "deletions": [tuple(each) for each in contents.deletions], "read": contents.read,
    }  # fmt: skip
