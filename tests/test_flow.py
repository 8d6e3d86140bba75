"""The Prefect flow does what the job does: called as a function, and run by Prefect with its own server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from pipeline.topics import add_topic
from tests.ingesting import AGAIN, CONFERS, Desk, record
from tests.ncbi import Made, Ncbi
from tests.parse_samples import pubmed_set

ROOT = Path(__file__).resolve().parent.parent
COUNTS = {"documents": 2, "evidence": 2, "unchanged": 0, "older": 0, "rejections": 0}
BESIDES = """
import json, sys
from pathlib import Path
import pipeline, pipeline.cli, pipeline.ingest, pipeline.demo, pipeline.explain, pipeline.settings
without = sorted(name for name in sys.modules if name.split(".")[0] in ("prefect", "flows"))
from pipeline import records as job
job.BATCH = 1  # and an empty batch at the end of each file
from flows.backfill import backfill
from flows.ingest import ingest
from flows.nightly import nightly
bulk = str(Path(sys.argv[1]).parent / "bulk")
from prefect.settings import PREFECT_SERVER_ANALYTICS_ENABLED, PREFECT_HOME
from prefect.testing.utilities import prefect_test_harness
from prefect.client.orchestration import get_client
with prefect_test_harness():
    run = ingest(sys.argv[1:], return_state=True)
    with get_client(sync_client=True) as client:
        tasks = sorted((each.name.partition("-")[0], each.state_name) for each in client.read_task_runs())
    stored, night = backfill([bulk]), nightly()
    with get_client(sync_client=True) as client:
        more = sorted(each.name.partition("-")[0] for each in client.read_task_runs())
        shown = sorted((each.type, each.key) for each in client.read_artifacts())
direct = ingest.fn(sys.argv[1:])
print(json.dumps({
    "stored": stored, "night": night, "more": [each for each in more if each not in dict(tasks)], "shown": shown,
    "again": [backfill.fn([bulk]), nightly.fn()],
    "without": without, "direct": direct, "state": run.name, "counts": run.result(), "tasks": tasks,
    "analytics": PREFECT_SERVER_ANALYTICS_ENABLED.value(), "home": str(PREFECT_HOME.value()),
}))
"""


def test_the_flow_runs_as_a_function_and_under_prefect(tmp_path: Path) -> None:
    """In a process of its own: Prefect reads its settings once, when it is imported."""
    desk = Desk(tmp_path)
    files = [desk.write("a.xml", pubmed_set(record("1"))), desk.write("b.xml", pubmed_set(record("2", AGAIN)))]
    for number, content in enumerate((record("3"), record("4", AGAIN)), start=1):
        desk.write(f"bulk/pubmed26n000{number}.xml", pubmed_set(content))
    add_topic(desk.settings.home, "taxanes", "paclitaxel", full_text=False)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT", "RESISTMINE"))}
    environment = inherited | {
        "PREFECT_HOME": str(tmp_path / "prefect"), "RESISTMINE_OUTPUT": str(desk.settings.output),
        "RESISTMINE_HOME": str(desk.settings.home), "PREFECT_LOGGING_LEVEL": "ERROR",
    }  # fmt: skip
    with Ncbi(Made("5", AGAIN)).running() as ncbi:
        done = subprocess.run(
            [sys.executable, "-c", BESIDES, *map(str, files)],
            cwd=ROOT, env=environment | ncbi.settings, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told == {
        "without": [],
        "direct": dict.fromkeys(COUNTS, 0) | {"unchanged": 2},
        "state": "Completed",
        "counts": COUNTS,
        "tasks": [["read and store a batch", "Completed"]] * 4,
        "stored": COUNTS,
        "night": COUNTS | {"documents": 1, "evidence": 1},
        "more": ["fetch 1 records", "search (list)", "store a file", "store a file"],
        "shown": [["markdown", "digest"], *[["progress", "progress"]] * 2, *[["table", "counts"]] * 2],
        "again": [dict.fromkeys(COUNTS, 0) | {"unchanged": 2}, dict.fromkeys(COUNTS, 0)],
        "analytics": False,
        "home": str(tmp_path / "prefect"),
    }
    assert [sentence for _, _, sentence in desk.said()] == [CONFERS, AGAIN, CONFERS, AGAIN, AGAIN]


def test_every_extra_that_the_text_names_can_be_installed() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    texts = [
        path.read_text("utf-8") for pattern in ("*.md", "flows/*.py", "pipeline/**/*.py") for path in ROOT.glob(pattern)
    ]
    named = {name for text in texts for name in re.findall(r"-e '\.\[([\w-]+)\]'", text)}
    assert "dask" in named
    assert named <= set(extras)
