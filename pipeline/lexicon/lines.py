"""Cell lines that were made resistant to a drug: their names say so to those who know them, "A549/DDP"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.lexicon import Entry, Lexicon
from pipeline.model import TREATMENTS, Entity, Kind, Mention
from pipeline.text import squash

RESISTANT_TO = "resistant_to"  # the fact of a cell line, with the name of a drug
BY_DRUG = re.compile(r"\w/(?P<drug>[\w-]+)$|^(?P<resisted>.+?)[ -]resistant\b")  # parent and drug; of a short form
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

    def may_be_one(self, name: Mention) -> bool:
        """Whether ``name`` may be that of a resistant line; what a short form stands for is not known yet."""
        if name.kind is not Kind.CELL_LINE:
            return False
        return (
            name.found_by == "abbreviation" or squash(name.text) in self.written or self._by_name(name.text) is not None
        )

    def drug_of(self, line: Entity) -> str | None:
        """The key (:attr:`pipeline.model.Entity.key`) of the drug that ``line`` was made resistant to, or None."""
        return self.drugs.get(line.key) or self._by_name(line.name)

    def _by_name(self, text: str) -> str | None:
        found = BY_DRUG.search(text)
        told = (found["drug"] or found["resisted"]) if found else ""
        names = (told, RESISTANT.sub("", told)) if told else ()
        return next((drug for name in names if (drug := _drug(name, self.lexicon))), None)


def _fact(entry: Entry, lexicon: Lexicon) -> str | None:
    told = entry.facts.get(RESISTANT_TO) if entry.entity.kind is Kind.CELL_LINE else None
    return _drug(told, lexicon) if told else None


def _drug(name: str, lexicon: Lexicon) -> str | None:
    candidates = (entry.entity for entry, _ in lexicon.candidates(name))
    return next((each.key for each in candidates if each.kind in TREATMENTS), None)
