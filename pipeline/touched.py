"""Which rows and paragraphs of people's reviews are touched by what has changed between two snapshots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.errors import KnowledgeError, UsageError
from pipeline.review import build, template_names
from pipeline.review.compare import Touched, touched
from pipeline.review.desk import find_template
from pipeline.store.compare import reading_snapshots
from pipeline.store.snapshots import Snapshot


def touched_reviews(
    home: Path, earlier: Snapshot | None, later: Snapshot, names: Sequence[str] | None = None
) -> dict[str, dict[str, Any]]:
    """For each review the rows that are new, gone or changed, and the prose whose claims have changed.

    Args:
        home: RESISTMINE_HOME, where the templates are.
        earlier: the snapshot before; without one nothing is touched.
        later: the snapshot after.
        names: the reviews, as ``resistmine review`` takes them, errors raised; all templates without, errors told.

    Raises:
        UsageError: a name means nothing that is known.
        KnowledgeError: a template cannot be read.
    """
    wanted = template_names(home) if names is None else tuple(names)
    if earlier is None or not wanted:
        return {}
    found = {}
    with reading_snapshots(earlier.path, later.path) as (then, now):
        for name in wanted:
            try:
                template = find_template(home, name, now)
                found[template.name] = _told(template.title, touched(build(template, then), build(template, now)))
            except (UsageError, KnowledgeError) as error:
                if names is not None:
                    raise
                found[name] = {"title": name, "rows": [], "prose": [], "problem": str(error)}
    return found


def _told(title: str, what: Touched) -> dict[str, Any]:
    prose = [{"name": each.name, "changes": [asdict(one) for one in each.changes]} for each in what.prose]
    return {"title": title, "rows": [asdict(each) for each in what.rows], "prose": prose, "problem": None}
