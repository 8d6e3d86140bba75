"""The whole way of one article, on one screen: raw record → document → sentences → names → claims → evidence.

Every stage is named here and nowhere else; each knows only the records of :mod:`pipeline.model` and the knowledge
packages. Nothing here touches a file, the network or a database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from pipeline import lexicon, normalise, rules
from pipeline.annotate import Annotator, NamedSection
from pipeline.annotate.nlp import load_models
from pipeline.assemble import make_evidence
from pipeline.extract import Extractor, Reading
from pipeline.lexicon.corrections import load_ledger, with_corrections
from pipeline.lexicon.patterns import shipped_patterns
from pipeline.model import Document, Evidence, RawRecord, Rejection, Sentence
from pipeline.parse import parse
from pipeline.screen import NOT_READ, Screen
from pipeline.text import digest


@dataclass(frozen=True, slots=True)
class Article:
    """What became of one document: the sentences that were read, what they say, and what was not kept."""

    document: Document
    sentences: tuple[Sentence, ...]
    evidence: tuple[Evidence, ...]
    rejections: tuple[Rejection, ...]


class Reader:
    """Reads documents: screen → annotate → normalise → extract → assemble.

    ``fingerprint`` changes whenever the same document could give another result; ``screened=False`` reads every
    sentence, which changes nothing but the time it takes.
    """

    def __init__(self, *, models: tuple[str, ...] = (), home: Path | None = None, screened: bool = True) -> None:
        names = lexicon.shipped()
        ledger = load_ledger(names, home)
        language = load_models(models)
        self.rules = rules.shipped()
        self.ledger = ledger
        self._screen = Screen(self.rules) if screened else None
        self._annotator = Annotator(with_corrections(names, ledger.corrections), shipped_patterns(), language)
        self._normaliser = normalise.Normaliser(names, shipped_patterns(), ledger)
        self._extractor = Extractor(self.rules)
        self.fingerprint = digest(
            lexicon.fingerprint(), self.rules.fingerprint, language.fingerprint, *map(repr, ledger.corrections)
        )

    def read(self, document: Document) -> Article:
        """Everything that ``document`` says."""
        if self._screen and self._screen.test_document(document).hopeless:
            rejection = Rejection("screen", "no_response_words", document_id=document.document_id)
            return Article(document, (), (), (rejection,))
        refused: Counter[tuple[str, str]] = Counter()
        sentences = tuple(self._sentences(document, refused))
        readings = tuple(self._extractor.read(document, sentences))
        evidence = tuple(self._evidence(document, readings, refused))
        rejections = tuple(
            Rejection(stage, reason, document_id=document.document_id, count=count)
            for (stage, reason), count in sorted(refused.items())
        )
        return Article(document, sentences, evidence, rejections)

    def _sentences(self, document: Document, refused: Counter[tuple[str, str]]) -> Iterator[Sentence]:
        """The sentences that may hold a claim, with tokens and grounded names; the title always."""
        abbreviations = self._annotator.abbreviations(document)
        names = normalise.DocumentNames.of(document, abbreviations)
        for named in self._annotator.first_reading(document, abbreviations):
            if named.section.kind in NOT_READ:
                continue
            spans = [span for span in named.spans if self._passes(named, span, refused)]
            for sentence in self._annotator.read(named, spans):
                yield self._normaliser.ground(sentence, named.section.text, names)

    def _passes(self, named: NamedSection, span: tuple[int, int], refused: Counter[tuple[str, str]]) -> bool:
        if self._screen is None or named.section.kind == "title":
            return True
        verdict = self._screen.test(named.section.text[slice(*span)])
        if verdict.strong or (verdict.weak and named.names_a_drug(span)):
            return True
        refused["screen", "weak_words_without_drug" if verdict.weak else "no_response_words"] += 1
        return False

    def _evidence(
        self, document: Document, readings: Iterable[Reading], refused: Counter[tuple[str, str]]
    ) -> Iterator[Evidence]:
        """Evidence by id, each once: the same words twice in an article are one evidence."""
        seen = set()
        for reading in readings:
            for reason, count in reading.refused.items():
                refused["extract", reason] += count
            for match in reading.matches:
                evidence = make_evidence(document, reading.sentence, match, self.rules.kinds[match.kind])
                if evidence.evidence_id in seen:
                    refused["assemble", "said_before_in_the_same_words"] += 1
                else:
                    seen.add(evidence.evidence_id)
                    yield evidence


def read_raw(raw: RawRecord, reader: Reader) -> Article | Rejection:
    """The whole way of one article."""
    document = parse(raw)
    if isinstance(document, Rejection):
        return document
    return reader.read(document)


@lru_cache(maxsize=1)
def default_reader() -> Reader:
    """A reader with the shipped knowledge and no model."""
    return Reader()


def without_tokens(article: Article) -> Article:
    """``article`` without what only the extraction needs, for sending between processes."""
    return replace(article, sentences=tuple(replace(each, tokens=(), quantities=()) for each in article.sentences))
