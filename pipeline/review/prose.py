"""Prose that people write, in marks of Markdown comments, kept byte for byte; and the references inside it.

A block stands between ``<!-- prose NAME -->`` and ``<!-- /prose -->``, each on a line of its own. Inside it
``{{claim:ID}}``, ``{{table:NAME}}`` and ``{{paper:ID}}`` name what it rests on. In a Markdown file that we wrote, such
a citation is followed by how it reads there, in marks that are taken away again: what people wrote is not changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import KnowledgeError
from pipeline.text import digest

OPENING = re.compile(r"^<!-- prose ([\w][\w.+-]*)(?: ([0-9a-f]{16}))? -->[ \t]*\r?\n", re.MULTILINE)
ENDING = re.compile(r"^<!-- /prose -->[ \t]*\r?$", re.MULTILINE)
CITATION = re.compile(r"\{\{(claim|table|paper):([^{}\s]+)\}\}")
SHOWN = re.compile(r"<!--(\{\{(?:claim|table|paper):[^{}\s]+\}\})-->.*?<!--/-->", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a file: its name, its bytes as text, and the digest that we wrote beside it (None: we did not)."""

    name: str
    text: str
    written: str | None
    start: int
    end: int


def seal(text: str) -> str:
    """What a block was when we wrote it: how a change by a person is told."""
    return digest(text)


def read_prose(path: Path) -> tuple[Block, ...]:
    """The blocks of a file; none where there is no file.

    Raises:
        KnowledgeError: it is no UTF-8, a block is not closed, or a name stands twice.
    """
    if not path.exists():
        return ()
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KnowledgeError(str(path), 1, f"cannot be read ({error})", "Save it as UTF-8.") from None
    return tuple(blocks(str(path), text))


def blocks(file: str, text: str) -> Iterator[Block]:
    """The blocks of ``text``, as people wrote them."""
    seen: set[str] = set()
    at = 0
    while opening := OPENING.search(text, at):
        row = text.count("\n", 0, opening.start()) + 1
        name, ending = opening[1], ENDING.search(text, opening.end())
        following = OPENING.search(text, opening.end())
        if not ending or (following and following.start() < ending.start()):
            raise KnowledgeError(file, row, f"prose {name!r} is not closed", "Put <!-- /prose --> on a line after it.")
        if name in seen:
            raise KnowledgeError(file, row, f"a second prose {name!r}", "Give it another name; nothing was written.")
        seen.add(name)
        yield Block(name, as_written(text[opening.end() : ending.start()]), opening[2], opening.end(), ending.start())
        at = ending.end()


def as_written(text: str) -> str:
    """``text`` without how its citations read."""
    return SHOWN.sub(lambda match: match[1], text)


def as_shown(text: str, reads: Callable[[str, str], str]) -> str:
    """``text`` with how its citations read behind each; :func:`as_written` gives it back."""
    return CITATION.sub(lambda match: f"<!--{match[0]}-->{reads(match[1], match[2])}<!--/-->", text)


def citations(text: str) -> tuple[tuple[str, str], ...]:
    """(what, id) of everything that ``text`` names."""
    return tuple(dict.fromkeys((match[1], match[2]) for match in CITATION.finditer(text)))


def in_marks(name: str, text: str, shown: str | None = None) -> str:
    """A block in its marks. A last line that is not ended is: the mark needs a line of its own."""
    body = text if shown is None else shown
    return f"<!-- prose {name} {seal(text)} -->\n{_ended(body)}<!-- /prose -->"


def put(text: str, changed: Mapping[str, str], file: str) -> str:
    """``text`` with the bytes of these blocks exchanged, and new blocks at its end; all else is as it was."""
    found = list(blocks(file, text)) if text else []
    for block in reversed([each for each in found if each.name in changed]):
        body = changed[block.name]
        text = text[: block.start] + _ended(body) + text[block.end :]
    new = [name for name in changed if name not in {each.name for each in found}]
    return text + "".join(f"{chr(10) if text else ''}{_plain(name, changed[name])}\n" for name in new)


def _plain(name: str, text: str) -> str:
    return f"<!-- prose {name} -->\n{_ended(text)}<!-- /prose -->"


def _ended(text: str) -> str:
    return text if text.endswith("\n") or not text else text + "\n"


def merged(own: Mapping[str, str], found: Iterable[Block]) -> tuple[dict[str, str], dict[str, str]]:
    """What people changed in a file that we wrote: blocks to take up, and those changed at both places.

    The second are given a name of their own, so that nothing is lost.
    """
    taken, both = {}, {}
    for block in found:
        mine = own.get(block.name, "")
        if block.text == mine or (block.written and seal(block.text) == block.written):
            continue
        if not mine.strip() or (block.written and seal(mine) == block.written):
            taken[block.name] = block.text
        else:
            both[f"{block.name}.{seal(block.text)[:6]}"] = block.text
    return taken, both
