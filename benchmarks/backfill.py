"""What a baseline file costs: records a second, memory by the length of the file, and the cost of a second run.

Run it as ``python -m benchmarks.backfill``. The records are made here: the shapes of the bundled sample, new
numbers, and in all but ``--dense`` of them title and abstract of made-up sentences without a claim. Nothing is
asserted; figures are printed, CPU seconds first, since they depend less on what else the machine does.
"""

from __future__ import annotations

import argparse
import gzip
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import duckdb

RECORD = re.compile(rb"<PubmedArticle>.*?</PubmedArticle>", re.DOTALL)
NUMBER = re.compile(rb"(<PMID[^>]*>|<ArticleId IdType=\"pubmed\">)\d+")
ABSTRACT = re.compile(rb"<Abstract>.*?</Abstract>", re.DOTALL)
TITLE = re.compile(rb"<ArticleTitle>.*?</ArticleTitle>", re.DOTALL)
OTHER_IDS = re.compile(rb'<ArticleId IdType="(?:doi|pmc)">[^<]*</ArticleId>|<ELocationID[^>]*>[^<]*</ELocationID>')
SUBJECTS = ("patients", "mice", "samples", "cohorts", "slices", "children", "sections", "villages", "plots", "reefs")
VERBS = ("were followed", "were stained", "were counted", "were compared", "grew", "were asked", "were weighed")
ENDS = ("for two years", "at rest", "twice a day", "by two readers", "in spring", "at each visit", "on day nine")


@dataclass(frozen=True, slots=True)
class Cost:
    """Wall and CPU seconds, and peak megabytes of the largest process."""

    wall: float
    cpu: float
    memory: float


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small, large = (_write(folder / f"pubmed26n000{n}.xml.gz", count, arguments.dense)
                        for n, count in ((1, arguments.small), (2, arguments.records)))  # fmt: skip
        print(f"{arguments.records} made records, {large.stat().st_size / 1e6:.1f} MB packed; models: "
              f"{os.environ.get('RESISTMINE_NLP_MODEL', 'the one that ships')}")  # fmt: skip
        start = _run(folder / "none", _write(folder / "pubmed26n0003.xml.gz", 1, 0.0))
        few, many = _run(folder / "few", small), _run(folder / "many", large)
        again = _run(folder / "many", large)
        said, documents = _found(folder / "many")
        print(f"documents with claims {said} of {documents}")
        rows = (("one record (start-up)", start), (f"{arguments.small} records", few),
                (f"{arguments.records} records", many), ("the same again", again))  # fmt: skip
        print(f"{'':24}{'CPU s':>9}{'wall s':>9}{'peak MB':>9}")
        for what, cost in rows:
            print(f"{what:24}{cost.cpu:9.1f}{cost.wall:9.1f}{cost.memory:9.0f}")
        marginal = (arguments.records - arguments.small) / max(many.cpu - few.cpu, 0.001)
        print(
            f"records a CPU second    {marginal:9.0f} past the start; {arguments.records / many.wall:.0f} a wall second"
        )
        print(f"memory, long to short   {many.memory / few.memory:9.2f}")
        print(f"a second run costs      {again.cpu / many.cpu:9.2f} of the first, start-up included")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=30_000, help="records of the long file (default 30000)")
    parser.add_argument("--small", type=int, default=2_000, help="records of the short one (default 2000)")
    parser.add_argument("--dense", type=float, default=0.02, help="share of records with claims (default 0.02)")
    return parser.parse_args()


def _write(path: Path, count: int, dense: float) -> Path:
    with gzip.open(path, "wb", compresslevel=6) as file:
        file.write(b'<?xml version="1.0" encoding="utf-8"?>\n<PubmedArticleSet>\n')
        for record in _made(count, dense):
            file.write(record + b"\n")
        file.write(b"</PubmedArticleSet>\n")
    return path


def _made(count: int, dense: float) -> Iterator[bytes]:
    chance = random.Random(7)
    shapes = RECORD.findall((files("pipeline") / "sample" / "pubmed_sample.xml").read_bytes())
    for number in range(count):
        record = NUMBER.sub(rb"\g<1>%d" % (50_000_000 + number), OTHER_IDS.sub(b"", chance.choice(shapes)))
        if chance.random() >= dense:
            sentences = (
                f"{chance.randint(3, 900)} {chance.choice(SUBJECTS)} {chance.choice(VERBS)} {chance.choice(ENDS)}."
                for _ in range(chance.randint(8, 24))
            )
            text = f"<Abstract><AbstractText>{' '.join(sentences)}</AbstractText></Abstract>"
            record = ABSTRACT.sub(text.encode(), record, count=1)
            title = f"<ArticleTitle>{chance.choice(SUBJECTS).capitalize()} {chance.choice(ENDS)}.</ArticleTitle>"
            record = TITLE.sub(title.encode(), record, count=1)
        yield record


def _run(output: Path, path: Path) -> Cost:
    """A backfill of ``path`` in a process of its own."""
    settings = os.environ | {"RESISTMINE_OUTPUT": str(output), "RESISTMINE_HOME": str(output / "home")}
    command = [sys.executable, "-m", "pipeline", "backfill", "--files", str(path)]
    begin = time.perf_counter()
    child = subprocess.Popen(command, env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"the backfill of {path} failed with exit code {child.returncode}")
    return Cost(time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def _found(output: Path) -> tuple[int, int]:
    with duckdb.connect(str(output / "evidence.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "SELECT (SELECT count(DISTINCT document_id) FROM evidence), (SELECT count(*) FROM documents)"
        ).fetchall()
    return int(rows[0][0]), int(rows[0][1])


if __name__ == "__main__":
    main()
