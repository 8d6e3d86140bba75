"""Reading the views: the claims that a scope and its filters let through, their evidence, and the papers."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import duckdb

from pipeline.export.record import quotable
from pipeline.review.records import WITHDRAWN, Argument, Claim, Evidence, Reference
from pipeline.review.scope import Scope
from pipeline.review.template import Filters

ATTRIBUTES = ("direction", "degree", "interaction", "value_text", "unit", "statistic", "disease", "model", "setting")
ABOUT = """
SELECT DISTINCT claim_id FROM claim_arguments
WHERE coalesce(entity_id, 'text:' || lower(name)) IN (SELECT unnest(?::VARCHAR[]))
"""
OF_DISEASES = """
SELECT DISTINCT claim_id FROM curated_evidence WHERE lower(disease) IN (SELECT unnest(?::VARCHAR[]))
   OR evidence_id IN (SELECT evidence_id FROM evidence_context
                      WHERE name = 'disease' AND lower(value) IN (SELECT unnest(?::VARCHAR[])))
"""
OF_SAVED = """
SELECT DISTINCT e.claim_id FROM curated_evidence AS e JOIN topic_members AS m ON m.pmid = e.pmid WHERE m.topic = ?
"""
CLAIMS = """
SELECT c.claim_id, c.kind, c.direction, c.label, c.status, c.papers_supporting AS supporting,
       c.papers_refuting AS refuting, c.papers_mixed AS mixed, c.papers_withdrawn AS withdrawn,
       coalesce(s.independent_supporting, 0) AS groups_supporting,
       coalesce(s.independent_refuting, 0) AS groups_refuting,
       coalesce(s.independent_mixed, 0) AS groups_mixed, s.discounted, s.suggested_level AS level, s.level_reason,
       s.best_study_type
FROM curated_claims AS c LEFT JOIN claim_support AS s USING (claim_id)
WHERE c.claim_id IN (SELECT unnest(?::VARCHAR[])) ORDER BY c.label, c.claim_id
"""
ARGUMENTS = """
SELECT claim_id, role, name, entity_kind, entity_id FROM claim_arguments
WHERE claim_id IN (SELECT unnest(?::VARCHAR[])) ORDER BY claim_id, role, position
"""
EVIDENCE = """
SELECT e.evidence_id, e.claim_id, e.document_id, e.stance, e.certainty, e.attribution, e.sentence, e.section,
       e.sentence_start, e.sentence_end, e.rule, e.verdict, e.direction, e.degree, e.interaction, e.value_text, e.unit,
       e.statistic, e.disease, e.model, e.setting, d.status AS document_status, d.licence, d.year,
       coalesce(g.study_type, 'not_said') AS study_type, g.discounted, d.pmid, e.confidence
FROM curated_evidence AS e
JOIN documents AS d USING (document_id)
LEFT JOIN evidence_grade AS g USING (evidence_id)
WHERE e.claim_id IN (SELECT unnest(?::VARCHAR[]))
ORDER BY e.claim_id, e.stance DESC, d.year DESC, e.document_id, e.section_index, e.sentence_start, e.evidence_id
"""
CONTEXT = """
SELECT evidence_id, name, value FROM evidence_context WHERE claim_id IN (SELECT unnest(?::VARCHAR[])) ORDER BY ALL
"""
MEMBERS = "SELECT pmid FROM topic_members WHERE topic = ?"
CONTRADICTIONS = """
SELECT claim_id, other_claim_id, label, other_label, sort, explanation, same FROM contradictions
WHERE claim_id IN (SELECT unnest(?::VARCHAR[])) OR other_claim_id IN (SELECT unnest(?::VARCHAR[]))
ORDER BY label, other_label, claim_id, other_claim_id
"""
PAPERS = """
SELECT d.document_id, d.pmid, d.pmcid, d.doi, d.title, d.journal, d.year, d.publication_types, d.licence, d.status,
       p.authors, p.volume, p.issue, p.pages, p.published
FROM documents AS d LEFT JOIN document_parts AS p USING (document_id)
WHERE d.document_id IN (SELECT unnest(?::VARCHAR[]))
ORDER BY d.document_id, (p.source = 'pubmed') DESC, p.source
"""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two sides that cannot both be right, and in what they differ and agree."""

    claim_id: str
    other_claim_id: str
    label: str
    other_label: str
    sort: str
    differs: str | None
    same: str | None


def gather(connection: duckdb.DuckDBPyConnection, scope: Scope, filters: Filters) -> dict[str, Claim]:
    """The claims of the scope with the evidence that the filters let through; claims without any are left out."""
    return claims_of(connection, sorted(_wanted(connection, scope)), filters, scope)


def _wanted(connection: duckdb.DuckDBPyConnection, scope: Scope) -> set[str]:
    keys = sorted(key for each in scope.subjects for key in each.keys)
    sets = []
    if keys:
        sets.append(_ids(connection, ABOUT, keys))
    if scope.diseases:
        sets.append(_ids(connection, OF_DISEASES, sorted(scope.diseases), sorted(scope.diseases)))
    if scope.saved:
        sets.append(_ids(connection, OF_SAVED, scope.saved))
    return set.intersection(*sets) if sets else set()


def _ids(connection: duckdb.DuckDBPyConnection, query: str, *parameters: Any) -> set[str]:
    return {row[0] for row in connection.execute(query, list(parameters)).fetchall()}


def claims_of(
    connection: duckdb.DuckDBPyConnection, claim_ids: Sequence[str], filters: Filters, scope: Scope | None = None
) -> dict[str, Claim]:
    """These claims, by id, in the order of their labels."""
    arguments: dict[str, list[Argument]] = defaultdict(list)
    for claim_id, *argument in connection.execute(ARGUMENTS, [list(claim_ids)]).fetchall():
        arguments[claim_id].append(Argument(*argument))
    passed, voices = _evidence(connection, claim_ids, filters, scope)
    claims = {}
    for row in _rows(connection, CLAIMS, list(claim_ids)):
        name = row["claim_id"]
        claim = Claim(
            **row,
            arguments=tuple(arguments[name]), evidence=tuple(passed[name]), voices=MappingProxyType(voices[name]),
        )  # fmt: skip
        if claim.evidence and _weighty(claim, filters):
            claims[name] = claim
    return claims


def _rows(connection: duckdb.DuckDBPyConnection, query: str, *parameters: Any) -> list[dict[str, Any]]:
    cursor = connection.execute(query, list(parameters))
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def _weighty(claim: Claim, filters: Filters) -> bool:
    voices = claim.groups_supporting + claim.groups_refuting + claim.groups_mixed
    return voices >= filters.minimum_papers and (filters.withdrawn or claim.status != "retracted")


def _evidence(
    connection: duckdb.DuckDBPyConnection, claim_ids: Sequence[str], filters: Filters, scope: Scope | None
) -> tuple[dict[str, list[Evidence]], dict[str, dict[str, str]]]:
    """By claim: the evidence that passes, and what every paper says of it, passed or not."""
    context: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for evidence_id, name, value in connection.execute(CONTEXT, [list(claim_ids)]).fetchall():
        context[evidence_id][name].append(value)
    saved = _ids(connection, MEMBERS, scope.saved) if scope and scope.saved else None
    passed: dict[str, list[Evidence]] = defaultdict(list)
    voices: dict[str, dict[str, str]] = defaultdict(dict)
    for row in _rows(connection, EVIDENCE, list(claim_ids)):
        each = _as_evidence(row, {name: tuple(told) for name, told in context[row["evidence_id"]].items()})
        said = voices[each.claim_id]
        said[each.document_id] = _voice(each, said.get(each.document_id, ""))
        if passes(each, filters, row["year"]) and _in_scope(each, row["pmid"], scope, saved):
            passed[each.claim_id].append(each)
    return passed, voices


def _voice(each: Evidence, before: str) -> str:
    """What a paper says of a claim: its stances, and what has become of the paper."""
    stances = {*before.partition(" (")[0].split(" and ")} - {""} | {each.stance}
    mark = f" ({each.document_status})" if each.document_status in (*WITHDRAWN, "concern") else ""
    return " and ".join(sorted(stances)) + mark


def _as_evidence(row: Mapping[str, Any], context: Mapping[str, tuple[str, ...]]) -> Evidence:
    return Evidence(
        evidence_id=row["evidence_id"], claim_id=row["claim_id"], document_id=row["document_id"],
        stance=row["stance"], certainty=row["certainty"], attribution=row["attribution"],
        quote=row["sentence"] if quotable(row["licence"]) else None, section=row["section"],
        start=row["sentence_start"], end=row["sentence_end"], rule=row["rule"], study_type=row["study_type"],
        discounted=row["discounted"], document_status=row["document_status"], verdict=row["verdict"],
        confidence=row["confidence"],
        attributes=MappingProxyType({name: str(row[name]) for name in ATTRIBUTES if row[name] is not None}),
        context=MappingProxyType(dict(context)),
    )  # fmt: skip


def passes(each: Evidence, filters: Filters, year: int | None) -> bool:
    """Whether an evidence goes into the review."""
    retold = each.study_type == "review" or each.attribution == "background"
    return (
        (not filters.accepted or each.verdict in ("accept", "edit"))
        and each.stance in filters.stances
        and each.certainty in filters.certainties
        and each.attribution in filters.attributions
        and (not filters.study_types or each.study_type in filters.study_types)
        and (filters.reviews or not retold)
        and (not filters.minimum_confidence or (each.confidence or 0.0) >= filters.minimum_confidence)
        and (filters.of_any_year if year is None else filters.first_year <= year <= filters.last_year)
    )


def _in_scope(each: Evidence, pmid: str | None, scope: Scope | None, saved: set[str] | None) -> bool:
    if scope is None:
        return True
    told = {each.attributes.get("disease", "").lower(), *(value.lower() for value in each.context.get("disease", ()))}
    return (saved is None or pmid in saved) and (not scope.diseases or bool(told & scope.diseases))


def contradictions_of(connection: duckdb.DuckDBPyConnection, claim_ids: Sequence[str]) -> list[Contradiction]:
    """The contradictions in which one of these claims is a side."""
    rows = connection.execute(CONTRADICTIONS, [list(claim_ids), list(claim_ids)]).fetchall()
    return [Contradiction(*row) for row in rows]


def papers_of(connection: duckdb.DuckDBPyConnection, document_ids: Iterable[str]) -> Iterator[Reference]:
    """These papers as the list of references has them, in the order given; PubMed's record before others."""
    wanted = list(dict.fromkeys(document_ids))
    parts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in _rows(connection, PAPERS, wanted):
        parts[row["document_id"]].append(row)
    for number, document_id in enumerate((each for each in wanted if each in parts), start=1):
        yield _reference(number, parts[document_id])


def _reference(number: int, parts: Sequence[Mapping[str, Any]]) -> Reference:
    def first(name: str) -> Any:
        return next((part[name] for part in parts if part[name] is not None), None)

    listed = (json.loads(part["authors"] or "[]") for part in parts)
    authors: list[dict[str, str | None]] = next(filter(None, listed), [])
    published = json.loads(first("published") or "{}") or {}
    row = parts[0]
    return Reference(
        number=number, document_id=row["document_id"], pmid=row["pmid"], pmcid=row["pmcid"], doi=row["doi"],
        title=row["title"], journal=row["journal"], year=row["year"], month=published.get("month"),
        day=published.get("day"), volume=first("volume"), issue=first("issue"), pages=first("pages"),
        authors=tuple(MappingProxyType(_name(each)) for each in authors),
        publication_types=tuple(row["publication_types"] or ()), licence=row["licence"], status=row["status"],
    )  # fmt: skip


def _name(author: Mapping[str, str | None]) -> dict[str, str]:
    if not author.get("family"):
        return {"literal": author.get("collective") or author.get("given") or "?"}
    given = author.get("given") or author.get("initials")
    return {"family": author["family"] or ""} | ({"given": given} if given else {})
