"""A night as a Prefect flow: what is new, changed, retracted or deleted for all topics, or for some.

Each question to NCBI and each batch of records is a task. Questions alone are tried again, later each time, on top of
the client's own patience; a night that PubMed did not let finish publishes what came and fails, and the next one makes
up for it. Without a server: ``resistmine nightly``, or ``nightly.fn()``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.utilities.annotations import quote

from flows.asking import ask_again
from flows.telling import Progress, running, show_counts, show_page, tell
from pipeline.acquire import Steps
from pipeline.digest import as_markdown
from pipeline.errors import AcquireError, IncompleteError
from pipeline.ingest import IngestJob
from pipeline.nightly import Outcome, run_nights
from pipeline.records import RawBatch
from pipeline.settings import load_settings
from pipeline.store.build import Counts
from pipeline.topics import chosen

T = TypeVar("T")


@task(name="read and store a batch", cache_policy=NO_CACHE, persist_result=False)
def store_batch(job: IngestJob, batch: RawBatch) -> Counts:
    """Everything that some records say goes into the build database."""
    return job.process(batch)


class Tasks(Steps):
    """The steps of a night as tasks. When one question has been given up, the others are not waited for as long."""

    def __init__(self) -> None:
        self._given_up = False
        self._progress = Progress("progress")

    def ask(self, what: str, action: Callable[[], T]) -> T:
        try:
            return ask_again(what, action, patient=not self._given_up)
        except AcquireError:
            self._given_up = True
            raise

    def store(self, job: IngestJob, batch: RawBatch) -> Counts:
        given: dict[str, Any] = {"job": quote(job), "batch": quote(batch)}  # Prefect else looks into every record
        counts: Counts = store_batch(**given)
        return counts

    def note(self, done: int, found: int) -> None:
        self._progress.show(done, found)


def show(outcome: Outcome) -> None:
    """The digest, and a table of its counts."""
    digest = outcome.digest
    show_page("digest", as_markdown(digest))
    found = {f"records {kind}": each["count"] for kind, each in digest["documents"].items()}
    show_counts(
        "counts", digest["counts"] | found | {f"claims {k}": each["count"] for k, each in digest["claims"].items()}
    )


@flow(name="nightly", persist_result=False)
def nightly(topics: list[str] | None = None) -> dict[str, int]:
    """One night for ``topics`` (all, if none is named), published; returns the counts of the run.

    Raises:
        IncompleteError: PubMed gave less than it counts.
    """
    settings = load_settings()
    names = topics or []
    outcome = run_nights(
        settings, chosen(settings.home, names), tell=tell, command=" ".join(["flow nightly", *names]),
        steps=Tasks() if running() else Steps(),
    )  # fmt: skip
    show(outcome)
    if not outcome.complete:
        problems = "; ".join(part.problem for part in outcome.parts if part.problem)
        raise IncompleteError(
            f"{outcome.digest_file}: not all that PubMed counts has come ({problems or 'see there'}). What came is "
            "published; the next run makes up for the rest."
        )
    counts: dict[str, int] = outcome.digest["counts"]
    return counts


if __name__ == "__main__":
    print(nightly(sys.argv[1:]))
