"""The records that pass between the stages. They are frozen; a stage returns new ones.

Offsets are Python string indices, half-open, into the text of one :class:`Section`, and
``section.text[mention.start:mention.end] == mention.text`` holds everywhere.
This module imports nothing of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

PUBMED_FILE = re.compile(r"pubmed(?P<year>\d\d)n(?P<number>\d{4,5})\.xml(?:\.gz)?$")
FILES_A_YEAR = 100_000
LAST = 1 << 62  # an offset behind everything in a file

# ------------------------------------------------------------------------------------------------ where it came from


class Source(StrEnum):
    """What kind of bytes a record is made of, and so which parser reads it."""

    PUBMED = "pubmed"
    JATS = "jats"
    TEXT = "text"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class Locator:
    """Where the bytes of a raw record can be found again.

    ``uri`` is an absolute path or a URL; ``member`` the name inside a tar archive; ``offset`` and ``length`` count
    bytes of the file (or member) *after* decompression. ``file_sha256`` is the hash of the file as it lies on disk.
    """

    uri: str
    member: str | None = None
    offset: int = 0
    length: int | None = None
    file_sha256: str | None = None

    def __str__(self) -> str:
        inside = f"!{self.member}" if self.member else ""
        return f"{self.uri}{inside}@{self.offset}"

    @property
    def number(self) -> int | None:
        """The place of a PubMed baseline or update file among all of them, by its name; None for any other file."""
        return file_number(self.uri)


def file_number(name: str) -> int | None:
    """Year and number of ``pubmed26n1335.xml.gz`` as one number that sorts as the files are to be read: 2601335."""
    found = PUBMED_FILE.search(name)
    return int(found["year"]) * FILES_A_YEAR + int(found["number"]) if found else None


class Deletion(NamedTuple):
    """A record that its source withdrew: which version (None: all), and when it was said.

    ``number`` and ``offset`` are those of the file that says it, ``said`` is the time for what has no number. A record
    that comes later is back.
    """

    pmid: str
    version: int | None = None
    number: int | None = None
    said: datetime | None = None
    offset: int = LAST


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One article exactly as received; never altered."""

    source: Source
    content: bytes
    sha256: str
    locator: Locator
    retrieved: datetime


# ------------------------------------------------------------------------------------------------ a document


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date with the precision its source gives; ``text`` is what was printed ("1998 Dec-1999 Jan", "2000 Spring")."""

    year: int | None
    month: int | None = None
    day: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Author:
    """A person (family, given, initials) or, with ``collective``, a group."""

    family: str | None = None
    given: str | None = None
    initials: str | None = None
    collective: str | None = None


@dataclass(frozen=True, slots=True)
class MeshQualifier:
    name: str
    ui: str | None
    major: bool


@dataclass(frozen=True, slots=True)
class MeshHeading:
    """A MeSH descriptor. It is a major topic when it, *or any of its qualifiers*, is marked so (see ``is_major``)."""

    descriptor: str
    ui: str | None
    major: bool
    qualifiers: tuple[MeshQualifier, ...] = ()

    @property
    def is_major(self) -> bool:
        return self.major or any(qualifier.major for qualifier in self.qualifiers)


@dataclass(frozen=True, slots=True)
class Accession:
    """An entry of ``DataBankList`` (trial registrations, sequences) or a trial id found in JATS."""

    databank: str
    accession: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A link between articles: RetractionIn, RetractionOf, ErratumIn, ExpressionOfConcernIn, UpdateOf, CommentOn …

    ``pmid`` is None where the source gives only a citation in words (``citation``).
    """

    kind: str
    pmid: str | None = None
    citation: str | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A paper cited by the document, by whatever identifiers its source gives."""

    pmid: str | None = None
    doi: str | None = None
    pmcid: str | None = None
    citation: str | None = None


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell of a table section; ``section.text[start:end]`` is its content.

    ``column_headers`` are the texts of the header cells above it (outermost first), ``row_header`` the text of the
    first cell of its row (None for that cell itself).
    """

    row: int
    column: int
    start: int
    end: int
    is_header: bool = False
    row_header: str | None = None
    column_headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A piece of a document with its text exactly once.

    ``kind`` is one of title, abstract, other_abstract, introduction, methods, results, discussion, conclusion,
    figure, table, references, boilerplate (not read), body. ``heading`` is what is printed above it; ``category`` is
    NLM's for structured abstracts (BACKGROUND, OBJECTIVE, METHODS, RESULTS, CONCLUSIONS). Table sections carry their
    cells; in their text the cells of a row are separated by a tab and the rows by a line break, but in plain text they
    stand as they were found. ``start`` is where the text begins in the plain text of which it is a slice.
    """

    kind: str
    text: str
    heading: str | None = None
    category: str | None = None
    language: str | None = None
    cells: tuple[TableCell, ...] = ()
    start: int = 0


class Status(StrEnum):
    CURRENT = "current"
    RETRACTED = "retracted"
    CONCERN = "concern"
    CORRECTED = "corrected"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Document:
    """An article, parsed. ``document_id`` is ``pmid:…``, else ``pmcid:…``, else ``doi:…``, else ``text:…``."""

    document_id: str
    source: Source
    raw_sha256: str
    sections: tuple[Section, ...]
    pmid: str | None = None
    pmcid: str | None = None
    doi: str | None = None
    version: int = 1
    title: str | None = None
    journal: str | None = None
    published: PartialDate | None = None
    electronic: PartialDate | None = None
    revised: PartialDate | None = None
    publication_types: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    licence: str | None = None
    status: Status = Status.CURRENT
    authors: tuple[Author, ...] = ()
    mesh: tuple[MeshHeading, ...] = ()
    keywords: tuple[str, ...] = ()
    chemicals: tuple[str, ...] = ()
    accessions: tuple[Accession, ...] = ()
    notices: tuple[Notice, ...] = ()
    references: tuple[Reference, ...] = ()
    volume: str | None = None
    issue: str | None = None
    pages: str | None = None
    has_full_text: bool = False

    @property
    def identities(self) -> frozenset[str]:
        """Every way in which a person may name the document, in lower case: with and without the prefix of an id."""
        prefixed = {"pmid": self.pmid, "pmcid": self.pmcid, "doi": self.doi}
        given = [(each, f"{name}:{each}") for name, each in prefixed.items() if each]
        return frozenset(each.lower() for pair in [(self.document_id,), *given] for each in pair)

    @property
    def laid_out(self) -> bool:
        """Whether it is a plain text with a layout of its own, lists and headings, as reviews and guides are."""
        return any(section.start for section in self.sections)

    @property
    def year(self) -> int | None:
        """The year of publication: of the issue, else of the electronic version."""
        for date in (self.published, self.electronic):
            if date and date.year:
                return date.year
        return None


@dataclass(frozen=True, slots=True)
class Rejection:
    """Something that was not kept, at which stage, and for which named reason. Nothing is dropped without one."""

    stage: str
    reason: str
    detail: str = ""
    document_id: str | None = None
    count: int = 1


# ------------------------------------------------------------------------------------------------ names


class Kind(StrEnum):
    """Entity kinds (docs: INTERFACES "Entity kinds")."""

    DRUG = "drug"
    CHEMICAL = "chemical"
    DRUG_CLASS = "drug_class"
    GENE = "gene"
    VARIANT = "variant"
    MIRNA = "mirna"
    PATHWAY = "pathway"
    PROCESS = "process"
    DISEASE = "disease"
    CELL_LINE = "cell_line"
    MODEL = "model"
    POPULATION = "population"
    TRIAL = "trial"


TREATMENTS = frozenset([Kind.DRUG, Kind.DRUG_CLASS, Kind.CHEMICAL])  # what may be given to patients
CHANGED = frozenset([Kind.GENE, Kind.VARIANT])  # by what patients and tumours are told apart


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing with a name. ``curie`` is None for a thing we can name but have no identifier for.

    ``modification`` is the state of a protein (phosphorylated) or the form of a variant or gene (a genotype, an allele)
    that a text speaks of: another thing in claims.
    """

    curie: str | None
    name: str
    kind: Kind
    modification: str | None = None

    @property
    def key(self) -> str:
        """What stands for the entity in the identity of a claim: its identifier, else ``text:`` + folded name."""
        bare = self.curie or "text:" + "".join(c for c in self.name.casefold() if c.isalnum())
        return f"{bare}+{self.modification}" if self.modification else bare

    @property
    def called(self) -> str:
        """The name with the modification, as claims show it: AKT (phosphorylated)."""
        return f"{self.name} ({self.modification})" if self.modification else self.name


UNTOLD_GENOTYPE = "a genotype; the text does not tell of what"  # reason of a grounding


@dataclass(frozen=True, slots=True)
class Grounding:
    """What a mention was taken to mean, and why.

    ``entity.curie`` is None for *unknown* (no candidate) and *ambiguous* (several ``candidates``).
    """

    entity: Entity
    reason: str
    candidates: tuple[Entity, ...] = ()
    correction_id: str | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in the text of one section."""

    start: int
    end: int
    text: str
    kind: Kind | None
    found_by: str
    label: str | None = None
    grounding: Grounding | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a sentence; ``head`` is its index in the sentence (its own for the root), None without a parser."""

    start: int
    end: int
    text: str
    pos: str | None = None
    dep: str | None = None
    head: int | None = None


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as printed (``text``) and as ``comparator value unit``; ``statistic`` says what it measures."""

    start: int
    end: int
    text: str
    value: float | None
    unit: str | None = None
    comparator: str | None = None
    statistic: str | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a section; all offsets count from the start of the section's text.

    In a table ``row`` and ``column`` are those of the cell it stands in; a whole row is one too, without a column.
    """

    section_index: int
    start: int
    end: int
    text: str
    tokens: tuple[Token, ...] = ()
    mentions: tuple[Mention, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    row: int | None = None
    column: int | None = None


# ------------------------------------------------------------------------------------------------ what is said, by whom


class Stance(StrEnum):
    SUPPORTS = "supports"
    REFUTES = "refutes"
    MIXED = "mixed"


class Certainty(StrEnum):
    ASSERTED = "asserted"
    SUGGESTED = "suggested"
    SPECULATED = "speculated"


class Attribution(StrEnum):
    OWN_RESULT = "own_result"
    CONCLUSION = "conclusion"
    BACKGROUND = "background"
    METHOD = "method"
    HYPOTHESIS = "hypothesis"


@dataclass(frozen=True, slots=True)
class Argument:
    """A role of a claim and the words that fill it. ``start`` is None when the entity is implied by earlier text."""

    role: str
    entity: Entity
    text: str
    start: int | None = None
    end: int | None = None
    correction_id: str | None = None


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a sentence adds to its claim; None is unknown, never a guess.

    Numbers are kept as printed (``value_text``) and as ``comparator value unit``; ``statistic`` says of what.
    """

    direction: str | None = None
    degree: str | None = None
    interaction: str | None = None
    value_text: str | None = None
    value: float | None = None
    unit: str | None = None
    comparator: str | None = None
    statistic: str | None = None
    disease: str | None = None
    model: str | None = None
    setting: str | None = None
    acquired: bool | None = None


@dataclass(frozen=True, slots=True)
class Circumstance:
    """Something about how a finding was made, and the words that say it.

    ``place`` is where they stand: ``sentence``, ``heading`` (of its section; offsets count in the heading), ``title``,
    or ``record`` (what the record says of the article; without offsets).
    """

    name: str
    value: str
    place: str
    section_index: int | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """One reading of one sentence by one rule, before it has an identity."""

    rule: str
    kind: str
    arguments: tuple[Argument, ...]
    stance: Stance
    certainty: Certainty
    attribution: Attribution
    attributes: Attributes = field(default_factory=Attributes)
    circumstances: tuple[Circumstance, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """What is said: a kind, the sign of its direction where it has one, and role → entity. Identity by identifiers."""

    claim_id: str
    kind: str
    sign: int | None
    arguments: tuple[tuple[str, Entity], ...]
    label: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Who says a claim: document, section, sentence, words; how firmly; in which setting.

    ``confidence`` is how often its rule was right on the texts it was made with; None where that was never measured.
    """

    evidence_id: str
    claim: Claim
    document_id: str
    source: Source
    section_index: int
    section_kind: str
    sentence: Sentence
    match: Match
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """What became of one document: the sentences that were read, what they say, and what was not kept.

    ``by_models`` is what the language models found in each of the sentences, offsets from its start, before the names
    of lexicon and ledger took their places; with it the sentences can be read again without the models.
    """

    document: Document
    sentences: tuple[Sentence, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    by_models: tuple[tuple[Mention, ...], ...] = ()

    def names(self) -> Iterator[tuple[Sentence, Mention]]:
        """Each name with its sentence, once: what stands in a cell of a table stands in its row as well."""
        seen = set()
        for sentence in self.sentences:
            for mention in sentence.mentions:
                place = (sentence.section_index, mention.start, mention.end)
                if place not in seen:
                    seen.add(place)
                    yield sentence, mention
