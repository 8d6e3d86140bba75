"""The commands that ask NCBI: ``ingest --query`` and ``--pmids``, ``topic`` and ``nightly``."""

from __future__ import annotations

import re
import sys
from calendar import monthrange
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.nightly import Outcome
    from pipeline.paths import OutputPaths
    from pipeline.settings import Settings
    from pipeline.sources.pubmed import Dates

DATE = re.compile(r"(\d{4})(?:[-/](\d\d?)(?:[-/](\d\d?))?)?")

topics = typer.Typer(
    help="Saved searches, for the nights.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)


@topics.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What you call it.")],
    query: Annotated[str, typer.Option("--query", help="A PubMed query.")],
    full_text: Annotated[bool, typer.Option("--full-text", help="Fetch the open full texts of PMC too.")] = False,
) -> None:
    """Save a search; the next night fetches all that it finds, later nights what is new or changed."""
    from pipeline.settings import load_settings
    from pipeline.topics import FILE, add_topic

    home = load_settings().home
    topic = add_topic(home, name, query, full_text=full_text)
    print(f"{topic.name!r} is in {home / FILE}. Fetch it: resistmine nightly --topic {topic.name!r}", file=sys.stderr)


@topics.command("list")
def list_topics() -> None:
    """The saved searches, tab-separated: name, query, full_text, added, and up to which days they are complete."""
    from pipeline.paths import OutputPaths
    from pipeline.settings import load_settings
    from pipeline.topics import COLUMNS, read_topics

    settings = load_settings()
    known = read_topics(settings.home)
    if not known:
        print("There are no topics yet. Add one: resistmine topic add NAME --query QUERY", file=sys.stderr)
        return
    marks = _watermarks(OutputPaths(settings.output))
    print("\t".join((*COLUMNS, "entered", "changed")))
    for topic in known:
        entered, changed = marks.get(topic.name, ("", ""))
        print(topic.name, topic.query, "yes" if topic.full_text else "no", topic.added, entered, changed, sep="\t")


def _watermarks(paths: OutputPaths) -> dict[str, tuple[str, str]]:
    """Topic → days, of what is published."""
    from pipeline.store import schema
    from pipeline.store.query import reading

    if not paths.evidence.exists():
        return {}
    with reading(paths) as connection:
        if schema.schema_version(connection) != schema.VERSION:
            return {}
        rows = connection.execute("SELECT topic, entered, changed FROM watermarks").fetchall()
    return {row[0]: (str(row[1] or ""), str(row[2] or "")) for row in rows}


def nightly(
    topic: Annotated[list[str] | None, typer.Option("--topic", help="Only this topic; may be repeated.")] = None,
) -> None:
    """One night's work for all topics: what is new, changed, retracted or deleted since the last one."""
    from pipeline.nightly import run_nights
    from pipeline.settings import load_settings
    from pipeline.topics import chosen

    settings = load_settings()
    tonight = chosen(settings.home, topic or [])
    _ask_for_an_address(settings)
    command = "nightly" + "".join(f" --topic {name!r}" for name in topic or ())
    _tell_outcome(run_nights(settings, tonight, tell=_tell, command=command))


def fetch(
    query: str | None, pmids: Path | None, *, first: str | None, last: str | None, most: int | None, full_text: bool
) -> None:
    """Fetch what a query finds, or the PMIDs of a file."""
    from pipeline.acquire import pmids_in, read_pmids
    from pipeline.nightly import acquire
    from pipeline.settings import load_settings

    settings = load_settings()
    dates = _dates(first, last)
    known, refused = pmids_in(read_pmids(str(pmids))) if pmids else ([], [])
    if pmids and not known:
        raise UsageError(f"{pmids}: there is no PMID in it. Give a text file with a number a line.")
    for rejection in refused:
        print(f"{pmids}: {rejection.detail}", file=sys.stderr)
    _ask_for_an_address(settings)
    given = {"--query": query, "--pmids": pmids, "--from": first, "--to": last, "--max": most}
    command = "ingest" + "".join(f" {name} {value}" for name, value in given.items() if value)
    outcome = acquire(
        settings, command=command + (" --full-text" if full_text else ""), query=query, dates=dates, most=most,
        pmids=known, refused=[(each, str(pmids)) for each in refused], full_text=full_text, tell=_tell,
    )  # fmt: skip
    _tell_outcome(outcome, failed=bool(refused))


def _tell(text: str) -> None:
    print(text, file=sys.stderr)


def _ask_for_an_address(settings: Settings) -> None:
    if not settings.email:
        _tell("NCBI_EMAIL is not set; NCBI asks for an address to write to before it shuts anybody out.")


def _tell_outcome(outcome: Outcome, *, failed: bool = False) -> None:
    from pipeline.changes import DOCUMENTS
    from pipeline.digest import one_paragraph

    for part in outcome.parts:
        _tell(f"{part.name}: {one_paragraph(part.tally)}" + ("" if part.problem is None else " (NOT COMPLETE)"))
    documents = outcome.digest["documents"]
    changed = [f"{title.lower()} {documents[kind]['count']}" for kind, (title, _) in DOCUMENTS.items()]
    _tell(", ".join(changed))
    if outcome.summary.pruned:
        _tell(f"pruned: {outcome.summary.pruned}")
    for each in outcome.drift:
        _tell(f"not as usual: {each}")
    for part in outcome.parts:
        if part.problem:
            _tell(f"resistmine: {part.problem}")
    _tell(f"Published as snapshot {outcome.summary.published}; digest: {outcome.digest_file}")
    if not outcome.complete or failed:
        raise typer.Exit(1)


def _dates(first: str | None, last: str | None) -> Dates | None:
    """The days of a search; a year or a month stands for all its days."""
    from pipeline.sources.pubmed import BEGINNING, END, ENTERED, Dates

    if first is None and last is None:
        return None
    dates = Dates(ENTERED, _day("--from", first, BEGINNING, latest=False), _day("--to", last, END, latest=True))
    if dates.first > dates.last:
        raise UsageError(f"ingest: --from {first} is later than --to {last}. Exchange them.")
    return dates


def _day(option: str, text: str | None, otherwise: date, *, latest: bool) -> date:
    if text is None:
        return otherwise
    found = DATE.fullmatch(text.strip())
    try:
        if found:
            year, month = int(found[1]), int(found[2] or (12 if latest else 1))
            return date(year, month, int(found[3] or (monthrange(year, month)[1] if latest else 1)))
    except ValueError:
        pass
    raise UsageError(f"ingest {option}: {text!r} is no date. Write it as 2026-11-21, 2026-11 or 2026.")
