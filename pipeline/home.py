"""Writing what people made: whole or not at all, after a copy of it as it was is in ``backups/``."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import StoreError

BACKUPS = "backups"


def write_whole(own: Path, text: str, *, back_up: bool = True) -> None:
    """Write a file of RESISTMINE_HOME; without ``back_up`` what was in it is not kept.

    Raises:
        StoreError: it cannot be written; it is as it was.
    """
    partial = own.with_name(f"{own.name}.part")
    try:
        own.parent.mkdir(parents=True, exist_ok=True)
        if back_up and own.exists():
            _back_up(own)
        with partial.open("w", encoding="utf-8", newline="") as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(partial, own)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise StoreError(f"{own}: cannot be written ({error.strerror}). Nothing has changed; mend that.") from error


def _back_up(own: Path) -> None:
    folder = own.parent / BACKUPS
    folder.mkdir(exist_ok=True)
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%S}"
    names = (f"{own.stem}-{stamp}{suffix}{own.suffix}" for suffix in ("", *(f"-{each:03}" for each in range(1, 1000))))
    shutil.copy2(own, next(folder / name for name in names if not (folder / name).exists()))
