"""What a review is made of: frozen records that the writers of Markdown, HTML and DOCX read and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

WITHDRAWN = frozenset(["retracted", "deleted"])


@dataclass(frozen=True, slots=True)
class Argument:
    """A name of a claim in its role."""

    role: str
    name: str
    kind: str
    entity_id: str | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence that says or denies a claim.

    ``quote`` is None where the licence of its paper does not allow the words to be passed on; the place is always told.
    """

    evidence_id: str
    claim_id: str
    document_id: str
    stance: str
    certainty: str
    attribution: str
    quote: str | None
    section: str
    start: int
    end: int
    rule: str
    study_type: str
    discounted: str | None
    document_status: str
    verdict: str | None
    confidence: float | None
    attributes: Mapping[str, str]
    context: Mapping[str, tuple[str, ...]]

    @property
    def withdrawn(self) -> bool:
        return self.document_status in WITHDRAWN


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim with its weight, and the evidence that the filters of the review let through."""

    claim_id: str
    kind: str
    direction: str | None
    label: str
    status: str
    arguments: tuple[Argument, ...]
    supporting: int
    refuting: int
    mixed: int
    withdrawn: int
    groups_supporting: int
    groups_refuting: int
    groups_mixed: int
    discounted: str | None
    level: str | None
    level_reason: str | None
    best_study_type: str | None
    evidence: tuple[Evidence, ...]
    voices: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Paper → what it says, filters or not: what prose about the claim rests on."""

    def of_role(self, *roles: str) -> tuple[Argument, ...]:
        return tuple(each for role in roles for each in self.arguments if each.role == role)


@dataclass(frozen=True, slots=True)
class Reference:
    """A paper as the list of references has it; ``number`` from 1 in the order of the document."""

    number: int
    document_id: str
    pmid: str | None
    pmcid: str | None
    doi: str | None
    title: str | None
    journal: str | None
    year: int | None
    month: int | None
    day: int | None
    volume: str | None
    issue: str | None
    pages: str | None
    authors: tuple[Mapping[str, str], ...]
    """Each with ``family`` and ``given``, or with ``literal``."""
    publication_types: tuple[str, ...]
    licence: str | None
    status: str


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell, the papers that are cited there, and of each the evidence that is meant."""

    text: str
    papers: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A row: one claim; of contradictions, two. ``status``: current, contested or retracted.

    ``linked``: which of its cells leads to the evidence.
    """

    claim_ids: tuple[str, ...]
    cells: tuple[Cell, ...]
    status: str
    linked: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its caption; ``number`` from 1, 0 for one without rows, which is only mentioned."""

    name: str
    title: str
    says: str
    heads: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[Row, ...]
    number: int = 0

    @property
    def claim_ids(self) -> frozenset[str]:
        return frozenset(each for row in self.rows for each in row.claim_ids)


@dataclass(frozen=True, slots=True)
class Plot:
    """Numbers that are better looked at: ``values[row][column][series]``; ``shape`` is bars or matrix."""

    name: str
    title: str
    shape: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    series: tuple[str, ...]
    values: tuple[tuple[tuple[int, ...], ...], ...]
    number: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """What has become of a claim that prose rests on."""

    claim_id: str
    label: str
    what: str


@dataclass(frozen=True, slots=True)
class Prose:
    """A block that a person wrote, byte for byte, and what it rests on.

    ``sources``: what it cites (``claim:ID``, ``table:NAME``, ``paper:ID``) with the claims meant; of a block that cites
    nothing the tables of its section, in a section without tables all tables. ``missing`` are citations that lead
    nowhere. ``changes`` are what has become of the claims since a person last confirmed the block; they are known only
    when the review is held against its lock.
    """

    name: str
    text: str
    sources: Mapping[str, frozenset[str]]
    missing: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def claim_ids(self) -> frozenset[str]:
        return frozenset().union(*self.sources.values())

    @property
    def state(self) -> str:
        """empty, changed or current."""
        if not self.text.strip():
            return "empty"
        return "changed" if self.changes or self.missing else "current"


Content = Table | Plot | Prose


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the review under its heading."""

    name: str
    title: str
    contents: tuple[Content, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """A review: all that is written, in order. ``snapshot`` is the name (a time) of the database behind it."""

    name: str
    title: str
    topic: str
    snapshot: str
    demo: bool
    style: str
    sections: tuple[Section, ...]
    unplaced: tuple[Prose, ...]
    claims: Mapping[str, Claim]
    references: tuple[Reference, ...]
    methods: tuple[str, ...]

    def tables(self) -> Iterator[Table]:
        yield from (each for section in self.sections for each in section.contents if isinstance(each, Table))

    def plots(self) -> Iterator[Plot]:
        yield from (each for section in self.sections for each in section.contents if isinstance(each, Plot))

    def prose(self) -> Iterator[Prose]:
        """All blocks, those without a place last."""
        yield from (each for section in self.sections for each in section.contents if isinstance(each, Prose))
        yield from self.unplaced

    def number_of(self) -> Mapping[str, int]:
        """Paper → its number in the list of references."""
        return {each.document_id: each.number for each in self.references}
