"""A night as a Prefect flow: what is new, changed, retracted or deleted for all topics, or for some.

A night that PubMed did not let finish is tried again, later each time; it goes on where it was. Without a server:
``resistmine nightly``, or ``nightly.fn()``.
"""

from __future__ import annotations

import sys
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.telling import running, show_counts, show_page, tell
from pipeline.digest import as_markdown
from pipeline.errors import IncompleteError
from pipeline.nightly import Outcome, run_nights
from pipeline.settings import load_settings
from pipeline.topics import chosen

LATER = [300.0, 1800.0, 7200.0]  # seconds until a night is tried again


def _is_incomplete(_task: Any, _run: Any, state: Any) -> bool:
    """What asking again may mend; another run that is writing, a full disk or a wrong setting is not."""
    return isinstance(state.result(raise_on_failure=False), IncompleteError)


@task(name="fetch, read and store", cache_policy=NO_CACHE, persist_result=False, retries=len(LATER),
      retry_delay_seconds=LATER, retry_jitter_factor=0.2, retry_condition_fn=_is_incomplete)  # fmt: skip
def fetch(topics: list[str], name: str) -> Outcome:
    """The night's work, published; fails if PubMed gave less than it counts."""
    settings = load_settings()
    outcome = run_nights(settings, chosen(settings.home, topics), tell=tell, command=name)
    show(outcome)
    if not outcome.complete:
        problems = "; ".join(part.problem for part in outcome.parts if part.problem)
        raise IncompleteError(
            f"{outcome.digest_file}: not all that PubMed counts has come ({problems or 'see there'}). What came is "
            "published; the next run makes up for the rest."
        )
    return outcome


def show(outcome: Outcome) -> None:
    """The digest, and a table of its counts."""
    digest = outcome.digest
    show_page("digest", as_markdown(digest))
    found = {f"records {kind}": each["count"] for kind, each in digest["documents"].items()}
    show_counts(
        "counts", digest["counts"] | found | {f"claims {k}": each["count"] for k, each in digest["claims"].items()}
    )


@flow(name="nightly", persist_result=False)
def nightly(topics: list[str] | None = None) -> dict[str, int]:
    """One night for ``topics`` (all, if none is named); returns the counts of the run."""
    name = "flow nightly " + " ".join(topics or ())
    outcome = fetch(topics or [], name) if running() else fetch.fn(topics or [], name)
    counts: dict[str, int] = outcome.digest["counts"]
    return counts


if __name__ == "__main__":
    print(nightly(sys.argv[1:]))
