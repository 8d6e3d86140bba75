"""The ingest job as a Prefect flow: one task a batch of some hundred records.

It runs with a server, without one (``ingest.fn(…)``), and in Prefect's test harness. Parameters are paths; the ledger
of what is done is the database itself, so Prefect's caching and result storage stay off. Reading files and writing the
database are not retried: what fails there fails again. Run it as ``python -m flows.ingest PATH…``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext
from prefect.utilities.annotations import quote

from pipeline.ingest import IngestJob
from pipeline.records import RawBatch
from pipeline.settings import load_settings
from pipeline.store.build import Counts


@task(name="read and store a batch", cache_policy=NO_CACHE, persist_result=False, log_prints=False)
def process_batch(job: IngestJob, batch: RawBatch) -> Counts:
    """Everything that the records of ``batch`` say goes into the build database."""
    return job.process(batch)


def _process(job: IngestJob, batch: RawBatch) -> Counts:
    """As a task inside a flow run; quoted, since Prefect else looks into every record for futures."""
    if FlowRunContext.get():
        given: dict[str, Any] = {"job": quote(job), "batch": quote(batch)}  # the task gets what is quoted
        counts: Counts = process_batch(**given)
        return counts
    return process_batch.fn(job, batch)


@flow(name="ingest", validate_parameters=False, persist_result=False)
def ingest(paths: list[str]) -> dict[str, int]:
    """Ingest local files and publish a snapshot; returns the counts of the run."""
    with IngestJob(load_settings(), "flow ingest " + " ".join(paths)) as job:
        for batch in job.batches([Path(path) for path in paths]):
            _process(job, batch)
    counts = job.summary().counts
    return {name: getattr(counts, name) for name in counts.__slots__}


if __name__ == "__main__":
    print(ingest(sys.argv[1:]))
