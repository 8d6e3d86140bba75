"""Rows of tables → what they claim: cell, row header, column header and caption read together by rules."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.model import Argument, Kind, Mention, Quantity, Section, Sentence, TableCell
from pipeline.rules.tables import RoleColumn, Step, TableRule, Value

UNNAMED = "drug_class.unnamed"
MOST_ABOUT = 2  # drugs that a caption may name for each row to be about each of them
NUMBER = re.compile(r"[-–−]?\d+(?:\.\d+)?")
BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
LOWERED = re.compile(
    r"\b(?:low(?:er|ered)?|loss|lost|absen\w+|decreas\w+|reduc\w+|down|deletion|silenc\w+|deficien\w+)\b", re.I
)
RAISED = re.compile(r"\b(?:high(?:er)?|elevat\w+|over-?express\w+|increas\w+|up|amplif\w+|gain)\b", re.I)
PRESENT = re.compile(r"\b(?:mutat\w+|mutant|fusion\w*|rearrange\w+|variant\w*)\b", re.I)


@dataclass(frozen=True, slots=True)
class RowClaim:
    """What a row says by a rule; ``number`` is the value that its cell gives."""

    rule: TableRule
    arguments: tuple[Argument, ...]
    attributes: Mapping[str, str]
    number: Quantity | None


@dataclass(slots=True)
class Table:
    """A table while its rows are read: the rules that fit it, and the names in its caption and headers."""

    section: Section
    rules: tuple[TableRule, ...]
    caption: tuple[Mention, ...] = ()
    headers: list[Mention] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    def read(self, row: Sentence, spoken_of: Sequence[Mention]) -> Iterator[RowClaim]:
        """What ``row`` says; ``spoken_of`` are the drugs whose resistance was last spoken of."""
        cells = [cell for cell in self.section.cells if cell.row == row.row and cell.start < cell.end]
        if all(cell.is_header for cell in cells):
            self.headers.extend(row.mentions)
            return
        for rule in self.rules:
            yield from _Row(self, rule, row, cells, spoken_of).claims()


def headers_of(section: Section) -> tuple[str, ...]:
    """The headers of the columns of a table, each once, those above each other in one."""
    return tuple(dict.fromkeys(" ".join(cell.column_headers) for cell in section.cells if cell.column_headers))


def fitting(section: Section, rules: Sequence[TableRule]) -> tuple[TableRule, ...]:
    """The rules that may find something in the table ``section``."""
    headers = headers_of(section)
    return tuple(rule for rule in rules if rule.fits(section.heading or "", headers))


@dataclass(frozen=True, slots=True)
class _Row:
    table: Table
    rule: TableRule
    row: Sentence
    cells: Sequence[TableCell]
    spoken_of: Sequence[Mention]

    def claims(self) -> Iterator[RowClaim]:
        values: list[TableCell | None] = [None]
        if self.rule.value:
            values = [cell for cell in self.cells if self.rule.value.column.search(" ".join(cell.column_headers))]
        for cell in values:
            step = self._step(cell) if self.rule.value else None
            if self.rule.value and step is None:
                self.table.refused["nothing_readable_in_the_cell"] += 1
                continue
            number = self._number(cell, self.rule.value) if cell and self.rule.value else None
            for arguments, direction in self._filled(cell):
                said = {**self.rule.attributes, **(step.attributes if step else {})}
                if direction and "direction" not in said:
                    said["direction"] = direction
                yield RowClaim(self.rule, arguments, said, number)

    def _text(self, cell: TableCell) -> str:
        return self.table.section.text[cell.start : cell.end]

    def _step(self, cell: TableCell | None) -> Step | None:
        if cell is None or self.rule.value is None:
            return None
        text = self._text(cell)
        if self.rule.value.unsaid.search(text):
            return None
        found = NUMBER.search(BRACKETED.sub("", text).replace("−", "-").replace("–", "-"))
        number = float(found.group()) if found else None
        return next((step for step in self.rule.value.scale if step.holds(text, number)), None)

    def _number(self, cell: TableCell, value: Value) -> Quantity | None:
        """The number in ``cell``: as read, or a bare one, of which the header says what it counts."""
        inside = [each for each in self.row.quantities if cell.start <= each.start and each.end <= cell.end]
        if inside:
            return inside[0]
        found = NUMBER.fullmatch(BRACKETED.sub("", self._text(cell)).strip())
        if not found or not (value.unit or value.statistic):
            return None
        start = cell.start + self._text(cell).index(found.group())
        printed = found.group()
        number = float(printed.replace("−", "-").replace("–", "-"))
        return Quantity(start, start + len(printed), printed, number, value.unit, None, value.statistic)

    def _filled(self, value: TableCell | None) -> Iterator[tuple[tuple[Argument, ...], str | None]]:
        options: list[list[tuple[Argument, ...]]] = []
        direction = None
        for role, source in self.rule.roles.items():
            if source.column:
                cell, groups = self._from_cells(role, source, value)
                direction = direction or (_direction(self._text(cell)) if cell else None)
            else:
                groups = self._from_context(role, source, value)
            if not groups and (source.column or role not in self.rule.claim.optional):
                self.table.refused[f"no_{role}_named"] += 1
                return
            options.append(groups or [()])
        for combination in itertools.product(*options):
            yield tuple(itertools.chain(*combination)), direction

    def _from_cells(
        self, role: str, source: RoleColumn, value: TableCell | None
    ) -> tuple[TableCell | None, list[tuple[Argument, ...]]]:
        assert source.column is not None
        for cell in self.cells:
            if source.column.search(" ".join(cell.column_headers)):
                named = self._named_in(cell, source.kinds)
                if named:
                    return cell, self._grouped(role, source, named, value)
        return None, []

    def _grouped(
        self, role: str, source: RoleColumn, named: Sequence[Mention], value: TableCell | None
    ) -> list[tuple[Argument, ...]]:
        about = (
            [group[0] for group in self._from_context(role, source, value)] if source.joined or source.others else []
        )
        known = {each.entity.key for each in about}
        arguments = [_argument(role, mention) for mention in named]
        if source.others:
            arguments = [each for each in arguments if each.entity.key not in known] or arguments
        if source.joined:
            arguments += [
                each for each in about[:1] if each.entity.key not in {other.entity.key for other in arguments}
            ]
        return [tuple(arguments)] if source.together else [(each,) for each in arguments]

    def _named_in(self, cell: TableCell, kinds: frozenset[str]) -> list[Mention]:
        """The names in ``cell``; what stands in brackets behind a name is another name of it, or a remark."""
        inside = [
            each for each in self.row.mentions
            if cell.start <= each.start and each.end <= cell.end and each.kind in kinds and each.grounding
        ]  # fmt: skip
        asides = [match.span() for match in BRACKETED.finditer(self._text(cell))]
        plain = [
            each for each in inside
            if not any(cell.start + start < each.start < cell.start + end for start, end in asides)
        ]  # fmt: skip
        return _distinct(plain or inside)

    def _from_context(self, role: str, source: RoleColumn, value: TableCell | None) -> list[tuple[Argument, ...]]:
        """What the table is about: a drug in the cell itself, in its header, in the caption, or spoken of before."""
        headers = " ".join(value.column_headers).lower() if value else ""
        places: list[list[Mention]] = [
            self._named_in(value, source.kinds) if value else [],
            [each for each in self.table.headers if each.text.lower() in headers],
            [*self.table.caption],
            [*self.spoken_of],
        ]
        for place, mentions in enumerate(places):
            named = _plainest([each for each in mentions if each.kind in source.kinds and each.grounding])
            if 0 < len(named) <= MOST_ABOUT:
                return [(_argument(role, each, implied=place > 0),) for each in named]
        return []


def _plainest(mentions: Sequence[Mention]) -> list[Mention]:
    """Drugs rather than the classes named beside them; no word that only says "drug"."""
    named = [each for each in _distinct(mentions) if each.label != UNNAMED]
    return [each for each in named if each.kind is Kind.DRUG] or named


def _distinct(mentions: Sequence[Mention]) -> list[Mention]:
    found: dict[str, Mention] = {}
    for mention in mentions:
        if mention.grounding:
            found.setdefault(mention.grounding.entity.key, mention)
    return list(found.values())


def _argument(role: str, mention: Mention, *, implied: bool = False) -> Argument:
    grounding = mention.grounding
    assert grounding is not None
    start, end = (None, None) if implied else (mention.start, mention.end)
    return Argument(role, grounding.entity, mention.text, start, end, grounding.correction_id)


def _direction(cell: str) -> str | None:
    """What the cell that names a thing says of it: "High CCNE1 expression", "Loss of ER", "ESR1 mutations"."""
    found = [
        name
        for name, words in (("decrease", LOWERED), ("increase", RAISED), ("present", PRESENT))
        if words.search(cell)
    ]
    return found[0] if len(found) == 1 else None
