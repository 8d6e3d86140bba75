"""Local files: plain, .gz, .tar and .tar.gz, as streams of bytes in constant memory."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import re
import stat
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, cast

from isal import igzip, isal_zlib

from pipeline.model import Rejection

CHUNK = 1 << 20
GZIP, ZIP, BZIP2, XZ = b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ"
TAR_AT, TAR = 257, b"ustar"
UNOPENED = ("file_not_found", "not_readable", "not_a_file", "empty_file", "empty_folder", "md5_mismatch", "bad_md5",
            "not_listed", "not_fetched", "too_many_left_behind")  # fmt: skip
SUM_LINE = re.compile(rb"MD5\s*\([^()\n]*\)\s*=\s*([0-9a-fA-F]{32})|([0-9a-fA-F]{32})\s+\*?[^\n]+")
SUM = ".md5"  # what PubMed puts beside each of its files
DAMAGED = (
    EOFError, zlib.error, cast(type[Exception], isal_zlib.error), gzip.BadGzipFile, tarfile.TarError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file to be read; ``sha256`` is that of the file as it lies on the disk."""

    path: Path
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Stream:
    """The decompressed bytes of a file, or of one member of an archive."""

    file: InputFile
    member: str | None
    chunks: Iterator[bytes]

    @property
    def place(self) -> str:
        return f"{self.file.path}!{self.member}" if self.member else str(self.file.path)


def find_files(paths: Iterable[Path]) -> Iterator[InputFile | Rejection]:
    """The files named by ``paths``; a folder stands for the files in it, in the order of their names.

    What cannot be opened is a rejection of stage *acquire*: file_not_found, not_readable, not_a_file, empty_file,
    empty_folder. What is hidden (its name begins with a dot) is passed over inside a folder.
    """
    for path in map(Path.absolute, paths):
        if os.path.isdir(path):
            yield from _inside(path)
        elif not _is_sum(path):
            yield _input(path)


def _is_sum(path: Path) -> bool:
    """Whether this is the checksum of a file that lies beside it, and so nothing to be read."""
    return path.suffix == SUM and path.with_suffix("").exists()


def _inside(folder: Path) -> Iterator[InputFile | Rejection]:
    refused: list[Rejection] = []
    found: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=lambda error: refused.append(_not_readable(error))):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(place, name) for name in names if not name.startswith(".")]
    yield from refused
    if not found and not refused:
        yield Rejection("acquire", "empty_folder", f"{folder}: no file in it; check the name")
    for path in sorted(found):
        if path.suffix == SUM and not _is_sum(path):
            missing = f"{path.with_suffix('')}: its checksum is there, it is not; fetch it"
            yield Rejection("acquire", "file_not_found", missing)
        elif path.suffix != SUM:
            yield _input(path)


def _not_readable(error: OSError) -> Rejection:
    return Rejection("acquire", "not_readable", f"{error.filename}: {error.strerror}; check its permissions")


def _input(path: Path) -> InputFile | Rejection:
    try:
        status = path.stat()
        size = status.st_size
        if not stat.S_ISREG(status.st_mode):
            return Rejection("acquire", "not_a_file", f"{path}: a pipe or device; save what comes from it in a file")
        if size == 0:
            return Rejection("acquire", "empty_file", f"{path}: has 0 bytes; fetch it again")
        with path.open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
        wrong = _wrong_sum(path)
        if wrong:
            return wrong
    except FileNotFoundError:
        return Rejection("acquire", "file_not_found", f"{path}: there is no such file; check the name")
    except OSError as error:
        return _not_readable(error)
    return InputFile(path, digest, size)


def _wrong_sum(path: Path) -> Rejection | None:
    """What is wrong by the checksum beside ``path``; None if nothing is, or there is none."""
    beside = path.with_name(path.name + SUM)
    if not beside.is_file():
        return None
    expected = read_sum(beside.read_bytes())
    if expected is None:
        detail = f"{path}: {beside.name} holds no checksum, expected is MD5({path.name})= and 32 hex digits; fetch it"
        return Rejection("acquire", "bad_md5", detail)
    with path.open("rb") as handle:
        found = hashlib.file_digest(handle, partial(hashlib.md5, usedforsecurity=False)).hexdigest()
    if found == expected:
        return None
    detail = f"{path}: its MD5 is {found}, {beside.name} says {expected}; fetch it again"
    return Rejection("acquire", "md5_mismatch", detail)


def read_sum(content: bytes) -> str | None:
    """The MD5 in a checksum file: ``MD5(name)= hex`` as PubMed writes it, or ``hex  name`` as md5sum does."""
    found = SUM_LINE.fullmatch(content.strip())
    return (found[1] or found[2]).decode().lower() if found else None


def open_streams(file: InputFile) -> Iterator[Stream | Rejection]:
    """The streams inside ``file``, each to be read before the next is asked for.

    Archives that break off give what was whole before, and a rejection (truncated_file). Formats that are not read
    give ``unsupported_archive``.
    """
    try:
        raw = file.path.open("rb")
    except OSError as error:  # gone since it was found
        yield _not_readable(error)
        return
    with raw:
        head = raw.read(TAR_AT + len(TAR))
        raw.seek(0)
        if head.startswith((ZIP, BZIP2, XZ)):
            yield Rejection("acquire", "unsupported_archive", f"{file.path}: unpack it first; .gz and .tar.gz are read")
            return
        inner: IO[bytes] = _unzipped(raw) if head.startswith(GZIP) else raw
        if head.startswith(GZIP):
            head = _head_of(file)
        if head[TAR_AT:] == TAR:
            yield from _members(file, inner)
        else:
            yield Stream(file, None, _chunks(inner))


def _head_of(file: InputFile) -> bytes:
    """The first bytes inside a .gz; none if it is damaged from the start (reading it will say so)."""
    with file.path.open("rb") as raw:
        try:
            return _unzipped(raw).read(TAR_AT + len(TAR))
        except DAMAGED:
            return b""


def _unzipped(raw: IO[bytes]) -> IO[bytes]:
    """The decompressed stream; isal is three times as fast as the standard library."""
    return cast(IO[bytes], igzip.GzipFile(fileobj=raw, mode="rb"))  # type: ignore[no-untyped-call]


def _chunks(handle: IO[bytes]) -> Iterator[bytes]:
    while chunk := handle.read(CHUNK):
        yield chunk


def _members(file: InputFile, inner: IO[bytes]) -> Iterator[Stream | Rejection]:
    try:
        with tarfile.open(fileobj=inner, mode="r|") as archive:
            for member in archive:
                if not member.isfile():
                    if not member.isdir():
                        detail = (
                            f"{file.path}!{member.name}: a link or device; expected are files, pack what it points to"
                        )
                        yield Rejection("acquire", "not_a_file", detail)
                    continue
                handle = cast(io.BufferedReader, archive.extractfile(member))
                zipped = handle.peek(len(GZIP)).startswith(GZIP)
                yield Stream(file, member.name, _chunks(_unzipped(handle) if zipped else handle))
    except DAMAGED as error:
        detail = f"{file.path}: the archive breaks off ({error}); what stood before was read, fetch it again"
        yield Rejection("acquire", "truncated_file", detail)
