"""PubMed XML: every trap that the records of NLM hold, the splitting of files, and quick reader against tree."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model import (
    Accession,
    Author,
    Document,
    MeshHeading,
    MeshQualifier,
    Notice,
    PartialDate,
    Reference,
    Rejection,
    Section,
    Status,
)
from pipeline.parse import is_deletion, medline_shape, parse, parse_deletions, split_records
from pipeline.parse.dates import dated_in_words, partial_date
from pipeline.parse.medline import parse_medline_tree
from tests.parse_samples import abstract, links, parsed, pubmed, pubmed_set, raw, refused

# ------------------------------------------------------------------------------------------------ text


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("Plain text.", "Plain text."),
        ("<i>BRCA1</i> loss", "BRCA1 loss"),
        ("after <b>bold</b>, the rest", "after bold, the rest"),
        ("a 10<sup>-3</sup> M solution", "a 10⁻³ M solution"),
        ("10<sup>−6</sup> and 10<sup>–7</sup>", "10⁻⁶ and 10⁻⁷"),
        ("CCR7<sup>+</sup>CD54<sup>+</sup>", "CCR7⁺CD54⁺"),
        ("Ca<sup>2+</sup>", "Ca²⁺"),
        ("as shown<sup>1,2</sup>", "as shown¹,²"),
        ("BRAF<sup>V600E</sup>", "BRAFV600E"),
        ("p53<sup>-/-</sup> mice", "p53-/- mice"),
        ("2<sup><i>n</i></sup>", "2ⁿ"),
        ("IC<sub>50</sub> of H<sub>2</sub>O", "IC50 of H2O"),
        ("<i>P</i> &lt; 0.05 &amp; n &gt; 3", "P < 0.05 & n > 3"),
        ("&quot;so&#8201;called&apos;", '"so\u2009called\''),
        ("&#x3b1;-tubulin, 5 µm, 5 μm", "α-tubulin, 5 µm, 5 μm"),
        ("thin\u2009space, no\u00a0break, non\u2011breaking", "thin\u2009space, no\u00a0break, non\u2011breaking"),
        ("\n     broken\n     line  here \r\n", "broken line  here"),
        ("<i>nested <sup>2</sup></i> one", "nested ² one"),
        ("&amp;lt; stays escaped once", "&lt; stays escaped once"),
        (
            '<mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML">\n <mml:msup>\n <mml:mn>10</mml:mn>\n'
            " <mml:mrow><mml:mo>-</mml:mo><mml:mn>3</mml:mn></mml:mrow></mml:msup>\n</mml:math> M",
            "10⁻³ M",
        ),
        (
            '<mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML"><mml:mmultiscripts><mml:mi>Ac</mml:mi>'
            "<mml:mprescripts/><mml:none/><mml:mn>225</mml:mn></mml:mmultiscripts></mml:math>-PSMA",
            "²²⁵Ac-PSMA",
        ),
        ('<mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML"><mml:mfrac><mml:mn>1</mml:mn><mml:mn>2</mml:mn>'
         "</mml:mfrac></mml:math> dose", "1/2 dose"),
        ("before<!-- not this -->after", "beforeafter"),
        ("<![CDATA[a < b]]>", "a < b"),
        ("a&nbsp;named&alpha;", "a\u00a0namedα"),
    ],
)  # fmt: skip
def test_text_is_what_a_reader_sees(markup: str, expected: str) -> None:
    document = parsed(pubmed(abstract=abstract(markup), title=f"<ArticleTitle>{markup}</ArticleTitle>"))
    assert document.sections == (Section("title", expected), Section("abstract", expected))
    assert document.title == expected


def test_structured_abstract_is_one_section_for_each_part() -> None:
    parts = (
        '<Abstract><AbstractText Label="MATERIALS &amp; METHODS" NlmCategory="METHODS">We tried.</AbstractText>'
        '<AbstractText Label="RESULTS" NlmCategory="RESULTS">It <i>worked</i>.</AbstractText>'
        '<AbstractText Label="LIMITS">Few.</AbstractText><AbstractText/><AbstractText>Rest.</AbstractText>'
        "<CopyrightInformation>Nobody.</CopyrightInformation></Abstract>"
    )
    assert parsed(pubmed(abstract=parts)).sections[1:] == (
        Section("abstract", "We tried.", "MATERIALS & METHODS", "METHODS"),
        Section("abstract", "It worked.", "RESULTS", "RESULTS"),
        Section("abstract", "Few.", "LIMITS"),
        Section("abstract", "Rest."),
    )


def test_other_languages_are_kept_apart() -> None:
    record = pubmed(
        title="<ArticleTitle>[Resistance to letrozole].</ArticleTitle>",
        languages="<Language>fre</Language><Language>eng</Language>",
        after_types="<VernacularTitle>La résistance au <i>létrozole</i>.</VernacularTitle>",
        lists='<OtherAbstract Type="Publisher" Language="fre"><AbstractText Label="BUT">Un essai.</AbstractText>'
        '</OtherAbstract><OtherAbstract Language="eng" Type="plain-language-summary">'
        "<AbstractText>In plain words.</AbstractText></OtherAbstract>",
    )
    document = parsed(record)
    assert document.languages == ("fre", "eng")
    assert document.sections == (
        Section("title", "[Resistance to letrozole]."),
        Section("other_title", "La résistance au létrozole.", language="fre"),
        Section("other_abstract", "Un essai.", "Publisher > BUT", language="fre"),
        Section("other_abstract", "In plain words.", "plain-language-summary", language="eng"),
    )


def test_a_record_without_abstract_authors_and_title_is_still_one() -> None:
    document = parsed(
        pubmed(title="<ArticleTitle/>", after_types="<VernacularTitle>Recensie.</VernacularTitle>", languages="")
    )
    assert (document.title, document.authors) == (None, ())
    assert document.sections == (Section("other_title", "Recensie."),)


# ------------------------------------------------------------------------------------------------ dates


@pytest.mark.parametrize(
    ("pub_date", "expected"),
    [
        ("<Year>2021</Year><Month>Mar</Month><Day>04</Day>", PartialDate(2021, 3, 4, "2021 Mar 04")),
        ("<Year>2021</Year><Month>11</Month>", PartialDate(2021, 11, None, "2021 11")),
        ("<Year>2021</Year>", PartialDate(2021, None, None, "2021")),
        ("<Year>2000</Year><Season>Spring</Season>", PartialDate(2000, None, None, "2000 Spring")),
        ("<Year>2000</Year><Month>Feb</Month><Day>30</Day>", PartialDate(2000, 2, None, "2000 Feb 30")),
        ("<Year>2000</Year><Month>Jan-Feb</Month>", PartialDate(2000, None, None, "2000 Jan-Feb")),
        ("<MedlineDate>1998 Dec-1999 Jan</MedlineDate>", PartialDate(1998, None, None, "1998 Dec-1999 Jan")),
        ("<MedlineDate>2000 Spring</MedlineDate>", PartialDate(2000, None, None, "2000 Spring")),
        ("<MedlineDate>1999 Jan 8-22</MedlineDate>", PartialDate(1999, 1, None, "1999 Jan 8-22")),
        ("<MedlineDate>2016 Nov/Dec</MedlineDate>", PartialDate(2016, None, None, "2016 Nov/Dec")),
        ("<MedlineDate>Winter, no year</MedlineDate>", PartialDate(None, None, None, "Winter, no year")),
    ],
)
def test_no_month_or_day_is_invented(pub_date: str, expected: PartialDate) -> None:
    assert parsed(pubmed(pub_date=pub_date)).published == expected


def test_other_dates() -> None:
    day = "<Year>2020</Year><Month>12</Month><Day>31</Day>"
    document = parsed(
        pubmed(
            dates=f"<DateCreated>{day}</DateCreated><DateCompleted>{day}</DateCompleted>"
            "<DateRevised><Year>2022</Year><Month>01</Month><Day>02</Day></DateRevised>",
            after_types=f'<ArticleDate DateType="Electronic">{day}</ArticleDate>',
        )
    )
    assert document.electronic == PartialDate(2020, 12, 31, "2020 12 31")
    assert document.revised == PartialDate(2022, 1, 2, "2022 01 02")


def test_dates_of_nothing() -> None:
    assert partial_date(None) is None
    assert dated_in_words("") is None
    assert partial_date("99", "Mar") == PartialDate(None, None, None, "99 Mar")


# ------------------------------------------------------------------------------------------------ identifiers


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"ids": '<ArticleId IdType="doi">10.1000/A(1)b</ArticleId>'}, "10.1000/A(1)b"),
        ({"locations": '<ELocationID EIdType="doi" ValidYN="Y">10.1000/x</ELocationID>'}, "10.1000/x"),
        ({"locations": '<ELocationID EIdType="doi" ValidYN="N">10.1000/x</ELocationID>'}, None),
        ({"locations": '<ELocationID EIdType="pii" ValidYN="Y">S0001</ELocationID>'}, None),
        ({"ids": '<ArticleId IdType="doi">https://doi.org/10.1000/x</ArticleId>'}, "10.1000/x"),
        ({"ids": '<ArticleId IdType="doi">10.1000/1:2&lt;3::AID&gt;3.0</ArticleId>'}, "10.1000/1:2<3::AID>3.0"),
        ({"ids": '<ArticleId IdType="doi">unknown</ArticleId>'}, None),
    ],
)
def test_doi_of_the_article(parts: dict[str, str], expected: str | None) -> None:
    assert parsed(pubmed(**parts)).doi == expected  # type: ignore[arg-type]  # only strings here


def test_identifiers_of_cited_papers_are_not_the_articles_own() -> None:
    cited = (
        "<ReferenceList><Title>References</Title><Reference><Citation>A paper, with <i>style</i>. 1999;1:2.</Citation>"
        '<ArticleIdList><ArticleId IdType="doi">10.1000/cited</ArticleId><ArticleId IdType="pmc">PMC77</ArticleId>'
        '<ArticleId IdType="pubmed">0123</ArticleId></ArticleIdList></Reference>'
        "<Reference><Citation>A book.\n  Second edition.</Citation></Reference></ReferenceList>"
        "<ReferenceList><ReferenceList><Reference><Citation>Nested.</Citation></Reference></ReferenceList>"
        "</ReferenceList>"
    )
    document = parsed(
        pubmed(after_ids=cited, lists=links(("Cites", "Nature. 2001;2:3", "55"), ("Cites", "Lost. 1990", "")))
    )
    assert (document.pmid, document.pmcid, document.doi) == ("90000001", None, None)
    assert document.references == (
        Reference("55", citation="Nature. 2001;2:3"),
        Reference(citation="Lost. 1990"),
        Reference("123", "10.1000/cited", "PMC77", "A paper, with style. 1999;1:2."),
        Reference(citation="A book. Second edition."),
        Reference(citation="Nested."),
    )
    assert document.notices == ()


@pytest.mark.parametrize(
    ("pmid", "expected"),
    [
        ('<PMID Version="1">03531190</PMID>', ("pmid:3531190", "3531190", 1)),
        ('<PMID Version="2">3531190</PMID>', ("pmid:3531190", "3531190", 2)),
        ("<PMID>3531190</PMID>", ("pmid:3531190", "3531190", 1)),
    ],
)
def test_pmid_and_version(pmid: str, expected: tuple[str, str, int]) -> None:
    document = parsed(pubmed(pmid=pmid))
    assert (document.document_id, document.pmid, document.version) == expected


def test_pmcid_comes_in_one_form() -> None:
    assert parsed(pubmed(ids='<ArticleId IdType="pmc">PMC0012345.2</ArticleId>')).pmcid == "PMC12345"


# ------------------------------------------------------------------------------------------------ standing


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("RetractionIn", Status.RETRACTED),
        ("RetractionOf", Status.CURRENT),
        ("ExpressionOfConcernIn", Status.CONCERN),
        ("ExpressionOfConcernFor", Status.CURRENT),
        ("ErratumIn", Status.CORRECTED),
        ("ErratumFor", Status.CURRENT),
        ("CorrectedandRepublishedIn", Status.CORRECTED),
        ("UpdateIn", Status.CURRENT),
        ("CommentIn", Status.CURRENT),
    ],
)
@pytest.mark.parametrize("pmid", ["77", ""])
def test_status_follows_from_notices(kind: str, status: Status, pmid: str) -> None:
    document = parsed(pubmed(lists=links((kind, "J Inv Oncol. 2022;8:1", pmid))))
    assert document.notices == (Notice(kind, pmid or None, "J Inv Oncol. 2022;8:1"),)
    assert document.status is status


@pytest.mark.parametrize(
    ("types", "status"),
    [
        ("Retracted Publication", Status.RETRACTED),
        ("Retraction Notice", Status.CURRENT),
        ("Retraction of Publication", Status.CURRENT),
        ("Expression of Concern", Status.CURRENT),
    ],
)
def test_a_retracted_article_is_not_its_notice(types: str, status: Status) -> None:
    kinds = f'<PublicationType UI="D016428">Journal Article</PublicationType><PublicationType>{types}</PublicationType>'
    document = parsed(pubmed(types=kinds))
    assert document.publication_types == ("Journal Article", types)
    assert document.status is status


def test_the_gravest_status_wins() -> None:
    notices = links(("ErratumIn", "a", "1"), ("RetractionIn", "b", ""), ("ExpressionOfConcernIn", "c", "3"))
    assert parsed(pubmed(lists=notices)).status is Status.RETRACTED


# ------------------------------------------------------------------------------------------------ lists


def test_authors() -> None:
    names = (
        '<AuthorList CompleteYN="Y"><Author ValidYN="Y"><LastName>O&apos;Neil</LastName><ForeName>Ada B</ForeName>'
        '<Initials>AB</Initials><Suffix>Jr</Suffix><Identifier Source="ORCID">0000</Identifier><AffiliationInfo>'
        '<Affiliation>A &amp; B, ada@example.org</Affiliation></AffiliationInfo></Author><Author ValidYN="Y">'
        '<LastName>Solo </LastName></Author><Author ValidYN="N"><LastName>Mispelt</LastName></Author>'
        '<Author ValidYN="Y"><CollectiveName>The Group</CollectiveName></Author>'
        '<Author ValidYN="Y"><LastName>Old</LastName><Affiliation>Where it once stood</Affiliation></Author>'
        "</AuthorList>"
    )
    assert parsed(pubmed(authors=names)).authors == (
        Author("O'Neil", "Ada B", "AB"),
        Author("Solo"),
        Author(collective="The Group"),
        Author("Old"),
    )


def test_mesh_is_major_on_descriptor_or_qualifier() -> None:
    headings = (
        '<MeshHeadingList><MeshHeading><DescriptorName UI="D001943" MajorTopicYN="N">Breast Neoplasms</DescriptorName>'
        '<QualifierName UI="Q000188" MajorTopicYN="Y">drug therapy</QualifierName></MeshHeading><MeshHeading>'
        '<DescriptorName MajorTopicYN="Y" UI="D009999">Letrozole &amp; Kin</DescriptorName></MeshHeading><MeshHeading>'
        "<DescriptorName>Old One</DescriptorName></MeshHeading></MeshHeadingList>"
    )
    mesh = parsed(pubmed(lists=headings)).mesh
    assert mesh == (
        MeshHeading("Breast Neoplasms", "D001943", False, (MeshQualifier("drug therapy", "Q000188", True),)),
        MeshHeading("Letrozole & Kin", "D009999", True),
        MeshHeading("Old One", None, False),
    )
    assert [heading.is_major for heading in mesh] == [True, True, False]


def test_chemicals_keywords_and_trials() -> None:
    document = parsed(
        pubmed(
            banks='<DataBankList CompleteYN="Y"><DataBank><DataBankName>ClinicalTrials.gov</DataBankName>'
            "<AccessionNumberList><AccessionNumber>NCT00000001</AccessionNumber><AccessionNumber>NCT00000002"
            "</AccessionNumber></AccessionNumberList></DataBank></DataBankList>",
            lists="<ChemicalList><Chemical><RegistryNumber>0</RegistryNumber>"
            '<NameOfSubstance UI="D000001">Letrozole</NameOfSubstance></Chemical></ChemicalList>'
            '<KeywordList Owner="NOTNLM"><Keyword MajorTopicYN="N">\nresistance\n</Keyword><Keyword MajorTopicYN="N">'
            "<i>ESR1</i> mutation</Keyword></KeywordList>",
        )
    )
    assert document.chemicals == ("Letrozole",)
    assert document.keywords == ("resistance", "ESR1 mutation")
    assert document.accessions == (
        Accession("ClinicalTrials.gov", "NCT00000001"),
        Accession("ClinicalTrials.gov", "NCT00000002"),
    )


def test_bibliographic_data() -> None:
    document = parsed(pubmed())
    assert (document.journal, document.volume, document.issue, document.pages, document.year) == (
        "Journal of Invented Oncology",
        "7",
        "2",
        "11-9",
        2021,
    )
    assert not document.has_full_text


def test_books_are_not_lost() -> None:
    book = (
        '<PubmedBookArticle><BookDocument><PMID Version="1">20301390</PMID><ArticleIdList>'
        '<ArticleId IdType="bookaccession">NBK1</ArticleId></ArticleIdList>'
        "<Book><Publisher><PublisherName>P</PublisherName></Publisher>"
        '<BookTitle book="b">Collected <i>Reviews</i></BookTitle><PubDate><Year>1993</Year></PubDate>'
        '<AuthorList Type="editors"><Author><LastName>Editor</LastName></Author></AuthorList></Book>'
        '<ArticleTitle book="b" part="p">A chapter</ArticleTitle><Language>eng</Language><AuthorList Type="authors">'
        "<Author><LastName>Writer</LastName><ForeName>W</ForeName></Author></AuthorList>"
        '<PublicationType UI="D016454">Review</PublicationType><Abstract><AbstractText Label="CLINICAL">Text.'
        "</AbstractText></Abstract></BookDocument></PubmedBookArticle>"
    )
    document = parsed(book)
    assert document.document_id == "pmid:20301390"
    assert (document.title, document.journal, document.publication_types) == (
        "A chapter",
        "Collected Reviews",
        ("Review",),
    )
    assert document.authors == (Author("Writer", "W"),)
    assert document.sections == (Section("title", "A chapter"), Section("abstract", "Text.", "CLINICAL"))
    assert document.year == 1993


# ------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("content", "reason", "document_id"),
    [
        (pubmed().replace("</ArticleTitle>", ""), "invalid_xml", "pmid:90000001"),
        (pubmed(abstract=abstract("a <i>b</b>")), "invalid_xml", "pmid:90000001"),
        (pubmed(abstract=abstract("a & b")), "invalid_xml", "pmid:90000001"),
        (pubmed(abstract=abstract("a < b")), "invalid_xml", "pmid:90000001"),
        (pubmed(abstract=abstract("a &unheardof; b")), "invalid_xml", "pmid:90000001"),
        (pubmed(abstract=abstract("a \x01 b")), "invalid_xml", "pmid:90000001"),
        (pubmed(abstract=abstract("a &#1; b")), "invalid_xml", "pmid:90000001"),
        (pubmed(abstract=abstract("a ]]> b")), "invalid_xml", "pmid:90000001"),
        (pubmed().encode() + b"\xff", "invalid_xml", "pmid:90000001"),
        (pubmed()[:500], "invalid_xml", "pmid:90000001"),
        ("", "invalid_xml", None),
        (pubmed(pmid=""), "no_identifier", None),
        (pubmed(pmid="<PMID>none</PMID>"), "no_identifier", None),
        (pubmed(title=""), "no_content", "pmid:90000001"),
        ("<html><body>Error</body></html>", "not_an_article", None),
        ("<PubmedArticle><Other/></PubmedArticle>", "not_an_article", None),
        ("<PubmedBookArticle/>", "not_an_article", None),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><PubmedArticle>&b;</PubmedArticle>", "hostile_xml", None),
    ],
)
def test_refusals_have_a_reason(content: str | bytes, reason: str, document_id: str | None) -> None:
    rejection = refused(content)
    assert (rejection.stage, rejection.reason, rejection.document_id) == ("parse", reason, document_id)


def test_the_words_of_the_parser_and_the_place_are_kept() -> None:
    rejection = refused(pubmed(abstract=abstract("one\ntwo <i>b</b>")))
    assert "mismatch" in rejection.detail
    assert "line 2" in rejection.detail


def test_too_much_is_refused() -> None:
    assert refused(b" " * (65 * 1024 * 1024)).reason == "too_large"
    assert refused(pubmed(abstract=abstract("x" * 11_000_000 + "<br/>"))).reason == "too_large"


# ------------------------------------------------------------------------------------------------ files


def pieces(content: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


A, B, C = (pubmed(pmid=f'<PMID Version="1">{number}</PMID>') for number in (101, 102, 103))
DELETED = '<DeleteCitation><PMID Version="1">7</PMID>\n<PMID Version="2">08</PMID></DeleteCitation>'
BOOK = '<PubmedBookArticle><BookDocument><PMID Version="1">9</PMID></BookDocument></PubmedBookArticle>'


def split(content: bytes, size: int = 1 << 20) -> tuple[list[str], list[tuple[str, str, str | None]]]:
    """The records found and the (stage, reason, document) of what was refused; offsets are checked on the way."""
    records, refusals = [], []
    for piece in split_records(pieces(content, size)):
        if isinstance(piece, Rejection):
            refusals.append((piece.stage, piece.reason, piece.document_id))
        else:
            offset, record = piece
            assert content[offset : offset + len(record)] == record
            records.append(record.decode())
    return records, refusals


@pytest.mark.parametrize(
    ("content", "records", "refusals"),
    [
        (pubmed_set(A, B, C), [A, B, C], []),
        (pubmed_set(A, doctype='<!DOCTYPE PubmedArticleSet PUBLIC "x" "http://example.org/x.dtd">\n'), [A], []),
        (pubmed_set(A, BOOK, DELETED), [A, BOOK, DELETED], []),
        (A.encode(), [A], []),
        (b"\xef\xbb\xbf" + pubmed_set(A), [A], []),
        (pubmed_set(A, f"<!-- {B} -->", C), [A, C], []),
        (pubmed_set(), [], []),
        (b"", [], []),
        (pubmed_set(A, "rubbish <b>here</b>", C), [A, C], [("acquire", "stray_content", None)]),
        (pubmed_set(A, B.removesuffix("</PubmedArticle>"), C), [A, C], [("parse", "invalid_xml", "pmid:102")]),
        (pubmed_set(A, B.removesuffix("</PubmedArticle>"), BOOK), [A, BOOK], [("parse", "invalid_xml", "pmid:102")]),
        (pubmed_set(A, C.removesuffix("</PubmedArticle>")), [A], [("parse", "invalid_xml", "pmid:103")]),
        (pubmed_set(A, B.removeprefix("<PubmedArticle>"), C), [A, C], [("acquire", "stray_content", "pmid:102")]),
        (pubmed_set(A, B)[:-100], [A], [("acquire", "truncated_file", "pmid:102")]),
        (pubmed_set(A, B).removesuffix(b"</PubmedArticleSet>"), [A, B], [("acquire", "truncated_file", None)]),
        (b"<html>429 Too Many Requests</html>", [], [("acquire", "stray_content", None)]),
        ("<PubmedArticleSet/>".encode("utf-16"), [], [("acquire", "unsupported_encoding", None)]),
        (b'<?xml version="1.0" encoding="latin-1"?><x/>', [], [("acquire", "unsupported_encoding", None)]),
    ],
)
@pytest.mark.parametrize("size", [1 << 20, 97, 1])
def test_one_bad_record_costs_only_itself(
    content: bytes, records: list[str], refusals: list[tuple[str, str, str | None]], size: int
) -> None:
    assert split(content, size) == (records, refusals)


def test_a_cut_or_damaged_archive_gives_what_can_be_read() -> None:
    records = [pubmed(pmid=f"<PMID>{number}</PMID>", abstract=abstract("x" * 500)) for number in range(100, 2000)]
    packed = gzip.compress(pubmed_set(*records))

    def chunks(content: bytes) -> Iterator[bytes]:
        with gzip.open(io.BytesIO(content)) as stream:
            while chunk := stream.read(5000):
                yield chunk

    *found, last = split_records(chunks(packed[: len(packed) // 2]))
    assert len(found) > 100
    assert isinstance(last, Rejection)
    assert (last.stage, last.reason) == ("acquire", "truncated_file")
    *_, last = split_records(chunks(packed[:-8] + b"12345678"))
    assert isinstance(last, Rejection)
    assert last.reason == "damaged_file"


def test_a_record_without_end_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.parse.records.MAX_BYTES", 100_000)
    content = pubmed_set(A, "<PubmedArticle>" + "x" * 3_000_000, B)
    records, refusals = split(content, 4096)
    assert (records, refusals) == ([A, B], [("parse", "too_large", None)])


def test_deletions() -> None:
    assert is_deletion(DELETED.encode())
    assert not is_deletion(A.encode())
    assert parse_deletions(DELETED.encode()) == (("7", 1), ("8", 2))
    assert isinstance(parse_deletions(b"<DeleteCitation><PMID>1</DeleteCitation>"), Rejection)
    assert refused(DELETED).reason == "not_an_article"


# ------------------------------------------------------------------------------------------------ quick reader and tree

WORDS = st.text(st.sampled_from("ab <>&\"'é−αμ\u2009\u00a0\u2028\n\t\r1.[]"), max_size=12)
TEXT = WORDS.map(lambda text: text.replace("&", "&amp;").replace("<", "&lt;").replace("]]>", "]]&gt;"))
MARKED = st.lists(
    st.one_of(TEXT, st.builds("<{0}>{1}</{0}>".format, st.sampled_from(["i", "b", "sup", "sub"]), TEXT),
              st.builds("<i>{}<sup>{}</sup></i>{}".format, TEXT, TEXT, TEXT), st.just("&#x3b1;")), max_size=4,
).map("".join)  # fmt: skip
YN = st.sampled_from("YN")


def some(item: st.SearchStrategy[str], wrap: str = "{}") -> st.SearchStrategy[str]:
    """Nothing, or up to three of ``item`` in ``wrap``."""
    return st.one_of(st.just(""), st.lists(item, min_size=1, max_size=3).map(lambda parts: wrap.format("".join(parts))))


NAMES = st.one_of(
    st.builds(
        '<Author ValidYN="{}"><LastName>{}</LastName><ForeName>{}</ForeName><Initials>{}</Initials></Author>'.format,
        YN, TEXT, TEXT, TEXT),
    st.builds('<Author ValidYN="Y"><CollectiveName>{}</CollectiveName></Author>'.format, TEXT),
    st.builds('<Author ValidYN="Y"><LastName>{}</LastName><AffiliationInfo><Affiliation>{}</Affiliation>'
              "</AffiliationInfo></Author>".format, TEXT, TEXT),
)  # fmt: skip
IDS = st.builds('<ArticleId IdType="{}">{}</ArticleId>'.format, st.sampled_from(["pubmed", "doi", "pmc", "pii"]),
                st.one_of(TEXT, st.sampled_from(["12", "012", "PMC3", "10.1/x", "doi:10.1/x&amp;y"])))  # fmt: skip
REFERENCES = st.builds("<Reference><Citation>{}</Citation>{}</Reference>".format, MARKED,
                       some(IDS, "<ArticleIdList>{}</ArticleIdList>"))  # fmt: skip
HEADINGS = st.builds(
    '<MeshHeading><DescriptorName UI="D1" MajorTopicYN="{}">{}</DescriptorName><QualifierName MajorTopicYN="{}" '
    'UI="Q1">{}</QualifierName></MeshHeading>'.format, YN, TEXT, YN, TEXT,
)  # fmt: skip
LINKS = st.builds(
    '<CommentsCorrections RefType="{}"><RefSource>{}</RefSource>{}</CommentsCorrections>'.format,
    st.sampled_from(["Cites", "RetractionIn", "CommentOn"]), TEXT, st.sampled_from(["", '<PMID Version="1">5</PMID>']),
)  # fmt: skip
PARTS = st.builds('<AbstractText{}>{}</AbstractText>'.format,
                  st.sampled_from(["", ' Label="A &amp; B"', ' Label="X" NlmCategory="RESULTS"']), MARKED)  # fmt: skip
RECORDS = st.builds(
    pubmed,
    title=st.one_of(st.just("<ArticleTitle/>"), MARKED.map("<ArticleTitle>x{}</ArticleTitle>".format)),
    locations=some(st.builds('<ELocationID EIdType="{}" ValidYN="{}">{}</ELocationID>'.format,
                             st.sampled_from(["doi", "pii"]), YN, st.sampled_from(["10.1/a", " 10.2/b ", "no"]))),
    abstract=some(PARTS, "<Abstract>{}</Abstract>"),
    authors=some(NAMES, '<AuthorList CompleteYN="Y">{}</AuthorList>'),
    after_types=some(MARKED.map("<VernacularTitle>{}</VernacularTitle>".format).filter(len)).map(
        lambda titles: titles.partition("</VernacularTitle>")[0] + "</VernacularTitle>" if titles else ""),
    lists=st.builds("{}{}{}{}".format, some(LINKS, "<CommentsCorrectionsList>{}</CommentsCorrectionsList>"),
                    some(HEADINGS, "<MeshHeadingList>{}</MeshHeadingList>"),
                    some(st.builds('<OtherAbstract Type="T" Language="fre">{}</OtherAbstract>'.format, PARTS)),
                    some(TEXT.map('<Keyword MajorTopicYN="N">{}</Keyword>'.format),
                         '<KeywordList Owner="NLM">{}</KeywordList>')),
    ids=some(IDS),
    after_ids=some(REFERENCES, "<ReferenceList>{}</ReferenceList>"),
    indented=st.booleans(),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(RECORDS)
def test_quick_reader_and_tree_give_the_same_document(record: str) -> None:
    expected = parse_medline_tree(raw(record))
    read = medline_shape.read(raw(record))
    assert read is None or read == expected
    assert parse(raw(record)) == expected


SCRAPS = (
    "<",
    ">",
    "&",
    "</i>",
    "<i>",
    "<!--",
    "<![CDATA[",
    "]]>",
    "\x02",
    "&#0;",
    "&amp;",
    "</Author>",
    ' a="b"',
    "\n",
)


@settings(max_examples=300, deadline=None)
@given(RECORDS, st.integers(0, 5000), st.integers(0, 12), st.sampled_from(SCRAPS))
def test_what_the_quick_reader_accepts_is_well_formed(record: str, place: int, cut: int, scrap: str) -> None:
    place %= len(record)
    broken = raw(record[:place] + scrap + record[place + cut :])
    read = medline_shape.read(broken)
    assert read is None or read == parse_medline_tree(broken)
    assert isinstance(parse(broken), Document | Rejection)


@pytest.mark.parametrize("indented", [False, True])
def test_the_common_shape_is_read_quickly(indented: bool) -> None:
    """Not a test of speed: without it, all others would pass on the tree alone."""
    record = pubmed(
        abstract=abstract("10<sup>-3</sup> &lt; <i>p</i>", ' Label="RESULTS" NlmCategory="RESULTS"'),
        authors='<AuthorList CompleteYN="Y"><Author ValidYN="Y"><LastName>Solo</LastName></Author></AuthorList>',
        lists=links(("Cites", "a", "1"), ("ErratumIn", "b", "")),
        indented=indented,
    )
    assert medline_shape.read(raw(record)) is not None
