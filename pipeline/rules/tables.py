"""How tables state claims: rules over captions, column headers and cells, read strictly from ``tables.toml``.

A rule says of which tables it speaks (``about``: caption and headers), from which columns the roles are filled, and
which column holds what is said (``value``): words and numbers there are looked up in a *scale*. A role without a column
is what the table, not the row, is about: named in the header of the value column, in the caption, else spoken of last.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pipeline.errors import KnowledgeError
from pipeline.rules.kinds import ClaimKind

FILE = "tables.toml"


@dataclass(frozen=True, slots=True)
class Step:
    """An entry of a scale: what cells with these ``words``, or with a number between the bounds, say."""

    words: re.Pattern[str] | None
    above: float | None
    below: float | None
    attributes: Mapping[str, str]

    def holds(self, text: str, number: float | None) -> bool:
        """Whether a cell with this text, and this number as its first, says what the step says."""
        if self.words is not None:
            return bool(self.words.search(text))
        if number is None:
            return False
        return (self.above is None or number > self.above) and (self.below is None or number < self.below)


@dataclass(frozen=True, slots=True)
class RoleColumn:
    """Where a role is filled from: the first column whose headers fit, or (``column`` None) what the table is about.

    With ``together`` all that the cell names act together, with ``joined`` also with what the table is about; with
    ``others`` what the table is about is left out where the cell names more. ``kinds`` are those of the names taken.
    """

    column: re.Pattern[str] | None
    kinds: frozenset[str]
    together: bool
    joined: bool
    others: bool


@dataclass(frozen=True, slots=True)
class Value:
    """The column that says what is claimed, and the scale its cells are read by.

    ``unit`` and ``statistic`` are those of a number that is printed bare, since the header says what it is. A cell that
    is ``unsaid`` says nothing, whatever the scale.
    """

    column: re.Pattern[str]
    unsaid: re.Pattern[str]
    scale: tuple[Step, ...]
    unit: str | None
    statistic: str | None


@dataclass(frozen=True, slots=True)
class TableExample:
    """A table in markup, its cells between bars, and what must come of it."""

    caption: str
    rows: tuple[str, ...]
    expect: tuple[Mapping[str, Any], ...]
    because: str


@dataclass(frozen=True, slots=True)
class TableRule:
    """A way in which tables state a claim of one kind."""

    id: str
    claim: ClaimKind
    summary: str
    about: re.Pattern[str]
    unless: re.Pattern[str] | None
    roles: Mapping[str, RoleColumn]
    value: Value | None
    attributes: Mapping[str, str]
    examples: tuple[TableExample, ...]
    counterexamples: tuple[TableExample, ...]

    def fits(self, caption: str, headers: tuple[str, ...]) -> bool:
        """Whether a table with this caption and these column headers may hold such claims."""
        columns = [each.column for each in self.roles.values() if each.column]
        columns += [self.value.column] if self.value else []
        whole = "\n".join((caption, *headers))
        return (
            bool(self.about.search(whole))
            and not (self.unless and self.unless.search(whole))
            and all(any(column.search(header) for header in headers) for column in columns)
        )


def parse_tables(content: str, kinds: Mapping[str, ClaimKind], file: str = FILE) -> tuple[TableRule, ...]:
    """The rules of ``tables.toml``.

    Raises:
        KnowledgeError: an unknown claim kind, role or scale, an expression that does not compile, a rule without
            example, or one id used twice.
    """
    table = tomllib.loads(content)
    unsaid = _compiled(file, "unsaid", table.get("unsaid", "^$"))
    scales = {name: tuple(_step(file, name, row) for row in rows) for name, rows in table.get("scale", {}).items()}
    rules = tuple(_rule(file, row, kinds, scales, unsaid) for row in table.get("rule", ()))
    for rule in rules:
        if sum(other.id == rule.id for other in rules) > 1:
            raise KnowledgeError(file, rule.id, "the id is used twice", "Give each rule its own.")
    return rules


def _step(file: str, name: str, row: Mapping[str, Any]) -> Step:
    words = _compiled(file, f"scale {name}", row["words"]) if "words" in row else None
    return Step(words, row.get("above"), row.get("below"), MappingProxyType(row.get("set", {})))


def _rule(
    file: str,
    row: Mapping[str, Any],
    kinds: Mapping[str, ClaimKind],
    scales: Mapping[str, tuple[Step, ...]],
    unsaid: re.Pattern[str],
) -> TableRule:
    id_ = row.get("id", "a rule without id")
    if row.get("claim") not in kinds:
        raise KnowledgeError(file, id_, f"unknown claim kind {row.get('claim')!r}", f"Known: {', '.join(kinds)}.")
    if not row.get("examples") or not row.get("summary"):
        raise KnowledgeError(file, id_, "no summary or no example", "A rule shows itself: add an example.")
    claim = kinds[row["claim"]]
    return TableRule(
        id=id_,
        claim=claim,
        summary=row["summary"],
        about=_compiled(file, id_, row["about"]),
        unless=_compiled(file, id_, row["unless"]) if "unless" in row else None,
        roles=MappingProxyType(dict(_roles(file, id_, row["roles"], claim))),
        value=_value(file, id_, row["value"], scales, unsaid) if "value" in row else None,
        attributes=MappingProxyType(row.get("set", {})),
        examples=tuple(_examples(row, "examples")),
        counterexamples=tuple(_examples(row, "counterexamples")),
    )


def _roles(file: str, id_: str, table: Mapping[str, Any], claim: ClaimKind) -> Iterator[tuple[str, RoleColumn]]:
    for role, spec in table.items():
        if role not in claim.roles:
            known = ", ".join(claim.roles)
            raise KnowledgeError(file, id_, f"{claim.name} has no role {role!r}", f"Its roles: {known}.")
        column = _compiled(file, id_, spec["column"]) if "column" in spec else None
        kinds = frozenset(spec.get("kinds", claim.roles[role].kinds))
        options = (bool(spec.get(name, False)) for name in ("together", "joined", "others"))
        yield role, RoleColumn(column, kinds, *options)


def _value(
    file: str, id_: str, row: Mapping[str, Any], scales: Mapping[str, tuple[Step, ...]], unsaid: re.Pattern[str]
) -> Value:
    unknown = set(row.get("scales", ())) - set(scales)
    if unknown:
        raise KnowledgeError(file, id_, f"unknown scales {sorted(unknown)}", f"Known: {', '.join(scales)}.")
    steps = tuple(step for name in row.get("scales", ()) for step in scales[name])
    return Value(_compiled(file, id_, row["column"]), unsaid, steps, row.get("unit"), row.get("statistic"))


def _compiled(file: str, id_: str, source: str) -> re.Pattern[str]:
    try:
        return re.compile(source, re.IGNORECASE)
    except re.error as error:
        raise KnowledgeError(file, id_, f"{source!r} does not compile: {error}", "Mend the expression.") from None


def _examples(row: Mapping[str, Any], key: str) -> Iterator[TableExample]:
    for example in row.get(key, ()):
        expect = example.get("expect", ())
        wanted = tuple(MappingProxyType(each) for each in ([expect] if isinstance(expect, dict) else expect))
        yield TableExample(example.get("caption", ""), tuple(example["rows"]), wanted, example.get("because", ""))
