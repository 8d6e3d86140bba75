"""The digest of a run: what it found, changed, did not get and why, as Markdown for people and JSON for machines."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.acquire import Tally
from pipeline.changes import counts, sections
from pipeline.errors import StoreError
from pipeline.ingest import IngestJob
from pipeline.store.refusals import Row
from pipeline.text import one_line

SHOWN = 200  # rows of each kind that a digest holds; the counts are of all
FIRST = 10  # lines of what has changed; the others are in the files of the changes
TOLD = 20  # rows of each kind that the Markdown shows; the JSON has more
CHANGED = "changes.md"


@dataclass(frozen=True, slots=True)
class Part:
    """What was done for one topic, or for one query or list of PMIDs; ``problem``: why it is not complete."""

    name: str
    tally: Tally
    problem: str | None = None
    complete_to: str | None = None


def make_digest(job: IngestJob, parts: Sequence[Part]) -> dict[str, Any]:
    """What the run has done so far; to be asked for before the job is left."""
    refusals = job.build.refusals_of(job.run_id)
    return {
        "run_id": job.run_id,
        "command": job.command,
        "made": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "complete": not job.incomplete,
        "parts": [asdict(part) for part in parts],
        "counts": {name: getattr(job.counts, name) for name in job.counts.__slots__},
        "rejections": list(refusals.rejections),
        "not_given": _listed(list(refusals.not_given)),
        "searches": list(refusals.searches),
        "drift": [asdict(each) for each in job.drift()],
    }


def _listed(rows: Sequence[Row]) -> dict[str, Any]:
    return {"count": len(rows), "first": list(rows[:SHOWN])}


def with_changes(digest: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The digest with what the run has changed, in short; all of it is in ``changes.md`` and ``changes.json``."""
    claims = changes["claims"] | {"regrounded": changes["regrounded"]}
    told = {
        "documents": {kind: _listed(rows) for kind, rows in changes["documents"].items()},
        "claims": {kind: _listed(rows) for kind, rows in claims.items()},
        "changes": {heading: {"count": len(lines), "first": lines[:FIRST]} for heading, lines in sections(changes)},
    }
    return {**digest, **told, "changed": counts(changes)}


# ------------------------------------------------------------------------------------------------ for people


def as_markdown(digest: Mapping[str, Any]) -> str:
    """The digest on a page."""
    state = "complete" if digest["complete"] else "**not complete**: the next run makes up for it"
    lines = [f"# Run {digest['run_id']}", "", f"`{digest['command']}` · {digest['made']} · {state}", ""]
    lines += _counts(digest)
    lines += _table("Not as usual", digest["drift"], DRIFTED)
    for part in digest["parts"]:
        lines += _part(part)
    for heading, found in digest["changes"].items():
        lines += _rows(heading, found, str, CHANGED)
    lines += _rows("Not given by the source", digest["not_given"], _not_given)
    lines += _table("What was not kept, and why", digest["rejections"], ("stage", "reason", "documents", "times"))
    thrown = {name: each for name, each in digest.get("pruned", {}).items() if each}
    if thrown:
        told = [(name, each if isinstance(each, int) else len(each)) for name, each in thrown.items()]
        lines += ["## Pruned", "", ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in told), ""]
    warned = [row for row in digest["searches"] if row["warnings"]]
    if warned:
        lines += ["## What PubMed did not understand", ""]
        lines += [f"- `{row['term']}`: {'; '.join(row['warnings'])}; read as `{row['translation']}`" for row in warned]
    return "\n".join(lines).rstrip() + "\n"


def _counts(digest: Mapping[str, Any]) -> list[str]:
    rows = [f"| {name} | {count} |" for name, count in digest["changed"]]
    return ["| what | how many |", "|---|---:|", *rows, ""] if rows else ["Nothing has changed.", ""]


def _part(part: Mapping[str, Any]) -> list[str]:
    told = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in part["tally"].items() if count)
    lines = [told or "nothing to do"]
    lines += [f"complete up to {part['complete_to']}"] if part["complete_to"] else []
    lines += [f"**not complete**: {part['problem']}"] if part["problem"] else []
    return [f"## {part['name']}", "", "  \n".join(lines), ""]


DRIFTED = ("what", "name", "count", "expected", "rate", "usual", "per", "nights")


def _not_given(row: Row) -> str:
    return f"{row['document_id'] or ''}: {row['reason']}; {row['detail']}"


def _rows(title: str, found: Mapping[str, Any], show: Callable[[Any], str], where: str = "digest.json") -> list[str]:
    if not found["count"]:
        return []
    lines = [f"- {one_line(show(row), 400)}" for row in found["first"][:TOLD]]
    more = found["count"] - len(lines)
    rest = [f"- … and {more} more: [{where}]({where})"] if more > 0 else []
    return [f"## {title} ({found['count']})", "", *lines, *rest, ""]


def _table(title: str, rows: Sequence[Row], columns: Sequence[str]) -> list[str]:
    if not rows:
        return []
    lines = [f"| {' | '.join(_cell(row[name]) for name in columns)} |" for row in rows]
    return [f"## {title}", "", f"| {' | '.join(columns)} |", "|" + "---|" * len(columns), *lines, ""]


def _cell(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else one_line(str(value), 100).replace("|", "/")


def totals(parts: Sequence[Part]) -> Tally:
    """All parts together."""
    total = Tally()
    for part in parts:
        total = total + part.tally
    return total


def one_paragraph(tally: Tally) -> str:
    """A tally in words, for the end of a command."""
    said = {each.name: getattr(tally, each.name) for each in fields(tally)}
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in said.items() if count) or "nothing to do"


# ------------------------------------------------------------------------------------------------ files


def write_digest(folder: Path, digest: Mapping[str, Any]) -> Path:
    """Write both forms to the folder of the run; returns the Markdown.

    Raises:
        StoreError: they cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / "digest.json", json.dumps(digest, ensure_ascii=False, indent=1, default=str) + "\n")
        _write(folder / "digest.md", as_markdown(digest))
    except OSError as error:
        raise StoreError(f"{folder}: the digest cannot be written ({error.strerror}). Free space.") from error
    return folder / "digest.md"


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text, "utf-8")
    os.replace(fresh, path)
