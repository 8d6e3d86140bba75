"""Plain text as a document: title, headings, paragraphs and lists, captions, tables, and what is no part of it.

Nothing is changed or moved: a section is a slice of the text, and ``section.start`` says where it begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.model import Section
from pipeline.parse.flat_table import BULLET, FlatTable, Line, find_tables
from pipeline.parse.layout_words import LayoutWords, fits, shipped_layout

LONGEST_HEADING, MOST_WORDS = 120, 16
MOST_BELOW_CAPTION = 3  # lines of a caption besides the first
FEWEST_LINES = 4  # that are not empty; less is no document with a layout
MARKDOWN = re.compile(r"(?P<level>#{1,6})\s+(?P<words>.+)")
EMPHASIS = re.compile(r"[*_]{1,3}|^#+\s+")
NO_HEADING = re.compile(r"\[\d|[a-z)][.!?]\s+[A-Z]")  # a mark of a reference, or more than one sentence
LISTED = re.compile(r"^[-*•–▪◦]\s+")
SPACE = " \r\f\v\u00a0\u2009\u200b\ufeff"  # around a line; tabs are cells
SMALL = frozenset(
    [
        *("a", "an", "and", "as", "at", "but", "by", "for", "from", "in", "into", "of", "on", "or", "over", "per"),
        *("the", "to", "under", "via", "versus", "vs", "with", "within"),
    ]
)
BACK_MATTER = frozenset(["references", "boilerplate"])


def read_layout(text: str) -> tuple[Section, ...]:
    """The sections of ``text``; none if it is not laid out as a document, but a paragraph or a few."""
    lines = list(_lines(text))
    if sum(bool(line.text) for line in lines) < FEWEST_LINES:
        return ()
    reader = _Reader(text, lines, shipped_layout())
    sections = tuple(reader.sections())
    return sections if reader.marks else ()


def _lines(text: str) -> Iterator[Line]:
    position = 0
    for printed in text.split("\n"):
        stripped = printed.strip(SPACE) if printed.strip() else ""
        start = position + (printed.index(stripped) if stripped else 0)
        yield Line(start, start + len(stripped), stripped)
        position += len(printed) + 1


def without_emphasis(line: str) -> str:
    """``line`` without the signs of Markdown around and in it, and without the sign of a list item."""
    return EMPHASIS.sub("", LISTED.sub("", line, count=1)).strip()


@dataclass(slots=True)
class _Reader:
    """Goes through the lines once. ``marks`` counts what shows that the text is laid out at all."""

    text: str
    lines: Sequence[Line]
    words: LayoutWords
    marks: int = 0
    path: list[tuple[int, str, str]] = field(default_factory=list)  # level, words and kind of the headings above
    kind: str = "body"
    open: tuple[int, int] | None = None
    caption: tuple[int, str] | None = None  # the line of a table caption whose table has not come yet

    def sections(self) -> Iterator[Section]:
        tables = {table.first: table for table in find_tables(self.lines, self.words)}
        titled = False
        index = 0
        while index < len(self.lines):
            line = self.lines[index]
            if index in tables and not self._in_back_matter():
                yield from self._close()
                yield self._table(tables[index])
                index = tables[index].last
                continue
            if line.text and not (self.caption and self._belongs_to_caption(index, tables)):
                yield from self._line(index, line, may_be_title=not titled)
                titled = True
            index += 1
        yield from self._close()

    def _belongs_to_caption(self, index: int, tables: Mapping[int, FlatTable]) -> bool:
        """Whether the line stands between the caption of a table and the table."""
        assert self.caption is not None
        first = next((number for number in tables if number > index), None)
        between = self.lines[self.caption[0] + 1 : first] if first else self.lines
        return sum(bool(line.text) for line in between) <= MOST_BELOW_CAPTION

    def _in_back_matter(self) -> bool:
        return self.kind == "references"

    def _line(self, index: int, line: Line, *, may_be_title: bool) -> Iterator[Section]:
        words = without_emphasis(line.text)
        level = self._level_of_heading(index, line, words)
        if may_be_title and (level or (self._short(words) and self._alone(index))):
            yield Section("title", line.text.lstrip("# "), start=line.end - len(line.text.lstrip("# ")))
        elif fits(self.words.table_caption, words) and len(line.text) <= 4 * LONGEST_HEADING:
            yield from self._close()
            self.caption, self.marks = (index, words), self.marks + 1
        elif fits(self.words.boilerplate, words):
            yield from self._close()
            yield Section("boilerplate", line.text, start=line.start)
        elif level:
            yield from self._close()
            self._go_under(level, words)
        elif fits(self.words.figure_caption, words) and not BULLET.match(line.text) and self.kind not in BACK_MATTER:
            yield from self._close()
            self.marks += 1
            yield Section("figure", line.text, self._heading(), start=line.start)
        else:
            self.open = (self.open[0] if self.open else line.start, line.end)

    def _close(self) -> Iterator[Section]:
        if self.open:
            start, end = self.open
            yield Section(self.kind, self.text[start:end], self._heading(), start=start)
        self.open = None

    def _heading(self) -> str | None:
        return " > ".join(words for _, words, _ in self.path) or None

    def _go_under(self, level: int, words: str) -> None:
        """Below a heading of its own kind stands what the heading above says, in Markdown; else plain text."""
        self.marks += 1
        self.path = [each for each in self.path if each[0] < level]
        kind = self.words.kind_under(words)
        above = self.path[-1][2] if self.path else "body"
        kind = above if kind == "body" else kind
        self.path.append((level, words, kind))
        self.kind, self.caption = kind, None

    def _level_of_heading(self, index: int, line: Line, words: str) -> int:
        """From 1 for Markdown's ``#``; 9 for a heading that only its looks tell; 0 for any other line."""
        marked = MARKDOWN.match(line.text)
        if marked:
            return len(marked["level"])
        if fits(self.words.question, words) or (words.endswith("?") and self._alone(index) and self._short(words)):
            return 9
        if line.text[0] == "|" or "\t" in line.text or BULLET.match(line.text) or not self._short(words):
            return 0
        before = self.lines[index - 1].text if index else ""
        set_apart = not before or self._told(index - 1)
        known = self.words.kind_under(words) != "body"
        return 9 if set_apart and (known or (self._followed(index) and _looks_like_heading(words))) else 0

    def _short(self, words: str) -> bool:
        short = 0 < len(words) <= LONGEST_HEADING and len(words.split()) <= MOST_WORDS
        return short and words[-1] not in ".,;:!" and not NO_HEADING.search(words)

    def _told(self, index: int) -> bool:
        """Whether the line before is a heading itself."""
        return bool(self.path) and without_emphasis(self.lines[index].text) == self.path[-1][1]

    def _alone(self, index: int) -> bool:
        around = [self.lines[each].text for each in (index - 1, index + 1) if 0 <= each < len(self.lines)]
        return not any(around)

    def _followed(self, index: int) -> bool:
        """Whether what comes next does not go on with the line: a heading ends where it ends."""
        after = next((line.text for line in self.lines[index + 1 :] if line.text), "")
        return not after[:1].islower()

    def _table(self, table: FlatTable) -> Section:
        self.marks += 1
        start, end = self.lines[table.first].start, self.lines[table.last - 1].end
        heading = self._heading()
        if self.caption:
            between = self.lines[self.caption[0] + 1 : table.first]
            heading = " ".join([self.caption[1], *(without_emphasis(line.text) for line in between if line.text)])
        self.caption = None
        return Section("table", self.text[start:end], heading, cells=tuple(table.cells(self.text, start)), start=start)


def _looks_like_heading(words: str) -> bool:
    """Title case, or a word or two: what is set as a heading without being marked as one."""
    told = [word for word in re.findall(r"[^\W\d_][\w'’]*", words) if word.lower() not in SMALL]
    capital = sum(word[0].isupper() for word in told)
    return (
        bool(told) and words[0] not in "[(" and (words[0].isupper() or words[0].isdigit()) and 2 * capital > len(told)
    )
