"""Not more requests a second than a service allows, whichever processes of this machine send them."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pipeline.errors import AcquireError
from pipeline.text import digest

MARGIN = 1.1  # requests that leave evenly do not arrive so
STALE = 300.0  # seconds; a slot further ahead was given before the machine was started anew


class Limiter:
    """Gives each request a slot, one interval after the last, by way of a small file that processes share.

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
        self._path = (folder or _shared_folder()) / f"slots-{digest(name)}"
        self._clock, self._sleep = clock, sleep

    def wait(self) -> None:
        """Sleep until the next free slot."""
        slot = self._book(self.interval, pause=0.0)
        self._sleep(max(slot - self._clock(), 0.0))

    def pause(self, seconds: float) -> None:
        """Nobody sends anything for ``seconds``: the service has said that it is too much."""
        self._book(0.0, pause=seconds)

    def _book(self, interval: float, *, pause: float) -> float:
        with self._path.open("a+") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            handle.seek(0)
            now, free = self._clock(), _number(handle.read())
            slot = max(now + pause, free if free < now + STALE else now)
            handle.truncate(0)
            handle.write(repr(slot + interval))
            handle.flush()
        return slot


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:  # a new file, or one that a full disk has cut
        return 0.0


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
