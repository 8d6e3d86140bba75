"""Tables of plain text: cells between tabs, between bars, or one to a line.

A table with one cell to a line has lost its shape. Its column headers are told by their words (``layout.toml``); the
rows under them are found again by looking for the number of columns, and for the places of rows that are short of a
cell or head a group, under which the cells fit their columns best.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.model import TableCell
from pipeline.parse.layout_words import LayoutWords, fits

Span = tuple[int, int]
Usual = tuple[frozenset[str], ...]  # of each column the cells of complete rows, in lower case
CITATIONS = re.compile(r"(?:[\^{\\\s]*\[[\\\s]*\d[\d\s,–-]*[\\\s]*\][})\s,;]*(?:\([^)\s]*\))?)+$")
NO_NUMBER = re.compile(r"(?:n/?[adr]\.?|not \w+|none|unknown|[-–—]+)$", re.IGNORECASE)
RULER = re.compile(r"[\s|:+=_-]+$")
BULLET = re.compile(r"(?:[-*•–▪◦]|\d{1,2}[.)])\s")
AUTHORED = re.compile(r"et al|\b(?:19|20)\d\d\b|doi|pmid", re.IGNORECASE)
LONGEST_CELL, LONGEST_HEADER, LONGEST_LABEL = 500, 60, 45
MOST_COLUMNS, MOST_LINES = 8, 400
SHORT_ROW, GROUP_ROW, LEFT_OVER = 1.5, 1.2, 1.0  # what it costs to read lines so; a cell in a wrong column costs 0 to 3


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the text without the white space around it; offsets count from the start of the text."""

    start: int
    end: int
    text: str

    @property
    def span(self) -> Span:
        return self.start, self.end


@dataclass(frozen=True, slots=True)
class FlatTable:
    """The lines ``first:last`` as rows of cells, the first ``head`` of them headers; an empty cell is an empty span."""

    first: int
    last: int
    rows: tuple[tuple[Span, ...], ...]
    head: int = 1

    def cells(self, text: str, start: int) -> Iterator[TableCell]:
        """The cells that are not empty, with offsets from ``start`` and with the headers that hold for them."""
        headers = [text[slice(*span)] for span in self.rows[0]] if self.head else []
        for number, row in enumerate(self.rows):
            first = text[slice(*row[0])] or None
            for column, span in enumerate(row):
                if span[0] < span[1]:
                    above = headers[column : column + 1] if number >= self.head else []
                    yield TableCell(
                        number, column, span[0] - start, span[1] - start, number < self.head,
                        first if column else None, tuple(filter(None, above)),
                    )  # fmt: skip


def find_tables(lines: Sequence[Line], words: LayoutWords) -> Iterator[FlatTable]:
    """The tables among ``lines``, in order."""
    index = 0
    while index < len(lines):
        table = _separated(lines, index, "\t") or _separated(lines, index, "|") or _stacked(lines, index, words)
        if table:
            yield table
        index = table.last if table else index + 1


# ------------------------------------------------------------------------------------------------ tabs and bars


def _separated(lines: Sequence[Line], first: int, mark: str) -> FlatTable | None:
    """Two lines or more whose cells stand between ``mark``; lines without it belong to the cell, or head a group."""
    if mark not in lines[first].text.strip("|"):
        return None
    rows: list[tuple[Span, ...]] = []
    last = index = first
    while index < len(lines):
        line = lines[index]
        if mark in line.text:
            if not RULER.match(line.text):
                rows.append(tuple(_cells(line, mark)))
            last = index + 1
        elif line.text and last == index and _goes_on(lines, index, mark):
            rows[-1:] = _with_line(rows[-1], line, len(rows[0]))
            last = index + 1
        elif line.text:
            break
        index += 1
    return FlatTable(first, last, tuple(rows)) if len(rows) > 1 else None


def _goes_on(lines: Sequence[Line], index: int, mark: str) -> bool:
    return mark == "\t" and index + 1 < len(lines) and mark in lines[index + 1].text


def _with_line(row: tuple[Span, ...], line: Line, width: int) -> list[tuple[Span, ...]]:
    """A line inside a table: more of the last cell of a row that is not complete, else a row of its own."""
    if len(row) < width:
        return [(*row[:-1], (row[-1][0], line.end))]
    return [row, (line.span,)]


def _cells(line: Line, mark: str) -> Iterator[Span]:
    text, start = line.text, line.start
    if mark == "|":
        start += len(text) - len(text.removeprefix(mark))
        text = text.removeprefix(mark).removesuffix(mark)
    for part in text.split(mark):
        left = start + len(part) - len(part.lstrip())
        yield left, left + len(part.strip())
        start += len(part) + 1


# ------------------------------------------------------------------------------------------------ one cell to a line


def _stacked(lines: Sequence[Line], first: int, words: LayoutWords) -> FlatTable | None:
    """A table that begins with its column headers at line ``first``, one cell to a line."""
    if not _is_header(lines[first], words):
        return None
    numbers = list(_stack(lines, first, words))
    stack = [lines[number] for number in numbers]
    widths = [n for n in range(2, MOST_COLUMNS + 1) if _head_fits(stack[:n], n, words) and len(stack) >= 2 * n]
    shapes = [_best_rows(stack, [words.held_under(each.text) or "words" for each in stack[:n]]) for n in widths]
    found = [(cost, width, rows) for width, (cost, rows) in zip(widths, shapes, strict=True) if rows]
    if not found:
        return None
    cost, width, rows = min(found, key=lambda each: (each[0], -each[1]))
    if cost > LEFT_OVER / 2:
        return None
    spans = [tuple(each.span for each in stack[:width])]
    spans += [tuple(each.span for each in stack[start:end]) for start, end in pairwise(rows)]
    return FlatTable(first, numbers[rows[-1] - 1] + 1, tuple(spans))


def _is_header(line: Line, words: LayoutWords) -> bool:
    return bool(
        line.text
        and len(line.text) <= LONGEST_HEADER
        and line.text[-1] not in ".:;,?"
        and line.text[0] not in "#([{"
        and not BULLET.match(line.text)
        and words.held_under(line.text)
    )


def _head_fits(head: Sequence[Line], width: int, words: LayoutWords) -> bool:
    told = sum(_is_header(line, words) for line in head)
    return told > width / 2 and told >= 2 and all(len(line.text) <= LONGEST_HEADER for line in head)


def _stack(lines: Sequence[Line], first: int, words: LayoutWords) -> Iterator[int]:
    """The lines that may be cells of it: up to what can be none, or to an empty line if its cells follow closely."""
    close = all(line.text for line in lines[first : first + 3])
    for index in range(first, min(first + MOST_LINES, len(lines))):
        text = lines[index].text
        if not text:
            if close:
                return
            continue
        ends = (words.table_caption, words.figure_caption, words.boilerplate, words.question)
        if text[0] == "#" or BULLET.match(text) or len(text) > LONGEST_CELL or any(fits(each, text) for each in ends):
            return
        yield index


def _best_rows(stack: Sequence[Line], columns: Sequence[str]) -> tuple[float, list[int]]:
    """The cheapest cut into rows: what it costs a line, and where rows begin and the last one ends; none if no cut.

    It is made twice: what rows that are complete hold in a column tells in which column such words belong.
    """
    usual: Usual = tuple(frozenset() for _ in columns)
    cost, rows = _cheapest(stack, columns, usual)
    if not rows:
        return cost, rows
    full = [stack[start:end] for start, end in pairwise(rows) if end - start == len(columns)]
    usual = tuple(frozenset(row[column].text.lower() for row in full) for column in range(len(columns)))
    return _cheapest(stack, columns, usual)


def _cheapest(stack: Sequence[Line], columns: Sequence[str], usual: Usual) -> tuple[float, list[int]]:
    width = len(columns)
    best: dict[int, tuple[float, list[int]]] = {width: (0.0, [width])}
    for end in range(width + 1, len(stack) + 1):
        options = []
        for size in {width, width - 1, 1}:
            before = best.get(end - size) if end - size >= width else None
            if before:
                cost = before[0] + _row_cost(stack[end - size : end], columns, usual)
                options.append((cost, [*before[1], end]))
        if options:
            best[end] = min(options)
    ended = [(cost + LEFT_OVER * (len(stack) - end), rows) for end, (cost, rows) in best.items() if len(rows) > 1]
    if not ended:
        return 0.0, []
    cost, rows = min(ended)
    full = sum(end - start == width for start, end in pairwise(rows))
    return (cost / (len(stack) - width), rows) if full >= 1 and 2 * full >= len(rows) - 1 else (0.0, [])


def _row_cost(row: Sequence[Line], columns: Sequence[str], usual: Usual) -> float:
    if len(row) == 1 and len(columns) > 1:
        label = len(row[0].text) <= LONGEST_LABEL and row[0].text[0].isupper() and not CITATIONS.match(row[0].text)
        return GROUP_ROW if label and row[0].text[-1] not in ".;," else SHORT_ROW * len(columns)
    cost = sum(_misfit(line.text, column) for line, column in zip(row, columns, strict=False))
    cost += sum(_elsewhere(line.text.lower(), column, usual) for column, line in enumerate(row))
    cost += 1.0 * (len(row[0].text) > LONGEST_HEADER or row[0].text[0].islower() or row[0].text[-1] in ".,;")
    return cost + SHORT_ROW * (len(columns) - len(row))


def _elsewhere(cell: str, column: int, usual: Usual) -> bool:
    return cell not in usual[column] and any(cell in words for words in usual)


def _misfit(cell: str, column: str) -> float:
    """What speaks against ``cell`` in a column of these cells, from 0 to 3."""
    if CITATIONS.match(cell):
        return 0.0 if column == "references" else 3.0
    match column:
        case "references":
            return 0.0 if AUTHORED.search(cell) else 3.0
        case "numbers":
            return 0.0 if any(map(str.isdigit, cell)) or NO_NUMBER.match(cell) else 1.5
        case "prose":
            return 0.6 if len(cell.split()) < 3 else 0.0
        case _:
            return 1.5 if len(cell) > 80 else 0.3 * cell[0].islower()
