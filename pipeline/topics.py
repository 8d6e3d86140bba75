"""Topics: searches that people have saved, in ``topics.tsv`` of their home."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import KnowledgeError, StoreError, UsageError

FILE = "topics.tsv"
YES = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class Topic:
    """A saved search; ``full_text``: whether open full texts are fetched as well; ``added`` a day."""

    name: str
    query: str
    full_text: bool
    added: str


COLUMNS = tuple(each.name for each in fields(Topic))


def read_topics(home: Path) -> list[Topic]:
    """The topics in the order in which they were added; none where there is no file.

    Raises:
        KnowledgeError: a row is not well-formed.
    """
    path = home / FILE
    if not path.exists():
        return []
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise KnowledgeError(str(path), 1, f"cannot be read ({error})", "Expected: UTF-8 text; mend it.") from None
    if not lines or tuple(lines[0].split("\t")) != COLUMNS:
        raise KnowledgeError(str(path), 1, "no header", f"Expected, separated by tabs: {' '.join(COLUMNS)}.")
    topics: list[Topic] = []
    for number, line in enumerate(lines[1:], start=2):
        if line.strip():
            topic = _topic(path, number, line.split("\t"))
            if topic.name in {each.name for each in topics}:
                raise KnowledgeError(str(path), number, f"a second topic {topic.name!r}", "Give it another name.")
            topics.append(topic)
    return topics


def _topic(path: Path, number: int, cells: list[str]) -> Topic:
    if len(cells) != len(COLUMNS):
        raise KnowledgeError(str(path), number, f"{len(cells)} cells", f"Expected: {len(COLUMNS)}, separated by tabs.")
    name, query, full_text, added = (each.strip() for each in cells)
    if not name or not query or full_text not in YES:
        raise KnowledgeError(str(path), number, "no name, no query, or full_text is not yes or no", "Mend the row.")
    return Topic(name, query, YES[full_text], added)


def add_topic(home: Path, name: str, query: str, *, full_text: bool) -> Topic:
    """Add a topic at the end of the file.

    Raises:
        UsageError: the name is taken, or name or query cannot be used.
        StoreError: the file cannot be written.
    """
    name, query = name.strip(), " ".join(query.split())
    if not name or not query or "\t" in name or "\n" in name:
        raise UsageError("topic add: a topic needs a name on one line and a query. Give both.")
    topics = read_topics(home)
    if any(each.name == name for each in topics):
        raise UsageError(f"topic add: there is a topic {name!r} already. Choose another name, or edit {home / FILE}.")
    topic = Topic(name, query, full_text, f"{datetime.now(UTC):%Y-%m-%d}")
    _write(home / FILE, [*topics, topic])
    return topic


def _write(path: Path, topics: list[Topic]) -> None:
    rows = [(each.name, each.query, "yes" if each.full_text else "no", each.added) for each in topics]
    fresh = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text("".join("\t".join(row) + "\n" for row in (COLUMNS, *rows)), "utf-8")
        os.replace(fresh, path)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror}). Set RESISTMINE_HOME elsewhere.") from None


def chosen(home: Path, names: list[str]) -> list[Topic]:
    """The topics with these names; all without names.

    Raises:
        UsageError: there is none, or none of such a name.
    """
    topics = read_topics(home)
    if not topics:
        raise UsageError("nightly: there are no topics yet. Add one: resistmine topic add NAME --query QUERY")
    known = {each.name: each for each in topics}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageError(f"nightly --topic: there is no topic {unknown[0]!r}. There are: {', '.join(known)}.")
    return [known[name] for name in names] or topics
