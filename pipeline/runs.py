"""What a run leaves in its folder: a manifest from which it can be run again."""

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

from pipeline.errors import StoreError, UsageError
from pipeline.paths import OutputPaths

MANIFEST = "manifest.json"
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
    path = paths.runs / manifest.run_id / MANIFEST
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(path.name + ".new")
        fresh.write_text(json.dumps(asdict(manifest), ensure_ascii=False, indent=1, default=str) + "\n", "utf-8")
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
