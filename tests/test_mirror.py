"""The mirror: what is missing is fetched, once, whole and checked; a new annual baseline takes the place of the old."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.backfill import backfill_mirror
from pipeline.errors import AcquireError
from pipeline.ingest import Summary
from pipeline.sources import mirror as module
from tests import reading
from tests.ingesting import AGAIN, DENIES, NOTHING, OTHER, Desk, deletion, record
from tests.parse_samples import pubmed_set
from tests.pubmed_files import Files, serving


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Files]:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.01)
    files = Files()
    files.put("baseline", "pubmed26n0001.xml.gz", pubmed_set(record("1"), record("2", AGAIN)))
    files.put("baseline", "pubmed26n0002.xml.gz", pubmed_set(record("3", OTHER)))
    files.put("updatefiles", "pubmed26n0003.xml.gz", pubmed_set(record("2", DENIES, revised=9), deletion(("3", 1))))
    with serving(files):
        yield files


@pytest.fixture
def desk(tmp_path: Path, served: Files) -> Desk:
    return Desk(tmp_path, {"RESISTMINE_NLP_MODEL": "none", "RESISTMINE_PUBMED_FILES_URL": served.url})


def fetch(desk: Desk) -> Summary:
    return backfill_mirror(desk.settings, command="test", reader=reading.reader())


FIRST = {"pmid:1": "current", "pmid:2": "current", "pmid:3": "deleted"}


def test_what_is_there_is_fetched_once(desk: Desk, served: Files) -> None:
    assert fetch(desk).files_done_before == 0
    assert served.fetched() == ["pubmed26n0001.xml.gz", "pubmed26n0002.xml.gz", "pubmed26n0003.xml.gz"]
    assert desk.standing() == FIRST
    assert ("pmid:2", "refutes", DENIES) in desk.said()
    before = desk.everything()
    assert fetch(desk).files_done_before == 3
    assert (served.fetched(), desk.everything()) == ([], before)
    served.put("updatefiles", "pubmed26n0004.xml.gz", pubmed_set(record("3", OTHER)))
    fetch(desk)
    assert served.fetched() == ["pubmed26n0004.xml.gz"]
    assert desk.standing() == FIRST | {"pmid:3": "current"}


def test_the_copies_are_the_raw_files(desk: Desk) -> None:
    fetch(desk)
    kept = {row[0] for row in desk.ask("SELECT kept_as FROM raw_files")}
    assert kept == {str(path) for path in desk.paths.pubmed.rglob("*.gz")}
    assert not (desk.paths.raw / "files").exists()


FAULTS = ["500", "503", "429", "half", "page"]


@pytest.mark.parametrize("fault", FAULTS)
def test_bad_days_are_waited_out(desk: Desk, served: Files, fault: str) -> None:
    for path in ("/baseline/", "/updatefiles/", *list(served.content)):
        served.faults[path] = [fault] if fault != "page" or path.endswith(".gz") else []
    fetch(desk)
    assert desk.standing() == FIRST


def test_what_broke_off_is_fetched_on(desk: Desk, served: Files) -> None:
    served.faults["/baseline/pubmed26n0001.xml.gz"] = ["half"]
    half = len(served.content["/baseline/pubmed26n0001.xml.gz"]) // 2
    fetch(desk)
    assert served.fetched()[:2] == ["pubmed26n0001.xml.gz", f"pubmed26n0001.xml.gz bytes={half}-"]
    assert desk.standing() == FIRST


def test_a_copy_that_was_touched_is_looked_at_again_and_a_damaged_one_fetched_again(desk: Desk, served: Files) -> None:
    fetch(desk)
    served.fetched()
    copy = desk.paths.pubmed / "baseline" / "pubmed26n0001.xml.gz"
    copy.touch()
    fetch(desk)
    assert served.fetched() == []
    copy.write_bytes(b"damaged")
    fetch(desk)
    assert [each.split()[0] for each in served.fetched()][-1:] == [copy.name]
    assert copy.read_bytes() == served.content[f"/baseline/{copy.name}"]


def test_a_file_that_cannot_be_had_costs_only_itself_and_is_made_up_for(desk: Desk, served: Files) -> None:
    served.faults["/baseline/pubmed26n0002.xml.gz"] = ["page"] * 6
    summary = fetch(desk)
    assert (summary.files, summary.files_unreadable) == (2, 1)
    assert [row[:3] for row in desk.refused()] == [(None, "acquire", "not_fetched")]
    assert desk.standing() == {"pmid:1": "current", "pmid:2": "current"}
    fetch(desk)
    assert (desk.refused(), desk.standing()) == ([], FIRST)


def test_a_list_without_files_or_broken_off_is_no_list(desk: Desk, served: Files) -> None:
    fetch(desk)
    before = desk.everything()
    for folder in ("/baseline/", "/updatefiles/"):  # of a portal in between: no list, however often it is asked for
        served.faults[folder] = ["page"] * 6
        with pytest.raises(AcquireError, match=r"asked 6 times \(no file is listed, but '<html>Please log in"):
            fetch(desk)
    served.faults["/baseline/"] = ["cut"] * 6
    with pytest.raises(AcquireError, match=r"asked 6 times \(the list breaks off"):
        fetch(desk)
    assert desk.everything() == before
    assert desk.ask("SELECT status FROM runs") == [("done",)]


LISTINGS = {
    "bare links": "<pre>{rows}</pre>",
    "without a page": "{rows}",
    "a page in capitals": "<!DOCTYPE HTML>\n<HTML><BODY><A HREF='../'>..</A>{rows}</BODY></HTML>",
}


@pytest.mark.parametrize("page", LISTINGS.values(), ids=list(LISTINGS))
def test_a_list_may_look_otherwise(desk: Desk, monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    monkeypatch.setattr("tests.pubmed_files.PAGE", page)
    fetch(desk)
    assert desk.standing() == FIRST


def test_updates_there_are_none_of_after_the_new_year(desk: Desk, served: Files) -> None:
    served.take_away("pubmed26n0003")
    assert fetch(desk).files_unreadable == 0
    assert len(desk.standing()) == 3


def test_the_end_of_a_baseline_is_read_but_leaves_nothing_behind(desk: Desk, served: Files) -> None:
    fetch(desk)
    served.take_away("pubmed26n")
    served.put("baseline", "pubmed27n1334.xml.gz", pubmed_set(record("4", NOTHING)))
    served.put("updatefiles", "pubmed27n1335.xml.gz", pubmed_set(record("5", NOTHING)))
    assert fetch(desk).files_unreadable == 0
    assert desk.standing() == FIRST | {"pmid:4": "current", "pmid:5": "current"}


def test_a_gap_in_the_numbers_is_told(desk: Desk, served: Files) -> None:
    served.take_away("pubmed26n0002")
    assert fetch(desk).files_unreadable == 1
    assert [row[2] for row in desk.refused()] == ["not_listed"]


def new_year(served: Files, *records: str) -> None:
    served.take_away("pubmed26n")
    served.put("baseline", "pubmed27n0001.xml.gz", pubmed_set(*records))


def test_a_new_baseline_leaves_behind_what_it_has_no_more(desk: Desk, served: Files) -> None:
    fetch(desk)
    new_year(served, record("2", DENIES, revised=9), record("3", OTHER), record("4", NOTHING))
    fetch(desk)
    standing = {"pmid:1": "deleted", "pmid:2": "current", "pmid:3": "current", "pmid:4": "current"}
    assert desk.standing() == standing
    fetch(desk)
    assert desk.standing() == standing
    served.put("updatefiles", "pubmed27n0002.xml.gz", pubmed_set(record("1")))
    fetch(desk)
    assert desk.standing() == standing | {"pmid:1": "current"}


@pytest.mark.parametrize("trouble", ["not_fetched", "not_listed"])
def test_a_baseline_that_is_not_whole_leaves_nothing_behind(desk: Desk, served: Files, trouble: str) -> None:
    fetch(desk)
    new_year(served, record("2", DENIES, revised=9))
    if trouble == "not_listed":
        served.put("updatefiles", "pubmed27n0003.xml.gz", pubmed_set(record("4", NOTHING)))
    else:
        served.put("baseline", "pubmed27n0002.xml.gz", pubmed_set(record("1")))
        served.faults["/baseline/pubmed27n0002.xml.gz"] = ["page"] * 6
    assert fetch(desk).files_unreadable == 1
    assert desk.standing()["pmid:1"] == "current"


def test_so_many_left_behind_that_it_must_be_a_mistake_are_not_marked(
    desk: Desk, served: Files, monkeypatch: Any
) -> None:
    fetch(desk)
    monkeypatch.setattr("pipeline.backfill.MANY", 0)
    new_year(served, record("2", DENIES, revised=9), record("3", OTHER))
    assert fetch(desk).files_unreadable == 1
    assert desk.standing()["pmid:1"] == "current"
    assert [row[2] for row in desk.refused()] == ["too_many_left_behind"]
