"""A week of nights against what was planted: what entered, changed, came late, was retracted, deleted, came back.

Run it as ``python -m benchmarks.week``. NCBI is imitated on this machine with made-up records, ``--bad`` of its replies
are bad; each night is the command ``nightly`` in a process of its own. The table says what each night reported beside
what was planted; the exit code is 1 if they differ, if a record is missing or double, or if a status is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pipeline.changes import DOCUMENTS
from pipeline.paths import OutputPaths
from pipeline.store.query import select
from tests.ncbi import Made, Ncbi

FIRST = date(2026, 11, 1)
BASE = 300  # records of the first night
QUERY = "paclitaxel"
SAYS = "ABCB1 confers resistance to paclitaxel in line {}."
DENIES = "ABCB1 did not confer resistance to paclitaxel in line {}."
CONCERN = (("ExpressionOfConcernIn", "An invented journal", "901"),)
ERRATUM = (("ErratumIn", "An invented journal", "902"),)
Planted = Mapping[str, set[str]]


class Week:
    """The records, and what happens to them."""

    def __init__(self) -> None:
        self.ncbi = Ncbi()
        self.standing: dict[str, str] = {}

    def add(self, *pmids: str, day: int, text: str = SAYS, **more: Any) -> set[str]:
        for pmid in pmids:
            self.ncbi.records[pmid] = Made(pmid, text.format(pmid), FIRST + timedelta(day), **more)
            self.standing[pmid] = "current"
        return set(pmids)

    def change(self, *pmids: str, day: int, status: str = "current", **what: Any) -> set[str]:
        for pmid in pmids:
            record = self.ncbi.records[pmid]
            record.changed = FIRST + timedelta(day)
            for name, value in what.items():
                setattr(record, name, value.format(pmid) if name == "text" else value)
            self.standing[pmid] = status
        return set(pmids)

    def delete(self, *pmids: str, gone: bool = True) -> set[str]:
        for pmid in pmids:
            self.ncbi.records[pmid].deleted = gone
            self.standing[pmid] = "deleted" if gone else "current"
        return set(pmids)


def everything_is_new(week: Week) -> Planted:
    return {"new": week.add(*map(str, range(1000, 1000 + BASE)), day=0)}


def new_and_revised(week: Week) -> Planted:
    return {"new": week.add("2001", "2002", "2003", day=1),
            "changed": week.change("1001", "1002", day=1, text=DENIES)}  # fmt: skip


def late_and_doubted(week: Week) -> Planted:
    """Records that PubMed dates back to when they were printed, the one into a day that has been searched long ago."""
    return {"new": week.add("2004", day=-400) | week.add("2005", day=0),
            "concern": week.change("1003", day=2, status="concern", notices=CONCERN),
            "corrected": week.change("1004", day=2, status="corrected", notices=ERRATUM)}  # fmt: skip


def retracted_and_full_text(week: Week) -> Planted:
    gone = week.change("1005", "2001", day=3, status="retracted", types="Retracted Publication")
    notice = (("RetractionOf", "An invented study", "1005"),)
    new = week.add("2006", day=3, types="Retraction of Publication", notices=notice)
    new |= week.add("2007", day=3)
    week.ncbi.add_article("PMC2007", "2007", results=SAYS.format("2007"))
    return {"new": new, "retracted": gone, "full_texts": {"2007"}}


def deleted(week: Week) -> Planted:
    return {"deleted": week.delete("1006", "1007", "2002")}


def restored_and_re_versioned(week: Week) -> Planted:
    restored = week.delete("1006", "2002", gone=False)
    versions = week.change("1008", "1009", day=5, version=2, text=DENIES)
    return {"restored": restored, "changed": versions, "new_versions": versions}


def taken_back(week: Week) -> Planted:
    """A retraction is withdrawn, and another record stays as it was though PubMed says that it has changed."""
    back = week.change("2001", day=6, types="Journal Article")
    return {"restored": back, "new": week.add("2008", day=6)}


NIGHTS: tuple[Callable[[Week], Planted], ...] = (
    everything_is_new, new_and_revised, late_and_doubted, retracted_and_full_text, deleted, restored_and_re_versioned,
    taken_back,
)  # fmt: skip


def main() -> None:
    """Play the week and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bad", type=float, default=0.0, help="share of replies that are bad (default 0)")
    week, wrong = Week(), 0
    week.ncbi.bad = parser.parse_args().bad
    with week.ncbi.running(), tempfile.TemporaryDirectory(prefix="week-") as name:
        folder = Path(name)
        _run(week.ncbi, folder, "topic", "add", "taxanes", "--query", QUERY, "--full-text")
        print(f"{'night':<28}{'what':<14}{'planted':>8}{'reported':>9}  difference")
        for happens in NIGHTS:
            planted = happens(week)
            code = _run(week.ncbi, folder, "nightly")
            wrong += _compare(happens.__name__, planted, _reported(folder)) + (code != 0)
            if code:
                print(f"  exit code {code}")
        wrong += _compare_standing(week, OutputPaths(folder / "output"))
    print(f"{len(week.ncbi.asked)} requests, in any one second at most {week.ncbi.peak()}, "
          f"over the limit {week.ncbi.over_the_limit}; differences: {wrong}")  # fmt: skip
    if wrong or week.ncbi.over_the_limit:
        raise SystemExit(1)


def _run(ncbi: Ncbi, folder: Path, *command: str) -> int:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("RESISTMINE", "NCBI"))}
    environment = inherited | ncbi.settings | {
        "RESISTMINE_OUTPUT": str(folder / "output"), "RESISTMINE_HOME": str(folder / "home"),
        "RESISTMINE_NLP_MODEL": "none",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", *command], env=environment, capture_output=True, check=False
    )
    if done.returncode:
        print(done.stderr.decode("utf-8", "replace"))
    return done.returncode


def _reported(folder: Path) -> Planted:
    """What the digest of the last night says, by PMID."""
    last = max((folder / "output" / "runs").glob("*/digest.json"))
    documents = json.loads(last.read_text("utf-8"))["documents"]
    return {kind: _pmids(documents[kind]) for kind in DOCUMENTS}


def _pmids(found: Mapping[str, Any]) -> set[str]:
    """The PMIDs of a kind; where the digest counts more than it lists, numbers stand for the others."""
    listed = {each["document_id"].removeprefix("pmid:") for each in found["first"]}
    return listed | {f"another {number}" for number in range(found["count"] - len(listed))}


def _compare(night: str, planted: Planted, reported: Planted) -> int:
    """Print a night; returns how many kinds are otherwise than planted."""
    wrong = 0
    for kind in DOCUMENTS:
        there, told = planted.get(kind, set()), reported[kind]
        more = {each for each in told - there if not each.startswith("another")}
        same = len(there) == len(told) and not more
        wrong += not same
        if there or told:
            words = "" if same else f"not told {sorted(there - told)[:5]}, told besides {sorted(more)[:5]}"
            print(f"{night:<28}{kind:<14}{len(there):>8}{len(told):>9}  {words}")
            night = ""
    if not any(planted.values()) and not any(reported.values()):
        print(f"{night:<28}{'nothing':<14}{0:>8}{0:>9}")
    return wrong


def _compare_standing(week: Week, paths: OutputPaths) -> int:
    """After the week: every record once, with the status that it ought to have; topics complete."""
    rows = select(paths, "SELECT pmid, status FROM documents").rows
    found = dict(rows)
    other = {pmid: (status, found.get(pmid)) for pmid, status in week.standing.items() if found.get(pmid) != status}
    besides = sorted(set(found) - set(week.standing))
    said = select(paths, "SELECT count(*) FROM evidence AS e JOIN documents AS d USING (document_id) WHERE "
                         "e.document_status IS DISTINCT FROM d.status").rows[0][0]  # fmt: skip
    marks = select(paths, "SELECT topic, entered::VARCHAR, changed::VARCHAR FROM watermarks").rows
    print(f"after the week: {len(rows)} records, {len(rows) - len(found)} double, otherwise than planted "
          f"{other or 'none'}, never planted {besides or 'none'}")  # fmt: skip
    print(f"evidence with another status than its document: {said}; complete up to {marks}")
    expected = (("taxanes", "2026-11-07", "2026-11-07"),)
    return len(other) + len(besides) + (len(rows) - len(found)) + int(said) + (tuple(marks) != expected)


if __name__ == "__main__":
    main()
