"""Bare Word: what python-docx lacks (links, bookmarks, fields, shades, heads of tables that are repeated)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from docx.document import Document as Doc
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from docx.text.run import Run as WordRun
from lxml import etree

from pipeline.review.telling import Telling
from pipeline.text import digest

LINK, SOFT = RGBColor(0x0B, 0x55, 0x87), RGBColor(0x5A, 0x5A, 0x5A)
HEAD, BAND = "E4EBF0", "F7F9FA"
WIDTH = 180  # mm between the margins of the page
SHORT = 8  # rows of a table that is not broken over pages
AFTER_SHADE = frozenset(["tabs", "spacing", "ind", "jc", "rPr", "vAlign", "noWrap"])  # of those that we set
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # XML has no way to write these
BOOKMARK = 40  # characters that Word allows


@dataclass(slots=True)
class Writer:
    """A document in the making; bookmarks need numbers of their own."""

    document: Doc
    telling: Telling
    pictures: Mapping[str, bytes]
    bookmarks: int = 0


def clean(text: str) -> str:
    """Text without what XML cannot hold."""
    return CONTROL.sub("\ufffd", text)


def grid_of(writer: Writer, heads: Sequence[str], widths: Sequence[float], rows: int) -> Any:
    """An empty table: its head is repeated on every page, its rows do not break."""
    grid = writer.document.add_table(rows=rows + 1, cols=len(heads), style="Table Grid")
    grid.autofit = False
    for column, width in zip(grid.columns, widths, strict=True):
        column.width = Mm(width)
    for number, row in enumerate(grid.rows):
        properties = row._tr.get_or_add_trPr()
        properties.append(element("w:cantSplit"))
        if not number:
            properties.append(element("w:tblHeader"))
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Mm(width)
            cell.paragraphs[0].style = "Cell"
            if not number or (rows <= SHORT and number < rows):
                cell.paragraphs[0].paragraph_format.keep_with_next = True
            if not number or number % 2 == 0:
                shade(cell._tc.get_or_add_tcPr(), HEAD if not number else BAND)
    for cell, head in zip(grid.rows[0].cells, heads, strict=True):
        cell.paragraphs[0].add_run(clean(head)).bold = True
    return grid


def element(tag: str, **attributes: str) -> Any:
    """An element of Word's own, with its attributes."""
    made = OxmlElement(tag)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made


def shade(properties: Any, colour: str) -> None:
    """Shade a paragraph or a cell; Word wants the properties in their order."""
    made = element("w:shd", val="clear", color="auto", fill=colour)
    following = [each for each in properties if etree.QName(each).localname in AFTER_SHADE]
    if following:
        following[0].addprevious(made)
    else:
        properties.append(made)


def _mark(anchor: str) -> str:
    """A name that Word takes for a bookmark."""
    name = re.sub(r"\W", "_", anchor)
    return name if len(name) <= BOOKMARK else f"{name[: BOOKMARK - 9]}_{digest(anchor, size=8)}"


def bookmark(writer: Writer, paragraph: Paragraph, anchor: str) -> Callable[[], None]:
    """Begin a bookmark; what is returned ends it."""
    writer.bookmarks += 1
    number = str(writer.bookmarks)
    paragraph._p.append(element("w:bookmarkStart", id=number, name=_mark(anchor)))
    return lambda: paragraph._p.append(element("w:bookmarkEnd", id=number))


def link(paragraph: Paragraph, target: str, text: str, *, outside: bool = False) -> WordRun:
    """A link to a bookmark of the document, or to an address."""
    made = OxmlElement("w:hyperlink")
    if outside:
        kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
        made.set(qn("r:id"), paragraph.part.relate_to(target, kind, is_external=True))
    else:
        made.set(qn("w:anchor"), _mark(target))
    run = paragraph.add_run(clean(text))
    run.font.color.rgb = LINK
    run.font.underline = outside
    made.append(run._r)
    paragraph._p.append(made)
    return run


def word_field(paragraph: Paragraph, code: str, shown: str, *, size: float | None = None) -> None:
    """A field that Word computes, with what it is now."""
    made = element("w:fldSimple", instr=code)
    run = paragraph.add_run(shown)
    if size:
        run.font.size, run.font.color.rgb = Pt(size), SOFT
    made.append(run._r)
    paragraph._p.append(made)
