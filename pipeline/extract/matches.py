"""What a reading that is kept becomes: arguments, stance, certainty and attributes of a match."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from pipeline.extract.claims import RESPONSES, SIGNED_ROLES, TELLING, Draft, is_negated
from pipeline.extract.frame import Frame
from pipeline.extract.skeleton import Element, sign
from pipeline.extract.tables import RowClaim
from pipeline.model import (
    Argument,
    Attributes,
    Attribution,
    Certainty,
    Entity,
    Kind,
    Match,
    Quantity,
    Sentence,
    Stance,
)
from pipeline.rules.discourse import DiscourseWords

AS_MARKER = {"cause": "marker"}
POLYMORPHISM = "polymorphism"  # of a gene of which no more is said than that it has forms


def attributes_of(
    direction: str | None, degree: str | None, interaction: str | None, number: Quantity | None, frame: Frame
) -> Attributes:
    """The attributes of a match: those it states, its number and the circumstances of its sentence."""
    return Attributes(
        direction=direction,
        degree=degree,
        interaction=interaction,
        value_text=number.text if number else None,
        value=number.value if number else None,
        unit=number.unit if number else None,
        comparator=number.comparator if number else None,
        statistic=number.statistic if number else None,
        disease=frame.first("disease"),
        model=frame.first("model"),
        setting=frame.first("setting"),
        acquired=frame.acquired,
    )


def match_of_row(claim: RowClaim, frame: Frame, attribution: Attribution) -> Match:
    """What the row of a table says, as a match."""
    said = claim.attributes
    direction = said.get("direction") or _by_kind(claim.arguments)
    return Match(
        rule=claim.rule.id,
        kind=claim.rule.claim.name,
        arguments=claim.arguments,
        stance=Stance(said.get("stance", Stance.SUPPORTS)),
        certainty=Certainty(said.get("certainty", Certainty.ASSERTED)),
        attribution=attribution,
        attributes=attributes_of(direction, said.get("degree"), said.get("interaction"), claim.number, frame),
        circumstances=frame.circumstances,
    )


def _by_kind(arguments: tuple[Argument, ...]) -> str | None:
    """A variant that is named is present."""
    return (
        "present" if any(each.role in SIGNED_ROLES and each.entity.kind is Kind.VARIANT for each in arguments) else None
    )


def as_markers(arguments: tuple[Argument, ...]) -> tuple[Argument, ...]:
    """``arguments`` of a claim without direction, whose cause is a marker."""
    return tuple(replace(each, role=AS_MARKER.get(each.role, each.role)) for each in arguments)


def only_varies(draft: Draft) -> bool:
    """Whether what acts is a polymorphism of which no form is singled out: "response" goes with it either way."""
    causes = draft.roles.get("cause", ())
    return bool(causes) and all(each.varies for each in causes)


def as_forms(draft: Draft, sentence: Sentence, words: DiscourseWords) -> Draft:
    """``draft`` with what is meant by a gene where a sentence speaks of polymorphisms: its forms, or one it names."""
    if draft.rule.claim.name not in RESPONSES or not words.forms.search(sentence.text):
        return draft
    acting = {
        role: tuple(_in_its_forms(each, sentence) for each in group)
        for role, group in draft.roles.items()
        if role in TELLING
    }
    return replace(draft, roles={**draft.roles, **acting})


def _in_its_forms(element: Element, sentence: Sentence) -> Element:
    """A gene of which no more is said, as polymorphic; or the one variant of it that the sentence names."""
    gene = element.mention.grounding.entity if element.mention and element.mention.grounding else None
    if element.text != "<gene>" or element.direction or element.varies or element.implied or gene is None:
        return element
    own = [each for each in sentence.mentions if each.grounding and _is_of(gene, each.grounding.entity)]
    return replace(element, mention=own[0] if len(own) == 1 else element.mention, whole=None, varies=True)


def _is_of(gene: Entity, variant: Entity) -> bool:
    return variant.kind is Kind.VARIANT and variant.name.startswith(f"{gene.name} ")


def without_supportive(arguments: tuple[Argument, ...], words: DiscourseWords) -> tuple[Argument, ...]:
    """Of drugs that act together those that do the work."""
    others = tuple(
        each for each in arguments if each.role != "drug" or each.entity.name.lower() not in words.supportive
    )
    return others if any(each.role == "drug" for each in others) else arguments


def arguments_of(draft: Draft, sentence: Sentence) -> tuple[Argument, ...]:
    """The roles filled, in the order of the claim kind."""
    return tuple(
        argument
        for role in draft.rule.claim.roles
        for element in draft.roles.get(role, ())
        if (argument := _argument(role, element, sentence))
    )


def _argument(role: str, element: Element, sentence: Sentence) -> Argument | None:
    mention = element.mention
    if mention is None or mention.grounding is None:
        return None
    entity, correction = mention.grounding.entity, mention.grounding.correction_id
    if element.varies and entity.kind is Kind.GENE and entity.modification is None:
        entity = replace(entity, modification=POLYMORPHISM)
    if element.implied:
        return Argument(role, entity, mention.text, None, None, correction)
    start, end = mention.start, mention.end
    if element.whole:
        start, end = sentence.tokens[element.whole[0]].start, sentence.tokens[element.whole[1] - 1].end
    return Argument(role, entity, sentence.text[start - sentence.start : end - sentence.start], start, end, correction)


def stance_of(draft: Draft, over: frozenset[str]) -> Stance:
    """Whether it supports the claim; ``over`` are the categories of cues that hold over it, here and below."""
    if draft.attributes.get("stance") == Stance.REFUTES or is_negated(draft, over):
        return Stance.REFUTES
    return Stance.MIXED if draft.attributes.get("stance") == Stance.MIXED else Stance.SUPPORTS


def interaction_of(draft: Draft, over: frozenset[str]) -> str | None:
    """What drugs do together; a benefit that is denied is none."""
    stated = draft.attributes.get("interaction")
    if stated and stated not in ("antagonism", "no_benefit", "combined") and is_negated(draft, over):
        return "no_benefit"
    return stated


def certainty_of(draft: Draft, over: frozenset[str]) -> Certainty:
    """How firmly it is said."""
    if "certainty" in draft.attributes:
        return Certainty(draft.attributes["certainty"])
    if "speculated" in over:
        return Certainty.SPECULATED
    return Certainty.SUGGESTED if "suggested" in over else Certainty.ASSERTED


def distinct(matches: Iterable[Match]) -> Iterator[Match]:
    """The first of ``matches`` that say the same of the same."""
    seen = set()
    for match in matches:
        roles = sorted((argument.role, argument.entity.key) for argument in match.arguments)
        key = (match.kind, sign(match.attributes.direction), tuple(roles), match.stance)
        if key not in seen:
            seen.add(key)
            yield match
