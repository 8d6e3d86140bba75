"""What every export is made of: an evidence as curators leave it, its paper; and what could not be carried."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.text import sha256

# verbatim words may be passed on under these; under any other licence, or none that is known, they may not
QUOTABLE = re.compile(r"(?i)CC BY(?:-NC)?(?:-ND|-SA)?(?: \d\.\d)?|CC0|public domain")
COLUMNS = {"drug": ("drug",), "mechanism": ("cause", "agent", "entity", "marker"), "resistant_to": ("resistant_to",),
           "subject": ("model", "trial", "property")}  # fmt: skip
SHOWN = 20  # losses that a report lists for each reason


def quotable(licence: str | None) -> bool:
    """Whether the words of a paper with such a licence may be passed on."""
    return bool(QUOTABLE.fullmatch(licence or ""))


@dataclass(frozen=True, slots=True)
class Argument:
    """A name of a claim in its role."""

    role: str
    name: str
    kind: str
    entity_id: str | None


@dataclass(frozen=True, slots=True)
class Record:
    """An evidence to be exported; ``values`` are the columns of the views, ``arguments`` those of its claim."""

    arguments: tuple[Argument, ...]
    values: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    @property
    def quotable(self) -> bool:
        """Whether the licence of the paper allows its words to be passed on."""
        return quotable(self.values["licence"])

    @property
    def quote(self) -> str | None:
        return self.values["sentence"] if self.quotable else None

    def of_role(self, *roles: str) -> tuple[Argument, ...]:
        return tuple(each for each in self.arguments if each.role in roles)


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that a format could not carry: which evidence, why, and whether the whole of it or a part."""

    evidence_id: str
    reason: str
    whole: bool = True


@dataclass(slots=True)
class Carried:
    """What an export wrote, and what it had to leave out."""

    items: list[Any] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)

    def report(self, form: str, records: int) -> dict[str, Any]:
        """The loss report: how many, and for each reason how many and which."""
        return {
            "format": form, "evidence": records, "carried": len(self.items),
            "left_out": _counted([each for each in self.losses if each.whole]),
            "carried_in_part": _counted([each for each in self.losses if not each.whole]),
        }  # fmt: skip


def _counted(losses: Sequence[Loss]) -> dict[str, Any]:
    counts = Counter(each.reason for each in losses)
    listed: dict[str, list[str]] = {}
    for each in losses:
        listed.setdefault(each.reason, []).append(each.evidence_id)
    return {reason: {"count": count, "first": listed[reason][:SHOWN]} for reason, count in counts.most_common()}


def withheld(records: Iterable[Record]) -> Iterator[Loss]:
    """The quotations that must stay behind."""
    for record in records:
        if not record.quotable:
            yield Loss(record["evidence_id"], "quotation_withheld_by_licence", whole=False)


FLAT = (
    "evidence_id", "claim_id", "kind", "label", "stance", "certainty", "attribution", "direction", "degree",
    "interaction",
    "value_text", "value", "unit", "comparator", "statistic", "disease", "model", "setting", "acquired", "study_type",
    "suggested_level", "section", "section_index", "sentence_start", "sentence_end", "document_id", "pmid", "pmcid",
    "doi",
    "title", "journal", "year", "document_status", "licence", "rule", "verdict",
)  # fmt: skip


def flat(record: Record) -> dict[str, Any]:
    """A record as one row: names by column, joined by " + ", and their identifiers."""
    row: dict[str, Any] = {name: record[name] for name in FLAT}
    for column, roles in COLUMNS.items():
        found = record.of_role(*roles)
        row[column] = " + ".join(each.name for each in found) or None
        row[f"{column}_ids"] = " + ".join(each.entity_id or "" for each in found) or None
    return row | {"quote": record.quote, "quote_sha256": sha256(record["sentence"].encode("utf-8"))}


def nested(record: Record) -> dict[str, Any]:
    """A record as an object, its names in their roles."""
    arguments = [
        {"role": each.role, "name": each.name, "entity_kind": each.kind, "entity_id": each.entity_id}
        for each in record.arguments
    ]
    quoted = {"quote": record.quote, "quote_sha256": sha256(record["sentence"].encode("utf-8"))}
    return {name: record[name] for name in FLAT} | {"arguments": arguments} | quoted
