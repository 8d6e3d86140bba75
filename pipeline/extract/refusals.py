"""Why a reading is no claim: each reason has a name, which ``explain`` shows and every run counts."""

from __future__ import annotations

import re

import regex

from pipeline.extract.claims import ACTING, GENE_OR_VARIANT, RESPONSES, TELLING, Draft, is_negated
from pipeline.extract.cues import Scopes, Syntax
from pipeline.extract.phrases import Group
from pipeline.extract.skeleton import sign
from pipeline.model import (
    TREATMENTS,
    UNTOLD_GENOTYPE,
    Argument,
    Entity,
    Kind,
    Mention,
    Section,
    Sentence,
    Stance,
)
from pipeline.rules.discourse import DiscourseWords
from pipeline.rules.kinds import ClaimKind

NAMELESS = frozenset(["drug_class.unnamed", "drug_class.chemo"])
METHOD_CLAIMS = frozenset(["model_system", "drug_property", "trial"])  # what a methods section may state
SEVERAL = 2  # items of a cell; one capital may be a name that is not known
ASIDES = re.compile(r"\([^()]*\)|\[[^][]*\]")


def why_no_finding(draft: Draft, over: frozenset[str], sentence: Sentence, section: Section) -> str | None:
    """Why the reading is no finding at all, or None."""
    if "aim" in over:
        return "aim_not_finding"
    if "unknown" in over:
        return "evidence_is_lacking"
    if sentence.text.rstrip().endswith("?"):
        return "question_not_finding"
    if "not_oncology" in over:
        return "not_oncology"
    methods = section.kind == "methods" or section.category == "METHODS"
    methods = methods or (section.kind == "figure" and "method" in over)
    if methods and draft.rule.claim.name not in METHOD_CLAIMS:
        return "method_not_finding"
    if any(
        role.at_least > 1 and _holds_nameless(draft.roles.get(role.name, ()))
        for role in draft.rule.claim.roles.values()
    ):
        return "unnamed_drug"
    if draft.attributes.get("stance") == Stance.REFUTES and is_negated(draft, over):
        return "double_negation"
    return None


def why_no_effect(sentence: Sentence, words: DiscourseWords) -> str | None:
    """Why nothing that the sentence says is an effect on a tumour, or None."""
    if words.topic.match(sentence.text):
        return "topic_not_finding"
    if words.aim.match(sentence.text):
        return "aim_not_finding"
    harm = words.harm.search(sentence.text) and not words.effect.search(sentence.text)
    if harm or words.borne.search(sentence.text):
        return "harm_not_effect"
    return "items_run_together" if _is_run_together(sentence, words) else None


def why_of_something_else(draft: Draft, sentence: Sentence, words: DiscourseWords) -> str | None:
    """Why what the sentence says of the names it does not say of each of them, or of cells, or None."""
    if draft.unpaired and words.pairs.search(ASIDES.sub("", sentence.text)):
        return "respectively_pairs_unread"
    if draft.rule.claim.name not in RESPONSES:
        return None
    if _is_one_of_several(draft) and words.counted.search(sentence.text):
        return "one_of_several_together"
    if words.killing.search(sentence.text):
        return "how_it_kills"
    return "molecules_not_cells" if words.events.search(sentence.text) else None


def _is_one_of_several(draft: Draft) -> bool:
    """Whether a single gene or variant acts in it."""
    acting = [each for role in TELLING for each in draft.roles.get(role, ()) if each.mention]
    return len(acting) == 1 and acting[0].text in GENE_OR_VARIANT


def _is_run_together(sentence: Sentence, words: DiscourseWords) -> bool:
    """Whether it is the cell of a table that lists several things, and nothing tells where the next begins."""
    if sentence.column is None:
        return False
    names = {mention.start - sentence.start for mention in sentence.mentions}
    begun = (match.end() - len(match.group().lstrip()) for match in words.next_item.finditer(sentence.text))
    return sum(start not in names for start in begun) >= SEVERAL


def why_not_ours(arguments: tuple[Argument, ...], words: DiscourseWords) -> str | None:
    """Whether a drug of the claim is none that is given for tumours, or what acts is nothing that does."""
    drugs = (each.entity.name.lower() for each in arguments if each.entity.kind in TREATMENTS)
    if any(name in words.not_for_tumours for name in drugs):
        return "no_cancer_drug"
    acting = (each.entity.name.lower() in words.readouts.get(each.role, ()) for each in arguments)
    return "readout_not_cause" if any(acting) else None


def why_of_no_variant(draft: Draft, sentence: Sentence) -> str | None:
    """Whether a genotype is spoken of whose variant nobody told, or one of which only the gene was read."""
    acting = [each for role in TELLING for each in draft.roles.get(role, ()) if each.mention]
    if any(_is_untold(each.mention) for each in acting):
        return "genotype_of_what_not_said"
    forms = [each for each in sentence.mentions if _is_untold(each) or _is_form_of_variant(each)]
    said = any(each.varies or sign(each.direction) == -1 or each.direction == "increase" for each in acting)
    bare = [each for each in acting if each.text == "<gene>" and not each.implied]
    return "genotype_read_as_gene" if forms and bare and not said else None


def _is_untold(mention: Mention | None) -> bool:
    return bool(mention and mention.grounding and mention.grounding.reason == UNTOLD_GENOTYPE)


def _is_form_of_variant(mention: Mention) -> bool:
    grounding = mention.grounding
    return bool(grounding and grounding.entity.kind is Kind.VARIANT and grounding.entity.modification)


def names_tumour(sentence: Sentence, oncology: regex.Pattern[str]) -> bool:
    """Whether a tumour is named, in the words or by an abbreviation of them."""
    names = (each.grounding.entity.name for each in sentence.mentions if each.grounding and each.grounding.entity)
    return any(oncology.search(text) for text in (sentence.text, *names))


def why_unfit(draft: Draft) -> str | None:
    """Why the rule does not fit what it has matched, so that another may read it, or None."""
    if "direction" in draft.rule.require and draft.direction is None:
        return "no_direction"
    return "direction_stated" if "direction" in draft.rule.without and draft.says_how else None


def is_denied(draft: Draft, over: frozenset[str], scopes: Scopes, sentence: Sentence) -> bool:
    """Whether what acts is said not to be there, while what it does is not denied: "those without T790M responded".

    That is told by the dependency tree alone. Of names whose loss is what the claim is about, the words that deny may
    be those that tell the loss ("without", "lack of"): of them only a plain "not" counts.
    """
    if not scopes.by_tree or "negation" in over or draft.negated:
        return False
    acting = (each for role in ACTING for each in draft.roles.get(role, ()) if each.mention and not each.implied)
    return any(
        scopes.denied(each.first, sentence)
        if sign(each.direction) == -1
        else "negation" in scopes.over(each.first, draft.absorbed)
        for each in acting
    )


def has_another_subject(draft: Draft, syntax: Syntax) -> bool:
    """Whether what acts stands before the verb, and the verb has a subject that it is no part of."""
    verb = draft.anchors[0]
    acting = [each for role in TELLING for each in draft.roles.get(role, ()) if each.mention and not each.implied]
    if not acting or any(each.last > verb for each in acting) or syntax.tree is None:
        return False
    if any(syntax.tree.stands_before(each.last, verb) for each in acting):
        return False
    if syntax.tree.is_adjective_of_a_list(verb):
        return True
    subject = syntax.tree.subject(verb)
    return bool(subject) and not any(subject & frozenset(range(each.first, each.last)) for each in acting)


def why_incomplete(kind: ClaimKind, arguments: tuple[Argument, ...]) -> str | None:
    """The named reason why roles are missing or senseless, or None."""
    by_role: dict[str, list[Entity]] = {}
    for argument in arguments:
        by_role.setdefault(argument.role, []).append(argument.entity)
    for role in kind.required():
        if len({entity.key for entity in by_role.get(role, ())}) < kind.roles[role].at_least:
            return f"no_{role}_named"
    if kind.one_of and not any(by_role.get(role) for role in kind.one_of):
        return f"no_{'_or_'.join(kind.one_of)}_named"
    keys = [entity.key for entities in by_role.values() for entity in entities]
    if len(set(keys)) < len(keys):
        return "same_entity_in_two_roles"
    return None


def _holds_nameless(group: Group) -> bool:
    """Whether one of ``group`` is the "chemo" of "chemoresistance" or the like: nothing that can be given."""
    return any(element.mention and element.mention.label in NAMELESS for element in group)
