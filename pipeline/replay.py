"""A run repeated from its manifest, beside what is published, and its tables held against those of the first time."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.errors import StoreError, UsageError
from pipeline.ingest import IngestJob
from pipeline.model import Deletion, Rejection
from pipeline.paths import OutputPaths
from pipeline.records import Told, batched
from pipeline.runs import Manifest, read_manifest, sums
from pipeline.settings import Settings
from pipeline.sources.local import InputFile, find_files
from pipeline.store.snapshots import snapshot_of


@dataclass(frozen=True, slots=True)
class Compared:
    """A view: rows and sum of the first time and of the second."""

    view: str
    before: tuple[int, str]
    now: tuple[int, str]

    @property
    def same(self) -> bool:
        return self.before == self.now


def replay(settings: Settings, run_id: str) -> list[Compared]:
    """Run ``run_id`` again, in a folder of its own that is gone afterwards.

    Raises:
        UsageError: there is no such run, or it changed nothing.
        StoreError: what it was made of is no longer there, or the program reads otherwise now.
    """
    paths = OutputPaths(settings.output)
    manifest = read_manifest(paths, run_id)
    if not manifest.tables:
        raise UsageError(f"{run_id}: changed nothing, there is nothing to repeat.")
    if not manifest.whole:
        raise StoreError(f"{run_id}: began from what a broken run had left, which no manifest tells of.")
    with tempfile.TemporaryDirectory(dir=paths.root, prefix=".replay-") as name:
        there = replace(settings, output=Path(name) / "output", home=Path(name) / "home", models=tuple(manifest.models))
        there.home.mkdir(parents=True)
        if manifest.corrections is not None:
            (there.home / "corrections.tsv").write_text(manifest.corrections, "utf-8")
        _begin_from(paths, manifest.base, there.output)
        with IngestJob(there, f"replay {run_id}") as job:
            _same_knowledge(manifest, job)
            for event in manifest.events:
                _again(job, event)
        found = sums(OutputPaths(there.output).evidence)
    return [Compared(view, (int(row[0]), str(row[1])), found[view]) for view, row in manifest.tables.items()]


def _begin_from(paths: OutputPaths, base: str | None, output: Path) -> None:
    output.mkdir()
    if base is None:
        return
    snapshot = snapshot_of(paths, base)
    if not snapshot.exists():
        raise StoreError(
            f"{snapshot}: the snapshot that the run began from is gone. Put it back from a copy of the output folder, "
            "or keep more of them (RESISTMINE_KEEP_SNAPSHOTS)."
        )
    shutil.copyfile(snapshot, output / "evidence.duckdb")


def _same_knowledge(manifest: Manifest, job: IngestJob) -> None:
    now = job.versions()
    other = {name: (was, now.get(name)) for name, was in manifest.versions.items() if now.get(name) != was}
    if other:
        told = ", ".join(f"{name} {was} (now {new})" for name, (was, new) in other.items())
        raise StoreError(f"{manifest.run_id}: was read with {told}. Use the version and models of that time.")


def _again(job: IngestJob, event: Mapping[str, Any]) -> None:
    if "file" in event or "reply" in event:
        file = _file(event)
        if "reply" in event:
            told = Told(**event["told"]) if event["told"] else None
            found = job.fetched(file, event["reply"], datetime.fromisoformat(event["received"]), told)
        else:
            taken = job.take(file)
            found = batched(*taken) if taken else iter(())
        for batch in found:
            job.process(batch)
    else:
        rejections = [(Rejection(**row), uri) for row, uri in event["rejections"]]
        job.note_rejections(rejections, [_deletion(*row) for row in event.get("deletions", ())])


def _deletion(pmid: str, version: int | None, number: int | None, said: str | None, offset: int) -> Deletion:
    return Deletion(pmid, version, number, datetime.fromisoformat(said) if said else None, offset)


def _file(event: Mapping[str, Any]) -> InputFile:
    """The bytes that were read: where they stood, else where they were kept."""
    for place in (event.get("file"), event["kept_as"]):
        if place and os.path.isfile(place):
            for found in find_files([Path(place)]):
                if isinstance(found, InputFile) and found.sha256 == event["sha256"]:
                    return found
    place = event.get("file") or event["kept_as"]
    raise StoreError(f"{place}: the bytes that were read (SHA-256 {event['sha256']}) are gone. Put the file back.")
