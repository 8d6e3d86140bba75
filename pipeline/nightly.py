"""Nights and single acquisitions: what is asked for, and when it is complete.

A night of a topic asks for what has entered PubMed, for what has changed, and for the list of all that the search
finds. The list shows what no date shows: what entered late, was deleted or restored, or fell out of the search. How far
a topic is complete is told by the days of its own records, never by our clock, and moves only when all that was counted
has come.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.acquire import Acquisition, Seen, Services, Steps, services
from pipeline.article import Reader
from pipeline.changes import changes_of_run, write_changes
from pipeline.digest import Part, make_digest, with_changes, write_digest
from pipeline.drift import Drift
from pipeline.errors import AcquireError
from pipeline.ingest import IngestJob, Summary
from pipeline.model import Rejection
from pipeline.settings import Settings
from pipeline.sources.http import Patience
from pipeline.sources.journal import Journal
from pipeline.sources.pubmed import BEGINNING, CHANGED, END, ENTERED, Answer, Dates
from pipeline.store.acquired import Watermark
from pipeline.text import digest as digest_of
from pipeline.topics import Topic

ENTERED_AGAIN = timedelta(7)  # days that are searched again for new records; those that are stored cost nothing
CHANGED_AGAIN = timedelta(1)  # days that are searched again for changes; PubMed gives days, not hours
LISTED_AGAIN = timedelta(7)  # how often a long list is asked for whole even if its length is as expected
LONG = 50_000
RESUMED = timedelta(1)  # what a single acquisition had fetched longer ago is fetched again

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did, and whether all of it could be done."""

    summary: Summary
    parts: tuple[Part, ...]
    digest: dict[str, Any]
    digest_file: Path
    complete: bool
    drift: tuple[Drift, ...] = ()


def run_nights(
    settings: Settings,
    topics: Sequence[Topic],
    *,
    tell: Tell = lambda _: None,
    reader: Reader | None = None,
    patience: Patience | None = None,
    command: str = "nightly",
    steps: Steps | None = None,
) -> Outcome:
    """One night for ``topics``: what could be had is published, what could not is made up for by the next night.

    Raises:
        RunningElsewhereError: another run is writing.
        StoreError: what was fetched cannot be stored.
    """
    with IngestJob(settings, command, reader=reader) as job:
        ncbi = services(settings, patience)
        steps = steps or Steps()
        parts = [_night(job, ncbi, topic, tell, steps) for topic in topics]
        parts += _left_over(job, ncbi, tell, steps)
        told = make_digest(job, parts)
    return _outcome(job, parts, told)


def acquire(
    settings: Settings,
    *,
    command: str,
    query: str | None = None,
    dates: Dates | None = None,
    most: int | None = None,
    pmids: Sequence[str] = (),
    refused: Sequence[tuple[Rejection, str]] = (),
    full_text: bool = False,
    tell: Tell = lambda _: None,
    reader: Reader | None = None,
    patience: Patience | None = None,
) -> Outcome:
    """Fetch what a query finds, or ``pmids``; publish what came.

    Raises:
        RunningElsewhereError: another run is writing.
        StoreError: what was fetched cannot be stored.
    """
    with IngestJob(settings, command, reader=reader) as job:
        if refused:
            job.note_rejections(refused)
        key = digest_of(query, dates, most, *(pmids if query is None else ()))
        acquisition = Acquisition(
            job, services(settings, patience), Journal(job.paths.acquiring / f"{key}.jsonl"), tell
        )
        problem = None
        try:
            acquisition.resume(not_before=datetime.now(UTC).date() - RESUMED)
            wanted = _searched(acquisition, query, dates, most, tell) if query is not None else tuple(pmids)
            acquisition.tally.found = len(wanted)
            acquisition.fetch(wanted, searched=wanted if query is not None else ())
            if full_text:
                acquisition.fetch_full_texts(wanted)
            acquisition.journal.close()
        except AcquireError as error:
            problem = str(error)
            job.incomplete = True
        part = Part(f"{query or 'PMIDs'}", acquisition.tally, problem)
        told = make_digest(job, [part])
    return _outcome(job, [part], told)


def _outcome(job: IngestJob, parts: Sequence[Part], told: dict[str, Any]) -> Outcome:
    folder = job.paths.runs / job.run_id
    changes = changes_of_run(job.paths, job.published, job.settings.home)
    write_changes(folder, changes)
    told = with_changes(told, changes) | {"snapshot": job.published, "pruned": asdict(job.pruned)}
    file = write_digest(folder, told)
    return Outcome(job.summary(), tuple(parts), told, file, not job.incomplete, tuple(job.drift()))


def _searched(
    acquisition: Acquisition, query: str, dates: Dates | None, most: int | None, tell: Tell
) -> tuple[str, ...]:
    answer = acquisition.search(query, dates, purpose="query", most=most)
    tell(f"PubMed finds {answer.count} records; it reads the query as: {answer.translation or '(it does not say)'}")
    _warn(answer, tell)
    return answer.pmids


def _warn(answer: Answer, tell: Tell) -> None:
    for warning in answer.warnings:
        tell(f"warning: PubMed did not understand all of it: {warning}")


# ------------------------------------------------------------------------------------------------ a night of a topic


def _night(job: IngestJob, ncbi: Services, topic: Topic, tell: Tell, steps: Steps) -> Part:
    query = digest_of(topic.query, topic.full_text)
    mark = job.build.acquired.watermark(topic.name)
    if mark and mark.query != query:
        tell(f"{topic.name}: the query has changed; all of it is fetched anew")
        mark = None
    key = digest_of(topic.name, query, mark and mark.entered, mark and mark.changed)
    acquisition = Acquisition(
        job, ncbi, Journal(job.paths.acquiring / f"{key}.jsonl"), lambda text: tell(f"{topic.name}: {text}"), steps
    )
    _doubt_the_clock(mark, acquisition.tell)
    try:
        acquisition.resume()
        members = _fetch_night(acquisition, topic, mark)
    except AcquireError as error:
        job.incomplete = True
        tell(f"{topic.name}: {error}")
        return Part(topic.name, acquisition.tally, str(error), _complete_to(mark))
    entered, changed = _moved(mark, acquisition.seen)
    job.build.acquired.complete(topic.name, query, members=members, entered=entered, changed=changed, run_id=job.run_id)
    acquisition.journal.close()
    return Part(topic.name, acquisition.tally, None, _complete_to(job.build.acquired.watermark(topic.name)))


def _fetch_night(acquisition: Acquisition, topic: Topic, mark: Watermark | None) -> set[str]:
    """Fetch what a night has to; returns what the search of the topic finds now."""
    acquired = acquisition.job.build.acquired
    before = acquired.members(topic.name) if mark else set()
    new = _since(acquisition, topic, mark.entered if mark else None, ENTERED, ENTERED_AGAIN)
    last_change = (mark.changed or mark.entered or mark.listed.date()) if mark else None
    changed = _since(acquisition, topic, last_change, CHANGED, CHANGED_AGAIN)
    listed = _listed(acquisition, topic, mark, before | new)
    members = before | new if listed is None else listed
    wanted = members if mark is None else changed | ((members | new) - acquired.stored(members | new))
    wanted |= before - members
    wanted |= acquisition.waiting() & (members | new | changed)
    acquisition.tally.found = len(wanted)
    acquisition.tell(f"{len(members)} records in all, {len(new)} entered of late, {len(changed)} changed")
    acquisition.fetch(sorted(wanted, key=int, reverse=True), searched=members | new | changed)
    if topic.full_text:
        acquisition.fetch_full_texts({each for each in acquisition.got if each.isdecimal()})
    return members


def _since(acquisition: Acquisition, topic: Topic, day: date | None, kind: str, again: timedelta) -> set[str]:
    """What entered or changed on ``day`` or later; nothing without a day, when the list says it all."""
    if day is None:
        return set()
    dates = Dates(kind, max(day - again, BEGINNING), END)
    answer = acquisition.search(topic.query, dates, purpose=kind, topic=topic.name)
    return set(answer.pmids)


def _listed(acquisition: Acquisition, topic: Topic, mark: Watermark | None, expected: set[str]) -> set[str] | None:
    """All that the search finds; None where the list is long, was asked for of late and is as long as expected."""
    if mark and len(expected) > LONG and _age(mark) < LISTED_AGAIN:
        counted = acquisition.steps.ask("count", lambda: acquisition.services.pubmed.count(topic.query))
        if counted.count == len(expected):
            return None
    answer = acquisition.search(topic.query, purpose="list", topic=topic.name)
    _warn(answer, acquisition.tell)
    return set(answer.pmids)


def _age(mark: Watermark) -> timedelta:
    return datetime.now(UTC).replace(tzinfo=None) - mark.listed


def _moved(mark: Watermark | None, seen: Seen) -> tuple[date | None, date | None]:
    """The new watermark: never back, never beyond what records have shown, never beyond when they were fetched."""
    before = (mark.entered, mark.changed) if mark else (None, None)
    shown = [min(day, seen.since) if day and seen.since else None for day in (seen.entered, seen.changed)]
    entered, changed = (max(filter(None, pair), default=None) for pair in zip(before, shown, strict=True))
    return entered, changed


def _doubt_the_clock(mark: Watermark | None, tell: Tell) -> None:
    """What has been seen cannot be in the future. Nothing depends on the clock, but people should know."""
    today = datetime.now(UTC).date()
    latest = max(filter(None, (mark.entered, mark.changed, mark.listed.date())), default=today) if mark else today
    if latest > today + timedelta(1):
        tell(
            f"the clock of this machine says {today}, but {latest} has been reached before; set it right. "
            "The night goes by PubMed's own days, and its watermark stays where it is until then"
        )


def _complete_to(mark: Watermark | None) -> str | None:
    return f"{mark.entered or '?'} (entered), {mark.changed or '?'} (changed)" if mark else None


def _left_over(job: IngestJob, ncbi: Services, tell: Tell, steps: Steps) -> list[Part]:
    """What earlier runs asked for in vain, and no topic of tonight has asked for."""
    acquisition = Acquisition(job, ncbi, Journal(job.paths.acquiring / "waiting.jsonl"), tell, steps)
    waiting = acquisition.waiting(not_in=job.run_id)
    if not waiting:
        return []
    problem = None
    try:
        acquisition.resume(not_before=datetime.now(UTC).date() - RESUMED)
        acquisition.tally.found = len(waiting)
        acquisition.fetch(sorted(waiting, key=int))
        acquisition.journal.close()
    except AcquireError as error:
        problem = str(error)
        job.incomplete = True
    return [Part("Asked for again", acquisition.tally, problem)]
