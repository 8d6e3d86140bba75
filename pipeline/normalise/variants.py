"""Variants: one name for each, and the gene that the text says it is of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

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
DBSNP = re.compile(r"rs\d+")
EXON_19 = re.compile(r"del ?19", re.IGNORECASE)
# Between a gene and its variant: "EGFR T790M", "EGFR (p.T790M", "ESR1 mutations Y537S and "
BEFORE = re.compile(
    r"[\s\-‑–:]*(?:(?:gene|protein|kinase)\s+)?(?:(?:hotspot|activating|resistance|point|missense|somatic)\s+)*"
    r"(?:(?:mutations?|mutants?|variants?|substitutions?|polymorphisms?|SNPs?|genotypes?|alleles?)\s*)?[\s(:\[]*"
    r"(?:(?:such as|including|like)\s+)?(?:p\.)?\(?"
)
# Between a variant and its gene: "T790M in EGFR", "T790M mutation of the EGFR"
AFTER = re.compile(
    r"\)?[\s-]*(?:(?:gatekeeper|hotspot|point|resistance|missense|activating|somatic)\s+)*"
    r"(?:mutations?|mutants?|variants?|substitutions?|alterations?|polymorphisms?|SNPs?|alleles?)?\s*"
    r"(?:of|in|on|within)\s+(?:the\s+)?(?:(?:promoter|intron|coding|gene|region|3'-?UTR|5'-?UTR)\s+(?:(?:of|in)\s+(?:the\s+)?)?)*"
)
JOINED = re.compile(r"[\s)]*(?:/|,|\+|and|or|plus|with)?[\s(]*(?:or|and)?\s*(?:p\.)?\(?")


def variant_name(text: str) -> str:
    """One name for a variant: ``p.(Tyr537Ser)`` → ``Y537S``, ``del19`` → ``exon 19 deletion``; others as written."""
    if exon := _exon_name(text):
        return exon
    if number := DBSNP.match(text):
        return number[0]
    if text.startswith("c."):
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


def ground_variant(written: str, gene: Entity | None, told: Sequence[str], *, directly: bool = True) -> Grounding:
    """The variant ``written``, with its gene where one is told, and by what.

    ``gene`` stands beside it, ``directly`` or beside another one of its list; ``told`` are the genes that it stands
    beside elsewhere in the document.
    """
    name = variant_name(written)
    known = shipped_variants().get(name)
    if gene and known and known != gene.name and (known in gene.name or not directly):
        return _grounding(known, name, "shape of a variant, known of this gene")  # that of ABL1 in BCR-ABL1
    if gene:
        return _grounding(gene.name, name, "shape of a variant; its gene stands beside it")
    if len(told) == 1:
        return _grounding(told[0], name, "shape of a variant; its gene as elsewhere in the document")
    if told and not name.startswith("rs"):
        candidates = tuple(gene_variant(gene, name) for gene in told)
        return Grounding(Entity(None, name, Kind.VARIANT), "ambiguous: of several genes in the document", candidates)
    if known:
        return _grounding(known, name, "shape of a variant, known of this gene")
    if DBSNP.fullmatch(name):
        return _grounding(None, name, "shape of a number of dbSNP")
    return Grounding(Entity(None, name, Kind.VARIANT), "shape of a variant; the text names no gene")


def gene_variant(gene: str | None, name: str) -> Entity:
    """The variant ``name`` of ``gene``; a number of dbSNP is an identifier whatever the gene."""
    if gene is None:
        return Entity(f"dbsnp:{name}" if DBSNP.fullmatch(name) else None, name, Kind.VARIANT)
    called = f"{gene}{name}" if name.startswith("*") else f"{gene} {name}"  # CYP2D6*4, a star allele
    if DBSNP.fullmatch(name):
        return Entity(f"dbsnp:{name}", called, Kind.VARIANT)
    spelled = called.lower().replace(f"{gene.lower()}*", f"{gene} star").replace("*", "ter")
    slug = re.sub(r"[^a-z0-9]+", "-", spelled.lower()).strip("-")
    return Entity(f"resistmine:variant/{slug}", called, Kind.VARIANT)


def _grounding(gene: str | None, name: str, reason: str) -> Grounding:
    return Grounding(gene_variant(gene, name), reason)
