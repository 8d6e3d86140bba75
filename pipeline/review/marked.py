"""The Markdown that people write in prose, read: CommonMark with tables, and our citations as tokens of their own.

Raw HTML is text, and pictures are not fetched: a document must stand alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from pipeline.review.prose import CITATION

COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


@lru_cache(maxsize=1)
def parser() -> MarkdownIt:
    """The parser; the token of a citation is ``citation``, with what it names in ``info`` and ``content``."""
    made = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")
    made.inline.ruler.before("link", "citation", _citation)
    return made


def _citation(state: StateInline, silent: bool) -> bool:
    match = CITATION.match(state.src, state.pos)
    if not match:
        return False
    if not silent:
        token = state.push("citation", "", 0)
        token.info, token.content = match[1], match[2]
    state.pos = match.end()
    return True


def tokens(text: str) -> Sequence[Token]:
    """The tokens of prose; comments, which no reader of Markdown shows, are left out."""
    return parser().parse(COMMENT.sub("", text))
