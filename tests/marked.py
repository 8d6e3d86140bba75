"""Sentences in markup, as the examples of rules are written: ``[T790M](variant) confers resistance``."""

from __future__ import annotations

import re
from functools import lru_cache

from pipeline.annotate.numbers import find_quantities
from pipeline.annotate.sentences import SentenceSplitter
from pipeline.annotate.tokenizer import blank
from pipeline.model import Document, Entity, Grounding, Kind, Mention, Section, Sentence, Source, Token

MARKUP = re.compile(r"\[([^\]]+)\]\(([a-z_]+)\)")


@lru_cache(maxsize=1)
def _tools() -> tuple[SentenceSplitter, object]:
    return SentenceSplitter(), blank()


def unmark(text: str) -> tuple[str, tuple[Mention, ...]]:
    """The text without markup, and the marked names with offsets into it, grounded to themselves."""
    plain, mentions, position = "", [], 0
    for match in MARKUP.finditer(text):
        plain += text[position : match.start()]
        kind = Kind(match[2])
        grounding = Grounding(Entity(None, match[1], kind), "marked")
        mentions.append(Mention(len(plain), len(plain) + len(match[1]), match[1], kind, "lexicon", None, grounding))
        plain += match[1]
        position = match.end()
    return plain + text[position:], tuple(mentions)


def read_marked(text: str, kind: str = "abstract") -> tuple[Document, list[Sentence]]:
    """A document of one section, and its sentences with tokens and the marked names."""
    plain, mentions = unmark(text)
    splitter, nlp = _tools()
    document = Document("text:marked", Source.TEXT, "", (Section(kind, plain),))
    sentences = []
    for start, end in splitter.split(plain, 0, len(plain)):
        tokens = tuple(
            Token(start + token.idx, start + token.idx + len(token), token.text)
            for token in nlp(plain[start:end])  # type: ignore[operator]
            if not token.is_space
        )
        inside = tuple(mention for mention in mentions if start <= mention.start < end)
        sentences.append(Sentence(0, start, end, plain[start:end], tokens, inside, find_quantities(plain[start:end])))
    return document, sentences
