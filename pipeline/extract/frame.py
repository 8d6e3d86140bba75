"""The frame of a claim: the circumstances that its sentence tells or inherits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.model import Circumstance, Document, Kind, Mention, Section, Sentence
from pipeline.rules.context import ContextRule

NAMED = {
    Kind.DISEASE: "disease",
    Kind.CELL_LINE: "model",
    Kind.MODEL: "model",
    Kind.POPULATION: "population",
    Kind.TRIAL: "trial",
}
FROM_TITLE = frozenset(
    ["disease", "population", "trial"]
)  # of a name; models are many in an article, one in a sentence
DESPITE_OTHERS = frozenset(["disease"])  # what holds of an article, even where it tells of the work of others
UNSPECIFIC = frozenset(["cancer", "solid tumor", "carcinoma", "adenocarcinoma", "metastasis"])
ALONE = frozenset(["setting", "acquired", "disease", "line", "phase"])  # one value an evidence
REVIEWS = frozenset(["review", "systematic review", "meta-analysis", "review-article"])
CASES = frozenset(["case reports", "case-report"])


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a sentence may inherit from: the document, its title, and the section with its heading."""

    document: Document
    section: Section
    title: Sentence | None


@dataclass(frozen=True, slots=True)
class Frame:
    """The circumstances of a sentence."""

    circumstances: tuple[Circumstance, ...]

    def first(self, name: str) -> str | None:
        """The value of ``name`` that comes first; None where nothing tells it."""
        return next((each.value for each in self.circumstances if each.name == name), None)

    @property
    def acquired(self) -> bool | None:
        """True of acquired resistance, False of intrinsic."""
        value = self.first("acquired")
        return value == "acquired" if value else None


def read_frame(
    sentence: Sentence, surroundings: Surroundings, rules: Sequence[ContextRule], *, of_others: bool
) -> Frame:
    """What the sentence tells of its circumstances; of what it does not tell, what its surroundings do.

    A finding ``of_others`` was made elsewhere: it inherits the disease alone.
    """
    told = list(_in_sentence(sentence, rules))
    known = {each.name for each in told}
    if "disease" in known and all(each.value in UNSPECIFIC for each in told if each.name == "disease"):
        known.remove("disease")
    inherited = [
        each
        for each in _inherited(sentence, surroundings, rules)
        if each.name not in known and (not of_others or each.name in DESPITE_OTHERS)
    ]
    kind = [] if of_others and not is_review(surroundings.document) else list(_by_type(surroundings.document))
    return Frame(tuple(_once([*kind, *_specific_first(told, inherited)])))


def _in_sentence(sentence: Sentence, rules: Sequence[ContextRule]) -> Iterator[Circumstance]:
    yield from _named(sentence, "sentence")
    index, start = sentence.section_index, sentence.start
    measured = [(each.start, each.end) for each in sentence.quantities if each.statistic not in (None, "n")]
    for rule in rules:
        for value, first, last in rule.find(sentence.text):
            span = (start + first, start + last)
            if rule.name != "dose" or not any(a < span[1] and span[0] < b for a, b in measured):
                yield Circumstance(rule.name, value, "sentence", index, *span)
    yield from _by_cell_line(sentence)


def _named(sentence: Sentence, place: str) -> Iterator[Circumstance]:
    """Diseases, models, populations and trials; cell lines before other models."""
    mentions = [each for each in sentence.mentions if each.kind in NAMED and each.grounding]
    for mention in sorted(mentions, key=lambda each: each.kind is not Kind.CELL_LINE):
        if mention.kind and mention.grounding and not _is_guess(mention):
            span = (sentence.section_index, mention.start, mention.end)
            yield Circumstance(NAMED[mention.kind], mention.grounding.entity.name, place, *span)


def _is_guess(mention: Mention) -> bool:
    """A disease that a model alone has found: toxicities and symptoms, more often than the cancer that is treated."""
    return mention.kind is Kind.DISEASE and mention.found_by == "model" and not _has_identifier(mention)


def _has_identifier(mention: Mention) -> bool:
    return bool(mention.grounding and mention.grounding.entity.curie)


def _by_cell_line(sentence: Sentence) -> Iterator[Circumstance]:
    """A cell line that is named is a model of that kind, and where nothing else is said, in vitro."""
    for mention in sentence.mentions:
        if mention.kind is Kind.CELL_LINE:
            span = (sentence.section_index, mention.start, mention.end)
            yield Circumstance("model_kind", "cell_line", "sentence", *span)
            yield Circumstance("setting", "in_vitro", "sentence", *span)


def _inherited(sentence: Sentence, surroundings: Surroundings, rules: Sequence[ContextRule]) -> Iterator[Circumstance]:
    """From the heading of the section first, then from the title, then from the record."""
    heading, title = surroundings.section.heading, surroundings.title
    for rule in rules:
        if heading and "heading" in rule.inherited:
            for value, start, end in rule.find(heading):
                yield Circumstance(rule.name, value, "heading", sentence.section_index, start, end)
    if title and title.section_index != sentence.section_index:
        yield from (each for each in _named(title, "title") if each.name in FROM_TITLE)
        for rule in rules:
            if "title" in rule.inherited:
                for value, start, end in rule.find(title.text):
                    span = (title.section_index, title.start + start, title.start + end)
                    yield Circumstance(rule.name, value, "title", *span)
    accessions = {each.accession for each in surroundings.document.accessions if each.accession.startswith("NCT")}
    if len(accessions) == 1:
        yield Circumstance("trial", accessions.pop(), "record")


def _by_type(document: Document) -> Iterator[Circumstance]:
    types = {type_.lower() for type_ in document.publication_types}
    if types & CASES:
        yield Circumstance("setting", "case_report", "record")
    elif types & REVIEWS:
        yield Circumstance("setting", "review", "record")


def is_review(document: Document) -> bool:
    """Whether the article tells what others have found."""
    return any(type_.lower() in REVIEWS for type_ in document.publication_types)


def _specific_first(told: list[Circumstance], inherited: list[Circumstance]) -> list[Circumstance]:
    """A disease of the title comes before "cancer" of the sentence."""
    vague = [each for each in told if each.name == "disease" and each.value in UNSPECIFIC]
    return [*(each for each in told if each not in vague), *inherited, *vague]


def _once(circumstances: Iterable[Circumstance]) -> Iterator[Circumstance]:
    """Each value once; of names that have one value alone, the first."""
    seen: set[str | tuple[str, str]] = set()
    for each in circumstances:
        key = each.name if each.name in ALONE else (each.name, each.value)
        if key not in seen:
            seen.add(key)
            yield each
