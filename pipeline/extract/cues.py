"""Words that turn what is said: negation, certainty, attribution, each with its scope.

The scopes follow ConText (Harkema et al. 2009): a cue acts forward or backward up to a terminating cue, the end of the
sentence or its reach; a pseudo-cue looks like a cue and shields the words it covers. The cues are rows of
``rules/cues.toml``. Where the sentence is parsed, negation and certainty hold over what the cue governs instead of over
so many words; on BioScope this is closer to what readers mark (``python -m benchmarks.cues``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipeline.extract.skeleton import Element, Skeleton
from pipeline.extract.syntax import Tree
from pipeline.model import Sentence
from pipeline.rules import Cue

NOT_ACTING = frozenset(["terminate", "pseudo"])
NOT = frozenset(["not", "n't"])
BY_TREE = frozenset(["negation", "suggested", "speculated", "hypothesis"])


@dataclass(frozen=True, slots=True)
class Scope:
    """The tokens over which a cue of ``category`` holds, and the tokens of the cue itself, half-open."""

    category: str
    tokens: frozenset[int]
    cue: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Scopes:
    """All scopes of a sentence, and whether a dependency tree told them."""

    scopes: tuple[Scope, ...]
    by_tree: bool = False

    def over(self, token: int, absorbed: Iterable[tuple[str, int, int]] = ()) -> frozenset[str]:
        """The categories that hold at ``token``, but for cues that phrases have absorbed (category, first, last)."""
        return frozenset(
            scope.category
            for scope in self.scopes
            if token in scope.tokens
            and not any(
                scope.category == category and first <= scope.cue[0] < last for category, first, last in absorbed
            )
        )

    def denied(self, token: int, sentence: Sentence) -> bool:
        """Whether a plain "not" holds at ``token``."""
        negated = (scope for scope in self.scopes if scope.category == "negation" and token in scope.tokens)
        return any(sentence.tokens[each.cue[0]].text.lower() in NOT for each in negated)


@dataclass(frozen=True, slots=True)
class _Hit:
    cue: Cue
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Hits:
    """The cues that stand in a sentence."""

    found: tuple[_Hit, ...]

    @property
    def want_tree(self) -> bool:
        """Whether a dependency tree would tell better where they hold."""
        return any(hit.cue.category in BY_TREE and hit.cue.direction not in NOT_ACTING for hit in self.found)


def plain(sentence: Sentence) -> Skeleton:
    """Every token in lower case: what cues are matched against."""
    return Skeleton.of(
        Element(token.text.lower().replace(" ", "") or "_", index, index + 1)
        for index, token in enumerate(sentence.tokens)
    )


def read_hits(sentence: Sentence, cues: Iterable[Cue]) -> Hits:
    """The cues that stand in ``sentence``."""
    return Hits(tuple(_longest(_hits(plain(sentence), cues))))


def read_scopes(sentence: Sentence, hits: Hits) -> Scopes:
    """Where in ``sentence`` which of its cues holds."""
    tree = Tree.of(sentence)
    terminators = [hit for hit in hits.found if hit.cue.direction == "terminate"]
    acting = (hit for hit in hits.found if hit.cue.direction not in NOT_ACTING)
    scopes = tuple(_scope(hit, terminators, tree, len(sentence.tokens)) for hit in acting)
    return Scopes(scopes, tree is not None)


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


def _scope(hit: _Hit, terminators: list[_Hit], tree: Tree | None, length: int) -> Scope:
    after = [stop.first for stop in terminators if stop.first >= hit.last and _stops(stop, hit)]
    before = [stop.last for stop in terminators if stop.last <= hit.first and _stops(stop, hit)]
    cue = (hit.first, hit.last)
    first, last = max([0, *before]), min([length, *after])
    if tree and hit.cue.category in BY_TREE:
        held = _held_by_tree(hit, tree)
        return Scope(hit.cue.category, frozenset(each for each in held if first <= each < last), cue)
    first = max(first, hit.first - hit.cue.reach) if hit.cue.direction in ("backward", "both") else hit.first
    last = min(last, hit.last + hit.cue.reach) if hit.cue.direction in ("forward", "both") else hit.last
    return Scope(hit.cue.category, frozenset(range(first, last)), cue)


def _held_by_tree(hit: _Hit, tree: Tree) -> frozenset[int]:
    cue = range(hit.first, hit.last)
    own = frozenset(cue)  # "failed to respond": the word that states the claim may be the cue itself
    if hit.cue.category == "negation" and hit.cue.direction != "forward":
        return own | tree.clause(cue)
    return own | tree.scope(cue, relative=hit.cue.category != "negation")


def _stops(terminator: _Hit, hit: _Hit) -> bool:
    return terminator.cue.category == hit.cue.category


class Syntax:
    """A sentence with the scopes of its ``cues`` and its dependency tree, both read where they are asked for."""

    def __init__(self, sentence: Sentence, cues: Sequence[Cue], with_syntax: Callable[[Sentence], Sentence]) -> None:
        self.sentence = sentence
        self._cues, self._with_syntax = cues, with_syntax

    @cached_property
    def _parsed(self) -> Sentence:
        return self._with_syntax(self.sentence)

    @cached_property
    def scopes(self) -> Scopes:
        hits = read_hits(self.sentence, self._cues)
        return read_scopes(self._parsed if hits.want_tree else self.sentence, hits)

    @property
    def of_others(self) -> bool:
        """Whether it tells what others have found."""
        return any(scope.category == "background" for scope in self.scopes.scopes)

    @cached_property
    def tree(self) -> Tree | None:
        return Tree.of(self._parsed)
