"""Tables: which claims a plan of the library takes, and the rows that they make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from pipeline.review.cells import cell, citing, has_role, others
from pipeline.review.gather import Contradiction
from pipeline.review.library import Plan, Take
from pipeline.review.records import Cell, Claim, Row, Table
from pipeline.review.scope import Scope, is_of

SIGNS = "↑↓= "  # a cause stands beside the same cause with a direction
NOTHING_TOLD = "nothing that is told"


def make_table(
    plan: Plan, claims: Mapping[str, Claim], scope: Scope, named: str, contradictions: Sequence[Contradiction]
) -> Table:
    """The table of a plan over these claims; without rows where none of them is of its sort."""
    taken = {
        claim_id: each for claim_id, each in claims.items() if any(takes(take, each, scope) for take in plan.takes)
    }
    rows = list(_pairs(plan, taken, claims, contradictions)) if plan.pairs else _rows(plan, taken.values(), scope)
    return Table(
        name=plan.name, title=plan.title.format(topic=named), says=plan.says,
        heads=tuple(each.head for each in plan.columns), widths=tuple(each.width for each in plan.columns),
        rows=tuple(rows),
    )  # fmt: skip


def takes(take: Take, claim: Claim, scope: Scope) -> bool:
    """Whether a claim is of the sort that a table takes."""
    keys = scope.keys
    topic = all_keys(scope)
    return (
        claim.kind in take.kinds
        and any(
            has_role(claim, roles, keys[family]) if family in keys else family == "any" and not keys
            for family, roles in take.topic.items()
        )
        and (not take.classes or any(is_of(each, take.classes) for each in others(claim, topic)))
        and not any(is_of(each, take.except_classes) for each in others(claim, topic) if take.except_classes)
        and (not take.entity_kinds or any(each.kind in take.entity_kinds for each in claim.arguments))
        and (not take.study_types or any(each.study_type in take.study_types for each in claim.evidence))
        and (not take.context or any(name in each.context for each in claim.evidence for name in take.context))
    )


def all_keys(scope: Scope) -> frozenset[str]:
    """The keys of everything that the review is about."""
    return frozenset().union(*scope.keys.values())


def _rows(plan: Plan, taken: Iterable[Claim], scope: Scope) -> list[Row]:
    topic = all_keys(scope)
    made = [
        (
            each,
            Row(
                (each.claim_id,),
                tuple(cell(column, each, plan, topic) for column in plan.columns),
                each.status,
                _linked(plan, each),
            ),
        )
        for each in taken
    ]
    return [row for _, row in sorted(made, key=lambda pair: _place(plan, *pair))]


def _linked(plan: Plan, claim: Claim) -> int:
    """The first cell that names what the row is about."""
    named = (
        place
        for place, column in enumerate(plan.columns)
        if column.show in ("names", "direction", "context") and any(each.name for each in claim.of_role(*column.of))
    )
    return next(named, 0)


def _place(plan: Plan, claim: Claim, row: Row) -> tuple[int, tuple[str, ...], str]:
    weight = claim.groups_supporting + claim.groups_refuting + claim.groups_mixed if plan.by_weight else 0
    return -weight, tuple(each.text.lstrip(SIGNS).lower() for each in row.cells[:3]), claim.claim_id


def _pairs(
    plan: Plan, taken: Mapping[str, Claim], claims: Mapping[str, Claim], contradictions: Sequence[Contradiction]
) -> Iterator[Row]:
    for each in contradictions:
        one, other = claims.get(each.claim_id), claims.get(each.other_claim_id)
        if one and other and (each.claim_id in taken or each.other_claim_id in taken):
            sides = _sides(each, one, other)
            ids = tuple(dict.fromkeys([each.claim_id, each.other_claim_id]))
            yield Row(ids, tuple(sides[column.of[0]] for column in plan.columns), "contested")


def _sides(each: Contradiction, one: Claim, other: Claim) -> Mapping[str, Cell]:
    denied = each.sort == "denied"
    return MappingProxyType(
        {
            "one": citing(each.label, one, "supports"),
            "other": citing(f"not so: {each.other_label}", other, "refutes", "mixed")
            if denied
            else citing(each.other_label, other, "supports"),
            "differs": Cell((each.differs or NOTHING_TOLD).replace("_", " ")),
            "same": Cell((each.same or NOTHING_TOLD).replace("_", " ")),
        }
    )
