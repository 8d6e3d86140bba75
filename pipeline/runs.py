"""What a run leaves in its folder: a manifest from which it can be run again, and figures of what it has read."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import duckdb

from pipeline.drift import Drift, Figures, drift
from pipeline.errors import StoreError, UsageError
from pipeline.paths import OutputPaths

MANIFEST, FIGURES = "manifest.json", "figures.json"
LIBRARIES = ("duckdb", "hyperscan", "lxml", "numpy", "pysbd", "scispacy", "spacy")
# the tables of the promise that a run repeated must make again, without what differs between two runs
COMPARED = {
    "documents": "*", "claims": "*", "claim_arguments": "*", "evidence": "* EXCLUDE (verdict)", "mentions": "*",
    "rejections": "* EXCLUDE (run_id, uri, detail)",
}  # fmt: skip
HASHES = """
SELECT count(*), CAST(coalesce(sum(CAST(md5_number_lower(CAST(columns AS VARCHAR)) AS HUGEINT)), 0) AS VARCHAR)
FROM (SELECT {columns} FROM {table}) AS columns
"""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a run was made of, and what came of it.

    ``events`` are what came in, in its order: files, replies, and what a source said outside them. ``base`` is the
    snapshot that it began from (None: nothing) and ``whole`` whether it began from nothing else, such as what a broken
    run had left; ``tables`` are rows and a sum over them for each view, none where nothing changed.
    """

    run_id: str
    command: str
    versions: Mapping[str, str]
    machine: Mapping[str, str]
    models: Sequence[str]
    queries: Sequence[Mapping[str, Any]]
    events: Sequence[Mapping[str, Any]]
    corrections: str | None
    base: str | None
    whole: bool
    snapshot: str
    tables: Mapping[str, Sequence[Any]]
    counts: Mapping[str, int]


def machine() -> dict[str, str]:
    """Python and the libraries that decide what is read."""
    return {"python": platform.python_version(), **dict(_libraries())}


def _libraries() -> Iterator[tuple[str, str]]:
    for name in LIBRARIES:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue


def sums(database: Path) -> dict[str, tuple[int, str]]:
    """Rows of each promised view, and a sum over them that does not depend on their order."""
    found: dict[str, tuple[int, str]] = {}
    with duckdb.connect() as connection:
        place = str(database).replace("'", "''")
        connection.execute(f"ATTACH '{place}' AS evidence (READ_ONLY)")
        connection.execute("USE evidence")
        for table, columns in COMPARED.items():
            rows = connection.execute(HASHES.format(table=table, columns=columns)).fetchall()
            found[table] = (int(rows[0][0]), str(rows[0][1]))
    return found


def write_manifest(paths: OutputPaths, manifest: Manifest) -> Path:
    """Write the manifest into the folder of its run.

    Raises:
        StoreError: it cannot be written.
    """
    return _write(paths.runs / manifest.run_id / MANIFEST, asdict(manifest))


def write_figures(paths: OutputPaths, run_id: str, command: str, read: Figures) -> None:
    """Write what a run has read, in figures, into its folder; nothing where it has read nothing.

    Raises:
        StoreError: it cannot be written.
    """
    if read.documents:
        _write(paths.runs / run_id / FIGURES, {"command": _alike(command)} | read.as_json())


def figures_before(paths: OutputPaths, run_id: str, command: str) -> list[Figures]:
    """What the runs of the same command before this one have read, in their order."""
    before = []
    for path in sorted(paths.runs.glob(f"*/{FIGURES}")):
        if path.parent.name < run_id:
            try:
                said = json.loads(path.read_text("utf-8"))
                before += [Figures.of_json(said)] if said["command"] == _alike(command) else []
            except (OSError, ValueError, KeyError, TypeError, AttributeError):  # torn by a full disk: one night less
                continue
    return before


def last_night(paths: OutputPaths) -> tuple[str, list[Drift]] | None:
    """The last night that has read something, and what was not as usual in it; None if there is none."""
    for path in sorted(paths.runs.glob(f"*/{FIGURES}"), reverse=True):
        try:
            said = json.loads(path.read_text("utf-8"))
            if said["command"].startswith("nightly"):
                run_id = path.parent.name
                return run_id, drift(Figures.of_json(said), figures_before(paths, run_id, said["command"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return None


def _alike(command: str) -> str:
    """A command in the words that all are compared by: a night is a night, whoever starts it."""
    words = command.removeprefix("flow ").split()
    return "backfill" if words[:1] == ["backfill"] else " ".join(words)


def _write(path: Path, said: Mapping[str, Any]) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(path.name + ".new")
        fresh.write_text(json.dumps(said, ensure_ascii=False, indent=1, default=str) + "\n", "utf-8")
        os.replace(fresh, path)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror}). Free space.") from error
    return path


def read_manifest(paths: OutputPaths, run_id: str) -> Manifest:
    """The manifest of a run.

    Raises:
        UsageError: there is none, or it cannot be read.
    """
    path = paths.runs / run_id / MANIFEST
    try:
        return Manifest(**json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        known = ", ".join(sorted(each.parent.name for each in paths.runs.glob(f"*/{MANIFEST}"))[-5:]) or "none"
        raise UsageError(f"{path}: there is no such run. The last ones that can be run again: {known}.") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(f"{path}: is no manifest of this version ({error}). Use the version that wrote it.") from None
