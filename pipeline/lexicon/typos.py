"""Misspellings of one letter: a written word that is no name, one edit away from exactly one name.

Only for words that leave little doubt: of seven letters or more and nothing else, no word of English, no other
substance (``confusables.txt``), one edit from the name of a drug that a person has entered and that is not taken for
others, and near no second name. Everything that needs more thought is a row of the corrections ledger.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property, lru_cache

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from pipeline.lexicon import Entry, Lexicon, read_package_file
from pipeline.lexicon.lookup import Reading
from pipeline.model import Entity, Kind

FILE = "confusables.txt"
LABEL = "typo"  # of the mentions that are names only if they are misspelled ones
NEAR = 2  # edits: no second name may be so near
WORD = re.compile(r"[A-Za-z]{7,}")
CURATED = "curated"
TARGETS = frozenset([Kind.DRUG])
NONE = Reading(None, "unknown")


class Typos:
    """Reads misspelled words by the names of a lexicon."""

    def __init__(self, lexicon: Lexicon, confusables: Collection[str]) -> None:
        self._known = {
            key: pairs
            for key, pairs in lexicon.by_surface.items()
            if any(surface.type != "correction" for _, surface in pairs)
        }  # without the ledger: a row of it must not change how other words are read
        self._confusables = confusables
        self._targets = dict(_targets(lexicon.entries))
        self._by_deletion: dict[str, list[str]] = {}
        for name in self._targets:
            for part in _deletions(name):
                self._by_deletion.setdefault(part, []).append(name)
        self.read = lru_cache(maxsize=65536)(self._read)

    def _read(self, word: str) -> Reading:
        """``word`` as the misspelling of a name, with the reason; *unknown* if it is none, or may be another thing."""
        folded = word.lower()
        if not WORD.fullmatch(word) or folded in self._known or folded in self._confusables:
            return NONE
        near = {name for part in _deletions(folded) for name in self._by_deletion.get(part, ())}
        found = {name for name in near if OSA.distance(name, folded) == 1}
        found = {name for name in found if not (_is_plural(name, folded) or _is_adjective(name, folded))}
        if len(found) != 1 or not found.isdisjoint(self._confusables):
            return NONE
        name = found.pop()
        entity = self._targets[name]
        return NONE if self._is_near_another(folded, entity) else Reading(entity, f"typo of {name}")

    @cached_property
    def _words(self) -> list[str]:
        return [key for key in self._known if WORD.fullmatch(key)]

    def _is_near_another(self, word: str, entity: Entity) -> bool:
        """Whether a name of something else is nearly as near."""
        near = extract(word, self._words, scorer=OSA.distance, score_cutoff=NEAR, limit=None)
        return any(entry.entity != entity for name, _, _ in near for entry, _ in self._known[name])


def _targets(entries: Iterable[Entry]) -> Iterator[tuple[str, Entity]]:
    for entry in entries:
        name = entry.entity.name.lower()
        if entry.entity.kind in TARGETS and CURATED in entry.source and WORD.fullmatch(name):
            yield name, entry.entity


def _deletions(word: str) -> set[str]:
    """``word``, and what is left of it without one of its letters: words one edit apart have one of these in common."""
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


def _is_plural(name: str, word: str) -> bool:
    return word == name + "s"


def _is_adjective(name: str, word: str) -> bool:
    """Acids are called so: plumbagic acid is no plumbagin."""
    return word.endswith("ic") and not name.endswith("ic")


def parse_confusables(content: str) -> frozenset[str]:
    """The words of ``confusables.txt``: separated by white space, # starts a comment."""
    lines = (line.partition("#")[0] for line in content.splitlines())
    return frozenset(word for line in lines for word in line.lower().split())


@lru_cache(maxsize=1)
def shipped_confusables() -> frozenset[str]:
    """The list that comes with the package."""
    return parse_confusables(read_package_file(FILE))
