"""PubMed records: the quick reader for the common shape, the tree for everything else."""

from __future__ import annotations

import re

from pipeline.model import Document, RawRecord, Rejection
from pipeline.parse import medline_shape, medline_tree
from pipeline.parse.identifiers import pmid_of, version_of
from pipeline.parse.markup import NotParsableError, read_tree, text_of
from pipeline.parse.records import is_deletion, split_records

__all__ = ["is_deletion", "parse_deletions", "parse_medline", "split_records"]

_PMID = re.compile(rb"<PMID[^<>]*>\s*(\d{1,12})\s*</PMID>")


def parse_medline(raw: RawRecord) -> Document | Rejection:
    """A ``PubmedArticle`` or ``PubmedBookArticle`` as a Document.

    The reasons for refusal are invalid_xml, hostile_xml, too_large, not_an_article, no_identifier, no_content.
    """
    return medline_shape.read(raw) or parse_medline_tree(raw)


def parse_medline_tree(raw: RawRecord) -> Document | Rejection:
    """The same without the quick reader, as a yardstick for it."""
    try:
        return medline_tree.read(raw)
    except NotParsableError as problem:
        return Rejection("parse", problem.reason, problem.detail, problem.document_id or _document_id(raw.content))


def _document_id(content: bytes) -> str | None:
    found = _PMID.search(content)
    pmid = pmid_of(found[1].decode("ascii")) if found else None
    return f"pmid:{pmid}" if pmid else None


def parse_deletions(block: bytes) -> tuple[tuple[str, int], ...] | Rejection:
    """(PMID, version) of each article that a ``DeleteCitation`` block withdraws.

    The reasons for refusal are invalid_xml, hostile_xml, too_large.
    """
    try:
        found = [
            (pmid_of(text_of(pmid)), version_of(pmid.get("Version"))) for pmid in read_tree(block).iterfind("PMID")
        ]
    except NotParsableError as problem:
        return Rejection("parse", problem.reason, problem.detail)
    return tuple((pmid, version) for pmid, version in found if pmid)
