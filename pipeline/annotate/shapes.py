"""Names told by their shape (variants, trial numbers, drug stems) and names made of other names ("FLT3 inhibitors")."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pipeline.lexicon.patterns import Composite, NamePattern, VariantWords
from pipeline.model import Kind, Mention

ALTERNATIVES = re.compile(r"(?P<first>(?:p\.)?\(?(?P<place>[A-Z]\d+)[A-Z*])(?:/[A-Z*])+\)?")
CHAIN = frozenset("-/‑–")
BASES = frozenset("ACGT")
LAST_CODON = 1200  # a bigger number with letters of bases alone is a place in cDNA: G2677T/A is one polymorphism
BEFORE = 60  # characters before a name that may say that it is none


def find_shapes(text: str, patterns: Iterable[NamePattern]) -> Iterator[Mention]:
    """Mentions of every pattern in ``text``; they may overlap."""
    for pattern in patterns:
        group = "name" if "name" in pattern.regex.groupindex else 0
        for match in pattern.regex.finditer(text):
            start, end = _unbracketed(text, *match.span(group))
            if says_it_is_none(pattern, text, start):
                continue
            found = Mention(start, end, text[start:end], pattern.kind, "pattern", label=pattern.id)
            yield from _written_out(found) if pattern.kind is Kind.VARIANT else (found,)


def says_it_is_none(pattern: NamePattern, text: str, start: int) -> bool:
    """Whether the words before ``start`` say that what follows is no name of ``pattern``."""
    return bool(pattern.not_after and pattern.not_after.search(text, max(0, start - BEFORE), start))


def has_fitting_shape(mention: Mention, words: VariantWords) -> bool:
    """Whether ``mention``, found by a model, looks like what the model takes it for: "1950s" is no variant."""
    return mention.kind is not Kind.VARIANT or words.like.search(mention.text) is not None


def _is_of_bases(text: str) -> bool:
    number = int("".join(filter(str.isdigit, text)) or 0)
    return number > LAST_CODON and {each for each in text if each.isalpha()} <= BASES


def _written_out(mention: Mention) -> Iterator[Mention]:
    """``V600E/K`` are two variants: V600E, and a K that stands for V600K."""
    match = ALTERNATIVES.fullmatch(mention.text)
    if not match or _is_of_bases(mention.text):
        yield mention
        return
    first = match.end("first")
    yield replace(mention, end=mention.start + first, text=mention.text[:first])
    for letter in re.finditer(r"[A-Z*]", mention.text[first:]):
        start = mention.start + first + letter.start()
        label = f"{mention.label}:{match['place']}{letter.group()}"
        yield replace(mention, start=start, end=start + 1, text=letter.group(), label=label)


def _unbracketed(text: str, start: int, end: int) -> tuple[int, int]:
    """A bracket around the whole of a name does not belong to it; one inside, as in ``p.(T790M)``, does."""
    if text[start] == "(":
        start += 1
        if text[end - 1] == ")":
            end -= 1
    elif text[end - 1] == ")" and "(" not in text[start:end]:
        end -= 1
    return start, end


def build_composites(text: str, mentions: Sequence[Mention], composites: Iterable[Composite]) -> tuple[Mention, ...]:
    """``mentions`` with each composite in the place of the names it is made of; ``label`` then names its row."""
    result = list(mentions)
    for composite in composites:
        result = list(_composed(text, result, composite))
    return tuple(result)


def _composed(text: str, mentions: list[Mention], composite: Composite) -> Iterator[Mention]:
    index = 0
    while index < len(mentions):
        last = _chain(text, mentions, index, composite)
        made = _match(text, mentions, index, last, composite) if last > index else None
        if made is None:
            yield mentions[index]
            index += 1
            continue
        yield made
        index = last
        while index < len(mentions) and mentions[index].start < made.end:
            index += 1


def _chain(text: str, mentions: list[Mention], index: int, composite: Composite) -> int:
    """Index after the last of the mentions of the right kinds that are joined to the one at ``index``."""
    last = index
    while last < len(mentions) and mentions[last].kind in composite.kinds:
        if last > index and text[mentions[last - 1].end : mentions[last].start] not in CHAIN:
            break
        last += 1
    return last


def _match(text: str, mentions: list[Mention], index: int, last: int, composite: Composite) -> Mention | None:
    first, end = mentions[index], mentions[last - 1]
    after = composite.after.match(text, end.end)
    if not after:
        return None
    start = first.start
    if composite.before:
        before = composite.before.search(text[max(0, start - 12) : start])
        if not before:
            return None
        start -= len(before.group())
    stop = after.end()
    return replace(
        first, start=start, end=stop, text=text[start:stop], kind=composite.becomes, found_by="pattern",
        label=f"{composite.id}:{text[first.start : end.end]}",
    )  # fmt: skip
