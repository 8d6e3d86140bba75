"""What stands in the cells of a row: a claim, told by one column of its table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from pipeline.review.library import Column, Plan
from pipeline.review.records import Argument, Cell, Claim, Evidence
from pipeline.review.scope import DRUGLIKE, classes_of, key

ARROWS = {"increase": "↑ ", "decrease": "↓ ", "no_change": "= "}
STUDIES = {
    "guideline": "guideline", "meta_analysis": "meta-analysis", "trial": "clinical trial", "clinical": "patients",
    "case_report": "case report", "in_vivo": "animals", "in_vitro": "cells", "computational": "computed",
    "review": "told in a review",
}  # fmt: skip
TELLING = 4  # findings and values that a cell tells; the rest is in the evidence
DISCOUNTS = {"told_of_others": "told of others", "no_finding": "not a finding"}


def cell(column: Column, claim: Claim, plan: Plan, topic: frozenset[str]) -> Cell:
    """The cell of ``claim`` in ``column``; ``topic`` are the keys of what the review is about."""
    return SHOW[column.show](column, claim, plan, topic)


def _names(column: Column, claim: Claim, _plan: Plan, _topic: frozenset[str]) -> Cell:
    return Cell(" + ".join(each.name for each in claim.of_role(*column.of)))


def _direction(column: Column, claim: Claim, plan: Plan, topic: frozenset[str]) -> Cell:
    return Cell(ARROWS.get(claim.direction or "", "") + _names(column, claim, plan, topic).text)


def _classes(column: Column, claim: Claim, _plan: Plan, topic: frozenset[str]) -> Cell:
    named = [each for each in claim.of_role(*column.of) if each.kind in DRUGLIKE]
    others = [each for each in named if key(each) not in topic] or named
    return Cell(" + ".join(", ".join(classes_of(each)) for each in others if classes_of(each)))


def _said(_column: Column, claim: Claim, plan: Plan, _topic: frozenset[str]) -> Cell:
    papers: dict[str, set[str]] = {}
    for each in standing(claim):
        papers.setdefault(_word(each, claim, plan), set()).add(each.document_id)
    if not papers:
        return Cell("withdrawn")
    if len(papers) == 1:
        return Cell(next(iter(papers)))
    ordered = sorted(papers.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return Cell(", ".join(f"{word} ({len(found)})" for word, found in ordered))


def _word(each: Evidence, claim: Claim, plan: Plan) -> str:
    words = plan.words.get(each.stance, MappingProxyType({"else": each.stance}))
    keys = [f"kind:{claim.kind}", *(f"{name}:{value}" for name, value in each.attributes.items())]
    return next((words[name] for name in keys if name in words), words["else"])


def _values(_column: Column, claim: Claim, _plan: Plan, _topic: frozenset[str]) -> Cell:
    told = dict.fromkeys(value for each in standing(claim) if (value := _value(each)))
    return Cell(_few(told, "; "))


def _value(each: Evidence) -> str:
    """A value as printed; what it measures before it, unless its own words tell."""
    text, statistic = each.attributes.get("value_text", "").strip(), each.attributes.get("statistic", "")
    bare = text[:1] in "0123456789<>≤≥=~±+-−" and "fold" not in text
    return f"{statistic} {text}" if text and statistic and bare else text


def _context(column: Column, claim: Claim, _plan: Plan, _topic: frozenset[str]) -> Cell:
    def told(each: Evidence) -> Iterable[str]:
        return (value for name in column.of for value in each.context.get(name, ()))

    values = [argument.name for argument in claim.arguments if argument.role in column.of]
    values += [value.replace("_", " ") for each in standing(claim) for value in told(each)]
    return Cell(_few(dict.fromkeys(values), "; "))


def _findings(_column: Column, claim: Claim, plan: Plan, _topic: frozenset[str]) -> Cell:
    valued = not any(each.show == "values" for each in plan.columns)
    sides = {
        "": [each for each in standing(claim) if each.stance == "supports"],
        "against: ": [each for each in standing(claim) if each.stance == "refutes"],
        "mixed: ": [each for each in standing(claim) if each.stance == "mixed"],
    }
    told = [
        f"{head}{text}"
        for head, side in sides.items()
        if (text := _few(dict.fromkeys(_told(side, valued=valued)), "; "))
    ]
    return Cell(" – ".join(told))


def _told(side: Iterable[Evidence], *, valued: bool) -> Iterator[str]:
    for each in sorted(side, key=lambda each: each.discounted is not None):
        attributes = each.attributes
        parts = [
            STUDIES.get(each.study_type, ""), attributes.get("model", ""), attributes.get("disease", ""),
            _value(each) if valued else "", DISCOUNTS.get(each.discounted or "", ""),
            "" if each.certainty == "asserted" else each.certainty,
        ]  # fmt: skip
        if any(parts):
            yield ", ".join(filter(None, parts))


def _few(told: Iterable[str], between: str) -> str:
    listed = list(told)
    rest = len(listed) - TELLING
    return between.join(listed[:TELLING]) + (f"{between}and {rest} more" if rest > 0 else "")


def _level(_column: Column, claim: Claim, _plan: Plan, _topic: frozenset[str]) -> Cell:
    if not claim.level:
        return Cell("")
    return Cell(f"{claim.level}: {STUDIES.get(claim.best_study_type or '', '')}")


def _for(_column: Column, claim: Claim, _plan: Plan, _topic: frozenset[str]) -> Cell:
    return citing("", claim, "supports")


def _against(_column: Column, claim: Claim, _plan: Plan, _topic: frozenset[str]) -> Cell:
    return citing("", claim, "refutes", "mixed")


def _papers(_column: Column, claim: Claim, _plan: Plan, _topic: frozenset[str]) -> Cell:
    return citing("", claim, "supports", "refutes", "mixed")


def citing(text: str, claim: Claim, *stances: str) -> Cell:
    """A cell with the papers that take one of these stances, withdrawn ones too: the writers mark them."""
    first: dict[str, str] = {}
    for each in claim.evidence:
        if each.stance in stances:
            first.setdefault(each.document_id, each.evidence_id)
    return Cell(text, tuple(first), tuple(first.values()))


def standing(claim: Claim) -> list[Evidence]:
    """The evidence of papers that are not withdrawn."""
    return [each for each in claim.evidence if not each.withdrawn]


SHOW: Mapping[str, Callable[[Column, Claim, Plan, frozenset[str]], Cell]] = MappingProxyType(
    {
        "names": _names,
        "classes": _classes,
        "direction": _direction,
        "said": _said,
        "values": _values,
        "context": _context,
        "findings": _findings,
        "level": _level,
        "for": _for,
        "against": _against,
        "papers": _papers,
    }
)


def has_role(claim: Claim, roles: Iterable[str], keys: frozenset[str]) -> bool:
    """Whether something with one of these keys fills one of these roles."""
    return any(key(each) in keys for each in claim.of_role(*roles))


def others(claim: Claim, topic: frozenset[str]) -> list[Argument]:
    """The drugs of a claim that the review is not about."""
    return [each for each in claim.arguments if each.kind in DRUGLIKE and key(each) not in topic]
