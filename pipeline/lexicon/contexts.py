"""Short names that stand for several things, told apart by the words around: a strict loader for ``contexts.tsv``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from pipeline.errors import KnowledgeError
from pipeline.lexicon import Lexicon, read_package_file
from pipeline.lexicon.lookup import Reading
from pipeline.model import Entity

FILE = "contexts.tsv"
COLUMNS = ("surface", "meaning", "near", "example", "source")
NO_NAME = "-"
BESIDE = 30  # characters before and behind a name that are asked first


@dataclass(frozen=True, slots=True)
class Meaning:
    """One thing that ``surface`` stands for (None: no name) and the words that tell; without them the usual one."""

    surface: str
    entity: Entity | None
    near: re.Pattern[str] | None
    example: str


@dataclass(frozen=True, slots=True)
class Contexts:
    """The meanings of each short name, in its own case."""

    by_surface: Mapping[str, tuple[Meaning, ...]]

    @classmethod
    def holding(cls, meanings: Iterable[Meaning]) -> Contexts:
        """Those of these meanings."""
        found: dict[str, tuple[Meaning, ...]] = {}
        for each in meanings:
            found[each.surface] = (*found.get(each.surface, ()), each)
        return cls(MappingProxyType(found))

    def read(self, text: str, *, start: int, sentence: str, document: str) -> Reading | None:
        """What ``text``, at ``start`` of ``sentence``, means there; None: it is none of the names told by context.

        A reading without entity and candidates is that of a word that is no name.
        """
        meanings = self.by_surface.get(text) or self.by_surface.get(text.removesuffix("s"))
        if not meanings:
            return None
        beside = sentence[max(0, start - BESIDE) : start + len(text) + BESIDE]
        usual = any(each.near is None for each in meanings)  # what stands far away does not speak against it
        places = (("beside it", beside), ("in its sentence", sentence), ("in the document", "" if usual else document))
        for place, words in places:
            told = [(each, match.group()) for each in meanings if each.near and (match := each.near.search(words))]
            if len(told) == 1:
                return _told(*told[0], place)
            if told:
                break
        return _untold(meanings)


def _told(meaning: Meaning, word: str, place: str) -> Reading:
    return Reading(meaning.entity, f"context: {word!r} {place}")


def _untold(meanings: tuple[Meaning, ...]) -> Reading:
    usual = next((each for each in meanings if each.near is None), None)
    if usual:
        return Reading(usual.entity, "context: nothing speaks against its usual meaning")
    candidates = tuple(each.entity for each in meanings if each.entity)
    return Reading(None, "ambiguous: the context tells nothing, or several things", candidates)


def parse_contexts(content: str, lexicon: Lexicon, file: str = FILE) -> Iterator[Meaning]:
    """The rows of ``contexts.tsv``.

    Raises:
        KnowledgeError: a row with the wrong number of columns, without example or source, with a meaning that is no
            preferred name of the lexicon, or with an expression that does not compile or matches everything.
    """
    for number, line in enumerate(content.splitlines(), start=1):
        cells = tuple(cell.strip() for cell in line.split("\t"))
        if not line.strip() or line.startswith("#") or cells == COLUMNS:
            continue
        if len(cells) != len(COLUMNS) or not all((cells[0], cells[1], cells[3], cells[4])):
            raise KnowledgeError(file, number, "not a whole row", f"Write {', '.join(COLUMNS)}, with tabs.")
        surface, meaning, near, example, _ = cells
        yield Meaning(surface, _entity(file, number, meaning, lexicon), _near(file, number, near), example)


def _entity(file: str, number: int, meaning: str, lexicon: Lexicon) -> Entity | None:
    if meaning == NO_NAME:
        return None
    named = [entry.entity for entry, surface in lexicon.candidates(meaning) if surface.type == "name"]
    if len(named) != 1:
        problem = f"{meaning!r} is {'several names' if named else 'no preferred name'} of the lexicon"
        raise KnowledgeError(file, number, problem, f"Use a preferred name, or {NO_NAME} for what is no name.")
    return named[0]


def _near(file: str, number: int, text: str) -> re.Pattern[str] | None:
    try:
        found = re.compile(text, re.IGNORECASE) if text else None
    except re.error as error:
        raise KnowledgeError(file, number, f"{text!r} does not compile: {error}", "Mend the expression.") from None
    if found and found.search(""):
        raise KnowledgeError(file, number, f"{text!r} matches every text", "Name words that must stand there.")
    return found


NO_CONTEXTS = Contexts.holding(())


@lru_cache(maxsize=1)
def shipped_rows() -> str:
    """The text of the table that comes with the package."""
    return read_package_file(FILE)


def shipped_contexts(lexicon: Lexicon) -> Contexts:
    """The table that comes with the package, read by ``lexicon``."""
    return Contexts.holding(parse_contexts(shipped_rows(), lexicon))
