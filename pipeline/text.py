"""Comparing names and words without touching the text they stand in.

Everything here works on copies; the text of a section is never changed.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache

GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma",
    "ς": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
}  # fmt: skip


@lru_cache(maxsize=8192)
def _folded_character(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character).casefold()
    spelled = "".join(GREEK.get(part, part) for part in folded)
    return "".join(part for part in spelled if part.isalnum())


def squash(text: str) -> str:
    """Fold a name for comparison: NFKC, case, Greek letters spelled out, everything but letters and digits dropped.

    >>> squash("TGF-β1") == squash("TGF-beta 1") == "tgfbeta1"
    True
    """
    if text.isascii():
        return "".join(filter(str.isalnum, text.lower()))
    return "".join(map(_folded_character, text))


def squash_with_offsets(text: str) -> tuple[str, list[int]]:
    """Like :func:`squash`, and for each character of the result the index in ``text`` that it comes from."""
    if text.isascii():
        offsets = [index for index, character in enumerate(text) if character.isalnum()]
        return "".join(filter(str.isalnum, text.lower())), offsets
    folded: list[str] = []
    offsets = []
    for index, character in enumerate(text):
        part = _folded_character(character)
        folded.append(part)
        offsets.extend([index] * len(part))
    return "".join(folded), offsets


_REFERENCE = r"\\?\[[\\\s]*\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*[\\\s]*\](?![\w-])"
MARKS = re.compile(
    rf"\^?\{{(?:{_REFERENCE}[,\s]*)+\}}|\^{_REFERENCE}|\[{_REFERENCE}\](?:\(\S*?\))?"
    rf"|(?<![\w-])(?<!\d ){_REFERENCE}(?:\(#?\))?"
    rf"|(?<=[a-z)%.,;:*\]’”\"]){_REFERENCE}"  # marks of references: [4][5], ^{{[1]}}, [\[3\]](#)
    r"|\*\*|__|(?<![\w*])\*(?=[^\s*\d])|(?<=[^\s*])\*(?![\w*])"  # emphasis
    r"|(?<![\w)])\[(?=[^\[\]\n]+\]\((?:#|https?:|mailto:))|(?<=[^\[\]\n])\]\((?:#|https?:|mailto:)[^)\n]*\)"  # links
)
WRAPPED = re.compile(r"(?<=[a-z,(–-])[ \t]*\n\s*(?=[a-z(])")  # a line that ends, and goes on, inside a sentence


def without_marks(text: str) -> str:
    """A copy of ``text``, as long, with spaces for what is no words: marks of references, of emphasis and of links.

    >>> without_marks("**HER2** rose.[4][5] It fell^{[6]}.")
    '  HER2   rose.       It fell      .'
    """
    if not any(sign in text for sign in "[*_"):
        return text
    return MARKS.sub(lambda match: " " * len(match.group()), text)


def unwrapped(text: str) -> str:
    """A copy of ``text``, as long, with spaces for line breaks inside sentences."""
    return WRAPPED.sub(lambda match: " " * len(match.group()), text) if "\n" in text else text


def digest(*parts: object, size: int = 16) -> str:
    """A stable digest of ``parts`` in hexadecimal (the first ``size`` characters of SHA-256)."""
    joined = "\x1f".join("" if part is None else str(part) for part in parts)
    return hashlib.sha256(joined.encode("utf-8")).hexdigest()[:size]


def sha256(content: bytes) -> str:
    """The SHA-256 of ``content`` in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def one_line(text: str, limit: int = 160) -> str:
    """``text`` on one line and not longer than ``limit`` characters, for messages and tables."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"
