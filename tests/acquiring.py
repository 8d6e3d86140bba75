"""Acquire in a test as the program does, from the NCBI of this machine, without its waiting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipeline.article import Reader
from pipeline.nightly import Outcome, acquire, run_nights
from pipeline.sources.http import Http, Patience
from pipeline.sources.limiter import Limiter
from pipeline.sources.pubmed import Account, PubMed
from pipeline.topics import Topic
from tests import reading
from tests.ingesting import Desk
from tests.ncbi import Ncbi

QUICK = Patience(first=0.001, longest=0.01, connect=2.0, silence=2.0)
UNLIMITED = 1_000_000


@dataclass(frozen=True)
class Library(Desk):
    """A desk that is connected to NCBI."""

    ncbi: Ncbi = field(default_factory=Ncbi)
    told: list[str] = field(default_factory=list)

    def acquire(self, *, reader: Reader | None = None, **asked: Any) -> Outcome:
        return acquire(
            self.settings, command="test", tell=self.told.append, reader=reader or reading.reader(), patience=QUICK,
            **asked,
        )  # fmt: skip

    def night(self, *topics: Topic, reader: Reader | None = None) -> Outcome:
        return run_nights(
            self.settings, topics, tell=self.told.append, reader=reader or reading.reader(), patience=QUICK
        )

    def not_given(self) -> list[tuple[Any, ...]]:
        """(document, reason) of what a source did not give."""
        return self.ask("SELECT document_id, reason FROM rejections WHERE stage = 'acquire' ORDER BY ALL")

    def watermarks(self) -> list[tuple[Any, ...]]:
        return self.ask("SELECT topic, entered::VARCHAR, changed::VARCHAR FROM watermarks ORDER BY ALL")


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    """NCBI without limits, and a program that keeps to none."""
    for name in ("WITHOUT_KEY", "WITH_KEY", "BUCKET"):
        monkeypatch.setattr(f"pipeline.acquire.{name}", UNLIMITED)
    ncbi = Ncbi()
    ncbi.per_second = None
    with ncbi.running():
        yield Library(tmp_path, ncbi.settings, ncbi)


def client(ncbi: Ncbi, folder: Path, *, account: Account | None = None, secrets: Sequence[str] = ()) -> PubMed:
    """E-utilities of ``ncbi`` without waiting."""
    limiter = Limiter("test", UNLIMITED, folder=folder)
    http = Http({}, default=lambda host: limiter, patience=QUICK, secrets=tuple(secrets))
    return PubMed(http, f"{ncbi.root}eutils/", account)
