"""A review document held against the evidence: for each statement who says it, who denies it, and what it cites."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from pipeline.article import Reader
from pipeline.assemble import opposite_ids
from pipeline.check import holding
from pipeline.check.citing import BY_AUTHOR, Reference, cited_at, references_of
from pipeline.check.holding import Row
from pipeline.check.reading import Given, read_given
from pipeline.errors import StoreError
from pipeline.model import Evidence, Kind, Section, Stance
from pipeline.paths import OutputPaths
from pipeline.reasons import NO_RULE, meaning
from pipeline.settings import Settings
from pipeline.store import schema
from pipeline.store.query import reading
from pipeline.text import squash

STATES = {
    "contradicted": "denied, and not said, by the papers that we have",
    "contested": "said by some papers and denied by others",
    "outdated": "its source, or all that support it, is retracted, deleted or under an expression of concern",
    "near": "not said in this way; the same names are told of in another kind or direction",
    "not_found": "nothing of the kind is in the database",
    "supported": "said by papers that stand",
}
VOID = frozenset(["retracted", "deleted"])
DOUBTED = VOID | {"concern"}
OTHER_WAY = {"supports": "refutes", "refutes": "supports"}
MISUSED = frozenset(["other_drug", "denies", "withdrawn", "no_such_reference"])


def check_file(path: Path, settings: Settings, reader: Reader | None = None) -> dict[str, Any]:
    """What the current snapshot has on a review document, statement by statement, ready for JSON.

    Raises:
        UsageError: the file is not there or is not of a kind that is read.
        UnreadableInputError: it is damaged, or not text.
        StoreError: there is no snapshot, or it is of another version of the program.
    """
    given = read_given(path)
    reader = reader or Reader(models=settings.models, home=settings.home)
    paths = OutputPaths(settings.output)
    with reading(paths) as connection:
        if schema.schema_version(connection) != schema.VERSION:
            raise StoreError(f"{paths.evidence}: was made by another version. Run 'resistmine correct apply' first.")
        return _checked(path, given, reader, connection)


def _checked(path: Path, given: Given, reader: Reader, connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    evidence = sorted(reader.read(given.document).evidence, key=lambda each: _place(given, each))
    listed = references_of(given.document)
    cited = {
        each.evidence_id: cited_at(given.document.sections[each.section_index], each.sentence, listed)
        for each in evidence
    }
    known = _Known(connection, evidence, [*listed.values(), *(one for each in cited.values() for one in each)])
    statements = [_statement(each, given, cited[each.evidence_id], known) for each in evidence]
    meta = dict(connection.execute("SELECT key, value FROM meta WHERE key = 'published'").fetchall())
    return {
        "file": str(path),
        "snapshot": meta.get("published"),
        "counts": {state: sum(each["state"] == state for each in statements) for state in STATES}
        | {"statements": len(statements), "with_faults": sum(bool(each["faults"]) for each in statements)},
        "statements": statements,
        "references": [_listed(each, known) for each in listed.values()],
        "not_read": _not_read(given, reader),
    }


def _place(given: Given, evidence: Evidence) -> tuple[int, str]:
    return given.document.sections[evidence.section_index].start + evidence.sentence.start, evidence.evidence_id


class _Known:
    """What the database has on the statements of a document and on the papers that it cites; asked once for all."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, evidence: Sequence[Evidence], references: Sequence[Reference]
    ) -> None:
        claims = {each.claim.claim_id: each.claim for each in evidence}
        self.opposite = {claim_id: opposite_ids(claim) for claim_id, claim in claims.items()}
        wanted = set(claims) | {each for ids in self.opposite.values() for each in ids}
        self.papers = holding.papers_of(connection, references)
        cited = sorted({row["document_id"] for row in self.papers.values()})
        self.said, self.by_paper = holding.said_of(connection, wanted, cited)
        names = {
            claim_id: [entity.curie for _, entity in claim.arguments if entity.curie]
            for claim_id, claim in claims.items()
        }
        self.near = holding.near(connection, names)
        self.names = {claim_id: set(each) for claim_id, each in names.items()}
        trials = sorted({each for one in evidence for each in trials_in(one)})
        self.trials: dict[str, list[str]] = {}
        for row in holding.rows(connection, holding.TRIALS, trials, trials):
            self.trials.setdefault(row["trial"], []).append(row["document_id"])
        looked_into = sorted({*cited, *(each for documents in self.trials.values() for each in documents)})
        self.drugs: dict[str, dict[str, str]] = {}
        for row in holding.rows(connection, holding.NAMED, looked_into):
            self.drugs.setdefault(row["document_id"], {})[row["entity_id"] or row["name"]] = row["name"]
        texts = holding.rows(connection, holding.TEXTS, looked_into)
        self.texts = {row["document_id"]: squash(row["text"] or "") for row in texts}


def trials_in(evidence: Evidence) -> list[str]:
    """The trials that the sentence names, in lower case."""
    named = (each for each in evidence.sentence.mentions if each.kind == Kind.TRIAL)
    return sorted({(each.grounding.entity.name if each.grounding else each.text).lower() for each in named})


# ------------------------------------------------------------------------------------------------ one statement


def _statement(evidence: Evidence, given: Given, cited: Sequence[Reference], known: _Known) -> Row:
    section = given.document.sections[evidence.section_index]
    claim, stance = evidence.claim, evidence.match.stance
    support, against = _sides(evidence, known)
    papers = [_cited(evidence, each, known) for each in cited]
    near = _near(evidence, known)
    state = _state(support, against, papers, near)
    return {
        "section": section.heading,
        "kind_of_section": section.kind,
        "row": evidence.sentence.row,
        "start": section.start + evidence.sentence.start,
        "end": section.start + evidence.sentence.end,
        "sentence": _words(section, evidence),
        "claim_id": claim.claim_id,
        "kind": claim.kind,
        "claim": claim.label,
        "stance": stance.value,
        "certainty": evidence.match.certainty.value,
        "unknown_names": [entity.name for _, entity in claim.arguments if entity.curie is None],
        "state": state,
        "support": support,
        "against": against,
        "near": near[: holding.NEAR],
        "cited": papers,
        "faults": [*_faults(papers), *_trials_of_other_drugs(evidence, known)],
    }


def _words(section: Section, evidence: Evidence) -> str:
    """The sentence; of a table its row, cell by cell."""
    if evidence.sentence.row is None:
        return evidence.sentence.text
    cells = (section.text[each.start : each.end] for each in section.cells if each.row == evidence.sentence.row)
    return " | ".join(" ".join(each.split()) for each in cells)


def _near(evidence: Evidence, known: _Known) -> list[Row]:
    """What is told of the same names, the same kind first; what is the opposite is told elsewhere."""
    opposite = set(known.opposite[evidence.claim.claim_id])
    found = [row for row in known.near.get(evidence.claim.claim_id, []) if row["claim_id"] not in opposite]
    return sorted(found, key=lambda row: bool(row["kind"] != evidence.claim.kind))


def _sides(evidence: Evidence, known: _Known) -> tuple[list[Row], list[Row]]:
    """Evidence that says what the statement says, and evidence that denies it, that of retracted papers too."""
    stance = evidence.match.stance
    same = known.said.get(evidence.claim.claim_id, [])
    if stance == Stance.MIXED:
        return [_told(row) for row in same], []
    support = [_told(row) for row in same if row["stance"] in (stance.value, "mixed")]
    against = [_told(row) for row in same if row["stance"] in (OTHER_WAY[stance.value], "mixed")]
    if stance == Stance.SUPPORTS:
        opposite = (row for each in known.opposite[evidence.claim.claim_id] for row in known.said.get(each, []))
        against += [_told(row) for row in opposite if row["stance"] == "supports"]
    return support, against


def _told(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "title"} | {"stands": row["status"] not in VOID}


def _state(support: Sequence[Row], against: Sequence[Row], cited: Sequence[Row], near: Sequence[Row]) -> str:
    said = [row for row in support if row["stands"]]
    denied = [row for row in against if row["stands"]]
    if denied:
        return "contested" if said else "contradicted"
    doubtful = [row for row in support if row["status"] in DOUBTED]
    if any(row["finding"] == "withdrawn" for row in cited) or (doubtful and len(doubtful) == len(support)):
        return "outdated"
    if said:
        return "supported"
    return "near" if near else "not_found"


# ------------------------------------------------------------------------------------------------ what it cites


def _cited(evidence: Evidence, reference: Reference, known: _Known) -> Row:
    """A paper that is cited for a statement, and what it is found to say of it."""
    paper = known.papers.get(reference.mark)
    told: Row = {
        "mark": reference.mark, "text": reference.text or None, "document_id": paper and paper["document_id"],
        "status": paper and paper["status"], "quote": None, "drugs": [],
    }  # fmt: skip
    if paper is None:
        return told | {"finding": _why_unknown(reference)}
    if paper["status"] in DOUBTED:
        return told | {"finding": "withdrawn"}
    for finding, row in _what_it_says(evidence, known.by_paper.get(paper["document_id"], []), known):
        return told | {"finding": finding, "quote": row["quote"]}
    others = _other_drugs(evidence, paper["document_id"], known)
    return told | {"finding": "other_drug" if others else "silent", "drugs": others}


def _why_unknown(reference: Reference) -> str:
    if not reference.text:
        return "no_such_reference"
    return "not_in_database" if reference.identified else "no_identifier"


def _what_it_says(evidence: Evidence, said: Iterable[Row], known: _Known) -> Iterator[tuple[str, Row]]:
    """The best first: it says it, denies it, or says something near."""
    rows = list(said)
    claim_id, stance = evidence.claim.claim_id, evidence.match.stance.value
    opposite = set(known.opposite[claim_id])
    near = {row["claim_id"] for row in known.near.get(claim_id, [])}
    yield from (("says_it", row) for row in rows if row["claim_id"] == claim_id and row["stance"] in (stance, "mixed"))
    yield from (("denies", row) for row in rows if row["claim_id"] == claim_id or
                (row["claim_id"] in opposite and row["stance"] == stance == "supports"))  # fmt: skip
    yield from (("near", row) for row in rows if row["claim_id"] in near)


def _other_drugs(evidence: Evidence, document_id: str, known: _Known) -> list[str]:
    """The drugs of a paper that names none of those of the statement; none where it does, or none are told."""
    asked = {
        entity.curie or entity.name: entity.name for _, entity in evidence.claim.arguments if entity.kind == Kind.DRUG
    }
    there = known.drugs.get(document_id, {})
    surfaces = {squash(each.text) for each in evidence.match.arguments if each.entity.kind == Kind.DRUG}
    words = {squash(name) for name in asked.values()} | surfaces
    text = known.texts.get(document_id, "")
    if not asked or not there or set(asked) & set(there) or any(each and each in text for each in words):
        return []
    return sorted(set(there.values()))


def _trials_of_other_drugs(evidence: Evidence, known: _Known) -> Iterator[Row]:
    """Trials that the sentence names, and whose papers all name other drugs only."""
    for trial in trials_in(evidence):
        papers = known.trials.get(trial, [])
        others = {each: _other_drugs(evidence, each, known) for each in papers}
        if papers and all(others.values()):
            drugs = sorted({drug for each in others.values() for drug in each})
            yield {"fault": "trial_of_another_drug", "mark": trial.upper(), "document_id": papers[0], "status": None,
                   "drugs": drugs}  # fmt: skip


def _faults(papers: Iterable[Row]) -> list[Row]:
    return [
        {"fault": each["finding"], "mark": each["mark"], "document_id": each["document_id"], "status": each["status"],
         "drugs": each["drugs"]}
        for each in papers if each["finding"] in MISUSED
    ]  # fmt: skip


def _listed(reference: Reference, known: _Known) -> Row:
    paper = known.papers.get(reference.mark)
    return {
        "mark": reference.mark, "text": reference.text, "document_id": paper and paper["document_id"],
        "status": paper["status"] if paper else _why_unknown(reference),
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------ what was not read


def _not_read(given: Given, reader: Reader) -> dict[str, Any]:
    """Parts of the file that were left out, and sentences that name something and gave no claim, with the reason."""
    sections = Counter(each.kind for each in given.document.sections if each.kind in ("references", "boilerplate"))
    sentences = []
    for step in reader.trace(given.document):
        section = given.document.sections[step.sentence.section_index]
        if any(cell.is_header and cell.row == step.sentence.row for cell in section.cells):
            continue
        if step.unread:
            reason = meaning(step.unread)
        elif step.reading and not step.reading.matches and step.sentence.mentions and step.sentence.column is None:
            reasons = dict.fromkeys(meaning(each.reason) for each in step.reading.refusals)
            reason = "; ".join(reasons) or NO_RULE
        else:
            continue
        start = section.start + step.sentence.start
        sentences.append({"start": start, "section": section.heading, "sentence": step.sentence.text, "why": reason})
    return {
        "parts": [*given.left_out, *(f"{count} {kind} passages" for kind, count in sorted(sections.items()))],
        "citations_by_author": len(BY_AUTHOR.findall(given.text)),
        "sentences": sorted(sentences, key=lambda each: int(each["start"])),
    }


def worst_first(statements: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Statements with what a reader must look at first; in the order of the document inside."""
    order = list(STATES)
    return sorted(statements, key=lambda each: (not each["faults"], order.index(each["state"])))
