"""Baseline and update files in bulk: the same tables as by the plain way, in the order of their numbers."""

from __future__ import annotations

import gzip
import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pipeline.backfill import backfill_files
from pipeline.ingest import Summary
from pipeline.store.build import Counts
from tests import reading
from tests.ingesting import AGAIN, CONFERS, DENIES, NOTHING, OTHER, Desk, deletion, full_text, record
from tests.parse_samples import pubmed_set
from tests.test_ingest import Changed

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, {"RESISTMINE_NLP_MODEL": "none"})


def backfill(desk: Desk, *paths: Path, **options: Any) -> Summary:
    return backfill_files(paths, desk.settings, command="test", **{"reader": reading.reader()} | options)


def packed(desk: Desk, name: str, *records: str, sum_of: bytes | None = None) -> Path:
    """A file as PubMed gives it, with its checksum beside it."""
    path = desk.write(name, gzip.compress(pubmed_set(*records)))
    md5 = hashlib.md5(path.read_bytes() if sum_of is None else sum_of).hexdigest()
    desk.write(f"{name}.md5", f"MD5({path.name})= {md5}\n")
    return path


def year(desk: Desk, *more: str) -> list[Path]:
    """Two baseline files, the second with two versions of a record, and two update files; ``more`` is in the first."""
    return [
        packed(desk, "pubmed26n0001.xml.gz", record("1"), record("2", AGAIN, revised=3), record("3", NOTHING), *more),
        packed(desk, "pubmed26n0002.xml.gz", record("4", OTHER), record("4", DENIES, version=2)),
        packed(desk, "pubmed26n0003.xml.gz", record("2", DENIES, revised=9), deletion(("1", 1))),
        packed(desk, "pubmed26n0004.xml.gz", record("5", AGAIN, ("RetractionOf", "J", "3")), record("2", revised=4)),
    ]


def comparable(desk: Desk) -> dict[str, list[tuple[Any, ...]]]:
    """All rows, without what differs between two runs: the run and the times."""
    names = [row[0] for row in desk.ask("SELECT table_name FROM duckdb_tables() ORDER BY table_name")]
    without = "EXCLUDE (run_id)", "EXCLUDE (run_id, retrieved)", "EXCLUDE (run_id, said)"
    chosen = {"rejection_rows": without[0], "document_parts": without[1], "deletions": without[2],
              "files_done": without[0], "raw_files": "EXCLUDE (added, kept_as)"}  # fmt: skip
    return {
        name: desk.ask(f"SELECT * {chosen.get(name, '')} FROM {name} ORDER BY ALL")
        for name in names
        if name not in ("run_rows", "meta")
    }


@pytest.mark.parametrize("workers", [1, 2])
def test_it_makes_the_same_tables_as_the_plain_way(tmp_path: Path, workers: int) -> None:
    folder = Desk(tmp_path / "files")
    files = year(folder, "<PubmedArticle/>")
    plain, bulk = (
        Desk(tmp_path / name, {"RESISTMINE_NLP_MODEL": "none", "RESISTMINE_WORKERS": str(workers)})
        for name in ("plain", "bulk")
    )
    expected, found = plain.ingest(*files), backfill(bulk, *reversed(files))
    assert (found.counts, found.files, found.records, found.refused) == (
        expected.counts, 4, expected.records, expected.refused,
    )  # fmt: skip
    assert comparable(bulk) == comparable(plain)
    assert bulk.standing() == {
        "pmid:1": "deleted", "pmid:2": "current", "pmid:3": "retracted", "pmid:4": "current", "pmid:5": "current",
    }  # fmt: skip
    assert ("pmid:2", "refutes", DENIES) in bulk.said()
    assert not bulk.paths.parcels.exists()


def test_a_second_run_reads_nothing_and_changes_no_row(desk: Desk) -> None:
    files = year(desk)
    backfill(desk, *files)
    before = desk.everything()
    again = backfill(desk, *files)
    assert (again.files_done_before, again.counts) == (4, Counts(unchanged=8))
    assert desk.everything() == before


def test_records_that_come_again_are_noted_and_not_read(desk: Desk) -> None:
    """As a new baseline brings them."""
    backfill(desk, packed(desk, "pubmed26n0001.xml.gz", record("1"), record("2", AGAIN)))
    newer = packed(desk, "pubmed27n0001.xml.gz", record("2", AGAIN), record("1", DENIES))
    assert backfill(desk, newer).counts == Counts(documents=1, evidence=1, unchanged=1)
    assert desk.ask("SELECT pmid, number, uri FROM document_parts ORDER BY pmid") == [
        ("1", 2700001, str(newer)), ("2", 2700001, str(newer)),
    ]  # fmt: skip


def test_other_knowledge_reads_everything_again(desk: Desk) -> None:
    files = year(desk)
    backfill(desk, *files)
    before = {name: len(rows) for name, rows in comparable(desk).items() if name != "rejection_rows"}
    backfill(desk, *files, reader=Changed("other"))
    assert desk.ask("SELECT DISTINCT fingerprint FROM document_parts") == [("other",)]
    assert before == {name: len(rows) for name, rows in comparable(desk).items() if name != "rejection_rows"}
    assert list(desk.standing().values()) == ["deleted", "current", "retracted", "current", "current"]


def test_a_full_text_without_pmid_moves_to_its_record(desk: Desk) -> None:
    desk.ingest(desk.write("a.xml", full_text(ids={"pmc": "7"}, summary="", results=AGAIN)))
    backfill(desk, packed(desk, "pubmed26n0001.xml.gz", record("1", pmcid="PMC7")))
    assert desk.ask("SELECT document_id, pmcid, sources FROM documents") == [("pmid:1", "PMC7", ["jats", "pubmed"])]
    assert desk.said() == [("pmid:1", "supports", CONFERS), ("pmid:1", "supports", AGAIN)]


# ------------------------------------------------------------------------------------------------ checksums


SUMS = [
    ("MD5({name})= {md5}", []),
    ("{md5}  {name}\n", []),
    ("MD5({name})= 00000000000000000000000000000000", ["md5_mismatch"]),
    ("<html>Not found</html>", ["bad_md5"]),
    ("", ["bad_md5"]),
]


@pytest.mark.parametrize(("form", "reasons"), SUMS)
@pytest.mark.parametrize("way", [backfill, Desk.ingest])
def test_a_file_is_held_against_the_checksum_beside_it(desk: Desk, way: Any, form: str, reasons: list[str]) -> None:
    path = packed(desk, "in/pubmed26n0001.xml.gz", record("1"))
    md5 = hashlib.md5(path.read_bytes()).hexdigest()
    beside = desk.write(f"in/{path.name}.md5", form.format(name=path.name, md5=md5))
    summary = way(desk, path, beside) if way is Desk.ingest else way(desk, path)
    assert [reason for _, _, reason, _ in desk.refused()] == reasons
    assert (summary.files_unreadable, len(desk.said())) == (len(reasons), 1 - len(reasons))
    packed(desk, "in/pubmed26n0001.xml.gz", record("1"))
    way(desk, path)
    assert (desk.refused(), len(desk.said())) == ([], 1)


def test_a_checksum_without_its_file_is_told(desk: Desk) -> None:
    packed(desk, "in/pubmed26n0001.xml.gz", record("1"))
    desk.write("in/pubmed26n0002.xml.gz.md5", "MD5(pubmed26n0002.xml.gz)= " + 32 * "0")
    assert "pubmed26n0002.xml.gz: its checksum is there" in desk.ingest(desk.folder / "in").refused[0]


def test_one_bad_file_costs_only_itself(desk: Desk) -> None:
    good = packed(desk, "in/pubmed26n0001.xml.gz", record("1"))
    cut = desk.write("in/pubmed26n0002.xml.gz", gzip.compress(pubmed_set(record("2"), record("3")))[:-30])
    jats = desk.write("in/pubmed26n0003.xml", full_text(ids={"pmid": "9"}))
    desk.write("in/README.txt", "About these files")
    summary = backfill(desk, desk.folder / "in", desk.folder / "pubmed26n0009.xml.gz")
    reasons = {(uri and Path(uri).name, reason) for _, _, reason, uri in desk.refused()}
    assert reasons == {
        (cut.name, "truncated_file"), (jats.name, "not_pubmed_xml"), ("pubmed26n0009.xml.gz", "file_not_found"),
    }  # fmt: skip
    assert (summary.files, summary.files_unreadable, summary.files_incomplete) == (3, 1, 2)
    assert "pmid:1" in desk.standing()
    assert backfill(desk, good).files_done_before == 1


# ------------------------------------------------------------------------------------------------ broken off

KILLED = """
import os, sys
from pathlib import Path
from pipeline.backfill import Steps, backfill_files
from pipeline.settings import load_settings

class Killed(Steps):
    stored = 0

    def store(self, *given):
        if self.stored == int(sys.argv[1]):
            os.kill(os.getpid(), 9)
        self.stored += 1
        return super().store(*given)

if __name__ == "__main__":
    backfill_files([Path(each) for each in sys.argv[2:]], load_settings(), command="killed", steps=Killed())
"""


def test_a_killed_run_goes_on_where_it_was_and_leaves_no_process(tmp_path: Path) -> None:
    """Killed before the third file was stored: two are stored, the third and perhaps the fourth lie read."""
    environment = {"RESISTMINE_NLP_MODEL": "none", "RESISTMINE_WORKERS": "2"}
    desk, whole = Desk(tmp_path / "killed", environment), Desk(tmp_path / "whole", {"RESISTMINE_NLP_MODEL": "none"})
    files = year(Desk(tmp_path), "<PubmedArticle/>")
    here = {"RESISTMINE_OUTPUT": str(desk.settings.output), "RESISTMINE_HOME": str(desk.settings.home)}
    script = Desk(tmp_path).write("killed.py", KILLED)
    child = subprocess.Popen(
        [sys.executable, str(script), "2", *map(str, files)],
        env=os.environ | environment | here | {"PYTHONPATH": str(ROOT)}, start_new_session=True,
    )  # fmt: skip
    assert child.wait() == -signal.SIGKILL
    deadline = time.monotonic() + 60
    while _alive(child.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _alive(child.pid)
    assert not desk.paths.evidence.exists()
    assert any((path / "parcel.json").exists() for path in desk.paths.parcels.iterdir())
    again = backfill(desk, *files)
    assert again.files_done_before == 1  # of two: one has a record that cannot be read, and is looked through again
    backfill(whole, *files)
    assert comparable(desk) == comparable(whole)


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
