"""Tables, upgrades and views, from the SQL files of ``schemas/``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files

import duckdb

from pipeline.errors import KnowledgeError, StoreError
from pipeline.text import digest

VERSION = 7
COLUMN = re.compile(r"^-- @(?P<name>\w+)\s+(?P<comment>.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class View:
    """A promised view: its SELECT, what a row of it is, and what each column is."""

    name: str
    select: str
    comment: str
    columns: tuple[tuple[str, str], ...]


def parse_view(name: str, content: str) -> View:
    """A file of ``schemas/views``: a sentence, a line ``-- @column  what`` for each column, a SELECT.

    Raises:
        KnowledgeError: no sentence, or no SELECT.
    """
    first, _, _ = content.partition("\n")
    lines = [line for line in content.splitlines() if not line.startswith("--")]
    select = "\n".join(lines).strip()
    if not first.startswith("-- ") or not select:
        raise KnowledgeError(f"{name}.sql", 1, "no sentence or no SELECT", "Say what a row is, then select it.")
    columns = tuple((match["name"], match["comment"].strip()) for match in COLUMN.finditer(content))
    return View(name, select, first.removeprefix("-- "), columns)


def shipped_views() -> Iterator[View]:
    """The views of the interface."""
    for item in sorted((files("schemas") / "views").iterdir(), key=lambda each: each.name):
        if item.name.endswith(".sql"):
            yield parse_view(item.name.removesuffix(".sql"), item.read_text(encoding="utf-8"))


def shipped_upgrades() -> dict[int, str]:
    """SQL that brings a database to the version that the file is named after (``0002.sql``)."""
    folder = files("schemas") / "upgrades"
    return {
        int(item.name.removesuffix(".sql")): item.read_text(encoding="utf-8")
        for item in folder.iterdir()
        if item.name.endswith(".sql")
    }


def prepare(
    connection: duckdb.DuckDBPyConnection, *, version: int = VERSION, upgrades: dict[int, str] | None = None
) -> None:
    """Make the tables of a new database, or bring those of an older one up to ``version``; then make the views.

    All of it, or nothing.

    Raises:
        StoreError: the database is of a newer version than this program, or there is no way from its version.
    """
    found = schema_version(connection)
    if found is not None and found > version:
        raise StoreError(
            f"the database is of schema version {found}, this program knows {version}. Use the newer program, "
            "or ingest into a new output folder."
        )
    connection.execute("BEGIN")
    try:
        if found is None:
            connection.execute((files("schemas") / "tables.sql").read_text(encoding="utf-8"))
        else:
            _upgrade(connection, found, version, shipped_upgrades() if upgrades is None else upgrades)
        write_meta(connection, "schema_version", str(version))
        _make_views(connection, list(shipped_views()))
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _upgrade(connection: duckdb.DuckDBPyConnection, found: int, wanted: int, upgrades: dict[int, str]) -> None:
    for step in range(found + 1, wanted + 1):
        if step not in upgrades:
            raise StoreError(f"no upgrade from schema version {step - 1} to {step}. Ingest into a new output folder.")
        connection.execute(upgrades[step])


def made_by_us(version: str | None, views: str | None) -> bool:
    """Whether a database whose ``meta`` says so has the tables and the views of this program."""
    return version == str(VERSION) and views == _digest_of(list(shipped_views()))


def _digest_of(views: Sequence[View]) -> str:
    return digest(*map(repr, views))


def _make_views(connection: duckdb.DuckDBPyConnection, views: Sequence[View]) -> None:
    """Make the views anew, unless they are as they were made last."""
    made = _digest_of(views)
    there = {row[0] for row in connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()}
    if read_meta(connection, "views") != made or there != {view.name for view in views}:
        for view in _in_order(views):
            _make_view(connection, view)
        write_meta(connection, "views", made)


def _in_order(views: Sequence[View]) -> list[View]:
    """Each view after those that it reads."""
    ordered: list[View] = []
    waiting = list(views)
    while waiting:
        ready = [
            view
            for view in waiting
            if not any(other is not view and re.search(rf"\b{other.name}\b", view.select) for other in waiting)
        ] or waiting
        ordered += ready
        waiting = [view for view in waiting if view not in ready]
    return ordered


def _make_view(connection: duckdb.DuckDBPyConnection, view: View) -> None:
    connection.execute(f"CREATE OR REPLACE VIEW {view.name} AS {view.select}")
    comments = [f"COMMENT ON VIEW {view.name} IS {_quoted(view.comment)}"]
    comments += [f"COMMENT ON COLUMN {view.name}.{column} IS {_quoted(comment)}" for column, comment in view.columns]
    connection.execute("; ".join(comments))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def schema_version(connection: duckdb.DuckDBPyConnection) -> int | None:
    """The version of a database; None for an empty one."""
    value = read_meta(connection, "schema_version")
    return int(value) if value else None


def read_meta(connection: duckdb.DuckDBPyConnection, key: str) -> str | None:
    """A value of the ``meta`` table; None where there is none, or no such table."""
    tables = connection.execute("SELECT table_name FROM duckdb_tables() WHERE table_name = 'meta'").fetchall()
    rows = connection.execute("SELECT value FROM meta WHERE key = ?", [key]).fetchall() if tables else []
    return str(rows[0][0]) if rows else None


def write_meta(connection: duckdb.DuckDBPyConnection, key: str, value: str) -> None:
    connection.execute("DELETE FROM meta WHERE key = ?", [key])
    connection.execute("INSERT INTO meta VALUES (?, ?)", [key, value])
