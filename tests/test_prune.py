"""What is thrown away after a run, and what never is: what a replay, a snapshot, a verdict or a person may need."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.curation import Paper, Reading, Verdict, Verdicts
from pipeline.ingest import ingest_files
from pipeline.prune import DAY, Pruned, last_pruned, prune
from pipeline.replay import replay
from pipeline.runs import FIGURES, MANIFEST
from pipeline.sources.journal import Entry, Journal
from pipeline.sources.local import InputFile
from pipeline.status import status_of
from tests.ingesting import AGAIN, CONFERS, DENIES, OTHER, Desk, record
from tests.parse_samples import pubmed_set

TIME = datetime(2026, 11, 1, tzinfo=UTC)
KEPT = {"KEEP_SNAPSHOTS": "2", "KEEP_RUNS": "4", "KEEP_RAW_DAYS": "10"}
TEXTS = (CONFERS, DENIES, AGAIN, OTHER, f"{OTHER} {CONFERS}", f"{AGAIN} {OTHER}")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """One record in six states, each from a file of its own and in a run of its own; all files are old."""
    desk = Desk(tmp_path, {"RESISTMINE_NLP_MODEL": "none"})
    for day, text in enumerate(TEXTS, start=1):
        path = desk.write(f"{day}.xml", pubmed_set(record("7", text, revised=day)))
        ingest_files([path], desk.settings, command="test")
        path.unlink()
    long_ago = time.time() - 11 * DAY
    for path in kept_files(desk):
        os.utime(path, (long_ago, long_ago))
    desk.environment.update({f"RESISTMINE_{name}": value for name, value in KEPT.items()})
    return desk


def kept_files(desk: Desk) -> list[Path]:
    return sorted((desk.paths.raw / "files").rglob("*.xml"))


def runs(desk: Desk, name: str) -> list[str]:
    return sorted(path.parent.name for path in desk.paths.runs.glob(f"*/{name}"))


def test_what_the_policy_does_not_keep_goes_and_is_reported(desk: Desk) -> None:
    everything = desk.everything()
    pruned = prune(desk.settings, Verdicts())
    # three snapshots are left, of runs 4 to 6; runs 5 and 6 began from one of them; run 4 from one that is gone
    assert [len(each) for each in (pruned.snapshots, pruned.runs, pruned.manifests)] == [3, 2, 2]
    assert (len(runs(desk, FIGURES)), len(runs(desk, MANIFEST))) == (4, 2)
    assert len(pruned.raw_files) == 3
    assert len(kept_files(desk)) == 3
    assert pruned.freed > 0
    assert str(pruned).startswith("3 snapshots, 2 folders of runs, 2 manifests of runs that can no more be repeated, 3")
    assert desk.everything() == everything
    found = status_of(desk.settings)["last_pruned"]
    assert (found, found["raw_files"]) == (last_pruned(desk.paths), 3)
    assert prune(desk.settings, Verdicts()) == Pruned()


def test_every_run_that_keeps_its_manifest_can_be_repeated(desk: Desk) -> None:
    prune(desk.settings, Verdicts())
    left = runs(desk, MANIFEST)
    assert len(left) == 2
    for run_id in left:
        assert all(each.same for each in replay(desk.settings, run_id))


def test_the_first_run_is_repeated_from_its_raw_files_as_long_as_it_is_kept(desk: Desk) -> None:
    first = runs(desk, MANIFEST)[0]
    desk.environment["RESISTMINE_KEEP_RUNS"] = "90"
    prune(desk.settings, Verdicts())
    assert runs(desk, MANIFEST)[0] == first
    assert all(each.same for each in replay(desk.settings, first))


def test_young_files_stay(desk: Desk) -> None:
    desk.environment["RESISTMINE_KEEP_RAW_DAYS"] = "12"
    assert prune(desk.settings, Verdicts()).raw_files == ()


def test_nothing_is_taken_from_a_folder_that_was_moved(desk: Desk) -> None:
    """The database knows its files by where they stood."""
    moved = desk.folder / "elsewhere"
    desk.settings.output.rename(moved)
    there = Desk(desk.folder, desk.environment | {"RESISTMINE_OUTPUT": str(moved)})
    prune(there.settings, Verdicts())
    assert len(kept_files(there)) == 3


@pytest.mark.parametrize(("pmid", "left"), [("7", 6), ("99000008", 3)])
def test_what_was_judged_stays_in_every_state(desk: Desk, pmid: str, left: int) -> None:
    judged = Reading("e", f"pmid:{pmid}", "abstract", CONFERS, "resistance", "c", "x", "r", "supports", ())
    verdict = Verdict("v1", "accept", "Ada", "2026-11-01", Paper(f"pmid:{pmid}", pmid), judged)
    prune(desk.settings, Verdicts((verdict,)))
    assert len(kept_files(desk)) == left


def test_what_an_unfinished_acquisition_has_fetched_stays(desk: Desk) -> None:
    first = min(kept_files(desk), key=lambda path: path.read_bytes().find(b"<Day>01</Day>") < 0)
    file = InputFile(first, first.name.partition(".")[0], first.stat().st_size)
    Journal(desk.paths.acquiring / "x.jsonl").add(Entry(("7",), file, "http://x", TIME))
    prune(desk.settings, Verdicts())
    assert (len(kept_files(desk)), first.exists()) == (4, True)


def test_a_refused_record_can_be_looked_at(tmp_path: Path) -> None:
    desk = Desk(
        tmp_path, {"RESISTMINE_NLP_MODEL": "none"} | {f"RESISTMINE_{name}": value for name, value in KEPT.items()}
    )
    ingest_files([desk.write("bad.xml", pubmed_set("<PubmedArticle/>"))], desk.settings, command="test")
    [kept] = kept_files(desk)
    os.utime(kept, (0, 0))
    for path in desk.paths.runs.rglob(MANIFEST):
        path.unlink()
    assert not prune(desk.settings, Verdicts()).raw_files


def test_a_run_prunes_and_says_so(desk: Desk) -> None:
    again = desk.write("again.xml", pubmed_set(record("8", OTHER)))
    summary = ingest_files([again], desk.settings, command="test")
    assert len(summary.pruned.snapshots) == 4
    line = (desk.paths.root / "pruned.jsonl").read_text("utf-8").splitlines()[-1]
    assert json.loads(line)["snapshots"] == list(summary.pruned.snapshots)
