"""Everything that people made, in one file; and put back from it."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import StoreError, UsageError
from pipeline.text import sha256

SUMS = "SHA256SUMS"  # name of the list of hashes in a backup
NOT_KEPT = ".before-restore-"  # part of the name of folders that a restore has put aside


def backup(home: Path, file: Path) -> int:
    """Save all files of ``home`` in ``file`` (.tar.gz) and read them back; returns how many.

    Raises:
        UsageError: there is nothing to save, or ``file`` lies inside ``home``.
        StoreError: the file cannot be written.
    """
    names = sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())
    if not names:
        raise UsageError(f"{home}: there is nothing in it. Set RESISTMINE_HOME to where your corrections are.")
    if file.absolute().is_relative_to(home.absolute()):
        raise UsageError(f"{file}: lies in the folder that is saved. Give a place outside {home}.")
    fresh = file.with_name(file.name + ".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        contents = {name: (home / name).read_bytes() for name in names}
        with tarfile.open(fresh, "w:gz") as archive:
            for name, content in ({SUMS: _sums(contents)} | contents).items():
                entry = tarfile.TarInfo(name)
                entry.size, entry.mtime = len(content), int((home / name).stat().st_mtime) if name in contents else 0
                archive.addfile(entry, io.BytesIO(content))
        found = _contents(fresh)
        if found != contents:
            raise StoreError(f"{fresh}: what was written is not what was to be saved. Try another disk.")
        os.replace(fresh, file)
    except OSError as error:
        raise StoreError(f"{file}: cannot be written ({error.strerror}). Free space, or give another place.") from error
    finally:
        fresh.unlink(missing_ok=True)
    return len(names)


def restore(file: Path, home: Path) -> tuple[int, Path | None]:
    """Put back what ``file`` holds, whole or not at all; what was in ``home`` is put aside.

    Returns:
        how many files, and where what was there is now (None: nothing was there).

    Raises:
        UsageError: the file is no backup, or damaged; nothing has changed then.
        StoreError: it cannot be put back.
    """
    contents = _contents(file)
    aside = None
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home.parent, prefix=".restore-") as name:
            fresh = Path(name) / "home"
            for member, content in contents.items():
                path = fresh / member
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            if home.exists():
                aside = home.with_name(f"{home.name}{NOT_KEPT}{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
                os.rename(home, aside)
            shutil.move(fresh, home)
    except OSError as error:
        if aside and not home.exists():
            os.rename(aside, home)
        raise StoreError(f"{home}: cannot be put back ({error.strerror}). Nothing has changed; mend that.") from error
    return len(contents), aside


def _sums(contents: dict[str, bytes]) -> bytes:
    return "".join(f"{sha256(content)}  {name}\n" for name, content in contents.items()).encode()


def _contents(file: Path) -> dict[str, bytes]:
    """The files of a backup, each held against its hash."""
    try:
        with tarfile.open(file, "r:gz") as archive:
            found = dict(_members(archive))
    except FileNotFoundError:
        raise UsageError(f"{file}: there is no such file. Give one that 'resistmine backup' has made.") from None
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise UsageError(f"{file}: is no whole backup ({error}). Nothing has changed; give another one.") from None
    sums = found.pop(SUMS, None)
    if sums is None or sums != _sums(found):
        raise UsageError(f"{file}: does not hold what its list {SUMS} says. Nothing has changed; give another one.")
    return found


def _members(archive: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    for entry in archive:
        path = Path(entry.name)
        if not entry.isfile() or path.is_absolute() or ".." in path.parts:
            raise ValueError(f"{entry.name!r} has no business in it")
        handle = archive.extractfile(entry)
        assert handle is not None
        yield entry.name, handle.read()
