"""PubMed records of the common shape, read by regular expressions that check the shape while they read.

Building a tree costs more than everything else together. Nearly all records are written by one program of NLM, with
their elements in the order of the DTD; the expressions below spell that order out from the first to the last byte. What
they match is well-formed; what they do not match (comments, CDATA, an unknown element or attribute, a missing end tag,
markup in an unusual place) is left to :mod:`pipeline.parse.medline_tree`. Where both read a record they read it alike:
the tests and ``benchmarks/parse.py`` hold them to it.
"""

from __future__ import annotations

import re
import threading
from functools import lru_cache
from itertools import repeat

import hyperscan

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
from pipeline.parse.identifiers import doi_of, pmcid_of, pmid_of
from pipeline.parse.markup import SPACE, read_fragment, superscript, text_of, tidy
from pipeline.parse.medline_tree import foreign, other_heading
from pipeline.parse.notices import status_of


class _OtherShapeError(Exception):
    """The record is not of the common shape."""


def read(raw: RawRecord) -> Document | None:
    """The article of ``raw``, or None when its shape is not the common one (or it is no XML at all)."""
    content = raw.content
    if not content.startswith(b"<PubmedArticle>") or len(content) > _LONGEST or _is_unusual(content):
        return None
    try:
        return _Reader(content.decode("utf-8")).document(raw)
    except (UnicodeDecodeError, _OtherShapeError):
        return None


# ------------------------------------------------------------------------------------------------ what to look out for

_LONGEST = 5_000_000  # bytes; well below lxml's limit for one piece of text
_NUMBERED = 1
_UNUSUAL = {
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f]": 2,  # no characters of XML
    rb"\xef\xbf[\xbe\xbf]": 3,
    rb"\]\]>": 4,  # may not stand in text
    # "&" that does not begin one of the five entities of XML
    rb"&(?:[^#aglq]|a[^mp]|am[^p]|amp[^;]|ap[^o]|apo[^s]|apos[^;]|g[^t]|gt[^;]|l[^t]|lt[^;])": 5,
    rb"&q(?:[^u]|u[^o]|uo[^t]|uot[^;])": 6,
    rb"&#": _NUMBERED,
}
# References to the characters that XML allows beyond doubt and that are no white space.
_BAD_NUMBER = re.compile(
    rb"&#(?!(?:3[3-9]|[4-9]\d|[1-9]\d{2,3}|[1-4]\d{4}"
    rb"|x(?:2[1-9A-Fa-f]|[3-9A-Fa-f][0-9A-Fa-f]|[1-9A-Fa-f][0-9A-Fa-f]{2}|[1-9A-Ca-c][0-9A-Fa-f]{3}));)"
)


class _Scanner(threading.local):
    """Hyperscan looks for all of it in one pass, at some GB/s; a scanner may serve one thread only."""

    def __init__(self) -> None:
        self.found: list[int] = []
        self.database = hyperscan.Database()
        self.database.compile(
            expressions=list(_UNUSUAL),
            ids=list(_UNUSUAL.values()),
            elements=len(_UNUSUAL),
            flags=[hyperscan.HS_FLAG_SINGLEMATCH] * len(_UNUSUAL),
        )

    def on_match(self, number: int, start: int, end: int, flags: int, context: object) -> None:
        self.found.append(number)


@lru_cache(maxsize=1)
def _scanner() -> _Scanner:
    return _Scanner()


def _is_unusual(content: bytes) -> bool:
    scanner = _scanner()
    scanner.found.clear()
    scanner.database.scan(content, match_event_handler=scanner.on_match)
    if not scanner.found:
        return False
    return scanner.found != [_NUMBERED] or bool(_BAD_NUMBER.search(content))


# ------------------------------------------------------------------------------------------------ the shape
#
# Repeats are possessive throughout: no backtracking, linear time. What is required costs far less than what is
# optional, so the usual shape is written as required wherever the unusual is rare.

_REST = "[^<]*+"  # up to the next tag
_TEXT = "([^<]++)"
_PMID = "[1-9][0-9]{0,11}+"
_TIDY = r"(?![ \t])([^<\r\n]++)(?<![ \t])"  # a text that needs no tidying


def _leaf(name: str, attributes: str = "", text: str = _REST) -> str:
    return f"<{name}{attributes}>{text}</{name}>{_REST}"


def _maybe(*parts: str) -> str:
    return f"(?:{''.join(parts)})?+"


def _many(*parts: str) -> str:
    return f"(?:{''.join(parts)})*+"


def _around(name: str, *inside: str, attributes: str = "") -> str:
    return f"<{name}{attributes}>{_REST}{''.join(inside)}</{name}>{_REST}"


def _whole(name: str, attributes: str = "") -> str:
    """An element of which everything inside is a group, to be read later."""
    return f"<{name}{attributes}>((?:[^<]++|<(?!/{name}>))*+)</{name}>{_REST}"


def _one(name: str) -> str:
    return f'(?: {name}="[^"<]*+")?+'


def _compiled(*parts: str) -> re.Pattern[str]:
    return re.compile("".join(parts))


_ANY = r'(?: [A-Za-z]++="[^"<]*+")*+'
_DAY = _leaf("Year") + _leaf("Month") + _leaf("Day")
_CLOCK = _leaf("Hour") + _leaf("Minute") + _maybe(_leaf("Second"))
_TIME = _leaf("Year") + _maybe(_leaf("Month"), _maybe(_leaf("Day"), _maybe(_CLOCK)))
_NAME = "".join(_maybe(_leaf(name)) for name in ("LastName", "ForeName", "Initials", "Suffix"))
_IDENTIFIERS = _many(_leaf("Identifier", _one("Source")))
_WHERE = (
    _IDENTIFIERS + _many(_around("AffiliationInfo", _leaf("Affiliation"), _IDENTIFIERS)) + _maybe(_leaf("Affiliation"))
)
_COUNTRY = rf"(?:<Country(?:/>|>{_REST}</Country>){_REST})?+"

_HEAD = _compiled(
    rf"<PubmedArticle>{_REST}<MedlineCitation{_ANY}>{_REST}",
    rf'<PMID(?: Version="([0-9]{{1,3}})")?+>({_PMID})</PMID>{_REST}',
    _maybe(_around("DateCreated", _DAY)),
    _maybe(_around("DateCompleted", _DAY)),
    _maybe(rf"<DateRevised>({_REST}{_DAY})</DateRevised>{_REST}"),
    rf"<Article{_one('PubModel')}>{_REST}<Journal>{_REST}",
    _maybe(_leaf("ISSN", _one("IssnType"))),
    rf"<JournalIssue{_one('CitedMedium')}>{_REST}",
    _maybe(_leaf("Volume", text=_TEXT)),
    _maybe(_leaf("Issue", text=_TEXT)),
    _whole("PubDate"),
    rf"</JournalIssue>{_REST}",
    _leaf("Title", text=_TEXT),
    _maybe(_leaf("ISOAbbreviation", text=_TEXT)),
    rf"</Journal>{_REST}<ArticleTitle(?:/>|>((?:[^<]++|<(?!/ArticleTitle>))*+)</ArticleTitle>){_REST}",
    _maybe(
        _around(
            "Pagination",
            _maybe(_leaf("StartPage")),
            _maybe(_leaf("EndPage")),
            rf"(?:<MedlinePgn(?:/>|>{_TEXT}</MedlinePgn>){_REST})?+",
        )
    ),
    _many(
        rf'<ELocationID EIdType="(?:doi"(?: ValidYN="Y")?+>([^<]*+)|[a-z]++"(?: ValidYN="[YN]")?+>{_REST})',
        rf"</ELocationID>{_REST}",
    ),
    _maybe(_whole("Abstract")),
    _maybe(_leaf("Affiliation")),
    rf"(<AuthorList{_one('CompleteYN')}>)?+",
)
_BYLINE = _compiled(
    rf'<Author ValidYN="Y"(?: EqualContrib="[YN]")?+>{_REST}<(?:',
    rf"LastName>{_TIDY}</LastName>{_REST}<(?:ForeName>{_TIDY}</ForeName>{_REST}<)?+(?:Initials>{_TIDY}</Initials>{_REST}<)?+",
    rf"(?:Suffix>{_REST}</Suffix>{_REST}<)?+|CollectiveName{_one('Investigators')}>{_TIDY}</CollectiveName>{_REST}<)",
    rf'(?:Identifier Source="ORCID">{_REST}</Identifier>{_REST}<)?+',
    rf"(?:AffiliationInfo>{_REST}<Affiliation>{_REST}</Affiliation>{_REST}</AffiliationInfo>{_REST}<)*+/Author>",
)
_AUTHOR = _compiled(
    r'<Author(?: EqualContrib="[YN]")?+(?: ValidYN="(?:Y|(N))")?+(?: EqualContrib="[YN]")?+>',
    _REST,
    _maybe(_leaf("LastName", text=_TEXT)),
    _maybe(_leaf("ForeName", text=_TEXT)),
    _maybe(_leaf("Initials", text=_TEXT)),
    _maybe(_leaf("Suffix")),
    _maybe(_leaf("CollectiveName", _one("Investigators"), text=_TEXT)),
    _WHERE,
    "</Author>",
)
_MIDDLE = _compiled(
    rf"{_REST}({_many(_leaf('Language'))})",
    _maybe(_whole("DataBankList", _one("CompleteYN"))),
    _maybe(
        _around(
            "GrantList",
            _many(
                _around("Grant", _maybe(_leaf("GrantID")), _maybe(_leaf("Acronym")), _maybe(_leaf("Agency")), _COUNTRY)
            ),
            attributes=_one("CompleteYN"),
        )
    ),
    rf"<PublicationTypeList>({_REST}{_many(_leaf('PublicationType', _one('UI')))})</PublicationTypeList>{_REST}",
    _maybe(_whole("VernacularTitle")),
    _maybe(rf"<ArticleDate{_one('DateType')}>({_REST}{_DAY})</ArticleDate>{_REST}"),
    rf"</Article>{_REST}",
    _around(
        "MedlineJournalInfo",
        _COUNTRY + _leaf("MedlineTA") + _maybe(_leaf("NlmUniqueID")) + _maybe(_leaf("ISSNLinking")),
    ),
    "(<ChemicalList>)?+",
)
_CHEMICAL = _compiled(
    rf"<Chemical>{_REST}",
    _leaf("RegistryNumber") + _leaf("NameOfSubstance", _one("UI"), text=_TIDY),
    "</Chemical>",
)
_BEFORE_LINKS = _compiled(
    _REST,
    _maybe(_around("SupplMeshList", _many(_leaf("SupplMeshName", _ANY)))),
    _many(_leaf("CitationSubset")),
    "(<CommentsCorrectionsList>)?+",
)
_CITES = _compiled(
    rf'<CommentsCorrections RefType="Cites">{_REST}',
    _leaf("RefSource", text=_TIDY),
    rf'<PMID Version="1">({_PMID})</PMID>{_REST}</CommentsCorrections>',
)
_LINK = _compiled(
    rf'<CommentsCorrections RefType="([A-Za-z]++)">{_REST}',
    _maybe(_leaf("RefSource", text=_TEXT)),
    rf'(?:<PMID(?: Version="[0-9]++")?+>({_PMID})</PMID>{_REST})?+',
    _maybe(_leaf("Note")),
    "</CommentsCorrections>",
)
_BEFORE_MESH = _compiled(_REST, _maybe(_around("GeneSymbolList", _many(_leaf("GeneSymbol")))), "(<MeshHeadingList>)?+")
_TAIL = _compiled(
    _REST,
    _maybe(_leaf("NumberOfReferences")),
    _maybe(_around("PersonalNameSubjectList", _many(_around("PersonalNameSubject", _NAME)))),
    _many(_leaf("OtherID", _one("Source"))),
    rf"((?:<OtherAbstract{_ANY}>(?:[^<]++|<(?!/OtherAbstract>))*+</OtherAbstract>{_REST})*+)",
    rf"((?:<KeywordList{_one('Owner')}>(?:[^<]++|<(?!/KeywordList>))*+</KeywordList>{_REST})*+)",
    rf"(?:<CoiStatement>(?:[^<]++|<(b|i|u|sup|sub)>[^<]*+</\3>)*+</CoiStatement>{_REST})?+",
    _many(_leaf("SpaceFlightMission")),
    _maybe(
        _around(
            "InvestigatorList",
            _many(_around("Investigator", _NAME, _WHERE, attributes=_one("ValidYN"))),
            attributes=_one("ID"),
        )
    ),
    _many(_leaf("GeneralNote", _one("Owner"))),
    rf"</MedlineCitation>{_REST}<PubmedData>{_REST}",
    _maybe(_around("History", _many(_around("PubMedPubDate", _TIME, attributes=_one("PubStatus"))))),
    _leaf("PublicationStatus"),
    rf"<ArticleIdList>{_REST}",
    _many(rf'<ArticleId IdType="(?:doi">([^<]*+)|pmc">([^<]*+)|[a-z]++">{_REST})</ArticleId>{_REST}'),
    rf"</ArticleIdList>{_REST}(<ReferenceList>)?+",
)
_CITED = _compiled(
    rf"<Reference>{_REST}",
    _leaf("Citation", text=_TEXT),
    rf'(?:<ArticleIdList>{_REST}(?:<ArticleId IdType="(?:pubmed">({_PMID})|doi">(10\.[^</\s]++/[^<\s]++)',
    rf'|pmc">(PMC[1-9][0-9]{{0,11}}))</ArticleId>{_REST})*+</ArticleIdList>{_REST})?+</Reference>',
)
_REFERENCE = _compiled(
    rf"<Reference>{_REST}<Citation>((?:[^<]++|<(?!/Citation>))*+)</Citation>{_REST}",
    rf'(?:<ArticleIdList>((?:{_REST}<ArticleId IdType="[a-z]++">{_REST}</ArticleId>)*+){_REST}</ArticleIdList>',
    rf"{_REST})?+</Reference>",
)
_BETWEEN_LISTS = re.compile(rf"</ReferenceList>{_REST}<ReferenceList>|<Title>{_REST}</Title>")
_ARTICLE_ID = re.compile(r'<ArticleId IdType="([a-z]++)">([^<]*+)<')
_END = _compiled(rf"{_REST}(?:<\?[a-z]++\?>{_REST})*+</PubmedData>{_REST}</PubmedArticle>[ \t\r\n]*+\Z")

_ABSTRACT_PART = _compiled(
    r'<AbstractText(?: Label="([^"<\r\n\t]*+)")?(?: NlmCategory="([^"<\r\n\t]*+)")?',
    r"(?:/>|>((?:[^<]++|<(?!/?AbstractText[ >]))*+)</AbstractText>)",
)
_COPYRIGHT = re.compile(rf"<CopyrightInformation>{_REST}</CopyrightInformation>")
_OTHER_ABSTRACT = re.compile(
    r'<OtherAbstract((?: (?:Type|Language)="[^"<\r\n\t]*+"){0,2})>((?:[^<]++|<(?!/OtherAbstract>))*+)</OtherAbstract>'
)
_ATTRIBUTE = re.compile(r' ([A-Za-z]++)="([^"<]*+)"')
_KEYWORD_LIST = _compiled(_whole("KeywordList", _one("Owner")))
_KEYWORD = _compiled(rf'<Keyword(?: MajorTopicYN="[YN]")?+>{_TEXT}</Keyword>')
_MESH_HEADING = _compiled(
    rf'{_REST}<MeshHeading>{_REST}<DescriptorName((?: [A-Za-z]++="[^"<&\r\n\t]*+")*+)>([^<]++)</DescriptorName>{_REST}',
    rf'((?:<QualifierName(?: [A-Za-z]++="[^"<&\r\n\t]*+")*+>[^<]++</QualifierName>{_REST})*+)',
)
_QUALIFIER = re.compile(r'<QualifierName((?: [A-Za-z]++="[^"<&\r\n\t]*+")*+)>([^<]++)</QualifierName>')
_PUBLICATION_TYPE = _compiled(_leaf("PublicationType", _one("UI"), text=_TEXT))
_LANGUAGE = _compiled(_leaf("Language", text=_TEXT))
_BANK = _compiled(
    rf"<DataBank>{_REST}", _leaf("DataBankName", text=_TEXT), _whole("AccessionNumberList"), "</DataBank>"
)
_ACCESSION = _compiled(_leaf("AccessionNumber", text=_TEXT))
_DATE = _compiled(
    _REST,
    *(_maybe(_leaf(name, text=_TEXT)) for name in ("Year", "Season", "Month", "Day", "MedlineDate")),
)


# ------------------------------------------------------------------------------------------------ reading


def _columns(pattern: re.Pattern[str], text: str) -> list[list[str]]:
    """The groups of ``pattern``, one list each, for a ``text`` that is a row of its matches.

    ``split`` gives what lies between the matches and the groups of each match in turns; it is the quickest way, and
    between the matches there must be no tag. A group that took no part is None.
    """
    parts = pattern.split(text)
    step = pattern.groups + 1
    if "<" in "".join(parts[::step]):
        raise _OtherShapeError
    return [parts[group::step] for group in range(1, step)]


def _tidy_columns(pattern: re.Pattern[str], text: str) -> list[list[str]] | None:
    """The same for texts that need no tidying, their entities decoded; None when ``text`` is not such a row."""
    try:
        columns = _columns(pattern, text)
    except _OtherShapeError:
        return None
    if "&" in text:
        return [[_decoded(part) if part and "&" in part else part for part in column] for column in columns]
    return columns


class _Reader:
    """One pass over the text of a record, part by part; each method reads on from ``position``."""

    __slots__ = ("position", "text")

    def __init__(self, text: str) -> None:
        self.text, self.position = text, 0

    def document(self, raw: RawRecord) -> Document:
        (version, pmid, revised, volume, issue, published, journal, abbreviation, title, pages, location, abstract,
         authors_follow) = self._match(_HEAD)  # fmt: skip
        names = self._up_to("</AuthorList>") if authors_follow else ""
        languages_, banks, types, vernacular, electronic, chemicals_follow = self._match(_MIDDLE)
        substances = self._up_to("</ChemicalList>") if chemicals_follow else ""
        links = self._up_to("</CommentsCorrectionsList>") if self._match(_BEFORE_LINKS)[0] else ""
        notices, cited = _links(links)
        mesh = _mesh(self._up_to("</MeshHeadingList>")) if self._match(_BEFORE_MESH)[0] else ()
        other_abstracts, keywords, _, doi, pmcid, references_follow = self._match(_TAIL)
        listed = self._up_to("</ReferenceList>", last=True) if references_follow else ""
        self._match(_END)

        title, original = _marked(title), _marked(vernacular)
        languages, publication_types = _languages(languages_), _publication_types(types)
        sections = [Section("title", title)] if title else []
        sections += _abstract(abstract)
        if original:
            sections.append(Section("other_title", original, language=foreign(languages)))
        sections += _other_abstracts(other_abstracts)
        if not sections:
            raise _OtherShapeError
        return Document(
            document_id=f"pmid:{pmid}",
            source=raw.source,
            raw_sha256=raw.sha256,
            sections=tuple(sections),
            pmid=pmid,
            pmcid=pmcid_of(pmcid) if pmcid else None,
            doi=(doi_of(_plain(doi)) if doi else None) or (doi_of(_plain(location)) if location else None),
            version=int(version or 1),
            title=title,
            journal=_plain(journal) or _plain(abbreviation),
            published=_date(published),
            electronic=_date(electronic) if electronic else None,
            revised=_date(revised) if revised else None,
            publication_types=publication_types,
            languages=languages,
            status=status_of(publication_types, notices),
            authors=_authors(names),
            mesh=mesh,
            keywords=_keywords(keywords),
            chemicals=_texts(_CHEMICAL, substances),
            accessions=_accessions(banks),
            notices=notices,
            references=cited + _references(listed),
            volume=_plain(volume),
            issue=_plain(issue),
            pages=_plain(pages),
        )

    def _match(self, pattern: re.Pattern[str]) -> tuple[str | None, ...]:
        found = pattern.match(self.text, self.position)
        if found is None:
            raise _OtherShapeError
        self.position = found.end()
        return found.groups()

    def _up_to(self, end_tag: str, *, last: bool = False) -> str:
        """The text up to the next ``end_tag``, or the last one."""
        end = (self.text.rfind if last else self.text.find)(end_tag, self.position)
        if end < 0:
            raise _OtherShapeError
        inside = self.text[self.position : end]
        self.position = end + len(end_tag)
        return inside


# ------------------------------------------------------------------------------------------------ parts of a record

_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_ENTITY = re.compile(r"&(?:#x([0-9A-Fa-f]++)|#(\d++)|([a-z]++));")


def _character(found: re.Match[str]) -> str:
    hexadecimal, decimal, name = found.groups()
    return _NAMED[name] if name else chr(int(hexadecimal, 16) if hexadecimal else int(decimal))


def _decoded(text: str) -> str:
    return _ENTITY.sub(_character, text)


def _plain(text: str | None) -> str | None:
    """The text of an element without markup, as :func:`pipeline.parse.markup.text_of` gives it; None when empty."""
    if not text:
        return None
    return tidy(_decoded(text) if "&" in text else text) or None


_SIMPLE = re.compile(r"<(i|b|u|sup|sub)>([^<]*+)</\1>")


def _marked(text: str | None) -> str | None:
    """The same for a text that may hold inline markup; what is nested is left to lxml."""
    if not text or "<" not in text:
        return _plain(text)
    plain, *marked = _SIMPLE.split(text)
    if "<" in plain or "<" in "".join(marked[2::3]):
        fragment = read_fragment(text)
        if fragment is None:
            raise _OtherShapeError
        return text_of(fragment) or None
    parts = [_decoded(plain)]
    for tag, inside, after in zip(marked[::3], marked[1::3], marked[2::3], strict=True):
        raised = _decoded(inside)
        parts += (superscript(raised) if tag == "sup" else raised), _decoded(after)
    return tidy("".join(parts)) or None


def _texts(pattern: re.Pattern[str], text: str | None) -> tuple[str, ...]:
    """The texts that ``pattern`` finds one after the other."""
    if not text:
        return ()
    (found,) = _columns(pattern, text)
    return tuple([plain for plain in map(_plain, found) if plain])


def _attributes(text: str) -> dict[str, str]:
    pairs = _ATTRIBUTE.findall(text)
    if len(attributes := dict(pairs)) != len(pairs):
        raise _OtherShapeError
    return attributes


def _attribute(text: str | None) -> str | None:
    return (_decoded(text) if "&" in text else text).strip(SPACE) or None if text else None


def _abstract(text: str | None) -> list[Section]:
    if not text:
        return []
    between, *parts = _ABSTRACT_PART.split(text)
    rest = between + "".join(parts[3::4])
    if "<" in rest and "<" in _COPYRIGHT.sub("", rest):
        raise _OtherShapeError
    sections = []
    for label, category, inside in zip(parts[::4], parts[1::4], parts[2::4], strict=True):
        plain = _marked(inside)
        if plain:
            sections.append(Section("abstract", plain, _attribute(label), _attribute(category)))
    return sections


def _other_abstracts(text: str | None) -> list[Section]:
    if not text:
        return []
    sections = []
    for attributes, inside in zip(*_columns(_OTHER_ABSTRACT, text), strict=True):
        given = _attributes(attributes)
        kind, language = _attribute(given.get("Type")), _attribute(given.get("Language"))
        for part in _abstract(inside):
            heading = other_heading(kind, part.heading)
            sections.append(Section("other_abstract", part.text, heading, part.category, language))
    return sections


def _authors(text: str | None) -> tuple[Author, ...]:
    if not text:
        return ()
    names = _tidy_columns(_BYLINE, text)
    if names:
        return tuple(map(Author, *names))
    rows = zip(*_columns(_AUTHOR, text), strict=True)
    valid = [[_plain(name) for name in row[1:]] for row in rows if not row[0]]
    return tuple([Author(*name) for name in valid if name[0] or name[3]])


def _links(text: str) -> tuple[tuple[Notice, ...], tuple[Reference, ...]]:
    if not text:
        return (), ()
    cites = _tidy_columns(_CITES, text)
    if cites:
        return (), tuple(map(Reference, cites[1], repeat(None), repeat(None), cites[0]))
    rows = [(kind, pmid, _plain(words)) for kind, words, pmid in zip(*_columns(_LINK, text), strict=True)]
    cited = [Reference(pmid, None, None, words) for kind, pmid, words in rows if kind == "Cites"]
    return tuple([Notice(*row) for row in rows if row[0] != "Cites"]), tuple(cited)


def _mesh(text: str | None) -> tuple[MeshHeading, ...]:
    if not text:
        return ()
    *headings, rest = text.split("</MeshHeading>")
    if "<" in rest:
        raise _OtherShapeError
    return tuple(map(_mesh_heading, headings))


def _keywords(text: str | None) -> tuple[str, ...]:
    if not text:
        return ()
    (lists,) = _columns(_KEYWORD_LIST, text)
    return tuple([keyword for listed in lists for keyword in _texts(_KEYWORD, listed)])


def _references(text: str | None) -> tuple[Reference, ...]:
    if not text:
        return ()
    if "<Title>" in text or "<ReferenceList>" in text:
        parts = _BETWEEN_LISTS.split(text)
        if len(parts) == 1:
            raise _OtherShapeError
        return tuple([reference for part in parts for reference in _references(part)])
    cited = _tidy_columns(_CITED, text)
    words = list(map(tidy, cited[0])) if cited else [""]
    if cited and all(words):
        return tuple(map(Reference, *cited[1:], words))
    rows = zip(*_columns(_REFERENCE, text), strict=True)
    references = [_reference(words, ids) for words, ids in rows]
    return tuple([reference for reference in references if reference != Reference()])


def _reference(words: str, ids: str | None) -> Reference:
    given = {kind: _plain(value) for kind, value in _ARTICLE_ID.findall(ids or "")}
    pmcid = pmcid_of(given.get("pmc") or given.get("pmcid"))
    return Reference(pmid_of(given.get("pubmed")), doi_of(given.get("doi")), pmcid, _marked(words))


# What repeats from record to record is read once: dates, types, languages, and above all MeSH headings.


@lru_cache(maxsize=8192)
def _date(text: str) -> PartialDate | None:
    found = _DATE.fullmatch(text)
    if found is None:
        raise _OtherShapeError
    year, season, month, day, words = map(_plain, found.groups())
    return dated_in_words(words) if words else partial_date(year, month, day, season=season)


@lru_cache(maxsize=4096)
def _publication_types(text: str) -> tuple[str, ...]:
    return _texts(_PUBLICATION_TYPE, text)


@lru_cache(maxsize=512)
def _languages(text: str) -> tuple[str, ...]:
    return _texts(_LANGUAGE, text)


@lru_cache(maxsize=1 << 15)
def _mesh_heading(text: str) -> MeshHeading:
    found = _MESH_HEADING.fullmatch(text)
    if found is None:
        raise _OtherShapeError
    attributes, name, qualifiers = found.groups()
    return MeshHeading(*_mesh_term(attributes, name), tuple(map(_mesh_qualifier, _QUALIFIER.findall(qualifiers))))


@lru_cache(maxsize=1024)
def _mesh_qualifier(found: tuple[str, str]) -> MeshQualifier:
    return MeshQualifier(*_mesh_term(*found))


def _mesh_term(attributes: str, name: str) -> tuple[str, str | None, bool]:
    given = _attributes(attributes)
    return _plain(name) or "", _attribute(given.get("UI")), given.get("MajorTopicYN") == "Y"


def _accessions(text: str | None) -> tuple[Accession, ...]:
    if not text:
        return ()
    return tuple(
        [
            Accession(_plain(bank) or "", number)
            for bank, numbers in zip(*_columns(_BANK, text), strict=True)
            for number in _texts(_ACCESSION, numbers)
        ]
    )
