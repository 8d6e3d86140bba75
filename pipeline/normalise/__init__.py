"""Mention → grounding: which thing a name stands for, and why. Nothing is forced.

In this order: a correction of the ledger whose scope holds here; the abbreviation as this document defines it; the
lexicon; the shape of the name; *unknown*. A name that several entities claim equally is *ambiguous* and keeps its
candidates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pipeline.lexicon import Lexicon
from pipeline.lexicon.corrections import Correction, Ledger
from pipeline.lexicon.lookup import Reading, read_abbreviation, read_name
from pipeline.lexicon.patterns import NamePatterns
from pipeline.model import Document, Entity, Grounding, Kind, Mention, Sentence

THREE_LETTERS = {
    "Ala": "A", "Arg": "R", "Asn": "N", "Asp": "D", "Cys": "C", "Gln": "Q", "Glu": "E", "Gly": "G", "His": "H",
    "Ile": "I", "Leu": "L", "Lys": "K", "Met": "M", "Phe": "F", "Pro": "P", "Ser": "S", "Thr": "T", "Trp": "W",
    "Tyr": "Y", "Val": "V", "Ter": "*",
}  # fmt: skip
REGISTRIES = (("NCT", "clinicaltrials"), ("ISRCTN", "isrctn"))


@dataclass(frozen=True, slots=True)
class DocumentNames:
    """What a document says of its own names: its abbreviations; and, for corrections, its text and its identities."""

    abbreviations: Mapping[str, str]
    text: str
    identities: frozenset[str]

    @classmethod
    def of(cls, document: Document, abbreviations: Mapping[str, str]) -> DocumentNames:
        text = "\n".join(section.text for section in document.sections)
        return cls(abbreviations, text, document.identities)


class Normaliser:
    """Grounds mentions by a lexicon and a ledger of corrections."""

    def __init__(self, lexicon: Lexicon, patterns: NamePatterns, ledger: Ledger) -> None:
        self._lexicon = lexicon
        self._ledger = ledger
        self._called = {composite.id: composite.called for composite in patterns.composites}

    def ground(self, sentence: Sentence, section: str, names: DocumentNames) -> Sentence:
        """``sentence`` with every mention grounded; mentions that a correction calls no name are left out."""
        grounded = []
        for mention in sentence.mentions:
            grounding = self._grounding(mention, sentence.text, section, names)
            if grounding:
                grounded.append(replace(mention, kind=grounding.entity.kind, grounding=grounding))
            elif mention.kind is None:
                grounded.append(mention)
        return replace(sentence, mentions=tuple(grounded))

    def holds(self, names: DocumentNames, section: str, name: str) -> bool:
        """Whether a correction of ``name`` covers ``section``; outside its scope it is as if there were none."""
        return any(
            row.target and row.covers(section=section, document=names.text, identities=names.identities)
            for row in self._ledger.of(name)
        )

    def no_names(self, sentence: Sentence, section: str, names: DocumentNames) -> Iterator[tuple[str, str]]:
        """(correction_id, text) of each mention of ``sentence``, not grounded yet, that a correction calls no name."""
        for mention in sentence.mentions:
            rows = self._corrections(mention, sentence.text, section, names) if mention.kind else ()
            if len(rows) == 1 and rows[0].target is None:
                yield rows[0].correction_id, mention.text

    def _corrections(
        self, mention: Mention, sentence: str, section: str, names: DocumentNames
    ) -> tuple[Correction, ...]:
        """The rows of the narrowest scope that hold here; several only where they contradict each other."""
        found: list[Correction] = []
        for row in self._ledger.of(mention.text):
            if found and row.scope != found[0].scope:
                break
            here = row.applies(sentence=sentence, section=section, document=names.text, identities=names.identities)
            if here and row.target not in [each.target for each in found]:
                found.append(row)
        return tuple(found)

    def _grounding(self, mention: Mention, sentence: str, section: str, names: DocumentNames) -> Grounding | None:
        corrections = self._corrections(mention, sentence, section, names)
        if len(corrections) > 1:
            candidates = tuple(row.target for row in corrections if row.target)
            ids = " and ".join(row.correction_id for row in corrections)
            return Grounding(self._shaped(mention), f"ambiguous: corrections {ids} both hold here", candidates)
        for row in corrections:
            if row.target is None:
                return None
            return Grounding(row.target, f"{row.kind}: {row.reason}", correction_id=row.correction_id)
        reading = self._read(mention, names)
        if reading.entity:
            return Grounding(reading.entity, reading.reason)
        if mention.kind is None or self._known_for_corrections_alone(mention, reading):
            return None
        return Grounding(self._shaped(mention), reading.reason, reading.candidates)

    def _known_for_corrections_alone(self, mention: Mention, reading: Reading) -> bool:
        """A name that was looked for because of corrections, none of which holds in its sentence."""
        return mention.found_by == "lexicon" and reading.reason == "unknown" and bool(self._ledger.of(mention.text))

    def _read(self, mention: Mention, names: DocumentNames) -> Reading:
        if mention.found_by == "abbreviation":
            short = mention.text if mention.text in names.abbreviations else mention.text.removesuffix("s")
            return read_abbreviation(self._lexicon, short, names.abbreviations[short])
        return read_name(self._lexicon, mention.text)

    def _shaped(self, mention: Mention) -> Entity:
        """What can be told of a name that the lexicon does not hold."""
        kind = mention.kind or Kind.CHEMICAL
        row, _, inside = (mention.label or "").partition(":")
        if mention.found_by == "pattern" and row in self._called:
            base = read_name(self._lexicon, inside)
            return Entity(None, self._called[row].format(base.entity.name if base.entity else inside), kind)
        if kind is Kind.VARIANT:
            return Entity(None, variant_name(mention.text), kind)
        if kind is Kind.TRIAL:
            number = mention.text.strip()
            prefix = next((curie for start, curie in REGISTRIES if number.startswith(start)), None)
            return Entity(f"{prefix}:{number}" if prefix else None, number, kind)
        return Entity(None, mention.text.lower() if kind is Kind.DRUG else mention.text, kind)


def variant_name(text: str) -> str:
    """A protein variant in one-letter form: ``p.(Tyr537Ser)`` → ``Y537S``; other variants as written."""
    bare = re.sub(r"^p\.|[()\s]", "", text) if re.search(r"\d", text) and not text.lower().startswith("ex") else text
    match = re.fullmatch(r"([A-Z][a-z]{2})-?(\d+)-?([A-Z][a-z]{2})", bare)
    if match and match[1] in THREE_LETTERS and match[3] in THREE_LETTERS:
        return THREE_LETTERS[match[1]] + match[2] + THREE_LETTERS[match[3]]
    return bare if re.fullmatch(r"[A-Z]\d+\S*", bare) else text
