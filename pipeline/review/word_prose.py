"""Prose in a Word document: the Markdown that people write, token by token."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from docx.enum.text import WD_BREAK
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph
from markdown_it.token import Token

from pipeline.review import telling as words
from pipeline.review.marked import tokens
from pipeline.review.records import Prose
from pipeline.review.wordml import WIDTH, Writer, clean, grid_of, link, shade

MONO = "DejaVu Sans Mono"
WARN = "FFF4DF"


def write_prose(writer: Writer, prose: Prose) -> None:
    if prose.state == "empty":
        return
    if prose.state == "changed":
        head, changes, todo = words.warned(prose, writer.telling.review)
        for text, bold in ((head, True), *((f"– {each}", False) for each in changes), (todo, False)):
            paragraph = writer.document.add_paragraph()
            paragraph.paragraph_format.space_after = Pt(0)
            paragraph.paragraph_format.keep_with_next = True
            shade(paragraph._p.get_or_add_pPr(), WARN)
            paragraph.add_run(clean(text)).bold = bold
    _Walk(writer).go(tokens(prose.text))


@dataclass(slots=True)
class _Walk:
    """The tokens of Markdown, written one after the other."""

    writer: Writer
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
        grid = grid_of(self.writer, [""] * columns, [WIDTH / columns] * columns, len(self.rows) - 1)
        for cells, row in zip(grid.rows, self.rows, strict=True):
            for cell, token in zip(cells.cells, row, strict=False):
                _inline(self.writer, cell.paragraphs[0], token.children or [])
        self.writer.document.add_paragraph()


def _inline(writer: Writer, paragraph: Paragraph, children: Iterable[Token]) -> None:
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
            link(paragraph, anchor, reads) if anchor else paragraph.add_run(clean(reads))
        elif child.type == "hardbreak":
            paragraph.add_run().add_break(WD_BREAK.LINE)
        else:
            text = " " if child.type == "softbreak" else child.content
            outside = not address.startswith("#")
            run = (
                link(paragraph, address.lstrip("#"), text, outside=outside)
                if address
                else paragraph.add_run(clean(text))
            )
            run.bold, run.italic = "strong" in forms or None, "em" in forms or None
            run.font.strike = "s" in forms or None
            if child.type == "code_inline":
                run.font.name = MONO
