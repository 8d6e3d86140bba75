"""JATS tables: rows and cells as text with offsets, each cell with the headers that hold for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.model import Section, TableCell
from pipeline.parse.jats_text import flow_of, one_line_of
from pipeline.parse.markup import Element

# What goes beyond is a misprint, or meant to exhaust us: spans reach no further, rows are no headers.
_MOST_COLUMNS = 200
_MOST_HEADER_ROWS = 20


def table_sections(wrap: Element, *, group: str | None = None) -> Iterator[Section]:
    """A ``table-wrap`` (or bare ``table``) as sections: each table in it, then its footnotes.

    The heading is label and caption, after the label of the ``group`` it belongs to ("Table 3", "(a)"). A table that is
    only a picture gives its caption as text. The footnotes are prose and become a section of kind "body", so that they
    are read as sentences.
    """
    label = " ".join(part for part in (group, label_of(wrap)) if part) or None
    caption = flow_of(*wrap.iterfind("caption")).paragraphs
    heading = " ".join(part for part in (label, *caption) if part) or None
    tables = list(_tables(wrap))
    for table in tables:
        yield _table(table, heading)
    if not tables and caption:
        yield Section("table", "\n".join(caption), label)
    for foot in wrap.iterfind("table-wrap-foot"):
        _mark_notes(foot)
    notes = flow_of(*wrap.iterfind("table-wrap-foot")).text
    if notes:
        yield Section("body", notes, f"{label} > Footnotes" if label else "Footnotes")


def label_of(element: Element) -> str | None:
    """The label printed before a caption ("Table 1")."""
    found = element.find("label")
    return one_line_of(found) or None if found is not None else None


def _tables(wrap: Element) -> Iterator[Element]:
    """The tables of ``wrap``, without those inside a cell of another."""
    if wrap.tag == "table":
        yield wrap
        return
    for child in wrap:
        if child.tag == "table":
            yield child
        elif child.tag in {"alternatives", "p"}:
            yield from child.iterfind("table")


# ------------------------------------------------------------------------------------------------ one table


@dataclass(frozen=True, slots=True, eq=False)
class _Cell:
    """A cell with the rows and columns that it covers, both ends included."""

    row: int
    last_row: int
    column: int
    last_column: int
    text: str
    is_header: bool
    in_head: bool


def _table(table: Element, heading: str | None) -> Section:
    _mark_notes(table)
    rows = _rows(table)
    if not rows:
        return Section("table", flow_of(table).text, heading)
    lines: list[list[_Cell]] = [[] for _ in rows]
    for cell in _placed(rows):
        lines[cell.row].append(cell)
    text = "\n".join("\t".join(cell.text for cell in line) for line in lines)
    return Section("table", text, heading, cells=tuple(_with_offsets(lines, _Headers(lines))))


def _mark_notes(table: Element) -> None:
    """In a table and below it what is raised may be the mark of a footnote, whether it links to one or not."""
    for raised in table.iter("sup"):
        raised.tag = "xref"
        raised.set("ref-type", "table-fn")


@dataclass(frozen=True, slots=True)
class _Row:
    cells: tuple[Element, ...]
    in_head: bool
    rows_left: int  # of its thead, tbody or tfoot, itself included: no cell reaches further down


def _rows(table: Element) -> list[_Row]:
    rows: list[_Row] = []
    for group in (table, *table.iterfind("thead"), *table.iterfind("tbody"), *table.iterfind("tfoot")):
        found = list(group.iterfind("tr"))
        for number, row in enumerate(found):
            cells = tuple(cell for cell in row if cell.tag in {"td", "th"})
            in_head = group.tag == "thead" and number < _MOST_HEADER_ROWS
            rows.append(_Row(cells, in_head, len(found) - number))
    return rows if any(row.in_head for row in rows) else _with_implied_head(rows)


def _with_implied_head(rows: list[_Row]) -> list[_Row]:
    """Without a thead, the leading rows that consist of header cells are the head."""
    end = 0
    while (
        end < min(len(rows), _MOST_HEADER_ROWS)
        and rows[end].cells
        and all(cell.tag == "th" for cell in rows[end].cells)
    ):
        end += 1
    head = [_Row(row.cells, True, row.rows_left) for row in rows[:end]]
    return head + rows[end:]


def _placed(rows: list[_Row]) -> Iterator[_Cell]:
    """The cells at their places, the spans of the ones before and above them taken into account."""
    taken: dict[int, int] = {}  # column → the last row in which a cell from above covers it
    for number, row in enumerate(rows):
        column = 0
        for cell in row.cells:
            while taken.get(column, -1) >= number:
                column += 1
            most = max(_MOST_COLUMNS - column, 1)
            width, height = _span(cell, "colspan", most), _span(cell, "rowspan", row.rows_left if most > 1 else 1)
            last_column, last_row = column + width - 1, number + height - 1
            yield _Cell(
                number, last_row, column, last_column, one_line_of(cell), row.in_head or cell.tag == "th", row.in_head
            )
            for covered in range(column, last_column + 1):
                taken[covered] = last_row
            column = last_column + 1


def _span(cell: Element, name: str, most: int) -> int:
    """A span as printed, between 1 and ``most``; a rowspan of 0 means "to the end"."""
    printed = (cell.get(name) or "1").strip()
    if not (printed.isascii() and printed.isdigit()) or len(printed) > 9:
        return 1
    number = int(printed)
    return min(number, most) if number else (most if name == "rowspan" else 1)


class _Headers:
    """For each cell the headers above it and the first cell of its row."""

    def __init__(self, lines: list[list[_Cell]]) -> None:
        self.above: dict[int, list[_Cell]] = {}
        self.first: dict[int, _Cell] = {}
        self.last_column = max((cell.last_column for line in lines for cell in line), default=0)
        for cell in (cell for line in lines for cell in line):
            if cell.in_head:
                for column in range(cell.column, cell.last_column + 1):
                    self.above.setdefault(column, []).append(cell)
            if cell.column == 0:
                self.first.update(dict.fromkeys(range(cell.row, cell.last_row + 1), cell))

    def of_columns(self, cell: _Cell) -> tuple[str, ...]:
        """The texts of the header cells above ``cell``, outermost first; none for a line across the whole table."""
        if cell.column == 0 and cell.last_column == self.last_column > 0:
            return ()
        found: dict[_Cell, None] = {}
        for column in range(cell.column, cell.last_column + 1):
            found.update(dict.fromkeys(head for head in self.above.get(column, ()) if head.last_row < cell.row))
        ordered = sorted(found, key=lambda head: (head.row, head.column))
        return tuple(head.text for head in ordered if head.text)

    def of_row(self, cell: _Cell) -> str | None:
        first = self.first.get(cell.row)
        return None if first is None or first is cell else first.text or None


def _with_offsets(lines: list[list[_Cell]], headers: _Headers) -> Iterator[TableCell]:
    start = 0
    for line in lines:
        for cell in line:
            end = start + len(cell.text)
            yield TableCell(
                cell.row, cell.column, start, end, cell.is_header, headers.of_row(cell), headers.of_columns(cell)
            )
            start = end + 1  # the tab, or the line break at the end of the row
        start += not line  # a row without cells of its own is an empty line
