"""Rows of a lexicon table as lines of text: comments, order and everything not touched stay as they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pipeline.lexicon import COLUMNS, SEPARATOR

HEADER = "\t".join(COLUMNS)


@dataclass(frozen=True, slots=True)
class Row:
    """A row and where it stands; ``number`` counts lines from 1."""

    table: str
    number: int
    cells: tuple[str, ...]

    def __getitem__(self, column: str) -> str:
        return self.cells[COLUMNS.index(column)].strip()

    @property
    def place(self) -> str:
        return f"{self.table}, row {self.number} ({self['name']})"

    @property
    def synonyms(self) -> tuple[tuple[str, str], ...]:
        """(type, surface) pairs, without the = of those that match in their own case only."""
        parts = (part.partition(":") for part in SEPARATOR.split(self["synonyms"]) if part)
        return tuple((type_, text.strip().removeprefix("=")) for type_, _, text in parts)

    def with_id(self, curie: str, source: str) -> Row:
        """This row with an identifier, and its source named."""
        cells = dict(zip(COLUMNS, self.cells, strict=True))
        sources = list(filter(None, SEPARATOR.split(cells["source"].strip())))
        cells |= {"entity_id": curie, "source": " | ".join(dict.fromkeys([*sources, source]))}
        return replace(self, cells=tuple(cells[column] for column in COLUMNS))


def read_rows(table: str, content: str) -> Iterator[Row]:
    """The rows of a table that :func:`pipeline.lexicon.parse_table` accepts."""
    for number, line in enumerate(content.splitlines(), start=1):
        if line.strip() and not line.startswith("#") and line != HEADER:
            yield Row(table, number, tuple(line.split("\t")))


def write_rows(content: str, changed: Iterable[Row]) -> str:
    """``content`` with the changed rows in their old places."""
    lines = content.splitlines()
    for row in changed:
        lines[row.number - 1] = "\t".join(row.cells)
    return "\n".join(lines) + "\n"
