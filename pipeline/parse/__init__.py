"""Bytes of an article to a :class:`~pipeline.model.Document`, or to a :class:`~pipeline.model.Rejection`."""

from __future__ import annotations

from pipeline.model import Document, RawRecord, Rejection, Source
from pipeline.parse.jats import parse_jats, split_articles
from pipeline.parse.medline import is_deletion, parse_deletions, parse_medline, split_records
from pipeline.parse.plain import parse_jsonl, parse_text

__all__ = [
    "is_deletion",
    "parse",
    "parse_deletions",
    "parse_jats",
    "parse_jsonl",
    "parse_medline",
    "parse_text",
    "split_articles",
    "split_records",
]


def parse(raw: RawRecord) -> Document | Rejection:
    """The document in ``raw``, by the parser for its source; bad content gives a Rejection, never an exception."""
    match raw.source:
        case Source.PUBMED:
            return parse_medline(raw)
        case Source.JATS:
            return parse_jats(raw)
        case Source.TEXT:
            return parse_text(raw)
        case Source.JSONL:
            return parse_jsonl(raw)
