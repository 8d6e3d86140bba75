"""The circumstances of a finding as data: a strict loader for ``context.toml``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import KnowledgeError

FILE = "context.toml"
NAMES = frozenset(["setting", "model_kind", "acquired", "line", "phase", "dose", "duration", "method"])
PLACES = frozenset(["heading", "title"])
KEYS = frozenset(["name", "value", "inherit", "words", "case", "examples", "counterexamples"])
REMEDY = f"Names: {', '.join(sorted(NAMES))}; inherit: {', '.join(sorted(PLACES))}; keys: {', '.join(sorted(KEYS))}."


@dataclass(frozen=True, slots=True)
class ContextRule:
    """Words that tell a circumstance; ``value`` is None where it is what is printed.

    Where a sentence does not say it, it may be ``inherited`` from these places.
    """

    name: str
    value: str | None
    pattern: re.Pattern[str]
    inherited: frozenset[str]
    examples: tuple[str, ...]
    counterexamples: tuple[str, ...]

    def find(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Value and span of each place of ``text`` that tells it."""
        for match in self.pattern.finditer(text):
            printed = next((each for each in match.groups() if each), match.group())
            yield self.value or printed, match.start(), match.end()


def read_context_rules(table: Mapping[str, Any]) -> Iterator[ContextRule]:
    """The blocks of ``context.toml``.

    Raises:
        KnowledgeError: an unknown name, place or key, a block without words or example, a pattern that is none.
    """
    for number, row in enumerate(table.get("context", ()), start=1):
        name, inherited = row.get("name"), frozenset(row.get("inherit", ()))
        unknown = set(row) - KEYS
        if name not in NAMES or inherited - PLACES or unknown:
            raise KnowledgeError(FILE, number, f"unknown name, place or key in {name} {sorted(unknown)}", REMEDY)
        if not row.get("words") or not row.get("examples"):
            raise KnowledgeError(FILE, number, f"{name} without words or example", "A rule shows itself: add both.")
        yield ContextRule(
            name=name,
            value=row.get("value"),
            pattern=_compiled(row["words"], number, case=row.get("case", False)),
            inherited=inherited,
            examples=tuple(row["examples"]),
            counterexamples=tuple(row.get("counterexamples", ())),
        )


def _compiled(words: list[str], number: int, *, case: bool) -> re.Pattern[str]:
    """One pattern of all; a group ``value`` may stand in each, so groups lose their name."""
    joined = "|".join(f"(?:{each.replace('(?P<value>', '(')})" for each in words)
    try:
        pattern = re.compile(joined, 0 if case else re.IGNORECASE)
    except re.error as error:
        raise KnowledgeError(FILE, number, f"a pattern cannot be used: {error}", "Write it for Python's re.") from None
    if pattern.groups != sum("(?P<value>" in each for each in words):
        raise KnowledgeError(FILE, number, "a group that is not `value`", "Write (?:…) for groups of the pattern.")
    return pattern
