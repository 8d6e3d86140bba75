"""The whole way of one article, on one screen: raw record → document → sentences → names → claims → evidence.

Every stage is named here and nowhere else; each knows only the records of :mod:`pipeline.model` and the knowledge
packages. Nothing here touches a file, the network or a database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipeline import lexicon, normalise, rules
from pipeline.annotate import Annotator, NamedSection, Piece
from pipeline.annotate.memory import RememberingModels
from pipeline.annotate.nlp import load_models
from pipeline.assemble import make_evidence
from pipeline.extract import Extractor, Headings, Reading
from pipeline.lexicon.contexts import shipped_contexts
from pipeline.lexicon.corrections import Ledger, load_ledger, with_corrections
from pipeline.lexicon.lines import ResistantLines
from pipeline.lexicon.patterns import shipped_patterns
from pipeline.model import (
    CHANGED,
    TREATMENTS,
    Article,
    Document,
    Evidence,
    Mention,
    RawRecord,
    Rejection,
    Sentence,
)
from pipeline.normalise.reading import NamesOf
from pipeline.parse import parse
from pipeline.screen import NOT_READ, Screen
from pipeline.text import digest

NO_NAME = "no_name_by_correction"  # reason of a rejection whose detail is "correction_id: name as written"


@dataclass(frozen=True, slots=True)
class Screened:
    """A sentence, and the named reason why it was not read (None: it was); and the names that were taken from it.

    These are (correction_id, text) of names that a correction says are none.
    """

    sentence: Sentence
    reason: str | None
    no_names: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A sentence with what became of it: why it was not read, or how the rules saw it and what they made of it."""

    sentence: Sentence
    unread: str | None
    skeleton: str | None = None
    reading: Reading | None = None


class Reader:
    """Reads documents: screen → annotate → normalise → extract → assemble.

    ``fingerprint`` changes whenever the same document could give another result, its corrections aside: these have a
    fingerprint of their own, since one of them reaches few documents (:meth:`Build.take_ledger`). ``models`` names the
    language models, None without any. ``screened=False``
    reads every sentence, which changes nothing but the time it takes. ``ledger`` is taken instead of that of ``home``.
    """

    def __init__(
        self,
        *,
        models: tuple[str, ...] = (),
        home: Path | None = None,
        screened: bool = True,
        ledger: Ledger | None = None,
    ) -> None:
        names = lexicon.shipped()
        self.ledger = ledger or load_ledger(names, home)
        self.rules = rules.shipped()
        self._models = language = RememberingModels.around(load_models(models))
        self._screen = Screen(self.rules) if screened else None
        self._annotator = Annotator(with_corrections(names, self.ledger.corrections), shipped_patterns(), language)
        contexts = shipped_contexts(names)
        self._normaliser = normalise.Normaliser(names, shipped_patterns(), self.ledger, contexts)
        self._lines = ResistantLines.of(names)
        self._extractor = Extractor(self.rules, self._annotator.with_syntax, self._lines.drug_of)
        self.models = language.fingerprint if language.recognisers else None
        self.fingerprint = digest(lexicon.fingerprint(), self.rules.fingerprint, language.fingerprint)

    def read(self, document: Document) -> Article:
        """Everything that ``document`` says."""
        try:
            return self._read(document)
        finally:
            self._models.forget()

    def read_again(self, document: Document, found: Mapping[str, tuple[Mention, ...]]) -> Article:
        """The same; ``found`` is what the models found in sentences of it, which they are not shown again."""
        self._models.recall(found)
        return self.read(document)

    def _read(self, document: Document) -> Article:
        if self._screen and self._screen.test_document(document).hopeless and not self._has_tables(document):
            rejection = Rejection("screen", "no_response_words", document_id=document.document_id)
            return Article(document, rejections=(rejection,))
        names, sections = self._names(document)
        screened = list(self._sentences(document, names, sections))
        sentences = tuple(each.sentence for each in screened if each.reason is None)
        refused = Counter(("screen", each.reason) for each in screened if each.reason)
        evidence = tuple(
            self._evidence(
                document, self._extractor.read(document, sentences, self._headings(document, names)), refused
            )
        )
        rejections = tuple(
            Rejection(stage, reason, document_id=document.document_id, count=count)
            for (stage, reason), count in sorted(refused.items())
        )
        by_models = tuple(self._models.known[each.text] for each in sentences) if self.models else ()
        return Article(document, sentences, evidence, (*rejections, *_no_names(document, screened)), by_models)

    def trace(self, document: Document) -> Iterator[Step]:
        """Every sentence of ``document`` with what each stage made of it, also those that were screened out."""
        self._models.forget()
        names, sections = self._names(document)
        screened = list(self._sentences(document, names, sections))
        kept = [each.sentence for each in screened if each.reason is None]
        readings = self._extractor.read(document, kept, self._headings(document, names))
        for each in screened:
            if each.reason is None:
                reading = next(readings)
                yield Step(each.sentence, None, reading.line, reading)
            else:
                yield Step(each.sentence, each.reason)

    def names(self, document: Document, *, model_only: bool = False) -> Article:
        """``document`` with the names of its sentences, nothing extracted.

        With ``model_only`` what the models find in whole paragraphs, whatever lexicon and patterns say of it.
        """
        self._models.forget()
        if model_only:
            return Article(document, tuple(self._found_by_models(document)))
        found = self._sentences(document, *self._names(document))
        return Article(document, tuple(each.sentence for each in found if each.reason is None))

    def _found_by_models(self, document: Document) -> Iterator[Sentence]:
        names, _ = self._names(document)
        for index, section in enumerate(document.sections):
            for paragraph in self._annotator.read_by_models(index, section):
                yield self._normaliser.ground(paragraph, section.text, names)

    def _names(self, document: Document) -> tuple[normalise.DocumentNames, tuple[NamedSection, ...]]:
        """What the document says of its names, and its sections with the names that need no model."""
        names = normalise.DocumentNames.of(document, self._annotator.abbreviations(document))
        holds = partial(self._normaliser.holds, names)
        found = self._annotator.first_reading(document, names.abbreviations, holds)
        sections = tuple(each for each in found if each.section.kind not in NOT_READ)
        named = (NamesOf(each.words, each.mentions, each.section.kind == "title") for each in sections)
        return self._normaliser.with_variants(names, named), sections

    def _has_tables(self, document: Document) -> bool:
        return any(section.cells and self._extractor.reads_table(section) for section in document.sections)

    def _sentences(
        self, document: Document, names: normalise.DocumentNames, sections: Iterable[NamedSection]
    ) -> Iterator[Screened]:
        """All sentences; those that may hold a claim, and the title, with tokens and grounded names."""
        for named in sections:
            reasons = dict(self._pieces(named, screened=not document.laid_out))
            read = self._annotator.read(named, [piece for piece, reason in reasons.items() if reason is None])
            for piece, reason in reasons.items():
                if reason is None:
                    sentence = next(read)
                    no_names = tuple(self._normaliser.no_names(sentence, named.section.text, names))
                    yield Screened(self._normaliser.ground(sentence, named.section.text, names), None, no_names)
                else:
                    text = named.section.text[piece.start : piece.end]
                    yield Screened(Sentence(named.index, piece.start, piece.end, text), reason)

    def _headings(self, document: Document, names: normalise.DocumentNames) -> Headings:
        """What is printed above a section, with grounded names: it says what the section is about."""

        def heading(index: int) -> Sentence | None:
            section = document.sections[index]
            if not section.heading:
                return None
            found = self._annotator.heading(index, section, names.abbreviations)
            return self._normaliser.ground(found, section.heading, names)

        return heading

    def _pieces(self, named: NamedSection, *, screened: bool) -> Iterator[tuple[Piece, str | None]]:
        """Sentences, each with the reason why it is not read; a paragraph that can hold nothing is left whole."""
        for paragraph in named.paragraphs:
            reason = self._unread(named, paragraph, screened=screened)
            if reason:
                yield paragraph, reason
            else:
                yield from (
                    (piece, self._unread(named, piece, screened=screened))
                    for piece in self._annotator.sentences(named, paragraph)
                )

    def _unread(self, named: NamedSection, piece: Piece, *, screened: bool) -> str | None:
        """Why ``piece`` (a sentence or a paragraph) cannot hold a claim; None if it may.

        A laid-out document is read whole: an item of a list may say nothing but what is up, and mean in resistance.
        """
        if piece.is_row:
            return None if self._extractor.reads_table(named.section) else "no_rule_for_the_table"
        if self._screen is None or not screened or named.section.kind == "title":
            return None
        verdict = self._screen.test(named.words[piece.start : piece.end])
        if verdict.strong or (verdict.weak and named.names(piece, TREATMENTS)):
            return None
        if verdict.chooses and named.names(piece, CHANGED):
            return None
        if any(map(self._lines.may_be_one, named.inside(piece))):
            return None
        return "weak_words_without_drug" if verdict.weak else "no_response_words"

    def _evidence(
        self, document: Document, readings: Iterable[Reading], refused: Counter[tuple[str, str]]
    ) -> Iterator[Evidence]:
        """Evidence by id, each once: the same words twice in an article are one evidence."""
        seen = set()
        for reading in readings:
            for reason, count in reading.refused.items():
                refused["extract", reason] += count
            for match in reading.matches:
                evidence = make_evidence(
                    document, reading.sentence, match, self.rules.kinds[match.kind], self.rules.confidence
                )
                if evidence.evidence_id in seen:
                    refused["assemble", "said_before_in_the_same_words"] += 1
                else:
                    seen.add(evidence.evidence_id)
                    yield evidence


def _no_names(document: Document, screened: Iterable[Screened]) -> Iterator[Rejection]:
    """A rejection for each correction and spelling, so that its uses can be counted."""
    found = Counter(pair for each in screened for pair in each.no_names)
    for (correction_id, text), count in sorted(found.items()):
        yield Rejection("normalise", NO_NAME, f"{correction_id}: {text}", document.document_id, count)


def read_raw(raw: RawRecord, reader: Reader) -> Article | Rejection:
    """The whole way of one article."""
    document = parse(raw)
    return document if isinstance(document, Rejection) else reader.read(document)
