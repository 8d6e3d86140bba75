"""The main job: files → raw records → articles → the evidence database, batch by batch.

The job is a plain object with plain steps, so that the command line, a test and a Prefect flow run the same thing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, TypedDict

import duckdb

from pipeline import __version__
from pipeline.article import Reader
from pipeline.curation import load_verdicts
from pipeline.drift import Drift, Figures, drift
from pipeline.errors import StoreError, UnreadableInputError
from pipeline.model import Deletion, Document, Locator, RawRecord, Rejection, Source, file_number
from pipeline.parse import parse
from pipeline.paths import OutputPaths
from pipeline.prune import NOTHING, Pruned, prune
from pipeline.records import RawBatch, Told, batched, parse_all, with_told
from pipeline.runs import Manifest, figures_before, machine, sums, write_figures, write_manifest
from pipeline.settings import Settings
from pipeline.sources import raw as raw_store
from pipeline.sources.local import UNOPENED, InputFile, find_files
from pipeline.store.build import Build, Counts
from pipeline.store.identities import Stored
from pipeline.store.parcel import Parcel
from pipeline.store.query import select
from pipeline.store.snapshots import base_of, open_build, publish, writing
from pipeline.verdicts import take_verdicts

NOTHING_LOST = frozenset({"no_content"})  # reasons for which a file still counts as read
TOLD = 10  # refusals that a summary repeats in full; the database has all of them


@dataclass(slots=True)
class Moved:
    """Documents to be read again under another identity than they are stored under."""

    identities: list[str] = field(default_factory=list)
    documents: list[tuple[Document, RawRecord]] = field(default_factory=list)
    rejections: list[tuple[Rejection, str]] = field(default_factory=list)


class Knowledge(TypedDict):
    """What was read with, and in which run, as the database notes it."""

    fingerprint: str
    models: str | None
    run_id: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did."""

    run_id: str
    counts: Counts
    files: int
    files_done_before: int
    files_unreadable: int
    files_incomplete: int
    records: int
    refused: tuple[str, ...]
    published: str
    read_again: int = 0
    pruned: Pruned = NOTHING


class IngestJob:
    """One run: use as a context manager; leaving it publishes, an error or an interruption leaves things as they were.

    Args:
        settings: where things are.
        command: what was asked for, as the run is noted.
        demo: whether the records are made up.
        reader: what reads; made from the settings if it is not given.
        prepare: gives the reader instead, while nobody else is writing; it may change what people made.

    Raises (on entering):
        RunningElsewhereError: another run is writing.
        StoreError: the output folder cannot be written.
    """

    def __init__(
        self,
        settings: Settings,
        command: str,
        *,
        demo: bool = False,
        reader: Reader | None = None,
        prepare: Callable[[], Reader] | None = None,
    ) -> None:
        self.settings = settings
        self.paths = OutputPaths(settings.output)
        self.command = command
        self.demo = demo
        self.run_id = ""  # made when it is entered
        self.counts = Counts()
        self.read = Figures()
        self.files = self.files_done_before = self.files_unreadable = self.records = 0
        self.refused: list[str] = []
        self._incomplete: set[Path] = set()
        self.published = ""
        self.pruned = NOTHING
        self.read_again = 0
        self.incomplete = False  # whether a source gave less than it counts
        self.events: list[dict[str, Any]] = []
        self._prepare = prepare or (lambda: reader or Reader(models=settings.models, home=settings.home))
        self._stack = ExitStack()
        self._changed = False

    # -------------------------------------------------------------------------------------------- begin and end

    def __enter__(self) -> IngestJob:
        with ExitStack() as stack:
            stack.enter_context(writing(self.paths, self.command))
            self.reader = self._prepare()
            self.verdicts = load_verdicts(self.settings.home)
            self.build: Build = stack.enter_context(open_build(self.paths, demo=self.demo))
            self._base, self._whole_base = base_of(self.paths, self.build)
            self._latest = self.build.files.latest() or datetime.min.replace(tzinfo=UTC)
            self.run_id = f"{self.now():%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
            self.build.begin_run(self.run_id, self.command, self.versions())
            self._take_ledger()
            self._stack = stack.pop_all()
        return self

    def _take_ledger(self) -> None:
        """Read the stored documents again in which a correction has come, gone or changed since the last run."""
        try:
            self.build.take_ledger(self.reader.ledger)
            for batch in self.build.stale(self.reader.models):
                articles = [self.reader.read_again(document, found) for document, found in batch]
                self.build.write_again(articles, **self._knowledge())
                self.read_again += len(articles)
        except BaseException as error:
            self._note_end("interrupted" if isinstance(error, KeyboardInterrupt) else "failed")
            raise
        self._changed |= bool(self.read_again)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        with self._stack:
            if kind is None:
                self._changed |= take_verdicts(self.build, self.verdicts)
                self.build.end_run(self.run_id, "incomplete" if self.incomplete else "done", self._as_counts())
                self.published = publish(self.paths, self.build, dated=self._changed)
                self._leave_manifest()
                with suppress(OSError):  # what cannot be removed does not fail the run
                    self.pruned = prune(self.settings, self.verdicts)
            elif not issubclass(kind, StoreError):
                self._note_end("interrupted" if kind is KeyboardInterrupt else "failed")
        if isinstance(error, OSError | duckdb.Error):
            raise self._cannot_go_on(error) from error

    def _leave_manifest(self) -> None:
        """What the run was made of, so that it can be run again."""
        ledger = self.settings.home / "corrections.tsv"
        searched = "SELECT topic, purpose, term, found, translation FROM searches WHERE run_id = ? ORDER BY ALL"
        manifest = Manifest(
            self.run_id, self.command, self.versions(), machine(), self.settings.models,
            list(select(self.paths, searched, [self.run_id]).dictionaries()), self.events,
            ledger.read_text("utf-8") if ledger.exists() else None, self._base, self._whole_base, self.published,
            sums(self.paths.evidence) if self._changed else {}, self._as_counts(),
        )  # fmt: skip
        write_manifest(self.paths, manifest)
        write_figures(self.paths, self.run_id, self.command, self.read)

    def drift(self) -> list[Drift]:
        """What was read otherwise than by the last runs of this command."""
        return drift(self.read, figures_before(self.paths, self.run_id, self.command))

    def _note_end(self, status: str) -> None:
        """Note how the run ended, if that can still be written; else the next run notes it as interrupted."""
        with suppress(duckdb.Error, OSError):
            self.build.end_run(self.run_id, status, {})

    def _cannot_go_on(self, error: Exception) -> StoreError:
        return StoreError(
            f"{self.paths.root}: the run broke off ({error}). What is published is whole; free space on the disk (or "
            "mend what is named) and run the same command to go on."
        )

    def now(self) -> datetime:
        """The time, later than all that is stored: of two things the one that was said last counts, on any clock."""
        self._latest = max(datetime.now(UTC), self._latest + timedelta(microseconds=1))
        return self._latest

    def summary(self) -> Summary:
        return Summary(
            self.run_id,
            self.counts,
            self.files,
            self.files_done_before,
            self.files_unreadable,
            len(self._incomplete),
            self.records,
            tuple(self.refused),
            self.published,
            self.read_again,
            self.pruned,
        )

    def _knowledge(self) -> Knowledge:
        return {"fingerprint": self.reader.fingerprint, "models": self.reader.models, "run_id": self.run_id}

    def versions(self) -> dict[str, str]:
        """Of the program and of what it reads with."""
        return {
            "resistmine": __version__, "knowledge": self.reader.fingerprint, "rules": self.reader.rules.fingerprint,
            "ledger": self.reader.ledger.fingerprint,
        }  # fmt: skip

    def _as_counts(self) -> dict[str, int]:
        return {name: getattr(self.counts, name) for name in self.counts.__slots__} | {
            "files": self.files, "files_done_before": self.files_done_before, "files_unreadable": self.files_unreadable,
            "files_incomplete": len(self._incomplete), "records": self.records, "read_again": self.read_again,
        }  # fmt: skip

    # -------------------------------------------------------------------------------------------- steps

    def batches(self, paths: Iterable[Path], note: Callable[[int], None] = lambda _: None) -> Iterator[RawBatch]:
        """The raw records of ``paths`` in batches. Files read before with the same knowledge are passed over.

        ``note`` is told how many bytes of the files (as they lie on the disk, compressed) are dealt with.
        """
        for found in find_files(paths):
            taken = self.take(found, note)
            if taken:
                yield from batched(*taken)
                note(taken[0].size)

    def take(
        self, found: InputFile | Rejection, note: Callable[[int], None] = lambda _: None
    ) -> tuple[InputFile, datetime] | None:
        """A file that is to be read, and when it was first there; None if it cannot be read, or was read before."""
        if isinstance(found, Rejection):
            self.files_unreadable += 1
            self.events.append({"rejections": [(asdict(found), found.detail.rpartition(": ")[0])]})
            self._note_unreadable(found)
            return None
        self.files += 1
        self.build.files.forget_rejections_of(str(found.path), *map(str, found.path.parents), reasons=UNOPENED)
        done = self.build.files.is_done(found.sha256, self.reader.fingerprint)
        if done is not None and not self._says_it_again(found):
            self.files_done_before += 1
            self.counts += Counts(unchanged=done)
            self.records += done
            note(found.size)
            return None
        kept = raw_store.keep(found, self.paths.raw)
        kept_as = str(kept) if kept else None
        received = self.build.files.note_file(found.sha256, str(found.path), kept_as, found.size, self.now())
        self.build.files.forget_rejections_of(str(found.path))
        self.events.append({"file": str(found.path), "sha256": found.sha256, "kept_as": kept_as})
        return found, received

    def _says_it_again(self, found: InputFile) -> bool:
        """Whether this is another of PubMed's numbered files with the same bytes as one that was read."""
        known = {file_number(uri) for uri in self.build.files.uris_of(found.sha256)}
        return file_number(found.path.name) not in known | {None}

    def fetched(self, file: InputFile, url: str, received: datetime, told: Told | None = None) -> Iterator[RawBatch]:
        """The records of a reply that is kept in ``file``, in batches; ``url`` is where it came from."""
        self.build.files.note_file(file.sha256, url, str(file.path), file.size, received)
        told_of = asdict(told) if told else None
        self.events.append({"reply": url, "sha256": file.sha256, "kept_as": str(file.path), "told": told_of,
                            "received": received.isoformat()})  # fmt: skip
        self.build.files.forget_rejections_of(str(file.path))
        for batch in batched(file, received):
            batch.told = told
            yield batch

    def note_rejections(self, rejections: Sequence[tuple[Rejection, str]], deletions: Sequence[Deletion] = ()) -> None:
        """Keep, in place of what was noted for the same addresses, what a source did not give or has deleted."""
        self.build.files.forget_rejections_of(*(uri for _, uri in rejections))
        self.events.append({"rejections": [(asdict(each), uri) for each, uri in rejections],
                            "deletions": [list(each) for each in deletions]})  # fmt: skip
        counts = self.build.add([], rejections=rejections, deletions=deletions, **self._knowledge())
        self._changed |= bool(rejections or deletions)
        self.counts += counts

    def process(self, batch: RawBatch) -> Counts:
        """Read the records of a batch and store what they say."""
        unchanged = self.build.unchanged([raw.sha256 for raw in batch.records], self.reader.fingerprint)
        fresh = [raw for raw in batch.records if raw.sha256 not in unchanged or (batch.told and batch.told.retracted)]
        documents, rejections = parse_all(fresh)
        if batch.told:
            documents = [(with_told(document, batch.told), raw) for document, raw in documents]
        documents = self._under_known_identities(documents)
        moved = self._known_otherwise(documents)
        articles = [(self.reader.read(document), raw) for document, raw in (*moved.documents, *documents)]
        for article, _ in articles:
            self.read.take(article)
        self.read.refuse([rejection for rejection, _ in rejections])
        counts = Counts(unchanged=len(batch.records) - len(fresh)) + self.build.add(
            articles,
            rejections=[*batch.rejections, *rejections, *moved.rejections],
            deletions=batch.deletions,
            moved=moved.identities,
            **self._knowledge(),
        )
        self.records += len(batch.records)
        self._tell(batch.file.path, [rejection for rejection, _ in (*batch.rejections, *rejections)])
        if batch.last and batch.file.path not in self._incomplete:
            records = batch.read_before + len(batch.records)
            self.build.files.note_done(batch.file.sha256, self.reader.fingerprint, records, self.run_id)
        again = [raw for raw in batch.records if raw.sha256 in unchanged]
        came_back = self.build.come_again(again) if again else 0
        self._changed |= bool(counts.documents or counts.rejections or batch.deletions or came_back)
        self.counts += counts
        return counts

    def delete(self, deletions: Sequence[Deletion]) -> None:
        """Mark as deleted what a source says, outside any file, that it has no more."""
        self.build.add([], deletions=deletions, **self._knowledge())
        self.events.append({"rejections": [], "deletions": [list(each) for each in deletions]})
        self._changed = True

    @property
    def whole(self) -> bool:
        """Whether every file so far could be read to its end."""
        return not (self.files_unreadable or self._incomplete)

    def load(self, file: InputFile, parcel: Parcel) -> Counts:
        """Store what was read of a whole file, by whichever process; the parcel is not needed afterwards."""
        moved = self._read_under_new_identities(self.build.moved_by(parcel))
        if moved.documents or moved.rejections:
            self.counts += self.build.add(
                [(self.reader.read(document), raw) for document, raw in moved.documents],
                rejections=moved.rejections,
                moved=moved.identities,
                **self._knowledge(),
            )
        counts = self.build.load(parcel, fingerprint=self.reader.fingerprint, run_id=self.run_id)
        self.records += parcel.contents.records
        self.read.add(Figures.of_json(parcel.contents.read))
        self._refuse(file.path, parcel.contents.refused)
        if not parcel.contents.refused:
            self.build.files.note_done(file.sha256, self.reader.fingerprint, parcel.contents.records, self.run_id)
        self._changed = True
        self.counts += counts
        parcel.remove()
        return counts

    def _under_known_identities(
        self, documents: Sequence[tuple[Document, RawRecord]]
    ) -> list[tuple[Document, RawRecord]]:
        """The documents under the identities that other sources have given them."""
        known = self.build.identities.known(document for document, _ in documents)
        return [
            (replace(document, document_id=known.get(document.document_id, document.document_id)), raw)
            for document, raw in documents
        ]

    def _known_otherwise(self, documents: Sequence[tuple[Document, RawRecord]]) -> Moved:
        """What is stored under another identity of the same documents; it stays there where its bytes are gone."""
        return self._read_under_new_identities(self.build.identities.earlier(document for document, _ in documents))

    def _read_under_new_identities(self, earlier: Iterable[tuple[str, Stored]]) -> Moved:
        moved = Moved()
        for document_id, stored in earlier:
            try:
                raw = self._stored_raw(stored)
            except UnreadableInputError as error:
                rejection = Rejection("acquire", "raw_record_gone", str(error), stored.document_id)
                moved.rejections.append((rejection, stored.uri))
                continue
            document = parse(raw)
            if isinstance(document, Rejection):
                moved.rejections.append((replace(document, detail=f"{raw.locator}: {document.detail}"), stored.uri))
            else:
                moved.identities.append(stored.document_id)
                moved.documents.append((replace(document, document_id=document_id), raw))
        return moved

    def _stored_raw(self, stored: Stored) -> RawRecord:
        locator = Locator(stored.uri, stored.member, stored.offset, stored.length, stored.file_sha256)
        kept = self.build.files.kept_as(stored.file_sha256)
        return raw_store.read_again(Source(stored.source), stored.raw_sha256, locator, kept)

    def _tell(self, path: Path, rejections: Sequence[Rejection]) -> None:
        """Remember the first refusals for the summary, and that a file is looked through again by the next run."""
        self._refuse(path, [rejection.detail for rejection in rejections if rejection.reason not in NOTHING_LOST])

    def _refuse(self, path: Path, lost: Sequence[str]) -> None:
        if lost:
            self._incomplete.add(path)
            self.refused += lost[: max(TOLD - len(self.refused), 0)]

    def _note_unreadable(self, rejection: Rejection) -> None:
        place = rejection.detail.rpartition(": ")[0]
        self.refused += [rejection.detail] if len(self.refused) < TOLD else []
        self.build.files.forget_rejections_of(place, reasons=UNOPENED)
        self.counts += self.build.add([], rejections=[(rejection, place)], **self._knowledge())


def ingest_files(
    paths: Sequence[Path],
    settings: Settings,
    *,
    command: str,
    demo: bool = False,
    reader: Reader | None = None,
    note: Callable[[int], None] = lambda _: None,
) -> Summary:
    """The whole job for local files: read, extract, store, publish."""
    with IngestJob(settings, command, demo=demo, reader=reader) as job:
        for batch in job.batches(paths, note):
            job.process(batch)
    return job.summary()


def run_prepared(settings: Settings, command: str, prepare: Callable[[], Reader]) -> Summary | None:
    """A run that reads no files: takes what people made and publishes. Without a database only ``prepare`` is done."""
    paths = OutputPaths(settings.output)
    if not paths.evidence.exists():
        with writing(paths, command):
            prepare()
        return None
    purpose = select(paths, "SELECT value FROM meta WHERE key = 'purpose'").rows
    with IngestJob(settings, command, demo=purpose == (("demo",),), prepare=prepare) as job:
        pass
    return job.summary()
