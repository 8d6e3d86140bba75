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
USUAL_ROW = 1 << 20  # bytes; a book in one section has more, and DuckDB holds twice the longest row for each thread
HEADER = "parcel.json"
PIECE = 8_000_000  # bytes of rows that become one file of each table: what is held at once
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

    def table(self, name: str) -> list[str]:
        """The files of a table; none where it has no row."""
        return sorted(str(path) for path in self.folder.glob(f"{name}.*.parquet"))

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
        self._longest: dict[str, int] = {}
        self._pieces = self._written = 0

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
            for row in rows:
                handle = self._handles.get(table) or self._open(table)
                line = orjson.dumps(row | {RECORD: record}) + b"\n"
                self._longest[table] = max(self._longest.get(table, 0), len(line))
                self._written += handle.write(line)
        if self._written > PIECE:
            self._pack()

    def _open(self, table: str) -> IO[bytes]:
        handle = self._handles[table] = (self._fresh / f"{table}.jsonl").open("wb")
        return handle

    def finish(self, contents: Contents) -> Parcel:
        """Make the parcel appear."""
        self._pack()
        (self._fresh / HEADER).write_bytes(orjson.dumps(_header(contents)))
        shutil.rmtree(self.folder, ignore_errors=True)
        os.replace(self._fresh, self.folder)
        return Parcel(self.folder, contents)

    def _pack(self) -> None:
        """Make Parquet of what was written since the last time."""
        with duckdb.connect() as connection:
            connection.execute("SET preserve_insertion_order = false; SET threads = 1")
            connection.execute((files("schemas") / "tables.sql").read_text(encoding="utf-8"))
            for table, handle in self._handles.items():
                handle.close()
                self._as_parquet(connection, table)
        self._handles.clear()
        self._longest.clear()
        self._pieces, self._written = self._pieces + 1, 0

    def _as_parquet(self, connection: duckdb.DuckDBPyConnection, table: str) -> None:
        lines, packed = self._fresh / f"{table}.jsonl", self._fresh / f"{table}.{self._pieces:05}.parquet"
        connection.execute(
            f"COPY (SELECT * FROM {json_rows(connection, table, self._longest[table], (f'{RECORD}: BIGINT',))}) "
            "TO $packed (FORMAT parquet, COMPRESSION zstd)",
            {"lines": str(lines), "packed": str(packed)},
        )
        lines.unlink()


@dataclass(frozen=True, slots=True)
class Listed:
    """A record of a parcel: what it is, and how old."""

    record: int
    document_id: str
    source: str
    version: int
    revised: str


class Arriving:
    """The records of a parcel as the database sees them; what they say stays in their files."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, parcel: Parcel, fingerprint: str) -> None:
        self._connection = connection
        self._files = parcel.table("document_parts")
        connection.execute("CREATE OR REPLACE TEMP TABLE known (record BIGINT)")
        if self._files:
            connection.execute(
                "INSERT INTO known SELECT record FROM read_parquet(?) "
                "WHERE raw_sha256 IN (SELECT raw_sha256 FROM document_parts WHERE fingerprint = ?)",
                [self._files, fingerprint],
            )

    @property
    def known(self) -> int:
        """How many are stored as they would be read now."""
        return int(self._connection.execute("SELECT count(*) FROM known").fetchall()[0][0])

    def fresh(self) -> list[Listed]:
        """The others, in the order of their file."""
        return [Listed(*row) for row in self._rows(
            "record, document_id, source, version, coalesce(revised, '')", "record NOT IN (FROM known) ORDER BY record"
        )]  # fmt: skip

    def locators(self, records: Sequence[int]) -> dict[int, Locator]:
        """Where some records stand."""
        rows = self._rows("record, uri, member, byte_offset", "record IN (SELECT unnest(?::BIGINT[]))", list(records))
        return {row[0]: Locator(*row[1:]) for row in rows}

    def keys(self) -> list[tuple[str, str | None, str | None]]:
        """(document_id, PMCID, DOI) of those that have one of the two."""
        return self._rows("document_id, pmcid, doi", "pmcid IS NOT NULL OR doi IS NOT NULL ORDER BY record")

    def note_known(self) -> None:
        """Put the places of those that are known into the temporary table ``came``."""
        if self._files:
            self._connection.execute(
                f"INSERT INTO came SELECT raw_sha256, {', '.join(PLACE)} FROM read_parquet(?) "
                "WHERE record IN (FROM known)", [self._files],
            )  # fmt: skip

    def _rows(self, columns: str, condition: str, *parameters: Any) -> list[Any]:
        if not self._files:
            return []
        query = f"SELECT {columns} FROM read_parquet(?) WHERE {condition}"
        return self._connection.execute(query, [self._files, *parameters]).fetchall()


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
                {"path": path} | ({"run_id": self._run_id} if "run_id" in columns else {}),
            )

    def rows(self, table: str) -> list[Row]:
        """The rows of a table in the order of the file."""
        path = self._parcel.table(table)
        if not path:
            return []
        cursor = self._connection.execute(
            "SELECT * EXCLUDE (record) FROM read_parquet(?) WHERE record IN (FROM kept) ORDER BY record", [path]
        )
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def count(self, table: str) -> int:
        """How many rows of a table are kept."""
        path = self._parcel.table(table)
        if not path:
            return 0
        found = self._connection.execute(
            "SELECT count(*) FROM read_parquet(?) WHERE record IN (FROM kept)", [path]
        ).fetchall()
        return int(found[0][0])


def json_rows(connection: duckdb.DuckDBPyConnection, table: str, longest: int, extra: Sequence[str] = ()) -> str:
    """SQL that reads rows of ``table``, of at most ``longest`` bytes, from the file of JSON lines ``$lines``."""
    described = connection.execute(f"DESCRIBE {table}").fetchall()
    columns = [f"{name}: '{type_}'" for name, type_, *_ in described]
    columns += [f"{name}: '{type_.strip()}'" for name, _, type_ in (each.partition(":") for each in extra)]
    return (
        f"read_json($lines, format = 'newline_delimited', columns = {{{', '.join(columns)}}}, "
        f"maximum_object_size = {max(longest, USUAL_ROW)})"
    )


def _header(contents: Contents) -> Mapping[str, Any]:
    return {
        "records": contents.records, "rejections": contents.rejections, "refused": contents.refused,
        "deletions": [tuple(each) for each in contents.deletions], "read": contents.read,
    }  # fmt: skip
