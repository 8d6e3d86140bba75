"""Which rows and paragraphs of a review are touched between two snapshots: the same template built from both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.review.lock import Lock, built_state, judged
from pipeline.review.records import Prose, Review, Row, Table


@dataclass(frozen=True, slots=True)
class TouchedRow:
    """A row that is new, gone or changed; ``what`` tells of a changed one which cells, and how."""

    table: str
    title: str
    claim_ids: tuple[str, ...]
    label: str
    sort: str
    what: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Touched:
    """What a review has to be looked at for: rows in the order of its tables, and prose whose claims have changed."""

    rows: tuple[TouchedRow, ...]
    prose: tuple[Prose, ...]


def touched(then: Review, now: Review) -> Touched:
    """What differs between two builds of one template."""
    before = {table.name: table for table in then.tables()}
    rows = tuple(row for table in now.tables() for row in _rows(before.get(table.name), table, then, now))
    marked = judged(now, Lock(built_state(then)))
    return Touched(rows, tuple(each for each in marked.prose() if each.changes))


def _rows(then: Table | None, now: Table, before: Review, after: Review) -> Iterator[TouchedRow]:
    old = {row.claim_ids: row for row in then.rows} if then else {}
    new = {row.claim_ids: row for row in now.rows}
    for ids, row in new.items():
        if ids not in old:
            yield TouchedRow(now.name, now.title, ids, _label(ids, after), "new")
        elif changed := tuple(_cells(now, old[ids], row)):
            yield TouchedRow(now.name, now.title, ids, _label(ids, after), "changed", changed)
    for ids in old:
        if ids not in new:
            yield TouchedRow(now.name, now.title, ids, _label(ids, before), "gone")


def _cells(table: Table, old: Row, new: Row) -> Iterator[str]:
    for head, then, now in zip(table.heads, old.cells, new.cells, strict=True):
        if then.text != now.text:
            yield f"{head}: {then.text or 'nothing'} → {now.text or 'nothing'}"
        told = [f"+ {each}" for each in now.papers if each not in then.papers]
        told += [f"− {each}" for each in then.papers if each not in now.papers]
        if told:
            yield f"{head}: {', '.join(told)}"
    if old.status != new.status:
        yield f"{old.status} → {new.status}"


def _label(ids: tuple[str, ...], review: Review) -> str:
    return " / ".join(review.claims[each].label for each in ids)
