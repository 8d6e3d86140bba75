"""Invented records for the tests of the parsers: small, and every part replaceable."""

from __future__ import annotations

from datetime import UTC, datetime

from pipeline.model import Document, Locator, RawRecord, Rejection, Source
from pipeline.parse import parse
from pipeline.text import sha256

RETRIEVED = datetime(2026, 11, 21, tzinfo=UTC)


def raw(content: str | bytes, source: Source = Source.PUBMED) -> RawRecord:
    """``content`` as a record of ``source``."""
    octets = content.encode("utf-8") if isinstance(content, str) else content
    return RawRecord(source, octets, sha256(octets), Locator("memory"), RETRIEVED)


def parsed(content: str | bytes, source: Source = Source.PUBMED) -> Document:
    """The document in ``content``; fails when it is refused."""
    document = parse(raw(content, source))
    assert isinstance(document, Document), document
    return document


def refused(content: str | bytes, source: Source = Source.PUBMED) -> Rejection:
    """The refusal of ``content``; fails when it is accepted."""
    rejection = parse(raw(content, source))
    assert isinstance(rejection, Rejection), rejection
    return rejection


PUB_DATE = "<Year>2021</Year><Month>Mar</Month><Day>04</Day>"


def pubmed(
    *,
    pmid: str = '<PMID Version="1">90000001</PMID>',
    dates: str = "",
    pub_date: str = PUB_DATE,
    title: str = "<ArticleTitle>Letrozole resistance in an invented cell line.</ArticleTitle>",
    locations: str = "",
    abstract: str = "",
    authors: str = "",
    languages: str = "<Language>eng</Language>",
    banks: str = "",
    types: str = '<PublicationType UI="D016428">Journal Article</PublicationType>',
    after_types: str = "",
    lists: str = "",
    ids: str = '<ArticleId IdType="pubmed">90000001</ArticleId>',
    after_ids: str = "",
    indented: bool = False,
) -> str:
    """A ``PubmedArticle`` with its elements in the order of the DTD."""
    record = (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM">{pmid}{dates}<Article PubModel="Print"><Journal>'
        '<ISSN IssnType="Electronic">0000-0000</ISSN><JournalIssue CitedMedium="Internet"><Volume>7</Volume>'
        f"<Issue>2</Issue><PubDate>{pub_date}</PubDate></JournalIssue><Title>Journal of Invented Oncology</Title>"
        f"<ISOAbbreviation>J Inv Oncol</ISOAbbreviation></Journal>{title}<Pagination><MedlinePgn>11-9</MedlinePgn>"
        f"</Pagination>{locations}{abstract}{authors}{languages}{banks}<PublicationTypeList>{types}"
        f"</PublicationTypeList>{after_types}</Article><MedlineJournalInfo><Country>Nowhere</Country>"
        "<MedlineTA>J Inv Oncol</MedlineTA><NlmUniqueID>1</NlmUniqueID></MedlineJournalInfo>"
        f'{lists}</MedlineCitation><PubmedData><History><PubMedPubDate PubStatus="entrez"><Year>2021</Year>'
        "<Month>3</Month><Day>5</Day><Hour>6</Hour><Minute>0</Minute></PubMedPubDate></History>"
        f"<PublicationStatus>ppublish</PublicationStatus><ArticleIdList>{ids}</ArticleIdList>{after_ids}</PubmedData>"
        "</PubmedArticle>"
    )
    return record.replace("><", ">\n      <") if indented else record


def abstract(text: str, attributes: str = "") -> str:
    """An ``Abstract`` of one part."""
    return f"<Abstract><AbstractText{attributes}>{text}</AbstractText></Abstract>"


def links(*rows: tuple[str, str, str]) -> str:
    """A ``CommentsCorrectionsList`` of (type, source in words, PMID or nothing)."""
    items = "".join(
        f'<CommentsCorrections RefType="{kind}"><RefSource>{words}</RefSource>'
        + (f'<PMID Version="1">{pmid}</PMID>' if pmid else "")
        + "</CommentsCorrections>"
        for kind, words, pmid in rows
    )
    return f"<CommentsCorrectionsList>{items}</CommentsCorrectionsList>"


def pubmed_set(*records: str, doctype: str = "") -> bytes:
    """A ``PubmedArticleSet`` of ``records``."""
    inside = "\n".join(records)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{doctype}<PubmedArticleSet>\n{inside}\n</PubmedArticleSet>'.encode()
    )


def jats(
    *,
    body: str = "<body><sec><title>Results</title><p>Cells survived.</p></sec></body>",
    title: str = "<title-group><article-title>Resistance, invented</article-title></title-group>",
    ids: str = '<article-id pub-id-type="pmid">90000002</article-id>',
    meta: str = "",
    back: str = "",
    after: str = "",
    attributes: str = ' article-type="research-article" xml:lang="en"',
    prolog: str = "",
) -> str:
    """A JATS article."""
    return (
        f'{prolog}<article xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:mml="http://www.w3.org/1998/Math/MathML"'
        f"{attributes}><front><journal-meta><journal-title-group><journal-title>Invented Reports</journal-title>"
        f"</journal-title-group></journal-meta><article-meta>{ids}{title}{meta}</article-meta></front>{body}{back}{after}"
        "</article>"
    )
