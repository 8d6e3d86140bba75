"""Asking a service until it gives an answer that can be used, politely, and saying so when it does not.

An answer is used only when ``read`` has read it whole: services cut bodies off, answer errors, other people's pages or
nothing at all with status 200, and a reply that merely arrived is not yet an answer.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from pipeline.errors import AcquireError, MalformedReplyError, RefusedError
from pipeline.sources.limiter import Limiter
from pipeline.text import one_line

T = TypeVar("T")
CHUNK = 1 << 16
LARGEST = 1 << 30  # bytes of a reply
SHOWN = 120  # characters of a reply that a message quotes
AGENT = "resistmine"


@dataclass(frozen=True, slots=True)
class Call:
    """One request: to whom (for messages), where, and what is posted (None: GET)."""

    service: str
    url: str
    data: bytes | None = None

    @property
    def place(self) -> str:
        """The address without what was asked, which may be long and hold a key."""
        return self.url.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a question is asked again, and how long is waited: seconds, doubled each time, jittered, capped."""

    tries: int = 8
    tries_unreachable: int = 4
    tries_refused: int = 3
    first: float = 0.5
    longest: float = 20.0
    connect: float = 10.0
    silence: float = 60.0
    whole: float = 600.0

    def pause(self, attempt: int, *, at_least: float = 0.0) -> float:
        """How long to wait after the ``attempt``-th try (from 1)."""
        wanted = min(self.first * 2 ** (attempt - 1), self.longest)
        return float(max(wanted * random.uniform(0.5, 1.0), min(at_least, self.longest)))


class BadReplyError(Exception):
    """This reply is no answer; another may be.

    ``malformed``: it is of the right kind but broken. ``busy``: the service says that it is asked too often.
    """

    def __init__(
        self, words: str, *, malformed: bool = False, busy: bool = False, tries: int | None = None, after: float = 0.0
    ) -> None:
        super().__init__(words)
        self.malformed, self.busy, self.tries, self.after = malformed, busy, tries, after


class NotThereError(Exception):
    """The service says 404."""


class Http:
    """A client for some services, with a limit of requests a second for each host.

    Args:
        limiters: by host and port; other hosts get ``default``.
        default: the limit of the others.
        secrets: texts that no message and no log may hold.
        patience: how often and how long.
    """

    def __init__(
        self,
        limiters: Mapping[str, Limiter],
        *,
        default: Callable[[str], Limiter] = lambda host: Limiter(host, 10),
        secrets: tuple[str, ...] = (),
        patience: Patience | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._limiters = dict(limiters)
        self._default = default
        self._secrets = tuple(each for each in secrets if each)
        self._patience = patience or Patience()
        self._sleep = sleep
        self._session = requests.Session()
        self._session.headers["User-Agent"] = AGENT
        self.requests = 0
        logging.getLogger("urllib3.connectionpool").addFilter(self._without_secrets)

    def ask(self, call: Call, read: Callable[[bytes], T]) -> T:
        """What ``read`` makes of the reply; it raises :class:`BadReplyError` for one that must be asked for again.

        Raises:
            NotThereError: there is nothing at this address.
            MalformedReplyError: the service answers, but never with something that can be read.
            AcquireError: any other lasting trouble.
        """
        limiter = self._limiter(call.url)
        for attempt in range(1, self._patience.tries + 1):
            limiter.wait()
            self.requests += 1
            try:
                return read(self._sent(limiter, call))
            except BadReplyError as problem:
                if attempt >= min(problem.tries or self._patience.tries, self._patience.tries):
                    raise self._given_up(call, attempt, problem) from None
                pause = self._patience.pause(attempt, at_least=problem.after)
                if problem.busy:
                    limiter.pause(pause)
                self._sleep(pause)
        raise AssertionError("the last try returns or raises")

    def _sent(self, limiter: Limiter, call: Call) -> bytes:
        try:
            return self._send(call)
        finally:
            limiter.answered()

    def _limiter(self, url: str) -> Limiter:
        host = urlsplit(url).netloc
        if host not in self._limiters:
            self._limiters[host] = self._default(host)
        return self._limiters[host]

    def _given_up(self, call: Call, attempts: int, problem: BadReplyError) -> AcquireError:
        kind = RefusedError if problem.tries == 1 else AcquireError
        kind = MalformedReplyError if problem.malformed else kind
        times = "once" if attempts == 1 else f"{attempts} times"
        return kind(
            self.redacted(
                f"{call.place}: no usable answer, asked {times} ({problem}). Nothing that was fetched is lost: mend "
                "what is named, or wait, and run the same command again."
            )
        )

    def redacted(self, text: str) -> str:
        """``text`` without what must not be told."""
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return text

    def _without_secrets(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if any(secret in text for secret in self._secrets):
            record.msg, record.args = self.redacted(text), ()
        return True

    # -------------------------------------------------------------------------------------------- one try

    def _send(self, call: Call) -> bytes:
        started = time.monotonic()
        try:
            with self._session.request(
                "GET" if call.data is None else "POST",
                call.url,
                data=call.data,
                headers={"Content-Type": "application/x-www-form-urlencoded"} if call.data is not None else None,
                timeout=(self._patience.connect, self._patience.silence),
                stream=True,
                allow_redirects=False,
            ) as response:
                content = self._body(response, started)
                self._check(response, content)
                return content
        except requests.Timeout as error:
            connecting = isinstance(error, requests.ConnectTimeout)
            words = "nobody answers" if connecting else f"silent for {self._patience.silence:g} s"
            raise BadReplyError(words, tries=self._patience.tries_unreachable) from None
        except requests.RequestException as error:
            raise BadReplyError(
                _what_happened(error), tries=self._patience.tries_unreachable if _unreachable(error) else None
            ) from None

    def _body(self, response: requests.Response, started: float) -> bytes:
        content = bytearray()
        for chunk in response.iter_content(CHUNK):
            content += chunk
            if time.monotonic() - started > self._patience.whole:
                raise BadReplyError(f"not whole after {self._patience.whole:g} s")
            if len(content) > LARGEST:
                raise BadReplyError(f"more than {LARGEST} bytes", malformed=True, tries=1)
        return bytes(content)

    def _check(self, response: requests.Response, content: bytes) -> None:
        """Raise for every status but 200."""
        status, words = response.status_code, f"HTTP {response.status_code}: {shown(content)}"
        if status == 200:
            return
        if status == 404:
            raise NotThereError
        if status == 429 or status >= 500:
            after = response.headers.get("Retry-After", "")
            seconds = float(after) if after.isdecimal() else 0.0
            raise BadReplyError(words, busy=status == 429, after=seconds)
        if 300 <= status < 400:
            raise BadReplyError(f"HTTP {status} to {response.headers.get('Location')!r}; give that address", tries=1)
        if b"API key invalid" in content:
            raise BadReplyError("NCBI refuses the API key; correct NCBI_API_KEY, or unset it", tries=1)
        raise BadReplyError(words, tries=self._patience.tries_refused)  # 400 is sometimes meant for another moment


def shown(content: bytes) -> str:
    """The beginning of a reply, for a message."""
    return repr(one_line(content[: 4 * SHOWN].decode("utf-8", "replace"), SHOWN)) if content else "an empty body"


def checked(content: bytes) -> bytes:
    """``content``, unless it is one of the things that services send instead of an answer."""
    head = content[:2000].lstrip().lower()
    if not head:
        raise BadReplyError("an empty body")
    if head.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        raise BadReplyError(f"a web page instead of data: {shown(content)}; is there a proxy or portal in between?")
    if b"api rate limit exceeded" in head:
        raise BadReplyError("API rate limit exceeded", busy=True)
    if b"unable to route request" in head or b"ncbi c++ exception" in head:
        raise BadReplyError(shown(content))
    return content


def _unreachable(error: requests.RequestException) -> bool:
    reason = error.args[0] if error.args else None
    inner = reason.reason if isinstance(reason, MaxRetryError) else reason
    return isinstance(inner, NewConnectionError | ConnectTimeoutError) or isinstance(
        error, requests.exceptions.SSLError
    )


def _what_happened(error: requests.RequestException) -> str:
    reason = error.args[0] if error.args else error
    inner = reason.reason if isinstance(reason, MaxRetryError) else reason
    words = str(inner).rpartition(": ")[2] if isinstance(inner, NewConnectionError) else str(inner)
    return f"{type(error).__name__}: {one_line(words, SHOWN)}"
