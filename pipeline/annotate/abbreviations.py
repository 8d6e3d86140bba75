"""Abbreviations that a document defines for itself, by scispaCy's detector (Schwartz & Hearst 2003)."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from spacy.errors import filter_warning
from spacy.language import Language

from pipeline.lexicon.selected import noun_after
from pipeline.model import Document, Mention
from pipeline.text import squash

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from scispacy.abbreviation import AbbreviationDetector

filter_warning("ignore", error_msg="[W036]")  # said of every paragraph without a definition
LONGEST_PARAGRAPH = 20_000
SHORT_FORM = re.compile(r"\s*[(\[]\s*(?P<short>[A-Za-z0-9][A-Za-z0-9/+-]{1,9})\s*[)\],;]")  # right after a name
SECOND_IN_BRACKET = re.compile(r"\s*[,;]\s*(?P<short>[A-Za-z0-9][A-Za-z0-9/+-]{1,9})\s*[)\]]")  # (Taxol, TAX)
BRACKET = re.compile(r"[\s)]*(?:\([^()]*\)\s*)?")  # between a long form and the noun that it goes with


class AbbreviationReader:
    """Reads the definitions of a document: ``epithelial-mesenchymal transition (EMT)``."""

    def __init__(self, nlp: Language) -> None:
        self._nlp = nlp
        self._detector = AbbreviationDetector(nlp)

    def read(self, document: Document) -> Mapping[str, str]:
        """Short form → long form as first defined in ``document``."""
        found: dict[str, str] = {}
        for paragraph in _paragraphs(document):
            for short, long in self._definitions(paragraph):
                found.setdefault(short, long)
        return MappingProxyType(found)

    def _definitions(self, paragraph: str) -> Iterator[tuple[str, str]]:
        doc = self._detector(self._nlp(paragraph))
        for abbreviation in doc._.abbreviations:
            long = abbreviation._.long_form
            behind = BRACKET.match(paragraph, long.end_char)
            yield abbreviation.text, long.text + noun_after(long.text, paragraph[behind.end() if behind else 0 :])


def defined_names(document: Document, find: Callable[[str], Iterable[Mention]]) -> Iterator[tuple[str, str]]:
    """Short forms in brackets behind a name that has their letters in their order: ``O6-benzylguanine (BG)``.

    Args:
        document: where to look.
        find: finds the names of a text.
    """
    for paragraph in _paragraphs(document):
        for mention in find(paragraph):
            inside = paragraph[: mention.start].rstrip().endswith(("(", "["))
            bracket = (SECOND_IN_BRACKET if inside else SHORT_FORM).match(paragraph, mention.end)
            short = bracket["short"] if bracket else ""
            if mention.kind and not short.islower() and _has_letters_of(mention.text, short):
                yield short, mention.text


def _has_letters_of(long: str, short: str) -> bool:
    """Whether ``long`` has the letters and digits of ``short`` in that order, and more of its own."""
    left = iter(squash(long))
    letters = squash(short)
    return 1 < len(letters) < len(squash(long)) and all(each in left for each in letters)


def _paragraphs(document: Document) -> Iterator[str]:
    """Paragraphs of running text that have a bracket."""
    for section in document.sections:
        if section.kind not in ("table", "other_abstract", "other_title"):
            paragraphs = section.text.split("\n")
            yield from (each for each in paragraphs if "(" in each and len(each) <= LONGEST_PARAGRAPH)
