"""Read a text in a test as the program reads it. The reader is built once: it takes a second."""

from __future__ import annotations

from functools import cache

from pipeline.article import Reader
from pipeline.model import Article, Document, Section, Source


@cache
def reader(*, screened: bool = True) -> Reader:
    """The reader as shipped: no model, no ledger but our own."""
    return Reader(screened=screened)


def document(*sections: tuple[str, str]) -> Document:
    """A document of (kind, text) sections."""
    return Document("text:test", Source.TEXT, "", tuple(Section(kind, text) for kind, text in sections))


def read(text: str, kind: str = "abstract") -> Article:
    """What the program makes of ``text``."""
    return reader().read(document((kind, text)))


def labels(text: str, kind: str = "abstract") -> list[tuple[str, str]]:
    """(label of the claim, stance) of each evidence in ``text``."""
    return [(each.claim.label, each.match.stance.value) for each in read(text, kind).evidence]


def names(text: str) -> dict[str, str | None]:
    """Every name in ``text`` as written → what it was taken for (None: nothing)."""
    article = reader(screened=False).names(document(("abstract", text)))
    return {
        mention.text: mention.grounding.entity.name if mention.grounding else None
        for sentence in article.sentences
        for mention in sentence.mentions
    }
