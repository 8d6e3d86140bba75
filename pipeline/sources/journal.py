"""What an acquisition has fetched so far, a line a reply: whoever goes on after a broken run asks only for the rest."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from pipeline.errors import StoreError
from pipeline.sources.local import InputFile


@dataclass(frozen=True, slots=True)
class Entry:
    """A reply that is kept: what it holds (PMIDs, or one PMCID), where it came from and when, and its latest days."""

    got: tuple[str, ...]
    file: InputFile
    url: str
    received: datetime
    entered: date | None = None
    changed: date | None = None
    facts: dict[str, str | bool | None] | None = None


class Journal:
    """An append-only file in the work folder; it goes when the acquisition is complete."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self) -> Iterator[Entry]:
        """What was fetched, and is still there. A line that a killed process has left half is passed over."""
        if not self.path.exists():
            return
        for line in self.path.read_text("utf-8", "replace").splitlines():
            try:
                entry = _entry(json.loads(line))
            except (ValueError, KeyError, TypeError):
                continue
            if entry.file.path.exists():
                yield entry

    def add(self, entry: Entry) -> None:
        """Note a reply; it is on the disk when this returns.

        Raises:
            StoreError: it cannot be written.
        """
        line = {
            "got": entry.got, "file": str(entry.file.path), "sha256": entry.file.sha256, "size": entry.file.size,
            "url": entry.url, "received": entry.received.isoformat(),
            "entered": entry.entered and entry.entered.isoformat(),
            "changed": entry.changed and entry.changed.isoformat(), "facts": entry.facts,
        }  # fmt: skip
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as handle:
                handle.write("\n" + json.dumps(line) if _torn(self.path) else json.dumps(line))
                handle.write("\n")
                handle.flush()
                os.fsync(handle.fileno())
        except OSError as error:
            raise StoreError(
                f"{self.path}: cannot be written ({error.strerror}). Free space and run the same command again."
            ) from error

    def close(self) -> None:
        """All is done: the next acquisition begins anew."""
        self.path.unlink(missing_ok=True)


def _torn(path: Path) -> bool:
    """Whether the last line has no end."""
    with path.open("rb") as handle:
        if handle.seek(0, os.SEEK_END) == 0:
            return False
        handle.seek(-1, os.SEEK_END)
        return handle.read(1) != b"\n"


def _entry(line: dict[str, object]) -> Entry:
    got, facts = line["got"], line.get("facts")
    assert isinstance(got, list)
    assert facts is None or isinstance(facts, dict)
    file = InputFile(Path(str(line["file"])), str(line["sha256"]), int(str(line["size"])))
    entered, changed = (
        date.fromisoformat(str(line[name])) if line.get(name) else None for name in ("entered", "changed")
    )
    received = datetime.fromisoformat(str(line["received"]))
    return Entry(tuple(map(str, got)), file, str(line["url"]), received, entered, changed, facts)
