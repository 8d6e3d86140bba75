"""What a name stands for by itself: everything but the corrections of the ledger.

In this order: the abbreviation as the document defines it; the words around a short name; the lexicon; a misspelling
of one letter; the shape of the name; *unknown*.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.lexicon import Lexicon
from pipeline.lexicon.contexts import NO_CONTEXTS, Contexts
from pipeline.lexicon.lookup import Reading, read_abbreviation, read_kind, read_name
from pipeline.lexicon.patterns import NamePatterns
from pipeline.lexicon.selected import is_of_cells
from pipeline.lexicon.typos import LABEL as TYPO
from pipeline.lexicon.typos import Typos, shipped_confusables
from pipeline.model import Entity, Grounding, Kind, Mention, Sentence
from pipeline.normalise.genotypes import OF_REPEATS, DocumentVariants, ground_form, is_form, name_of
from pipeline.normalise.micro_rnas import micro_rna_forms
from pipeline.normalise.modified import modification, unmodified
from pipeline.normalise.variants import genes_beside, ground_variant, variant_name

REGISTRIES = (("NCT", "clinicaltrials"), ("ISRCTN", "isrctn"))
MAY_BE_MISSPELLED = frozenset([Kind.DRUG, Kind.CHEMICAL])
CELLS = frozenset([Kind.CELL_LINE, Kind.MODEL])
CONTEXT = "context:"
PLACE_ALONE = re.compile(
    r"[STY]\d{1,4}|[A-Z]\d{3,4}|[-+]?\d+(?:\s*to\s*[-+]?\d+)?"
)  # a residue, a clone, a site: no change
SILENT = re.compile(r"([A-Z])\d+\1")  # the residue stays: H46H
POLYMORPHISM = re.compile(
    r"rs\d|[Cc]odon|[cg]\.|(?:IVS|[-+])?\d+\S* ?[-+>]|[-+]?\d+[ACGT]/|[ACGT](?:[-+(]\S+|\d{4,})[ACGT]"
)
CLOSING = re.compile(r"^[\s)*_-]*")
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class OfGene:
    """The gene that a variant is of; not ``directly`` if it is that of another variant in the same list."""

    entity: Entity | None = None
    directly: bool = True


NO_GENE = OfGene()


@dataclass(frozen=True, slots=True)
class NamesOf:
    """The names found in the ``text`` of a section, not grounded yet."""

    text: str
    mentions: tuple[Mention, ...]
    is_title: bool = False


class NameReader:
    """Reads names by a lexicon, by the document they stand in, and by their shape."""

    def __init__(self, lexicon: Lexicon, patterns: NamePatterns, contexts: Contexts = NO_CONTEXTS) -> None:
        self._lexicon = lexicon
        self._contexts = contexts
        self._typos = Typos(lexicon, shipped_confusables())
        self._called = {composite.id: composite.called for composite in patterns.composites}

    def genes(self, sentence: Sentence, abbreviations: Mapping[str, str]) -> Mapping[Mention, OfGene]:
        """The gene of each variant of ``sentence`` that has one beside it, and whether directly so."""
        found = genes_beside(sentence.mentions, sentence.text, sentence.start)
        read = {variant: (self._by_name(each.gene, abbreviations).entity, each) for variant, each in found.items()}
        return {variant: OfGene(gene, each.directly) for variant, (gene, each) in read.items() if gene}

    def ground(
        self,
        mention: Mention,
        sentence: Sentence,
        *,
        gene: OfGene,
        abbreviations: Mapping[str, str],
        text: str,
        told: DocumentVariants,
        disputed: bool,
    ) -> Grounding | None:
        """``mention`` grounded in a document that has ``abbreviations`` and the whole ``text``; None: it is no name.

        ``gene`` stands beside a variant; ``told`` is what the document tells of its variants elsewhere. Of a
        ``disputed`` name the ledger has something to say: no typo is guessed.
        """
        reading = self._read(mention, sentence, abbreviations, text)
        if reading.reason == UNKNOWN and mention.kind in MAY_BE_MISSPELLED and not disputed:
            reading = self._misspelled(mention.text, abbreviations)
        if reading.entity:
            state = modification(self._lexicon, mention.text, reading.entity)
            entity = replace(reading.entity, modification=state) if state else reading.entity
            return Grounding(entity, reading.reason)
        if mention.kind is None or mention.label == TYPO or self._is_never_a_name(mention):
            return None
        if reading.reason.startswith(CONTEXT):
            return None
        if mention.found_by == "model" and reading.reason == UNKNOWN and PLACE_ALONE.fullmatch(mention.text):
            return None
        if mention.kind is Kind.VARIANT and not reading.candidates:
            return self._variant(mention, gene, told)
        return Grounding(self.shaped(mention), reading.reason, reading.candidates)

    def _variant(self, mention: Mention, gene: OfGene, told: DocumentVariants) -> Grounding:
        if is_form(mention):
            return ground_form(mention, gene.entity, told)
        written = _inside(mention) or mention.text
        genes = told.gene(variant_name(written)) or (
            (told.title_gene,) if told.title_gene and _is_polymorphism(written) else ()
        )
        return ground_variant(written, gene.entity, genes, directly=gene.directly)

    def variants(self, sections: Sequence[NamesOf], abbreviations: Mapping[str, str]) -> DocumentVariants:
        """The variants named in ``sections``, each with the genes that it stands beside somewhere."""
        found: dict[str, dict[str, None]] = {}
        of_repeats: dict[str, None] = {}
        for section in sections:
            for mention, gene in self._with_genes(section, abbreviations):
                if mention.label == OF_REPEATS:
                    of_repeats |= dict.fromkeys(gene)
                elif not is_form(mention) and _is_told_apart(mention):
                    found.setdefault(name_of(mention), {}).update(dict.fromkeys(gene))
        title_gene = self._gene_at_head(sections, abbreviations)
        otherwise = (title_gene,) if title_gene else ()
        genes = {name: tuple(own) or (otherwise if _is_polymorphism(name) else ()) for name, own in found.items()}
        return DocumentVariants(genes, title_gene, tuple(of_repeats))

    def _with_genes(
        self, section: NamesOf, abbreviations: Mapping[str, str]
    ) -> Iterator[tuple[Mention, tuple[str, ...]]]:
        """Each variant of ``section`` with the name of the gene beside it, if one is."""
        beside = genes_beside(section.mentions, section.text, 0)
        for mention in section.mentions:
            if mention.kind is Kind.VARIANT:
                gene = self._by_name(beside[mention].gene, abbreviations).entity if mention in beside else None
                yield mention, (gene.name,) if gene else ()

    def _gene_at_head(self, sections: Sequence[NamesOf], abbreviations: Mapping[str, str]) -> str | None:
        """The one gene that the title names, or the first sentence of a text without title."""
        names = set()
        for head in [each for each in sections if each.is_title] or sections[:1]:
            end = len(head.text) if head.is_title else len(head.text.partition(". ")[0])
            genes = (each for each in head.mentions if each.kind is Kind.GENE and each.end <= end)
            names |= {self._by_name(each, abbreviations).entity for each in genes}
        only = next(iter(names)) if len(names) == 1 else None
        return only.name if only and only.curie else None

    def _read(self, mention: Mention, sentence: Sentence, abbreviations: Mapping[str, str], text: str) -> Reading:
        if mention.found_by != "abbreviation":
            start = mention.start - sentence.start
            told = self._contexts.read(mention.text, start=start, sentence=sentence.text, document=text)
            if told:
                return told
        reading = self._by_name(mention, abbreviations)
        of_cells = mention.found_by != "abbreviation" or (reading.entity and reading.entity.kind in CELLS)
        return reading if of_cells else self._as_cells(mention, sentence) or reading

    def _as_cells(self, mention: Mention, sentence: Sentence) -> Reading | None:
        """LTED is long-term estrogen deprivation; "LTED models" are the cells that are called so."""
        behind = CLOSING.sub("", sentence.text[mention.end - sentence.start :])
        lines = read_kind(self._lexicon, mention.text, Kind.CELL_LINE) if is_of_cells(behind) else ()
        return Reading(lines[0], "abbreviation, of cells by the noun behind it") if len(lines) == 1 else None

    def _by_name(self, mention: Mention, abbreviations: Mapping[str, str]) -> Reading:
        if mention.found_by == "abbreviation":
            written = (mention.text, unmodified(mention.text))
            forms = (*written, *(each.removesuffix("s") for each in written))
            short = next(each for each in forms if each in abbreviations)
            return read_abbreviation(self._lexicon, short, abbreviations[short])
        row, _, inside = (mention.label or "").partition(":")
        is_listed = mention.text == inside and row in self._called  # FLT3 in "FLT3 and MEK inhibitors"
        reading = read_name(self._lexicon, self._called[row].format(inside) if is_listed else mention.text)
        if not reading.entity and mention.kind is Kind.GENE:
            reading = read_name(self._lexicon, unmodified(mention.text))
        return self._micro_rna(mention.text) if mention.kind is Kind.MIRNA and not reading.entity else reading

    def _micro_rna(self, text: str) -> Reading:
        for form in micro_rna_forms(text):
            entity = read_name(self._lexicon, form).entity
            if entity:
                return Reading(entity, f"exact:name, written as {form}")
        return Reading(None, UNKNOWN)

    def _misspelled(self, text: str, abbreviations: Mapping[str, str]) -> Reading:
        """A name that the document itself explains is never a misspelling."""
        defined = any(text.lower() in each.lower() for pair in abbreviations.items() for each in pair)
        return Reading(None, UNKNOWN) if defined else self._typos.read(text)

    def _is_never_a_name(self, mention: Mention) -> bool:
        """The lexicon finds no words of its kill list; a model does."""
        return mention.found_by == "model" and mention.text in self._lexicon.nonentities

    def shaped(self, mention: Mention) -> Entity:
        """What can be told of a name that the lexicon does not hold."""
        kind = mention.kind or Kind.CHEMICAL
        row = (mention.label or "").partition(":")[0]
        if mention.found_by == "pattern" and row in self._called:
            inside = _inside(mention) or ""
            base = read_name(self._lexicon, inside)
            return Entity(None, self._called[row].format(base.entity.name if base.entity else inside), kind)
        if kind is Kind.TRIAL:
            number = mention.text.strip()
            prefix = next((curie for start, curie in REGISTRIES if number.startswith(start)), None)
            return Entity(f"{prefix}:{number}" if prefix else None, number, kind)
        if kind is Kind.MIRNA:
            return Entity(None, next(micro_rna_forms(mention.text), mention.text), kind)
        is_word = kind is Kind.DRUG and not mention.text.isupper()
        return Entity(None, mention.text.lower() if is_word else mention.text, kind)


def _is_told_apart(mention: Mention) -> bool:
    """Whether its name is that of one variant: exons and alleles have numbers that many genes share."""
    return not name_of(mention).startswith(("exon", "*"))


def _is_polymorphism(written: str) -> bool:
    """Whether a name is that of a place in a genome, or of a silent change: of one gene, if the title names but one."""
    return POLYMORPHISM.match(written) is not None or SILENT.fullmatch(variant_name(written)) is not None


def _inside(mention: Mention) -> str | None:
    """What the pattern that found ``mention`` says of it: the name inside a composite, a variant written out."""
    return (mention.label or "").partition(":")[2] or None
