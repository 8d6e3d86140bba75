"""The methods paragraph: which articles, found by which searches and when, read how, and what went into the review."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

import duckdb

from pipeline import __version__
from pipeline.review.records import WITHDRAWN, Claim, Reference
from pipeline.review.template import Filters, Template

COUNTS = """
SELECT count(*), count(*) FILTER (has_full_text), count(*) FILTER (status = 'retracted'),
       count(*) FILTER (document_id IN (SELECT document_id FROM evidence)), min(year), max(year) FROM documents
"""
SEARCHES = """
SELECT s.term, arg_max(s.found, r.started), CAST(max(r.started) AS DATE), count(DISTINCT s.run_id)
FROM searches AS s JOIN runs AS r USING (run_id) GROUP BY s.term ORDER BY s.term
"""
COMPLETE = "SELECT topic, entered FROM watermarks WHERE entered IS NOT NULL ORDER BY topic"
FILES = """
SELECT count(*), CAST(min(started) AS DATE), CAST(max(started) AS DATE) FROM runs
WHERE run_id NOT IN (SELECT run_id FROM searches) AND (command LIKE 'ingest --files%' OR command LIKE 'backfill%')
"""
SEARCHES_TOLD = 12
READ = (
    "Claims were found by rules over sentences, tables and captions, and each leads to its words. A claim's level is "
    "suggested from the kinds of study that say it, for a person to confirm. Papers are counted, not sentences; what "
    "is said for a claim and against it stands side by side; independent groups are counted by last author, and what "
    "reviews repeat or papers tell of others is not counted among them."
)


def methods(
    connection: duckdb.DuckDBPyConnection, template: Template, snapshot: str, *, before: int,
    claims: Mapping[str, Claim], references: Iterable[Reference],
) -> tuple[str, ...]:  # fmt: skip
    """Paragraphs; ``before``: how many claims there were before the filters, ``claims`` those of the review."""
    papers = tuple(references)
    return (
        " ".join(_articles(connection, snapshot)),
        " ".join(_read(template.filters, before, claims, papers)),
        READ,
        " ".join(_words(claims)),
    )


def _articles(connection: duckdb.DuckDBPyConnection, snapshot: str) -> Iterator[str]:
    documents, full, retracted, telling, first, last = _row(connection, COUNTS)
    yield (
        f"Built by resistmine {__version__} from snapshot {snapshot} of its database: {documents} articles"
        + (f" of {first} to {last}" if first else "")
        + f", {full} of them in full text; {telling} state claims; retracted: {retracted}."
    )
    searches = connection.execute(SEARCHES).fetchall()
    for term, found, day, runs in searches[:SEARCHES_TOLD]:
        again = f", in {runs} runs, last" if runs > 1 else ""
        yield f"PubMed was searched for “{term}”{again} on {day} ({found} records found)."
    if len(searches) > SEARCHES_TOLD:
        yield f"There were {len(searches) - SEARCHES_TOLD} more searches; the table “searches” has all."
    for topic, entered in connection.execute(COMPLETE).fetchall()[:SEARCHES_TOLD]:
        yield f"The saved search “{topic}” is complete for what entered PubMed up to {entered}."
    runs, first_day, last_day = _row(connection, FILES)
    if runs:
        when = f"on {first_day}" if first_day == last_day else f"from {first_day} to {last_day}"
        yield f"Records were read from files in {runs} run{'s' * (runs != 1)} {when}."
    if not searches and not runs:
        yield "No search is recorded in this snapshot."


def _row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    rows = connection.execute(query).fetchall()
    return tuple(rows[0])


def _read(filters: Filters, before: int, claims: Mapping[str, Claim], papers: tuple[Reference, ...]) -> Iterator[str]:
    evidence = [each for claim in claims.values() for each in claim.evidence]
    refuting = sum(each.stance == "refutes" for each in evidence)
    contested = sum(claim.status == "contested" for claim in claims.values())
    withdrawn = sum(each.status in WITHDRAWN for each in papers)
    judged = sum(each.verdict in ("accept", "edit") for each in evidence)
    yield (
        f"Of {before} claims about the topic, {len(claims)} are shown here, with {len(evidence)} sentences "
        f"({refuting} deny their claim) of {len(papers)} papers; contested claims: {contested}."
    )
    yield f"Curators have accepted or edited {judged} of the sentences; what they rejected is left out."
    if withdrawn:
        yield f"Retracted or deleted: {withdrawn} of the cited papers; marked, and counted nowhere."
    chosen = [
        f"{each.name.replace('_', ' ')} {_chosen(getattr(filters, each.name))}"
        for each in fields(Filters) if getattr(filters, each.name) != each.default
    ]  # fmt: skip
    yield f"Filters: {'; '.join(chosen)}." if chosen else "No filter was set."


def _chosen(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _words(claims: Mapping[str, Claim]) -> Iterator[str]:
    evidence = [each for claim in claims.values() for each in claim.evidence]
    withheld = sum(each.quote is None for each in evidence)
    if withheld:
        yield (
            f"{withheld} of {len(evidence)} sentences are not quoted, since no licence is known that allows their "
            "words to be passed on: their place is told instead."
        )
    yield "The way back to the words: resistmine explain, with the identifier of the claim or of the evidence."
