"""Acquisition on bad days: is every record there once, is the limit kept, what does a killed run cost?

Run it as ``python -m benchmarks.acquire``. NCBI is imitated on this machine with made-up records; a share of its
replies is an error, cut off, a web page, short of records or nothing. Nothing is asserted; the figures are printed.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import duckdb

from pipeline.paths import OutputPaths
from pipeline.store.query import select
from tests.ncbi import Made, Ncbi

QUERY = "paclitaxel"
FIRST = date(2026, 10, 1)
ROWS = "SELECT count(*), count(DISTINCT pmid) FROM documents"
TEXTS = ("ABCB1 confers resistance to paclitaxel in line {}.", "Cells were given paclitaxel for {} days.")


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    ncbi = Ncbi(*_made(arguments.records), seed=arguments.seed)
    ncbi.bad = arguments.bad
    with ncbi.running(), tempfile.TemporaryDirectory(prefix="acquire-") as folder:
        if arguments.records:
            _report_one_run(ncbi, Path(folder) / "once", arguments.records)
        if arguments.kills:
            ncbi.asked.clear()
            ncbi.records = {each.pmid: each for each in _made(arguments.killed_records)}
            choice = random.Random(arguments.seed)
            _report_kills(ncbi, Path(folder) / "killed", arguments.killed_records, arguments.kills, choice)
            _report_killed_nights(ncbi, Path(folder) / "nights", arguments.killed_records, arguments.kills, choice)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=20_000, help="made-up records (default 20,000)")
    parser.add_argument("--killed-records", type=int, default=6_000, help="the same, of the second (default 6,000)")
    parser.add_argument("--bad", type=float, default=0.3, help="share of replies that are bad (default 0.3)")
    parser.add_argument("--kills", type=int, default=10, help="how often the second run is killed (default 10)")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _made(number: int) -> list[Made]:
    return [
        Made(str(30_000_000 + each), TEXTS[each % 10 != 0].format(each), FIRST + timedelta(each % 40))
        for each in range(number)
    ]


def _start(ncbi: Ncbi, folder: Path, *command: str) -> subprocess.Popen[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("RESISTMINE", "NCBI"))}
    environment = inherited | ncbi.settings | {
        "RESISTMINE_OUTPUT": str(folder / "output"), "RESISTMINE_HOME": str(folder / "home"),
        "RESISTMINE_NLP_MODEL": "none",
    }  # fmt: skip
    called = [sys.executable, "-m", "pipeline", *(command or ("ingest", "--query", QUERY))]
    return subprocess.Popen(called, env=environment, stderr=subprocess.PIPE, text=True)


def _report_one_run(ncbi: Ncbi, folder: Path, records: int) -> None:
    started = time.monotonic()
    process = _start(ncbi, folder)
    _, told = process.communicate()
    seconds = time.monotonic() - started
    print(f"\nOne run, {records} records, {ncbi.bad:.0%} of replies bad")
    print(f"  exit {process.returncode}; {seconds:.0f} s, {records / seconds:.0f} records/s")
    _report(ncbi, folder, records)
    if process.returncode:
        print(told)


def _report_kills(ncbi: Ncbi, folder: Path, records: int, kills: int, choice: random.Random) -> None:
    """Kill a run at any moment, look at what is published, start it again; at last let it end."""
    print(f"\n{records} records, {ncbi.bad:.0%} of replies bad, killed {kills} times")
    paths = OutputPaths(folder / "output")
    for _ in range(kills):
        print(f"  {_kill(ncbi, _start(ncbi, folder), choice)}; {_published(paths)}")
    _let_end(ncbi, _start(ncbi, folder), folder, records)


def _report_killed_nights(ncbi: Ncbi, folder: Path, records: int, kills: int, choice: random.Random) -> None:
    """The same for nights, when there is a snapshot: half of the records are published by a night before."""
    print(f"\n{records} records, half of them published; nights killed {kills} times")
    made = _made(records)
    ncbi.records = {each.pmid: each for each in made[: records // 2]}
    for command in (("topic", "add", "x", "--query", QUERY), ("nightly",)):
        _start(ncbi, folder, *command).communicate()
    ncbi.records |= {each.pmid: each for each in made[records // 2 :]}
    ncbi.asked.clear()
    for _ in range(kills):
        killed = _kill(ncbi, _start(ncbi, folder, "nightly"), choice, 4, 0.7)
        print(f"  {killed}; {_published(OutputPaths(folder / 'output'))}")
    again = {pmid: times for pmid, times in ncbi.fetched().items() if times > 1}
    _let_end(ncbi, _start(ncbi, folder, "nightly"), folder, records)
    print(f"  fetched more than once by the nights that were killed: {len(again)}")


def _kill(
    ncbi: Ncbi, process: subprocess.Popen[str], choice: random.Random, requests: int = 12, seconds: float = 1.5
) -> str:
    """Kill a run at any moment from its first request on: loading the program is not what is measured."""
    before = len(ncbi.asked)
    last = before + choice.randint(1, requests)
    while len(ncbi.asked) < last and process.poll() is None:
        time.sleep(0.02)
    time.sleep(choice.uniform(0.0, seconds))
    ended = process.poll() is not None
    process.kill()
    process.communicate()
    return f"{'had ended' if ended else 'killed'} after {len(ncbi.asked) - before} requests"


def _let_end(ncbi: Ncbi, process: subprocess.Popen[str], folder: Path, records: int) -> None:
    _, told = process.communicate()
    print(f"  then left to end: exit {process.returncode}")
    _report(ncbi, folder, records)
    if process.returncode:
        print(told)


def _published(paths: OutputPaths) -> str:
    journals = sum(len(each.read_text().splitlines()) for each in paths.acquiring.glob("*.jsonl"))
    if not paths.evidence.exists():
        return f"nothing published yet, {journals} replies kept"
    try:
        return f"published: {select(paths, ROWS).rows[0][0]} records, whole; {journals} replies kept"
    except duckdb.Error as error:
        return f"published, and DAMAGED: {error}"


def _report(ncbi: Ncbi, folder: Path, records: int) -> None:
    paths = OutputPaths(folder / "output")
    rows, distinct = select(paths, ROWS).rows[0]
    times = Counter(ncbi.fetched().values())
    faults = Counter(each.fault for each in ncbi.asked)
    print(f"  stored: {rows} rows of {distinct} records; missing {records - distinct}, double {rows - distinct}")
    print(f"  asked for and given whole: {_told(times)}")
    print(f"  requests {len(ncbi.asked)}, of them bad {len(ncbi.asked) - faults[None]}; in any one second at most "
          f"{ncbi.peak()}; over the limit {ncbi.over_the_limit}")  # fmt: skip
    print(f"  bad ones: {', '.join(f'{name} {count}' for name, count in sorted(faults.items(), key=str) if name)}")
    print(f"  not given: {select(paths, _NOT_GIVEN).rows or 'none'}")


_NOT_GIVEN = "SELECT reason, count(*) FROM rejections WHERE stage = 'acquire' GROUP BY ALL"


def _told(times: Counter[int]) -> str:
    parts: Sequence[str] = [f"{count} records {often}×" for often, count in sorted(times.items())]
    return ", ".join(parts) or "nothing"


if __name__ == "__main__":
    main()
