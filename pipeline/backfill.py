"""Baseline and update files in bulk: in the order of their numbers, each whole or not at all, any number at once."""

from __future__ import annotations

import os
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from pipeline.article import Reader
from pipeline.bulk import Order, make_parcels, place_of
from pipeline.errors import AcquireError
from pipeline.ingest import IngestJob, Summary
from pipeline.model import FILES_A_YEAR, Deletion, Rejection, file_number
from pipeline.settings import Settings
from pipeline.sources.local import InputFile, find_files
from pipeline.sources.mirror import Catalogue, Mirror
from pipeline.store.build import Counts
from pipeline.store.parcel import Parcel
from pipeline.text import one_line

XML = (".xml", ".xml.gz")
GIVEN_UP_AFTER = 3  # files in a row that cannot be had
MANY, MOST_PART = 1000, 50  # left behind by a new baseline: more than these, and than one in fifty, are a mistake
Note = Callable[[int], None]
T = TypeVar("T")


class Steps:
    """How the steps of a backfill are done: by this process, files read by as many as the settings say.

    A flow does them as tasks.
    """

    def ask(self, what: str, action: Callable[[], T]) -> T:
        """Ask PubMed's file server for something; ``what`` says for what."""
        return action()

    def read(self, orders: Iterable[Order], reader: Reader, settings: Settings) -> Iterator[Parcel]:
        """Read files, wherever; what is in them comes in their order."""
        return make_parcels(orders, reader, settings)

    def store(self, job: IngestJob, file: InputFile, parcel: Parcel) -> Counts:
        """Store what was read of a file."""
        return job.load(file, parcel)

    def note(self, done: int, of: int) -> None:
        """So many of all files are dealt with."""


def backfill_files(
    paths: Sequence[Path],
    settings: Settings,
    *,
    command: str,
    reader: Reader | None = None,
    note: Note = lambda _: None,
    steps: Steps | None = None,
) -> Summary:
    """The whole job for PubMed files: read by as many processes as the settings say, stored by this one, published.

    ``note`` is told of bytes.
    """
    files = in_order(paths)
    with IngestJob(settings, command, reader=reader) as job:
        backfill(job, (found for path in files for found in find_files([path])), steps or Steps(), note, of=len(files))
    return job.summary()


def backfill_mirror(
    settings: Settings,
    *,
    command: str,
    reader: Reader | None = None,
    tell: Callable[[str], None] = lambda _: None,
    steps: Steps | None = None,
) -> Summary:
    """The same for all baseline and update files that PubMed has, of which those that are missing here are fetched.

    When all of a new annual baseline is stored, records that stood only in an older one are marked as deleted.

    Raises:
        AcquireError: PubMed gives no list of its files.
    """
    steps = steps or Steps()
    with IngestJob(settings, command, reader=reader) as job:
        mirror = Mirror(settings.pubmed_files_url, job.paths.pubmed)
        catalogue = steps.ask("list PubMed's files", mirror.catalogue)
        tell(f"PubMed has {len(catalogue.files)} files, the newest is {catalogue.files[-1].name}")
        backfill(job, _copies(mirror, catalogue, steps), steps, of=len(catalogue.files))
        tell(f"{mirror.fetched} files fetched, {job.files_done_before} were stored before")
        if not catalogue.from_the_first:
            tell(f"the baseline of 20{catalogue.year} is listed without its first files; nothing counts as left behind")
        elif job.whole:
            _close_year(job, mirror, catalogue.year, tell)
    return job.summary()


def _copies(mirror: Mirror, catalogue: Catalogue, steps: Steps) -> Iterator[InputFile | Rejection]:
    """A copy of each file, or why there is none; after some failures in a row it is not the files that fail."""
    failures = 0
    for offered in catalogue.files:
        try:
            known = mirror.known(offered)
            yield known or steps.ask(f"fetch {offered.name}", partial(mirror.copy_of, offered))
            failures = 0
        except AcquireError as error:
            failures += 1
            words = one_line(str(error), 500).replace(": ", ", ")
            yield Rejection("acquire", "not_fetched", f"{mirror.path_of(offered)}: {words}")
        if failures == GIVEN_UP_AFTER:
            break
    for name in catalogue.gaps:
        words = f"PubMed lists no {name}, but later ones; run it again later"
        yield Rejection("acquire", "not_listed", f"{mirror.folder}: {words}")


def _close_year(job: IngestJob, mirror: Mirror, year: int, tell: Callable[[str], None]) -> None:
    """Mark as deleted what a whole new baseline has no more; so many that it cannot be are not marked, but told."""
    gone, all_of_them = job.build.left_behind(year)
    if len(gone) > max(MANY, all_of_them // MOST_PART):
        detail = f"{mirror.folder}: the baseline of 20{year} lacks {len(gone)} of {all_of_them} records; look into it"
        job.take(Rejection("acquire", "too_many_left_behind", detail))
    elif gone:
        job.delete([Deletion(pmid, None, year * FILES_A_YEAR, job.now()) for pmid in gone])
        tell(f"the baseline of 20{year} has {len(gone)} records no more; they stay, marked as deleted")


def backfill(
    job: IngestJob,
    found: Iterable[InputFile | Rejection],
    steps: Steps,
    note: Note = lambda _: None,
    *,
    of: int,
) -> None:
    """Store the files ``found`` (about so many), in this order. What a broken run had read is not read again."""
    taken: deque[Order] = deque()
    orders = _orders(job, found, taken, note)
    for parcel in steps.read(orders, job.reader, job.settings):
        file = taken.popleft().file
        steps.store(job, file, parcel)
        note(file.size)
        steps.note(job.files - len(taken), of)
    shutil.rmtree(job.paths.parcels, ignore_errors=True)


def _orders(job: IngestJob, found: Iterable[InputFile | Rejection], taken: deque[Order], note: Note) -> Iterator[Order]:
    """What is to be read; noted in ``taken`` until it is stored."""
    for each in found:
        pair = job.take(each, note)
        if pair:
            taken.append(Order(*pair, place_of(job.paths.parcels, *pair, job.reader)))
            yield taken[-1]


def in_order(paths: Iterable[Path]) -> list[Path]:
    """The files named, as they are to be read: what has no number as it was given, then PubMed's by their numbers.

    A folder stands for the XML files in it: PubMed keeps checksums and statistics beside them.
    """
    files = [file for path in paths for file in (_xml_in(path) if os.path.isdir(path) else [path])]
    numbered = {file: file_number(file.name) for file in files}
    return sorted(numbered, key=lambda file: numbered[file] or 0)


def _xml_in(folder: Path) -> list[Path]:
    """The files of a folder; the folder itself if there are none, so that it is told of."""
    found = sorted(
        Path(place, name)
        for place, _, names in os.walk(folder)
        for name in names
        if name.endswith(XML) and not name.startswith(".")
    )
    return found or [folder]
