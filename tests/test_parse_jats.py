"""JATS: sections, tables, bibliographic data, licences, and what must not leak, double or get lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model import Accession, Author, Document, Notice, PartialDate, Reference, Section, Source, Status
from pipeline.parse import parse, split_articles
from tests.parse_samples import jats, parsed, raw, refused


def sections(body: str, **parts: str) -> list[tuple[str, str | None, str]]:
    """(kind, heading, text) of every section but the title."""
    document = parsed(jats(body=body, **parts), Source.JATS)
    return [(section.kind, section.heading, section.text) for section in document.sections[1:]]


# ------------------------------------------------------------------------------------------------ body


def test_sections_are_flat_in_reading_order() -> None:
    body = (
        '<body><p>Before all.</p><sec sec-type="intro"><label>1.</label><title>Why</title><p>First.</p>'
        "<p>Second.</p></sec>"
        "<sec><title>Materials and methods</title><sec><title>Cells</title><p>MCF-7.</p></sec></sec>"
        "<sec><title>2. Results</title><p>Overview.</p><sec><title>Cell <italic>viability</italic></title><p>Low.</p>"
        "<sec><title>At night</title><p>Lower.</p></sec></sec><p>After.</p></sec>"
        "<sec><title>Discussion</title><p>Well.</p><sec><title>Conclusions</title><p>So.</p></sec>"
        "<sec><title>Results of earlier work</title><p>Old.</p></sec></sec><sec><title>Odds</title><p>End.</p>"
        "</sec></body>"
    )
    assert sections(body) == [
        ("body", None, "Before all."),
        ("introduction", "Why", "First.\nSecond."),
        ("methods", "Materials and methods > Cells", "MCF-7."),
        ("results", "2. Results", "Overview."),
        ("results", "2. Results > Cell viability", "Low."),
        ("results", "2. Results > Cell viability > At night", "Lower."),
        ("results", "2. Results", "After."),
        ("discussion", "Discussion", "Well."),
        ("conclusion", "Discussion > Conclusions", "So."),
        ("discussion", "Discussion > Results of earlier work", "Old."),
        ("body", "Odds", "End."),
    ]


@pytest.mark.parametrize(
    ("heading", "sec_type", "kind"),
    [
        ("Introduction", "", "introduction"),
        ("1. Background", "", "introduction"),
        ("Patients and Methods", "", "methods"),
        ("EXPERIMENTAL PROCEDURES", "", "methods"),
        ("IV. Findings", "", "results"),
        ("Results and Discussion", "", "results"),
        ("Discussion and conclusions", "", "discussion"),
        ("Concluding remarks", "", "conclusion"),
        ("Anything", "materials|methods", "methods"),
        ("Methods", "results", "methods"),
        ("Discussion", "conclusions", "discussion"),
        ("Patients seen at night", "subjects", "methods"),
        ("Phase 1. Results", "", "body"),
        ("Acknowledged gaps", "", "body"),
    ],
)
def test_kind_of_a_section(heading: str, sec_type: str, kind: str) -> None:
    body = f'<body><sec sec-type="{sec_type}"><title>{heading}</title><p>Text.</p></sec></body>'
    assert sections(body) == [(kind, heading, "Text.")]


@pytest.mark.parametrize(
    ("paragraph", "expected"),
    [
        ("As shown [<xref ref-type='bibr' rid='b1'>1</xref>,<xref ref-type='bibr' rid='b2'>2"
         "</xref>].", "As shown [1,2]."),
        ("As shown<sup><xref ref-type='bibr' rid='b1'>12</xref></sup>.", "As shown¹²."),
        ("In <italic>ESR1</italic><sub>mut</sub>, 10<sup>-3</sup>", "In ESR1mut, 10⁻³"),
        ("dose 5<xref ref-type='table-fn' rid='t'>1</xref> mg", "dose 5¹ mg"),
        ("a <inline-formula><alternatives><tex-math>\\alpha</tex-math><mml:math><mml:mi>α</mml:mi><mml:mo>=</mml:mo>"
         "<mml:mn>2</mml:mn></mml:math></alternatives></inline-formula> b", "a α=2 b"),
        ("before<disp-formula><mml:math><mml:mi>x</mml:mi></mml:math><label>(1)</label></disp-formula>after",
         "before x(1) after"),
        ("a&nbsp;b &alpha; &lsqb;x&rsqb; &lt;&amp;", "a\u00a0b α [x] <&"),
        ("line\n      broken<!-- note -->, <?page 2?>on", "line broken, on"),
        ("<named-content content-type='gene'>TP53</named-content> and <ext-link>link</ext-link>", "TP53 and link"),
    ],
)  # fmt: skip
def test_paragraph_reads_as_printed(paragraph: str, expected: str) -> None:
    assert sections(f"<body><p>{paragraph}</p></body>") == [("body", None, expected)]


def test_lists_formulas_and_quotes_break_paragraphs_and_keep_the_order() -> None:
    body = (
        "<body><sec><title>Results</title><p>We saw<list list-type='order'><list-item><label>1.</label><p>one"
        "</p></list-item>"
        "<list-item><label>2.</label><p>two<list><list-item><p>two and a half</p></list-item></list></p>"
        "</list-item></list>"
        "and more.</p><disp-quote><p>Quoted.</p></disp-quote><disp-formula><mml:math><mml:mi>E</mml:mi></mml:math>"
        "</disp-formula><def-list><def-item><term>CI</term><def><p>combination index</p></def></def-item></def-list>"
        "</sec></body>"
    )
    expected = "We saw\n1. one\n2. two\ntwo and a half\nand more.\nQuoted.\nE\nCI combination index"
    assert sections(body) == [("results", "Results", expected)]


FIGURE = (
    "<fig id='f1'><label>Figure 1</label><caption><title>Growth.</title><p>It <bold>grew</bold>.</p></caption></fig>"
)
TABLE = (
    "<table-wrap><label>Table 1</label><caption><p>Doses.</p></caption><table><tbody><tr><td>5</td></tr>"
    "</tbody></table>"
    "<table-wrap-foot><fn><label>a</label><p>mg</p></fn></table-wrap-foot></table-wrap>"
)


@pytest.mark.parametrize(
    "body",
    [
        f"<body><sec><title>Results</title><p>Text{FIGURE}{TABLE} goes on.</p></sec></body>",
        f"<body><sec><title>Results</title>{FIGURE}<p>Text goes on.</p>{TABLE}</sec></body>",
        f"<body><sec><title>Results</title><p>Text goes on.</p><p><bold>{FIGURE}</bold></p>{TABLE}</sec></body>",
    ],
)
def test_figures_and_tables_are_read_once_and_outside_the_paragraph(body: str) -> None:
    assert sections(body) == [
        ("results", "Results", "Text goes on."),
        ("figure", "Figure 1", "Growth.\nIt grew."),
        ("table", "Table 1 Doses.", "5"),
        ("body", "Table 1 > Footnotes", "a mg"),
    ]


def test_what_stands_outside_the_body_is_read_after_it() -> None:
    back = (
        "<back><ack><p>Thanks.</p></ack><sec><title>Display</title><p>Shown.</p></sec><app-group><app>"
        "<title>Appendix A</title>"
        "<p>Added.</p></app></app-group><fn-group><fn><p>COI none.</p></fn></fn-group><ref-list><ref id='r'>"
        "<mixed-citation>Cited.</mixed-citation></ref></ref-list></back>"
    )
    assert sections("<body><p>Main.</p></body>", back=back, after=f"<floats-group>{FIGURE}</floats-group>") == [
        ("body", None, "Main."),
        ("body", "Display", "Shown."),
        ("body", "Appendix A", "Added."),
        ("figure", "Figure 1", "Growth.\nIt grew."),
    ]


def test_groups_boxes_and_files() -> None:
    body = (
        "<body><sec><title>Results</title><p>Text.</p><fig-group><label>Figure 9</label><caption><p>Both.</p>"
        f"</caption>{FIGURE}"
        "</fig-group><table-wrap-group><label>Table 3</label><table-wrap><label>(a)</label><table><tr><td>x"
        "</td></tr></table>"
        "</table-wrap></table-wrap-group><boxed-text><caption><title>Box 1</title></caption><sec><title>In it</title>"
        "<p>Boxed.</p></sec></boxed-text><supplementary-material><label>File S1</label><caption><p>Data.</p></caption>"
        "</supplementary-material><table-wrap><label>Table 4</label><caption><p>A picture.</p></caption><graphic/>"
        "</table-wrap></sec></body>"
    )
    assert sections(body) == [
        ("results", "Results", "Text."),
        ("figure", "Figure 9", "Both."),
        ("figure", "Figure 1", "Growth.\nIt grew."),
        ("table", "Table 3 (a)", "x"),
        ("results", "Results > Box 1", "Box 1"),
        ("results", "Results > Box 1 > In it", "Boxed."),
        ("body", "Results > File S1", "Data."),
        ("table", "Table 4", "A picture."),
    ]


def test_other_articles_inside_do_not_leak() -> None:
    inner = (
        "<sub-article><front-stub><article-id pub-id-type='doi'>10.1/other</article-id><title-group>"
        "<article-title>Other"
        "</article-title></title-group></front-stub><body><p>Other text.</p></body><back><ref-list><ref>"
        "<mixed-citation>Other ref.</mixed-citation></ref></ref-list></back></sub-article><response><front-stub/>"
        "<body><p>Reply.</p></body></response>"
    )
    document = parsed(jats(body="<body><p>Own.</p></body>", after=inner), Source.JATS)
    assert (document.doi, document.references) == (None, ())
    assert document.sections == (Section("title", "Resistance, invented"), Section("body", "Own."))


WORDS = st.text(st.sampled_from("abc dé\n.,"), min_size=1, max_size=8)
INLINE = st.one_of(WORDS, WORDS.map("<italic>{}</italic>".format), WORDS.map("<xref ref-type='bibr'>{}</xref>".format),
                   WORDS.map("<inline-formula><mml:math><mml:mi>{}</mml:mi></mml:math>"
                   "</inline-formula>".format))  # fmt: skip
PARAGRAPH = st.lists(INLINE, max_size=4).map("".join).map("<p>{}</p>".format)
BLOCK = st.recursive(
    PARAGRAPH,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map("".join).map("<list><list-item>{}</list-item></list>".format),
        st.builds("<p>{}<disp-quote>{}</disp-quote>{}</p>".format, WORDS, inner, WORDS),
        st.lists(inner, max_size=3).map("".join).map("<sec>{}</sec>".format),
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.lists(BLOCK, max_size=4).map("".join))
def test_no_text_of_a_paragraph_is_lost_or_doubled(body: str) -> None:
    source = jats(body=f"<body>{body}</body>")
    document = parsed(source, Source.JATS)
    printed = "".join(part.rpartition(">")[2] for part in body.split("<"))
    read = "".join(section.text for section in document.sections[1:])
    assert "".join(read.split()) == "".join(printed.split())
    assert not any(line != line.strip(" \n") for section in document.sections for line in section.text.split("\n"))


# ------------------------------------------------------------------------------------------------ tables


def table(rows: str) -> Section:
    document = parsed(jats(body=f"<body><table-wrap><table>{rows}</table></table-wrap></body>"), Source.JATS)
    (section,) = document.sections[1:]
    return section


def cells(section: Section) -> list[tuple[str, int, int, bool, str | None, tuple[str, ...]]]:
    return [
        (
            section.text[cell.start : cell.end],
            cell.row,
            cell.column,
            cell.is_header,
            cell.row_header,
            cell.column_headers,
        )
        for cell in section.cells
    ]


def test_headers_are_resolved_through_spans() -> None:
    section = table(
        "<thead><tr><th rowspan='2'>Cell line</th><th colspan='2'>IC<sub>50</sub>\n (µM)</th></tr>"
        "<tr><th>letrozole</th><th>exemestane</th></tr></thead>"
        "<tbody><tr><td rowspan='2'>MCF-7</td><td>0.5<sup>a</sup></td><td>1.2</td></tr>"
        "<tr><td>0.6</td><td>10<sup>2</sup></td></tr><tr><td colspan='3'>All <bold>resistant</bold></td></tr></tbody>"
    )
    assert section.text == ("Cell line\tIC50 (µM)\nletrozole\texemestane\nMCF-7\t0.5ᵃ\t1.2\n0.6\t10²\nAll resistant")
    assert cells(section) == [
        ("Cell line", 0, 0, True, None, ()),
        ("IC50 (µM)", 0, 1, True, "Cell line", ()),
        ("letrozole", 1, 1, True, "Cell line", ("IC50 (µM)",)),
        ("exemestane", 1, 2, True, "Cell line", ("IC50 (µM)",)),
        ("MCF-7", 2, 0, False, None, ("Cell line",)),
        ("0.5ᵃ", 2, 1, False, "MCF-7", ("IC50 (µM)", "letrozole")),
        ("1.2", 2, 2, False, "MCF-7", ("IC50 (µM)", "exemestane")),
        ("0.6", 3, 1, False, "MCF-7", ("IC50 (µM)", "letrozole")),
        ("10²", 3, 2, False, "MCF-7", ("IC50 (µM)", "exemestane")),
        ("All resistant", 4, 0, False, None, ()),
    ]


def test_leading_rows_of_header_cells_are_the_head_of_a_table_without_one() -> None:
    section = table("<tr><th>Drug</th><th>Fold</th></tr><tr><th>letrozole</th><td/></tr><tr><td></td><td>3</td></tr>")
    assert section.text == "Drug\tFold\nletrozole\t\n\t3"
    assert cells(section)[2:] == [
        ("letrozole", 1, 0, True, None, ("Drug",)),
        ("", 1, 1, False, "letrozole", ("Fold",)),
        ("", 2, 0, False, None, ("Drug",)),
        ("3", 2, 1, False, None, ("Fold",)),
    ]


def test_marks_of_footnotes_stay_apart_from_their_words() -> None:
    foot = "<table-wrap-foot><fn><p><sup>a</sup>Solubility; <sup>*</sup>10<sup>-3</sup></p></fn></table-wrap-foot>"
    body = f"<body><table-wrap><table><tr><td>x</td></tr></table>{foot}</table-wrap></body>"
    assert sections(body) == [("table", None, "x"), ("body", "Footnotes", "ᵃSolubility; *10⁻³")]


def test_a_cell_is_one_line_whatever_is_in_it() -> None:
    section = table(
        "<tr><td>a<break/>b\tc<list><list-item><p>d</p></list-item></list></td><td><p>e</p><p>f</p></td></tr>"
    )
    assert section.text == "a b c d\te f"


@pytest.mark.parametrize("span", ["0", "-1", "x", "", "99999999999", "1000000"])
def test_spans_that_cannot_be_do_no_harm(span: str) -> None:
    section = table(f"<tr><td rowspan='{span}' colspan='{span}'>a</td><td>b</td></tr><tr><td>c</td></tr>")
    assert section.text == "a\tb\nc"


CELL = st.builds(
    "<{0} colspan='{1}' rowspan='{2}'>{3}"
    "</{0}>".format, st.sampled_from(["td", "th"]), st.integers(0, 4), st.integers(0, 4),
    st.text(st.sampled_from("ab \n\té"), max_size=5),
)  # fmt: skip
ROWS = st.lists(st.lists(CELL, max_size=4).map("".join).map("<tr>{}</tr>".format), min_size=1, max_size=5).map("".join)


@settings(max_examples=200, deadline=None)
@given(ROWS, ROWS)
def test_offsets_slice_the_text_exactly(head: str, rows: str) -> None:
    section = table(f"<thead>{head}</thead><tbody>{rows}</tbody>")
    lines: dict[int, list[str]] = {}
    for cell in section.cells:
        lines.setdefault(cell.row, []).append(section.text[cell.start : cell.end])
    count = head.count("<tr>") + rows.count("<tr>")
    assert section.text == "\n".join("\t".join(lines.get(row, [])) for row in range(count))
    assert not any(set(text) & set("\t\n") for line in lines.values() for text in line)
    places = [(cell.row, cell.column) for cell in section.cells]
    assert places == sorted(set(places))


# ------------------------------------------------------------------------------------------------ front matter


def test_bibliographic_data() -> None:
    meta = (
        "<contrib-group><contrib contrib-type='author'><name><surname>Doe</surname>"
        "<given-names initials='J'>Jane</given-names>"
        "</name><xref ref-type='aff'>1</xref></contrib><contrib contrib-type='author'><collab>Trial Group"
        "<contrib-group>"
        "<contrib><name><surname>Member</surname></name></contrib></contrib-group></collab></contrib>"
        "<contrib contrib-type='editor'><name><surname>Editor</surname></name></contrib></contrib-group>"
        "<pub-date pub-type='epub'><day>9</day><month>12</month><year>2019</year></pub-date>"
        "<pub-date pub-type='collection'><year>2020</year></pub-date><pub-date pub-type='pmc-release'>"
        "<year>2021</year></pub-date>"
        "<volume>3</volume><issue>4</issue><fpage>10</fpage><lpage>19</lpage><elocation-id>e5</elocation-id>"
        "<kwd-group><kwd>letrozole</kwd><kwd><italic>ESR1</italic></kwd></kwd-group>"
        "<kwd-group kwd-group-type='abbreviations'><kwd>AI, aromatase inhibitor</kwd></kwd-group>"
    )
    ids = (
        "<article-id pub-id-type='pmid'>90000002</article-id><article-id pub-id-type='pmc'>123</article-id>"
        "<article-id pub-id-type='doi'>10.1000/own</article-id><article-id pub-id-type='publisher-id'>x</article-id>"
    )
    document = parsed(jats(ids=ids, meta=meta), Source.JATS)
    assert (document.document_id, document.pmid, document.pmcid, document.doi) == (
        "pmid:90000002", "90000002", "PMC123", "10.1000/own")  # fmt: skip
    assert document.authors == (Author("Doe", "Jane", "J"), Author(collective="Trial Group"))
    assert document.electronic == PartialDate(2019, 12, 9, "2019 12 9")
    assert document.published == PartialDate(2020, None, None, "2020")
    assert (document.journal, document.volume, document.issue, document.pages) == (
        "Invented Reports",
        "3",
        "4",
        "10-19",
    )
    assert document.keywords == ("letrozole", "ESR1")
    assert (document.languages, document.publication_types) == (("eng",), ("research-article",))
    assert document.has_full_text


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ("<article-id pub-id-type='pmcid'>PMC0123.1</article-id>", "pmcid:PMC123"),
        ("<article-id pub-id-type='pmc'>123</article-id>", "pmcid:PMC123"),
        ("<article-id pub-id-type='doi'>10.1000/ABC</article-id>", "doi:10.1000/abc"),
    ],
)
def test_document_id_is_the_best_identifier(ids: str, expected: str) -> None:
    assert parsed(jats(ids=ids), Source.JATS).document_id == expected


def test_a_document_without_identifier_is_named_by_its_content() -> None:
    record = raw(jats(ids=""), Source.JATS)
    document = parse(record)
    assert isinstance(document, Document)
    assert document.document_id == "text:" + record.sha256[:16]


def test_newer_dates_say_format_and_type() -> None:
    meta = (
        '<pub-date date-type="pub" publication-format="electronic"><day>1</day><month>2</month><year>2022'
        "</year></pub-date>"
        '<pub-date date-type="collection"><season>Spring</season><year>2022</year></pub-date>'
    )
    document = parsed(jats(meta=meta), Source.JATS)
    assert document.electronic == PartialDate(2022, 2, 1, "2022 2 1")
    assert document.published == PartialDate(2022, None, None, "2022 Spring")


def test_abstracts() -> None:
    meta = (
        "<abstract><title>Abstract</title><sec><title>Methods</title><p>We <italic>tried</italic>.</p></sec>"
        "<sec><title>Results</title><p>One.</p><p>Two.</p></sec></abstract>"
        "<abstract abstract-type='teaser'><p>Read this.</p></abstract>"
        "<abstract abstract-type='graphical'><title>Graphical Abstract</title><p>Picture.</p></abstract>"
        "<trans-abstract xml:lang='fr'><sec><title>Résultats</title><p>Un.</p></sec></trans-abstract>"
    )
    document = parsed(jats(meta=meta, body=""), Source.JATS)
    assert document.sections[1:] == (
        Section("abstract", "We tried.", "Methods"),
        Section("abstract", "One.\nTwo.", "Results"),
        Section("other_abstract", "Read this.", "teaser"),
        Section("other_abstract", "Picture.", "graphical > Graphical Abstract"),
        Section("other_abstract", "Un.", "Résultats", language="fre"),
    )


@pytest.mark.parametrize(
    "body",
    ["", "<!--The publisher of this article does not allow downloading of the full text in XML form.-->", "<body/>"],
)
def test_an_article_without_body_has_no_full_text(body: str) -> None:
    document = parsed(jats(body=body, meta="<abstract><p>Short.</p></abstract>"), Source.JATS)
    assert not document.has_full_text
    assert [section.kind for section in document.sections] == ["title", "abstract"]


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ('<license xlink:href="http://creativecommons.org/licenses/by/4.0/"/>', "CC BY 4.0"),
        ('<license xlink:href="https://creativecommons.org/licenses/by-nc-nd/3.0/"/>', "CC BY-NC-ND 3.0"),
        ('<license xlink:href="http://creativecommons.org/licenses/BY-SA/4.0"/>', "CC BY-SA 4.0"),
        ('<license><license-p>See '
         '<ext-link xlink:href="https://creativecommons.org/publicdomain/zero/1.0/">here</ext-link>'
         "</license-p></license>", "CC0"),
        ('<license><ali:license_ref xmlns:ali="urn:a">https://creativecommons.org/licenses/by/4.0/'
         '</ali:license_ref></license>',
         "CC BY 4.0"),
        ("<license><license-p>Under the Creative Commons Attribution License, which permits use.</license-p></license>",
         "CC BY"),
        ("<license><license-p>Creative Commons Attribution-NonCommercial-NoDerivs, if cited.</license-p></license>",
         "CC BY-NC-ND"),
        ('<license license-type="cc-by"/>', "CC BY"),
        ('<license license-type="CC BY-NC-ND"><license-p>Terms.</license-p></license>', "CC BY-NC-ND"),
        ("<license><license-p>Ask the publisher.</license-p></license>", "Ask the publisher."),
        ('<license license-type="open-access"/>', "open-access"),
        ("", None),
    ],
)  # fmt: skip
def test_licence(licence: str, expected: str | None) -> None:
    assert parsed(jats(meta=f"<permissions>{licence}</permissions>"), Source.JATS).licence == expected


def test_a_long_licence_is_cut() -> None:
    text = "Reuse is a matter of taste. " * 20
    meta = f"<permissions><license><license-p>{text}</license-p></license></permissions>"
    assert len(parsed(jats(meta=meta), Source.JATS).licence or "") == 100


RELATED = '<related-article related-article-type="{}" ext-link-type="pubmed" xlink:href="77"/>'


@pytest.mark.parametrize(
    ("kind", "article_type", "expected", "status"),
    [
        ("retraction-forward", "research-article", "RetractionIn", Status.RETRACTED),
        ("retracted-article", "retraction", "RetractionOf", Status.CURRENT),
        ("correction-forward", "research-article", "ErratumIn", Status.CORRECTED),
        ("corrected-article", "correction", "ErratumFor", Status.CURRENT),
        ("commentary-article", "letter", "CommentOn", Status.CURRENT),
        ("companion", "research-article", "companion", Status.CURRENT),
    ],
)
def test_notices(kind: str, article_type: str, expected: str, status: Status) -> None:
    document = parsed(jats(meta=RELATED.format(kind), attributes=f' article-type="{article_type}"'), Source.JATS)
    assert document.notices == (Notice(expected, "77", "77"),)
    assert (document.status, document.publication_types) == (status, (article_type,))


def test_trials_of_the_front_matter() -> None:
    meta = (
        "<abstract><p>Registered as NCT01234567 and ISRCTN12345678; again NCT01234567.</p></abstract>"
        "<related-object><ext-link ext-link-type='clinical-trial' xlink:href='https://example.org/NCT07654321'>site"
        "</ext-link></related-object>"
    )
    document = parsed(jats(meta=meta, body="<body><p>Unlike NCT99999999.</p></body>"), Source.JATS)
    assert document.accessions == (
        Accession("ClinicalTrials.gov", "NCT01234567"),
        Accession("ClinicalTrials.gov", "NCT07654321"),
        Accession("ISRCTN", "ISRCTN12345678"),
    )


def test_references() -> None:
    back = (
        "<back><ref-list><ref id='r1'><label>1</label><element-citation><person-group><name><surname>Doe</surname>"
        "<given-names>J</given-names></name><name><surname>Roe</surname><given-names>R</given-names></name>"
        "</person-group>"
        "<article-title>On <italic>ESR1</italic>.</article-title><source>Cell</source><year>2001</year>"
        "<volume>2</volume>"
        "<fpage>3</fpage><lpage>9</lpage><pub-id pub-id-type='pmid'>11</pub-id><pub-id pub-id-type='doi'>10.1/a"
        "</pub-id>"
        "</element-citation></ref><ref id='r2'><mixed-citation>Free words. 1999. "
        "<pub-id pub-id-type='pmcid'>PMC5</pub-id>"
        "</mixed-citation><mixed-citation>And a second.</mixed-citation></ref></ref-list></back>"
    )
    assert parsed(jats(back=back), Source.JATS).references == (
        Reference("11", "10.1/a", None, "Doe J, Roe R. On ESR1. Cell. 2001;2:3-9"),
        Reference(pmcid="PMC5", citation="Free words. 1999."),
        Reference(citation="And a second."),
    )


# ------------------------------------------------------------------------------------------------ wrappers, refusals


def test_namespaces_and_wrappers_do_not_matter() -> None:
    article = (
        '<article xmlns="https://jats.nlm.nih.gov/ns/archiving/1.3/" xmlns:m="http://www.w3.org/1998/Math/MathML"><front>'
        "<article-meta><title-group><article-title>T</article-title></title-group></article-meta></front><body><p>x"
        "<m:math><m:mi>y</m:mi></m:math></p></body></article>"
    )
    wrapped = f"<OAI-PMH xmlns='urn:o'><GetRecord><record><metadata>{article}</metadata></record></GetRecord></OAI-PMH>"
    assert parsed(wrapped, Source.JATS).sections == (Section("title", "T"), Section("body", "xy"))


def test_articles_of_a_set_are_split() -> None:
    first, second = (jats(ids=f'<article-id pub-id-type="pmc">{number}</article-id>') for number in (1, 2))
    error = '<error id="7">not there</error>'
    content = f'<?xml version="1.0"?><pmc-articleset>{first}{error}{second}</pmc-articleset>'.encode()
    pieces = list(split_articles(content))
    assert [piece.decode() for _, piece in pieces] == [first, error, second]
    assert all(content[offset : offset + len(piece)] == piece for offset, piece in pieces)
    assert list(split_articles(first.encode())) == [(0, first.encode())]
    assert list(split_articles(b"")) == [(0, b"")]


def test_an_article_without_end_costs_only_itself() -> None:
    broken, whole = jats().removesuffix("</article>"), jats()
    pieces = [piece.decode() for _, piece in split_articles(f"<set>{broken}{whole}</set>".encode())]
    assert pieces == [broken, whole]
    assert refused(broken, Source.JATS).reason == "invalid_xml"


@pytest.mark.parametrize(
    ("content", "reason", "document_id"),
    [
        (jats(body="<body><p>a</body>"), "invalid_xml", "pmid:90000002"),
        (jats(body="<body><p>&unheardof;</p></body>"), "invalid_xml", "pmid:90000002"),
        (jats(title="", body=""), "no_content", "pmid:90000002"),
        (
            '<pmc-articleset><error id="123">The id is not available</error></pmc-articleset>',
            "not_available",
            "pmcid:PMC123",
        ),
        ("<eFetchResult><ERROR>ID list is empty!</ERROR></eFetchResult>", "not_an_article", None),
        ("<html><head/></html>", "not_an_article", None),
        ("<article><front/></article>", "not_an_article", None),
        (f"<set>{jats()}{jats()}</set>", "several_articles", "pmid:90000002"),
        ("not xml", "invalid_xml", None),
        ('<?xml version="1.0" encoding="punycode"?><article/>', "invalid_xml", None),
    ],
)
def test_refusals_have_a_reason(content: str, reason: str, document_id: str | None) -> None:
    rejection = refused(content, Source.JATS)
    assert (rejection.stage, rejection.reason, rejection.document_id) == ("parse", reason, document_id)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1"])
def test_encodings(encoding: str) -> None:
    prolog = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>\n<!DOCTYPE article SYSTEM "x.dtd">\n'
    content = jats(prolog=prolog, body="<body><p>café</p></body>").encode(encoding)
    assert parsed(content, Source.JATS).sections[1].text == "café"
