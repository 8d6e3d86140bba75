"""Rules over tables show themselves: their examples and counter-examples are their tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from pipeline.annotate.numbers import find_quantities
from pipeline.errors import KnowledgeError
from pipeline.extract import Extractor
from pipeline.model import Document, Match, Section, Sentence, Source, TableCell
from pipeline.rules import shipped
from pipeline.rules.kinds import claim_kinds
from pipeline.rules.tables import TableExample, TableRule, parse_tables
from tests.marked import unmark

RULES = shipped()
ATTRIBUTES = ("direction", "degree", "interaction", "value", "unit", "statistic")


def table_of(example: TableExample) -> tuple[Document, list[Sentence], Sentence]:
    """The example as a document, its rows as sentences, and its caption."""
    caption, named = unmark(example.caption)
    heading = Sentence(0, 0, len(caption), caption, (), named)
    lines, cells, rows = [], [], []
    start = 0
    headers: list[str] = []
    for number, printed in enumerate(example.rows):
        texts = [unmark(part.strip()) for part in printed.split(" | ")]
        line, position, mentions = "\t".join(text for text, _ in texts), start, []
        headers = headers or [text for text, _ in texts]
        for column, (text, inside) in enumerate(texts):
            above = (headers[column],) if number else ()
            first = texts[0][0] if column else None
            cells.append(TableCell(number, column, position, position + len(text), not number, first, above))
            mentions += [replace(each, start=each.start + position, end=each.end + position) for each in inside]
            position += len(text) + 1
        numbers = (replace(each, start=each.start + start, end=each.end + start) for each in find_quantities(line))
        rows.append(Sentence(0, start, start + len(line), line, (), tuple(mentions), tuple(numbers), number))
        lines.append(line)
        start += len(line) + 1
    section = Section("table", "\n".join(lines), caption, cells=tuple(cells))
    return Document("text:table", Source.TEXT, "", (section,)), rows, heading


def claims_of(example: TableExample, rule: TableRule) -> Iterator[Match]:
    document, rows, heading = table_of(example)
    alone = Extractor(replace(RULES, tables=(rule,)))
    for reading in alone.read(document, rows, lambda _: heading):
        yield from reading.matches


def described(match: Match) -> dict[str, Any]:
    roles: dict[str, Any] = {}
    for argument in match.arguments:
        roles.setdefault(argument.role, []).append(argument.text)
    said = {role: names[0] if len(names) == 1 else names for role, names in roles.items()}
    return said | {"stance": match.stance.value} | {name: getattr(match.attributes, name) for name in ATTRIBUTES}


EXAMPLES = [(rule, example) for rule in RULES.tables for example in rule.examples]
COUNTEREXAMPLES = [(rule, example) for rule in RULES.tables for example in rule.counterexamples]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES, ids=[rule.id for rule, _ in EXAMPLES])
def test_a_rule_reads_its_examples(rule: TableRule, example: TableExample) -> None:
    found = [described(match) for match in claims_of(example, rule)]
    wanted = [{"stance": "supports", **each} for each in example.expect]
    keys = [{*each, *(set(one) - set(ATTRIBUTES))} for each, one in zip(wanted, found, strict=False)]
    assert len(found) == len(wanted)
    assert [{key: one.get(key) for key in named} for one, named in zip(found, keys, strict=True)] == wanted


@pytest.mark.parametrize(("rule", "example"), COUNTEREXAMPLES, ids=[each.because for _, each in COUNTEREXAMPLES])
def test_a_rule_leaves_its_counterexamples(rule: TableRule, example: TableExample) -> None:
    assert list(claims_of(example, rule)) == [], example.because


RULE = """
[[rule]]
id = "a"
claim = "alteration"
summary = "s"
about = "x"
roles.entity = {}
examples = [{ rows = ["A"] }]
"""


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (RULE.replace('"alteration"', '"change"'), "unknown claim kind"),
        (RULE.replace("roles.entity", "roles.cause"), "has no role"),
        (RULE.replace('about = "x"', 'about = "("'), "does not compile"),
        (RULE.replace("examples", "others"), "no summary or no example"),
        (RULE + RULE, "used twice"),
        (RULE + 'value = { column = "x", scales = ["none"] }\n', "unknown scales"),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused(content: str, problem: str) -> None:
    with pytest.raises(KnowledgeError, match=problem):
        parse_tables(content, claim_kinds())
