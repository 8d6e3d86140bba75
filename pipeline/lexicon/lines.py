"""Cell lines that were made resistant to a drug: their names say so to those who know them, "A549/DDP"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.lexicon import Entry, Lexicon
from pipeline.model import TREATMENTS, Entity, Kind
from pipeline.text import squash

RESISTANT_TO = "resistant_to"  # the fact of a cell line, with the name of a drug
BY_DRUG = re.compile(r"\w/(?P<drug>[\w-]+)$")  # parent and drug
RESISTANT = re.compile(r"-?R$")  # "TamR"; but the R of ADR belongs to the drug


@dataclass(frozen=True, slots=True)
class ResistantLines:
    """Which drug a line resists: told by the lexicon (by key, and how the lines are written), or by the name alone."""

    lexicon: Lexicon
    drugs: Mapping[str, str]
    written: frozenset[str]

    @classmethod
    def of(cls, lexicon: Lexicon) -> ResistantLines:
        """Those of ``lexicon`` whose drug it knows."""
        told = [(entry, drug) for entry in lexicon.entries if (drug := _fact(entry, lexicon))]
        written = (squash(surface.text) for entry, _ in told for surface in entry.surfaces)
        drugs = {entry.entity.key: drug for entry, drug in told}
        return cls(lexicon, MappingProxyType(drugs), frozenset(written))

    def names_one(self, text: str) -> bool:
        """Whether ``text``, the name of a line, is that of a resistant one."""
        return squash(text) in self.written or self._by_name(text) is not None

    def drug_of(self, line: Entity) -> str | None:
        """The key (:attr:`pipeline.model.Entity.key`) of the drug that ``line`` was made resistant to, or None."""
        return self.drugs.get(line.key) or self._by_name(line.name)

    def _by_name(self, text: str) -> str | None:
        found = BY_DRUG.search(text)
        names = (found["drug"], RESISTANT.sub("", found["drug"])) if found else ()
        return next((drug for name in names if (drug := _drug(name, self.lexicon))), None)


def _fact(entry: Entry, lexicon: Lexicon) -> str | None:
    told = entry.facts.get(RESISTANT_TO) if entry.entity.kind is Kind.CELL_LINE else None
    return _drug(told, lexicon) if told else None


def _drug(name: str, lexicon: Lexicon) -> str | None:
    candidates = (entry.entity for entry, _ in lexicon.candidates(name))
    return next((each.key for each in candidates if each.kind in TREATMENTS), None)
