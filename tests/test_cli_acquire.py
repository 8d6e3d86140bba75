"""The commands that ask NCBI: what they print, and how they end."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.cli_acquire import _dates
from pipeline.errors import UsageError
from tests import reading
from tests.acquiring import QUICK, UNLIMITED
from tests.ingesting import AGAIN, OTHER
from tests.ncbi import Made, Ncbi

KEY = "abcdef0123456789"


class Desk:
    """A folder, NCBI, and the command line."""

    def __init__(self, folder: Path, ncbi: Ncbi) -> None:
        self.folder, self.ncbi = folder, ncbi
        self.environment = ncbi.settings | {
            "RESISTMINE_OUTPUT": str(folder / "output"), "RESISTMINE_HOME": str(folder / "home"),
            "RESISTMINE_NLP_MODEL": "none", "NCBI_API_KEY": "",
        }  # fmt: skip

    def run(self, *arguments: str, **environment: str) -> Result:
        return CliRunner().invoke(app, list(arguments), env=self.environment | environment)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    for name in ("WITHOUT_KEY", "WITH_KEY", "BUCKET"):
        monkeypatch.setattr(f"pipeline.acquire.{name}", UNLIMITED)
    monkeypatch.setattr("pipeline.sources.http.Patience", lambda: QUICK)
    monkeypatch.setattr("pipeline.ingest.Reader", lambda **_: reading.reader())
    ncbi = Ncbi(Made("1", AGAIN), Made("2", OTHER))
    ncbi.per_second = None
    with ncbi.running():
        yield Desk(tmp_path, ncbi)


def test_a_query_is_fetched_and_told(desk: Desk) -> None:
    result = desk.run("ingest", "--query", "resistance", "--full-text", "--max", "5")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "PubMed finds 2 records; it reads the query as: resistance" in result.stderr
    assert "resistance: 2 found, 2 fetched" in result.stderr
    assert "new records 2" in result.stderr


def test_ids_that_ncbi_does_not_have_are_told_and_complete(desk: Desk) -> None:
    (desk.folder / "pmids.txt").write_text("1\n2\n99\n")
    result = desk.run("ingest", "--pmids", str(desk.folder / "pmids.txt"))
    assert (result.exit_code, "3 found, 2 fetched, 1 unknown" in result.stderr) == (0, True)


def test_what_is_no_pmid_is_told_and_is_not_complete(desk: Desk) -> None:
    (desk.folder / "pmids.txt").write_text("1\nten\n")
    result = desk.run("ingest", "--pmids", str(desk.folder / "pmids.txt"))
    assert (result.exit_code, "pmids.txt: line 2: 'ten'" in result.stderr) == (1, True)
    assert "1 fetched" in result.stderr


def test_topics_and_a_night(desk: Desk) -> None:
    assert desk.run("topic", "list").stderr.startswith("There are no topics yet")
    assert desk.run("topic", "add", "taxanes", "--query", "paclitaxel").exit_code == 0
    assert desk.run("nightly").exit_code == 0
    assert desk.run("topic", "list").stdout.splitlines()[1].split("\t")[4:] == ["2026-11-01", "2026-11-01"]
    status = json.loads(desk.run("status", "--json").stdout)
    assert [(each["topic"], each["records"]) for each in status["topics"]] == [("taxanes", 1)]
    assert desk.run("nightly", "--topic", "none").exit_code == 2


FAILURES = [
    pytest.param({"NCBI_API_KEY": KEY}, "NCBI refuses the API key; correct NCBI_API_KEY", id="a wrong key"),
    pytest.param({"RESISTMINE_EUTILS_URL": "http://127.0.0.1:9/"}, "Connection refused", id="nobody there"),
    pytest.param({"RESISTMINE_EUTILS_URL": "http://nowhere.invalid/"}, "no usable answer", id="no such host"),
    pytest.param({}, "a web page instead of data", id="a proxy"),
]


@pytest.mark.parametrize(("environment", "words"), FAILURES)
def test_a_night_that_cannot_be_done_says_why_and_ends_with_1(
    desk: Desk, environment: dict[str, str], words: str
) -> None:
    desk.run("topic", "add", "taxanes", "--query", "paclitaxel")
    desk.ncbi.refused_key = KEY
    desk.ncbi.bad, desk.ncbi.faults = (0.0, ()) if environment else (1.0, ("web page",))
    started = time.monotonic()
    result = desk.run("nightly", **environment)
    assert (result.exit_code, words in result.stderr) == (1, True), result.stderr
    assert KEY not in result.stderr
    assert time.monotonic() - started < 60


WRONG = [
    (("ingest", "--query", "x", "--pmids", "y"), "--query and --pmids cannot go together"),
    (("ingest", "--query", "x", "--from", "yesterday"), "'yesterday' is no date"),
    (("ingest", "--query", "x", "--from", "2026", "--to", "2025"), "is later than"),
    (("ingest", "--pmids", "y", "--max", "5"), "narrow a --query"),
    (("ingest", "--files", "y", "--full-text"), "--full-text goes with"),
    (("topic", "add", " ", "--query", "x"), "needs a name"),
]


@pytest.mark.parametrize(("arguments", "words"), WRONG)
def test_wrong_use_is_told(desk: Desk, arguments: tuple[str, ...], words: str) -> None:
    result = desk.run(*arguments)
    assert (result.exit_code, words in result.stderr) == (2, True), result.stderr


DAYS = [
    ("2024", None, (date(2024, 1, 1), date(3000, 12, 31))),
    ("2024-02", "2024-02", (date(2024, 2, 1), date(2024, 2, 29))),
    ("2024/2/3", "2026", (date(2024, 2, 3), date(2026, 12, 31))),
    (None, "2024-02-03", (date(1900, 1, 1), date(2024, 2, 3))),
]


@pytest.mark.parametrize(("first", "last", "expected"), DAYS)
def test_days(first: str | None, last: str | None, expected: tuple[date, date]) -> None:
    dates = _dates(first, last)
    assert dates is not None
    assert (dates.first, dates.last) == expected
    with pytest.raises(UsageError):
        _dates("2024-13", None)
