"""What ``layout.toml`` says, read strictly."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from pipeline.errors import KnowledgeError

FILE = "layout.toml"
KINDS = frozenset(["references", "boilerplate", "methods", "introduction", "results", "discussion", "conclusion"])
HOLDS = frozenset(["references", "numbers", "prose", "words"])
Expressions = tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True)
class LayoutWords:
    """Expressions for headings by the kind of section under them, for lines, and for column headers by their cells."""

    headings: tuple[tuple[str, Expressions], ...]
    question: Expressions
    table_caption: Expressions
    figure_caption: Expressions
    boilerplate: Expressions
    headers: tuple[tuple[str, Expressions], ...]

    def kind_under(self, heading: str) -> str:
        """The kind of the section under ``heading``."""
        return next((kind for kind, found in self.headings if fits(found, heading)), "body")

    def held_under(self, header: str) -> str | None:
        """What cells under the column header ``header`` look like; None if it looks like no header."""
        return next((holds for holds, found in self.headers if _anywhere(found, header)), None)


def fits(expressions: Expressions, line: str) -> bool:
    """Whether ``line`` begins as one of them says."""
    return any(expression.match(line) for expression in expressions)


def _anywhere(expressions: Expressions, text: str) -> bool:
    return any(expression.search(text) for expression in expressions)


def parse_layout(content: str, file: str = FILE) -> LayoutWords:
    """The expressions of ``layout.toml``.

    Raises:
        KnowledgeError: an unknown kind of section or of cells, or an expression that does not compile.
    """
    table = tomllib.loads(content)
    lines = table["lines"]
    return LayoutWords(
        headings=tuple(
            (_known(file, row["kind"], KINDS), _compiled(file, row["kind"], row["words"])) for row in table["heading"]
        ),
        question=_compiled(file, "question", lines["question"]),
        table_caption=_compiled(file, "table_caption", lines["table_caption"]),
        figure_caption=_compiled(file, "figure_caption", lines["figure_caption"]),
        boilerplate=_compiled(file, "boilerplate", lines["boilerplate"]),
        headers=tuple(
            (_known(file, row["holds"], HOLDS), _compiled(file, row["holds"], (rf"\b{each}" for each in row["words"])))
            for row in table["tables"]["header"]
        ),
    )


def _known(file: str, value: str, known: frozenset[str]) -> str:
    if value not in known:
        raise KnowledgeError(file, value, f"unknown value {value!r}", f"Known: {', '.join(sorted(known))}.")
    return value


def _compiled(file: str, row: str, sources: Iterable[str]) -> Expressions:
    try:
        return tuple(re.compile(source, re.IGNORECASE) for source in sources)
    except re.error as error:
        raise KnowledgeError(file, row, f"an expression does not compile: {error}", "Mend it.") from None


@lru_cache(maxsize=1)
def shipped_layout() -> LayoutWords:
    """The words that come with the package."""
    return parse_layout((files(__package__) / FILE).read_text(encoding="utf-8"))
