"""Full texts of PMC: ids by the converter, articles from the open-data bucket, else by E-utilities.

The bucket holds a folder for each version of an article, and a description of it (licence, retraction, MD5 sums).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from lxml import etree

from pipeline.errors import AcquireError, RefusedError
from pipeline.sources.http import BadReplyError, Call, Http, NotThereError, checked, shown
from pipeline.sources.pubmed import TOOL, Account, PubMed, tree

CONVERTED_AT_ONCE = 200
CONVERTED_AGAIN = 3  # times that an id is asked for on which the converter says nothing
FETCHED_AT_ONCE = 10
S3 = "{http://s3.amazonaws.com/doc/2006-03-01/}"
PMCID = re.compile(r"(?:PMC)?(\d+)")
VERSION = re.compile(r"(PMC\d+)\.(\d+)/.*")
LISTED = (("CommonPrefixes", "Prefix"), ("Contents", "Key"))
MD5 = re.compile(r"[?&]md5=([0-9a-fA-F]{32})")
ARTICLE = re.compile(rb"<article[\s>].*?</article>", re.DOTALL)
OWN_PMCID = re.compile(rb"<article-id[^>]*pub-id-type=[\"'](?:pmcid|pmc|pmcaid)[\"'][^>]*>\s*(?:PMC)?(\d+)\s*<")
MISSING = re.compile(rb"<error\b[^>]*\bid=[\"'](?:PMC)?(\d+)[\"']")
FRONT_ONLY = "PMC gives only its front matter; the publisher does not allow the full text in XML"


@dataclass(frozen=True, slots=True)
class Version:
    """A version of an article in the bucket, as its description says."""

    pmcid: str
    number: int
    pmid: str | None
    licence: str | None
    retracted: bool
    manuscript: bool
    scanned: bool
    path: str
    md5: str | None


@dataclass(frozen=True, slots=True)
class FullText:
    """An article with a body, as received from ``url``."""

    pmcid: str
    content: bytes
    url: str
    version: Version | None = None


@dataclass(frozen=True, slots=True)
class Withheld:
    """An article in PMC whose text is not given out, and why."""

    pmcid: str
    reason: str
    detail: str


class Pmc:
    """The services of PMC."""

    def __init__(
        self, http: Http, pubmed: PubMed, *, idconv_url: str, bucket_url: str, account: Account | None = None
    ) -> None:
        self._http, self._pubmed = http, pubmed
        self._idconv, self._bucket = idconv_url, bucket_url
        self._account = account or Account()

    # -------------------------------------------------------------------------------------------- ids

    def pmcids(self, pmids: Sequence[str]) -> dict[str, str]:
        """PMID → PMCID, for those that are in PMC.

        Raises:
            AcquireError: the converter gives no answer.
        """
        found: dict[str, str | None] = {}
        for _ in range(CONVERTED_AGAIN):
            left = [each for each in pmids if each not in found]
            for first in range(0, len(left), CONVERTED_AT_ONCE):
                found |= self._converted(left[first : first + CONVERTED_AT_ONCE])
        return {pmid: pmcid for pmid, pmcid in found.items() if pmcid}

    def _converted(self, wanted: Sequence[str]) -> dict[str, str | None]:
        query = {"ids": ",".join(wanted), "idtype": "pmid", "format": "json", "versions": "no", "tool": TOOL}
        if self._account.email:
            query["email"] = self._account.email
        call = Call("idconv", f"{self._idconv}?{urlencode(query, safe=',')}")
        try:
            return self._http.ask(call, partial(read_ids, wanted=wanted))
        except NotThereError:
            raise RefusedError(f"{call.place}: HTTP 404. Correct RESISTMINE_IDCONV_URL.") from None

    # -------------------------------------------------------------------------------------------- articles

    def best_version(self, pmcid: str) -> Version | None:
        """The version of an article that is to be read; None when the bucket has none.

        A publisher's version goes before an author's manuscript, and typed text before scanned; then the newest.
        """
        versions = [self._described(pmcid, number) for number in self._numbers(pmcid)]
        known = [each for each in versions if each]
        return max(known, key=lambda each: (not each.scanned, not each.manuscript, each.number), default=None)

    def fetch(self, version: Version) -> FullText | Withheld:
        """The text of a version, held against its MD5 sum; an article without a body is not its text.

        Raises:
            AcquireError: it cannot be had.
        """
        url = self._bucket + quote(version.path)

        def read(content: bytes) -> bytes:
            checked(content)
            if version.md5 and hashlib.md5(content, usedforsecurity=False).hexdigest() != version.md5:
                raise BadReplyError(f"the MD5 sum is not {version.md5}", malformed=True)
            tree(content, "article", "pmc-articleset")
            return content

        try:
            content = self._http.ask(Call("bucket", url), read)
        except NotThereError:
            raise AcquireError(f"{url}: described, but not there. It is tried again by the next run.") from None
        if b"<body" not in content:
            return Withheld(version.pmcid, "full_text_withheld", FRONT_ONLY)
        return FullText(version.pmcid, content, url, version)

    def fetch_by_eutils(self, pmcids: Sequence[str]) -> Iterator[FullText | Withheld]:
        """Articles that the bucket does not have; many of them come without their text, or not at all.

        Raises:
            AcquireError: E-utilities give no answer.
        """
        for first in range(0, len(pmcids), FETCHED_AT_ONCE):
            wanted = pmcids[first : first + FETCHED_AT_ONCE]
            content = self._pubmed.fetch_pmc(wanted)
            yield from articles_in(content, wanted)

    def _numbers(self, pmcid: str) -> list[int]:
        query = {"list-type": "2", "delimiter": "/", "prefix": f"{pmcid}."}
        numbers: list[int] = []
        more: str | None = ""
        while more is not None:
            following = {"continuation-token": more} if more else {}
            call = Call("bucket", f"{self._bucket}?{urlencode(query | following, safe='/')}")
            try:
                prefixes, more = self._http.ask(call, read_listing)
            except NotThereError:
                raise RefusedError(f"{call.place}: HTTP 404. Correct RESISTMINE_PMC_URL.") from None
            found = [VERSION.fullmatch(each) for each in prefixes]
            numbers += [int(each[2]) for each in found if each and each[1] == pmcid]
        return list(dict.fromkeys(numbers))

    def _described(self, pmcid: str, number: int) -> Version | None:
        name = f"{pmcid}.{number}"
        try:
            said = self._http.ask(Call("bucket", f"{self._bucket}metadata/{name}.json"), read_json)
        except NotThereError:
            said = {}
        return read_version(pmcid, number, said)


# ------------------------------------------------------------------------------------------------ reading replies


def read_json(content: bytes) -> dict[str, Any]:
    """An object; NCBI's texts hold raw line breaks, which JSON forbids and we allow.

    Raises:
        BadReplyError: it is none.
    """
    checked(content)
    try:
        said = json.loads(content, strict=False)
    except ValueError as error:
        raise BadReplyError(f"no JSON ({error}): {shown(content)}", malformed=True) from None
    if not isinstance(said, dict):
        raise BadReplyError(f"JSON, but no object: {shown(content)}")
    return said


def read_ids(content: bytes, wanted: Sequence[str]) -> dict[str, str | None]:
    """PMID → PMCID of a reply of the converter (None: not in PMC); its PMIDs are numbers or texts.

    Raises:
        BadReplyError: it has no list of records, or one of other articles.
    """
    said = read_json(content)
    records = said.get("records")
    if not isinstance(records, list) or said.get("status") == "error":
        raise BadReplyError(f"no records: {shown(content)}")
    found: dict[str, str | None] = {}
    for record in records:
        named = [str(record.get(name) or "").lstrip("0") for name in ("requested-id", "pmid")]
        pmid = next((each for each in named if each in wanted), None)
        if pmid is None:
            raise BadReplyError(f"a record that was not asked for: {named[0] or named[1]!r}")
        pmcid = PMCID.match(str(record.get("pmcid") or "")) if record.get("status") != "error" else None
        found[pmid] = f"PMC{pmcid[1]}" if pmcid else None
    return found


def read_listing(content: bytes) -> tuple[list[str], str | None]:
    """The folders (or files) of a listing of the bucket, and the token for the rest of it.

    Raises:
        BadReplyError: it is no listing.
    """
    root = tree(content, f"{S3}ListBucketResult", "ListBucketResult")
    names = [(each.text or "").strip() for each in root.iter() if (_parent(each), _local(each)) in LISTED]
    token = next((each.text for each in root.iter() if _local(each) == "NextContinuationToken"), None)
    cut = next((each.text for each in root.iter() if _local(each) == "IsTruncated"), "false")
    if cut == "true" and not token:
        raise BadReplyError(f"a listing that breaks off: {shown(content)}")
    return names, token if cut == "true" else None


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _parent(element: etree._Element) -> str:
    parent = element.getparent()
    return "" if parent is None else _local(parent)


def read_version(pmcid: str, number: int, said: Mapping[str, Any]) -> Version | None:
    """The description of a version; an empty one says as little as possible. None when there is no XML of it."""
    folder = f"{pmcid}.{number}/"
    url = said.get("xml_url", f"{folder}{pmcid}.{number}.xml")
    if not url or not isinstance(url, str):
        return None
    md5 = MD5.search(url)
    path = url.partition("?")[0]
    return Version(
        pmcid,
        number,
        str(said["pmid"]) if said.get("pmid") else None,
        said.get("license_code") or None,
        bool(said.get("is_retracted")),
        bool(said.get("is_manuscript")),
        bool(said.get("is_historical_ocr")),
        path[path.index(folder) :] if folder in path else f"{folder}{pmcid}.{number}.xml",
        md5[1].lower() if md5 else None,
    )


def articles_in(content: bytes, wanted: Sequence[str]) -> Iterator[FullText | Withheld]:
    """The articles of a ``pmc-articleset``: an article is not yet its text."""
    left = dict.fromkeys(wanted)
    for found in ARTICLE.finditer(content):
        own = OWN_PMCID.search(found[0])
        pmcid = f"PMC{own[1].decode()}" if own else next(iter(left), "") if len(wanted) == 1 else ""
        if pmcid not in left:
            continue
        del left[pmcid]
        if b"<body" in found[0]:
            yield FullText(pmcid, found[0], "")
        else:
            yield Withheld(pmcid, "full_text_withheld", FRONT_ONLY)
    unknown = {f"PMC{each.decode()}" for each in MISSING.findall(content)}
    for pmcid in left:
        named = "PMC says that there is no such article" if pmcid in unknown else "PMC sends nothing for it"
        yield Withheld(pmcid, "full_text_missing", named)
