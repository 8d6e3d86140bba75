"""What a correction costs and changes on real records: tried, added and taken back on the command line.

Run it as ``python -m benchmarks.corrections --data DIR``, where DIR holds ``records/pubmed_cancer.xml.gz``. The records
are read once for each model asked for; then each correction is tried, added and undone by a process of its own. A line
tells the seconds of each, how many rows of the views the correction changed, what trying had foretold, and whether
after undoing every view is, as CSV and as JSON Lines, the same bytes as before. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

RECORDS = "records/pubmed_cancer.xml.gz"
MODELS = ("none", "resistmine")
VIEWS: Mapping[str, str] = {  # what each says, run metadata aside
    "documents": "*", "claims": "*", "claim_arguments": "*", "evidence": "*", "drug_mechanism_resistance": "*",
    "mentions": "*", "rejections": "* EXCLUDE (run_id)",
}  # fmt: skip
COUNTED = ("mentions", "evidence", "claims")
CORRECTIONS: Mapping[str, tuple[str, ...]] = {
    "a misspelling": ("UO126", "U0126"),
    "a synonym": ("VitD3", "vitamin D", "--kind", "synonym"),
    "a name in a context": ("NAC", "N-acetylcysteine", "--kind", "synonym", "--context", "thiol", "--context",
                            "antioxidant", "--context", "cysteine", "--context", "oxidative"),
    "no name": ("mAb | mAbs", "--kind", "non-entity"),
}  # fmt: skip
HEAD = "| correction | try s | add s | undo s | mentions | evidence | claims | foretold | read again | after undo |"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the program works, and with which model."""

    folder: Path
    model: str

    @property
    def database(self) -> Path:
        return self.folder / "output" / "evidence.duckdb"

    def run(self, *arguments: str) -> tuple[float, str, str]:
        """Seconds, what was printed, and what was told beside it."""
        places = {"RESISTMINE_OUTPUT": str(self.folder / "output"), "RESISTMINE_HOME": str(self.folder / "home")}
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", *arguments],
            env=os.environ | places | {"RESISTMINE_NLP_MODEL": self.model}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stderr}")
        return time.perf_counter() - began, done.stdout, done.stderr

    def exports(self) -> dict[str, bytes]:
        """Every view as CSV and as JSON Lines."""
        return dict(self._exported())

    def _exported(self) -> Iterator[tuple[str, bytes]]:
        target = self.folder / "export"
        with duckdb.connect(str(self.database), read_only=True) as connection:
            for view, columns in VIEWS.items():
                for form in ("CSV", "JSON"):
                    query = f"SELECT {columns} FROM {view} ORDER BY ALL"
                    connection.execute(f"COPY ({query}) TO '{target}' (FORMAT {form})")
                    yield f"{view}.{form}", target.read_bytes()


def main() -> None:
    """Measure and print."""
    given = _arguments()
    for model in given.models.split(","):
        with tempfile.TemporaryDirectory() as folder:
            place = Place(Path(folder), model)
            seconds, _, told = place.run("ingest", "--files", str(given.data / RECORDS))
            print(f"\nmodel {model}: {told.strip().splitlines()[0]} ({seconds:.0f} s)\n\n{HEAD}")
            print("|---" * HEAD.count(" | ") + "|---|")
            for name, arguments in CORRECTIONS.items():
                print(_line(place, name, arguments), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds records/")
    parser.add_argument("--models", default=",".join(MODELS), help="models to read with (default: both, none first)")
    given = parser.parse_args()
    if not (given.data / RECORDS).is_file():
        parser.error(f"{given.data / RECORDS} not found; --data takes the folder that holds {RECORDS}")
    return given


def _line(place: Place, name: str, arguments: tuple[str, ...]) -> str:
    """One correction, tried, added and undone."""
    before, exported = _counted(place), place.exports()
    trying, printed, _ = place.run("correct", "try", *arguments, "--json")
    foretold = json.loads(printed)["would_change"]
    adding, _, told = place.run("correct", "add", *arguments, "--reason", "measured", "--contributor", "benchmark")
    changed = {view: len(rows ^ before[view]) for view, rows in _counted(place).items()}
    undoing, _, _ = place.run("correct", "undo", told.split()[0], "--contributor", "benchmark")
    other = [export for export, content in place.exports().items() if content != exported[export]]
    again = next(word for word in told.split("documents read again")[0].split()[::-1] if word.isdigit())
    outcome = f"differs: {', '.join(other)}" if other else "the same bytes"
    said = f"{foretold['mentions']} mentions, {foretold['claims']} claims"
    counts = " | ".join(f"{changed[view]}" for view in COUNTED)
    seconds = f"{trying:.1f} | {adding:.1f} | {undoing:.1f}"
    return f"| {name}: {arguments[0]} | {seconds} | {counts} | {said} | {again} | {outcome} |"


def _counted(place: Place) -> dict[str, set[str]]:
    """The rows of the views that are counted; a changed row counts twice, as it was and as it is."""
    with duckdb.connect(str(place.database), read_only=True) as connection:
        return {
            view: {repr(row) for row in connection.execute(f"SELECT {VIEWS[view]} FROM {view}").fetchall()}
            for view in COUNTED
        }


if __name__ == "__main__":
    main()
