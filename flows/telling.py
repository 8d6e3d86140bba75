"""What a flow shows in Prefect's pages; without a flow run nothing is shown."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.context import FlowRunContext
from prefect.logging import get_run_logger


def running() -> bool:
    """Whether Prefect runs the flow, or it was called as a function."""
    return FlowRunContext.get() is not None


def tell(text: str) -> None:
    """A line of the run's log; on stderr without a run."""
    if running():
        get_run_logger().info(text)
    else:
        print(text, file=sys.stderr)


def show_page(key: str, markdown: str) -> None:
    """A page beside the run."""
    if running():
        create_markdown_artifact(markdown, key=key)


def show_counts(key: str, counts: Mapping[str, Any]) -> None:
    """A table of names and numbers beside the run."""
    if running():
        rows = [{"what": name.replace("_", " "), "how many": value} for name, value in counts.items()]
        create_table_artifact(rows, key=key)


class Progress:
    """How far a run is."""

    def __init__(self, key: str) -> None:
        self._artifact: UUID | None = None
        if running():
            self._artifact = create_progress_artifact(0.0, key=key)  # type: ignore[assignment]

    def show(self, done: int, of: int) -> None:
        """So much of all is done."""
        if self._artifact:
            update_progress_artifact(self._artifact, progress=min(100.0 * done / of, 100.0) if of else 100.0)
