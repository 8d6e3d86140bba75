"""PubMed XML read as a tree: every shape a record may have, at the pace of lxml.

:mod:`pipeline.parse.medline_shape` reads the common shape much faster and leaves everything else to this module;
whatever both can read they read alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.model import (
    Accession,
    Author,
    Document,
    MeshHeading,
    MeshQualifier,
    Notice,
    PartialDate,
    RawRecord,
    Reference,
    Section,
)
from pipeline.parse.dates import dated_in_words, partial_date
from pipeline.parse.identifiers import doi_of, pmcid_of, pmid_of, version_of
from pipeline.parse.markup import Element, NotParsableError, attribute, read_tree, text_of
from pipeline.parse.notices import status_of


def read(raw: RawRecord) -> Document:
    """The article or book of ``raw``; raises :class:`NotParsableError`."""
    root = read_tree(raw.content)
    if root.tag == "PubmedArticle":
        return _article(raw, root)
    if root.tag == "PubmedBookArticle":
        return _book(raw, root)
    raise NotParsableError("not_an_article", f"the root element is <{root.tag}>")


# ------------------------------------------------------------------------------------------------ articles


def _article(raw: RawRecord, root: Element) -> Document:
    citation, article = root.find("MedlineCitation"), root.find("MedlineCitation/Article")
    if citation is None or article is None:
        raise NotParsableError("not_an_article", "<PubmedArticle> without <MedlineCitation> and <Article>")
    pmid = _pmid(citation)
    title = _text(article, "ArticleTitle")
    languages = _texts(article.iterfind("Language"))
    publication_types = _texts(article.iterfind("PublicationTypeList/PublicationType"))
    notices, cited = _links(citation)
    own = dict(_article_ids(root.find("PubmedData/ArticleIdList")))
    return Document(
        document_id=f"pmid:{pmid}",
        source=raw.source,
        raw_sha256=raw.sha256,
        sections=_sections(citation, article, title, languages, pmid),
        pmid=pmid,
        pmcid=pmcid_of(own.get("pmc")),
        doi=doi_of(own.get("doi")) or _electronic_doi(article),
        version=_version(citation),
        title=title,
        journal=_text(article, "Journal/Title") or _text(article, "Journal/ISOAbbreviation"),
        published=_published(article.find("Journal/JournalIssue/PubDate")),
        electronic=_date(article.find("ArticleDate")),
        revised=_date(citation.find("DateRevised")),
        publication_types=publication_types,
        languages=languages,
        status=status_of(publication_types, notices),
        authors=_authors(article.iterfind("AuthorList/Author")),
        mesh=tuple(_mesh_headings(citation)),
        keywords=_texts(citation.iterfind("KeywordList/Keyword")),
        chemicals=_texts(citation.iterfind("ChemicalList/Chemical/NameOfSubstance")),
        accessions=_accessions(article),
        notices=notices,
        references=(*cited, *_references(root.find("PubmedData"))),
        volume=_text(article, "Journal/JournalIssue/Volume"),
        issue=_text(article, "Journal/JournalIssue/Issue"),
        pages=_text(article, "Pagination/MedlinePgn"),
    )


def _text(parent: Element, path: str) -> str | None:
    found = parent.find(path)
    return text_of(found) or None if found is not None else None


def _texts(elements: Iterable[Element]) -> tuple[str, ...]:
    return tuple(text for text in map(text_of, elements) if text)


def _pmid(parent: Element) -> str:
    pmid = pmid_of(_text(parent, "PMID"))
    if pmid is None:
        raise NotParsableError("no_identifier", "no <PMID>, or not a number")
    return pmid


def _version(parent: Element) -> int:
    return version_of(parent.find("PMID").get("Version"))  # type: ignore[union-attr]  # there is one: _pmid found it


def _sections(
    citation: Element, article: Element, title: str | None, languages: tuple[str, ...], pmid: str
) -> tuple[Section, ...]:
    sections = [Section("title", title)] if title else []
    sections += _abstract(article.find("Abstract"))
    vernacular = _text(article, "VernacularTitle")
    if vernacular:
        sections.append(Section("other_title", vernacular, language=foreign(languages)))
    for other in citation.iterfind("OtherAbstract"):
        sections += _other_abstract(other)
    if not sections:
        raise NotParsableError("no_content", "neither title nor abstract", f"pmid:{pmid}")
    return tuple(sections)


def foreign(languages: tuple[str, ...]) -> str | None:
    """The language of a title "in the original": the first one that is not English."""
    return next((language for language in languages if language != "eng"), None)


def _abstract(abstract: Element | None) -> Iterator[Section]:
    for part in abstract.iterfind("AbstractText") if abstract is not None else ():
        text = text_of(part)
        if text:
            yield Section("abstract", text, attribute(part, "Label"), attribute(part, "NlmCategory"))


def _other_abstract(other: Element) -> Iterator[Section]:
    kind, language = attribute(other, "Type"), attribute(other, "Language")
    for part in _abstract(other):
        heading = other_heading(kind, part.heading)
        yield Section("other_abstract", part.text, heading, part.category, language)


def other_heading(kind: str | None, label: str | None) -> str | None:
    """The heading of an abstract that is not the article's main one: its type and the label of its part."""
    return " > ".join(part for part in (kind, label) if part) or None


# ------------------------------------------------------------------------------------------------ parts


def _published(date: Element | None) -> PartialDate | None:
    if date is None:
        return None
    words = _text(date, "MedlineDate")
    return dated_in_words(words) if words else _date(date)


def _date(date: Element | None) -> PartialDate | None:
    if date is None:
        return None
    parts = (_text(date, name) for name in ("Year", "Month", "Day"))
    return partial_date(*parts, season=_text(date, "Season"))


def _article_ids(parent: Element | None) -> list[tuple[str, str]]:
    """(kind, value) of the *own* list: the lists of cited papers look the same and lie below the same root."""
    found = parent.iterfind("ArticleId") if parent is not None else ()
    return [(attribute(article_id, "IdType") or "", text_of(article_id)) for article_id in found]


def _electronic_doi(article: Element) -> str | None:
    found = [text_of(location) for location in article.iterfind("ELocationID") if _is_valid_doi(location)]
    return doi_of(found[-1]) if found else None


def _is_valid_doi(location: Element) -> bool:
    return location.get("EIdType") == "doi" and location.get("ValidYN") != "N"


def _authors(authors: Iterable[Element]) -> tuple[Author, ...]:
    """The authors; a name marked ``ValidYN="N"`` is a misprint, followed by the right one."""
    read = (_author(author) for author in authors if author.get("ValidYN") != "N")
    return tuple(author for author in read if author is not None)


def _author(author: Element) -> Author | None:
    family, collective = _text(author, "LastName"), _text(author, "CollectiveName")
    if not family and not collective:
        return None
    given = _text(author, "ForeName") or _text(author, "FirstName")
    return Author(family, given, _text(author, "Initials"), collective)


def _mesh_headings(citation: Element) -> Iterator[MeshHeading]:
    for heading in citation.iterfind("MeshHeadingList/MeshHeading"):
        descriptor = heading.find("DescriptorName")
        if descriptor is not None:
            qualifiers = tuple(MeshQualifier(*_mesh_term(qualifier)) for qualifier in heading.iterfind("QualifierName"))
            yield MeshHeading(*_mesh_term(descriptor), qualifiers)


def _mesh_term(term: Element) -> tuple[str, str | None, bool]:
    return text_of(term), attribute(term, "UI"), term.get("MajorTopicYN") == "Y"


def _accessions(article: Element) -> tuple[Accession, ...]:
    return tuple(
        Accession(_text(bank, "DataBankName") or "", number)
        for bank in article.iterfind("DataBankList/DataBank")
        for number in _texts(bank.iterfind("AccessionNumberList/AccessionNumber"))
    )


def _links(citation: Element) -> tuple[tuple[Notice, ...], tuple[Reference, ...]]:
    """The notices, and the papers cited: "Cites" says of a paper in a reference list no more than that."""
    notices, cited = [], []
    for link in citation.iterfind("CommentsCorrectionsList/CommentsCorrections"):
        kind, pmid, words = attribute(link, "RefType") or "", pmid_of(_text(link, "PMID")), _text(link, "RefSource")
        if kind == "Cites":
            cited.append(Reference(pmid=pmid, citation=words))
        else:
            notices.append(Notice(kind, pmid, words))
    return tuple(notices), tuple(cited)


def _references(parent: Element | None) -> Iterator[Reference]:
    for reference in parent.iterfind("ReferenceList//Reference") if parent is not None else ():
        ids = dict(_article_ids(reference.find("ArticleIdList")))
        read = Reference(
            pmid=pmid_of(ids.get("pubmed")),
            doi=doi_of(ids.get("doi")),
            pmcid=pmcid_of(ids.get("pmc") or ids.get("pmcid")),
            citation=_text(reference, "Citation"),
        )
        if read != Reference():
            yield read


# ------------------------------------------------------------------------------------------------ books


def _book(raw: RawRecord, root: Element) -> Document:
    book = root.find("BookDocument")
    if book is None:
        raise NotParsableError("not_an_article", "<PubmedBookArticle> without <BookDocument>")
    pmid = _pmid(book)
    chapter, book_title = _text(book, "ArticleTitle"), _text(book, "Book/BookTitle")
    own = dict(
        reversed(_article_ids(book.find("ArticleIdList")) + _article_ids(root.find("PubmedBookData/ArticleIdList")))
    )
    languages = _texts(book.iterfind("Language"))
    publication_types = _texts(book.iterfind("PublicationType")) or ("Book",)
    return Document(
        document_id=f"pmid:{pmid}",
        source=raw.source,
        raw_sha256=raw.sha256,
        sections=_sections(book, book, chapter or book_title, languages, pmid),
        pmid=pmid,
        pmcid=pmcid_of(own.get("pmc")),
        doi=doi_of(own.get("doi")) or _electronic_doi(book),
        version=_version(book),
        title=chapter or book_title,
        journal=book_title if chapter else None,
        published=_published(book.find("Book/PubDate")),
        electronic=_date(book.find("ContributionDate")),
        revised=_date(book.find("DateRevised")),
        publication_types=publication_types,
        languages=languages,
        status=status_of(publication_types, ()),
        authors=_authors(book.iterfind("AuthorList/Author")) or _authors(book.iterfind("Book/AuthorList/Author")),
        keywords=_texts(book.iterfind("KeywordList/Keyword")),
        references=tuple(_references(book)),
        volume=_text(book, "Book/Volume"),
        pages=_text(book, "Pagination/MedlinePgn"),
    )
