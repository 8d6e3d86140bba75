"""The main job: files → raw records → articles → the evidence database, batch by batch.

The job is a plain object with plain steps, so that the command line, a test and a Prefect flow run the same thing.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from pipeline import __version__
from pipeline.article import Reader
from pipeline.errors import StoreError, UnreadableInputError
from pipeline.model import Article, Document, Locator, RawRecord, Rejection, Source
from pipeline.parse import is_deletion, parse, parse_deletions, split_articles, split_records
from pipeline.paths import OutputPaths
from pipeline.settings import Settings
from pipeline.sources import raw as raw_store
from pipeline.sources.local import DAMAGED, InputFile, Stream, find_files, open_streams
from pipeline.store.build import Build, Counts, Stored
from pipeline.store.snapshots import open_build, publish, writing
from pipeline.text import sha256

BATCH = 500
LARGEST_DOCUMENT = 128_000_000  # bytes of a file that holds one document
PUBMED_ROOT = re.compile(
    rb"<(?:PubmedArticleSet|PubmedArticle|PubmedBookArticleSet|PubmedBookArticle|DeleteCitation)\b"
)
XML_PROLOGUE = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<[!?a-zA-Z]")


@dataclass(slots=True)
class RawBatch:
    """Some hundred raw records of one file, and what could not be read between them."""

    file: InputFile
    records: list[RawRecord] = field(default_factory=list)
    rejections: list[tuple[Rejection, str]] = field(default_factory=list)
    deletions: list[tuple[str, int | None]] = field(default_factory=list)
    last: bool = False
    read_before: int = 0

    @property
    def size(self) -> int:
        return len(self.records) + len(self.rejections) + len(self.deletions)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did."""

    run_id: str
    counts: Counts
    files: int
    files_done_before: int
    files_unreadable: int
    published: str


class IngestJob:
    """One run: use as a context manager; leaving it publishes, an error or an interruption leaves things as they were.

    Raises (on entering):
        RunningElsewhereError: another run is writing.
        StoreError: the output folder cannot be written.
    """

    def __init__(self, settings: Settings, command: str, *, demo: bool = False, reader: Reader | None = None) -> None:
        self.settings = settings
        self.paths = OutputPaths(settings.output)
        self.command = command
        self.demo = demo
        self.run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        self.counts = Counts()
        self.files = self.files_done_before = self.files_unreadable = 0
        self.published = ""
        self._reader = reader
        self._stack = ExitStack()
        self._changed = False

    # -------------------------------------------------------------------------------------------- begin and end

    def __enter__(self) -> IngestJob:
        with ExitStack() as stack:
            stack.enter_context(writing(self.paths, self.command))
            self.reader = self._reader or Reader(models=self.settings.models, home=self.settings.home)
            self.build: Build = stack.enter_context(open_build(self.paths, demo=self.demo))
            self.build.begin_run(self.run_id, self.command, self._versions())
            self.build.write_corrections(self.reader.ledger.corrections)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        with self._stack:
            if kind is None:
                self.build.end_run(self.run_id, "done", self._as_counts())
                self.published = publish(self.paths, self.build, keep=self.settings.keep_snapshots, dated=self._changed)
            elif not issubclass(kind, StoreError):
                self.build.end_run(self.run_id, "interrupted" if kind is KeyboardInterrupt else "failed", {})

    def summary(self) -> Summary:
        return Summary(
            self.run_id, self.counts, self.files, self.files_done_before, self.files_unreadable, self.published
        )

    def _versions(self) -> dict[str, str]:
        return {"resistmine": __version__, "knowledge": self.reader.fingerprint, "rules": self.reader.rules.fingerprint}

    def _as_counts(self) -> dict[str, int]:
        return {name: getattr(self.counts, name) for name in self.counts.__slots__} | {
            "files": self.files, "files_done_before": self.files_done_before, "files_unreadable": self.files_unreadable,
        }  # fmt: skip

    # -------------------------------------------------------------------------------------------- steps

    def batches(self, paths: Iterable[Path], note: Callable[[int], None] = lambda _: None) -> Iterator[RawBatch]:
        """The raw records of ``paths`` in batches. Files read before with the same knowledge are passed over.

        ``note`` is told how many bytes of the files (as they lie on the disk, compressed) are dealt with.
        """
        for found in find_files(paths):
            if isinstance(found, Rejection):
                self.files_unreadable += 1
                self._note_unreadable(found)
                continue
            self.files += 1
            done = self.build.is_done(found.sha256, self.reader.fingerprint)
            if done is not None:
                self.files_done_before += 1
                self.counts += Counts(unchanged=done)
                note(found.size)
                continue
            kept = raw_store.keep(found, self.paths.raw)
            self.build.note_file(found.sha256, str(found.path), str(kept) if kept else None, found.size)
            self.build.forget_rejections_of(str(found.path))
            yield from _batched(found)
            note(found.size)

    def process(self, batch: RawBatch) -> Counts:
        """Read the records of a batch and store what they say."""
        unchanged = self.build.unchanged([raw.sha256 for raw in batch.records], self.reader.fingerprint)
        fresh = [raw for raw in batch.records if raw.sha256 not in unchanged]
        documents, rejections = _parse_all(fresh)
        articles = self._read(documents)
        counts = Counts(unchanged=len(batch.records) - len(fresh)) + self.build.add(
            articles,
            rejections=[*batch.rejections, *rejections],
            deletions=batch.deletions,
            fingerprint=self.reader.fingerprint,
            run_id=self.run_id,
        )
        if batch.last:
            records = batch.read_before + len(batch.records)
            self.build.note_done(batch.file.sha256, self.reader.fingerprint, records, self.run_id)
        self._changed |= bool(counts.documents or counts.rejections or batch.deletions)
        self.counts += counts
        return counts

    def _read(self, documents: Sequence[tuple[Document, RawRecord]]) -> list[tuple[Article, RawRecord]]:
        """Read documents under the identity that other sources have given them; re-read those known under another."""
        known = self.build.known_as(document for document, _ in documents)
        named = [
            (replace(document, document_id=known.get(document.document_id, document.document_id)), raw)
            for document, raw in documents
        ]
        earlier = self.build.earlier_identities(document for document, _ in named)
        for document_id, stored in earlier:
            raw = self._stored_raw(stored)
            document = parse(raw)
            if isinstance(document, Document):
                named.append((replace(document, document_id=document_id), raw))
        self.build.forget([stored.document_id for _, stored in earlier])
        return [(self.reader.read(document), raw) for document, raw in named]

    def _stored_raw(self, stored: Stored) -> RawRecord:
        locator = Locator(stored.uri, stored.member, stored.offset, stored.length, stored.file_sha256)
        kept = self.build.kept_as(stored.file_sha256)
        return raw_store.read_again(Source(stored.source), stored.raw_sha256, locator, kept)

    def _note_unreadable(self, rejection: Rejection) -> None:
        place = rejection.detail.split(":")[0]
        self.build.forget_rejections_of(place)
        self.counts += self.build.add(
            [], rejections=[(rejection, place)], fingerprint=self.reader.fingerprint, run_id=self.run_id
        )


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


# ------------------------------------------------------------------------------------------------ files → raw records


def raw_records_in(path: Path) -> Iterator[RawRecord]:
    """The raw records of one file.

    Raises:
        UnreadableInputError: the file holds none, or cannot be read.
    """
    refused = ""
    number = 0
    for found in find_files([path]):
        for item in [found] if isinstance(found, Rejection) else _items(found):
            if isinstance(item, RawRecord):
                number += 1
                yield item
            elif isinstance(item, Rejection):
                refused = f"{item.reason}: {item.detail}"
    if not number:
        raise UnreadableInputError(f"{path}: no article in it. {refused}")


def _batched(file: InputFile) -> Iterator[RawBatch]:
    batch = RawBatch(file)
    for item in _items(file):
        if isinstance(item, RawRecord):
            batch.records.append(item)
        elif isinstance(item, Rejection):
            batch.rejections.append((item, str(file.path)))
        else:
            batch.deletions.extend(item)
        if batch.size >= BATCH:
            yield batch
            batch = RawBatch(file, read_before=batch.read_before + len(batch.records))
    batch.last = True
    yield batch


def _items(file: InputFile) -> Iterator[RawRecord | Rejection | tuple[tuple[str, int], ...]]:
    """Raw records, rejections, and deleted (PMID, version) pairs of a file, in its order."""
    retrieved = datetime.now(UTC)
    for stream in open_streams(file):
        if isinstance(stream, Rejection):
            yield stream
            continue
        head, chunks = _peek(stream)
        if isinstance(head, Rejection):
            yield head
        elif PUBMED_ROOT.search(head):
            yield from _pubmed(stream, chunks, retrieved)
        else:
            yield from _whole(stream, head, chunks, retrieved)


def _peek(stream: Stream) -> tuple[bytes | Rejection, Iterator[bytes]]:
    """The first chunk, and all chunks again; a rejection if not even the first can be read."""
    try:
        first = next(stream.chunks, b"")
    except DAMAGED as error:
        detail = f"{stream.place}: cannot be decompressed ({error}); fetch it again"
        return Rejection("acquire", "truncated_file", detail), iter(())

    def again() -> Iterator[bytes]:
        yield first
        yield from stream.chunks

    return first, again()


def _pubmed(
    stream: Stream, chunks: Iterator[bytes], retrieved: datetime
) -> Iterator[RawRecord | Rejection | tuple[tuple[str, int], ...]]:
    for piece in split_records(chunks):
        if isinstance(piece, Rejection):
            yield replace(piece, detail=f"{stream.place}: {piece.detail}")
        elif is_deletion(piece[1]):
            yield parse_deletions(piece[1])
        else:
            yield _raw(Source.PUBMED, stream, piece[0], piece[1], retrieved)


def _whole(
    stream: Stream, head: bytes, chunks: Iterator[bytes], retrieved: datetime
) -> Iterator[RawRecord | Rejection]:
    """A file that is one document (JATS, text), or a line a document (JSON Lines)."""
    content = bytearray()
    try:
        for chunk in chunks:
            content += chunk
            if len(content) > LARGEST_DOCUMENT:
                detail = f"{stream.place}: more than {LARGEST_DOCUMENT} bytes in one document"
                yield Rejection("acquire", "too_large", detail)
                return
    except DAMAGED as error:
        yield Rejection("acquire", "truncated_file", f"{stream.place}: breaks off ({error}); fetch it again")
        if not head.lstrip().startswith(b"{"):
            return
    yield from _documents(stream, bytes(content), retrieved)


def _documents(stream: Stream, content: bytes, retrieved: datetime) -> Iterator[RawRecord]:
    if content.lstrip().startswith(b"{"):
        offset = 0
        for line in content.split(b"\n"):
            if line.strip():
                yield _raw(Source.JSONL, stream, offset, line, retrieved)
            offset += len(line) + 1
    elif XML_PROLOGUE.match(content):
        for offset, article in split_articles(content):
            yield _raw(Source.JATS, stream, offset, article, retrieved)
    else:
        yield _raw(Source.TEXT, stream, 0, content, retrieved)


def _raw(source: Source, stream: Stream, offset: int, content: bytes, retrieved: datetime) -> RawRecord:
    locator = Locator(str(stream.file.path), stream.member, offset, len(content), stream.file.sha256)
    return RawRecord(source, content, sha256(content), locator, retrieved)


def _parse_all(
    records: Sequence[RawRecord],
) -> tuple[list[tuple[Document, RawRecord]], list[tuple[Rejection, str]]]:
    documents, rejections = [], []
    for raw in records:
        parsed = parse(raw)
        if isinstance(parsed, Rejection):
            rejections.append((replace(parsed, detail=f"{raw.locator}: {parsed.detail}"), raw.locator.uri))
        else:
            documents.append((parsed, raw))
    return documents, rejections
