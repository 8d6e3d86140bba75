"""What has changed between two published snapshots: claims, with the papers that make the difference, and why."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipeline.errors import StoreError
from pipeline.paths import OutputPaths
from pipeline.rules.kinds import claim_kinds
from pipeline.store.compare import Comparison, Row, compare_snapshots
from pipeline.store.snapshots import Snapshot, find_snapshot, published_snapshots, purpose_of
from pipeline.text import one_line
from pipeline.touched import touched_reviews

LISTED = 100  # rows of each kind that a page shows; the JSON has all
PAPERS = 5  # papers that a line names

# what became of a claim, in the order in which people should hear of it
CLAIMS: Mapping[str, str] = MappingProxyType(
    {
        "retracted": "Retracted: no paper that says it stands any more",
        "contradicted": "Newly contradicted",
        "weakened": "Weakened",
        "disappeared": "Disappeared",
        "restored": "Restored: papers that say it stand again",
        "strengthened": "Strengthened",
        "new": "New",
    }
)
DOCUMENTS: Mapping[str, tuple[str, Callable[[Row], bool]]] = MappingProxyType({
    "new": ("New records", lambda row: row["before"] is None),
    "changed": ("Changed records", lambda row: row["before"] is not None and row["before"] == row["now"]),
    "retracted": ("Retracted", lambda row: row["now"] == "retracted" != row["before"]),
    "concern": ("Expressions of concern", lambda row: row["now"] == "concern" != row["before"]),
    "corrected": ("Corrected", lambda row: row["now"] == "corrected" != row["before"]),
    "deleted": ("Deleted by the source", lambda row: row["now"] == "deleted" != row["before"]),
    "restored": ("Back after a deletion or retraction", lambda row: (
        row["before"] in ("deleted", "retracted") and row["now"] not in ("deleted", "retracted", None))),
    "new_versions": ("New versions", lambda row: (
        (row["version_before"] or row["version_now"] or 0) < (row["version_now"] or 0))),
    "full_texts": ("New full texts", lambda row: bool(row["full_text_new"])),
    "moved": ("Known by another identity now", lambda row: row["now"] is None and bool(row["moved_to"])),
    "gone": ("No longer in the database", lambda row: row["now"] is None and not row["moved_to"]),
})  # fmt: skip
LISTED_DOCUMENTS = ("retracted", "concern", "corrected", "deleted", "restored", "new_versions", "moved", "gone")
# why a paper says a claim otherwise, or no more
WHY: Mapping[str, str] = MappingProxyType(
    {
        "new_document": "new paper",
        "new_version": "in its new version",
        "full_text_read": "in its full text, new",
        "read_now": "its sentence is read only now",
        "read_anew": "its sentence was read otherwise: {other}",
        "rejection_undone": "no longer rejected",
        "rejected": "rejected by {detail}",
        "edited": "edited by {detail}",
        "edit_undone": "no longer edited",
        "correction": "by {correction}",
        "regrounded": "its names are taken for others: {other}, {correction}",
        "document_moved": "known as {detail} now",
        "document_gone": "the paper is no longer in the database",
        "other_text_read": "another text of the paper is shown now",
        "sentence_gone": "the sentence is gone in its new version",
        "stance_read_otherwise": "its sentence is read with another stance",
        "read_otherwise": "its sentence is read otherwise now: {other}",
        "not_read_any_more": "the sentence stands there; no rule reads this in it any more",
        "retracted": "retracted",
        "deleted": "deleted by its source",
        "concern": "an expression of concern was published",
        "current": "stands again",
        "corrected": "stands again, corrected",
    }
)
VERSIONS: Mapping[str, str] = MappingProxyType(
    {"resistmine": "program", "rules": "rules", "knowledge": "names, rules or models", "ledger": "corrections"}
)


def changes_since(
    paths: OutputPaths, since: str, until: str | None = None, *, home: Path | None = None, reviews: Sequence[str] = ()
) -> dict[str, Any]:
    """What has changed from the snapshot ``since`` to ``until`` (the current one): see :func:`told`.

    Args:
        paths: the output folder.
        home: RESISTMINE_HOME, where the templates of ``reviews`` are.
        reviews: reviews of which the rows and paragraphs are told that are touched.
        since: a snapshot, or a date: the last snapshot published by then.
        until: the same.

    Raises:
        UsageError: there is no such snapshot; the message lists those that there are.
        StoreError: nothing was published, or one of them cannot be read.
    """
    snapshots = published_snapshots(paths)
    earlier = find_snapshot(snapshots, since)
    later = find_snapshot(snapshots, until) if until else snapshots[-1]
    if earlier == later and since != later.stamp:
        earlier = begin_of_day(snapshots, since)
    found = touched_reviews(home, earlier, later, reviews) if home and reviews else {}
    return told(compare_snapshots(earlier.path, later.path), earlier, later, found)


def begin_of_day(snapshots: Sequence[Snapshot], day: str) -> Snapshot:
    """What there was when ``day`` began, else the first snapshot: of the day on which the last one was published."""
    before = [each for each in snapshots if each.stamp < day.replace("-", "")[:8]]
    return before[-1] if before else snapshots[0]


def changes_of_run(paths: OutputPaths, published: str, home: Path | None = None) -> dict[str, Any]:
    """What the run has changed that ended with the snapshot ``published``: since the one before, or since nothing.

    With ``home`` also what it touches of each review that people have a template for.
    """
    snapshots = published_snapshots(paths)
    later = find_snapshot(snapshots, published)
    purpose = purpose_of(later.path)
    before = (each for each in reversed(snapshots) if each.stamp < later.stamp)
    earlier = next((each for each in before if purpose_of(each.path) == purpose), None)
    reviews = touched_reviews(home, earlier, later) if home else {}
    return told(compare_snapshots(earlier.path if earlier else None, later.path), earlier, later, reviews)


def told(
    compared: Comparison, earlier: Snapshot | None, later: Snapshot, reviews: Mapping[str, Row] = MappingProxyType({})
) -> dict[str, Any]:
    """A comparison as ``--json`` gives it."""
    weightiest = sorted(compared.claims, key=_by_weight)
    claims = {kind: [row for row in weightiest if row["change"] == kind] for kind in CLAIMS}
    documents = {kind: [row for row in compared.documents if test(row)] for kind, (_, test) in DOCUMENTS.items()}
    corrections = list(compared.corrections) if earlier else []
    return {
        "since": _told_snapshot(earlier),
        "until": _told_snapshot(later),
        "counts": {
            "claims": {kind: len(rows) for kind, rows in claims.items()} | {"regrounded": len(compared.regroundings)},
            "contradictions": len(compared.contradictions),
            "documents": {kind: len(rows) for kind, rows in documents.items()},
            "verdicts": len(compared.verdicts),
            "corrections": len(corrections),
            "reviews": {name: len(found["rows"]) + len(found["prose"]) for name, found in reviews.items()},
        },
        "read_with": _read_with(compared.versions),
        "corrections": corrections,
        "claims": claims,
        "regrounded": list(compared.regroundings),
        "contradictions": list(compared.contradictions),
        "documents": documents,
        "verdicts": list(compared.verdicts),
        "reviews": dict(reviews),
    }


def _by_weight(row: Row) -> tuple[int, int]:
    """Claims that many papers change come first, and resistance before what drugs are."""
    return -len(row["papers"]), list(claim_kinds()).index(row["kind"])


def _told_snapshot(snapshot: Snapshot | None) -> dict[str, str] | None:
    return {"snapshot": snapshot.stamp, "published": f"{snapshot.published:%Y-%m-%dT%H:%M:%SZ}"} if snapshot else None


def _read_with(versions: tuple[str | None, str | None]) -> list[str]:
    """What the papers are read with that is another than it was: program, rules …"""
    before, now = (json.loads(each) if each else {} for each in versions)
    changed = [name for name in VERSIONS if before and before.get(name) != now.get(name)]
    return [name for name in changed if name != "knowledge" or "rules" not in changed]


# ------------------------------------------------------------------------------------------------ for people


def as_markdown(changes: Mapping[str, Any]) -> str:
    """The changes on a page."""
    lines = [f"# {headline(changes)}", "", *_read_with_lines(changes), *_count_lines(changes)]
    for heading, rows in sections(changes):
        more = len(rows) - LISTED
        lines += [f"## {heading} ({len(rows)})", "", *(f"- {each}" for each in rows[:LISTED])]
        lines += [f"- … and {more} more (in the JSON)"] if more > 0 else []
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def headline(changes: Mapping[str, Any]) -> str:
    """From when to when."""
    until = changes["until"]["published"]
    if changes["since"] is None:
        return f"What there is: snapshot of {until}, the first"
    if changes["since"] == changes["until"]:
        return f"Nothing to compare: {until} is the only snapshot of that time"
    return f"Changes from {changes['since']['published']} to {until}"


def counts(changes: Mapping[str, Any]) -> list[tuple[str, int]]:
    """What changed, and how many, without what did not."""
    found = changes["counts"]
    told_of = [(f"Claims {kind}", count) for kind, count in found["claims"].items()]
    told_of += [
        (name, found[name.split()[0].lower()]) for name in ("Contradictions new", "Verdicts touched", "Corrections")
    ]
    told_of += [(DOCUMENTS[kind][0], count) for kind, count in found["documents"].items()]
    told_of += [(f"Places touched in the review {name}", count) for name, count in found["reviews"].items()]
    return [(name, count) for name, count in told_of if count]


def sections(changes: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Headings with a line for each thing that changed; none without."""
    ledger = {row["correction_id"]: row for row in changes["corrections"]}
    claims = changes["claims"]
    found = [
        *((name, [claim_line(row, ledger) for row in claims[kind]]) for kind, name in CLAIMS.items() if kind != "new"),
        ("Contradictions: both sides are said now", [_contradiction(row) for row in changes["contradictions"]]),
        ("Re-grounded: the same words, another claim", [_regrounding(row, ledger) for row in changes["regrounded"]]),
        ("Verdicts touched", [_verdict(row) for row in changes["verdicts"]]),
        *_review_sections(changes["reviews"]),
        (CLAIMS["new"], [claim_line(row, ledger) for row in claims["new"]]),
        ("Corrections", [f"{row['change']}: {_correction(row)}" for row in changes["corrections"]]),
        *((f"Papers: {DOCUMENTS[kind][0].lower()}", [_document(row) for row in changes["documents"][kind]])
          for kind in LISTED_DOCUMENTS),
    ]  # fmt: skip
    yield from ((heading, rows) for heading, rows in found if rows)


def _review_sections(reviews: Mapping[str, Row]) -> Iterator[tuple[str, list[str]]]:
    """Of each review the prose that somebody has to look at, its rows, and what keeps it from being built."""
    for name, found in reviews.items():
        yield f"Review {name}: paragraphs to look at", [_prose(each) for each in found["prose"]]
        yield f"Review {name}: rows touched", [_row(each) for each in found["rows"]]
        yield f"Review {name}: cannot be built", [found["problem"]] if found["problem"] else []


def _prose(row: Row) -> str:
    told_of = [f"{each['label']} (`{each['claim_id']}`) {each['what']}" for each in row["changes"]]
    more = f"; and {len(told_of) - PAPERS} more" if len(told_of) > PAPERS else ""
    return f"**{row['name']}**: {'; '.join(told_of[:PAPERS])}{more}"


def _row(row: Row) -> str:
    what = f": {'; '.join(row['what'])}" if row["what"] else ""
    return f"{row['sort']} in “{row['title']}”: **{row['label']}**{what}"


def _read_with_lines(changes: Mapping[str, Any]) -> list[str]:
    if not changes["read_with"]:
        return []
    return [f"Between them have changed: {', '.join(VERSIONS[name] for name in changes['read_with'])}.", ""]


def _count_lines(changes: Mapping[str, Any]) -> list[str]:
    rows = [f"| {name} | {count} |" for name, count in counts(changes)]
    return ["| what | how many |", "|---|---:|", *rows, ""] if rows else ["Nothing has changed.", ""]


def claim_line(row: Row, ledger: Mapping[str, Row]) -> str:
    """A claim on a line: how it weighed, how it weighs, and the papers that make the difference."""
    papers = [_paper(each, ledger) for each in row["papers"]]
    more = f"; and {len(papers) - PAPERS} more" if len(papers) > PAPERS else ""
    return (
        f"**{row['label']}** ({row['kind']}, `{row['claim_id']}`): {_weight(row['before'])} → {_weight(row['now'])}. "
        f"{'; '.join(papers[:PAPERS])}{more}"
    )


def _weight(found: Row | None) -> str:
    if found is None:
        return "not there"
    named = (("for", found["supporting"]), ("against", found["refuting"]), ("mixed", found["mixed"]),
             ("withdrawn", found["withdrawn"]))  # fmt: skip
    said = ", ".join(f"{count} {name}" for name, count in named if count) or "none"
    return said + (f" ({found['in_doubt']} of concern)" if found["in_doubt"] else "")


def _paper(row: Row, ledger: Mapping[str, Row]) -> str:
    why = row["why"] or row["status_now"]
    given = ledger.get(row["correction_id"] or "")
    correction = _correction(given) if given else "the lexicon has changed"
    reason = WHY[why].format(detail=row["detail"] or "?", correction=correction, other=row["other_label"] or "?")
    if row["why"] and row["status_now"] in ("retracted", "deleted", "concern"):
        reason += f", {WHY[row['status_now']]}"
    turn = f" {row['before']} → {row['now']}:" if row["before"] and row["now"] and row["before"] != row["now"] else ""
    return f"{row['document_id']}{turn} {reason}"


def _correction(row: Row) -> str:
    target = row["target"] or "no name"
    undone = "" if row["change"] == "added" else f", {row['change']}"
    return f"correction {row['correction_id']} ({row['surface']} → {target}{undone})"


def _regrounding(row: Row, ledger: Mapping[str, Row]) -> str:
    names = [_renamed(each, ledger) for each in row["names"] or ()]
    return (
        f"**{row['from_label']}** (`{row['from_claim_id']}`) → **{row['to_label']}** (`{row['to_claim_id']}`): "
        f"{'; '.join(names) or 'names are taken for others'}. {row['evidence']} evidence in {_listed(row['documents'])}"
    )


def _renamed(row: Row, ledger: Mapping[str, Row]) -> str:
    given = ledger.get(row["correction_id"] or "")
    known = f"correction {row['correction_id']} ({row['correction']})" if row["correction_id"] else None
    why = f"by {_correction(given) if given else known}" if given or known else "the lexicon has changed"
    before, now = (f"{row[f'name_{when}']} ({row[f'entity_{when}'] or 'no identifier'})" for when in ("before", "now"))
    return f"“{row['surface']}” {before} → {now}, {why}"


def _contradiction(row: Row) -> str:
    if row["papers"] == row["other_papers"]:
        ids = f"`{row['claim_id']}`, `{row['other_claim_id']}`"
        return f"**{row['label']}** / **{row['other_label']}** ({ids}): both in {_listed(row['papers'])}"
    sides = (
        (row["label"], row["claim_id"], row["papers"]),
        (row["other_label"], row["other_claim_id"], row["other_papers"]),
    )
    return " / ".join(f"**{label}** (`{claim_id}`; {_listed(papers)})" for label, claim_id, papers in sides)


def _listed(papers: Sequence[str]) -> str:
    return ", ".join(papers[:PAPERS]) + (f" and {len(papers) - PAPERS} more" if len(papers) > PAPERS else "")


def _verdict(row: Row) -> str:
    state = f"{row['before'] or 'not given'} → {row['now'] or 'no longer there'}"
    why = f" ({row['cause']})" if row["cause"] else ""
    difference = f": {one_line(row['difference'], 300)}" if row["difference"] else ""
    given = f"{row['verdict']} by {row['curator']} on {row['date']}"
    return f"{given}, {row['document_id']}, {row['claim']}: {state}{why}{difference}"


def _document(row: Row) -> str:
    moved = f" → {row['moved_to']}" if row["moved_to"] else ""
    return f"{row['document_id']}{moved}: {one_line(row['title'] or '(no title)', 200)}"


# ------------------------------------------------------------------------------------------------ files


def as_json(changes: Mapping[str, Any]) -> str:
    """The changes for machines, all of them."""
    return json.dumps(changes, ensure_ascii=False, indent=1, default=str) + "\n"


def write_changes(folder: Path, changes: Mapping[str, Any]) -> Path:
    """Write ``changes.md`` and ``changes.json`` to the folder of a run; returns the page.

    Raises:
        StoreError: they cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "changes.json").write_text(as_json(changes), "utf-8")
        (folder / "changes.md").write_text(as_markdown(changes), "utf-8")
    except OSError as error:
        raise StoreError(f"{folder}: the changes cannot be written ({error.strerror}). Free space.") from error
    return folder / "changes.md"
