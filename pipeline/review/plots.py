"""The numbers of the plots: evidence by year and stance, drug × drug cross-resistance, drug × mechanism."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import duckdb

from pipeline.review.cells import standing
from pipeline.review.records import Claim, Plot

STANCES = ("supports", "refutes", "mixed")
MOST = 20  # rows and columns of a matrix: those with most papers
LEAST = 3  # numbers that are worth a picture
ELSEWHERE = """
SELECT cause.name, drug.name, e.stance, count(DISTINCT e.document_id)
FROM curated_evidence AS e
JOIN claim_arguments AS cause ON cause.claim_id = e.claim_id AND cause.role = 'cause'
JOIN claim_arguments AS drug ON drug.claim_id = e.claim_id AND drug.role = 'drug'
WHERE e.kind = 'resistance' AND cause.name IN (SELECT unnest(?::VARCHAR[]))
  AND e.document_status NOT IN ('retracted', 'deleted')
GROUP BY ALL ORDER BY ALL
"""
Counts = Mapping[tuple[str, str], Counter[str]]


def make_plot(
    name: str, claims: Mapping[str, Claim], connection: duckdb.DuckDBPyConnection, years: Mapping[str, int]
) -> Plot | None:
    """A plot by its name; None where there is too little to look at. ``years``: paper → year."""
    return PLOTS[name](claims, connection, years)


def _years(
    claims: Mapping[str, Claim], _connection: duckdb.DuckDBPyConnection, years: Mapping[str, int]
) -> Plot | None:
    said = {(each.document_id, each.stance) for claim in claims.values() for each in standing(claim)}
    counts = Counter((years[paper], stance) for paper, stance in said if paper in years)
    if len({year for year, _ in counts}) < LEAST:
        return None
    span = range(min(year for year, _ in counts), max(year for year, _ in counts) + 1)
    values = tuple((tuple(counts[year, stance] for stance in STANCES),) for year in span)
    rows = tuple(map(str, span))
    return Plot("years", "Papers with evidence, by year and stance", "bars", rows, ("papers",), STANCES, values)


def _cross_resistance(
    claims: Mapping[str, Claim], _connection: duckdb.DuckDBPyConnection, _years: Mapping[str, int]
) -> Plot | None:
    papers: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for claim in claims.values():
        if claim.kind == "cross_resistance":
            for row in claim.of_role("resistant_to"):
                for column in claim.of_role("drug"):
                    papers[row.name, column.name] |= {(each.document_id, each.stance) for each in standing(claim)}
    counts = {pair: Counter(stance for _, stance in said) for pair, said in papers.items() if said}
    title = "Cross-resistance: papers that find it (+) and that find none (−); rows are resistant, columns were tried"
    return _matrix("cross_resistance", title, counts)


def _mechanisms(
    claims: Mapping[str, Claim], connection: duckdb.DuckDBPyConnection, _years: Mapping[str, int]
) -> Plot | None:
    causes = Counter(
        each.name
        for claim in claims.values() if claim.kind == "resistance"
        for each in claim.of_role("cause") for _ in standing(claim)
    )  # fmt: skip
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for cause, drug, stance, papers in connection.execute(ELSEWHERE, [sorted(causes)]).fetchall():
        counts[cause, drug][stance] += papers
    title = "Causes of resistance named in this review, in the whole database: papers for (+) and against (−) by drug"
    return _matrix("mechanisms", title, counts)


def _matrix(name: str, title: str, counts: Counts) -> Plot | None:
    if len(counts) < LEAST:
        return None
    rows = _most((row, said.total()) for (row, _), said in counts.items())
    columns = _most((column, said.total()) for (row, column), said in counts.items() if row in rows)
    values = tuple(
        tuple(tuple(counts.get((row, column), Counter())[stance] for stance in STANCES) for column in columns)
        for row in rows
    )
    return Plot(name, title, "matrix", rows, columns, STANCES, values)


def _most(weights: Iterable[tuple[str, int]]) -> tuple[str, ...]:
    total: Counter[str] = Counter()
    for name, weight in weights:
        total[name] += weight
    return tuple(sorted(sorted(total, key=lambda name: (-total[name], name))[:MOST], key=str.lower))


PLOTS: Mapping[str, Callable[[Mapping[str, Claim], duckdb.DuckDBPyConnection, Mapping[str, int]], Plot | None]] = (
    MappingProxyType({"years": _years, "cross_resistance": _cross_resistance, "mechanisms": _mechanisms})
)
