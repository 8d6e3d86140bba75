"""What the build database knows of files and replies: which were read to their end, when they came, where they are."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

import duckdb


class Files:
    """Reads and writes these tables of a build database."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def is_done(self, file_sha256: str, fingerprint: str) -> int | None:
        """How many records a file held that was read to its end with this fingerprint; None if it was not."""
        rows = self._connection.execute(
            "SELECT records FROM files_done WHERE file_sha256 = ? AND fingerprint = ?", [file_sha256, fingerprint]
        ).fetchall()
        return int(rows[0][0]) if rows else None

    def note_file(self, file_sha256: str, uri: str, kept_as: str | None, size: int, now: datetime) -> datetime:
        """Note a raw file, once; returns when its bytes were first there, which a later reading does not change."""
        rows = self._connection.execute(
            "SELECT min(added) FROM raw_files WHERE file_sha256 = ?", [file_sha256]
        ).fetchall()
        added = rows[0][0] or now.replace(tzinfo=None)
        self._connection.execute("DELETE FROM raw_files WHERE file_sha256 = ? AND uri = ?", [file_sha256, uri])
        self._connection.execute(
            "INSERT INTO raw_files VALUES (?, ?, ?, ?, ?)", [file_sha256, uri, kept_as, size, added]
        )
        return added.replace(tzinfo=UTC)

    def note_done(self, file_sha256: str, fingerprint: str, records: int, run_id: str) -> None:
        """Note that a file was read to its end."""
        self._connection.execute("DELETE FROM files_done WHERE file_sha256 = ?", [file_sha256])
        self._connection.execute(
            "INSERT INTO files_done VALUES (?, ?, ?, ?)", [file_sha256, fingerprint, records, run_id]
        )

    def latest(self) -> datetime | None:
        """The latest time at which something was received, or was said to be deleted; None where nothing was."""
        rows = self._connection.execute(
            "SELECT greatest((SELECT max(retrieved) FROM document_parts), (SELECT max(said) FROM deletions))"
        ).fetchall()
        return rows[0][0].replace(tzinfo=UTC) if rows[0][0] else None

    def uris_of(self, file_sha256: str) -> list[str]:
        """Where a raw file has been read from."""
        rows = self._connection.execute("SELECT uri FROM raw_files WHERE file_sha256 = ?", [file_sha256]).fetchall()
        return [row[0] for row in rows]

    def kept_as(self, file_sha256: str | None) -> Path | None:
        """Where the bytes of a raw file are kept; None for one that was only remembered."""
        rows = self._connection.execute(
            "SELECT kept_as FROM raw_files WHERE file_sha256 = ? AND kept_as IS NOT NULL", [file_sha256]
        ).fetchall()
        return Path(rows[0][0]) if rows else None

    def forget_rejections_of(self, *uris: str, reasons: Collection[str] = ()) -> None:
        """A file (or folder) is read again: what was refused in it will be told anew; with ``reasons`` only those."""
        self._connection.execute(
            "DELETE FROM rejection_rows WHERE uri IN (SELECT unnest(?::VARCHAR[])) "
            "AND (? OR reason IN (SELECT unnest(?::VARCHAR[])))",
            [list(uris), not reasons, list(reasons)],
        )
