"""Wrong settings and bad days of a night: a clear message, nothing lost, no watermark moved, the next night goes on."""

from __future__ import annotations

import errno
import re
import socket
from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import StoreError
from pipeline.nightly import Outcome
from pipeline.topics import Topic
from tests.acquiring import Library, library
from tests.ingesting import AGAIN, DENIES, OTHER
from tests.ncbi import Made

__all__ = ["library"]
TOPIC = Topic("taxanes", "paclitaxel", False, "2026-11-01")
FIRST = date(2026, 11, 1)
KEY = "0123456789secret"


@pytest.fixture
def nights(library: Library) -> Library:
    """A topic with ten records after its first night; two are new and one has changed since."""
    library.ncbi.records.update({str(n): Made(str(n), f"{AGAIN} Line {n}.", FIRST) for n in range(1, 11)})
    library.night(TOPIC)
    library.ncbi.records |= {"11": Made("11", AGAIN, FIRST + timedelta(1)), "12": Made("12", OTHER + " paclitaxel.")}
    library.ncbi.records["1"].text, library.ncbi.records["1"].changed = DENIES, FIRST + timedelta(1)
    return library


def state(library: Library) -> tuple[Any, ...]:
    return library.standing(), library.said(), library.watermarks()


def counts(outcome: Outcome) -> dict[str, int]:
    found = {kind: each["count"] for kind, each in outcome.digest["documents"].items()}
    return {kind: count for kind, count in found.items() if count}


# ------------------------------------------------------------------------------------------------ settings


def wrong_key(library: Library) -> None:
    library.environment["NCBI_API_KEY"] = library.ncbi.refused_key = KEY


def nobody_there(library: Library) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        library.environment["RESISTMINE_EUTILS_URL"] = f"http://127.0.0.1:{free.getsockname()[1]}/eutils/"


def no_such_host(library: Library) -> None:
    library.environment["RESISTMINE_EUTILS_URL"] = "http://eutils.invalid/"


def elsewhere(library: Library) -> None:
    library.environment["RESISTMINE_EUTILS_URL"] = f"{library.ncbi.root}v9/"


def portal(library: Library) -> None:
    library.ncbi.bad, library.ncbi.faults = 1.0, ("web page",)


SETTINGS = [
    (wrong_key, "asked once .NCBI refuses the API key; correct NCBI_API_KEY, or unset it"),
    (nobody_there, "asked 4 times .ConnectionError.*refused"),
    (no_such_host, "asked 4 times .ConnectionError"),
    (elsewhere, "there are no E-utilities at this address. Correct RESISTMINE_EUTILS_URL"),
    (portal, "a web page instead of data.*is there a proxy or portal in between"),
]


@pytest.mark.parametrize(("spoil", "words"), SETTINGS, ids=[each.__name__ for each, _ in SETTINGS])
def test_a_wrong_setting_costs_a_night_and_nothing_else(
    nights: Library, spoil: Callable[[Library], None], words: str
) -> None:
    before, good = state(nights), dict(nights.environment)
    spoil(nights)
    outcome = nights.night(TOPIC)
    assert not outcome.complete
    assert re.search(words, outcome.parts[0].problem or ""), outcome.parts[0].problem
    assert state(nights) == before
    told = " ".join([*nights.told, outcome.digest_file.read_text("utf-8")])
    assert KEY not in told
    nights.environment.clear()
    nights.environment.update(good)
    nights.ncbi.bad = 0.0
    assert counts(nights.night(TOPIC)) == {"new": 2, "changed": 1}


# ------------------------------------------------------------------------------------------------ a full disk


def full_disk(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("place", ["pipeline.sources.raw._write", "pipeline.store.snapshots._copy"])
def test_a_full_disk_leaves_what_is_published_and_the_next_night_goes_on(
    nights: Library, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    before = state(nights)
    monkeypatch.setattr(place, full_disk)
    with pytest.raises(StoreError, match=r"No space left.*[Ff]ree space.*run"):
        nights.night(TOPIC)
    assert state(nights) == before
    monkeypatch.undo()
    times = nights.ncbi.fetched()
    assert counts(nights.night(TOPIC)) == {"new": 2, "changed": 1}
    if "snapshots" in place:  # all had been stored, and only those of the last days are looked at again
        assert nights.ncbi.fetched()["11"] <= times["11"] + 1


def test_a_full_disk_in_the_journal_loses_nothing(nights: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    before = state(nights)
    real, folder = Path.open, nights.paths.acquiring

    def opened(path: Path, *given: Any, **more: Any) -> Any:
        if path.parent == folder and "a" in given:
            full_disk()
        return real(path, *given, **more)

    monkeypatch.setattr(Path, "open", opened)
    with pytest.raises(StoreError, match="No space left"):
        nights.night(TOPIC)
    assert state(nights) == before
    monkeypatch.undo()
    assert counts(nights.night(TOPIC)) == {"new": 2, "changed": 1}


# ------------------------------------------------------------------------------------------------ a wrong clock


@pytest.fixture
def clock_set_back(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """A function that sets the clock of all modules that look at it."""

    def set_back(by: timedelta) -> None:
        class Past(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Any:
                return datetime.now(tz) - by

        for name in ("ingest", "nightly", "sources.pubmed", "store.acquired", "store.build", "store.files",
                     "store.rows", "store.snapshots", "records", "digest"):  # fmt: skip
            monkeypatch.setattr(f"pipeline.{name}.datetime", Past)

    return set_back


def test_a_clock_set_back_loses_nothing_and_moves_no_watermark_back(
    nights: Library, clock_set_back: Callable[[timedelta], None]
) -> None:
    marks = nights.watermarks()
    clock_set_back(timedelta(400))
    nights.ncbi.records["2"].deleted = True
    outcome = nights.night(TOPIC)
    assert counts(outcome) == {"new": 2, "changed": 1, "deleted": 1}
    assert nights.watermarks() >= marks
    assert any("the clock of this machine says" in each for each in nights.told)
    nights.ncbi.records["2"].deleted = False
    last = nights.night(TOPIC)
    assert counts(last) == {"restored": 1}
    assert max(path.stem for path in nights.paths.snapshots.glob("*.duckdb")) == f"evidence-{last.digest['snapshot']}"
    clock_set_back(timedelta(0))
    assert counts(nights.night(TOPIC)) == {}
    assert set(nights.standing().values()) == {"current"}
    assert nights.watermarks() == [("taxanes", "2026-11-02", "2026-11-02")]
