"""How fast the main job runs, where its time goes, and how much memory it takes. Ratios measured in one run.

Run it as ``python -m benchmarks.ingest --data DIR``, where DIR holds ``records/pubmed_cancer.xml.gz`` and
``records/jats_oncology.tar.gz``. Nothing is asserted; the figures are printed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar

from pipeline.article import Reader
from pipeline.model import Article, Document, RawRecord
from pipeline.parse import parse
from pipeline.records import raw_records_in

PUBMED, JATS = "records/pubmed_cancer.xml.gz", "records/jats_oncology.tar.gz"
T = TypeVar("T")


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    pubmed = list(islice(raw_records_in(arguments.data / PUBMED), arguments.records))
    jats = list(islice(raw_records_in(arguments.data / JATS), arguments.articles))
    for name, records in (("PubMed records", pubmed), ("full texts", jats)):
        _report_reading(name, records)
    _report_memory(pubmed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds records/")
    parser.add_argument("--records", type=int, default=800, help="PubMed records to read (default 800)")
    parser.add_argument("--articles", type=int, default=30, help="full texts to read (default 30)")
    given = parser.parse_args()
    missing = [str(given.data / each) for each in (PUBMED, JATS) if not (given.data / each).is_file()]
    if missing:
        parser.error(f"{' and '.join(missing)} not found; --data takes the folder that holds {PUBMED} and {JATS}")
    return given


def _report_reading(name: str, records: Sequence[RawRecord]) -> None:
    parsing, documents = _timed(lambda: [each for raw in records if isinstance(each := parse(raw), Document)])
    screened, unscreened = Reader(), Reader(screened=False)
    with_screen, articles = _timed(lambda: [screened.read(each) for each in documents])
    without, all_read = _timed(lambda: [unscreened.read(each) for each in documents])
    print(f"\n{len(documents)} {name}")
    print(f"  parse                 {len(documents) / parsing:10.1f} documents/s")
    print(f"  read                  {len(documents) / with_screen:10.1f} documents/s")
    print(f"  parse : read          {parsing / with_screen:10.3f} of the time")
    print(f"  without the screen    {without / with_screen:10.2f} × the time")
    print(f"  sentences read        {_sentences(articles) / max(1, _sentences(all_read)):10.2f} of all")
    print(f"  evidence              {_evidence(articles):10d}, without the screen {_evidence(all_read)}")


def _sentences(articles: Sequence[Article]) -> int:
    return sum(len(article.sentences) for article in articles)


def _evidence(articles: Sequence[Article]) -> int:
    return sum(len(article.evidence) for article in articles)


def _timed(action: Callable[[], T]) -> tuple[float, T]:
    start = time.process_time()
    result = action()
    return time.process_time() - start, result


def _report_memory(records: Sequence[RawRecord]) -> None:
    """Peak memory and wall time of the whole command for a quarter of the records and for all of them."""
    with tempfile.TemporaryDirectory() as folder:
        few, all_ = Path(folder) / "few.xml", Path(folder) / "all.xml"
        _write(few, records[: len(records) // 4])
        _write(all_, records)
        small, large = (_run(path, Path(folder) / f"out-{path.stem}") for path in (few, all_))
    print(f"\nresistmine ingest of {len(records) // 4} and of {len(records)} PubMed records")
    print(f"  wall time             {small[0]:10.1f} s and {large[0]:.1f} s: start-up and store included")
    past_start = _marginal(records, small, large)
    print(f"  records per second    {len(records) / large[0]:10.1f}; past the start {past_start:.1f}")
    print(f"  peak memory           {small[1]:10.0f} MB and {large[1]:.0f} MB: ratio {large[1] / small[1]:.2f}")


def _marginal(records: Sequence[RawRecord], small: tuple[float, float], large: tuple[float, float]) -> float:
    return (len(records) - len(records) // 4) / (large[0] - small[0])


def _write(path: Path, records: Sequence[RawRecord]) -> None:
    path.write_bytes(b"<PubmedArticleSet>" + b"".join(raw.content for raw in records) + b"</PubmedArticleSet>")


def _run(path: Path, output: Path) -> tuple[float, float]:
    """Wall seconds and peak megabytes of an ingest of ``path`` in a process of its own."""
    settings = os.environ | {"RESISTMINE_OUTPUT": str(output), "RESISTMINE_HOME": str(output / "home")}
    start = time.perf_counter()
    command = [sys.executable, "-m", "pipeline", "ingest", "--files", str(path)]
    child = subprocess.Popen(command, env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"the ingest of {path} failed with exit code {child.returncode}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
