"""Whole PubMed files to parcels of rows: the part of a backfill that any number of processes do at once.

Nothing here knows the database. What a process needs is the file, the knowledge and a folder that the writer sees.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.article import Reader
from pipeline.drift import Figures
from pipeline.errors import StoreError
from pipeline.ingest import NOTHING_LOST, TOLD
from pipeline.model import Deletion, RawRecord, Rejection, Source
from pipeline.records import batched, parse_all, with_remedy
from pipeline.settings import Settings
from pipeline.sources.local import InputFile
from pipeline.store.parcel import Contents, Parcel, ParcelWriter, open_parcel
from pipeline.store.rows import Batch, add_article, rejection_row
from pipeline.text import digest

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}  # processes share the cores


@dataclass(frozen=True, slots=True)
class Order:
    """A file to be made a parcel of, and where."""

    file: InputFile
    received: datetime
    folder: Path


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What a reader is made from, in any process."""

    models: tuple[str, ...]
    home: Path
    fingerprints: tuple[str, str]

    @classmethod
    def of(cls, reader: Reader, settings: Settings) -> Knowledge:
        return cls(settings.models, settings.home, _fingerprints(reader))

    def reader(self) -> Reader:
        """Make the reader.

        Raises:
            StoreError: this process has other lexicons, rules, models or corrections than the one that writes.
        """
        reader = Reader(models=self.models, home=self.home)
        if _fingerprints(reader) != self.fingerprints:
            raise StoreError(
                f"{self.home}: a reading process knows {_fingerprints(reader)}, the writing one {self.fingerprints}: "
                "the corrections have changed meanwhile, or versions and models differ. Run the same command again, "
                "with the same version everywhere."
            )
        return reader


def _fingerprints(reader: Reader) -> tuple[str, str]:
    return reader.fingerprint, reader.ledger.fingerprint


_readers: dict[Knowledge, Reader] = {}  # of this process


def make_with(knowledge: Knowledge, order: Order) -> Parcel:
    """Read a file in a process that may read others; its reader is made once."""
    if knowledge not in _readers:
        _readers.clear()
        _readers[knowledge] = knowledge.reader()
    return make_parcel(order, _readers[knowledge])


def place_of(folder: Path, file: InputFile, received: datetime, reader: Reader) -> Path:
    """Where the parcel of ``file`` is, if it is read with what ``reader`` knows."""
    known = digest(file.sha256, str(file.path), received.isoformat(), reader.fingerprint, reader.ledger.fingerprint)
    return folder / f"{file.path.name}-{known}"


def make_parcel(order: Order, reader: Reader) -> Parcel:
    """Read a PubMed file; what a broken run has left of it whole is taken as it is."""
    left = open_parcel(order.folder)
    if left:
        return left
    records = rejections = 0
    deletions: list[Deletion] = []
    refused: list[str] = []
    figures = Figures()
    with ParcelWriter(order.folder) as parcel:
        for batch in batched(order.file, order.received):
            stray = [raw for raw in batch.records if raw.source is not Source.PUBMED]
            found, unread = ([], [_no_pubmed(stray[0])]) if stray else parse_all(batch.records)
            numbers = {id(raw): records + index for index, raw in enumerate(batch.records)}
            for document, raw in found:
                article, rows = reader.read(document), Batch()
                figures.take(article)
                add_article(rows, article, raw, fingerprint=reader.fingerprint, run_id="", models=reader.models)
                parcel.add(rows, numbers[id(raw)])
            for rejection, uri in (*batch.rejections, *unread):
                parcel.add(Batch({"rejection_rows": [rejection_row(rejection, "", uri=uri)]}))
                rejections += 1
                if rejection.reason not in NOTHING_LOST and len(refused) < TOLD:
                    refused.append(rejection.detail)
            figures.refuse([rejection for rejection, _ in unread])
            deletions += batch.deletions
            records += len(batch.records)
            if stray:
                break
        return parcel.finish(Contents(records, rejections, tuple(deletions), tuple(refused), figures.as_json()))


def _no_pubmed(raw: RawRecord) -> tuple[Rejection, str]:
    rejection = Rejection("acquire", "not_pubmed_xml", f"no PubMed records but {raw.source.value}")
    return with_remedy(rejection, str(raw.locator)), raw.locator.uri


# ------------------------------------------------------------------------------------------------ several at once


def make_parcels(orders: Iterable[Order], reader: Reader, settings: Settings) -> Iterator[Parcel]:
    """The parcels of ``orders``, in their order; as many processes read ahead as the settings say.

    Raises:
        StoreError: a process was killed, or cannot write its parcel.
    """
    workers = settings.workers
    if workers == 1:
        yield from (make_parcel(order, reader) for order in orders)
        return
    with _pool(Knowledge.of(reader, settings), workers) as submit:
        waiting: deque[Future[Parcel]] = deque()
        for order in orders:
            waiting.append(submit(order))
            if len(waiting) > workers:
                yield _result(waiting.popleft())
        while waiting:
            yield _result(waiting.popleft())


@contextmanager
def _pool(knowledge: Knowledge, workers: int) -> Iterator[Callable[[Order], Future[Parcel]]]:
    """Processes that begin from nothing: a fork would share the writer's database and threads."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update({name: os.environ.get(name, one) for name, one in ONE_THREAD.items()})
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin)
    try:
        yield lambda order: pool.submit(make_with, knowledge, order)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        for name, value in before.items():
            if value is None:
                del os.environ[name]


def _result(future: Future[Parcel]) -> Parcel:
    try:
        return future.result()
    except BrokenProcessPool as error:
        raise StoreError(
            f"a reading process was killed ({error}), perhaps for want of memory. Set RESISTMINE_WORKERS lower and run "
            "the same command again; what was read is kept."
        ) from error


def _begin() -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A process whose writer was killed has nobody to read for."""
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)
