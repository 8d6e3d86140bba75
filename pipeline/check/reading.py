"""A review document as text with a layout: plain text and Markdown as they are, Word with its headings and tables."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import UnreadableInputError, UsageError
from pipeline.model import Document, Locator, RawRecord, Rejection, Source
from pipeline.parse import parse
from pipeline.text import sha256

if TYPE_CHECKING:
    from docx.document import Document as Word
    from docx.table import Table
    from docx.text.paragraph import Paragraph
    from docx.text.run import Run

PLAIN = (".txt", ".md", ".markdown", ".text", "")
CITED_BY_NUMBER = re.compile(r"\s*\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*\s*")
HEADING = re.compile(r"Heading (\d)")
NUMBERED = re.compile(r"\s*\W{0,2}\d{1,3}[.)\]]\s")
REFERENCES = re.compile(r"references|bibliography|literature( cited)?|works cited", re.IGNORECASE)
# parts of a Word file whose words are not in its text
ELSEWHERE = {"footnotes": "footnotes", "endnotes": "endnotes", "comments": "comments", "media/": "pictures",
             "charts/": "charts", "diagrams/": "drawings"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Given:
    """A document that is to be checked, and what of the file is not in it."""

    document: Document
    text: str
    left_out: tuple[str, ...] = ()


def read_given(path: Path) -> Given:
    """The document in ``path``.

    Raises:
        UsageError: the file is not there, or of a kind that is not read.
        UnreadableInputError: it holds no text, or is damaged.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}). Give a file that is there.") from None
    kind = path.suffix.lower()
    if kind == ".docx":
        text, left_out = _word(path)
    elif kind in PLAIN:
        text, left_out = "", ()
    else:
        raise UsageError(
            f"{path}: {kind} is not read. Give plain text, Markdown or .docx (pdftotext -layout makes text of a PDF)."
        )
    raw = text.encode() if kind == ".docx" else content
    parsed = parse(RawRecord(Source.TEXT, raw, sha256(raw), Locator(str(path)), datetime.now(UTC)))
    if isinstance(parsed, Rejection):
        raise UnreadableInputError(f"{path}: {parsed.reason}: {parsed.detail}. Give text in UTF-8.")
    return Given(parsed, raw.decode("utf-8").removeprefix("\ufeff"), left_out)


# ------------------------------------------------------------------------------------------------ Word


def _word(path: Path) -> tuple[str, tuple[str, ...]]:
    import docx
    from docx.opc.exceptions import OpcError

    try:
        word = docx.Document(str(path))
        names = zipfile.ZipFile(path).namelist()
    except (OpcError, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise UnreadableInputError(f"{path}: is no Word document ({error}). Save it anew as .docx.") from None
    there = {what for name in names for part, what in ELSEWHERE.items() if name.startswith(f"word/{part}")}
    return "\n\n".join(_blocks(word)), tuple(f"{what} of the Word file" for what in sorted(there))


def _blocks(word: Word) -> Iterator[str]:
    """Paragraphs and tables in their order; references that Word numbers by itself are numbered here."""
    from docx.table import Table

    number = 0
    listing = False
    for block in word.iter_inner_content():
        if isinstance(block, Table):
            yield _table(block)
            continue
        text = _paragraph(block)
        if not text.strip():
            continue
        heading = HEADING.match(block.style.name or "") if block.style else None
        if heading or REFERENCES.fullmatch(text.strip()):
            listing = bool(REFERENCES.fullmatch(text.strip()))
            yield f"{'#' * int(heading[1] if heading else 2)} {text}"
        elif listing and not NUMBERED.match(text):
            number += 1
            yield f"{number}. {text}"
        elif block.style and (block.style.name or "") == "Title":
            yield f"# {text}"
        elif block.style and (block.style.name or "").startswith("List"):
            yield f"- {text}"
        else:
            yield text


def _paragraph(paragraph: Paragraph) -> str:
    """Its words, those of links too; a number that is set high is the mark of a reference."""
    parts = []
    for run in _runs(paragraph):
        raised = bool(run.font.superscript) and CITED_BY_NUMBER.fullmatch(run.text)
        parts.append(f"[{run.text.strip()}]" if raised else run.text)
    return " ".join("".join(parts).split()) if parts else " ".join(paragraph.text.split())


def _runs(paragraph: Paragraph) -> Iterator[Run]:
    for each in paragraph.iter_inner_content():
        yield from each.runs if hasattr(each, "runs") else [each]


def _table(table: Table) -> str:
    """A line a row, cells between tabs; a cell that spans several stands once."""
    lines = []
    for row in table.rows:
        cells = {id(cell._tc): " ".join(_paragraph(each) for each in cell.paragraphs) for cell in row.cells}
        lines.append("\t".join(cells.values()))
    return "\n".join(lines)
