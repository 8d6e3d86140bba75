"""Mention → grounding: which thing a name stands for, and why. Nothing is forced.

In this order: a correction of the ledger whose scope holds here; the abbreviation as this document defines it; for
short names that stand for several things, the words around; the lexicon; a misspelling of one letter; the shape of the
name; *unknown*. A name that several entities claim equally is *ambiguous* and keeps its
candidates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from pipeline.lexicon import Lexicon
from pipeline.lexicon.contexts import NO_CONTEXTS, Contexts
from pipeline.lexicon.corrections import Correction, Ledger
from pipeline.lexicon.patterns import NamePatterns
from pipeline.model import Document, Grounding, Mention, Sentence
from pipeline.normalise.genotypes import NO_VARIANTS, DocumentVariants, joined
from pipeline.normalise.reading import NO_GENE, UNKNOWN, NameReader, NamesOf, OfGene


@dataclass(frozen=True, slots=True)
class DocumentNames:
    """What a document says of its own names: its abbreviations; and, for corrections, its text and its identities."""

    abbreviations: Mapping[str, str]
    text: str
    identities: frozenset[str]
    variants: DocumentVariants = NO_VARIANTS

    @classmethod
    def of(cls, document: Document, abbreviations: Mapping[str, str]) -> DocumentNames:
        text = "\n".join(section.text for section in document.sections)
        return cls(abbreviations, text, document.identities)


class Normaliser:
    """Grounds mentions by a lexicon and a ledger of corrections."""

    def __init__(
        self, lexicon: Lexicon, patterns: NamePatterns, ledger: Ledger, contexts: Contexts = NO_CONTEXTS
    ) -> None:
        self._ledger = ledger
        self._names = NameReader(lexicon, patterns, contexts)
        self._variant_words = patterns.variants

    def with_variants(self, names: DocumentNames, sections: Iterable[NamesOf]) -> DocumentNames:
        """``names`` with the variants that the ``sections`` of the document name, and the genes beside them."""
        return replace(names, variants=self._names.variants(list(sections), names.abbreviations))

    def ground(self, sentence: Sentence, section: str, names: DocumentNames) -> Sentence:
        """``sentence`` with every mention grounded; mentions that turn out to be no names are left out."""
        grounded = []
        genes = self._names.genes(sentence, names.abbreviations)
        for mention in sentence.mentions:
            grounding = self._grounding(mention, sentence, section, names, genes.get(mention, NO_GENE))
            if grounding:
                grounded.append(replace(mention, kind=grounding.entity.kind, grounding=grounding))
            elif mention.kind is None:
                grounded.append(mention)
        return replace(sentence, mentions=joined(grounded, sentence, self._variant_words, names.variants))

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

    def _grounding(
        self, mention: Mention, sentence: Sentence, section: str, names: DocumentNames, gene: OfGene
    ) -> Grounding | None:
        corrections = self._corrections(mention, sentence.text, section, names)
        if len(corrections) > 1:
            candidates = tuple(row.target for row in corrections if row.target)
            ids = " and ".join(row.correction_id for row in corrections)
            return Grounding(self._names.shaped(mention), f"ambiguous: corrections {ids} both hold here", candidates)
        for row in corrections:
            if row.target is None:
                return None
            return Grounding(row.target, f"{row.kind}: {row.reason}", correction_id=row.correction_id)
        disputed = bool(self._ledger.of(mention.text))
        grounding = self._names.ground(
            mention, sentence, gene=gene, abbreviations=names.abbreviations, text=names.text, told=names.variants,
            disputed=disputed,
        )  # fmt: skip
        only_corrected = disputed and mention.found_by == "lexicon" and grounding and grounding.reason == UNKNOWN
        return None if only_corrected else grounding  # it was looked for because of corrections; none holds here
