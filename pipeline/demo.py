"""The demo: the whole job on the bundled sample of made-up records, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from rich.text import Text

from pipeline.console import out, print_pairs
from pipeline.explain import explain
from pipeline.ingest import Summary, ingest_files
from pipeline.paths import OutputPaths
from pipeline.report import print_quotation
from pipeline.settings import Settings
from pipeline.store.query import select

SHOWN = ("resistance", "reversal", "cross_resistance")
REVIEWED = "letrozole"
OWN = ("own_result", "conclusion")  # attributions of what a paper itself found
BEST_SUPPORTED = """
SELECT claim_id FROM claims
JOIN (SELECT claim_id, bool_or(attribution IN ('own_result', 'conclusion')) AS own
      FROM evidence WHERE stance = 'supports' GROUP BY claim_id) USING (claim_id)
WHERE kind = ? AND papers_supporting > 0
ORDER BY own DESC, papers_supporting + papers_refuting DESC, papers_refuting DESC, evidence_count DESC, claim_id LIMIT 1
"""
CORRECTED = """
SELECT m.document_id, d.title, m.text, m.name, m.reason, m.correction_id, count(*) AS times
FROM mentions AS m JOIN documents AS d USING (document_id)
WHERE m.correction_id IS NOT NULL GROUP BY ALL ORDER BY m.document_id, times DESC
"""
COUNTS = """
SELECT (SELECT count(*) FROM documents) AS articles, (SELECT count(*) FROM documents WHERE has_full_text) AS full_texts,
       (SELECT count(*) FROM claims) AS claims, (SELECT count(*) FROM evidence) AS evidence,
       (SELECT count(*) FROM evidence WHERE stance = 'refutes') AS refuting,
       (SELECT count(DISTINCT kind) FROM claims) AS kinds,
       (SELECT count(*) FROM documents WHERE status = 'retracted') AS retracted,
       (SELECT count(*) FROM claims WHERE status = 'contested') AS contested
"""


def sample_files() -> Iterator[Path]:
    """The files of the bundled sample."""
    with as_file(files("pipeline") / "sample") as folder:
        yield from sorted(path for path in folder.iterdir() if path.suffix == ".xml")


def demo_settings(settings: Settings) -> Settings:
    """Where the demo goes: the output folder, unless that holds evidence of real papers; then a folder inside it."""
    paths = OutputPaths(settings.output)
    if paths.evidence.exists() and purpose(paths) != "demo":
        return replace(settings, output=settings.output / "demo")
    return settings


def purpose(paths: OutputPaths) -> str:
    """What the published database is for: ``demo`` or ``evidence``."""
    return str(select(paths, "SELECT value FROM meta WHERE key = 'purpose'").rows[0][0])


def run_demo(settings: Settings) -> Summary:
    """Ingest the sample and print counts, three claims with their words, the corrections, and what to try next."""
    where = demo_settings(settings)
    summary = ingest_files(list(sample_files()), where, command="demo", demo=True)
    paths = OutputPaths(where.output)
    out.print(Text("\nresistmine demo: a sample that we made up ourselves; none of it is a real article\n", "bold"))
    _print_counts(paths, summary.records)
    for kind in SHOWN:
        _print_claim(paths, kind)
    _print_corrections(paths)
    _print_review(where)
    _print_next(paths, moved=where.output != settings.output)
    return summary


def _print_counts(paths: OutputPaths, records: int) -> None:
    counts = next(select(paths, COUNTS).dictionaries())
    print_pairs(
        [
            ("articles", f"{counts['articles']} (from {records} records), of them {counts['full_texts']} in full text, "
                         f"{counts['retracted']} retracted (kept, and marked)"),
            ("claims", f"{counts['claims']} of {counts['kinds']} kinds, {counts['contested']} of them contested"),
            ("evidence", f"{counts['evidence']} quoted sentences, {counts['refuting']} of them deny their claim"),
        ]
    )  # fmt: skip


def _print_claim(paths: OutputPaths, kind: str) -> None:
    rows = select(paths, BEST_SUPPORTED, [kind]).rows
    if not rows:
        return
    claim = next(select(paths, "SELECT * FROM claims WHERE claim_id = ?", [rows[0][0]]).dictionaries())
    found = list(explain(paths, claim["claim_id"]))
    out.print()
    out.print(Text.assemble((claim["label"], "bold"), f"   {_support(claim)}"))
    for stance in ("supports", "refutes"):
        saying = [each for each in found if each.evidence["stance"] == stance]
        for each in sorted(saying, key=lambda each: each.evidence["attribution"] not in OWN)[:1]:
            print_quotation(each)


def _support(claim: dict[str, Any]) -> str:
    parts = [f"{claim['papers_supporting']} paper{'s' if claim['papers_supporting'] != 1 else ''} for it"]
    if claim["papers_refuting"]:
        parts.append(f"{claim['papers_refuting']} against")
    return f"[{', '.join(parts)}]  claim {claim['claim_id']}"


def _print_corrections(paths: OutputPaths) -> None:
    out.print(Text("\nNames that were corrected, and why", "bold"))
    for row in select(paths, CORRECTED).dictionaries():
        why = f"  ({row['correction_id']}: {row['reason']})"
        out.print(
            Text.assemble(f"  {row['document_id']}: ", (row["text"], "bold"), " → ", (row["name"], "bold cyan"), why)
        )


def _print_review(settings: Settings) -> None:
    """A review of the sample; nothing is kept of it in RESISTMINE_HOME."""
    from pipeline.review.desk import Ask, write_review

    path = settings.output / "reviews" / f"{REVIEWED}.html"
    path.parent.mkdir(exist_ok=True)
    made = write_review(settings, Ask(REVIEWED, path), remember=False).review
    out.print(Text("\nThe review", "bold"))
    tables = sum(bool(each.rows) for each in made.tables())
    out.print(f"  {path}  ({len(made.claims)} claims in {tables} tables, {len(made.references)} references)")


def _print_next(paths: OutputPaths, *, moved: bool) -> None:
    out.print(Text("\nThe database", "bold"))
    out.print(f"  {paths.evidence}")
    if moved:
        out.print(f"  (your own evidence was left alone; set RESISTMINE_OUTPUT={paths.root} for the commands below)")
    out.print(Text("\nTry next", "bold"))
    query = "SELECT drug, mechanism, stance, quote FROM drug_mechanism_resistance WHERE drug = 'erlotinib'"
    out.print(f'  .venv/bin/resistmine sql "{query}"')
    out.print(f"  .venv/bin/resistmine review {REVIEWED} -o {REVIEWED}.docx        (or .md)")
    out.print("  .venv/bin/resistmine article 99000012")
    out.print("  .venv/bin/resistmine explain CLAIM_ID        (one of the ids above)")
