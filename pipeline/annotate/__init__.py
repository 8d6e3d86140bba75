"""Sentences, tokens and names of a document. spaCy's objects do not leave this package."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter
from types import MappingProxyType

from pipeline.annotate.abbreviations import AbbreviationReader, defined_names
from pipeline.annotate.names import Holds, NameFinder, with_states, without_overlaps
from pipeline.annotate.nlp import LanguageModels
from pipeline.annotate.numbers import find_quantities
from pipeline.annotate.sentences import SentenceSplitter, paragraphs
from pipeline.annotate.shapes import build_composites, find_shapes, has_fitting_shape, says_it_is_none
from pipeline.lexicon import Lexicon, read_package_file
from pipeline.lexicon.lookup import read_abbreviation
from pipeline.lexicon.patterns import NamePatterns
from pipeline.model import Document, Kind, Mention, Section, Sentence, TableCell, Token
from pipeline.text import unwrapped, without_marks

HoldsIn = Callable[[str, str], bool]  # text of the section, name as written
FEWEST_WORDS = 6  # of a table cell that is read as sentences


@dataclass(frozen=True, slots=True)
class Piece:
    """A paragraph or a sentence of a section; of a table: a row, or (with a column) what stands in one of its cells."""

    start: int
    end: int
    row: int | None = None
    column: int | None = None

    @property
    def is_row(self) -> bool:
        """Whether it is a whole row of a table."""
        return self.row is not None and self.column is None


@dataclass(frozen=True, slots=True)
class NamedSection:
    """What a cheap first reading of a section gives: paragraphs (of a table rows, and cells of prose) and names.

    ``mentions`` are in order and do not overlap. ``words`` is the text with spaces for what is no words.
    """

    index: int
    section: Section
    paragraphs: tuple[Piece, ...]
    mentions: tuple[Mention, ...]
    words: str

    def inside(self, piece: Piece) -> tuple[Mention, ...]:
        """The names that stand in ``piece``."""
        first = bisect_left(self.mentions, piece.start, key=attrgetter("start"))
        last = bisect_left(self.mentions, piece.end, lo=first, key=attrgetter("start"))
        return tuple(mention for mention in self.mentions[first:last] if mention.end <= piece.end)

    def names(self, piece: Piece, kinds: Collection[Kind]) -> bool:
        """Whether one of these ``kinds`` is among them."""
        return any(mention.kind in kinds for mention in self.inside(piece))


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
        """Short form → long form, as the document defines them; a name of the lexicon before the bracket decides.

        The detector knows no names, and takes the shortest words that have the letters: of "O6-benzylguanine (BG)" it
        takes "benzylguanine", which is no name.
        """
        defined = dict(self._abbreviations.read(document))
        for short, long in defined_names(document, self._names.find):
            told = defined.get(short)
            if told is None or read_abbreviation(self._lexicon, short, told).entity is None:
                defined[short] = long
        return MappingProxyType(defined)

    def first_reading(
        self, document: Document, abbreviations: Mapping[str, str], holds: HoldsIn = lambda *_: True
    ) -> Iterator[NamedSection]:
        """Paragraphs and the names of lexicon, patterns and abbreviations, section by section.

        ``holds`` tells of the text of a section and a name whether a correction of that name holds there.
        """
        short_forms = ShortForms.of(abbreviations, self._lexicon)
        for index, section in enumerate(document.sections):
            words = _words_of(section)
            mentions = self.names(words, short_forms, partial(holds, section.text))
            yield NamedSection(index, section, tuple(_pieces(section, words)), _as_written(mentions, section), words)

    def heading(self, index: int, section: Section, abbreviations: Mapping[str, str]) -> Sentence:
        """What is printed above a section, with its names, as a sentence of its own; its offsets are its own too."""
        text = section.heading or ""
        mentions = self.names(text, ShortForms.of(abbreviations, self._lexicon))
        return Sentence(index, 0, len(text), text, self._tokens(text, 0), mentions)

    def sentences(self, named: NamedSection, paragraph: Piece) -> Iterator[Piece]:
        """The sentences of a paragraph or cell; a row of a table is one itself, and no name is cut."""
        if paragraph.is_row:
            return iter([paragraph])
        spans = _uncut(self._splitter.split(named.words, paragraph.start, paragraph.end), named.mentions)
        return (Piece(*span, paragraph.row, paragraph.column) for span in spans)

    def names(
        self, text: str, short_forms: ShortForms | None = None, holds: Holds = lambda _: True
    ) -> tuple[Mention, ...]:
        """Names in ``text`` that need no model; composites in the place of their parts."""
        found = [
            *(short_forms.find(text) if short_forms else ()),
            *self._names.find(text, holds),
            *find_shapes(text, self._patterns.patterns),
        ]
        return build_composites(text, tuple(with_states(text, without_overlaps(found))), self._patterns.composites)

    def read(self, named: NamedSection, pieces: Sequence[Piece]) -> Iterator[Sentence]:
        """The sentences ``pieces`` of a section with tokens and with the names that the models add."""
        spans = [(each.start, each.end) for each in pieces]
        for piece, (span, text, found) in zip(pieces, self._asked(named.section, spans), strict=True):
            by_models = (each for each in found if not self._is_number_of_figure(each, named.section.text))
            mentions = self._joined(named.inside(piece), by_models)
            words = named.words[slice(*span)]
            numbers = tuple(
                replace(each, start=each.start + span[0], end=each.end + span[0]) for each in find_quantities(words)
            )
            tokens = self._tokens(words, span[0])
            yield Sentence(named.index, *span, text, tokens, mentions, numbers, piece.row, piece.column)

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

    def _is_number_of_figure(self, mention: Mention, text: str) -> bool:
        """Whether a pattern of the same kind says that what stands there is no such name: ``Figure S11A``."""
        return any(
            pattern.kind is mention.kind and says_it_is_none(pattern, text, mention.start)
            for pattern in self._patterns.patterns
        )

    def read_by_models(self, index: int, section: Section) -> Iterator[Sentence]:
        """The paragraphs of a section with all that the models find in them, and nothing else."""
        spans = [(piece.start, piece.end) for piece in _pieces(section, section.text) if piece.column is None]
        for span, text, mentions in self._asked(section, spans):
            yield Sentence(index, *span, text, (), tuple(sorted(mentions, key=attrgetter("start", "end"))))

    def _joined(self, known: Sequence[Mention], by_models: Iterable[Mention]) -> tuple[Mention, ...]:
        """What is known by lexicon, pattern or abbreviation, and what the models find beside it.

        Models draw the ends of a name as their corpora do ("LTLT-Ca cells", "tamoxifen-resistant breast cancer"); where
        they overlap a name that is known, it is the known one that rules and identifiers are about.
        """
        words = self._patterns.variants
        names = (each for each in by_models if not self._not_by_models.search(each.text))
        names = (each for each in names if has_fitting_shape(each, words))
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
    lines = [line for line in read_package_file("not_by_models.txt").splitlines() if line and not line.startswith("#")]
    words = "|".join(re.escape(line).replace(r"\*", r"\w*") for line in lines if not line.startswith("/"))
    shapes = "|".join(line[1:] for line in lines if line.startswith("/"))
    return re.compile(rf"(?<!\w)(?i:{words})(?!\w)|\A(?:{shapes})\Z")


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


def _words_of(section: Section) -> str:
    """The text of ``section``, as long, with spaces for what is no words and for breaks of lines inside sentences."""
    words = without_marks(section.text)
    return words if section.cells else unwrapped(words)


def _as_written(mentions: Iterable[Mention], section: Section) -> tuple[Mention, ...]:
    """``mentions`` found in the words of ``section``, each with what its text has in that place."""
    return tuple(replace(each, text=section.text[each.start : each.end]) for each in mentions)


def _pieces(section: Section, words: str) -> Iterator[Piece]:
    """Paragraphs; of a table the rows, each followed by those of its cells that are prose."""
    if not section.cells:
        yield from (Piece(*span) for span in paragraphs(words))
        return
    rows: dict[int, list[TableCell]] = {}
    for cell in section.cells:
        rows.setdefault(cell.row, []).append(cell)
    for number, cells in sorted(rows.items()):
        printed = [cell for cell in cells if cell.start < cell.end]
        if len(printed) > 1:
            yield Piece(printed[0].start, printed[-1].end, number)
        for cell in printed:
            if not cell.is_header and len(words[cell.start : cell.end].split()) >= FEWEST_WORDS:
                yield Piece(cell.start, cell.end, number, cell.column)


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
