"""Raw bytes kept, and found again: everything in the database can be made again from them."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import StoreError, UnreadableInputError
from pipeline.model import Locator, RawRecord, Rejection, Source
from pipeline.sources.local import InputFile, open_streams
from pipeline.text import sha256

LARGEST_COPY = 32_000_000  # bytes; a larger file is remembered by path and hash, without a second copy


def keep(file: InputFile, folder: Path) -> Path | None:
    """A copy of ``file`` under its hash in ``folder``, made once; None for a file that is only remembered.

    Each file is noted in ``manifest.jsonl`` with its source, time and hash.

    Raises:
        StoreError: the copy cannot be written.
    """
    if file.path.is_relative_to(folder):
        return file.path
    kept = folder / "files" / file.sha256[:2] / (file.sha256 + "".join(file.path.suffixes[-2:]))
    copied = file.size <= LARGEST_COPY
    try:
        if copied and not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            _copy(file.path, kept)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "manifest.jsonl").open("a", encoding="utf-8") as manifest:
            manifest.write(json.dumps(_note(file, kept if copied else None)) + "\n")
    except OSError as error:
        raise StoreError(
            f"{folder}: raw bytes cannot be kept ({error.strerror}). Free space and run it again."
        ) from error
    return kept if copied else None


def _copy(source: Path, kept: Path) -> None:
    """Copy beside, then rename: a copy is whole or not there, and half a copy takes no space of a full disk."""
    partial = kept.with_name(kept.name + ".part")
    try:
        shutil.copyfile(source, partial)
        os.replace(partial, kept)
    finally:
        partial.unlink(missing_ok=True)


def _note(file: InputFile, kept: Path | None) -> dict[str, str | int | None]:
    return {
        "source": str(file.path), "sha256": file.sha256, "size": file.size, "kept_as": str(kept) if kept else None,
        "read": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }  # fmt: skip


def read_again(source: Source, record_sha256: str, locator: Locator, kept_as: Path | None) -> RawRecord:
    """The raw record at ``locator``, checked against its hash.

    Raises:
        UnreadableInputError: the file is gone or no longer holds these bytes.
    """
    path = kept_as if kept_as and kept_as.exists() else Path(locator.uri)
    if not path.exists():
        raise UnreadableInputError(f"{path}: the raw bytes are gone; they were in {locator}. Put the file back.")
    content = _bytes_at(path, locator)
    if sha256(content) != record_sha256:
        raise UnreadableInputError(f"{path}: changed since it was read; expected SHA-256 {record_sha256} at {locator}.")
    return RawRecord(source, content, record_sha256, locator, datetime.now(UTC))


def _bytes_at(path: Path, locator: Locator) -> bytes:
    file = InputFile(path, locator.file_sha256 or "", path.stat().st_size)
    for stream in open_streams(file):
        if not isinstance(stream, Rejection) and stream.member == locator.member:
            return _slice(stream.chunks, locator.offset, locator.length)
    return b""


def _slice(chunks: Iterator[bytes], offset: int, length: int | None) -> bytes:
    found, position = bytearray(), 0
    for chunk in chunks:
        start = max(offset - position, 0)
        if start < len(chunk):
            stop = len(chunk) if length is None else min(len(chunk), offset + length - position)
            found += chunk[start:stop]
        position += len(chunk)
        if length is not None and position >= offset + length:
            break
    return bytes(found)


def keep_reply(content: bytes, folder: Path, url: str, suffix: str) -> InputFile:
    """What a service has sent, compressed, under its hash in ``folder``; on the disk when this returns.

    Raises:
        StoreError: it cannot be written.
    """
    packed = gzip.compress(content, compresslevel=6, mtime=0)
    digest = sha256(packed)
    kept = folder / "files" / digest[:2] / f"{digest}{suffix}.gz"
    file = InputFile(kept, digest, len(packed))
    try:
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            _write(packed, kept)
        with (folder / "manifest.jsonl").open("a", encoding="utf-8") as manifest:
            manifest.write(json.dumps(_note(file, kept) | {"source": url}) + "\n")
    except OSError as error:
        raise StoreError(
            f"{folder}: raw bytes cannot be kept ({error.strerror}). Free space and run it again."
        ) from error
    return file


def _write(content: bytes, kept: Path) -> None:
    partial = kept.with_name(kept.name + ".part")
    try:
        with partial.open("wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(partial, kept)
    finally:
        partial.unlink(missing_ok=True)
