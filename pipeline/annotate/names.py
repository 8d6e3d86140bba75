"""Names of the lexicon in running text: one pass of an Aho–Corasick automaton over a folded copy.

The copy holds letters and digits alone (:func:`pipeline.text.squash_with_offsets`), so that ``ICI 182,780``,
``ICI-182780`` and ``ICI 182 780`` meet. What the folding makes too equal is told apart afterwards: a name must stand
between word boundaries, and may be broken only where the name itself has a break or where letters and digits meet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from ahocorasick_rs import AhoCorasick, Implementation

from pipeline.lexicon import SHORT, Entry, Lexicon, Surface, case_fits
from pipeline.lexicon.lookup import rank
from pipeline.lexicon.typos import LABEL as TYPO
from pipeline.lexicon.typos import Typos, shipped_confusables
from pipeline.model import Kind, Mention
from pipeline.text import squash, squash_with_offsets

JOINTS = frozenset(" -‐‑‒–—−/'’\u00a0\u2009\u202f\u2005")
WIDEST_JOINT = 2
THOUSANDS = re.compile(r"(?<=\d\d)(?=\d{3}(?!\d))")  # 20,267 and 182,780, but not 1,033
CORRECTION = "correction"  # type of the surfaces that the ledger adds
LONE_WORD = re.compile(r"(?<![^\W_])[A-Za-z]{7,}(?![^\W_])")
STATE = re.compile(r"(?<![\w-])(?:p|[Pp]hospho)[-‑–]\Z")
WIDEST_STATE = 10
BASES = re.compile(r"[ACGT]{3,}")
BASES_BEFORE = re.compile(r"(?<![^\W_])[ACGT]{3,}(?:[ ,/]|(?: vs\.?| and| or|,) )\Z")
BASES_BEHIND = re.compile(r"(?:[ ,/]|(?: vs\.?| and| or|,) )[ACGT]{3,}(?![^\W_])")
TAKES_PLURAL = frozenset([Kind.DRUG_CLASS, Kind.DISEASE, Kind.GENE, Kind.MODEL, Kind.PROCESS])


@dataclass(frozen=True, slots=True)
class _Key:
    """A folded surface: who is written so, where it may be broken, by which signs, and whether corrections name it.

    ``spaced`` are the places where a space may break it: PS 2 is a performance status, no pS2.
    """

    pairs: tuple[tuple[Entry, Surface], ...]
    breaks: frozenset[int]
    spaced: frozenset[int]
    signs: frozenset[str]
    corrected: bool


Holds = Callable[[str], bool]


class NameFinder:
    """Finds every name of a lexicon in a text."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._nonentities = lexicon.nonentities
        self._pairs = list(lexicon.by_surface.values())
        self._keys: dict[tuple[int, bool], _Key] = {}  # of the surfaces met so far: few of the many that are known
        self._typos = Typos(lexicon, shipped_confusables())
        self._automaton = AhoCorasick(list(lexicon.by_surface), implementation=Implementation.ContiguousNFA)

    def find(self, text: str, holds: Holds = lambda _: True) -> tuple[Mention, ...]:
        """Names in ``text``, the longest where they overlap, in order.

        ``holds`` tells of a name that only corrections know whether one of them holds in this text.
        """
        return without_overlaps([*self._candidates(text, holds), *self._misspelled(text)])

    def _misspelled(self, text: str) -> Iterator[Mention]:
        """Words that would be names but for a letter."""
        for match in LONE_WORD.finditer(text):
            entity = self._typos.read(match.group()).entity
            if entity:
                yield Mention(*match.span(), match.group(), entity.kind, "lexicon", label=TYPO)

    def _candidates(self, text: str, holds: Holds) -> Iterator[Mention]:
        folded, offsets = squash_with_offsets(text)
        for number, first, last in self._automaton.find_matches_as_indexes(folded, overlapping=True):
            start, end = offsets[first], offsets[last - 1] + 1
            if start and text[start - 1].isalnum():
                continue
            if first and offsets[first - 1] == start:  # inside a letter that folds to several (β → beta)
                continue
            key = self._key_of(number, text[start:end], holds)
            plural = _has_plural_s(text, end)
            if end < len(text) and text[end].isalnum() and not plural:
                continue
            if not _broken_well(text, offsets, first, last, key):
                continue
            mention = self._mention(text, start, end, plural, key)
            if mention:
                yield mention

    def _key_of(self, number: int, written: str, holds: Holds) -> _Key:
        """The key of a surface; without the corrections of it where none of them holds."""
        key = self._keys.get((number, True))
        if key is None:
            key = self._keys[number, True] = _key(self._pairs[number])
        if not key.corrected or holds(written):
            return key
        bare = tuple(pair for pair in key.pairs if pair[1].type != CORRECTION)
        return self._keys.get((number, False)) or self._keys.setdefault((number, False), _key(bare))

    def _mention(self, text: str, start: int, end: int, plural: bool, key: _Key) -> Mention | None:
        written = text[start:end]
        fitting = [(entry, surface) for entry, surface in key.pairs if case_fits(surface, written)]
        if plural:
            fitting = [pair for pair in fitting if pair[0].entity.kind in TAKES_PLURAL]
            end += 1
        if not fitting or written in self._nonentities or _is_sequence(text, start, end):
            return None
        kind = min(fitting, key=lambda pair: rank(pair[1]))[0].entity.kind
        return Mention(start, end, text[start:end], kind, "lexicon")


def _is_sequence(text: str, start: int, end: int) -> bool:
    """Whether three letters are bases beside others (a primer, a haplotype: ``CAT GCC AGT``), not CAT or AGT."""
    if not BASES.fullmatch(text, start, end):
        return False
    return bool(BASES_BEFORE.search(text, max(0, start - 20), start) or BASES_BEHIND.match(text, end))


def _has_plural_s(text: str, end: int) -> bool:
    """Whether an s makes a plural of the symbol before it: ``AIs``, ``IC50s``, but not ``cross`` of c-ROS."""
    if text[end : end + 1] != "s" or text[end + 1 : end + 2].isalnum():
        return False
    return text[end - 1].isupper() or text[end - 1].isdigit()


def _key(pairs: tuple[tuple[Entry, Surface], ...]) -> _Key:
    texts = [_with_thousands(surface) for _, surface in pairs]
    breaks = frozenset(position for text in texts for position in _breaks(text))
    own = frozenset(position for text in texts for position in _breaks(text, own=True))
    signs = frozenset(character for text in texts for character in text if not character.isalnum())
    spaced = breaks if any(len(squash(text)) > SHORT for text in texts) else own
    return _Key(pairs, breaks, spaced, signs, any(surface.type == CORRECTION for _, surface in pairs))


def _with_thousands(surface: Surface) -> str:
    """Companies print the numbers of their codes with a comma, a space or neither: CGS 20,267 and CGS20267."""
    return THOUSANDS.sub(",", surface.text) if surface.type == "code" else surface.text


def _breaks(text: str, *, own: bool = False) -> Iterator[int]:
    """Folded positions before which a name may be broken: at its own signs, and between letters and digits."""
    position = 0
    previous = ""
    for character in text:
        width = len(squash(character))
        if width == 0 or (previous and not own and character.isdigit() != previous.isdigit()):
            yield position
        previous = character if width else previous
        position += width


def _broken_well(text: str, offsets: list[int], first: int, last: int, key: _Key) -> bool:
    if offsets[last - 1] - offsets[first] == last - first - 1:  # nothing in between: the common case
        return True
    for position in range(first + 1, last):
        gap = text[offsets[position - 1] + 1 : offsets[position]]
        if not gap:
            continue
        if len(gap) > WIDEST_JOINT or position - first not in (key.spaced if gap.isspace() else key.breaks):
            return False
        if any(sign not in JOINTS and sign not in key.signs for sign in gap):
            return False
    return True


def with_states(text: str, mentions: Iterable[Mention]) -> Iterator[Mention]:
    """Proteins together with what is written before them of their state: ``p-AKT``, ``phospho-STAT3``."""
    for mention in mentions:
        before = STATE.search(text, max(0, mention.start - WIDEST_STATE), mention.start)
        if before and mention.kind is Kind.GENE:
            yield replace(mention, start=before.start(), text=text[before.start() : mention.end])
        else:
            yield mention


def without_overlaps(mentions: Iterable[Mention]) -> tuple[Mention, ...]:
    """The longest mentions (of equal ones the first given) such that no two overlap, in order of position."""
    taken: list[Mention] = []
    ordered = sorted(enumerate(mentions), key=lambda pair: (pair[1].start - pair[1].end, pair[0]))
    occupied: set[int] = set()
    for _, mention in ordered:
        if occupied.isdisjoint(range(mention.start, mention.end)):
            taken.append(mention)
            occupied.update(range(mention.start, mention.end))
    return tuple(sorted(taken, key=lambda each: each.start))
