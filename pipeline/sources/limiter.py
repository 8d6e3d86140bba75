"""Not more requests a second than a service allows, whichever processes of this machine send them."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import AcquireError
from pipeline.text import digest

MARGIN = 1.1  # slots are this much further apart than the limit asks for
SECOND = 1.05  # a second of the service's clock, with something to spare
WATCHED = 100  # requests a second; who allows more does not count them
STALE = 300.0  # seconds; a slot further ahead was given before the machine was started anew


class Limiter:
    """Gives each request a slot, one interval after the last, by way of a small file that processes share.

    Requests that leave evenly need not arrive so: none leaves within a second of the answer to the one that is as many
    before it as the limit allows (:meth:`answered`).

    Args:
        name: who is asked; requests under one name share one limit.
        per_second: the limit.
        folder: where the file lies; one for each user in the folder for temporary files, since a service counts the
            requests of a machine and not those of an output folder.
    """

    def __init__(
        self,
        name: str,
        per_second: float,
        *,
        folder: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.interval = MARGIN / per_second
        self._at_once = max(int(per_second), 1) if per_second <= WATCHED else 0
        self._path = (folder or _shared_folder()) / f"slots-{digest(name)}"
        self._clock, self._sleep = clock, sleep

    def wait(self) -> None:
        """Sleep until the next free slot."""
        with self._shared() as slots:
            now, free = self._clock(), slots.free
            if not free < now + STALE:
                free, slots.answers = now, []
            full = self._at_once and len(slots.answers) == self._at_once
            slot = max(now, free, slots.answers[0] + SECOND if full else now)
            slots.free = slot + self.interval
        self._sleep(max(slot - self._clock(), 0.0))

    def answered(self) -> None:
        """A request has arrived, at the latest now, since there is an answer to it."""
        if not self._at_once:
            return
        with self._shared() as slots:
            slots.answers = [*slots.answers, self._clock()][-self._at_once :]

    def pause(self, seconds: float) -> None:
        """Nobody sends anything for ``seconds``: the service has said that it is too much."""
        with self._shared() as slots:
            now = self._clock()
            slots.free = max(now + seconds, slots.free if slots.free < now + STALE else now)

    @contextmanager
    def _shared(self) -> Iterator[_Slots]:
        """What all processes know, for reading and writing."""
        with self._path.open("a+") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            handle.seek(0)
            slots = _read(handle.read())
            yield slots
            handle.truncate(0)
            handle.write(" ".join(map(repr, (slots.free, *slots.answers))))
            handle.flush()


@dataclass(slots=True)
class _Slots:
    """When the next request may leave, and when the last ones were answered."""

    free: float = 0.0
    answers: list[float] = field(default_factory=list)


def _read(text: str) -> _Slots:
    try:
        numbers = [float(each) for each in text.split()]
    except ValueError:  # a file that a full disk has cut
        numbers = []
    return _Slots(numbers[0], numbers[1:]) if numbers else _Slots()


def _shared_folder() -> Path:
    folder = Path(tempfile.gettempdir()) / f"resistmine-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        ours = folder.stat().st_uid == os.getuid()
    except OSError as error:
        raise AcquireError(f"{folder}: cannot be made ({error.strerror}). Set TMPDIR to a folder of yours.") from None
    if not ours:
        raise AcquireError(f"{folder}: belongs to somebody else. Set TMPDIR to a folder of yours.")
    return folder
