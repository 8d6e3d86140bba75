"""Publishing and reading snapshots, and the lock that keeps two writers apart."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path

import duckdb

from pipeline.errors import RunningElsewhereError, StoreError, UsageError
from pipeline.paths import OutputPaths
from pipeline.store import schema
from pipeline.store.build import CHANGES, Build
from pipeline.store.query import reading

STAMP = "%Y%m%dT%H%M%S"
STAMPED = re.compile(r"(?:evidence-)?(?P<stamp>\d{8}T\d{6}(?:-\d{3})?)(?:\.duckdb)?")
PUBLISHED, BASE = "published", "base"  # keys of the meta table: the stamp of a snapshot, and of the one before it


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was published, and where it still is."""

    stamp: str
    path: Path

    @property
    def published(self) -> datetime:
        """When, in UTC."""
        return datetime.strptime(self.stamp[:15], STAMP).replace(tzinfo=UTC)

    def __str__(self) -> str:
        return f"{self.stamp} ({self.published:%Y-%m-%d %H:%M} UTC)"


def published_snapshots(paths: OutputPaths) -> list[Snapshot]:
    """The dated snapshots that are kept, and the current one, by time.

    Raises:
        StoreError: nothing was published yet, or it is damaged.
    """
    found = {path.stem.removeprefix("evidence-"): path for path in sorted(paths.snapshots.glob("evidence-*.duckdb"))}
    with reading(paths) as connection:
        current = schema.read_meta(connection, PUBLISHED) or ""
    found.setdefault(current, paths.evidence)
    return [Snapshot(stamp, path) for stamp, path in sorted(found.items())]


def find_snapshot(snapshots: Sequence[Snapshot], wanted: str) -> Snapshot:
    """The one with this stamp; of a date or time (UTC) the last one published on that day, at that time, or before.

    Raises:
        UsageError: there is none.
    """
    kept = ", ".join(map(str, snapshots))
    stamped = STAMPED.fullmatch(wanted.strip())
    if stamped:
        for each in snapshots:
            if each.stamp == stamped["stamp"]:
                return each
        raise UsageError(f"{wanted}: there is no such snapshot (any more). There are: {kept}. Name one, or a date.")
    until = _time_of(wanted, kept)
    before = [each for each in snapshots if each.published <= until]
    if not before:
        raise UsageError(f"{wanted}: no snapshot was published by then. There are: {kept}. Name one, or a later date.")
    return before[-1]


def _time_of(wanted: str, kept: str) -> datetime:
    """The time that is meant; of a day its end."""
    try:
        meant = datetime.fromisoformat(wanted.strip())
    except ValueError:
        raise UsageError(
            f"{wanted!r} is neither a snapshot nor a date as 2026-05-31 or 2026-05-31T12:00. There are: {kept}."
        ) from None
    if meant.time() == time.min and len(wanted.strip()) <= len("2026-05-31"):
        meant = datetime.combine(meant.date(), time.max)
    return meant.astimezone(UTC) if meant.tzinfo else meant.replace(tzinfo=UTC)


def purpose_of(path: Path) -> str | None:
    """Of what a snapshot is made: evidence, or the demo's made-up records; None where it cannot be opened."""
    place = str(path).replace("'", "''")
    with duckdb.connect() as connection:
        try:
            connection.execute(f"ATTACH '{place}' AS snapshot (READ_ONLY)")
            rows = connection.execute("SELECT value FROM snapshot.meta WHERE key = 'purpose'").fetchall()
        except duckdb.Error:
            return None
        return str(rows[0][0]) if rows else None


@contextmanager
def writing(paths: OutputPaths, command: str) -> Iterator[None]:
    """Hold the lock of the output folder; it is let go when the process ends, however it ends.

    Raises:
        RunningElsewhereError: another process holds it.
        StoreError: the folder cannot be written.
    """
    try:
        paths.work.mkdir(parents=True, exist_ok=True)
        handle = paths.lock.open("a+")
    except OSError as error:
        raise StoreError(
            f"{paths.root}: cannot be written ({error.strerror}). Set RESISTMINE_OUTPUT elsewhere."
        ) from None
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            raise RunningElsewhereError(
                f"{paths.root}: another run is writing ({_holder(handle.read())}). "
                "Wait until it ends; reading (sql, explain, status) works meanwhile."
            ) from None
        handle.truncate(0)
        handle.write(json.dumps({"pid": os.getpid(), "command": command, "since": f"{datetime.now(UTC):%F %T} UTC"}))
        handle.flush()
        yield


def _holder(text: str) -> str:
    try:
        found = json.loads(text)
        return f"{found['command']!r}, process {found['pid']}, since {found['since']}"
    except (ValueError, KeyError):
        return "it has not said which"


def open_build(paths: OutputPaths, *, demo: bool = False) -> Build:
    """The build database: as the last run left it, else a copy of what is published, else a new one.

    A database of the demo's made-up records is never mixed with others: it is begun anew when its purpose changes.
    """
    purpose = "demo" if demo else "evidence"
    for attempt in (_as_left, _from_published):
        build = attempt(paths)
        if build and build.read_meta("purpose") == purpose:
            return build
        if build:
            build.close()
    _remove_build(paths)
    build = Build(paths.build)
    build.write_meta("purpose", purpose)
    return build


def _as_left(paths: OutputPaths) -> Build | None:
    """The build database of the last run, if it can be opened and belongs to what is published."""
    if not paths.build.exists():
        return None
    try:
        build = Build(paths.build)
    except duckdb.Error:  # damaged: what is published is whole
        return None
    published = published_stamp(paths)
    if published and published not in (build.read_meta(PUBLISHED), build.read_meta(BASE)):
        build.close()
        return None
    return build


def _from_published(paths: OutputPaths) -> Build | None:
    if published_stamp(paths) is None:
        return None
    _remove_build(paths)
    _copy(paths.evidence, paths.build)
    paths.build.chmod(0o644)
    return Build(paths.build)


def base_of(paths: OutputPaths, build: Build) -> tuple[str | None, bool]:
    """The dated snapshot whose rows a run begins from, and whether the build holds no others."""
    dated = max(
        (path.stem.removeprefix("evidence-") for path in paths.snapshots.glob("evidence-*.duckdb")), default=None
    )
    return dated, str(build.changes) == (_published(paths, CHANGES) or "0")


def _remove_build(paths: OutputPaths) -> None:
    for path in (paths.build, paths.build.with_name(paths.build.name + ".wal")):
        path.unlink(missing_ok=True)


def published_stamp(paths: OutputPaths) -> str | None:
    """The stamp of the published snapshot; None where there is none.

    Raises:
        StoreError: it is damaged.
    """
    return _published(paths, PUBLISHED)


def _published(paths: OutputPaths, key: str) -> str | None:
    if not paths.evidence.exists():
        return None
    with reading(paths) as connection:
        return schema.read_meta(connection, key)


def publish(paths: OutputPaths, build: Build, *, dated: bool = True) -> str:
    """Make the build the current snapshot, by an atomic swap; the build is closed.

    Args:
        paths: the output folder.
        build: what to publish.
        dated: whether to keep this one as a dated snapshot too; one in which rows have changed always is.

    Returns:
        the stamp of the snapshot.

    Raises:
        StoreError: no space is left; what was published stays as it was.
    """
    stamp = _new_stamp(paths)
    dated = dated or str(build.changes) != (_published(paths, CHANGES) or "0")  # also by a run that broke off
    build.write_meta(BASE, published_stamp(paths) or "")
    build.write_meta(PUBLISHED, stamp)
    build.close()
    fresh = paths.work / "publish.duckdb"
    try:
        fresh.unlink(missing_ok=True)  # left by a run that was killed; it may be a link to a dated snapshot
        _copy(paths.build, fresh)
        _check(fresh, stamp)
        fresh.chmod(0o444)
        if dated:
            paths.snapshots.mkdir(exist_ok=True)
            _link(fresh, snapshot_of(paths, stamp))
        os.replace(fresh, paths.evidence)
    except (OSError, duckdb.Error) as error:
        fresh.unlink(missing_ok=True)
        raise StoreError(
            f"{paths.root}: the new snapshot could not be published ({error}). The one before it is untouched; "
            "free space on the disk and run the same command again."
        ) from error
    return stamp


def _new_stamp(paths: OutputPaths) -> str:
    """One that sorts behind all that there are, also when the clock was set back."""
    dated = (path.stem.removeprefix("evidence-") for path in paths.snapshots.glob("evidence-*.duckdb"))
    last = max((published_stamp(paths) or "", *dated))
    now = max(datetime.now(UTC).strftime(STAMP), last[: len("20261121T000000")])
    stamps = (now, *(f"{now}-{number:03}" for number in range(1, 1000)))
    return next(stamp for stamp in stamps if stamp > last)


def _copy(source: Path, target: Path) -> None:
    """Copy a file and make sure it is on the disk before anything points to it."""
    shutil.copyfile(source, target)
    with target.open("rb") as handle:
        os.fsync(handle.fileno())


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copy2(source, target)


def _check(path: Path, stamp: str) -> None:
    """What is published must open, hold what was written last, and every view."""
    with duckdb.connect(str(path), read_only=True) as connection:
        if schema.read_meta(connection, PUBLISHED) != stamp:
            raise OSError(f"{path.name} lacks what was written last")
        for view in schema.shipped_views():
            connection.execute(f"DESCRIBE {view.name}").fetchall()


def snapshot_of(paths: OutputPaths, stamp: str) -> Path:
    """Where the dated snapshot of this stamp is, or was."""
    return paths.snapshots / f"evidence-{stamp}.duckdb"


def prune_snapshots(paths: OutputPaths, keep: int) -> list[Path]:
    """Remove all but the newest ``keep`` dated snapshots; returns what was removed."""
    old = sorted(paths.snapshots.glob("evidence-*.duckdb"), key=lambda each: each.stem)[:-keep]
    for each in old:
        each.unlink(missing_ok=True)
    return old
