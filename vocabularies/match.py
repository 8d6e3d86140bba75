"""Which identifier belongs to a row, or why none does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.errors import KnowledgeError
from vocabularies.sources import Vocabulary
from vocabularies.tables import Row

DECIDING = frozenset(["brand", "code", "alias", "long"])  # an abbreviation stands for too much, a salt is another thing
ARM = re.compile(r"-[35]p$")
MICRO_RNA = re.compile(r"miR-(\d+[a-z]?(?:-\d)?)", re.IGNORECASE)
LET_7 = re.compile(r"let-7([a-z](?:-\d)?)")
RANKS = ("row", "decision", "title", "name", "synonym")
DECIDED = "decided: "
DECISION_COLUMNS = ("kind", "name", "entity_id", "because")


@dataclass(frozen=True, slots=True)
class Finding:
    """The identifier of a row, and by what it was found (one of ``RANKS``); or None and the reason."""

    curie: str | None
    reason: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided where names mislead: an identifier, or with None that there is none."""

    curie: str | None
    because: str


def parse_decisions(file: str, content: str) -> dict[tuple[str, str], Decision]:
    """Decisions by (kind, name of the row).

    Raises:
        KnowledgeError: a row with the wrong number of columns, or without a reason.
    """
    found = {}
    for number, line in enumerate(content.splitlines(), start=1):
        cells = tuple(cell.strip() for cell in line.split("\t"))
        if not line.strip() or line.startswith("#") or cells == DECISION_COLUMNS:
            continue
        if len(cells) != len(DECISION_COLUMNS) or not cells[-1]:
            raise KnowledgeError(file, number, "no decision", f"Write {', '.join(DECISION_COLUMNS)}, with tabs.")
        kind, name, curie, because = cells
        found[kind, name] = Decision(curie or None, because)
    return found


def identify(row: Row, vocabularies: Iterable[Vocabulary], decision: Decision | None = None) -> Finding:
    """The identifier of ``row``: as decided, else in the first of ``vocabularies`` that knows it."""
    listed = tuple(vocabularies)
    if decision:
        return _decided(row, listed, decision)
    finding = Finding(None, "no vocabulary for this kind")
    for vocabulary in listed:
        finding = _identify(row, vocabulary)
        if finding.curie or finding.reason.startswith("several"):
            return finding
    return finding


def _decided(row: Row, vocabularies: tuple[Vocabulary, ...], decision: Decision) -> Finding:
    if decision.curie is None:
        return Finding(None, f"{DECIDED}{decision.because}")
    for vocabulary in vocabularies:
        prefix, _, identifier = decision.curie.partition(":")
        if prefix == vocabulary.prefix and identifier in vocabulary.names:
            return Finding(decision.curie, "decision", vocabulary.label)
    raise KnowledgeError("decisions.tsv", row["name"], f"no vocabulary knows {decision.curie}", "Correct or remove it.")


def _identify(row: Row, vocabulary: Vocabulary) -> Finding:
    name = symbol_of(row)
    if titled := vocabulary.titled(name):
        return _only(titled, "title", vocabulary)
    if named := vocabulary.find(name):
        return _only(named, "name", vocabulary)
    hits = [ids for type_, text in row.synonyms if type_ in DECIDING and (ids := vocabulary.find(text))]
    if not hits or not vocabulary.by_synonym:
        return Finding(None, f"no such name in {vocabulary.label}")
    return _only(frozenset[str]().union(*hits), "synonym", vocabulary)


def symbol_of(row: Row) -> str:
    """The name to look up: for a microRNA the symbol that HGNC derives from its name (miR-21 → MIR21).

    A microRNA with several genes (miR-16: MIR16-1, MIR16-2) has no such symbol, and so no identifier.
    """
    if row["kind"] != "mirna":
        return row["name"]
    bare = ARM.sub("", row["name"])
    if match := MICRO_RNA.fullmatch(bare):
        return f"MIR{match[1].upper()}"
    if match := LET_7.fullmatch(bare):
        return f"MIRLET7{match[1].upper()}"
    return row["name"]


def _only(ids: frozenset[str], reason: str, vocabulary: Vocabulary) -> Finding:
    if len(ids) > 1:
        named = ", ".join(f"{each} {vocabulary.names[each]}" for each in sorted(ids))
        return Finding(None, f"several by {reason}: {named}")
    (identifier,) = ids
    return Finding(f"{vocabulary.prefix}:{identifier}", reason, vocabulary.label)


def without_shared(findings: Mapping[Row, Finding]) -> dict[Row, Finding]:
    """``findings`` with no identifier given twice: the row that has it most directly keeps it, if that is one row.

    An identifier that stands in the table already is never given away.
    """
    claims: dict[str, list[tuple[int, Row]]] = {}
    for row, finding in findings.items():
        if curie := row["entity_id"] or finding.curie:
            rank = 0 if row["entity_id"] else RANKS.index(finding.reason)
            claims.setdefault(curie, []).append((rank, row))
    settled = dict(findings)
    for curie, claimants in claims.items():
        for row in _losers(claimants):
            others = ", ".join(other.place for _, other in claimants if other != row)
            settled[row] = Finding(None, f"{curie} is also that of {others}")
    return settled


def _losers(claimants: list[tuple[int, Row]]) -> list[Row]:
    best = min(rank for rank, _ in claimants)
    winners = [row for rank, row in claimants if rank == best]
    return [row for rank, row in claimants if rank > best or len(winners) > 1]


def fault(row: Row, finding: Finding, vocabularies: Iterable[Vocabulary]) -> str | None:
    """What is wrong with the identifier that stands in ``row``, as the sources have it."""
    standing = row["entity_id"]
    prefix, _, identifier = standing.partition(":")
    if not standing:
        return None
    if not any(vocabulary.prefix == prefix and identifier in vocabulary.names for vocabulary in vocabularies):
        return f"{standing} stands here; the sources have no such identifier"
    if finding.curie not in (standing, None) or finding.reason.startswith(DECIDED):
        return f"{standing} stands here; the sources say {finding.curie or finding.reason}"
    return None
