"""Baseline and update files as a Prefect flow: a task for each file that is fetched, is read, and is stored.

Files are read by as many processes as ``RESISTMINE_WORKERS`` says; with ``RESISTMINE_DASK`` set, by the workers of a
Dask cluster (a number of local ones, or the address of a scheduler). Workers write Parquet into the output folder,
which all must see; this process alone writes the database. Without a server: ``resistmine backfill`` or
``backfill.fn(…)``.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.task_runners import TaskRunner
from prefect.utilities.annotations import quote

from flows.asking import ask_again
from flows.telling import Progress, running, show_counts, tell
from pipeline.article import Reader
from pipeline.backfill import Steps, backfill_files, backfill_mirror
from pipeline.bulk import Knowledge, Order, make_parcels, make_with
from pipeline.errors import SettingsError, UsageError
from pipeline.ingest import IngestJob
from pipeline.settings import Settings, load_settings
from pipeline.sources.local import InputFile
from pipeline.store.build import Counts
from pipeline.store.parcel import Parcel

T = TypeVar("T")
AHEAD = 2  # files for each worker that are read before they are stored


@task(name="read a file", cache_policy=NO_CACHE, persist_result=False)
def read_file(knowledge: Knowledge, order: Order) -> Parcel:
    """Everything that a file says, as Parquet."""
    return make_with(knowledge, order)


@task(name="store a file", cache_policy=NO_CACHE, persist_result=False)
def store_file(job: IngestJob, file: InputFile, parcel: Parcel) -> Counts:
    """What was read of a file goes into the build database."""
    return job.load(file, parcel)


class Tasks(Steps):
    """The steps of a backfill as tasks."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._progress = Progress("progress")

    def ask(self, what: str, action: Callable[[], T]) -> T:
        answer: T = ask_again(what, action)
        return answer

    def read(self, orders: Iterable[Order], reader: Reader, settings: Settings) -> Iterator[Parcel]:
        return _by_tasks(orders, reader, settings) if settings.dask else make_parcels(orders, reader, settings)

    def store(self, job: IngestJob, file: InputFile, parcel: Parcel) -> Counts:
        given: dict[str, Any] = {"job": quote(job), "file": quote(file), "parcel": quote(parcel)}
        counts: Counts = store_file(**given)
        return counts

    def note(self, done: int, of: int) -> None:
        self._progress.show(done, of)


@flow(name="backfill", validate_parameters=False, persist_result=False)
def backfill(paths: list[str] | None = None, mirror: bool = False) -> dict[str, int]:
    """Read baseline and update files, or their folders, and publish a snapshot; returns the counts of the run.

    With ``mirror`` those that PubMed has, fetched where they are missing here.
    """
    settings, names = load_settings(), paths or []
    steps = Tasks(settings) if running() else Steps()
    if mirror == bool(names):
        raise UsageError("flow backfill: give paths, or mirror=true.")
    if mirror:
        summary = backfill_mirror(settings, command="flow backfill --mirror", tell=tell, steps=steps)
    else:
        command = " ".join(["flow backfill", *names])
        summary = backfill_files([Path(name) for name in names], settings, command=command, steps=steps)
    counts = {name: getattr(summary.counts, name) for name in summary.counts.__slots__}
    show_counts("counts", counts | {"files": summary.files, "files_unreadable": summary.files_unreadable})
    for line in summary.refused:
        tell(line)
    return counts


def _by_tasks(orders: Iterable[Order], reader: Reader, settings: Settings) -> Iterator[Parcel]:
    """Parcels in the order of their files, some read ahead, wherever the task runner has its workers."""
    knowledge = Knowledge.of(reader, settings)
    window = AHEAD * (int(settings.dask) if settings.dask and settings.dask.isdecimal() else os.cpu_count() or 1)
    waiting: deque[Any] = deque()
    for order in orders:
        waiting.append(read_file.submit(knowledge, order))
        if len(waiting) > window:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def by_setting() -> Callable[..., dict[str, int]]:
    """The flow with the task runner that the settings ask for."""
    runner = dask_runner(load_settings())
    return backfill.with_options(task_runner=runner) if runner else backfill


def dask_runner(settings: Settings) -> TaskRunner[Any] | None:
    """Prefect's way to Dask; None without the setting.

    Raises:
        SettingsError: the setting is there and prefect-dask is not.
    """
    if not settings.dask:
        return None
    try:
        from prefect_dask import DaskTaskRunner
    except ImportError:
        raise SettingsError(
            "RESISTMINE_DASK: prefect-dask is not installed. Install it (pip install -c constraints.txt -e '.[dask]'), "
            "or unset the variable."
        ) from None
    if not settings.dask.isdecimal():
        found: TaskRunner[Any] = DaskTaskRunner(address=settings.dask)
        return found
    os.environ.setdefault("DASK_TEMPORARY_DIRECTORY", str(settings.output / "work" / "dask"))
    local = {"n_workers": int(settings.dask), "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    runner: TaskRunner[Any] = DaskTaskRunner(cluster_kwargs=local)
    return runner


if __name__ == "__main__":
    print(by_setting()(mirror=True) if sys.argv[1:] == ["--mirror"] else by_setting()(sys.argv[1:]))
