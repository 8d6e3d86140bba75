"""What a document cites: its list of references, and the papers that a sentence or a row of a table names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.model import Document, Section, Sentence
from pipeline.parse.identifiers import doi_of, pmcid_of, pmid_of

MARK = r"\[[\\\s]*\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*[\\\s]*\]"
CITED = re.compile(r"\[[\\\s]*(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)[\\\s]*\]")
AFTER = re.compile(
    rf"(?:[ \t.,;^{{\[\\]{{0,4}}{MARK}[}}\]]{{0,2}}(?:\(\S*?\))?)+"
)  # marks that stand behind a sentence
SPAN = re.compile(r"(\d+)\s*[–-]\s*(\d+)")
ENTRY = re.compile(r"^[\s\W]*?\[?(\d{1,3})[.)\]]\s+(.*)$")
PMID = re.compile(
    r"(?:PMID:?\s*|pubmed\.ncbi\.nlm\.nih\.gov/|ncbi\.nlm\.nih\.gov/pubmed/)(\d{1,9})(?!\d)", re.IGNORECASE
)
PMCID = re.compile(r"\bPMC\d{3,9}\b", re.IGNORECASE)
DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>|\]\[{}]+[^\s\"<>|\]\[{}.,;:)]")
BY_AUTHOR = re.compile(r"\([A-Z][\w'’-]+(?: et al\.?| (?:and|&) [A-Z][\w'’-]+)?,? (?:19|20)\d\d[a-z]?\)")
LONGEST_SPAN = 30  # numbers that [3-12] may stand for


@dataclass(frozen=True, slots=True)
class Reference:
    """A paper as a document names it: by the number of its list, or by an identifier in the running text."""

    mark: str
    text: str = ""
    pmid: str | None = None
    pmcid: str | None = None
    doi: str | None = None

    @property
    def identified(self) -> bool:
        return bool(self.pmid or self.pmcid or self.doi)


def references_of(document: Document) -> dict[str, Reference]:
    """The numbered list of references; an entry may go on over several lines."""
    entries: dict[str, list[str]] = {}
    number = ""
    for section in document.sections:
        for line in section.text.splitlines() if section.kind == "references" else ():
            found = ENTRY.match(line)
            if found:
                number = found[1]
                entries.setdefault(number, []).append(found[2])
            elif line.strip() and number:
                entries[number].append(line.strip())
    return {mark: identified(f"[{mark}]", " ".join(lines)) for mark, lines in entries.items()}


def identified(mark: str, text: str) -> Reference:
    """A reference with the identifiers that ``text`` gives."""
    pmid, pmcid, doi = PMID.search(text), PMCID.search(text), DOI.search(text)
    return Reference(
        mark, text, pmid_of(pmid[1]) if pmid else None, pmcid_of(pmcid[0]) if pmcid else None,
        doi_of(doi[0]) if doi else None,
    )  # fmt: skip


def cited_at(section: Section, sentence: Sentence, listed: Mapping[str, Reference]) -> tuple[Reference, ...]:
    """What a sentence cites, with the marks that follow it; of a table what its row cites."""
    text = _with_marks(section, sentence)
    found = {number: listed.get(number, Reference(f"[{number}]")) for number in _numbers(text)}
    for expression, name in ((PMID, "pmid"), (PMCID, "pmcid"), (DOI, "doi")):
        for match in expression.finditer(text):
            reference = identified(match[0], match[0])
            if getattr(reference, name):
                found[getattr(reference, name)] = reference
    return tuple(found.values())


def _with_marks(section: Section, sentence: Sentence) -> str:
    if sentence.row is not None:
        return "\t".join(section.text[cell.start : cell.end] for cell in section.cells if cell.row == sentence.row)
    after = AFTER.match(section.text, sentence.end)
    return section.text[sentence.start : after.end() if after else sentence.end]


def _numbers(text: str) -> Iterator[str]:
    for match in CITED.finditer(text):
        for part in re.split(r"[,;]", match[1]):
            span = SPAN.fullmatch(part.strip())
            if span and 0 <= int(span[2]) - int(span[1]) <= LONGEST_SPAN:
                yield from map(str, range(int(span[1]), int(span[2]) + 1))
            elif part.strip():
                yield part.strip()
