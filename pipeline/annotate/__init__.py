"""Sentences, tokens and names of a document. spaCy's objects do not leave this package."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter
from types import MappingProxyType

from pipeline.annotate.abbreviations import AbbreviationReader
from pipeline.annotate.names import Holds, NameFinder, without_overlaps
from pipeline.annotate.nlp import LanguageModels
from pipeline.annotate.numbers import find_quantities
from pipeline.annotate.sentences import SentenceSplitter, paragraphs
from pipeline.annotate.shapes import build_composites, find_shapes
from pipeline.lexicon import Lexicon, read_package_file
from pipeline.lexicon.lookup import read_abbreviation
from pipeline.lexicon.patterns import NamePatterns
from pipeline.model import Document, Kind, Mention, Section, Sentence, Token

HoldsIn = Callable[[str, str], bool]  # text of the section, name as written
DRUGS = frozenset([Kind.DRUG, Kind.DRUG_CLASS, Kind.CHEMICAL])


@dataclass(frozen=True, slots=True)
class NamedSection:
    """What a cheap first reading of a section gives: paragraphs (table: rows) and the names told without a model.

    ``mentions`` are in order and do not overlap.
    """

    index: int
    section: Section
    paragraphs: tuple[tuple[int, int], ...]
    mentions: tuple[Mention, ...]

    def inside(self, span: tuple[int, int]) -> tuple[Mention, ...]:
        """The names that stand in ``span``."""
        first = bisect_left(self.mentions, span[0], key=attrgetter("start"))
        last = bisect_left(self.mentions, span[1], lo=first, key=attrgetter("start"))
        return tuple(mention for mention in self.mentions[first:last] if mention.end <= span[1])

    def names_a_drug(self, span: tuple[int, int]) -> bool:
        """Whether a drug or a class of drugs is among them."""
        return any(mention.kind in DRUGS for mention in self.inside(span))


class Annotator:
    """Reads documents in two steps: :meth:`first_reading` for everything, :meth:`read` for what passed the screen."""

    def __init__(self, lexicon: Lexicon, patterns: NamePatterns, models: LanguageModels) -> None:
        self._lexicon = lexicon
        self._names = NameFinder(lexicon)
        self._patterns = patterns
        self._models = models
        self._not_by_models = _words_not_by_models()
        self._splitter = SentenceSplitter()
        self._abbreviations = AbbreviationReader(models.tokenizer)

    def abbreviations(self, document: Document) -> Mapping[str, str]:
        """Short form → long form, as the document defines them."""
        return self._abbreviations.read(document)

    def first_reading(
        self, document: Document, abbreviations: Mapping[str, str], holds: HoldsIn = lambda *_: True
    ) -> Iterator[NamedSection]:
        """Paragraphs and the names of lexicon, patterns and abbreviations, section by section.

        ``holds`` tells of the text of a section and a name whether a correction of that name holds there.
        """
        short_forms = ShortForms.of(abbreviations, self._lexicon)
        for index, section in enumerate(document.sections):
            pieces = tuple(_rows(section) if section.cells else paragraphs(section.text))
            yield NamedSection(
                index, section, pieces, self.names(section.text, short_forms, partial(holds, section.text))
            )

    def sentences(self, named: NamedSection, paragraph: tuple[int, int]) -> Iterator[tuple[int, int]]:
        """The spans of the sentences of a paragraph; the rows of a table are its sentences, and no name is cut."""
        if named.section.cells:
            return iter([paragraph])
        return _uncut(self._splitter.split(named.section.text, *paragraph), named.mentions)

    def names(
        self, text: str, short_forms: ShortForms | None = None, holds: Holds = lambda _: True
    ) -> tuple[Mention, ...]:
        """Names in ``text`` that need no model; composites in the place of their parts."""
        found = [
            *(short_forms.find(text) if short_forms else ()),
            *self._names.find(text, holds),
            *find_shapes(text, self._patterns.patterns),
        ]
        return build_composites(text, without_overlaps(found), self._patterns.composites)

    def read(self, named: NamedSection, spans: Sequence[tuple[int, int]]) -> Iterator[Sentence]:
        """The sentences ``spans`` of a section with tokens and with the names that the models add."""
        for span, text, by_models in self._asked(named.section, spans):
            mentions = self._joined(named.inside(span), by_models)
            numbers = tuple(
                replace(each, start=each.start + span[0], end=each.end + span[0]) for each in find_quantities(text)
            )
            yield Sentence(named.index, *span, text, self._tokens(text, span[0]), mentions, numbers)

    def with_syntax(self, sentence: Sentence) -> Sentence:
        """``sentence`` with the dependency tree in its tokens; as it is, where there is no parser."""
        places = {token.start - sentence.start: index for index, token in enumerate(sentence.tokens)}
        parsed = self._models.parse(sentence.text)
        heads = {index: places[start] for index, (start, *_) in enumerate(parsed) if start in places}
        tokens = list(sentence.tokens)
        for start, tag, relation, head in parsed:
            if start in places:
                index = places[start]
                tokens[index] = replace(tokens[index], pos=tag, dep=relation, head=heads.get(head, index))
        return replace(sentence, tokens=tuple(tokens))

    def read_by_models(self, index: int, section: Section) -> Iterator[Sentence]:
        """The paragraphs of a section with all that the models find in them, and nothing else."""
        spans = list(_rows(section) if section.cells else paragraphs(section.text))
        for span, text, mentions in self._asked(section, spans):
            yield Sentence(index, *span, text, (), tuple(sorted(mentions, key=attrgetter("start", "end"))))

    def _joined(self, known: Sequence[Mention], by_models: Iterable[Mention]) -> tuple[Mention, ...]:
        """What is known by lexicon, pattern or abbreviation, and what the models find beside it.

        Models draw the ends of a name as their corpora do ("LTLT-Ca cells", "tamoxifen-resistant breast cancer"); where
        they overlap a name that is known, it is the known one that rules and identifiers are about.
        """
        names = (each for each in by_models if not self._not_by_models.search(each.text))
        beside = (each for each in without_overlaps(names) if not _overlaps(each, known))
        return tuple(sorted([*known, *beside], key=attrgetter("start")))

    def _asked(
        self, section: Section, spans: Sequence[tuple[int, int]]
    ) -> Iterator[tuple[tuple[int, int], str, list[Mention]]]:
        """Each span with its text and what the models find in it, offsets those of the section."""
        texts = [section.text[start:end] for start, end in spans]
        for span, text, found in zip(spans, texts, self._models.entities(texts), strict=True):
            yield span, text, [replace(each, start=each.start + span[0], end=each.end + span[0]) for each in found]

    def _tokens(self, text: str, offset: int) -> tuple[Token, ...]:
        doc = self._models.tokenizer(text)
        return tuple(
            Token(token.idx + offset, token.idx + offset + len(token), token.text)
            for token in doc
            if not token.is_space
        )


def _words_not_by_models() -> re.Pattern[str]:
    lines = read_package_file("not_by_models.txt").splitlines()
    words = (re.escape(line).replace(r"\*", r"\w*") for line in lines if line and not line.startswith("#"))
    return re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)", re.IGNORECASE)


def _overlaps(mention: Mention, others: Sequence[Mention]) -> bool:
    return any(each.start < mention.end and mention.start < each.end for each in others)


def _uncut(spans: Iterable[tuple[int, int]], mentions: Sequence[Mention]) -> Iterator[tuple[int, int]]:
    """``spans``, those that a name reaches over joined: ``p.(Thr790Met)`` holds no end of a sentence."""
    pending: tuple[int, int] | None = None
    for span in spans:
        before = bisect_left(mentions, pending[1], key=attrgetter("start")) - 1 if pending else -1
        if pending and before >= 0 and mentions[before].end > pending[1]:
            pending = (pending[0], span[1])
            continue
        if pending:
            yield pending
        pending = span
    if pending:
        yield pending


def _rows(section: Section) -> Iterator[tuple[int, int]]:
    """The rows of a table are its sentences."""
    position = 0
    for line in section.text.split("\n"):
        if line.strip():
            yield position, position + len(line)
        position += len(line) + 1


@dataclass(frozen=True, slots=True)
class ShortForms:
    """The abbreviations of a document and the kinds of what they stand for; None shields one from other readings."""

    kinds: Mapping[str, Kind | None]
    regex: re.Pattern[str] | None

    @classmethod
    def of(cls, abbreviations: Mapping[str, str], lexicon: Lexicon) -> ShortForms:
        """Resolve each long form by ``lexicon``."""
        read = {short: read_abbreviation(lexicon, short, long).entity for short, long in abbreviations.items()}
        kinds = {short: entity.kind if entity else None for short, entity in read.items()}
        return cls(MappingProxyType(kinds), _alternatives(kinds))

    def find(self, text: str) -> Iterator[Mention]:
        """Where ``text`` uses them, a plural s included."""
        if self.regex:
            for match in self.regex.finditer(text):
                yield Mention(
                    match.start(), match.end(), match.group(), self.kinds[match.group("short")], "abbreviation"
                )


def _alternatives(short_forms: Iterable[str]) -> re.Pattern[str] | None:
    longest_first = sorted(short_forms, key=len, reverse=True)
    if not longest_first:
        return None
    return re.compile(r"(?<!\w)(?P<short>" + "|".join(map(re.escape, longest_first)) + r")s?(?!\w)")
