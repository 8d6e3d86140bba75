"""A PubMed file cut into its records, in constant memory, one bad record costing only itself."""

from __future__ import annotations

import re
import zlib
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from gzip import BadGzipFile

from isal.igzip_lib import IsalError

from pipeline.model import Rejection
from pipeline.parse.identifiers import pmid_of
from pipeline.parse.markup import MAX_BYTES
from pipeline.text import one_line

_READ_AT_LEAST = 1 << 18
_HEAD = 4096  # bytes in which a record says its PMID
_LOOK_AHEAD = 64  # longer than any tag name that matters here

_RECORD = re.compile(rb"\s*<(PubmedArticle|PubmedBookArticle|DeleteCitation|DeleteDocument)(?=[\s>])")
_SET = re.compile(rb"<(/?)(Pubmed(?:Book)?ArticleSet)\b[^<>]*>")
_LANDMARK = re.compile(
    rb"<(?:PubmedArticle|PubmedBookArticle|DeleteCitation|DeleteDocument)[\s>]|</?Pubmed(?:Book)?ArticleSet[\s>]"
)
_SPACE = re.compile(rb"\s*")
_ASIDES = ((b"<?", b"?>"), (b"<!--", b"-->"), (b"<!DOCTYPE", b">"))
_PMID = re.compile(rb"<PMID[^<>]*>\s*(\d{1,12})\s*</PMID>")
_DECLARED = re.compile(rb"\A\s*<\?xml[^>]*?\sencoding\s*=\s*[\"']([^\"']*)[\"']")
_READABLE_ENCODINGS = frozenset({b"utf-8", b"utf8", b"us-ascii", b"ascii"})


Piece = tuple[int, bytes] | Rejection
"""A record with its byte offset, or what could not be read."""


@dataclass(slots=True)
class _Window:
    """The part of the stream that is in memory: ``data`` starts at byte ``offset`` of the stream."""

    chunks: Iterator[bytes]
    data: bytes = b""
    offset: int = 0
    damage: tuple[str, str] | None = None  # what ended the stream too early: reason and words
    ends_in_record: bool = False

    def more(self, keep_from: int) -> bool:
        """Forget what lies before ``keep_from`` and read on; at the end of the stream change nothing and say False.

        At least as much is read as is kept, so that a long record costs time in proportion to its length.
        """
        parts = [self.data[keep_from:]]
        wanted = max(_READ_AT_LEAST, len(parts[0]))
        while wanted > 0:
            chunk = self._next()
            if chunk is None:
                break
            parts.append(chunk)
            wanted -= len(chunk)
        if not any(parts[1:]):
            return False
        self.offset, self.data = self.offset + keep_from, b"".join(parts)
        return True

    def _next(self) -> bytes | None:
        try:
            return next(self.chunks, None)
        except EOFError:
            self.damage = self.damage or ("truncated_file", "the compressed file ends too early")
        except (zlib.error, IsalError, BadGzipFile) as problem:  # type: ignore[misc]  # isal's stub lacks the class
            self.damage = self.damage or ("damaged_file", f"the compressed file cannot be read further: {problem}")
        return None


def split_records(chunks: Iterable[bytes]) -> Iterator[Piece]:
    """The records of a PubMed file as (byte offset, bytes); what cannot be one as a :class:`Rejection`.

    ``chunks`` are the decompressed bytes of a ``PubmedArticleSet`` or of bare records, in pieces of any size. Records
    are ``PubmedArticle``, ``PubmedBookArticle`` and ``DeleteCitation`` (see :func:`is_deletion`), in file order. A
    record without its end tag costs only itself. Reasons of stage *acquire*: truncated_file (in a record, or before the
    end of the root or of the compressed stream), damaged_file, stray_content, unsupported_encoding; of stage *parse*:
    invalid_xml (a record that does not end), too_large.
    """
    window = _Window(iter(chunks))
    window.more(0)
    refused = _unreadable(window.data)
    if refused:
        yield refused
        return
    position, root_open = 3 if window.data.startswith(b"\xef\xbb\xbf") else 0, False
    while True:
        record = _RECORD.match(window.data, position)
        if record:
            position = yield from _record(window, record)
            continue
        position = _SPACE.match(window.data, position).end()  # type: ignore[union-attr]  # matches nothing too
        if len(window.data) - position < _LOOK_AHEAD and window.more(position):
            position = 0
            continue
        if position == len(window.data):
            break
        end_of_set = _SET.match(window.data, position)
        if end_of_set:
            root_open, position = not end_of_set[1], end_of_set.end()
        else:
            position = yield from _between(window, position)
    if (root_open or window.damage) and not window.ends_in_record:
        reason, detail = window.damage or ("truncated_file", "the end tag of the root is missing")
        yield Rejection("acquire", reason, f"{detail}, after byte {window.offset + position}")


def is_deletion(record: bytes) -> bool:
    """Whether a record of :func:`split_records` lists deleted articles."""
    return record.startswith(b"<Delete")


def _unreadable(start: bytes) -> Rejection | None:
    declared = _DECLARED.match(start.removeprefix(b"\xef\xbb\xbf"))
    wide = start.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not wide and (declared is None or declared[1].lower() in _READABLE_ENCODINGS):
        return None
    name = "UTF-16" if declared is None else declared[1].decode("ascii", "replace")
    return Rejection("acquire", "unsupported_encoding", f"PubMed files are UTF-8, this one is {name}")


def _record(window: _Window, opening: re.Match[bytes]) -> Generator[Piece, None, int]:
    """Give the record that starts at ``opening``; returns the position after it.

    One search serves both ends: the next ``Name>`` belongs to the end tag or, in a broken record, to another start tag.
    """
    name = opening[1] + b">"
    start, seek = opening.start(1) - 1, opening.end()
    while True:
        found = window.data.find(name, seek)
        if found < 0:
            if len(window.data) - start > MAX_BYTES:
                return (yield from _give_up(window, start, "too_large", f"more than {MAX_BYTES} bytes"))
            seek = max(len(window.data) - len(name), seek) - start
            if not window.more(start):
                return (yield from _unfinished(window, start))
            start = 0
        elif window.data.startswith(b"</", found - 2):
            end = found + len(name)
            yield window.offset + start, window.data[start:end]
            return end
        elif window.data.startswith(b"<", found - 1):
            return (yield from _give_up(window, start, "invalid_xml", "it does not end before the next one starts"))
        else:
            seek = found + 1


def _unfinished(window: _Window, start: int) -> Generator[Piece, None, int]:
    """The stream is over inside a record, or the record lacks its end tag and others follow."""
    if _LANDMARK.search(window.data, start + 1):
        return (yield from _give_up(window, start, "invalid_xml", "it does not end"))
    window.ends_in_record = True
    reason, detail = window.damage or ("truncated_file", "the file ends")
    place = f"{detail}, inside the record at byte {window.offset + start}"
    yield Rejection("acquire", reason, place, _named(window.data[start : start + _HEAD]))
    return len(window.data)


def _give_up(window: _Window, start: int, reason: str, detail: str) -> Generator[Piece, None, int]:
    """Refuse the record at ``start`` and go to the next landmark."""
    place, document_id = window.offset + start, _named(window.data[start : start + _HEAD])
    yield Rejection("parse", reason, f"the record at byte {place}: {detail}", document_id)
    return _next_landmark(window, start + 1)


def _next_landmark(window: _Window, position: int) -> int:
    """The position of the next start of a record, or start or end of a set; else the end of the stream."""
    while True:
        landmark = _LANDMARK.search(window.data, position)
        if landmark:
            return landmark.start()
        position = max(len(window.data) - _LOOK_AHEAD, position)
        if not window.more(position):
            return len(window.data)
        position = 0


def _between(window: _Window, position: int) -> Generator[Piece, None, int]:
    """Step over a comment, declaration or DOCTYPE at ``position``, or report what has no business there."""
    for start_mark, end_mark in _ASIDES:
        if window.data.startswith(start_mark, position):
            end = _end_of_aside(window.data, position, end_mark)
            while end < 0 and len(window.data) - position < MAX_BYTES and window.more(position):
                position = 0
                end = _end_of_aside(window.data, position, end_mark)
            if end >= 0:
                return end
    place, start = window.offset + position, window.data[position : position + _HEAD]
    end = _next_landmark(window, position + 1)
    length, words = window.offset + end - place, one_line(start[:200].decode("utf-8", "replace"), 80)
    yield Rejection("acquire", "stray_content", f"{length} bytes at byte {place}: {words}", _named(start[:length]))
    return end


def _end_of_aside(content: bytes, position: int, end_mark: bytes) -> int:
    end = content.find(end_mark, position)
    if end >= 0 and end_mark == b">" and b"[" in content[position:end]:  # a DOCTYPE with declarations of its own
        end = content.find(b">", content.find(b"]", position)) if b"]" in content[position:] else -1
    return end + len(end_mark) if end >= 0 else -1


def _named(content: bytes) -> str | None:
    """The document id of a broken record, as far as a PMID can still be read."""
    following = _LANDMARK.search(content, 1)  # what comes after it is another record's
    found = _PMID.search(content, 0, following.start() if following else len(content))
    pmid = pmid_of(found[1].decode("ascii")) if found else None
    return f"pmid:{pmid}" if pmid else None
