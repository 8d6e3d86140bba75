"""JATS articles (PMC, Europe PMC, publishers): identifiers, bibliographic data and full text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.model import Accession, Author, Document, Notice, PartialDate, RawRecord, Reference, Rejection, Section
from pipeline.parse.dates import partial_date
from pipeline.parse.identifiers import document_id_of, doi_of, language_of, pmcid_of, pmid_of
from pipeline.parse.jats_body import abstract_sections, body_sections
from pipeline.parse.jats_text import one_line_of
from pipeline.parse.licences import licence_of
from pipeline.parse.markup import SILENT, Element, NotParsableError, attribute, read_tree, text_of
from pipeline.parse.notices import status_of
from pipeline.text import one_line

# ------------------------------------------------------------------------------------------------ several articles

_EDGE = re.compile(rb"<(?:(?P<start>article|error)(?=[\s>])|/(?P<end>article|error)\s*+>)")


def split_articles(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The articles (and ``<error>`` replies) of a ``pmc-articleset`` as (byte offset, bytes of the element).

    Content with one article, or with none, is given back whole, so that nothing is lost of what it says.
    """
    edges = list(_EDGE.finditer(content))
    if sum(edge["start"] is not None for edge in edges) <= 1:
        yield 0, content
        return
    start: re.Match[bytes] | None = None
    for edge in edges:
        if start and (edge["start"] or edge["end"] == start["start"]):
            yield start.start(), content[start.start() : edge.start() if edge["start"] else edge.end()]
            start = None
        if edge["start"]:
            start = edge
    if start:
        yield start.start(), content[start.start() :]


# ------------------------------------------------------------------------------------------------ one article


def parse_jats(raw: RawRecord) -> Document | Rejection:
    """The article of ``raw``; ``has_full_text`` is false when it came without a body.

    The reasons for refusal are invalid_xml, hostile_xml, too_large, not_an_article, several_articles, not_available
    (an ``<error>`` reply), no_content.
    """
    try:
        return _document(raw, _main_article(read_tree(raw.content)))
    except NotParsableError as problem:
        return Rejection("parse", problem.reason, problem.detail, problem.document_id or _guessed_id(raw.content))


_OWN_ID = re.compile(rb"<article-id\s+pub-id-type=[\"'](pmid|pmc|pmcid)[\"'][^<>]*>\s*([^<]{1,20}?)\s*<")


def _guessed_id(content: bytes) -> str | None:
    """The document id of a broken article, as far as an identifier can still be read."""
    found: dict[str, str] = {}
    for kind, value in _OWN_ID.findall(content):  # the first of each kind: those of sub-articles follow
        found.setdefault(kind.decode(), value.decode("utf-8", "replace"))
    return document_id_of(pmid_of(found.get("pmid")), pmcid_of(found.get("pmc") or found.get("pmcid")))


def _main_article(root: Element) -> Element:
    if root.tag == "article":
        return root
    articles = list(root.iter("article"))
    if len(articles) > 1:
        raise NotParsableError("several_articles", f"{len(articles)} articles in one record")
    if articles:
        return articles[0]
    error = next(root.iter("error"), None)
    if error is not None:
        pmcid = pmcid_of(attribute(error, "id"))
        raise NotParsableError("not_available", one_line_of(error), document_id_of(None, pmcid))
    raise NotParsableError("not_an_article", f"the root element is <{root.tag}>")


def _document(raw: RawRecord, article: Element) -> Document:
    meta = article.find("front/article-meta")
    if meta is None:
        meta = article.find("front-stub")
    if meta is None:
        raise NotParsableError("not_an_article", "<article> without <article-meta>")
    pmid, pmcid, doi = _identifiers(meta)
    document_id = document_id_of(pmid, pmcid, doi) or "text:" + raw.sha256[:16]
    language = language_of(attribute(article, "lang"))
    title = _text(meta, "title-group/article-title") or _text(meta, "article-title")
    full_text = tuple(body_sections(article))
    sections = (*_titles(meta, title), *abstract_sections(meta, language), *full_text)
    if not sections:
        raise NotParsableError("no_content", "neither title nor abstract nor text", document_id)
    published, electronic = _dates(meta)
    article_type = attribute(article, "article-type")
    notices = tuple(_notices(meta))
    return Document(
        document_id=document_id,
        source=raw.source,
        raw_sha256=raw.sha256,
        sections=sections,
        pmid=pmid,
        pmcid=pmcid,
        doi=doi,
        title=title,
        journal=_journal(article),
        published=published,
        electronic=electronic,
        publication_types=(article_type,) if article_type else (),
        languages=(language,) if language else (),
        licence=licence_of(meta),
        status=status_of((article_type,) if article_type else (), notices),
        authors=tuple(_authors(meta)),
        keywords=tuple(_keywords(meta)),
        accessions=_trials(meta),
        notices=notices,
        references=tuple(_references(article)),
        volume=_text(meta, "volume"),
        issue=_text(meta, "issue"),
        pages=_pages(meta),
        has_full_text=article.find("body") is not None and bool(full_text),
    )


def _text(parent: Element, path: str) -> str | None:
    found = parent.find(path)
    return text_of(found, skip=_NO_NOTES) or None if found is not None else None


_NO_NOTES = SILENT | {"fn"}


def _titles(meta: Element, title: str | None) -> Iterator[Section]:
    if title:
        yield Section("title", title)
    subtitle = _text(meta, "title-group/subtitle")
    if subtitle:
        yield Section("title", subtitle, "subtitle")
    for translated in meta.iterfind("title-group/trans-title-group"):
        text = _text(translated, "trans-title")
        if text:
            yield Section("other_title", text, language=language_of(attribute(translated, "lang")))


# ------------------------------------------------------------------------------------------------ bibliographic data


def _identifiers(meta: Element) -> tuple[str | None, str | None, str | None]:
    """PMID, PMCID and DOI of the article itself: the direct children of its metadata, not those of what it cites."""
    found: dict[str, str] = {}
    for article_id in meta.iterfind("article-id"):
        found.setdefault(attribute(article_id, "pub-id-type") or "", text_of(article_id))
    return pmid_of(found.get("pmid")), pmcid_of(found.get("pmc") or found.get("pmcid")), doi_of(found.get("doi"))


def _journal(article: Element) -> str | None:
    journal = article.find("front/journal-meta")
    if journal is None:
        return None
    paths = ("journal-title-group/journal-title", "journal-title", "journal-title-group/abbrev-journal-title")
    return next((title for title in (_text(journal, path) for path in paths) if title), None)


_PRINTED = ("ppub", "epub-ppub", "collection", "print", "")
_ONLINE = ("epub", "epub-ppub", "electronic", "epreprint")


def _dates(meta: Element) -> tuple[PartialDate | None, PartialDate | None]:
    """When the issue appeared and when the article went online. The day it entered PMC is neither."""
    found: dict[str, PartialDate] = {}
    for date in meta.iterfind("pub-date"):
        read = partial_date(*(_text(date, name) for name in ("year", "month", "day")), season=_text(date, "season"))
        if read:
            found.setdefault(_kind_of_date(date), read)
    printed = next((found[kind] for kind in _PRINTED if kind in found), None)
    return printed, next((found[kind] for kind in _ONLINE if kind in found), None)


def _kind_of_date(date: Element) -> str:
    """``pub-type`` of old articles; newer ones say ``date-type="collection"`` or the format of publication."""
    if date.get("pub-type") or date.get("date-type") == "collection":
        return date.get("pub-type") or "collection"
    return date.get("publication-format") or date.get("date-type") or ""


def _pages(meta: Element) -> str | None:
    first, last = _text(meta, "fpage"), _text(meta, "lpage")
    if first:
        return f"{first}-{last}" if last and last != first else first
    return _text(meta, "elocation-id")


def _authors(meta: Element) -> Iterator[Author]:
    for contributor in meta.iterfind("contrib-group/contrib"):
        if (contributor.get("contrib-type") or "author").startswith("author"):
            author = _author(contributor)
            if author != Author():
                yield author


def _author(contributor: Element) -> Author:
    name = next((contributor.find(path) for path in _NAMES if contributor.find(path) is not None), None)
    if name is not None:
        given = name.find("given-names")
        initials = attribute(given, "initials") if given is not None else None
        return Author(_text(name, "surname") or (text_of(name) or None), _text(name, "given-names"), initials)
    collab = contributor.find("collab")
    if collab is None:
        return Author()
    return Author(collective=text_of(collab, skip=_NO_NOTES | {"contrib-group", "xref"}) or None)


_NAMES = ("name", "name-alternatives/name", "string-name", "name-alternatives/string-name")


def _keywords(meta: Element) -> Iterator[str]:
    for group in meta.iterfind("kwd-group"):
        title = (group.get("kwd-group-type") or "") + " " + (_text(group, "title") or "")
        if "abbreviation" not in title.casefold():
            found = (text_of(keyword) for keyword in group.iter("kwd", "compound-kwd"))
            yield from (text for text in found if text)


_NOTICE_KINDS = {  # JATS names the article that is linked to, PubMed the link
    "retracted-article": "RetractionOf",
    "retraction-forward": "RetractionIn",
    "partial-retraction": "PartialRetractionIn",
    "corrected-article": "ErratumFor",
    "correction-forward": "ErratumIn",
    "object-of-concern": "ExpressionOfConcernFor",
    "concern-forward": "ExpressionOfConcernIn",
    "expression-of-concern-forward": "ExpressionOfConcernIn",
    "commentary-article": "CommentOn",
    "commentary": "CommentIn",
    "updated-article": "UpdateOf",
    "update": "UpdateIn",
}


def _notices(meta: Element) -> Iterator[Notice]:
    for link in meta.iterfind("related-article"):
        kind = attribute(link, "related-article-type") or "related-article"
        target, words = attribute(link, "href"), text_of(link)
        pmid = pmid_of(target) if link.get("ext-link-type") == "pubmed" else None
        for pub_id in link.iter("pub-id"):
            pmid = pmid or (pmid_of(text_of(pub_id)) if pub_id.get("pub-id-type") == "pmid" else None)
        yield Notice(_NOTICE_KINDS.get(kind, kind), pmid, words or target)


# ------------------------------------------------------------------------------------------------ trials, references

_TRIALS = (
    ("ClinicalTrials.gov", re.compile(r"\bNCT ?\d{8}\b")),
    ("ISRCTN", re.compile(r"\bISRCTN ?\d{8}\b")),
    ("EudraCT", re.compile(r"\b20\d\d-\d{6}-\d\d\b")),
    ("ANZCTR", re.compile(r"\bACTRN ?\d{14}\b")),
    ("ChiCTR", re.compile(r"\bChiCTR-?[A-Z]*-?\d{8,10}\b")),
    ("JPRN", re.compile(r"\bUMIN ?\d{9}\b|\bjRCTs?\d{9,10}\b")),
)


def _trials(meta: Element) -> tuple[Accession, ...]:
    """Trial registrations named in the front matter and the abstracts, each once."""
    text = " ".join(str(part) for part in meta.itertext())
    links = (attribute(link, "href") or "" for link in meta.iter("ext-link", "uri", "related-object"))
    searched = " ".join((text, *links))
    found = ((bank, number) for bank, pattern in _TRIALS for number in pattern.findall(searched))
    return tuple(dict.fromkeys(Accession(bank, number.replace(" ", "")) for bank, number in found))


_CITATIONS = frozenset({"element-citation", "mixed-citation", "citation", "nlm-citation"})
_ID_NAMES = frozenset({"pub-id", "article-id"})
_NOT_CITED = SILENT | _ID_NAMES | {"comment", "label", "object-id"}


def _references(article: Element) -> Iterator[Reference]:
    """What the reference lists of the main article cite; a reference may hold several works."""
    for part in (*article.iterfind("back"), *article.iterfind("body")):
        for listed in part.iter("ref"):
            for citation in listed.iter(*_CITATIONS):
                reference = _reference(citation)
                if reference != Reference():
                    yield reference


def _reference(citation: Element) -> Reference:
    ids: dict[str, str] = {}
    for pub_id in citation.iter(*_ID_NAMES):
        ids.setdefault(attribute(pub_id, "pub-id-type") or "", text_of(pub_id))
    links = (attribute(link, "href") for link in citation.iter("ext-link") if link.get("ext-link-type") == "doi")
    doi = doi_of(ids.get("doi")) or next((doi for doi in map(doi_of, links) if doi), None)
    words = _structured(citation) if citation.find("source") is not None else ""
    words = one_line(words or text_of(citation, skip=_NOT_CITED), 300)
    return Reference(pmid_of(ids.get("pmid")), doi, pmcid_of(ids.get("pmcid") or ids.get("pmc")), words or None)


def _structured(citation: Element) -> str:
    """ "Family Given, Family Given, et al. Title. Source. Year;volume:first-last", as far as the parts are there."""
    names = [_cited_name(name) for name in citation.iter("name", "string-name", "collab")]
    who = ", ".join(name for name in names[:3] if name) + (", et al" if len(names) > 3 else "")
    title = _text(citation, "article-title") or _text(citation, "chapter-title")
    place = _text(citation, "volume") or ""
    pages = "-".join(page for page in (_text(citation, "fpage"), _text(citation, "lpage")) if page)
    when = ";".join(part for part in (_text(citation, "year"), f"{place}:{pages}".strip(":")) if part)
    return ". ".join(part.rstrip(".") for part in (who, title, _text(citation, "source"), when) if part)


def _cited_name(name: Element) -> str:
    parts = [part for part in (_text(name, "surname"), _text(name, "given-names")) if part]
    return " ".join(parts) or text_of(name)
