"""What a written name can mean, by the lexicon alone."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.lexicon import Entry, Lexicon, Surface
from pipeline.lexicon.selected import selected, split_response
from pipeline.model import Entity, Kind
from pipeline.text import squash

RANKS = {"name": 0, "brand": 1, "code": 1, "salt": 1, "protein": 1, "long": 1, "abbr": 2, "plural": 0}
OTHER_RANK = 3
LEADING = re.compile(r"^(?:the|a|an|human|mouse|murine|rat|recombinant|activated|total)\s+", re.IGNORECASE)
WORD = re.compile(r"[A-Za-z]{4,}")
MOLECULE = re.compile(
    r"(?:protein|receptor|factor|transporter|enzyme|subunit|ligand|cytokine|chemokine|homolog(?:ue)?|antigen|suppressor|"
    r"gene|regulator|activator|inhibitor of|oncogene|interleukin|cyclin|catenin|cadherin|integrin|tubulin|keratin|"
    r"mucin|survivin|laminin|globulin|caveolin|annexin|vimentin|\b(?!disease|increase|decrease|release|database)\w{4,}ase)s?\b"
    r"(?! (?:inhibitor|inhibition|antagonist|blocker|phase))",
    re.IGNORECASE,
)
DRUGS = frozenset([Kind.DRUG, Kind.DRUG_CLASS])


@dataclass(frozen=True, slots=True)
class Reading:
    """The entity a name was taken for, or None with the candidates that were left, and the reason."""

    entity: Entity | None
    reason: str
    candidates: tuple[Entity, ...] = ()


def rank(surface: Surface) -> int:
    """How directly a surface names its entity: the preferred name first, an alias last."""
    return RANKS.get(surface.type, OTHER_RANK)


def read_name(lexicon: Lexicon, text: str) -> Reading:
    """``text`` as a name: its most direct reading, *ambiguous* when several entities claim it equally.

    A plural s and leading words such as "human" are not part of a name.
    """
    bare = LEADING.sub("", text)
    for written in dict.fromkeys((text, bare, bare.removesuffix("s"))):
        pairs = tuple(pair for pair in lexicon.candidates(written) if pair[1].type != "correction")
        if pairs:
            return _most_direct(pairs)
    return Reading(None, "unknown")


def read_kind(lexicon: Lexicon, text: str, kind: Kind) -> tuple[Entity, ...]:
    """The entities of ``kind`` that are written like ``text``."""
    found = (entry.entity for entry, surface in lexicon.candidates(text) if surface.type != "correction")
    return tuple(dict.fromkeys(entity for entity in found if entity.kind is kind))


def _most_direct(pairs: tuple[tuple[Entry, Surface], ...]) -> Reading:
    best = min(rank(surface) for _, surface in pairs)
    entities = tuple(dict.fromkeys(entry.entity for entry, surface in pairs if rank(surface) == best))
    if len(entities) > 1:
        return Reading(None, "ambiguous", entities)
    surface = next(surface for entry, surface in pairs if entry.entity == entities[0] and rank(surface) == best)
    return Reading(entities[0], f"exact:{surface.type}")


def read_abbreviation(lexicon: Lexicon, short: str, long: str) -> Reading:
    """``short`` as the document defines it.

    The long form decides where the lexicon knows it. Where it does not, the lexicon's own reading of the short form
    stands only if the long form shares a word with it, or if the short form is the symbol of one gene and the long
    form that of a molecule: "AI (artificial intelligence)" is no aromatase inhibitor. Cells that a drug has selected
    are named by both ("LR (letrozole-resistant clones)").
    """
    entity = read_name(lexicon, long).entity or _selected(lexicon, short, long)
    if entity:
        return Reading(entity, f"abbreviation of {long!r}")
    words = {word.lower() for word in WORD.findall(long)}
    for entry, written in lexicon.candidates(short):
        if written.type == "correction":
            continue
        known = {word.lower() for surface in entry.surfaces for word in WORD.findall(surface.text)}
        if words & known:
            return Reading(entry.entity, f"abbreviation of {long!r}, which shares a word with it")
    genes = {entry.entity for entry, written in lexicon.candidates(short) if entry.entity.kind is Kind.GENE}
    if len(genes) == 1 and MOLECULE.search(long):
        return Reading(genes.pop(), f"abbreviation of {long!r}, a molecule whose symbol this is")
    return Reading(None, f"abbreviation of {long!r}, which is no name we know")


def _selected(lexicon: Lexicon, short: str, long: str) -> Entity | None:
    """The cells that ``long`` tells by the drug that they resist; a line we know where it tells its parent too."""
    parts = split_response(long)
    drug = read_name(lexicon, parts[0]).entity if parts else None
    if not parts or not drug or drug.kind not in DRUGS:
        return None
    lines = [entry for entry, _ in lexicon.candidates(short) if entry.entity.kind is Kind.CELL_LINE]
    known = [each for each in lines if squash(each.facts.get("parental", "?")) in squash(long)]
    return known[0].entity if len(known) == 1 else selected(drug, *parts[1:])
