"""Plain text and JSON Lines to documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from pipeline.model import Document, RawRecord, Rejection, Section
from pipeline.parse.identifiers import pmid_of
from pipeline.parse.layout import read_layout
from pipeline.parse.markup import NotParsableError

_BYTE_ORDER_MARK = "\ufeff"


def parse_text(raw: RawRecord) -> Document | Rejection:
    """A text file as a document, of one section unless it is laid out in more.

    The reasons for refusal are binary_file, not_utf8, no_content.
    """
    try:
        text = _text_of(raw.content)
    except NotParsableError as problem:
        return Rejection("parse", problem.reason, problem.detail)
    if not text.strip():
        return Rejection("parse", "no_content", "the file is empty")
    return Document(
        document_id="text:" + raw.sha256[:16],
        source=raw.source,
        raw_sha256=raw.sha256,
        sections=read_layout(text) or (Section("body", text),),
    )


def _text_of(content: bytes) -> str:
    if b"\x00" in content:
        raise NotParsableError("binary_file", f"a zero byte at {content.index(0)}")
    try:
        return content.decode("utf-8").removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as problem:
        raise NotParsableError("not_utf8", f"not valid UTF-8 at byte {problem.start}") from None


def parse_jsonl(raw: RawRecord) -> Document | Rejection:
    """One line of JSON Lines, ``{"id", "text"}`` with optional title, sections and pmid, as a document.

    The reasons for refusal are not_utf8, binary_file, invalid_json, wrong_type, missing_id, missing_text, no_content.
    """
    try:
        return _document(raw, _object(raw.content))
    except NotParsableError as problem:
        return Rejection("parse", problem.reason, problem.detail, problem.document_id)


def _object(content: bytes) -> dict[str, Any]:
    text = _text_of(content)
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as problem:
        raise NotParsableError("invalid_json", str(problem)) from None
    if not isinstance(found, dict):
        raise NotParsableError("wrong_type", f"an object is expected, not {type(found).__name__}")
    return found


def _document(raw: RawRecord, found: dict[str, Any]) -> Document:
    document_id, pmid = _identity(found)
    try:
        title = _string(found, "title")
        sections = tuple(_sections(found, title))
    except NotParsableError as problem:
        raise NotParsableError(problem.reason, problem.detail, document_id) from None
    if not sections:
        raise NotParsableError("no_content", "title, text and sections are empty", document_id)
    return Document(
        document_id=document_id,
        source=raw.source,
        raw_sha256=raw.sha256,
        sections=sections,
        pmid=pmid,
        title=title or None,
    )


def _identity(found: dict[str, Any]) -> tuple[str, str | None]:
    """The document id and the PMID; a number is accepted for both, as JSON written by hand often has one."""
    given, pmid_given = found.get("id"), found.get("pmid")
    for name, value in (("id", given), ("pmid", pmid_given)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, str | int)):
            raise NotParsableError("wrong_type", f"{name!r} is {type(value).__name__}, expected a string")
    pmid = pmid_of(str(pmid_given)) if pmid_given not in (None, "") else None
    if pmid_given not in (None, "") and pmid is None:
        raise NotParsableError(
            "wrong_type", f"'pmid' is {pmid_given!r}, expected digits", f"text:{given}" if given else None
        )
    if pmid is None and given in (None, ""):
        raise NotParsableError("missing_id", "neither 'id' nor 'pmid'")
    return (f"pmid:{pmid}" if pmid else f"text:{given}"), pmid


def _sections(found: dict[str, Any], title: str | None) -> Iterator[Section]:
    text, sections = _string(found, "text"), found.get("sections")
    if text is None and sections is None:
        raise NotParsableError("missing_text", "neither 'text' nor 'sections'")
    if title:
        yield Section("title", title)
    if text:
        yield from read_layout(text) or (Section("abstract", text),)
    if sections is not None and not isinstance(sections, list):
        raise NotParsableError("wrong_type", f"'sections' is {type(sections).__name__}, expected a list")
    for section in sections or ():
        if not isinstance(section, dict):
            raise NotParsableError("wrong_type", f"a section is {type(section).__name__}, expected an object")
        yield _section(section)


def _section(section: dict[str, Any]) -> Section:
    text = _string(section, "text")
    if text is None:
        raise NotParsableError("missing_text", "a section without 'text'")
    return Section(_string(section, "kind") or "body", text, _string(section, "heading") or None)


def _string(found: dict[str, Any], name: str) -> str | None:
    value = found.get(name)
    if value is not None and not isinstance(value, str):
        raise NotParsableError("wrong_type", f"{name!r} is {type(value).__name__}, expected a string")
    return value
