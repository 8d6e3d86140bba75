"""Cells named by what they were selected with: "letrozole-resistant clones", in this document LR.

They have no identifier and no name of their own; what they are is told by a drug, a word of response and a noun.
"""

from __future__ import annotations

import re

from pipeline.model import Entity, Kind

# adjectives that say of which cells or tumours a document speaks, but not that it speaks of cells or tumours
RESPONSE = re.compile(
    r"(?P<drug>\S.*?)[-‑– ]?"
    r"(?P<response>(?:non-?)?(?:resistant|sensitive|tolerant|refractory|adapted|deprived|responsive))",
    re.IGNORECASE,
)
CELLS = r"cells?(?: (?:clones?|(?:sub-?)?lines?|variants?))?|clones?|(?:sub)?lines?|sublines?|sub-?clones?"
TUMOURS = r"xenografts?|organoids?|tumou?rs?|models?|PDXs?"
NOUN = re.compile(rf"(?P<before>(?:[A-Za-z0-9][\w/-]* ){{0,3}}?)(?P<noun>(?P<cells>{CELLS})|{TUMOURS})\b")


def noun_after(long: str, text: str) -> str:
    """What the words right behind a definition (``text``) add to ``long`` if that is an adjective: cell clones."""
    found = NOUN.match(text) if RESPONSE.fullmatch(long) else None
    return f" {found.group()}" if found else ""


def is_of_cells(text: str) -> bool:
    """Whether ``text``, right behind a name, begins with a noun for cells or what they grow to."""
    found = NOUN.match(text)
    return bool(found and not found["before"])


def split_response(long: str) -> tuple[str, str, Kind] | None:
    """A long form as the drug, the word of response with its noun, and the kind: letrozole, resistant clones, cells."""
    words = long.split(" ")
    for count in range(1, min(len(words), 6)):
        adjective, rest = RESPONSE.fullmatch(" ".join(words[:count])), NOUN.fullmatch(" ".join(words[count:]))
        if adjective and rest:
            kind = Kind.CELL_LINE if rest["cells"] else Kind.MODEL
            called = f"{adjective['response'].lower()} {rest['before']}{_plural(rest['noun'])}"
            return adjective["drug"], called, kind
    return None


def _plural(noun: str) -> str:
    """One noun for all uses: ``cell clones`` → ``clones``, ``cell line`` → ``cell lines``."""
    bare = re.sub(r"^cells? (?=clone|subline|variant)", "", noun)
    return bare if bare.endswith("s") else f"{bare}s"


def selected(drug: Entity, called: str, kind: Kind) -> Entity:
    """The entity: it has a name that tells what it is, and no identifier."""
    return Entity(None, f"{drug.name}-{called}", kind)
