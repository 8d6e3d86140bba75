"""Where files are, inside the output folder and inside the home of what people made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class OutputPaths:
    """Names of everything under the output folder; nothing here is created by asking for it."""

    root: Path

    @property
    def evidence(self) -> Path:
        """The current snapshot; replaced atomically, opened read-only."""
        return self.root / "evidence.duckdb"

    @property
    def snapshots(self) -> Path:
        return self.root / "snapshots"

    @property
    def raw(self) -> Path:
        return self.root / "raw"

    @property
    def pubmed(self) -> Path:
        """Copies of PubMed's baseline and update files."""
        return self.raw / "pubmed"

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def build(self) -> Path:
        """The database being built; what is whole in it is kept when a run breaks off."""
        return self.work / "build.duckdb"

    @property
    def parcels(self) -> Path:
        """What reading processes have made of files, until it is stored."""
        return self.work / "parcels"

    @property
    def lock(self) -> Path:
        return self.work / "run.lock"

    @property
    def acquiring(self) -> Path:
        """Journals of acquisitions that are not complete."""
        return self.work / "acquire"

    @property
    def runs(self) -> Path:
        """A folder for each run, with its digest."""
        return self.root / "runs"
