"""Variants: one name for each, and the gene that the text says it is of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from pipeline.lexicon import Lexicon
from pipeline.lexicon.lookup import read_name
from pipeline.lexicon.variants import shipped_variants
from pipeline.model import Entity, Grounding, Kind, Mention

THREE_LETTERS = {
    "Ala": "A", "Arg": "R", "Asn": "N", "Asp": "D", "Cys": "C", "Gln": "Q", "Glu": "E", "Gly": "G", "His": "H",
    "Ile": "I", "Leu": "L", "Lys": "K", "Met": "M", "Phe": "F", "Pro": "P", "Ser": "S", "Thr": "T", "Trp": "W",
    "Tyr": "Y", "Val": "V", "Ter": "*",
}  # fmt: skip
RESIDUE = re.compile(rf"(?:{'|'.join(THREE_LETTERS)})(?=[-_\d]|[a-z]?$|\*|fs|del|ins|dup|$)")
PROTEIN = re.compile(r"[A-Z]\d+(?:_[A-Z]\d+)?(?:[A-Z*]|fs\S*|del\S*|ins\S*|dup)(?:/[A-Z*])*")
EXON = re.compile(r"ex(?:on)?[- ]?(\d{1,2})", re.IGNORECASE)
EXON_CHANGES = (("del", "deletion"), ("ins", "insertion"), ("skip", "skipping"), ("mut", "mutation"))
EXON_19 = re.compile(r"del ?19", re.IGNORECASE)
# Between a gene and its variant: "EGFR T790M", "EGFR (p.T790M", "ESR1 mutations Y537S and "
BEFORE = re.compile(
    r"[\s\-‑–:]*(?:(?:gene|protein|kinase)\s+)?(?:(?:hotspot|activating|resistance|point|missense|somatic)\s+)*"
    r"(?:(?:mutations?|mutants?|variants?|substitutions?)\s*)?[\s(:\[]*(?:(?:such as|including|like)\s+)?(?:p\.)?\(?"
)
# Between a variant and its gene: "T790M in EGFR", "T790M mutation of the EGFR"
AFTER = re.compile(
    r"\)?[\s-]*(?:(?:gatekeeper|hotspot|point|resistance|missense|activating|somatic)\s+)*"
    r"(?:mutations?|mutants?|variants?|substitutions?|alterations?)?\s*(?:of|in|on|within)\s+(?:the\s+)?"
)
JOINED = re.compile(r"[\s)]*(?:/|,|\+|and|or|plus|with)?[\s(]*(?:or|and)?\s*(?:p\.)?\(?")
GENE = r"(?<![\w-])([A-Za-z][\w-]{1,12}?)[\s-]*\(?(?:p\.)?\(?"


def variant_name(text: str) -> str:
    """One name for a variant: ``p.(Tyr537Ser)`` → ``Y537S``, ``del19`` → ``exon 19 deletion``; others as written."""
    if exon := _exon_name(text):
        return exon
    if re.match(r"c\.|rs\d", text):
        return re.sub(r"\s+", "", text)
    bare = re.sub(r"^p\.|[()\s]", "", text) if re.search(r"\d", text) else text
    short = re.sub(
        r"(?<=[A-Z*])-(?=\d)|(?<=\d)-(?=[A-Z*])", "", RESIDUE.sub(lambda match: THREE_LETTERS[match[0]], bare)
    )
    return short if PROTEIN.fullmatch(short) else text


def _exon_name(text: str) -> str | None:
    number = EXON.search(text)
    digits = number[1] if number else "19" if EXON_19.fullmatch(text) else None
    change = next((name for start, name in EXON_CHANGES if start in text.lower()), None)
    return f"exon {int(digits)} {change}" if digits and change else None


@dataclass(frozen=True, slots=True)
class Beside:
    """The gene that stands beside a variant; or, not ``directly``, beside another variant of its list."""

    gene: Mention
    directly: bool


def genes_beside(mentions: Sequence[Mention], text: str, offset: int) -> dict[Mention, Beside]:
    """For each variant of a sentence the gene beside it; ``text`` is the sentence, which starts at ``offset``."""
    gaps = [text[one.end - offset : other.start - offset] for one, other in pairwise(mentions)]
    found = dict(_direct(mentions, gaps))
    for (before, here), gap in zip(pairwise(mentions), gaps, strict=True):
        if here.kind is Kind.VARIANT and here not in found and before in found and JOINED.fullmatch(gap):
            found[here] = Beside(found[before].gene, directly=False)
    for (here, after), gap in reversed(list(zip(pairwise(mentions), gaps, strict=True))):
        follows = after in found and found[after].gene.start > after.start
        if here.kind is Kind.VARIANT and here not in found and follows and JOINED.fullmatch(gap):
            found[here] = Beside(found[after].gene, directly=False)
    return found


def _direct(mentions: Sequence[Mention], gaps: Sequence[str]) -> Iterator[tuple[Mention, Beside]]:
    for (one, other), gap in zip(pairwise(mentions), gaps, strict=True):
        if one.kind is Kind.VARIANT and _is_gene(other) and AFTER.fullmatch(gap):
            yield one, Beside(other, directly=True)
        elif other.kind is Kind.VARIANT and _is_gene(one) and BEFORE.fullmatch(gap):
            yield other, Beside(one, directly=True)


def _is_gene(mention: Mention) -> bool:
    return mention.kind is Kind.GENE


class VariantReader:
    """Grounds variants by the genes that sentence and document name them with."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._of_document = lru_cache(maxsize=1024)(self._find_in_document)

    def ground(self, written: str, gene: Entity | None, document: str, *, directly: bool = True) -> Grounding:
        """The variant ``written``, with its gene where one is told, and by what.

        ``gene`` stands beside it, ``directly`` or beside another one of its list.
        """
        name = variant_name(written)
        if re.fullmatch(r"rs\d+", name):
            return Grounding(Entity(f"dbsnp:{name}", name, Kind.VARIANT), "shape of a number of dbSNP")
        known = shipped_variants().get(name)
        if gene and known and known != gene.name and (known in gene.name or not directly):
            return _grounding(known, name, "shape of a variant, known of this gene")  # that of ABL1 in BCR-ABL1
        if gene:
            return _grounding(gene.name, name, "shape of a variant; its gene stands beside it")
        genes = self._of_document(written, document)
        if len(genes) == 1:
            return _grounding(genes[0], name, "shape of a variant; its gene as elsewhere in the document")
        if genes:
            candidates = tuple(_entity(gene, name) for gene in genes)
            return Grounding(
                Entity(None, name, Kind.VARIANT), "ambiguous: of several genes in the document", candidates
            )
        if known:
            return _grounding(known, name, "shape of a variant, known of this gene")
        return Grounding(Entity(None, name, Kind.VARIANT), "shape of a variant; the text names no gene")

    def _find_in_document(self, written: str, document: str) -> tuple[str, ...]:
        """The genes that stand right before ``written`` somewhere in the document."""
        return tuple(dict.fromkeys(self._named_before(written, document)))

    def _named_before(self, written: str, document: str) -> Iterator[str]:
        if not re.match(r"(?:p\.)?\(?[A-Z][A-Za-z]{0,2}\d", written):  # exons have numbers that many genes share
            return
        for match in re.finditer(GENE + re.escape(written.removeprefix("p.")), document):
            entity = read_name(self._lexicon, match[1]).entity
            if entity and entity.kind is Kind.GENE:
                yield entity.name


def _entity(gene: str, name: str) -> Entity:
    called = f"{gene}{name}" if name.startswith("*") else f"{gene} {name}"  # CYP2D6*4, a star allele
    spelled = called.lower().replace(f"{gene.lower()}*", f"{gene} star").replace("*", "ter")
    slug = re.sub(r"[^a-z0-9]+", "-", spelled.lower()).strip("-")
    return Entity(f"resistmine:variant/{slug}", called, Kind.VARIANT)


def _grounding(gene: str, name: str, reason: str) -> Grounding:
    return Grounding(_entity(gene, name), reason)
