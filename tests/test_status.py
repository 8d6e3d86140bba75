"""The status: how fresh each topic is, when the last whole night was, and what the disk holds."""

from __future__ import annotations

from datetime import date

from pipeline.console import out
from pipeline.status import print_status, status_of
from pipeline.topics import add_topic, chosen
from tests.acquiring import Library, library
from tests.ncbi import Made

__all__ = ["library"]


def test_topics_and_nights_and_the_disk(library: Library) -> None:
    home = library.settings.home
    add_topic(home, "taxanes", "paclitaxel", full_text=False)
    add_topic(home, "others", "gefitinib", full_text=False)
    library.ncbi.records["1"] = Made("1", entered=date(2026, 11, 1))
    library.night(*chosen(home, ["taxanes"]))
    found = status_of(library.settings)
    topics = {
        row["topic"]: (row["records"], str(row["complete_to_entered"]), row["days_ago"]) for row in found["topics"]
    }
    assert topics == {"taxanes": (1, "2026-11-01", 0), "others": (0, "None", None)}
    assert found["last_complete_night"] == found["last_complete_run"] is not None
    disk = found["disk"]
    assert set(disk) == {"evidence", "snapshots", "raw", "runs", "work", "free"}
    assert disk["evidence"] == library.paths.evidence.stat().st_size
    assert disk["snapshots"] == 0  # the same file as the current one
    assert disk["raw"] > 0
    with out.capture() as printed:
        print_status(found)
    for words in ("last_complete_night", "others", "Disk (MB)"):
        assert words in printed.get()


def test_a_night_that_is_not_complete_is_not_the_last_complete_one(library: Library) -> None:
    add_topic(library.settings.home, "taxanes", "paclitaxel", full_text=False)
    library.ncbi.bad, library.ncbi.faults = 1.0, ("500",)
    library.night(*chosen(library.settings.home, []))
    found = status_of(library.settings)
    assert (found["last_complete_night"], found["runs"][0]["status"]) == (None, "incomplete")
