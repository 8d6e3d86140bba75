"""Words that turn what is said: negation, certainty, attribution, each with its scope.

The scopes follow ConText (Harkema et al. 2009): a cue acts forward or backward up to a terminating cue, the end of the
sentence or its reach; a pseudo-cue looks like a cue and shields the words it covers. The cues are rows of
``rules/cues.toml``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.extract.skeleton import Element, Skeleton
from pipeline.model import Sentence
from pipeline.rules import Cue


@dataclass(frozen=True, slots=True)
class Scope:
    """The tokens, half-open, over which a cue of ``category`` holds, and the tokens of the cue itself."""

    category: str
    first: int
    last: int
    cue: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Scopes:
    """All scopes of a sentence."""

    scopes: tuple[Scope, ...]

    def over(self, token: int, absorbed: Iterable[tuple[str, int, int]] = ()) -> frozenset[str]:
        """The categories that hold at ``token``, but for cues that phrases have absorbed (category, first, last)."""
        return frozenset(
            scope.category
            for scope in self.scopes
            if scope.first <= token < scope.last
            and not any(
                scope.category == category and first <= scope.cue[0] < last for category, first, last in absorbed
            )
        )


@dataclass(frozen=True, slots=True)
class _Hit:
    cue: Cue
    first: int
    last: int


def plain(sentence: Sentence) -> Skeleton:
    """Every token in lower case: what cues are matched against."""
    return Skeleton.of(
        Element(token.text.lower().replace(" ", "") or "_", index, index + 1)
        for index, token in enumerate(sentence.tokens)
    )


def read_scopes(sentence: Sentence, cues: Iterable[Cue]) -> Scopes:
    """Where in ``sentence`` which cue holds."""
    line = plain(sentence)
    hits = list(_longest(_hits(line, cues)))
    terminators = [hit for hit in hits if hit.cue.direction == "terminate"]
    acting = [hit for hit in hits if hit.cue.direction not in ("terminate", "pseudo")]
    return Scopes(tuple(_scope(hit, terminators, len(sentence.tokens)) for hit in acting))


def _hits(line: Skeleton, cues: Iterable[Cue]) -> Iterable[_Hit]:
    for cue in cues:
        for match in cue.pattern.finditer(line.line):
            if match.end() > match.start():
                span = line.slice(*match.span())
                yield _Hit(cue, span.start, span.stop)


def _longest(hits: Iterable[_Hit]) -> Iterable[_Hit]:
    """Of overlapping hits of one category, pseudo-cues among them, the longest counts."""
    kept: list[_Hit] = []
    for hit in sorted(hits, key=lambda each: (each.first - each.last, each.first)):
        rivals = [other for other in kept if other.first < hit.last and hit.first < other.last]
        if not any(other.cue.category == hit.cue.category for other in rivals):
            kept.append(hit)
    return sorted(kept, key=lambda each: each.first)


def _scope(hit: _Hit, terminators: list[_Hit], length: int) -> Scope:
    first, last = hit.first, hit.last
    if hit.cue.direction in ("forward", "both"):
        stops = [stop.first for stop in terminators if stop.first >= hit.last and _stops(stop, hit)]
        last = min([length, hit.last + hit.cue.reach, *stops])
    if hit.cue.direction in ("backward", "both"):
        stops = [stop.last for stop in terminators if stop.last <= hit.first and _stops(stop, hit)]
        first = max([0, hit.first - hit.cue.reach, *stops])
    return Scope(hit.cue.category, first, last, (hit.first, hit.last))


def _stops(terminator: _Hit, hit: _Hit) -> bool:
    return terminator.cue.category == hit.cue.category
