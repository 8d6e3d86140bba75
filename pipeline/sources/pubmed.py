"""PubMed by E-utilities: searches that are complete, and records that are compared with what was asked for.

Biopython's Entrez makes the requests (parameters, tool, email, key, POST for what is long); we send them, because its
own sending has no timeout, no shared limit and no address but NCBI's. We read the replies too: ``Entrez.read`` asks the
internet for DTDs it does not know and is slow.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar, cast
from urllib.request import Request

from Bio import Entrez
from lxml import etree

from pipeline.errors import IncompleteError, MalformedReplyError, RefusedError
from pipeline.sources.http import BadReplyError, Call, Http, NotThereError, checked, shown

T = TypeVar("T")
TOOL = "resistmine"
CAP = 9_999  # hits of one search that PubMed gives out
LARGEST_PMID = 999_999_999
BEGINNING, END = date(1900, 1, 1), date(3000, 12, 31)  # "3000" is PubMed's own way of writing: until now
NAMED_AT_ONCE = 30  # PMIDs in the words of a search; an address of a usual length holds them
ROUNDS = 3  # a search in pieces is repeated when the pieces hold less than the whole
LOST_AT_MOST = 5  # records in a row that cannot be read: then it is not the records
ENTERED, CHANGED = "crdt", "mdat"
MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11,
    "dec": 12,
}  # fmt: skip

_entrez = threading.Lock()


@dataclass(frozen=True, slots=True)
class Account:
    """Who asks. The key is never shown."""

    email: str | None = None
    api_key: str | None = None

    def __repr__(self) -> str:
        return f"Account(email={self.email!r})"


@dataclass(frozen=True, slots=True)
class Dates:
    """Days, both included, by which a search is limited: ``crdt`` (entered in PubMed) or ``mdat`` (changed)."""

    kind: str
    first: date = BEGINNING
    last: date = END

    def halves(self, today: date) -> tuple[Dates, Dates]:
        """The later half first. Days to come count as none."""
        middle = self.first + (min(self.last, max(today, self.first + timedelta(1))) - self.first - timedelta(1)) // 2
        return replace(self, first=middle + timedelta(1)), replace(self, last=middle)


@dataclass(frozen=True, slots=True)
class Answer:
    """One reply of ESearch."""

    count: int
    pmids: tuple[str, ...]
    translation: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fetched:
    """One reply of EFetch, as received, and what is in it.

    ``entered`` and ``changed`` are the latest days on which one of its records entered PubMed and was changed.
    """

    content: bytes
    asked: tuple[str, ...]
    got: tuple[str, ...]
    entered: date | None = None
    changed: date | None = None

    @property
    def left_out(self) -> tuple[str, ...]:
        there = set(self.got)
        return tuple(each for each in self.asked if each not in there)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that EFetch sends only in a form that cannot be read."""

    pmid: str
    detail: str


class PubMed:
    """E-utilities at ``base_url``."""

    def __init__(self, http: Http, base_url: str, account: Account | None = None) -> None:
        self._http, self._base, self._account = http, base_url, account or Account()

    # -------------------------------------------------------------------------------------------- searching

    def count(self, term: str, dates: Dates | None = None) -> Answer:
        """How many records a search finds, and what PubMed made of the words."""
        return self._search(term, dates, most=0)

    def known(self, pmids: Sequence[str]) -> set[str]:
        """Those that PubMed's search knows, whether or not their records are given out."""
        found: set[str] = set()
        for first in range(0, len(pmids), NAMED_AT_ONCE):
            part = pmids[first : first + NAMED_AT_ONCE]
            found |= set(self._search(" OR ".join(f"{pmid}[uid]" for pmid in part), None, most=CAP).pmids)
        return found & set(pmids)

    def search(self, term: str, dates: Dates | None = None, *, most: int | None = None) -> Answer:
        """All records that a search finds, newest first; with ``most`` only so many of the newest.

        More than PubMed gives out at once are found in pieces: by days, and a day by ranges of PMIDs.

        Raises:
            IncompleteError: the pieces hold less than PubMed counts, however often they are asked for.
            AcquireError: PubMed gives no answer, or does not know the words of the search.
        """
        whole = self._search(term, dates, most=CAP if most is None else min(most, CAP))
        if whole.count <= CAP or (most is not None and most <= CAP):
            return whole
        wanted = whole.count if most is None else min(most, whole.count)
        found: dict[str, None] = {}
        for _ in range(ROUNDS):
            for piece in self._pieces(term, dates or Dates(ENTERED)):
                found.update(dict.fromkeys(piece.pmids))
                if most is not None and len(found) >= most:
                    break
            if len(found) >= wanted:
                return replace(whole, pmids=tuple(found)[:most])
            # records may have moved to a day that was asked before; a second look finds them
            whole = self._search(term, dates, most=0)
            wanted = whole.count if most is None else min(most, whole.count)
        for piece in self._ranges(term, dates, (1, LARGEST_PMID)):
            found.update(dict.fromkeys(piece.pmids))
        if len(found) < wanted:
            raise IncompleteError(
                f"{self._base}esearch.fcgi: PubMed counts {wanted} records for {term!r}, its pieces hold {len(found)}. "
                "Run the same command again; what was found is not lost."
            )
        return replace(whole, pmids=tuple(found)[:most])

    def _pieces(self, term: str, dates: Dates) -> Iterator[Answer]:
        """The answers for parts of ``dates``, each whole, the latest first."""
        today = datetime.now(UTC).date() + timedelta(1)
        waiting = [dates]
        while waiting:
            part = waiting.pop()
            answer = self._search(term, part, most=CAP)
            if answer.count <= CAP:
                yield answer
            elif part.first < min(part.last, max(today, part.first)):
                later, earlier = part.halves(today)
                waiting += [earlier, later]
            else:
                yield from self._ranges(term, part, (1, LARGEST_PMID), answer)

    def _ranges(
        self, term: str, dates: Dates | None, pmids: tuple[int, int], answer: Answer | None = None
    ) -> Iterator[Answer]:
        """The answers for ranges of PMIDs, each whole, the highest first."""
        waiting = [(pmids, answer)]
        while waiting:
            (low, high), known = waiting.pop()
            known = known or self._search(f"({term}) AND {low}:{high}[uid]", dates, most=CAP)
            if known.count <= CAP:
                yield known
                continue
            inside = sorted(number for number in map(int, known.pmids) if low <= number < high)
            middle = inside[len(inside) // 2] if inside else (low + high) // 2
            if low >= high:
                raise IncompleteError(
                    f"{self._base}esearch.fcgi: PubMed counts {known.count} records for the one PMID {low}; it does "
                    "not keep to ranges of PMIDs. Narrow the search by --from and --to."
                )
            waiting += [((low, middle), None), ((middle + 1, high), None)]

    def _search(self, term: str, dates: Dates | None, *, most: int) -> Answer:
        limits = (
            {"datetype": dates.kind, "mindate": f"{dates.first:%Y/%m/%d}", "maxdate": f"{dates.last:%Y/%m/%d}"}
            if dates
            else {}
        )
        call = self._call("esearch", db="pubmed", term=term, retmax=most, retmode="xml", **limits)
        return self._ask(call, lambda content: read_search(content, most))

    # -------------------------------------------------------------------------------------------- fetching

    def fetch(self, pmids: Sequence[str]) -> Iterator[Fetched | Unreadable]:
        """The records of ``pmids`` in one reply, or in several when a record among them breaks it.

        Raises:
            AcquireError: PubMed gives no answer.
        """
        waiting = [tuple(pmids)]
        unreadable = 0
        while waiting:
            part = waiting.pop()
            try:
                fetched = self._fetch(part)
            except MalformedReplyError as error:
                if len(part) > 1:
                    waiting += [part[len(part) // 2 :], part[: len(part) // 2]]
                    continue
                unreadable += 1
                if unreadable >= LOST_AT_MOST:
                    raise
                yield Unreadable(part[0], str(error))
                continue
            unreadable = 0
            yield fetched

    def _fetch(self, pmids: tuple[str, ...]) -> Fetched:
        call = self._call("efetch", db="pubmed", id=",".join(pmids), retmode="xml")
        return self._ask(call, lambda content: read_records(content, pmids))

    def fetch_pmc(self, pmcids: Sequence[str]) -> bytes:
        """The articles of ``pmcids`` as PMC sends them: a ``pmc-articleset``.

        Raises:
            AcquireError: PMC gives no answer.
        """
        numbers = ",".join(each.removeprefix("PMC") for each in pmcids)
        return self._ask(self._call("efetch", db="pmc", id=numbers, retmode="xml"), _read_articles)

    # -------------------------------------------------------------------------------------------- requests

    def _ask(self, call: Call, read: Callable[[bytes], T]) -> T:
        try:
            return self._http.ask(call, read)
        except NotThereError:
            raise RefusedError(
                f"{call.place}: HTTP 404, there are no E-utilities at this address. Correct RESISTMINE_EUTILS_URL."
            ) from None

    def _call(self, tool: str, **parameters: Any) -> Call:
        """The request that Biopython makes, to our address."""
        made: list[Request] = []

        def keep(request: Request) -> None:
            made.append(request)
            raise _MadeError

        identity = {"tool": TOOL, "email": self._account.email, "api_key": self._account.api_key}
        with _entrez, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that there is no email is told by the commands
            theirs = vars(Entrez)["urlopen"]
            vars(Entrez)["urlopen"] = keep
            Entrez._open.previous = 0  # its pauses go by the wall clock, and only know this process
            try:
                getattr(Entrez, tool)(**parameters, **identity)
            except _MadeError:
                pass
            finally:
                vars(Entrez)["urlopen"] = theirs
        request = made[0]
        path, _, query = request.full_url.rpartition("/")[2].partition("?")
        return Call(tool, self._base + path + (f"?{query}" if query else ""), cast(bytes | None, request.data))


class _MadeError(Exception):
    """Biopython has made its request."""


# ------------------------------------------------------------------------------------------------ reading replies


def tree(content: bytes, *roots: str) -> etree._Element:
    """The XML of a reply; nothing outside it is asked for.

    Raises:
        BadReplyError: it is something else, an error, broken, or not whole.
    """
    checked(content)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        if content.lstrip()[:1] != b"<":
            raise BadReplyError(f"no XML: {shown(content)}") from None
        raise BadReplyError(f"XML that breaks off or is not well-formed ({error})", malformed=True) from None
    errors = [each.text or "" for each in root.iterfind("ERROR")] + ([root.text or ""] if root.tag == "ERROR" else [])
    if errors:
        raise BadReplyError(f"it says: {' '.join(' '.join(errors).split())}")
    if root.tag not in roots:
        raise BadReplyError(f"<{root.tag}> instead of <{roots[0]}>: {shown(content)}")
    return root


def read_search(content: bytes, most: int) -> Answer:
    """A reply of ESearch that lists what it counts.

    Raises:
        BadReplyError: it does not.
    """
    root = tree(content, "eSearchResult")
    count = root.findtext("Count")
    if count is None or not count.strip().isdecimal():
        raise BadReplyError(f"no count: {shown(content)}")
    pmids = tuple(dict.fromkeys((each.text or "").strip() for each in root.iterfind("IdList/Id")))
    expected = min(int(count), most)
    if len(pmids) < expected or not all(map(str.isdecimal, pmids)):
        raise BadReplyError(f"{count} records counted, {len(pmids)} of {expected} listed")
    return Answer(int(count), pmids[:most], root.findtext("QueryTranslation"), tuple(_warnings(root)))


NOT_UNDERSTOOD = {
    "PhraseNotFound": "not found", "FieldNotFound": "no such field", "PhraseIgnored": "ignored",
    "QuotedPhraseNotFound": "not found as a phrase, searched as single words",
}  # fmt: skip


def _warnings(root: etree._Element) -> Iterator[str]:
    """What PubMed did not understand; that nothing was found is no warning."""
    for place in ("ErrorList", "WarningList"):
        for each in root.iterfind(f"{place}/*"):
            words = " ".join((each.text or "").split())
            if each.tag in NOT_UNDERSTOOD:
                yield f"{words!r}: {NOT_UNDERSTOOD[each.tag]}"
            elif words and not words.startswith(("No items found", "Restrictions achieved")):
                yield words


def read_records(content: bytes, asked: tuple[str, ...]) -> Fetched:
    """A reply of EFetch, and which records are in it.

    Raises:
        BadReplyError: it is broken, or has records that were not asked for.
    """
    root = tree(content, "PubmedArticleSet", "PubmedBookArticleSet")
    found = [
        *root.iterfind("PubmedArticle/MedlineCitation/PMID"),
        *root.iterfind("PubmedBookArticle/BookDocument/PMID"),
    ]
    got = tuple(dict.fromkeys((each.text or "").strip().lstrip("0") for each in found))
    foreign = set(got) - set(asked)
    if foreign:
        raise BadReplyError(f"records that were not asked for: {', '.join(sorted(foreign)[:3])}")
    entered = [_day(each) for each in root.iterfind("*/PubmedData/History/PubMedPubDate[@PubStatus='entrez']")]
    entered += [_day(each) for each in root.iterfind("*/PubmedBookData/History/PubMedPubDate[@PubStatus='entrez']")]
    changed = [_day(each) for each in root.iterfind("*/MedlineCitation/DateRevised")]
    changed += [_day(each) for each in root.iterfind("*/BookDocument/DateRevised")]
    return Fetched(content, asked, got, _latest(entered), _latest(changed))


def _latest(days: Sequence[date | None]) -> date | None:
    """The latest day; days to come are slips of somebody's pen, or of our clock."""
    tomorrow = datetime.now(UTC).date() + timedelta(1)
    return max((day for day in days if day and day <= tomorrow), default=None)


def _day(element: etree._Element) -> date | None:
    year, month, day = ((element.findtext(name) or "").strip().lower() for name in ("Year", "Month", "Day"))
    try:
        return date(int(year), MONTHS.get(month[:3]) or int(month), int(day))
    except ValueError:
        return None


def _read_articles(content: bytes) -> bytes:
    tree(content, "pmc-articleset")
    return content
