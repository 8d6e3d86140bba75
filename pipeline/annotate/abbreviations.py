"""Abbreviations that a document defines for itself, by scispaCy's detector (Schwartz & Hearst 2003)."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from spacy.errors import filter_warning
from spacy.language import Language

from pipeline.lexicon.selected import noun_after
from pipeline.model import Document

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from scispacy.abbreviation import AbbreviationDetector

filter_warning("ignore", error_msg="[W036]")  # said of every paragraph without a definition
LONGEST_PARAGRAPH = 20_000
BRACKET = re.compile(r"[\s)]*(?:\([^()]*\)\s*)?")  # between a long form and the noun that it goes with


class AbbreviationReader:
    """Reads the definitions of a document: ``epithelial-mesenchymal transition (EMT)``."""

    def __init__(self, nlp: Language) -> None:
        self._nlp = nlp
        self._detector = AbbreviationDetector(nlp)

    def read(self, document: Document) -> Mapping[str, str]:
        """Short form → long form as first defined in ``document``."""
        found: dict[str, str] = {}
        for section in document.sections:
            if section.kind in ("table", "other_abstract", "other_title"):
                continue
            for paragraph in section.text.split("\n"):
                if "(" in paragraph and len(paragraph) <= LONGEST_PARAGRAPH:
                    for short, long in self._definitions(paragraph):
                        found.setdefault(short, long)
        return MappingProxyType(found)

    def _definitions(self, paragraph: str) -> Iterator[tuple[str, str]]:
        doc = self._detector(self._nlp(paragraph))
        for abbreviation in doc._.abbreviations:
            long = abbreviation._.long_form
            behind = BRACKET.match(paragraph, long.end_char)
            yield abbreviation.text, long.text + noun_after(long.text, paragraph[behind.end() if behind else 0 :])
