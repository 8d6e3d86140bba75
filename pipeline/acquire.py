"""Records and full texts from NCBI into a running job: everything that was asked for, or the reason why not.

A reply is kept and noted in a journal before it is read, so that a run that was killed goes on without asking again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

from pipeline.errors import AcquireError, UnreadableInputError
from pipeline.ingest import IngestJob
from pipeline.model import Deletion, Rejection
from pipeline.records import RawBatch, Told
from pipeline.settings import Settings
from pipeline.sources import raw as raw_store
from pipeline.sources.http import Http, Patience
from pipeline.sources.journal import Entry, Journal
from pipeline.sources.limiter import Limiter
from pipeline.sources.pmc import FETCHED_AT_ONCE, FullText, Pmc, Version, Withheld
from pipeline.sources.pubmed import Account, Answer, Dates, Fetched, PubMed, Unreadable
from pipeline.store.acquired import ASKED_AGAIN, FULL_TEXT_AGAIN
from pipeline.store.build import Counts
from pipeline.text import digest

T = TypeVar("T")
AT_ONCE = 200  # records of one EFetch
TRIED_AGAIN = 3  # times that what a reply leaves out is asked for again
GIVEN_UP_AFTER = 3  # full texts in a row that cannot be had: then it is not the articles
WITHOUT_KEY, WITH_KEY, BUCKET = 3, 10, 10  # requests a second


@dataclass(frozen=True, slots=True)
class Services:
    """NCBI as the settings say where it is."""

    http: Http
    pubmed: PubMed
    pmc: Pmc
    eutils_url: str
    pmc_url: str

    def record_url(self, pmid: str) -> str:
        return f"{self.eutils_url}efetch.fcgi?db=pubmed&id={pmid}"

    def article_url(self, pmcid: str) -> str:
        return f"{self.pmc_url}{pmcid}"


def services(settings: Settings, patience: Patience | None = None) -> Services:
    """Clients of E-utilities, id converter and bucket; NCBI's hosts share one limit."""
    account = Account(settings.email, settings.api_key)
    urls = (settings.eutils_url, settings.idconv_url, settings.pmc_url)
    eutils, idconv, bucket = (urlsplit(url).netloc for url in urls)
    per_second = WITH_KEY if settings.api_key else WITHOUT_KEY
    ncbi = Limiter(f"{_owner(eutils)} {digest(settings.api_key)}", per_second)
    shared = ncbi if _owner(idconv) == _owner(eutils) else Limiter(_owner(idconv), WITHOUT_KEY)
    limiters = {bucket: Limiter(bucket, BUCKET), idconv: shared, eutils: ncbi}
    http = Http(limiters, secrets=(settings.api_key or "",), patience=patience)
    pubmed = PubMed(http, settings.eutils_url, account)
    pmc = Pmc(http, pubmed, idconv_url=settings.idconv_url, bucket_url=settings.pmc_url, account=account)
    return Services(http, pubmed, pmc, settings.eutils_url, settings.pmc_url)


def _owner(host: str) -> str:
    return "ncbi" if host.endswith("ncbi.nlm.nih.gov") else host


@dataclass(slots=True)
class Tally:
    """What an acquisition did, in records."""

    found: int = 0
    fetched: int = 0
    fetched_before: int = 0
    deleted: int = 0
    unknown: int = 0
    not_yet_available: int = 0
    unreadable: int = 0
    in_pmc: int = 0
    full_texts: int = 0
    full_texts_withheld: int = 0
    full_texts_failed: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


@dataclass(slots=True)
class Seen:
    """The latest days that the records themselves have shown, and the first day on which one was fetched."""

    entered: date | None = None
    changed: date | None = None
    since: date | None = None

    def note(self, entry: Entry) -> None:
        """Take the days of a reply into account."""
        self.entered = max(filter(None, (self.entered, entry.entered)), default=None)
        self.changed = max(filter(None, (self.changed, entry.changed)), default=None)
        day = entry.received.date()
        self.since = min(self.since or day, day)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An article that the bucket does not give: why (None: it has none), and what it says of it."""

    pmid: str
    pmcid: str
    trouble: AcquireError | None = None
    version: Version | None = None


class Steps:
    """How the steps of an acquisition are done: one after the other; a flow does them as tasks."""

    def ask(self, what: str, action: Callable[[], T]) -> T:
        """Ask NCBI for something; ``what`` says for what."""
        return action()

    def store(self, job: IngestJob, batch: RawBatch) -> Counts:
        """Read and store some records."""
        return job.process(batch)

    def note(self, done: int, found: int) -> None:
        """So many records of those that were found are done."""


@dataclass(slots=True)
class Acquisition:
    """Fetches into ``job`` what is named by PMIDs; ``tell`` is given sentences for people."""

    job: IngestJob
    services: Services
    journal: Journal
    tell: Callable[[str], None] = lambda _: None
    steps: Steps = field(default_factory=Steps)
    tally: Tally = field(default_factory=Tally)
    seen: Seen = field(default_factory=Seen)
    got: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)

    def resume(self, *, not_before: date | None = None) -> None:
        """Read what a broken run had fetched; what is older than ``not_before`` counts as nothing."""
        for entry in list(self.journal.entries()):
            if not_before and entry.received.date() < not_before:
                continue
            self._read(entry)
            if entry.facts is None:
                self.tally.fetched_before += len(entry.got)
        if self.got:
            self.tell(f"going on after a run that broke off: {self.tally.fetched_before} records were fetched before")

    # -------------------------------------------------------------------------------------------- searches

    def search(self, term: str, dates: Dates | None = None, *, purpose: str, topic: str | None = None,
               most: int | None = None) -> Answer:  # fmt: skip
        """A complete search; what PubMed made of it is kept with the run, and told where it understood less."""
        answer = self.steps.ask(f"search ({purpose})", lambda: self.services.pubmed.search(term, dates, most=most))
        self.job.build.acquired.note_search(
            self.job.run_id, topic=topic, purpose=purpose, term=term, found=answer.count,
            translation=answer.translation, warnings=answer.warnings,
        )  # fmt: skip
        return answer

    # -------------------------------------------------------------------------------------------- records

    def fetch(self, pmids: Collection[str], *, searched: Collection[str] = ()) -> None:
        """The records of ``pmids``, except what the journal has; ``searched``: those that PubMed's search knows.

        Raises:
            AcquireError: PubMed gives no answer.
        """
        wanted = [pmid for pmid in dict.fromkeys(pmids) if pmid not in self.got]
        missing: list[str] = []
        unreadable: list[Unreadable] = []
        for first in range(0, len(wanted), AT_ONCE):
            self._note()
            for reply in self._fetched(wanted[first : first + AT_ONCE]):
                if isinstance(reply, Unreadable):
                    unreadable.append(reply)
                else:
                    self._keep(reply)
                    missing += reply.left_out
        for _ in range(TRIED_AGAIN):
            missing = self._again(missing)
        self._note()
        self._account_for(missing, unreadable, set(searched))

    def _fetched(self, pmids: Sequence[str]) -> list[Fetched | Unreadable]:
        return self.steps.ask(f"fetch {len(pmids)} records", lambda: list(self.services.pubmed.fetch(pmids)))

    def _note(self) -> None:
        self.steps.note(self.tally.fetched + self.tally.fetched_before, self.tally.found)

    def _again(self, pmids: list[str]) -> list[str]:
        """Ask again for what a reply has left out; returns what is still missing."""
        still: list[str] = []
        for first in range(0, len(pmids), AT_ONCE):
            for reply in self._fetched(pmids[first : first + AT_ONCE]):
                if isinstance(reply, Unreadable):
                    still.append(reply.pmid)
                else:
                    self._keep(reply)
                    still += reply.left_out
        return still

    def _keep(self, reply: Fetched) -> None:
        if not reply.got:
            return
        url = self.services.record_url(",".join(reply.got) if len(reply.got) == 1 else f"{reply.got[0]},…")
        file = raw_store.keep_reply(reply.content, self.job.paths.raw, url, ".xml")
        entry = Entry(reply.got, file, url, self.job.now(), reply.entered, reply.changed)
        self.journal.add(entry)
        self._read(entry)
        self.tally.fetched += len(reply.got)

    def _read(self, entry: Entry) -> None:
        """Store the records of a reply; nothing is done where they have been stored already."""
        told = Told(**entry.facts) if entry.facts else None  # type: ignore[arg-type]
        if self.job.build.files.is_done(entry.file.sha256, self.job.reader.fingerprint) is None or self._deleted(
            entry.got
        ):
            for batch in self.job.fetched(entry.file, entry.url, entry.received, told):
                self.steps.store(self.job, batch)
        self.got |= set(entry.got)
        if told is None:
            self.seen.note(entry)
            self.job.build.files.forget_rejections_of(*map(self.services.record_url, entry.got))

    def _deleted(self, pmids: Collection[str]) -> bool:
        acquired = self.job.build.acquired
        return bool(acquired.stored(pmids, deleted=True) - acquired.stored(pmids))

    def _account_for(self, missing: Sequence[str], unreadable: Sequence[Unreadable], searched: set[str]) -> None:
        """Say why records did not come: deleted, unknown, not yet available, or not readable."""
        stored = self.job.build.acquired.stored(missing, deleted=True)
        once_known = [pmid for pmid in missing if pmid not in searched and pmid in stored | self.waiting()]
        if once_known:
            searched = searched | self.steps.ask(
                "look for missing records", lambda: self.services.pubmed.known(once_known)
            )
        rejections: list[Rejection] = []
        for pmid in missing:
            if pmid in searched:
                words = "PubMed's search finds it, but its record is not given out; it is asked for by the next run"
                rejections.append(Rejection("acquire", "not_yet_available", words, f"pmid:{pmid}"))
                self.tally.not_yet_available += 1
            elif pmid in stored:
                words = "PubMed had this record and has it no more; what it said is kept, marked as deleted"
                rejections.append(Rejection("acquire", "deleted", words, f"pmid:{pmid}"))
                self.tally.deleted += 1
            else:
                words = "PubMed has no record of this number: deleted, or never given; check it"
                rejections.append(Rejection("acquire", "unknown", words, f"pmid:{pmid}"))
                self.tally.unknown += 1
        for reply in unreadable:
            self.tally.unreadable += 1
            rejections.append(Rejection("acquire", "unreadable_reply", reply.detail, f"pmid:{reply.pmid}"))
        gone = [(each.document_id or "").removeprefix("pmid:") for each in rejections if each.reason == "deleted"]
        noted = [
            (each, self.services.record_url((each.document_id or "").removeprefix("pmid:"))) for each in rejections
        ]
        if noted:
            self.job.note_rejections(noted, [Deletion(pmid, said=self.job.now()) for pmid in gone])
        self.job.incomplete |= bool(unreadable)

    def waiting(self, *, not_in: str = "") -> set[str]:
        """What an earlier run asked for in vain; with ``not_in`` not what that run did."""
        return self.job.build.acquired.waiting(ASKED_AGAIN, not_in=not_in)

    # -------------------------------------------------------------------------------------------- full texts

    def fetch_full_texts(self, pmids: Collection[str]) -> None:
        """The open full texts of stored records: of those without one, and of those that were fetched in this run.

        An article that cannot be had is a rejection, and asked for again by the next run; the run is incomplete then.
        """
        acquired = self.job.build.acquired
        failed = acquired.waiting(FULL_TEXT_AGAIN)
        wanted = sorted(acquired.stored(set(pmids) | failed), key=int)
        if not wanted:
            return
        pmcids = acquired.pmcids(wanted)
        try:
            pmcids |= self.steps.ask("convert ids", lambda: self.services.pmc.pmcids(wanted))
        except AcquireError as error:
            self._failed([(pmid, pmid) for pmid in wanted if pmid not in pmcids], error)
        self.tally.in_pmc += len(pmcids)
        known = acquired.full_texts(list(pmcids))
        articles = [(pmid, pmcid) for pmid, pmcid in pmcids.items() if pmcid not in self.got]
        by_eutils = list(self._from_bucket(articles, known))
        for first in range(0, len(by_eutils), FETCHED_AT_ONCE):
            self._by_eutils(by_eutils[first : first + FETCHED_AT_ONCE])

    def _from_bucket(self, articles: Sequence[tuple[str, str]], known: dict[str, str]) -> Iterator[Elsewhere]:
        """Fetch from the bucket; gives the articles that it does not have, or cannot give today."""
        troubles: list[AcquireError] = []  # in a row
        for pmid, pmcid in articles:
            version = None
            try:
                if len(troubles) == GIVEN_UP_AFTER:
                    raise troubles[-1]
                version = self.steps.ask(f"describe {pmcid}", partial(self.services.pmc.best_version, pmcid))
                if version is None:
                    if pmid not in known:
                        yield Elsewhere(pmid, pmcid)
                elif not self._have(version, known.get(pmid)):
                    self._given(pmid, self.steps.ask(f"fetch {pmcid}", partial(self.services.pmc.fetch, version)))
                troubles.clear()
            except AcquireError as error:
                troubles += [error] if error not in troubles else []
                yield Elsewhere(pmid, pmcid, error, version)

    def _have(self, version: Version, url: str | None) -> bool:
        """Whether the text that is stored is this version of it, as its address and its sum say."""
        if url is None or version.md5 is None or version.retracted:
            return False
        return url.endswith(f"{version.path}#{version.md5}")

    def _by_eutils(self, articles: Sequence[Elsewhere]) -> None:
        left = {each.pmcid: each for each in articles}
        try:
            wanted = list(left)
            for given in self.steps.ask(
                "fetch full texts by efetch", lambda: list(self.services.pmc.fetch_by_eutils(wanted))
            ):
                asked = left.pop(given.pmcid)
                if asked.trouble and isinstance(given, Withheld):
                    self._failed([(asked.pmid, asked.pmcid)], asked.trouble)
                else:
                    self._given(asked.pmid, given, said=asked.version)
        except AcquireError as error:
            for each in left.values():
                self._failed([(each.pmid, each.pmcid)], each.trouble or error)

    def _given(self, pmid: str, given: FullText | Withheld, *, said: Version | None = None) -> None:
        if isinstance(given, FullText):
            self._keep_text(pmid, given, said=said)
        else:
            self._withheld(pmid, given)

    def _keep_text(self, pmid: str, text: FullText, *, said: Version | None = None) -> None:
        """Store a text; ``said`` is what the bucket says of an article whose text came from elsewhere."""
        known = text.version or said
        url = (
            f"{text.url}#{text.version.md5}"
            if text.version
            else f"{self.services.eutils_url}efetch.fcgi?db=pmc&id={text.pmcid}"
        )
        file = raw_store.keep_reply(text.content, self.job.paths.raw, url, ".nxml")
        facts: dict[str, str | bool | None] = {
            "pmid": pmid,
            "licence": known.licence if known else None,
            "retracted": bool(known and known.retracted),
        }
        entry = Entry((text.pmcid,), file, url, self.job.now(), facts=facts)
        self.journal.add(entry)
        self._read(entry)
        self.tally.full_texts += 1
        self.job.build.files.forget_rejections_of(
            self.services.article_url(text.pmcid), self.services.article_url(pmid)
        )

    def _withheld(self, pmid: str, given: Withheld) -> None:
        self.tally.full_texts_withheld += 1
        rejection = Rejection("acquire", given.reason, f"{given.pmcid}: {given.detail}", f"pmid:{pmid}")
        self.job.note_rejections([(rejection, self.services.article_url(given.pmcid))])

    def _failed(self, articles: Sequence[tuple[str, str]], error: AcquireError) -> None:
        self.tally.full_texts_failed += len(articles)
        self.job.incomplete = True
        self.tell(str(error))
        self.job.note_rejections(
            [
                (Rejection("acquire", "full_text_failed", str(error), f"pmid:{pmid}"), self.services.article_url(name))
                for pmid, name in articles
            ]
        )


# ------------------------------------------------------------------------------------------------ a list of PMIDs


def pmids_in(text: str) -> tuple[list[str], list[Rejection]]:
    """The PMIDs of a text, separated by white space or commas, each once; and what stands there and is none.

    What follows a ``#`` is a remark; ``PMID:`` may stand before a number.
    """
    found: dict[str, None] = {}
    refused = []
    for number, line in enumerate(text.splitlines(), start=1):
        for word in line.partition("#")[0].replace(",", " ").replace(";", " ").split():
            bare = word.lower().removeprefix("pmid:").lstrip("0")
            if word.lower().rstrip(":") == "pmid":
                continue
            if not (bare.isascii() and bare.isdecimal() and len(bare) <= 9):
                refused.append(
                    Rejection("acquire", "not_a_pmid", f"line {number}: {word[:40]!r}; expected: a number; correct it")
                )
            else:
                found[bare] = None
    return list(found), refused


def read_pmids(path: str) -> str:
    """The text of a file of PMIDs.

    Raises:
        UnreadableInputError: it cannot be read.
    """
    try:
        with open(path, encoding="utf-8-sig") as handle:
            return handle.read()
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableInputError(f"{path}: cannot be read ({error}). Give a text file with a PMID a line.") from None
