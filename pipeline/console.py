"""How the command line looks: tables, highlighted quotations, progress. Data goes to stdout, the rest to stderr."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table as RichTable
from rich.text import Text

from pipeline.store.query import Table
from pipeline.text import one_line

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)
ROLE_STYLES = {"drug": "bold cyan", "resistant_to": "bold blue", "trial": "bold blue"}
OTHER_ROLE_STYLE = "bold magenta"
PIPE_WIDTH = 200  # characters, where no terminal says how many it has
NARROWEST_COLUMN = 14


def print_table(table: Table, form: str) -> None:
    """A result on stdout as ``table``, ``csv`` or ``json`` (a list of objects)."""
    if form == "json":
        json.dump([dict(row) for row in table.dictionaries()], sys.stdout, default=_plain, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")
    elif form == "csv":
        writer = csv.writer(sys.stdout)
        writer.writerow(table.columns)
        writer.writerows([_cell(value) for value in row] for row in table.rows)
    else:
        _print_rich(table)


def wide() -> Console:
    """A console on stdout as wide as its terminal, or wide enough for tables where there is none."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)


def _print_rich(table: Table) -> None:
    console = wide()
    if console.width >= NARROWEST_COLUMN * len(table.columns):
        console.print(_as_columns(table))
    else:
        _print_records(table, console)
    err.print(f"[dim]{len(table.rows)} row{'' if len(table.rows) == 1 else 's'}[/dim]")


def _as_columns(table: Table) -> RichTable:
    shown = RichTable(show_edge=False, pad_edge=False)
    for column in table.columns:
        shown.add_column(column, overflow="fold")
    for row in table.rows:
        shown.add_row(*(Text(_shown(value)) for value in row))
    return shown


def _print_records(table: Table, console: Console) -> None:
    """Row below row, a line a column: what has many columns cannot be read side by side."""
    width = max(map(len, table.columns))
    for number, row in enumerate(table.rows, start=1):
        console.rule(f"row {number}", align="left", style="dim")
        for column, value in zip(table.columns, row, strict=True):
            console.print(Text.assemble((f"{column:<{width}}  ", "dim"), _shown(value)), soft_wrap=True)


def _shown(value: Any) -> str:
    return "" if value is None else str(_cell(value))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _cell(value: Any) -> Any:
    return json.dumps(value, default=_plain, ensure_ascii=False) if isinstance(value, list | dict) else value


def highlighted(sentence: str, offset: int, arguments: Iterable[tuple[str, int | None, int | None]]) -> Text:
    """``sentence``, which starts at ``offset`` of its section, with the words of its arguments marked by role."""
    text = Text(sentence)
    for role, start, end in arguments:
        if start is not None and end is not None:
            text.stylize(ROLE_STYLES.get(role, OTHER_ROLE_STYLE), start - offset, end - offset)
    return text


def print_pairs(pairs: Sequence[tuple[str, Any]]) -> None:
    """Names and values in two columns."""
    width = max((len(name) for name, _ in pairs), default=0)
    for name, value in pairs:
        out.print(Text.assemble((f"  {name:<{width}}  ", "dim"), str(value)))


def print_rows(title: str, rows: Sequence[Mapping[str, Any]], console: Console = out) -> None:
    """Rows as a table under its title; nothing where there are none."""
    if not rows:
        return
    table = RichTable(title=title, title_justify="left", title_style="bold", show_edge=False, pad_edge=False)
    for column in rows[0]:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*("" if value is None else one_line(str(value), 100) for value in row.values()))
    console.print()
    console.print(table)


@contextmanager
def progress(paths: Iterable[Path], what: str) -> Iterator[Callable[[int], None]]:
    """A bar over the bytes of ``paths`` on stderr; the value is a function to be told how many are done."""
    total = sum(size for path in paths if (size := _size(path)))
    columns = (TextColumn(what), BarColumn(), DownloadColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.advance(task, done)


def _size(path: Path) -> int:
    try:
        if path.is_dir():
            return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
        return path.stat().st_size
    except OSError:
        return 0
