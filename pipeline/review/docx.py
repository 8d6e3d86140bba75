"""A review as a Word document: real tables, heading styles, captions that Word can list, links to the evidence."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from docx import Document
from docx.document import Document as Doc
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from pipeline.review import telling as words
from pipeline.review.records import Cell, Claim, Plot, Prose, Reference, Review, Row, Table
from pipeline.review.references import Run, links, warning
from pipeline.review.telling import Telling
from pipeline.review.word_prose import write_prose
from pipeline.review.wordml import SOFT, WIDTH, Writer, bookmark, clean, grid_of, link, word_field
from pipeline.text import digest

FONT = "Liberation Sans"  # free, and as wide as Arial, which Word takes where it is missing
TEXT, GONE = RGBColor(0x1C, 0x1C, 0x1C), RGBColor(0xA3, 0x15, 0x15)
FIGURE = 165  # mm, at most
STAMP = (1980, 1, 1, 0, 0, 0)  # a zip has no time of its own: the same review gives the same bytes
SNAPSHOT = "%Y%m%dT%H%M%S"


def docx(telling: Telling, pictures: Mapping[str, bytes]) -> bytes:
    """The document; ``pictures``: plot → its picture as PNG."""
    writer = Writer(Document(), telling, pictures)
    _set_up(writer.document, telling.review)
    _front(writer)
    for section in telling.review.sections:
        writer.document.add_heading(clean(section.title), 1)
        for content in section.contents:
            match content:
                case Prose():
                    write_prose(writer, content)
                case Table():
                    _table(writer, content)
                case Plot():
                    _plot(writer, content)
    _back(writer)
    return _sealed(writer.document)


# ------------------------------------------------------------------------------------------------ the whole


def _set_up(document: Doc, review: Review) -> None:
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm((210 - WIDTH) / 2)
    page.top_margin = page.bottom_margin = Mm(16)
    styles = document.styles
    for name, size in (("Normal", 10), ("Title", 20), ("Heading 1", 14), ("Heading 2", 11), ("Heading 3", 10.5),
                       ("Caption", 9), ("List Bullet", 10), ("List Number", 10), ("Quote", 10)):  # fmt: skip
        _set_font(styles[name], size)
    styles["Normal"].paragraph_format.space_after = Pt(5)
    styles["Caption"].paragraph_format.keep_with_next = True
    styles["Caption"].paragraph_format.space_before = Pt(9)
    for name, base, size in (("Cell", "Normal", 8), ("Evidence", "Normal", 8.5), ("Reference", "Normal", 8.5)):
        style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = styles[base]
        _set_font(style, size)
        style.paragraph_format.space_after = Pt(1 if name == "Cell" else 3)
        style.paragraph_format.space_before = Pt(1 if name == "Cell" else 0)
    styles["Reference"].paragraph_format.left_indent = Mm(8)
    styles["Reference"].paragraph_format.first_line_indent = Mm(-8)
    styles["Evidence"].paragraph_format.left_indent = Mm(5)
    properties = document.core_properties
    properties.title, properties.subject = clean(review.title), clean(words.subtitle(review))
    properties.author, properties.last_modified_by, properties.comments = "resistmine", "resistmine", ""
    properties.keywords = f"resistmine review {review.name}"
    properties.created = properties.modified = _time(review.snapshot)
    properties.revision = 1
    _number_pages(page.footer.paragraphs[0], review)


def _time(snapshot: str) -> datetime:
    """When the snapshot was made: the document knows no other time."""
    try:
        return datetime.strptime(snapshot[:15], SNAPSHOT).replace(tzinfo=UTC)
    except ValueError:
        return datetime(*STAMP[:3], tzinfo=UTC)


def _set_font(style: Any, size: float) -> None:
    style.font.name, style.font.size = FONT, Pt(size)
    style.font.color.rgb = TEXT
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(name), FONT)
    for name in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(name), None)


def _number_pages(paragraph: Paragraph, review: Review) -> None:
    run = paragraph.add_run(clean(f"{review.title} · snapshot {review.snapshot} · page "))
    run.font.size, run.font.color.rgb = Pt(7.5), SOFT
    word_field(paragraph, "PAGE", "1", size=7.5)


def _front(writer: Writer) -> None:
    review = writer.telling.review
    writer.document.add_paragraph(clean(review.title), style="Title")
    writer.document.add_paragraph().add_run(clean(words.subtitle(review))).font.color.rgb = SOFT
    if review.demo:
        writer.document.add_paragraph().add_run(words.DEMO).bold = True


def _back(writer: Writer) -> None:
    review, document = writer.telling.review, writer.document
    if review.unplaced:
        document.add_heading(words.UNPLACED, 1)
        document.add_paragraph(words.UNPLACED_SAYS)
        for prose in review.unplaced:
            write_prose(writer, prose)
    document.add_heading(words.METHODS, 1)
    for text in review.methods:
        document.add_paragraph(clean(text))
    document.add_heading(words.EVIDENCE, 1)
    for claim in review.claims.values():
        _claim(writer, claim)
    document.add_heading(words.REFERENCES, 1)
    for reference, runs in zip(review.references, writer.telling.printed, strict=True):
        _reference(writer, reference, runs)


def _sealed(document: Doc) -> bytes:
    """The file, with a digest of its text in its properties and no time but that of the snapshot."""
    document.core_properties.identifier = digest(_text_of(document))
    raw, made = io.BytesIO(), io.BytesIO()
    document.save(raw)
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            fixed = zipfile.ZipInfo(entry.filename, STAMP)
            fixed.compress_type, fixed.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            target.writestr(fixed, source.read(entry))
    return made.getvalue()


def is_sealed(content: bytes) -> bool:
    """Whether a document says what we wrote; one that Word has only saved again still does."""
    try:
        document = Document(io.BytesIO(content))
    except Exception:  # whatever is wrong with it, it is not ours
        return False
    return str(document.core_properties.identifier) == digest(_text_of(document))


def _text_of(document: Doc) -> str:
    body = document.element.body
    return "\n".join("".join(str(each.text or "") for each in part.iter(qn("w:t"))) for part in body.iter(qn("w:p")))


# ------------------------------------------------------------------------------------------------ tables, plots


def _table(writer: Writer, table: Table) -> None:
    if not table.rows:
        run = writer.document.add_paragraph().add_run(clean(f"{table.title}: {words.NO_ROWS.lower()}"))
        run.italic, run.font.color.rgb = True, SOFT
        return
    _caption(writer, "Table", table.number, words.caption(table), f"table-{table.name}")
    grid = grid_of(writer, table.heads, [WIDTH * width / sum(table.widths) for width in table.widths], len(table.rows))
    for number, row in enumerate(table.rows, start=1):
        _fill(writer, grid.rows[number].cells, row)
    after = writer.document.add_paragraph()
    after.paragraph_format.space_after = Pt(4)
    if writer.telling.has_withdrawn(table):
        run = after.add_run(words.LEGEND)
        run.italic, run.font.size = True, Pt(8)


def _fill(writer: Writer, cells: Sequence[Any], row: Row) -> None:
    for place, (target, cell) in enumerate(zip(cells, row.cells, strict=True)):
        paragraph = target.paragraphs[0]
        if cell.text and place == row.linked:
            run = link(paragraph, f"claim-{row.claim_ids[0]}", cell.text)
            run.font.strike = row.status == "retracted"
        elif cell.text:
            paragraph.add_run(clean(cell.text)).font.strike = row.status == "retracted"
        _cite(writer, paragraph, cell)


def _cite(writer: Writer, paragraph: Paragraph, cell: Cell) -> None:
    if not cell.papers:
        return
    paragraph.add_run(" [" if cell.text else "[")
    for number, (paper, evidence) in enumerate(zip(cell.papers, cell.evidence, strict=True)):
        if number:
            paragraph.add_run(", ")
        link(paragraph, f"ev-{evidence}", writer.telling.number(paper))
    paragraph.add_run("]")


def _plot(writer: Writer, plot: Plot) -> None:
    _caption(writer, "Figure", plot.number, words.caption(plot), f"figure-{plot.name}")
    if plot.name in writer.pictures:
        shape = writer.document.add_picture(io.BytesIO(writer.pictures[plot.name]))
        if shape.width > Mm(FIGURE):
            shape.height, shape.width = int(shape.height * Mm(FIGURE) / shape.width), Mm(FIGURE)
        shape._inline.docPr.set("descr", clean(words.caption(plot)))
        return
    writer.document.add_paragraph(words.NO_PICTURE)
    heads, rows = words.numbers_of(plot)
    grid = grid_of(writer, heads, [WIDTH / len(heads)] * len(heads), len(rows))
    for cells, row in zip(grid.rows[1:], rows, strict=True):
        for cell, value in zip(cells.cells, row, strict=True):
            cell.paragraphs[0].add_run(clean(value))
    writer.document.add_paragraph()


def _caption(writer: Writer, what: str, number: int, text: str, anchor: str) -> None:
    paragraph = writer.document.add_paragraph(style="Caption")
    with_mark = bookmark(writer, paragraph, anchor)
    paragraph.add_run(f"{what} ")
    word_field(paragraph, f"SEQ {what} \\* ARABIC", str(number))
    with_mark()
    paragraph.add_run(clean(f". {text}")).bold = False


# ------------------------------------------------------------------------------------------------ evidence, references


def _claim(writer: Writer, claim: Claim) -> None:
    heading = writer.document.add_heading("", 2)
    end = bookmark(writer, heading, f"claim-{claim.claim_id}")
    heading.add_run(clean(claim.label))
    end()
    told = writer.document.add_paragraph(style="Evidence")
    told.paragraph_format.keep_with_next = True
    told.add_run(clean(f"{claim.claim_id}  {words.weight(claim)}")).font.color.rgb = SOFT
    for each in claim.evidence:
        paragraph = writer.document.add_paragraph(style="Evidence")
        end = bookmark(writer, paragraph, f"ev-{each.evidence_id}")
        if each.quote is not None:
            paragraph.add_run(clean(f"“{each.quote}”"))
            paragraph.add_run(clean(f" ({words.place(each)}) ")).font.color.rgb = SOFT
        else:
            paragraph.add_run(clean(f"{words.unquoted(each)} ")).font.color.rgb = SOFT
        end()
        link(
            paragraph, f"ref-{writer.telling.numbers[each.document_id]}", f"[{writer.telling.number(each.document_id)}]"
        )
        if each.document_id in writer.telling.withdrawn:
            run = paragraph.add_run(f" {each.document_status.upper()}")
            run.bold, run.font.color.rgb = True, GONE
        run = paragraph.add_run(clean(f"  {words.facts(each)}; rule {each.rule}; {each.evidence_id}"))
        run.font.size, run.font.color.rgb = Pt(7.5), SOFT


def _reference(writer: Writer, reference: Reference, runs: tuple[Run, ...]) -> None:
    paragraph = writer.document.add_paragraph(style="Reference")
    end = bookmark(writer, paragraph, f"ref-{reference.number}")
    paragraph.add_run(f"{reference.number}.\t")
    end()
    paragraph.paragraph_format.tab_stops.add_tab_stop(Mm(8))
    if warning(reference):
        run = paragraph.add_run(f"{warning(reference).upper()}. ")
        run.bold, run.font.color.rgb = True, GONE
    for each in runs:
        run = paragraph.add_run(clean(each.text))
        run.italic, run.bold = each.form == "italic" or None, each.form == "bold" or None
        run.font.superscript, run.font.subscript = each.form == "sup" or None, each.form == "sub" or None
    for what, address in links(reference):
        paragraph.add_run(" ")
        link(paragraph, address, what, outside=True)
    if words.licence(reference):
        paragraph.add_run(clean(f" {words.licence(reference)}")).font.color.rgb = SOFT
