"""A backfill on two Dask workers makes the same tables as one process does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.backfill import backfill_files
from tests import reading
from tests.ingesting import Desk
from tests.test_backfill import ROOT, comparable, year

pytest.importorskip("prefect_dask", reason="the extra 'dask' is not installed: pip install -e '.[dask]'")


def test_two_workers_make_the_same_tables(tmp_path: Path) -> None:
    """In a process of its own, as Dask's workers begin from its main module; Prefect brings a server of its own."""
    here, there = (Desk(tmp_path / name, {"RESISTMINE_NLP_MODEL": "none"}) for name in ("here", "there"))
    files = year(Desk(tmp_path), "<PubmedArticle/>")
    backfill_files(files, here.settings, command="test", reader=reading.reader())
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT", "RESISTMINE"))}
    environment = inherited | {
        "PREFECT_HOME": str(tmp_path / "prefect"), "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "240",
        "RESISTMINE_OUTPUT": str(there.settings.output), "RESISTMINE_HOME": str(there.settings.home),
        "RESISTMINE_NLP_MODEL": "none", "RESISTMINE_DASK": "2",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "flows.backfill", *map(str, files)],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Dask cluster" in done.stdout + done.stderr
    assert comparable(there) == comparable(here)
