"""What the evidence has on the claims of a document, and on the papers that it cites: set-based questions in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb

from pipeline.check.citing import Reference
from pipeline.text import squash

Row = dict[str, Any]
NEAR = 5  # claims that are near, of one statement
LEAST_TITLE = 30  # letters of a title by which a reference without identifiers is told
# findings of papers of their own first, then by the kind of study, the newest first
SAID = """
SELECT e.claim_id, e.evidence_id, e.document_id, e.pmid, d.title, d.year, d.status, e.stance, e.sentence AS quote,
       e.section, e.certainty, e.attribution, e.verdict, g.study_type, g.suggested_level AS level, g.level_reason,
       g.counts AS own_finding, g.discounted
FROM curated_evidence AS e
JOIN documents AS d USING (document_id)
JOIN evidence_grade AS g USING (evidence_id)
WHERE e.claim_id IN (SELECT unnest(?::VARCHAR[])) OR (e.document_id IN (SELECT unnest(?::VARCHAR[])))
ORDER BY g.counts DESC, g.suggested_level NULLS LAST, d.year DESC NULLS LAST, e.document_id, e.section_index,
         e.sentence_start, e.evidence_id
"""
SHARING = """
WITH asked AS (
    SELECT unnest(?::VARCHAR[]) AS claim_id, unnest(?::VARCHAR[]) AS entity_id
), wanted AS (
    SELECT claim_id, least(count(DISTINCT entity_id), 2) AS names FROM asked GROUP BY ALL
), shared AS (
    SELECT q.claim_id AS asked_id, a.claim_id, count(DISTINCT q.entity_id) AS names
    FROM asked AS q JOIN claim_arguments AS a USING (entity_id)
    GROUP BY ALL
)
SELECT s.asked_id, c.claim_id, c.kind, c.label, c.papers_supporting, c.papers_refuting, c.papers_mixed
FROM shared AS s JOIN wanted AS w ON w.claim_id = s.asked_id JOIN curated_claims AS c ON c.claim_id = s.claim_id
WHERE s.names >= w.names AND w.names = 2 AND c.claim_id <> s.asked_id AND c.status <> 'retracted'
ORDER BY s.asked_id, s.names DESC, c.papers_supporting + c.papers_refuting + c.papers_mixed DESC, c.kind, c.claim_id
"""
TRIALS = """
SELECT lower(name) AS trial, document_id FROM mentions
WHERE kind = 'trial' AND lower(name) IN (SELECT unnest(?::VARCHAR[]))
UNION
SELECT lower(trial), document_id FROM (SELECT document_id, unnest(trial_ids) AS trial FROM documents)
WHERE lower(trial) IN (SELECT unnest(?::VARCHAR[]))
ORDER BY ALL
"""
PAPERS = """
SELECT document_id, pmid, pmcid, lower(doi) AS doi, title, year, status FROM documents
WHERE pmid IN (SELECT unnest(?::VARCHAR[])) OR upper(pmcid) IN (SELECT unnest(?::VARCHAR[]))
   OR lower(doi) IN (SELECT unnest(?::VARCHAR[]))
ORDER BY document_id
"""
TITLES = """
SELECT document_id, pmid, pmcid, lower(doi) AS doi, title, year, status FROM documents
WHERE length(title) >= ? ORDER BY ALL
"""
NAMED = """
SELECT DISTINCT document_id, entity_id, name FROM mentions
WHERE kind IN ('drug', 'chemical') AND document_id IN (SELECT unnest(?::VARCHAR[])) ORDER BY ALL
"""
TEXTS = """
SELECT d.document_id, concat_ws(' ', d.title, string_agg(s.text, ' ')) AS text
FROM document_rows AS d LEFT JOIN sections AS s USING (document_id)
WHERE d.document_id IN (SELECT unnest(?::VARCHAR[])) GROUP BY d.document_id, d.title ORDER BY d.document_id
"""


def rows(connection: duckdb.DuckDBPyConnection, query: str, *parameters: Any) -> list[Row]:
    cursor = connection.execute(query, list(parameters))
    columns = [column[0] for column in cursor.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def said_of(
    connection: duckdb.DuckDBPyConnection, claims: Iterable[str], papers: Iterable[str]
) -> tuple[dict[str, list[Row]], dict[str, list[Row]]]:
    """The evidence of ``claims`` by claim, and that of ``papers`` by document, own findings first."""
    by_claim: dict[str, list[Row]] = {}
    by_paper: dict[str, list[Row]] = {}
    for row in rows(connection, SAID, sorted(claims), sorted(papers)):
        by_claim.setdefault(row["claim_id"], []).append(row)
        by_paper.setdefault(row["document_id"], []).append(row)
    return by_claim, by_paper


def near(connection: duckdb.DuckDBPyConnection, names: Mapping[str, Sequence[str]]) -> dict[str, list[Row]]:
    """For each claim, by its names: claims of other kind or direction that share two of them, or more."""
    pairs = [(claim_id, each) for claim_id, given in names.items() for each in given]
    found: dict[str, list[Row]] = {}
    for row in rows(connection, SHARING, [each[0] for each in pairs], [each[1] for each in pairs]):
        found.setdefault(row.pop("asked_id"), []).append(row)
    return found


def papers_of(connection: duckdb.DuckDBPyConnection, references: Sequence[Reference]) -> dict[str, Row]:
    """The stored papers behind references, by the mark: by their identifiers, else by a title that they hold."""
    by = {
        name: {getattr(each, name).lower() for each in references if getattr(each, name)} for name in ("pmid", "doi")
    } | {"pmcid": {each.pmcid.upper() for each in references if each.pmcid}}
    stored = rows(connection, PAPERS, sorted(by["pmid"]), sorted(by["pmcid"]), sorted(by["doi"]))
    found = {}
    for reference in references:
        keys = {("pmid", reference.pmid), ("pmcid", reference.pmcid), ("doi", (reference.doi or "").lower())}
        paper = next((row for row in stored if any(value and row[name] == value for name, value in keys)), None)
        if paper:
            found[reference.mark] = paper
    rest = [each for each in references if not each.identified and len(squash(each.text)) >= LEAST_TITLE]
    return found | (_by_title(connection, rest) if rest else {})


def _by_title(connection: duckdb.DuckDBPyConnection, references: Sequence[Reference]) -> dict[str, Row]:
    """By a title that stands whole in the words of the reference."""
    titles = [(squash(row["title"]), row) for row in rows(connection, TITLES, LEAST_TITLE)]
    told = {each.mark: squash(each.text) for each in references}
    found: dict[str, Row] = {}
    for words, row in titles:
        for mark, text in told.items():
            if len(words) >= LEAST_TITLE and words in text:
                found.setdefault(mark, row)
    return found
