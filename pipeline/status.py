"""The status: how fresh the evidence is, how much there is, what was not kept and why, what is not as usual."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.text import Text

from pipeline.console import out, print_pairs, print_rows
from pipeline.paths import OutputPaths
from pipeline.prune import last_pruned
from pipeline.runs import last_night
from pipeline.settings import Settings
from pipeline.store import schema
from pipeline.store.query import select
from pipeline.topics import read_topics

FRESHNESS = """
SELECT (SELECT value FROM meta WHERE key = 'published') AS snapshot,
       (SELECT value FROM meta WHERE key = 'purpose') AS purpose,
       (SELECT value FROM meta WHERE key = 'schema_version') AS schema_version,
       (SELECT max(finished) FROM runs WHERE status = 'done') AS last_complete_run,
       (SELECT max(finished) FROM runs
        WHERE status = 'done' AND regexp_matches(command, '^(flow )?nightly')) AS last_complete_night
"""
COUNTS = """
SELECT (SELECT count(*) FROM documents) AS documents,
       (SELECT count(*) FROM documents WHERE has_full_text) AS full_texts,
       (SELECT count(DISTINCT document_id) FROM evidence) AS documents_with_claims,
       (SELECT count(*) FROM claims) AS claims, (SELECT count(*) FROM evidence) AS evidence,
       (SELECT count(*) FROM mentions) AS mentions
"""
BY_STATUS = "SELECT status, count(*) AS documents FROM documents GROUP BY status ORDER BY documents DESC"
BY_KIND = """
SELECT kind, count(*) AS claims, CAST(sum(evidence_count) AS BIGINT) AS evidence,
       count(*) FILTER (papers_refuting > 0) AS refuted FROM claims GROUP BY kind ORDER BY claims DESC
"""
REJECTED = """
SELECT stage, reason, count(DISTINCT document_id) AS documents, CAST(sum(count) AS BIGINT) AS times
FROM rejections GROUP BY stage, reason ORDER BY times DESC
"""
IDLE = """
SELECT correction_id, surface, target, date FROM corrections
WHERE active AND NOT shipped AND applied_count = 0 AND EXISTS (FROM documents) ORDER BY correction_id
"""
TOPICS = """
SELECT w.topic, count(m.pmid) AS records, w.entered AS complete_to_entered, w.changed AS complete_to_changed,
       w.listed AS last_complete_night
FROM watermarks AS w LEFT JOIN topic_members AS m USING (topic) GROUP BY ALL ORDER BY w.topic
"""
FRESH = ("database", "snapshot", "last_complete_run", "last_complete_night")
LAST_RUNS = "SELECT run_id, started, finished, status, command, counts FROM runs ORDER BY started DESC LIMIT 5"


def status_of(settings: Settings) -> dict[str, Any]:
    """Freshness, counts, rejections by reason, topics, drift, disk and the last runs, of what is published."""
    paths = OutputPaths(settings.output)
    freshness = next(select(paths, FRESHNESS).dictionaries())
    current = int(freshness["schema_version"]) == schema.VERSION  # an older one says less of its ledger
    return {
        "database": str(paths.evidence),
        **freshness,
        "counts": next(select(paths, COUNTS).dictionaries()),
        "documents_by_status": list(select(paths, BY_STATUS).dictionaries()),
        "claims_by_kind": list(select(paths, BY_KIND).dictionaries()),
        "rejections": list(select(paths, REJECTED).dictionaries()),
        "corrections_that_change_nothing": list(select(paths, IDLE).dictionaries()) if current else [],
        "topics": list(_topics(settings, paths)) if current else [],
        "drift": _drift(paths),
        "disk": dict(_disk(paths)),
        "last_pruned": last_pruned(paths),
        "runs": list(select(paths, LAST_RUNS).dictionaries()),
    }


def _topics(settings: Settings, paths: OutputPaths) -> Iterator[dict[str, Any]]:
    """How far each topic is complete, and for how many days that has not been looked at; also those never fetched."""
    known = {row["topic"]: row for row in select(paths, TOPICS).dictionaries()}
    never = dict.fromkeys(next(iter(known.values()), {"topic": None}))
    for name in dict.fromkeys((*(each.name for each in read_topics(settings.home)), *known)):
        row = known.get(name) or never | {"topic": name, "records": 0}
        listed = row.get("last_complete_night")
        yield row | {"days_ago": (datetime.now(UTC).replace(tzinfo=None) - listed).days if listed else None}


def _drift(paths: OutputPaths) -> dict[str, Any]:
    """What was not as usual in the last night that read something."""
    run_id, found = last_night(paths) or (None, [])
    return {"run_id": run_id, "figures": [asdict(each) for each in found]}


def _disk(paths: OutputPaths) -> Iterator[tuple[str, int]]:
    """Bytes of each part of the output folder; files that share their bytes (hard links) count once."""
    seen: set[tuple[int, int]] = set()
    parts = {"evidence": paths.evidence, "snapshots": paths.snapshots, "raw": paths.raw, "runs": paths.runs,
             "work": paths.work}  # fmt: skip
    for name, path in parts.items():
        yield name, sum(_sizes([path] if path.is_file() else _files(path), seen))
    usage = os.statvfs(paths.root)
    yield "free", usage.f_bavail * usage.f_frsize


def _files(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        yield from (Path(place, name) for name in names)


def _sizes(files: Iterable[Path], seen: set[tuple[int, int]]) -> Iterator[int]:
    for path in files:
        try:
            status = path.stat()
        except OSError:  # gone since it was listed
            continue
        if (status.st_dev, status.st_ino) not in seen:
            seen.add((status.st_dev, status.st_ino))
            yield status.st_size


def print_status(found: Mapping[str, Any]) -> None:
    """The same for people."""
    if found["purpose"] == "demo":
        out.print(Text("These are the demo's made-up records.", "yellow"))
    print_pairs([(name, found[name]) for name in FRESH])
    out.print(Text("\nWhat there is", "bold"))
    print_pairs(list(found["counts"].items()))
    for title, name in (
        ("Documents by status", "documents_by_status"),
        ("Claims by kind", "claims_by_kind"),
        ("What was not kept, and why", "rejections"),
        ("Your corrections that change nothing", "corrections_that_change_nothing"),
        ("Topics", "topics"),
        ("Last runs", "runs"),
    ):
        print_rows(title, found[name])
    print_rows(f"Not as usual in {found['drift']['run_id']}", [_rounded(row) for row in found["drift"]["figures"]])
    out.print(Text("\nDisk (MB)", "bold"))
    print_pairs([(name, f"{size / 1e6:.1f}") for name, size in found["disk"].items()])
    if found["last_pruned"]:
        print_pairs([("last pruned", found["last_pruned"])])


def _rounded(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: f"{value:.3g}" if isinstance(value, float) else value for name, value in row.items()}
