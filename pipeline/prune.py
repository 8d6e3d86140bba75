"""What is thrown away after a run, by a stated policy, and what never is.

- Dated snapshots: the newest ``RESISTMINE_KEEP_SNAPSHOTS`` besides the current one stay.
- Folders of runs: the newest ``RESISTMINE_KEEP_RUNS`` stay. A manifest goes before its folder when the snapshot that
  its run began from is gone: every manifest that is there can be replayed.
- Raw files that we keep ourselves go when they are older than ``RESISTMINE_KEEP_RAW_DAYS`` and nobody needs them: no
  document and no refusal of the current database, no kept snapshot, no manifest, no acquisition that has not ended, and
  no paper about which somebody has given a verdict, whichever version of it they hold.

What went is noted in ``pruned.jsonl`` of the output folder.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import time
import zlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from pipeline.curation import Verdicts
from pipeline.errors import UsageError
from pipeline.paths import OutputPaths
from pipeline.runs import MANIFEST, Manifest, read_manifest
from pipeline.settings import Settings
from pipeline.sources.local import CHUNK
from pipeline.store.query import reading
from pipeline.store.snapshots import prune_snapshots, snapshot_of

DAY = 86_400
PRUNED = "pruned.jsonl"
# by the names of the files, which hold their hashes or their numbers: the output folder may have been moved
NEEDED = """
WITH kept AS (SELECT file_sha256, uri, kept_as, parse_filename(kept_as) AS name FROM {of}raw_files)
SELECT name FROM kept
WHERE name IN (SELECT unnest(?::VARCHAR[]))
  AND (file_sha256 IN (SELECT file_sha256 FROM {of}document_parts) OR kept_as IN (SELECT uri FROM {of}rejection_rows)
       OR uri IN (SELECT uri FROM {of}rejection_rows))
"""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was thrown away: names, and how many bytes that has freed (snapshots that share theirs not counted)."""

    snapshots: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    manifests: tuple[str, ...] = ()
    raw_files: tuple[str, ...] = ()
    freed: int = 0

    def __bool__(self) -> bool:
        return bool(self.snapshots or self.runs or self.manifests or self.raw_files)

    def __str__(self) -> str:
        counted = (
            (len(self.snapshots), "snapshots"), (len(self.runs), "folders of runs"),
            (len(self.manifests), "manifests of runs that can no more be repeated"), (len(self.raw_files), "raw files"),
        )  # fmt: skip
        named = ", ".join(f"{count} {what}" for count, what in counted if count) or "nothing"
        return f"{named} ({self.freed / 1e6:.1f} MB)"


NOTHING = Pruned()


def prune(settings: Settings, verdicts: Verdicts) -> Pruned:
    """Throw away what the policy does not keep; to be called by the run that is writing, after it has published.

    What cannot be removed stays, and is tried again by the next run: a night does not fail for it.
    """
    paths = OutputPaths(settings.output)
    gone: list[tuple[str, Path, int]] = []
    for path in prune_snapshots(paths, settings.keep_snapshots + 1):
        gone.append(("snapshots", path, 0))
    for folder in sorted(each for each in paths.runs.glob("*") if each.is_dir())[: -settings.keep_runs]:
        gone += [("runs", folder, size) for size in _removed(folder)]
    for path in _unrepeatable(paths):
        gone += [("manifests", path.parent, size) for size in _removed(path)]
    for path in _unneeded(paths, settings.keep_raw_days, verdicts):
        gone += [("raw_files", path, size) for size in _removed(path)]
    snapshots, runs, manifests, raw_files = (
        tuple(path.name for what, path, _ in gone if what == name)
        for name in ("snapshots", "runs", "manifests", "raw_files")
    )
    pruned = Pruned(snapshots, runs, manifests, raw_files, sum(size for _, _, size in gone))
    if pruned:
        _note(paths, pruned)
    return pruned


def last_pruned(paths: OutputPaths) -> dict[str, object] | None:
    """When something was last thrown away, and how much of what; None if never."""
    try:
        lines = (paths.root / PRUNED).read_text("utf-8").splitlines()
        said = json.loads(lines[-1])
        return {name: len(value) if isinstance(value, list) else value for name, value in said.items()}
    except (OSError, ValueError, IndexError):
        return None


def _note(paths: OutputPaths, pruned: Pruned) -> None:
    row = {name: getattr(pruned, name) for name in Pruned.__slots__}
    line = json.dumps({"at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"} | row)
    with (paths.root / PRUNED).open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def _removed(path: Path) -> Iterator[int]:
    """Remove a file or a folder; gives its size if it is gone."""
    try:
        if path.is_dir():
            size = sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
            shutil.rmtree(path)
        else:
            size = path.stat().st_size
            path.unlink()
    except OSError:
        return
    yield size


# ------------------------------------------------------------------------------------------------ runs


def _manifests(paths: OutputPaths) -> Iterator[Manifest]:
    for path in sorted(paths.runs.glob(f"*/{MANIFEST}")):
        try:
            yield read_manifest(paths, path.parent.name)
        except UsageError:  # of another version: nothing can be repeated from it
            continue


def _unrepeatable(paths: OutputPaths) -> list[Path]:
    """Manifests of runs whose base snapshot is gone."""
    return [
        paths.runs / each.run_id / MANIFEST
        for each in _manifests(paths)
        if each.base is not None and not snapshot_of(paths, each.base).exists()
    ]


# ------------------------------------------------------------------------------------------------ raw files


def _unneeded(paths: OutputPaths, days: int, verdicts: Verdicts) -> list[Path]:
    before = time.time() - days * DAY
    old = {path.name: path for path in _kept_files(paths) if path.stat().st_mtime < before}
    needed = _of_unfinished(paths) if old else set()
    for manifest in _manifests(paths) if old else ():
        if manifest.tables:
            needed |= {Path(event["kept_as"]).name for event in manifest.events if event.get("kept_as")}
    needed |= _in_databases(paths, [name for name in old if name not in needed])
    judged = _naming(each for verdict in verdicts.all for each in verdict.paper.identities)
    unneeded = sorted(path for name, path in old.items() if name not in needed)
    return [path for path in unneeded if not (judged and _holds(path, judged))]


def _kept_files(paths: OutputPaths) -> Iterator[Path]:
    """Copies and replies that we keep, and PubMed's files of the mirror (without their sums)."""
    for folder, _, names in os.walk(paths.raw):
        for name in names:
            if Path(folder) != paths.raw and name.endswith((".gz", ".xml", ".nxml", ".txt", ".jsonl", ".tar", ".tgz")):
                yield Path(folder, name)


def _of_unfinished(paths: OutputPaths) -> set[str]:
    """Names of what acquisitions that have not ended have fetched."""
    found = set()
    for journal in paths.acquiring.glob("*.jsonl"):
        for line in journal.read_text("utf-8", "replace").splitlines():
            try:
                found.add(Path(json.loads(line)["file"]).name)
            except (ValueError, KeyError, TypeError):
                continue
    return found


def _in_databases(paths: OutputPaths, files: Collection[str]) -> set[str]:
    """Those names of files that the current database or a snapshot needs; all of them where one cannot be asked."""
    if not files:
        return set()
    try:
        with reading(paths) as connection:
            needed = _named(connection, "", files)
        for snapshot in sorted(paths.snapshots.glob("evidence-*.duckdb")):
            with duckdb.connect() as connection:
                place = str(snapshot).replace("'", "''")
                connection.execute(f"ATTACH '{place}' AS old (READ_ONLY)")
                needed |= _named(connection, "old.", files)
    except duckdb.Error:  # damaged, or of a version that had other tables
        return set(files)
    return needed


def _named(connection: duckdb.DuckDBPyConnection, prefix: str, files: Collection[str]) -> set[str]:
    return {row[0] for row in connection.execute(NEEDED.format(of=prefix), [list(files)]).fetchall()}


def _naming(identities: Iterable[str]) -> re.Pattern[bytes] | None:
    """What finds records of papers: their bare identifiers, wherever they stand. None without papers."""
    bare = sorted({re.escape(each.removeprefix("pmid:").removeprefix("pmc").encode()) for each in identities})
    return re.compile(rb"(?<!\d)(?:" + b"|".join(bare) + rb")(?!\d)") if bare else None


def _holds(path: Path, judged: re.Pattern[bytes]) -> bool:
    """Whether a file names one of these papers anywhere; one that cannot be read may."""
    try:
        with gzip.open(path, "rb") if path.name.endswith(".gz") else path.open("rb") as file:
            tail = b""
            while chunk := file.read(CHUNK):
                content = (tail + chunk).lower()
                if judged.search(content):
                    return True
                tail = content[-200:]
    except (OSError, EOFError, zlib.error):
        return True
    return False
