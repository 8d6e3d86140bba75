"""Why a sentence gave nothing, in words: what each named reason of a refusal means, and what can be done."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "no_response_words": "it holds none of the words that some rule needs",
        "weak_words_without_drug": "its words say a claim only beside the name of a drug, and none is known in it; "
        "`resistmine correct add` makes a name known",
        "evidence_is_lacking": "it says that evidence is lacking; what for, is no finding",
        "aim_not_finding": "it says what was asked or planned, not what was found",
        "not_oncology": "it is about resistance of bacteria, viruses, fungi or to insulin, not of cancer",
        "question_not_finding": "it is a question",
        "method_not_finding": "it stands among the methods, which say what was done",
        "no_direction": "it does not say whether the factor went up or down, which this rule needs",
        "direction_stated": "it says whether the factor went up or down, and another rule reads that",
        "notice_not_finding": "the article is a notice of retraction, concern or correction, and finds nothing itself",
        "topic_not_finding": "a heading that names a topic and says nothing of it",
        "title_names_a_topic": "a title without a verb that says something of the marker it names",
        "respectively_pairs_unread": "harm goes with one name and response with another; which is not read",
        "one_of_several_together": "several variants or genotypes are counted together; none does it by itself",
        "how_it_kills": "what goes with the death that the drug brings is how it works, and makes no cell sensitive",
        "molecules_not_cells": "what a molecule does is blocked by the drug or not; no cell responds",
        "harm_not_effect": "it speaks of side effects or of what the body does to a drug, not of tumours",
        "no_tumour_named": "tumours are named neither in the title nor, but for a mention in passing, in the abstract",
        "no_cancer_drug": "a drug of it is given in laboratories, or for something that is no tumour",
        "readout_not_cause": "what would act is what tumours do (growth, metastasis) or what is done to patients",
        "genotype_of_what_not_said": "it speaks of a genotype or an allele, and the text does not say of which variant",
        "genotype_read_as_gene": "what it says of a genotype would be said of the bare gene",
        "items_run_together": "a cell of a table that lists several things without a mark between them",
        "double_negation": "it denies what its words already deny, and may mean either",
        "what_acts_is_denied": "the factor is said not to be there (“those without T790M responded”)",
        "another_subject": "the verb that says it has another subject (“A inhibits B and protects cells” says nothing "
        "of B)",
        "same_entity_in_two_roles": "one name would be both what acts and what is acted upon",
        "nothing_readable_in_the_cell": "the cell of the table says nothing that this rule can read",
        "said_before_in_the_same_words": "the same words of the article were counted already",
    }
)
NO_RULE = "no rule matches what it says"


def meaning(reason: str) -> str:
    """What ``reason`` means; of a role without name, which one.

    >>> meaning("no_cause_named"), meaning("no_model_or_entity_named")
    ('it names no cause, nor does the text before it', 'it names no model or entity, nor does the text before it')
    """
    if reason in MEANINGS:
        return MEANINGS[reason]
    if reason.startswith("no_") and reason.endswith("_named"):
        role = reason.removeprefix("no_").removesuffix("_named").replace("_", " ")
        return f"it names no {role}, nor does the text before it"
    return reason.replace("_", " ")
