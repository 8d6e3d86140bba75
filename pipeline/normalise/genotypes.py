"""Genotypes and alleles: joined to the variant that they are a form of, where the text says which.

"The TT genotype of ABCB1 C3435T" is one name; so is "rs7770001 (GG)". Where only "the TT genotype" is written, the
sentence, and then the document, must leave no choice among their variants; else it stays a name without meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.lexicon.patterns import VariantWords
from pipeline.model import UNTOLD_GENOTYPE, Entity, Grounding, Kind, Mention, Sentence
from pipeline.normalise.variants import BEFORE, JOINED, THREE_LETTERS, gene_variant, variant_name

ROW = "genotype."  # how the patterns that find forms are called
BY_WORDS = "genotype.word"
JOINED_LABEL = "variant.genotype"
OF_SEVERAL = re.compile(r"(?:genotypes|alleles|homozygotes)\b")
PAIR = re.compile(r"(?<![A-Za-z])([ACGT])/?([ACGT])(?![A-Za-z])")
ALLELE = re.compile(r"(?<![A-Za-z/])([ACGTDI]|[2-9]R|[A-Z][a-z]{2})[ -](?:alleles?|carriers?)")
FORM_WORDS = re.compile(
    r"(?i)\b(?:genotypes?|homozygo(?:us|tes?|sity)|heterozygo(?:us|tes?|sity)|carriers?|for|the|alleles?)\b|[-+]?\d{2,}"
)
OF_REPEATS = "genotype.repeats"
OF_LETTERS = "genotype.residue-letters"
# said of alleles, and no more than that the variant is there
PRESENCE = frozenset(["mutant", "variant", "risk"])
WHICH_ALLELE = frozenset(["minor", "major", "rare", "common"])


@dataclass(frozen=True, slots=True)
class DocumentVariants:
    """The variants that a document names: each name with the genes that it stands beside somewhere.

    ``repeat_genes`` are those beside which numbers of repeats stand (2R/3R); ``title_gene`` is the one that the title
    names (of a text without title its first sentence), if it names but one.
    """

    genes: Mapping[str, tuple[str, ...]]
    title_gene: str | None = None
    repeat_genes: tuple[str, ...] = ()

    def gene(self, name: str) -> tuple[str, ...]:
        """The genes that ``name`` stands beside."""
        return self.genes.get(name, ())

    def entities(self) -> Iterator[Entity]:
        """Every variant whose gene is told, or which has a number of dbSNP."""
        for name, genes in self.genes.items():
            if len(genes) == 1 or (not genes and name.startswith("rs")):
                yield gene_variant(genes[0] if genes else None, name)


NO_VARIANTS = DocumentVariants({})


def is_form(mention: Mention) -> bool:
    """Whether a pattern took ``mention`` for a genotype or an allele."""
    return (mention.label or "").startswith(ROW)


def form_of(text: str) -> str:
    """One name for a genotype or allele: ``T/T homozygotes`` → ``TT``, ``C-allele carriers`` → ``C allele``.

    >>> form_of("GG and GA genotypes"), form_of("homozygous 3R/3R"), form_of("wild-type genotype")
    ('GG or GA', '3R/3R', 'wild-type')
    """
    bare = re.sub(r"(?<=\d)(?=[ACGTDI])", " ", text) if re.match(r"[-+]?\d{2,}", text) else text
    if pairs := PAIR.findall(bare):
        return " or ".join(dict.fromkeys("".join(pair) for pair in pairs))
    if allele := ALLELE.search(bare):
        return f"{allele[1]} allele"
    left = re.sub(r"\s+", " ", FORM_WORDS.sub("", bare)).strip(" -,")
    return f"{left.lower()} allele" if left.lower() in WHICH_ALLELE else left


def ground_form(mention: Mention, gene: Entity | None, told: DocumentVariants) -> Grounding:
    """A genotype by itself: of the variant in the same place, or of the gene beside it; else of nothing told."""
    place = re.match(r"[-+]?\d{2,}", mention.text)
    form = form_of(mention.text)
    if place:
        same = [each for each in told.entities() if _place(each.name) == place[0].lstrip("+")]
        if same and len({_owner(each) for each in same}) == 1 and (gene is None or _owner(same[0]) == gene.name):
            return Grounding(replace(same[0], modification=form), "form of the variant in the same place")
        genes = {each for name, each in _genes_by_place(told) if name == place[0].lstrip("+")}
        told_by_title = None if mention.label == OF_LETTERS else told.title_gene  # letters of residues tell too little
        owner = gene.name if gene else next(iter(genes)) if len(genes) == 1 else told_by_title
        if owner is None and mention.label == OF_LETTERS:
            return Grounding(Entity(None, mention.text, Kind.VARIANT), UNTOLD_GENOTYPE)
        named = gene_variant(owner, place[0])
        return Grounding(replace(named, modification=form), "form of the variant in this place")
    if gene is None and mention.label == OF_REPEATS and len(told.repeat_genes) == 1:
        return Grounding(gene_variant(told.repeat_genes[0], form), "form of the one gene whose repeats are told")
    if gene and (mention.label != BY_WORDS or form == "null"):
        same = [each for each in told.entities() if each.name.startswith(f"{gene.name} ") and _fits(form, each)]
        of = same[0] if len(same) == 1 else gene
        return Grounding(_with_form(of, form), "form of what stands beside it")
    return Grounding(Entity(None, mention.text, Kind.VARIANT), UNTOLD_GENOTYPE)


def _owner(variant: Entity) -> str:
    return variant.name.rpartition(" ")[0]


def _genes_by_place(told: DocumentVariants) -> Iterator[tuple[str | None, str]]:
    return ((_place(name), gene) for name, genes in told.genes.items() for gene in genes)


def _place(name: str) -> str | None:
    """The number in the name of a variant that is told by one."""
    found = re.match(r"(?:[cgm]\.)?[A-Z]?\(?(-?\d{2,})\D", name.rpartition(" ")[2])
    return found[1] if found else None


def _with_form(entity: Entity, form: str) -> Entity:
    if form.lower() in PRESENCE:
        return entity
    if entity.kind is Kind.GENE:
        return gene_variant(entity.name, form)
    return replace(entity, modification=form)


def _fits(form: str, variant: Entity) -> bool:
    """Whether ``variant`` can have this form: TT is none of G2677C; whatever is not told by letters fits."""
    change = variant.name.rpartition(" ")[2]
    own = set(re.sub(r"^(?:c\.|rs\d+)", "", change)) & set("ACGT") if _is_of_bases(change) else set()
    letters = set("".join(re.findall(r"\b[ACGT]{1,2}\b", form)))
    residues = {THREE_LETTERS[each] for each in re.findall(r"[A-Z][a-z]{2}", form) if each in THREE_LETTERS}
    if residues:
        return residues <= set(re.findall(r"[A-Z]", change))
    return not own or not letters or letters <= own


def _is_of_bases(change: str) -> bool:
    return {each for each in change if each.isupper()} <= set("ACGTIVS")


def joined(
    mentions: Sequence[Mention], sentence: Sentence, words: VariantWords, told: DocumentVariants
) -> tuple[Mention, ...]:
    """``mentions``, grounded, with every form of a variant and that variant as one; words that are no form left out."""
    if not any(map(is_form, mentions)):
        return tuple(mentions)
    left = list(mentions)
    index = 0
    while index < len(left):
        if is_form(left[index]):
            index = _join(left, index, sentence, words)
        index += 1
    known = [_entity(each) for each in left if each.kind is Kind.VARIANT and not is_form(each)]
    here = {each.key: each for each in known if each.modification is None}
    return tuple(each for every in left for each in _resolved(every, list(here.values()), told))


def _join(left: list[Mention], index: int, sentence: Sentence, words: VariantWords) -> int:
    """Put the form at ``index`` and its variant together, in place; the index of what was made."""
    form = left[index]
    if index and _is_variant(left[index - 1]) and words.behind.fullmatch(_gap(left[index - 1], form, sentence)):
        left[index - 1 : index + 1] = [_made(left[index - 1], form, sentence, of=left[index - 1])]
        return index - 1
    behind = left[index + 1 : index + 3]
    if behind and words.before.fullmatch(_gap(form, behind[0], sentence)):
        last = behind[0]
        if last.kind is Kind.GENE and len(behind) > 1 and _is_variant(behind[1]):
            last = behind[1] if BEFORE.fullmatch(_gap(behind[0], behind[1], sentence)) else last
        if last.kind in (Kind.GENE, Kind.VARIANT) and not is_form(last):
            left[index : left.index(last) + 1] = [_made(form, last, sentence, of=last)]
            if OF_SEVERAL.search(form.text):
                _share(left, index, form_of(form.text), sentence)
            return index
    return index


def _share(left: list[Mention], index: int, form: str, sentence: Sentence) -> None:
    """Give the ``form`` of several variants ("the CC genotypes of A and B") to those listed after the first."""
    while index + 1 < len(left) and _is_variant(left[index + 1]):
        if not JOINED.fullmatch(_gap(left[index], left[index + 1], sentence)):
            return
        index += 1
        shared = Grounding(_with_form(_entity(left[index]), form), "form of the variants that are listed behind it")
        left[index] = replace(left[index], label=JOINED_LABEL, grounding=shared)


def _is_variant(mention: Mention) -> bool:
    return mention.kind is Kind.VARIANT and not is_form(mention) and _entity(mention).modification is None


def _gap(one: Mention, other: Mention, sentence: Sentence) -> str:
    return sentence.text[one.end - sentence.start : other.start - sentence.start]


def _made(first: Mention, last: Mention, sentence: Sentence, *, of: Mention) -> Mention:
    form = form_of((first if of is last else last).text)
    start, end = first.start - sentence.start, last.end - sentence.start
    text = sentence.text[start:end]
    if text.count("(") > text.count(")") and sentence.text[end : end + 1] == ")":
        end += 1
    if text.count(")") > text.count("(") and sentence.text[start - 1 : start] == "(":
        start -= 1
    grounding = Grounding(_with_form(_entity(of), form), "form of the variant that stands beside it")
    return replace(
        of, start=sentence.start + start, end=sentence.start + end, text=sentence.text[start:end], kind=Kind.VARIANT,
        label=JOINED_LABEL, grounding=grounding,
    )  # fmt: skip


def _entity(mention: Mention) -> Entity:
    return mention.grounding.entity if mention.grounding else Entity(None, mention.text, mention.kind or Kind.VARIANT)


def _resolved(mention: Mention, here: Sequence[Entity], told: DocumentVariants) -> Iterator[Mention]:
    """A form that stands alone, of the one variant of the sentence or document that it fits; or as it is."""
    untold = mention.grounding and mention.grounding.reason == UNTOLD_GENOTYPE
    if not (untold and is_form(mention)):
        yield mention
        return
    form = form_of(mention.text)
    for place, candidates in (("sentence", here), ("document", list(told.entities()))):
        fitting = [each for each in candidates if _fits(form, each)]
        if len(fitting) == 1 and mention.label != BY_WORDS:
            yield replace(
                mention,
                grounding=Grounding(replace(fitting[0], modification=form), f"form of the one variant of the {place}"),
            )
            return
    if mention.label != BY_WORDS:
        yield mention


def name_of(mention: Mention) -> str:
    """The name of the variant that ``mention`` is, without its gene."""
    return variant_name((mention.label or "").partition(":")[2] or mention.text)
