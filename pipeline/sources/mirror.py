"""PubMed's baseline and update files: which there are, and a copy of each, whole and checked, fetched once.

The folder of the copies has a ledger of the checks (``checked.jsonl``), so that a file is read through once and not
every night. A file that was broken off is fetched on from where it was.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import requests
from urllib3.exceptions import HTTPError

from pipeline.errors import AcquireError, StoreError
from pipeline.model import FILES_A_YEAR, file_number
from pipeline.sources.local import CHUNK, InputFile, read_sum
from pipeline.text import one_line

T = TypeVar("T")
FOLDERS = ("baseline", "updatefiles")
NAME = re.compile(r"pubmed\d\dn\d{4,5}\.xml\.gz\b(?!\.)")
EMPTY_FOLDER = re.compile(r"parent directory|index of|readme", re.IGNORECASE)  # in a listing without files
TRIES = 6
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds
CONNECT, SILENCE = 15.0, 60.0  # seconds
CHECKED = "checked.jsonl"


@dataclass(frozen=True, slots=True)
class Offered:
    """A file that the service has: the folder it is in, and its name."""

    folder: str
    name: str

    @property
    def number(self) -> int:
        return file_number(self.name) or 0

    @property
    def year(self) -> int:
        return self.number // FILES_A_YEAR


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that the service has, in the order of the numbers; ``gaps`` names what should be between and is not."""

    files: tuple[Offered, ...]
    gaps: tuple[str, ...]

    @property
    def from_the_first(self) -> bool:
        """Whether the newest baseline is there from its first file on, and not only the end of it."""
        return min(each.number for each in self.files if each.year == self.year) % FILES_A_YEAR == 1

    @property
    def year(self) -> int:
        """The year of the newest baseline."""
        return max(each.year for each in self.files if each.folder == FOLDERS[0])


class AgainError(Exception):
    """This try came to nothing; another may."""


class Mirror:
    """Copies of the files at ``url`` in ``folder``."""

    def __init__(self, url: str, folder: Path, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._url, self.folder, self._sleep = url, folder, sleep
        self._session = requests.Session()
        self._checked = dict(self._read_checks())
        self.fetched = 0

    # -------------------------------------------------------------------------------------------- what there is

    def catalogue(self) -> Catalogue:
        """What the service has.

        Raises:
            AcquireError: it gives no list, or one without any file.
        """
        files = sorted((each for folder in FOLDERS for each in self._listing(folder)), key=lambda each: each.number)
        return Catalogue(tuple(files), tuple(_gaps(files)))

    def _listing(self, folder: str) -> list[Offered]:
        url = f"{self._url}{folder}/"
        names = self._patiently(url, lambda: self._names(url))
        return [Offered(folder, name) for name in names]

    def _names(self, url: str) -> list[str]:
        """The files of a listing that is whole: one that breaks off would look like files that are gone.

        A page without any is asked for again, as it may be of a portal in between; updates there are none of for some
        days of December.
        """
        page = self._get(url).decode("utf-8", "replace")
        names = list(dict.fromkeys(NAME.findall(page)))
        if "<html" in page.lower() and "</html>" not in page.lower():
            raise AgainError("the list breaks off: it has no </html>")
        if not names and not (url.endswith(f"/{FOLDERS[1]}/") and EMPTY_FOLDER.search(page)):
            raise AgainError(f"no file is listed, but {one_line(page, 80)!r}; expected: links to pubmed….xml.gz")
        return names

    # -------------------------------------------------------------------------------------------- copies

    def copy_of(self, offered: Offered) -> InputFile:
        """The file on the disk, whole and checked; fetched if it is not.

        Raises:
            AcquireError: it cannot be had whole.
            StoreError: it cannot be written.
        """
        known = self.known(offered)
        if known:
            return known
        path, url = self.path_of(offered), f"{self._url}{offered.folder}/{offered.name}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return self._patiently(url, lambda: self._whole(url, path))
        except OSError as error:
            if isinstance(error, requests.RequestException):
                raise
            raise StoreError(f"{path}: cannot be written ({error.strerror}). Free space and run it again.") from error

    def path_of(self, offered: Offered) -> Path:
        """Where the copy is, or would be."""
        return self.folder / offered.folder / offered.name

    def known(self, offered: Offered) -> InputFile | None:
        """A copy that was checked, and has not been touched since."""
        path = self.path_of(offered)
        found = self._checked.get(str(path.relative_to(self.folder)))
        if not found or not path.exists():
            return None
        status = path.stat()
        if (status.st_size, status.st_mtime_ns) != (found["size"], found["mtime"]):
            return None
        return InputFile(path, str(found["sha256"]), status.st_size)

    def _whole(self, url: str, path: Path) -> InputFile:
        sums = self._get(f"{url}.md5")
        expected = read_sum(sums)
        if expected is None:
            raise AgainError(f"{path.name}.md5 holds no checksum")
        partial_copy = path.with_name(path.name + ".part")
        if path.exists():
            os.replace(path, partial_copy)
        if _md5(partial_copy) != expected:
            self._download(url, partial_copy)
            if _md5(partial_copy) != expected:
                partial_copy.unlink()
                raise AgainError(f"what came is not what its MD5 ({expected}) says")
            self.fetched += 1
        os.replace(partial_copy, path)
        path.with_name(path.name + ".md5").write_bytes(sums)
        return self._note(path)

    def _download(self, url: str, partial_copy: Path) -> None:
        """Fetch on from where a broken try was; what the service does not give in part is fetched anew."""
        have = partial_copy.stat().st_size if partial_copy.exists() else 0
        headers = {"Range": f"bytes={have}-"} if have else {}
        try:
            with self._session.get(url, headers=headers, timeout=(CONNECT, SILENCE), stream=True) as response:
                if response.status_code == requests.codes.requested_range_not_satisfiable:
                    partial_copy.unlink(missing_ok=True)
                    raise AgainError("the part that is here is longer than the file")
                _check(response)
                resumed = response.status_code == requests.codes.partial_content
                with partial_copy.open("ab" if resumed else "wb") as handle:
                    for chunk in response.raw.stream(CHUNK, decode_content=False):
                        handle.write(chunk)
                    handle.flush()
                    os.fsync(handle.fileno())
                _check_length(response, partial_copy.stat().st_size - (have if resumed else 0))
        except (requests.RequestException, HTTPError, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None and error.filename is not None:
                raise
            raise AgainError(f"{type(error).__name__}: {error}") from None

    def _note(self, path: Path) -> InputFile:
        with path.open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
        status, name = path.stat(), str(path.relative_to(self.folder))
        row: dict[str, str | int] = {
            "name": name, "size": status.st_size, "mtime": status.st_mtime_ns, "sha256": digest,
        }  # fmt: skip
        with (self.folder / CHECKED).open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(row) + "\n")
        self._checked[name] = row
        return InputFile(path, digest, status.st_size)

    def _read_checks(self) -> Iterator[tuple[str, dict[str, str | int]]]:
        try:
            lines = (self.folder / CHECKED).read_text("utf-8").splitlines()
        except FileNotFoundError:
            return
        for line in lines:
            try:
                row = json.loads(line)
            except ValueError:  # a run was killed while it wrote
                continue
            yield row["name"], row

    # -------------------------------------------------------------------------------------------- asking

    def _get(self, url: str) -> bytes:
        try:
            response = self._session.get(url, timeout=(CONNECT, SILENCE))
        except requests.RequestException as error:
            raise AgainError(f"{type(error).__name__}: {error}") from None
        _check(response)
        return response.content

    def _patiently(self, url: str, action: Callable[[], T]) -> T:
        for attempt in range(1, TRIES + 1):
            try:
                return action()
            except AgainError as problem:
                if attempt == TRIES:
                    raise AcquireError(
                        f"{url}: could not be had, asked {TRIES} times ({problem}). What was fetched is kept; check "
                        "RESISTMINE_PUBMED_FILES_URL, or run the same command again later."
                    ) from None
                self._sleep(min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE) * random.uniform(0.5, 1.0))
        raise AssertionError("the last try returns or raises")


def _check(response: requests.Response) -> None:
    if not response.ok:
        raise AgainError(f"HTTP {response.status_code}")


def _check_length(response: requests.Response, received: int) -> None:
    promised = response.headers.get("Content-Length", "")
    if promised.isdecimal() and received < int(promised):
        raise AgainError(f"it broke off after {received} of {promised} bytes")


def _md5(path: Path) -> str | None:
    if not path.exists():
        return None
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, partial(hashlib.md5, usedforsecurity=False)).hexdigest()


def _gaps(files: Sequence[Offered]) -> Iterator[str]:
    """What is not there of the newest baseline's year between its first and last; updates go on from the baseline."""
    year = max(each.year for each in files if each.folder == FOLDERS[0])
    numbers = {each.number for each in files if each.year == year}
    for number in range(min(numbers), max(numbers) + 1):
        if number not in numbers:
            yield f"pubmed{year}n{number - year * FILES_A_YEAR:04}.xml.gz"
