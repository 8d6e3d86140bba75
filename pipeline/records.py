"""Files to raw records, in batches: what kind of bytes a file holds, and what in it cannot be read.

Whole documents (JATS, text), a document a line (JSON Lines) and PubMed records, also in archives; parsed they are only
by :func:`parse_all`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePath

import orjson

from pipeline.errors import UnreadableInputError
from pipeline.model import Deletion, Document, Locator, RawRecord, Rejection, Source, Status, file_number
from pipeline.parse import is_deletion, parse, parse_deletions, split_articles, split_records
from pipeline.sources.local import CHUNK, DAMAGED, InputFile, Stream, find_files, open_streams
from pipeline.text import sha256

BATCH = 500  # records
BATCH_BYTES = 8_000_000  # about fifty full texts, whose sentences and names are held at once
LARGEST_DOCUMENT = 128_000_000  # bytes of a file that holds one document
PUBMED_ROOT = re.compile(
    rb"<(?:PubmedArticleSet|PubmedArticle|PubmedBookArticleSet|PubmedBookArticle|DeleteCitation)\b"
)
XML_PROLOGUE = re.compile(rb"\s*<[!?a-zA-Z]")
JSON_START = re.compile(rb"\s*(?:\{\s*[\"}]|\[\s*[{\[])")
JSON_NAMES = (".json", ".jsonl", ".ndjson")
WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")  # byte order marks of UTF-16
MARKS = re.compile(rb"\A(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)")
ONE_A_LINE = 'expected: one object {"id": …, "text": …} a line'
EXPECTED = {
    "invalid_xml": "expected: well-formed UTF-8 XML; mend it or fetch it again",
    "hostile_xml": "expected: an article without entities of its own, at most 256 levels deep; leave it out",
    "not_an_article": "expected: PubMed records or JATS articles; leave it out",
    "no_identifier": "expected: a PMID; fetch it again",
    "too_large": "split it, or leave it out",
    "binary_file": "expected: text; convert it to UTF-8 text, or leave it out",
    "not_utf8": "expected: UTF-8; convert it (iconv -t UTF-8)",
    "invalid_json": f"{ONE_A_LINE}; mend the line",
    "wrong_type": f"{ONE_A_LINE}; mend the line",
    "missing_id": f"{ONE_A_LINE}; mend the line",
    "missing_text": f"{ONE_A_LINE}; mend the line",
    "truncated_file": "fetch it again",
    "damaged_file": "fetch it again",
    "stray_content": "expected: whole PubMed records one after the other; fetch it again",
    "not_pubmed_xml": "expected: a baseline or update file; resistmine ingest --files reads other formats",
    "unsupported_encoding": "convert it (iconv -t UTF-8)",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What the source says of an article beside its bytes; None: nothing."""

    pmid: str | None = None
    licence: str | None = None
    retracted: bool = False


@dataclass(slots=True)
class RawBatch:
    """Some hundred raw records of one file, and what could not be read between them."""

    file: InputFile
    records: list[RawRecord] = field(default_factory=list)
    rejections: list[tuple[Rejection, str]] = field(default_factory=list)
    deletions: list[Deletion] = field(default_factory=list)
    last: bool = False
    read_before: int = 0
    told: Told | None = None

    @property
    def size(self) -> int:
        return len(self.records) + len(self.rejections) + len(self.deletions)


def raw_records_in(path: Path) -> Iterator[RawRecord]:
    """The raw records of one file.

    Raises:
        UnreadableInputError: the file holds none, or cannot be read.
    """
    refused = ""
    number = 0
    for found in find_files([path]):
        for item in [found] if isinstance(found, Rejection) else _items(found, datetime.now(UTC)):
            if isinstance(item, RawRecord):
                number += 1
                yield item
            elif isinstance(item, Rejection):
                refused = f"{item.reason}: {item.detail}"
    if not number:
        raise UnreadableInputError(f"{path}: no article in it. {refused}")


def batched(file: InputFile, received: datetime) -> Iterator[RawBatch]:
    batch, weight = RawBatch(file), 0
    for item in _items(file, received):
        if isinstance(item, RawRecord):
            batch.records.append(item)
            weight += len(item.content)
        elif isinstance(item, Rejection):
            batch.rejections.append((item, str(file.path)))
        else:
            batch.deletions.extend(item)
        if batch.size >= BATCH or weight >= BATCH_BYTES:
            yield batch
            batch, weight = RawBatch(file, read_before=batch.read_before + len(batch.records)), 0
    batch.last = True
    yield batch


def _items(file: InputFile, retrieved: datetime) -> Iterator[RawRecord | Rejection | tuple[Deletion, ...]]:
    """Raw records, rejections, and deletions of a file, in its order."""
    for stream in open_streams(file):
        if isinstance(stream, Rejection):
            yield stream
            continue
        head, chunks = _peek(stream)
        if isinstance(head, Rejection):
            yield head
        elif PUBMED_ROOT.search(_narrow(head)):
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
) -> Iterator[RawRecord | Rejection | tuple[Deletion, ...]]:
    number = file_number(stream.file.path.name)
    for piece in split_records(chunks):
        if isinstance(piece, Rejection):
            yield with_remedy(piece, stream.place)
        elif is_deletion(piece[1]):
            deleted = parse_deletions(piece[1])
            if isinstance(deleted, Rejection):
                yield with_remedy(deleted, f"{stream.place}, the deletions at byte {piece[0]}")
            else:
                yield tuple(Deletion(pmid, version, number, retrieved, piece[0]) for pmid, version in deleted)
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
                detail = f"more than {LARGEST_DOCUMENT} bytes in one document"
                yield with_remedy(Rejection("acquire", "too_large", detail), stream.place)
                return
    except DAMAGED as error:
        yield Rejection("acquire", "truncated_file", f"{stream.place}: breaks off ({error}); fetch it again")
        if not _is_json(stream, head):
            return
    yield from _documents(stream, bytes(content), retrieved)


def _documents(stream: Stream, content: bytes, retrieved: datetime) -> Iterator[RawRecord | Rejection]:
    if _is_json(stream, content):
        yield from _lines(stream, content, retrieved)
    elif XML_PROLOGUE.match(_narrow(content[:CHUNK])):
        for offset, article in split_articles(content):
            yield _raw(Source.JATS, stream, offset, article, retrieved)
    else:
        yield _raw(Source.TEXT, stream, 0, content, retrieved)


def _lines(stream: Stream, content: bytes, retrieved: datetime) -> Iterator[RawRecord | Rejection]:
    """A record for each line; a file that is JSON but not in lines is refused once, not once a line."""
    if not _has_lines(content):
        detail = f"no JSON Lines; {ONE_A_LINE}; rewrite it (jq -c .)"
        yield Rejection("acquire", "not_json_lines", f"{stream.place}: {detail}")
        return
    offset = 0
    for line in content.split(b"\n"):
        mark = MARKS.match(line) if offset == 0 else None
        start = mark.end() if mark else 0
        if line.strip():
            yield _raw(Source.JSONL, stream, offset + start, line[start:], retrieved)
        offset += len(line) + 1


def _has_lines(content: bytes) -> bool:
    """Whether at least one line is an object by itself, and the lines together are not one value."""
    lines = [line for line in MARKS.sub(b"", content).split(b"\n") if line.strip()]
    return any(isinstance(_json(line), dict) for line in lines) and (len(lines) == 1 or _json(content) is None)


def _json(content: bytes) -> object:
    """What ``content`` says as JSON; None if it is none."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return None


def _is_json(stream: Stream, head: bytes) -> bool:
    """By the name of the file, else by its beginning."""
    name = PurePath(stream.member or stream.file.path).name.lower().removesuffix(".gz")
    return name.endswith(JSON_NAMES) or bool(JSON_START.match(MARKS.sub(b"", head)))


def _narrow(head: bytes) -> bytes:
    """The beginning of a file without byte order mark, and of UTF-16 every character that ASCII has."""
    return MARKS.sub(b"", head.replace(b"\x00", b"") if head.startswith(WIDE_MARKS) else head)


def with_remedy(rejection: Rejection, place: str) -> Rejection:
    """Place, what was found, what was expected and what to do."""
    remedy = EXPECTED.get(rejection.reason)
    return replace(rejection, detail=f"{place}: {rejection.detail}" + (f"; {remedy}" if remedy else ""))


def _raw(source: Source, stream: Stream, offset: int, content: bytes, retrieved: datetime) -> RawRecord:
    locator = Locator(str(stream.file.path), stream.member, offset, len(content), stream.file.sha256)
    return RawRecord(source, content, sha256(content), locator, retrieved)


def with_told(document: Document, told: Told) -> Document:
    """What the bytes themselves say goes first, except that nothing takes a retraction back."""
    pmid = document.pmid or told.pmid
    return replace(
        document,
        document_id=f"pmid:{pmid}" if pmid else document.document_id,
        pmid=pmid,
        licence=document.licence or told.licence,
        status=Status.RETRACTED if told.retracted else document.status,
    )


def parse_all(
    records: Sequence[RawRecord],
) -> tuple[list[tuple[Document, RawRecord]], list[tuple[Rejection, str]]]:
    documents, rejections = [], []
    for raw in records:
        parsed = parse(raw)
        if isinstance(parsed, Rejection):
            rejections.append((with_remedy(parsed, str(raw.locator)), raw.locator.uri))
        else:
            documents.append((parsed, raw))
    return documents, rejections
