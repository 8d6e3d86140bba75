"""A review as a Word document: real tables, heading styles, captions that Word can list, links to the evidence."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from docx import Document
from docx.document import Document as Doc
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from docx.text.run import Run as WordRun
from lxml import etree
from markdown_it.token import Token

from pipeline.review import telling as words
from pipeline.review.marked import tokens
from pipeline.review.records import Cell, Claim, Plot, Prose, Reference, Review, Row, Table
from pipeline.review.references import Run, links, warning
from pipeline.review.telling import Telling
from pipeline.text import digest

FONT = "Liberation Sans"  # free, and as wide as Arial, which Word takes where it is missing
MONO = "DejaVu Sans Mono"
LINK, SOFT, WARN, GONE = RGBColor(0x0B, 0x55, 0x87), RGBColor(0x5A, 0x5A, 0x5A), "FFF4DF", RGBColor(0xA3, 0x15, 0x15)
HEAD, BAND = "E4EBF0", "F7F9FA"
WIDTH = 180  # mm between the margins of the page
FIGURE = 165  # mm, at most
SHORT = 8  # rows of a table that is not broken over pages
STAMP = (1980, 1, 1, 0, 0, 0)  # a zip has no time of its own: the same review gives the same bytes
AFTER_SHADE = frozenset(["tabs", "spacing", "ind", "jc", "rPr", "vAlign", "noWrap"])  # of those that we set
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # XML has no way to write these
BOOKMARK = 40  # characters that Word allows
SNAPSHOT = "%Y%m%dT%H%M%S"


@dataclass(slots=True)
class _Writer:
    """A document in the making; bookmarks need numbers of their own."""

    document: Doc
    telling: Telling
    pictures: Mapping[str, bytes]
    bookmarks: int = 0
    lists: dict[int, str] = field(default_factory=dict)


def docx(telling: Telling, pictures: Mapping[str, bytes]) -> bytes:
    """The document; ``pictures``: plot → its picture as PNG."""
    writer = _Writer(Document(), telling, pictures)
    _set_up(writer.document, telling.review)
    _front(writer)
    for section in telling.review.sections:
        writer.document.add_heading(clean(section.title), 1)
        for content in section.contents:
            match content:
                case Prose():
                    _prose(writer, content)
                case Table():
                    _table(writer, content)
                case Plot():
                    _plot(writer, content)
    _back(writer)
    return _sealed(writer.document)


def clean(text: str) -> str:
    """Text without what XML cannot hold."""
    return CONTROL.sub("\ufffd", text)


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
    style.font.color.rgb = RGBColor(0x1C, 0x1C, 0x1C)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(name), FONT)
    for name in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(name), None)


def _number_pages(paragraph: Paragraph, review: Review) -> None:
    run = paragraph.add_run(clean(f"{review.title} · snapshot {review.snapshot} · page "))
    run.font.size, run.font.color.rgb = Pt(7.5), SOFT
    _field(paragraph, "PAGE", "1", size=7.5)


def _front(writer: _Writer) -> None:
    review = writer.telling.review
    writer.document.add_paragraph(clean(review.title), style="Title")
    writer.document.add_paragraph().add_run(clean(words.subtitle(review))).font.color.rgb = SOFT
    if review.demo:
        writer.document.add_paragraph().add_run(words.DEMO).bold = True


def _back(writer: _Writer) -> None:
    review, document = writer.telling.review, writer.document
    if review.unplaced:
        document.add_heading(words.UNPLACED, 1)
        document.add_paragraph(words.UNPLACED_SAYS)
        for prose in review.unplaced:
            _prose(writer, prose)
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


def _table(writer: _Writer, table: Table) -> None:
    if not table.rows:
        run = writer.document.add_paragraph().add_run(clean(f"{table.title}: {words.NO_ROWS.lower()}"))
        run.italic, run.font.color.rgb = True, SOFT
        return
    _caption(writer, "Table", table.number, words.caption(table), f"table-{table.name}")
    grid = _grid(writer, table.heads, [WIDTH * width / sum(table.widths) for width in table.widths], len(table.rows))
    for number, row in enumerate(table.rows, start=1):
        _fill(writer, grid.rows[number].cells, row)
    after = writer.document.add_paragraph()
    after.paragraph_format.space_after = Pt(4)
    if writer.telling.has_withdrawn(table):
        run = after.add_run(words.LEGEND)
        run.italic, run.font.size = True, Pt(8)


def _grid(writer: _Writer, heads: Sequence[str], widths: Sequence[float], rows: int) -> Any:
    """An empty table: its head is repeated on every page, its rows do not break."""
    grid = writer.document.add_table(rows=rows + 1, cols=len(heads), style="Table Grid")
    grid.autofit = False
    for column, width in zip(grid.columns, widths, strict=True):
        column.width = Mm(width)
    for number, row in enumerate(grid.rows):
        properties = row._tr.get_or_add_trPr()
        properties.append(_element("w:cantSplit"))
        if not number:
            properties.append(_element("w:tblHeader"))
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Mm(width)
            cell.paragraphs[0].style = "Cell"
            if not number or (rows <= SHORT and number < rows):
                cell.paragraphs[0].paragraph_format.keep_with_next = True
            if not number or number % 2 == 0:
                _shade(cell._tc.get_or_add_tcPr(), HEAD if not number else BAND)
    for cell, head in zip(grid.rows[0].cells, heads, strict=True):
        cell.paragraphs[0].add_run(clean(head)).bold = True
    return grid


def _fill(writer: _Writer, cells: Sequence[Any], row: Row) -> None:
    for place, (target, cell) in enumerate(zip(cells, row.cells, strict=True)):
        paragraph = target.paragraphs[0]
        if cell.text and place == row.linked:
            run = _link(paragraph, f"claim-{row.claim_ids[0]}", cell.text)
            run.font.strike = row.status == "retracted"
        elif cell.text:
            paragraph.add_run(clean(cell.text)).font.strike = row.status == "retracted"
        _cite(writer, paragraph, cell)


def _cite(writer: _Writer, paragraph: Paragraph, cell: Cell) -> None:
    if not cell.papers:
        return
    paragraph.add_run(" [" if cell.text else "[")
    for number, (paper, evidence) in enumerate(zip(cell.papers, cell.evidence, strict=True)):
        if number:
            paragraph.add_run(", ")
        _link(paragraph, f"ev-{evidence}", writer.telling.number(paper))
    paragraph.add_run("]")


def _plot(writer: _Writer, plot: Plot) -> None:
    _caption(writer, "Figure", plot.number, words.caption(plot), f"figure-{plot.name}")
    if plot.name in writer.pictures:
        shape = writer.document.add_picture(io.BytesIO(writer.pictures[plot.name]))
        if shape.width > Mm(FIGURE):
            shape.height, shape.width = int(shape.height * Mm(FIGURE) / shape.width), Mm(FIGURE)
        shape._inline.docPr.set("descr", clean(words.caption(plot)))
        return
    writer.document.add_paragraph(words.NO_PICTURE)
    heads, rows = words.numbers_of(plot)
    grid = _grid(writer, heads, [WIDTH / len(heads)] * len(heads), len(rows))
    for cells, row in zip(grid.rows[1:], rows, strict=True):
        for cell, value in zip(cells.cells, row, strict=True):
            cell.paragraphs[0].add_run(clean(value))
    writer.document.add_paragraph()


def _caption(writer: _Writer, what: str, number: int, text: str, anchor: str) -> None:
    paragraph = writer.document.add_paragraph(style="Caption")
    with_mark = _bookmark(writer, paragraph, anchor)
    paragraph.add_run(f"{what} ")
    _field(paragraph, f"SEQ {what} \\* ARABIC", str(number))
    with_mark()
    paragraph.add_run(clean(f". {text}")).bold = False


# ------------------------------------------------------------------------------------------------ evidence, references


def _claim(writer: _Writer, claim: Claim) -> None:
    heading = writer.document.add_heading("", 2)
    end = _bookmark(writer, heading, f"claim-{claim.claim_id}")
    heading.add_run(clean(claim.label))
    end()
    told = writer.document.add_paragraph(style="Evidence")
    told.paragraph_format.keep_with_next = True
    told.add_run(clean(f"{claim.claim_id}  {words.weight(claim)}")).font.color.rgb = SOFT
    for each in claim.evidence:
        paragraph = writer.document.add_paragraph(style="Evidence")
        end = _bookmark(writer, paragraph, f"ev-{each.evidence_id}")
        if each.quote is not None:
            paragraph.add_run(clean(f"“{each.quote}”"))
            paragraph.add_run(clean(f" ({words.place(each)}) ")).font.color.rgb = SOFT
        else:
            paragraph.add_run(clean(f"{words.unquoted(each)} ")).font.color.rgb = SOFT
        end()
        _link(
            paragraph, f"ref-{writer.telling.numbers[each.document_id]}", f"[{writer.telling.number(each.document_id)}]"
        )
        if each.document_id in writer.telling.withdrawn:
            run = paragraph.add_run(f" {each.document_status.upper()}")
            run.bold, run.font.color.rgb = True, GONE
        run = paragraph.add_run(clean(f"  {words.facts(each)}; rule {each.rule}; {each.evidence_id}"))
        run.font.size, run.font.color.rgb = Pt(7.5), SOFT


def _reference(writer: _Writer, reference: Reference, runs: tuple[Run, ...]) -> None:
    paragraph = writer.document.add_paragraph(style="Reference")
    end = _bookmark(writer, paragraph, f"ref-{reference.number}")
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
        _link(paragraph, address, what, outside=True)
    if words.licence(reference):
        paragraph.add_run(clean(f" {words.licence(reference)}")).font.color.rgb = SOFT


# ------------------------------------------------------------------------------------------------ prose


def _prose(writer: _Writer, prose: Prose) -> None:
    if prose.state == "empty":
        return
    if prose.state == "changed":
        head, changes, todo = words.warned(prose, writer.telling.review)
        for text, bold in ((head, True), *((f"– {each}", False) for each in changes), (todo, False)):
            paragraph = writer.document.add_paragraph()
            paragraph.paragraph_format.space_after = Pt(0)
            paragraph.paragraph_format.keep_with_next = True
            _shade(paragraph._p.get_or_add_pPr(), WARN)
            paragraph.add_run(clean(text)).bold = bold
    _Walk(writer).go(tokens(prose.text))


@dataclass(slots=True)
class _Walk:
    """The tokens of Markdown, written one after the other."""

    writer: _Writer
    styles: list[str] = field(default_factory=list)
    rows: list[list[Token]] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    started: bool = False
    in_table: bool = False

    def go(self, found: Sequence[Token]) -> None:
        for token in found:
            if token.nesting > 0:
                self._open(token)
            elif token.nesting < 0:
                self._close(token.type.removesuffix("_close"))
            elif token.type == "inline" and self.in_table:
                self.rows[-1].append(token)
            elif token.type == "inline":
                _inline(self.writer, self._paragraph(), token.children or [])
            elif token.type in ("fence", "code_block"):
                self._paragraph().add_run(clean(token.content.rstrip("\n"))).font.name = MONO
            elif token.type == "hr":
                self._paragraph().add_run("―" * 12)

    def _open(self, token: Token) -> None:
        match token.type.removesuffix("_open"):
            case "bullet_list" | "ordered_list" | "blockquote" | "heading" as what:
                self.styles.append(what)
                self.counts.append(int(token.attrs.get("start", 1)) - 1)
            case "list_item":
                self.counts[-1] += 1
                self.started = False
            case "table":
                self.in_table, self.rows = True, []
            case "tr":
                self.rows.append([])

    def _close(self, what: str) -> None:
        if what in ("bullet_list", "ordered_list", "blockquote", "heading"):
            self.styles.pop()
            self.counts.pop()
        elif what == "table":
            self.in_table = False
            self._table()

    def _paragraph(self) -> Paragraph:
        """A paragraph in the style of where we are; the first of a list item has its bullet or number."""
        document = self.writer.document
        style = self.styles[-1] if self.styles else ""
        if style == "heading":
            heading: Paragraph = document.add_heading("", 2)
            return heading
        paragraph: Paragraph = document.add_paragraph(style="Quote" if style == "blockquote" else None)
        depth = sum(each in ("bullet_list", "ordered_list") for each in self.styles)
        if depth:
            paragraph.paragraph_format.left_indent = Mm(6 * depth)
            if not self.started:
                paragraph.paragraph_format.first_line_indent = Mm(-5)
                paragraph.paragraph_format.tab_stops.add_tab_stop(Mm(6 * depth))
                paragraph.add_run("•\t" if style == "bullet_list" else f"{self.counts[-1]}.\t")
                self.started = True
        return paragraph

    def _table(self) -> None:
        columns = max(map(len, self.rows))
        grid = _grid(self.writer, [""] * columns, [WIDTH / columns] * columns, len(self.rows) - 1)
        for cells, row in zip(grid.rows, self.rows, strict=True):
            for cell, token in zip(cells.cells, row, strict=False):
                _inline(self.writer, cell.paragraphs[0], token.children or [])
        self.writer.document.add_paragraph()


def _inline(writer: _Writer, paragraph: Paragraph, children: Iterable[Token]) -> None:
    forms: list[str] = []
    address = ""
    for child in children:
        if child.type.endswith("_open"):
            forms.append(child.tag)
            address = str(child.attrs.get("href", "")) if child.type == "link_open" else address
        elif child.type.endswith("_close"):
            forms.pop()
            address = "" if child.type == "link_close" else address
        elif child.type == "citation":
            reads, anchor = writer.telling.citation(child.info, child.content)
            _link(paragraph, anchor, reads) if anchor else paragraph.add_run(clean(reads))
        elif child.type == "hardbreak":
            paragraph.add_run().add_break(WD_BREAK.LINE)
        else:
            text = " " if child.type == "softbreak" else child.content
            outside = not address.startswith("#")
            run = (
                _link(paragraph, address.lstrip("#"), text, outside=outside)
                if address
                else paragraph.add_run(clean(text))
            )
            run.bold, run.italic = "strong" in forms or None, "em" in forms or None
            run.font.strike = "s" in forms or None
            if child.type == "code_inline":
                run.font.name = MONO


# ------------------------------------------------------------------------------------------------ bare Word


def _element(tag: str, **attributes: str) -> Any:
    made = OxmlElement(tag)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made


def _shade(properties: Any, colour: str) -> None:
    """Shade a paragraph or a cell; Word wants the properties in their order."""
    shade = _element("w:shd", val="clear", color="auto", fill=colour)
    following = [each for each in properties if etree.QName(each).localname in AFTER_SHADE]
    if following:
        following[0].addprevious(shade)
    else:
        properties.append(shade)


def _mark(anchor: str) -> str:
    """A name that Word takes for a bookmark."""
    name = re.sub(r"\W", "_", anchor)
    return name if len(name) <= BOOKMARK else f"{name[: BOOKMARK - 9]}_{digest(anchor, size=8)}"


def _bookmark(writer: _Writer, paragraph: Paragraph, anchor: str) -> Callable[[], None]:
    """Begin a bookmark; what is returned ends it."""
    writer.bookmarks += 1
    number = str(writer.bookmarks)
    paragraph._p.append(_element("w:bookmarkStart", id=number, name=_mark(anchor)))
    return lambda: paragraph._p.append(_element("w:bookmarkEnd", id=number))


def _link(paragraph: Paragraph, target: str, text: str, *, outside: bool = False) -> WordRun:
    """A link to a bookmark of the document, or to an address."""
    link = OxmlElement("w:hyperlink")
    if outside:
        kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
        link.set(qn("r:id"), paragraph.part.relate_to(target, kind, is_external=True))
    else:
        link.set(qn("w:anchor"), _mark(target))
    run = paragraph.add_run(clean(text))
    run.font.color.rgb = LINK
    run.font.underline = outside
    link.append(run._r)
    paragraph._p.append(link)
    return run


def _field(paragraph: Paragraph, code: str, shown: str, *, size: float | None = None) -> None:
    """A field that Word computes, with what it is now."""
    made = _element("w:fldSimple", instr=code)
    run = paragraph.add_run(shown)
    if size:
        run.font.size, run.font.color.rgb = Pt(size), SOFT
    made.append(run._r)
    paragraph._p.append(made)
