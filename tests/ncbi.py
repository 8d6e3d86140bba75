"""NCBI as it is known to behave, on this machine: made-up records, its limits, and its bad days on demand.

E-utilities (esearch, efetch of pubmed and pmc), the id converter and the bucket of PMC.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from tests.ingesting import CONFERS, full_text, record
from tests.parse_samples import pubmed_set

CAP = 9_999
ENTREZ_DATE = "<Year>2021</Year><Month>3</Month><Day>5</Day>"
UID = re.compile(r"\(?\b(\d+)(?::(\d+))?\[uid\]\)?")
TAGGED = re.compile(r"(\w+)\[(\w+)\]")
KNOWN_TAGS = ("tiab", "all", "mh")
PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Hotel network</body></html>"
LIMITED = b'{"error":"API rate limit exceeded","api-key":"%s","count":"4","limit":"3"}'
FAILED = "Search Backend failed: Database is not supported: pubmed"


@dataclass
class Made:
    """A record, and what PubMed knows of it."""

    pmid: str
    text: str = CONFERS
    entered: date = date(2026, 11, 1)
    changed: date | None = None
    deleted: bool = False
    searchable: bool = True
    version: int = 1
    notices: tuple[tuple[str, str, str], ...] = ()
    types: str = "Journal Article"
    pmcid: str = ""

    @property
    def last(self) -> date:
        return self.changed or self.entered

    def xml(self) -> str:
        made = record(
            self.pmid, self.text, *self.notices, version=self.version, types=self.types, pmcid=self.pmcid, revised=1
        )
        return made.replace("<Year>2024</Year><Month>05</Month><Day>01</Day>", _date(self.last)).replace(
            ENTREZ_DATE, _date(self.entered)
        )


@dataclass
class Article:
    """An article of PMC: its versions in the bucket (number → description), and what efetch gives of it."""

    pmcid: str
    pmid: str
    xml: str
    versions: dict[int, dict[str, Any]] = field(default_factory=lambda: {1: {}})
    by_eutils: str | None = None


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    at: float
    path: str
    parameters: dict[str, str]
    fault: str | None


class Ncbi:
    """The state of the services. ``faults`` are drawn for each request with probability ``bad``."""

    def __init__(self, *records: Made, seed: int = 1) -> None:
        self.records = {each.pmid: each for each in records}
        self.articles: dict[str, Article] = {}
        self.asked: list[Asked] = []
        self.bad = 0.0
        self.faults: tuple[str, ...] = tuple(FAULTS)
        self.next_faults: deque[str] = deque()
        self.per_second: int | None = 3
        self.refused_key: str | None = None
        self.over_the_limit = 0
        self.listed_at_once = 1000
        self._recent: deque[float] = deque()
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None

    # -------------------------------------------------------------------------------------------- running

    @contextmanager
    def running(self) -> Iterator[Ncbi]:
        """Answer requests, on a port of the machine's choice."""
        ncbi = self

        class Handler(_Handler):
            state = ncbi

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            server.daemon_threads = True
            self._server = server
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
            try:
                yield self
            finally:
                server.shutdown()

    @property
    def root(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    @property
    def settings(self) -> dict[str, str]:
        """The environment in which the program finds this and nothing else."""
        return {
            "RESISTMINE_EUTILS_URL": f"{self.root}eutils/", "RESISTMINE_IDCONV_URL": f"{self.root}idconv/",
            "RESISTMINE_PMC_URL": f"{self.root}bucket/", "RESISTMINE_PUBMED_FILES_URL": f"{self.root}files/",
            "NCBI_EMAIL": "somebody@example.org", "NO_PROXY": "127.0.0.1",
        }  # fmt: skip

    # -------------------------------------------------------------------------------------------- figures

    def peak(self, tool: str = "eutils") -> int:
        """The most requests that came within any one second."""
        times = [each.at for each in self.asked if each.path.startswith(f"/{tool}")]
        window: deque[float] = deque()
        most = 0
        for at in times:
            window.append(at)
            while window[0] <= at - 1.0:
                window.popleft()
            most = max(most, len(window))
        return most

    def fetched(self) -> dict[str, int]:
        """PMID → how often its record was asked for and given whole."""
        times: dict[str, int] = {}
        for each in self.asked:
            if each.path.endswith("efetch.fcgi") and each.parameters.get("db") == "pubmed":
                pmids = each.parameters["id"].split(",")
                whole = (None, "fewer ids", "one id less")
                given = {"one record less": pmids[1:]}.get(each.fault or "", pmids if each.fault in whole else [])
                for pmid in given:
                    times[pmid] = times.get(pmid, 0) + 1
        return times

    # -------------------------------------------------------------------------------------------- answering

    def note(self, path: str, parameters: dict[str, str]) -> str | None:
        """Keep a request; returns the fault that it meets."""
        with self._lock:
            now = time.monotonic()
            fault = self._fault(path, now)
            self.asked.append(Asked(now, path, parameters, fault))
            return fault

    def _fault(self, path: str, now: float) -> str | None:
        if path.startswith("/eutils") and self.per_second:
            self._recent.append(now)
            while self._recent[0] <= now - 1.0:
                self._recent.popleft()
            if len(self._recent) > self.per_second:
                self.over_the_limit += 1
                return "429"
        if self.next_faults:
            return self.next_faults.popleft() or None
        if self._random.random() < self.bad:
            return self._random.choice(self.faults)
        return None

    def any_of(self, number: int) -> int:
        with self._lock:
            return self._random.randrange(number)

    def answer(self, path: str, parameters: dict[str, str]) -> tuple[int, bytes]:
        """Status and body, on a good day."""
        key = parameters.get("api_key")
        if key == "" or (key and key == self.refused_key):
            return 400, json.dumps({"error": "API key invalid", "api-key": key}).encode()
        name = path.rstrip("/").rpartition("/")[2]
        if path.startswith("/eutils/"):
            tools: dict[str, Callable[[dict[str, str]], tuple[int, bytes]]] = {
                "esearch.fcgi": self._esearch, "efetch.fcgi": self._efetch,
            }  # fmt: skip
            return tools[name](parameters) if name in tools else (404, b"not found")
        if path.startswith("/idconv"):
            return self._idconv(parameters)
        return self._bucket(path.removeprefix("/bucket/"), parameters)

    def _esearch(self, parameters: dict[str, str]) -> tuple[int, bytes]:
        retmax, start = int(parameters.get("retmax", 20)), int(parameters.get("retstart", 0))
        term = parameters.get("term", "")
        if not term:
            return 200, _search_error("Empty term and query_key - nothing todo")
        if start > CAP - 1:
            return 200, _search_error("Search Backend failed: 'retstart' cannot be larger than 9998.")
        found = sorted(self._found(term, parameters), key=lambda each: (each.last, int(each.pmid)), reverse=True)
        given = found[start : min(start + retmax, CAP)]
        notes = "".join(
            f"<PhraseNotFound>{escape(tag)}</PhraseNotFound>"
            for _, tag in TAGGED.findall(term)
            if tag not in (*KNOWN_TAGS, "uid")
        )
        warnings = "" if found else "<OutputMessage>No items found.</OutputMessage>"
        if len(found) > CAP and retmax > CAP:
            warnings = "<OutputMessage>Restrictions achieved. start and count adjusted to 0, 9999</OutputMessage>"
        return 200, (
            '<?xml version="1.0" encoding="UTF-8" ?>\n'
            '<!DOCTYPE eSearchResult PUBLIC "-//NLM//DTD esearch 20060628//EN" '
            '"https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20060628/esearch.dtd">\n'
            f"<eSearchResult><Count>{len(found)}</Count><RetMax>{len(given)}</RetMax><RetStart>{start}</RetStart><IdList>"
            + "".join(f"<Id>{each.pmid}</Id>\n" for each in given)
            + f"</IdList><TranslationSet/><QueryTranslation>{escape(term)}</QueryTranslation>"
            + (f"<ErrorList>{notes}</ErrorList>" if notes else "")
            + (f"<WarningList>{warnings}</WarningList>" if warnings else "")
            + "</eSearchResult>"
        ).encode()

    def _found(self, term: str, parameters: dict[str, str]) -> Iterator[Made]:
        ranges = [(int(low), int(high or low)) for low, high in UID.findall(term)]
        bare = TAGGED.sub(r"\1", UID.sub(" ", term))
        words = [word.lower() for word in re.findall(r"\w+", bare) if word not in ("AND", "OR")]
        first, last = (parameters.get(name, "").replace("/", "-") for name in ("mindate", "maxdate"))
        for each in list(self.records.values()):
            day = (each.entered if parameters.get("datetype") == "crdt" else each.last).isoformat()
            if (
                not each.deleted
                and each.searchable
                and (not ranges or any(low <= int(each.pmid) <= high for low, high in ranges))
                and (not first or first <= day <= last)
                and all(word in each.text.lower() for word in words)
            ):
                yield each

    def _efetch(self, parameters: dict[str, str]) -> tuple[int, bytes]:
        ids = [each for each in parameters.get("id", "").split(",") if each.isdecimal() and int(each)]
        if not ids:
            return 400, b"<eFetchResult><ERROR>ID list is empty! Possibly it has no correct IDs.</ERROR></eFetchResult>"
        if parameters["db"] == "pmc":
            return 200, self._articles(ids)
        there = [self.records[each] for each in dict.fromkeys(ids) if each in self.records]
        return 200, pubmed_set(*(each.xml() for each in there if not each.deleted))

    def _articles(self, numbers: list[str]) -> bytes:
        found = [self.articles.get(f"PMC{each}") for each in numbers]
        inside = [
            each.by_eutils if each and each.by_eutils else f'<error id="{number}">not available</error>'
            for each, number in zip(found, numbers, strict=True)
        ]
        return f'<?xml version="1.0" ?><pmc-articleset>{"".join(inside)}</pmc-articleset>'.encode()

    def _idconv(self, parameters: dict[str, str]) -> tuple[int, bytes]:
        by_pmid = {each.pmid: each.pmcid for each in self.articles.values()}
        ids = parameters["ids"].split(",")
        if len(ids) > 200:
            return 400, b'{"status":"error"}'
        records: list[dict[str, Any]] = [
            {"pmid": int(pmid), "requested-id": pmid, "pmcid": by_pmid[pmid]}
            if pmid in by_pmid
            else {"pmid": int(pmid), "requested-id": pmid, "status": "error", "errmsg": "Identifier not found in PMC"}
            for pmid in ids
        ]
        return 200, json.dumps({"status": "ok", "request": {"warnings": []}, "records": records}).encode()

    def _bucket(self, path: str, parameters: dict[str, str]) -> tuple[int, bytes]:
        if "list-type" in parameters:
            article = self.articles.get(parameters["prefix"].rstrip("."))
            names = [f"{article.pmcid}.{number}/" for number in article.versions] if article else []
            start = int(parameters.get("continuation-token", "a/+=0").removeprefix("a/+="))
            end = start + self.listed_at_once
            listed = "".join(f"<CommonPrefixes><Prefix>{name}</Prefix></CommonPrefixes>" for name in names[start:end])
            more = f"<NextContinuationToken>a/+={end}</NextContinuationToken>" if end < len(names) else ""
            return 200, (
                '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
                f"<Prefix>{parameters['prefix']}</Prefix><IsTruncated>{'true' if more else 'false'}</IsTruncated>{more}"
                f"{listed}</ListBucketResult>"
            ).encode()
        named = re.search(r"(PMC\d+)\.(\d+)", path)
        article = self.articles.get(named[1]) if named else None
        if not named or article is None or int(named[2]) not in article.versions:
            return 404, b"<Error><Code>NoSuchKey</Code></Error>"
        content = article.xml.encode()
        if path.endswith(".xml"):
            return 200, content
        name = f"{named[1]}.{named[2]}"
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        said = {
            "pmcid": article.pmcid, "version": int(named[2]), "pmid": int(article.pmid), "license_code": "CC BY",
            "is_retracted": False, "is_manuscript": False, "is_historical_ocr": False,
            "xml_url": f"s3://pmc-oa-opendata/{name}/{name}.xml?md5={md5}",
        }  # fmt: skip
        return 200, json.dumps(said | article.versions[int(named[2])]).encode()

    def add_article(self, pmcid: str, pmid: str, *, results: str, **more: Any) -> Article:
        """An article with a body that says ``results``."""
        xml = full_text(ids={"pmid": pmid, "pmc": pmcid.removeprefix("PMC")}, summary="", results=results)
        self.articles[pmcid] = Article(pmcid, pmid, xml, **more)
        return self.articles[pmcid]


def _date(day: date) -> str:
    return f"<Year>{day.year}</Year><Month>{day.month:02}</Month><Day>{day.day:02}</Day>"


def _search_error(words: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8" ?>\n<eSearchResult><ERROR>{words}</ERROR></eSearchResult>'.encode()


# ------------------------------------------------------------------------------------------------ bad days

Reply = tuple[int, bytes]
CUT = "cut"  # marks a body that is shorter than its Content-Length


def _one_record_less(body: bytes) -> bytes:
    end = body.find(b"</PubmedArticle>")
    start = body.find(b"<PubmedArticle>")
    return body[:start] + body[end + len(b"</PubmedArticle>") :] if 0 <= start < end else body


def _fewer_ids(body: bytes) -> bytes:
    return re.sub(rb"<Id>\d+</Id>\s*(?=</IdList>)", b"", body)


def _one_id_less(body: bytes) -> bytes:
    """Of a reply of the converter; others stay as they are."""
    if b'"requested-id"' not in body:
        return body
    said = json.loads(body)
    return json.dumps(said | {"records": said["records"][1:]}).encode()


FAULTS: dict[str, Callable[[int, bytes], Reply]] = {
    "429": lambda status, body: (429, LIMITED % b"127.0.0.1"),
    "429 in a 200": lambda status, body: (200, LIMITED % b"127.0.0.1"),
    "500": lambda status, body: (500, PAGE),
    "503": lambda status, body: (503, b"Unable to route request!"),
    "web page": lambda status, body: (200, PAGE),
    "empty": lambda status, body: (200, b""),
    "error": lambda status, body: (200, _search_error(FAILED)),
    "backend": lambda status, body: (200, b"NCBI C++ Exception: Read failed: EOF"),
    "cut off": lambda status, body: (200, body[: len(body) * 2 // 3]),
    "control character": lambda status, body: (200, body.replace(b"</", b"\x0b</", 1)),
    "bare ampersand": lambda status, body: (200, body.replace(b"</", b" & </", 1)),
    "one record less": lambda status, body: (200, _one_record_less(body)),
    "fewer ids": lambda status, body: (200, _fewer_ids(body)),
    "one id less": lambda status, body: (status, _one_id_less(body)),
    "reset": lambda status, body: (0, body),
    "short body": lambda status, body: (-1, body),
}


class _Handler(BaseHTTPRequestHandler):
    state: Ncbi
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        self._answer(address.path, address.query)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(urlsplit(self.path).path, body.decode())

    def _answer(self, path: str, query: str) -> None:
        parameters = {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
        fault = self.state.note(path, parameters)
        status, body = self.state.answer(path, parameters)
        if fault == "hang":
            time.sleep(5)
        elif fault:
            status, body = FAULTS[fault](status, body)
        if status == 0:  # a reset, not an orderly end
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            return
        with suppress(ConnectionError):  # of a client that was killed
            self.send_response(200 if status < 0 else status)
            self.send_header("Content-Type", "text/xml; charset=UTF-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body if status > 0 else body[: len(body) // 2])
        if status < 0:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the state keeps what was asked."""

    def finish(self) -> None:
        with suppress(OSError, ValueError):  # the client, or a reset of ours, was quicker
            super().finish()
