"""A sentence as a line of elements: what the patterns of the rules are matched against.

The skeleton leaves out what does not change what is said (articles, adverbs, auxiliaries, modals); certainty and
negation are judged on the full tokens (:mod:`pipeline.extract.cues`), so nothing is lost.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from pipeline.model import Kind, Mention, Sentence, Token
from pipeline.rules import SkeletonWords

DASHES = frozenset("-‐‑‒–—−")
OPENING, CLOSING = {"(": ")", "[": "]"}, frozenset(")]")
LATIN_PLACES = frozenset([("in", "vitro"), ("in", "vivo"), ("ex", "vivo"), ("in", "situ")])
NAMELESS = frozenset(["disease", "cell_line", "model", "population", "trial", "none"])


@dataclass(frozen=True, slots=True)
class Element:
    """A word, a name or a phrase. ``first`` and ``last`` are token indices, half-open.

    ``slots`` of a phrase hold the elements that fill it; ``anchor`` is the token at which it is negated, and
    ``absorbs`` are the categories of cues that are part of it. ``groups`` of drugs given together are the sets that
    the words name: two for "A with B or C". An ``implied`` name stands in an earlier sentence. ``whole`` are the tokens
    of a name with that of its owner, where both stand together: EGFR T790M. What ``varies`` is a polymorphism of which
    no form is singled out.
    """

    text: str
    first: int
    last: int
    mention: Mention | None = None
    direction: str | None = None
    negated: bool = False
    slots: Mapping[str, tuple[Element, ...]] = field(default_factory=lambda: MappingProxyType({}))
    attributes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    anchor: int | None = None
    absorbs: frozenset[str] = frozenset()
    groups: tuple[tuple[Element, ...], ...] = ()
    implied: bool = False
    whole: tuple[int, int] | None = None
    varies: bool = False

    @property
    def is_name(self) -> bool:
        return self.text.startswith("<")


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The elements of a sentence, and the line they make: each element's text followed by one space."""

    elements: tuple[Element, ...]
    line: str
    starts: tuple[int, ...]

    @classmethod
    def of(cls, elements: Iterable[Element]) -> Skeleton:
        kept = tuple(elements)
        starts, position = [], 0
        for element in kept:
            starts.append(position)
            position += len(element.text) + 1
        return cls(kept, "".join(element.text + " " for element in kept), tuple(starts))

    def slice(self, start: int, end: int) -> slice:
        """The elements that the characters ``start:end`` of the line stand for."""
        return slice(bisect_right(self.starts, start) - 1, bisect_right(self.starts, end - 1))


def build(sentence: Sentence, words: SkeletonWords) -> Skeleton:
    """The skeleton of ``sentence``, names as ``<kind>``."""
    elements = _without_frame(list(_elements(sentence, words)))
    return Skeleton.of(_without_asides(elements))


def _elements(sentence: Sentence, words: SkeletonWords) -> Iterator[Element]:
    tokens = sentence.tokens
    by_token = _mentions_by_token(sentence)
    amounts = _amounts(sentence, words)
    index = 0
    while index < len(tokens):
        if index in by_token:
            mention, last = by_token[index]
            varies = _varies(mention, sentence, words)
            yield Element(f"<{_tag(mention, words)}>", index, last, mention, varies=varies)
            index = last
            continue
        word = "" if index in amounts else _word(tokens, index, words)
        if word:
            yield Element(word, index, index + 1)
        index += 1


def _varies(mention: Mention, sentence: Sentence, words: SkeletonWords) -> bool:
    """Whether ``mention`` is a polymorphism of which no form is singled out."""
    label = mention.label or ""
    if mention.kind is not Kind.VARIANT or "genotype" in label:
        return False
    return label in words.polymorphic or words.polymorphism.search(sentence.text) is not None


def is_singled_out(element: Element) -> bool:
    """Whether a name says which form of a gene or variant it is: a genotype, a star allele."""
    label = (element.mention.label or "") if element.mention else ""
    return "genotype" in label or label == "variant.star-allele"


def _amounts(sentence: Sentence, words: SkeletonWords) -> frozenset[int]:
    """The tokens of doses ("50 mg/m2"): in "A 50 mg/m2 and B" they part what is named together."""
    spans = [match.span() for match in words.amounts.finditer(sentence.text)]
    return frozenset(
        index
        for index, token in enumerate(sentence.tokens)
        if any(start <= token.start - sentence.start and token.end - sentence.start <= end for start, end in spans)
    )


def _tag(mention: Mention, words: SkeletonWords) -> str:
    """The kind of a name, or the tag that ``words.toml`` gives it; compounds known to be no drug are ``substance``."""
    if mention.grounding and mention.grounding.entity.name in words.tags:
        return words.tags[mention.grounding.entity.name]
    if mention.kind is Kind.CHEMICAL and mention.grounding and mention.grounding.entity.curie:
        return "substance"
    return mention.kind or "none"


def _mentions_by_token(sentence: Sentence) -> dict[int, tuple[Mention, int]]:
    """Index of the first token of each mention → (mention, index after its last token)."""
    found: dict[int, tuple[Mention, int]] = {}
    index = 0
    for mention in sorted(sentence.mentions, key=lambda each: each.start):
        if mention.kind is None:
            continue
        while index < len(sentence.tokens) and sentence.tokens[index].end <= mention.start:
            index += 1
        last = index
        while last < len(sentence.tokens) and sentence.tokens[last].start < mention.end:
            last += 1
        if last > index:
            found[index] = (mention, last)
            index = last
    return found


def _word(tokens: tuple[Token, ...], index: int, words: SkeletonWords) -> str:
    token = tokens[index]
    lower = token.text.lower().replace(" ", "")
    if lower in DASHES:
        return "" if _joins(tokens, index) else "-"
    if _is_latin_place(tokens, index):
        return ""
    if lower == "not" and index and tokens[index - 1].text.lower() in ("but", "and", ","):
        return "but_not"
    if lower == "that" and index and tokens[index - 1].text.lower() == "and":
        return "that"  # a second clause, no further member of a list
    if lower in words.dropped or (lower.endswith("ly") and len(lower) > 4 and lower not in words.kept_adverbs):
        return ""
    return words.forms.get(lower, lower)


def _joins(tokens: tuple[Token, ...], index: int) -> bool:
    """Whether a dash belongs to the word before it: inside ``drug-resistant``, or hanging as in ``drug- and``."""
    return index > 0 and tokens[index - 1].end == tokens[index].start


def _is_latin_place(tokens: tuple[Token, ...], index: int) -> bool:
    """``in vitro``, ``ex vivo``: where a thing was seen, which is read elsewhere, not what was seen."""
    around = [token.text.lower() for token in tokens[max(0, index - 1) : index + 2]]
    own = min(index, 1)
    return tuple(around[own - 1 : own + 1]) in LATIN_PLACES or tuple(around[own : own + 2]) in LATIN_PLACES


def _without_frame(elements: list[Element]) -> list[Element]:
    """The elements inside brackets that hold the whole sentence, as those of a translated title do."""
    if not elements or elements[0].text not in OPENING:
        return elements
    closing = _closing(elements, 0)
    whole = closing is not None and all(element.text == "." for element in elements[closing + 1 :])
    return [*elements[1:closing], *elements[closing + 1 :]] if closing is not None and whole else elements


def _without_asides(elements: list[Element]) -> Iterator[Element]:
    """Leave out brackets that hold no name, or the other name of what stands before them: ``kinase (dCK)``.

    Brackets that list names ("anthracyclines (daunorubicin, doxorubicin)") stay.
    """
    index = 0
    previous: Element | None = None
    while index < len(elements):
        element = elements[index]
        closing = _closing(elements, index) if element.text in OPENING else None
        if closing is not None and _is_aside(elements[index + 1 : closing], previous):
            index = closing + 1
            continue
        if element.text == "but" and index + 1 < len(elements) and elements[index + 1].text == "but_not":
            index += 1
            continue
        yield element
        previous = element
        index += 1


def _closing(elements: list[Element], index: int) -> int | None:
    depth = 0
    for position in range(index, len(elements)):
        depth += elements[position].text in OPENING
        depth -= elements[position].text in CLOSING
        if depth == 0:
            return position
    return None


def _is_aside(inside: list[Element], previous: Element | None) -> bool:
    names = [element for element in inside if element.is_name and element.text.strip("<>") not in NAMELESS]
    if not names:
        return True
    words = [element for element in inside if not element.is_name and element.text not in (",", "and", "or", "/")]
    if words and words[0].text not in ("eg", "e.g.", "such", "including", "i.e.", "eg."):
        return True
    alone = len(inside) == 1 and previous is not None and previous.is_name
    return alone and previous is not None and _same_kind(inside[0], previous)


def _same_kind(one: Element, other: Element) -> bool:
    return one.text == other.text or {one.text, other.text} <= {"<drug>", "<chemical>"}


def renamed(element: Element, direction: str | None) -> Element:
    """``element`` with the direction that the words around it give, composed with the one it has."""
    return replace(element, direction=compose(direction, element.direction))


SIGNS = {
    "increase": 1,
    "activated": 1,
    "present": 1,
    "decrease": -1,
    "inactivated": -1,
    "absent": -1,
    "no_change": 0,
}


def sign(direction: str | None) -> int | None:
    """+1, -1 or 0 (no change) for a direction, None for none."""
    return SIGNS[direction] if direction else None


def compose(outer: str | None, inner: str | None) -> str | None:
    """The direction of a change of a change: the inhibition of an over-expressed gene is a decrease.

    >>> compose("decrease", "increase"), compose("increase", "decrease"), compose("decrease", "decrease")
    ('decrease', 'decrease', 'increase')
    """
    if outer is None or inner is None:
        return outer or inner
    if sign(outer) == 0 or sign(inner) == 0:
        return "no_change"
    if SIGNS[outer] * SIGNS[inner] < 0:
        return outer if SIGNS[outer] < 0 else inner
    if SIGNS[outer] < 0:
        return "increase"
    return inner if inner == "present" else outer
