"""The sheet in which curators work: .xlsx with colours, links and lists to choose from, or the same as .csv.

Nothing in it is left for a spreadsheet program to interpret: every cell is text, in cells formatted as text, and what
begins like a formula is kept from being one. What comes back is read by the names of the columns, wherever they stand.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.curation import Choices, Column
from pipeline.errors import UnreadableInputError, UsageError

SHEET = "evidence"
NEEDED = ("row", "sentence", "verdict")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
LONGEST = 32_000  # characters; a cell takes 32,767
HEAD_WITHIN = 20  # rows in which the line of column names is looked for
COLOURS = {"drug": "0B6E99", "resistant_to": "1F4E9E", "trial": "1F4E9E"}
OTHER_COLOUR = "9C2A73"
DARK, LOCKED, OPEN, LINK = "1F3B4D", "F3F3F3", "FFFBE6", "0563C1"
SUFFIXES = (".xlsx", ".csv")


@dataclass(frozen=True, slots=True)
class Line:
    """A row to be written: its cells as text, the places of names in the sentence, and where cells lead to."""

    cells: Mapping[str, str]
    marks: tuple[tuple[int, int, str], ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that came back; ``sort`` is text, number, date, truth, formula or error: what a program made of it."""

    text: str
    sort: str = "text"


@dataclass(frozen=True, slots=True)
class Returned:
    """A sheet that came back: where it is, which of our columns it has, and its rows with their numbers."""

    place: str
    columns: tuple[str, ...]
    foreign: tuple[str, ...]
    rows: tuple[tuple[int, Mapping[str, Cell]], ...]


def sheet_form(path: Path, what: str) -> str:
    """``.xlsx`` or ``.csv``.

    Raises:
        UsageError: it is another.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"{what}: {path.name} is neither .xlsx nor .csv. Give it one of these endings.")
    return suffix


# ------------------------------------------------------------------------------------------------ writing


def write_sheet(path: Path, lines: Sequence[Line], choices: Choices, kinds: Sequence[str], about: str) -> None:
    """Write ``lines``; ``about`` says in a sentence what they are."""
    if sheet_form(path, "curate export") == ".csv":
        path.write_text(_as_csv(lines, choices.columns), "utf-8-sig", newline="")
        return
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = SHEET
    _write_head(sheet, choices.columns)
    for number, line in enumerate(lines, start=2):
        _write_line(sheet, number, line, choices.columns)
    _offer_choices(sheet, choices, kinds, max(len(lines) + 1, 2))
    _protect(sheet)
    _write_guide(book.create_sheet("guide"), choices, about)
    book.save(path)


def _as_csv(lines: Sequence[Line], columns: Sequence[Column]) -> str:
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow([column.name for column in columns])
    writer.writerows([guarded(line.cells.get(column.name, "")) for column in columns] for line in lines)
    return written.getvalue()


def guarded(text: str) -> str:
    """Text that no spreadsheet program takes for a formula when it opens a .csv."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _write_head(sheet: Worksheet, columns: Sequence[Column]) -> None:
    for number, column in enumerate(columns, start=1):
        cell = sheet.cell(1, number, column.name)
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor=DARK)
        cell.alignment = Alignment(vertical="center")
        sheet.column_dimensions[get_column_letter(number)].width = column.width
    sheet.row_dimensions[1].height = 22
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}1"


def _write_line(sheet: Worksheet, number: int, line: Line, columns: Sequence[Column]) -> None:
    for position, column in enumerate(columns, start=1):
        cell = sheet.cell(number, position)
        text = writable(line.cells.get(column.name, ""))
        open_ = column.edit or column.said
        cell.number_format = "@"
        cell.protection = Protection(locked=not open_)
        cell.fill = PatternFill("solid", fgColor=OPEN if open_ else LOCKED)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        if column.name == "sentence" and line.marks:
            cell.value = _coloured(text, line.marks)
        elif text:
            cell.value = text
            cell.data_type = "s"  # also what begins with "="
            cell.quotePrefix = text.startswith(FORMULA)
        if column.name in line.links:
            cell.hyperlink = line.links[column.name]
            cell.font = Font(color=LINK, underline="single")
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{number}"


def writable(text: str) -> str:
    """Text without the characters that XML cannot hold, and not longer than a cell."""
    return str(ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", text))[:LONGEST]


def _coloured(text: str, marks: Sequence[tuple[int, int, str]]) -> CellRichText:
    """A sentence with its names in the colours of their roles."""
    parts: list[str | TextBlock] = []
    done = 0
    for start, end, role in sorted(marks):
        if done <= start < end <= len(text):
            parts += [text[done:start]] if start > done else []
            parts.append(TextBlock(InlineFont(b=True, color=COLOURS.get(role, OTHER_COLOUR)), text[start:end]))
            done = end
    return CellRichText([*parts, *([text[done:]] if done < len(text) else [])])


def _offer_choices(sheet: Worksheet, choices: Choices, kinds: Sequence[str], last: int) -> None:
    offered = {"verdict": tuple(choices.verdicts), "reason": tuple(choices.reasons), "kind": tuple(kinds)}
    for number, column in enumerate(choices.columns, start=1):
        listed = offered.get(column.name, column.choices)
        if listed:
            rule = DataValidation(
                type="list", formula1=f'"{",".join(listed)}"', allow_blank=True, showErrorMessage=True
            )
            rule.error, rule.errorTitle = f"One of: {', '.join(listed)}"[:225], column.name
            sheet.add_data_validation(rule)
            rule.add(f"{get_column_letter(number)}2:{get_column_letter(number)}{last}")


def _protect(sheet: Worksheet) -> None:
    """What identifies a row is locked, without a password; filters and widths stay free."""
    guard = sheet.protection
    guard.sheet = True
    guard.autoFilter = guard.formatColumns = guard.formatRows = guard.sort = False  # False: not forbidden


def _write_guide(sheet: Worksheet, choices: Choices, about: str) -> None:
    said = [("", about), ("", "")]
    said += [("columns", ""), *((each.name, each.says + _use(each)) for each in choices.columns), ("", "")]
    said += [("verdicts", ""), *choices.verdicts.items(), ("", ""), ("reasons", ""), *choices.reasons.items()]
    for number, (name, text) in enumerate(said, start=1):
        sheet.cell(number, 1, name).font = Font(bold=not text or not name)
        sheet.cell(number, 2, text).alignment = Alignment(wrap_text=True, vertical="top")
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 20, 110


def _use(column: Column) -> str:
    joined = "; several that act together are joined by ' + '" if column.names else ""
    return joined + ("; change it with the verdict edit" if column.edit else "")


# ------------------------------------------------------------------------------------------------ reading


def read_sheet(path: Path, columns: Sequence[Column]) -> Returned:
    """What came back, from whichever of its sheets has our columns.

    Raises:
        UnreadableInputError: it cannot be read, or the columns that identify a row are not in it.
    """
    form = sheet_form(path, "curate import")
    known = {column.name for column in columns}
    seen: list[str] = []
    for place, rows in _csv_sheets(path) if form == ".csv" else _xlsx_sheets(path):
        head = [(number, row) for number, row in islice(rows, HEAD_WITHIN) if row]
        for number, row in head:
            names = [cell.text.strip().lower() for cell in row]
            if known.issuperset(NEEDED) and set(NEEDED) <= set(names):
                below = [each for each in head if each[0] > number]
                return _returned(place, names, known, [*below, *rows])
        best = max(
            (row for _, row in head), key=lambda row: len({c.text.strip().lower() for c in row} & known), default=()
        )
        found = [cell.text for cell in best if cell.text.strip().lower() in known]
        seen.append(f"{place} has {', '.join(found) or 'none of them'}")
    raise UnreadableInputError(
        f"{path}: no sheet has the columns {', '.join(NEEDED)} ({'; '.join(seen) or 'it is empty'}). Nothing was "
        "imported. Put the missing columns back from the exported file, or export again."
    )


def _returned(
    place: str, names: Sequence[str], known: set[str], rows: Iterable[tuple[int, Sequence[Cell]]]
) -> Returned:
    found = []
    for number, row in rows:
        cells = {name: cell for name, cell in zip(names, row, strict=False) if name in known}
        if any(cell.text.strip() for cell in cells.values()):
            found.append((number, cells))
    ours = tuple(dict.fromkeys(name for name in names if name in known))
    return Returned(place, ours, tuple(name for name in names if name and name not in known), tuple(found))


Sheets = Iterator[tuple[str, Iterator[tuple[int, Sequence[Cell]]]]]


def _xlsx_sheets(path: Path) -> Sheets:
    try:
        book = load_workbook(path, read_only=True)
    except (OSError, zipfile.BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise UnreadableInputError(f"{path}: cannot be read as .xlsx ({error}). Save it again, or as .csv.") from None
    for sheet in book.worksheets:
        rows = sheet.iter_rows()
        yield f"sheet {sheet.title!r}", ((number, [_cell(each) for each in row]) for number, row in enumerate(rows, 1))


def _cell(cell: Any) -> Cell:
    value, sort = cell.value, cell.data_type
    if value is None:
        return Cell("")
    if sort == "f":
        return Cell(str(value), "formula")
    if sort == "e":
        return Cell(str(value), "error")
    if isinstance(value, bool):
        return Cell("yes" if value else "no", "truth")
    if isinstance(value, datetime | date | time):
        return Cell(value.isoformat(), "date")
    if isinstance(value, int | float):
        return Cell(f"{value:.15g}", "number")
    return Cell(str(value))


def _csv_sheets(path: Path) -> Sheets:
    try:
        content = path.read_bytes()
        wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except OSError as error:
        raise UnreadableInputError(
            f"{path}: cannot be read ({error.strerror}). Give the file that was filled in."
        ) from None
    except UnicodeDecodeError as error:
        raise UnreadableInputError(
            f"{path}: is not UTF-8 (byte {error.start}). Nothing was imported. Save it as 'CSV UTF-8', or as .xlsx."
        ) from None
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    yield "the file", ((number, [Cell(_unguarded(each)) for each in row]) for number, row in enumerate(reader, 1))


def _unguarded(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text
