"""From a matched rule to the claims it states: roles filled, lists spread, directions composed."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.extract.phrases import Found, Group, read_match
from pipeline.extract.skeleton import Element, Skeleton, compose, sign
from pipeline.rules import Rule

NUMBER = re.compile(r"\d+(?:\.\d+)?")
COMPARED = 2  # numbers: those of the one group and of the other
SIGNED_ROLES = ("cause", "entity", "agent")
ACTING = ("cause", "agent")
TELLING = (*ACTING, "marker")
GENE_OR_VARIANT = frozenset(["<gene>", "<variant>"])  # by what patients and tumours are told apart
RESPONSES = frozenset(["resistance", "sensitivity", "biomarker"])  # what a factor has to do with a response


@dataclass(frozen=True, slots=True)
class Draft:
    """A reading of a sentence by a rule; ``anchors`` are the tokens at which it may be negated or hedged.

    ``absorbed`` are the cues that are part of its phrases: category and tokens. It is ``unpaired`` where "respectively"
    pairs one of its lists with something that the rule has not read.
    """

    rule: Rule
    roles: Mapping[str, Group]
    attributes: Mapping[str, str]
    anchors: tuple[int, ...]
    absorbed: tuple[tuple[str, int, int], ...]
    negated: bool
    unpaired: bool = False

    def keys(self) -> frozenset[str]:
        """The entities it is about, whatever their roles."""
        return frozenset(key for group in self.roles.values() for element in group if (key := entity_key(element)))

    @property
    def says_how(self) -> bool:
        """Whether what is spoken of, drugs aside, is said to be changed or present."""
        named = (each for role, group in self.roles.items() if role != "drug" for each in group)
        return any(each.direction or _by_kind(each) for each in named)

    @property
    def direction(self) -> str | None:
        """The direction of what the claim is about: what the rule says of it, composed with the words around it."""
        stated = self.attributes.get("direction")
        signed = [element for role in SIGNED_ROLES for element in self.roles.get(role, ())]
        inner = [element.direction or _by_kind(element) for element in signed]
        return compose(stated, next(filter(None, inner), None))


def _by_kind(element: Element) -> str | None:
    """A variant that is named is present; of a polymorphism, the one or the other form is."""
    return "present" if element.text == "<variant>" and not element.varies else None


def entity_key(element: Element) -> str | None:
    grounding = element.mention.grounding if element.mention else None
    return grounding.entity.key if grounding else None


def read_drafts(skeleton: Skeleton, rules: Iterable[Rule], *, text: str) -> Iterator[Draft]:
    """Every reading of the sentence by ``rules``, in their order."""
    line, lower = skeleton.line, text.lower()
    for rule in rules:
        if rule.words and not any(word in lower for word in rule.words):
            continue
        if not all(any(word in line for word in gate) for gate in rule.gates):
            continue
        for match in rule.pattern.finditer(line):
            if not _are_ordered(match.group(), rule.numbers):
                continue
            for draft in _drafts(rule, read_match(match, skeleton), paired="respectively" in lower):
                if not rule.alone or _is_alone(draft, skeleton):
                    yield draft


def _is_alone(draft: Draft, skeleton: Skeleton) -> bool:
    """Whether nothing else is named that could fill its roles, nor the same once more with another direction."""
    acting = [each for role in SIGNED_ROLES for each in draft.roles.get(role, ())]
    keys, signs = {entity_key(each) for each in acting}, {sign(each.direction) for each in acting}
    again = (each for each in skeleton.elements if entity_key(each) in keys and each.direction)
    otherwise = any(signs.isdisjoint({sign(each.direction), None}) for each in again)
    return not otherwise and _could_fill(draft.rule, skeleton) <= draft.keys()


def _are_ordered(matched: str, order: str) -> bool:
    """Whether ``matched`` holds two numbers, falling or rising as ``order`` says; true where no order is asked for."""
    if not order:
        return True
    numbers = [float(word) for word in matched.split() if NUMBER.fullmatch(word)]
    if len(numbers) != COMPARED or numbers[0] == numbers[1]:
        return False
    return (numbers[0] > numbers[1]) == (order == "falling")


def _could_fill(rule: Rule, skeleton: Skeleton) -> frozenset[str]:
    """What the sentence names of the kinds that the roles of ``rule`` take."""
    kinds = {f"<{kind}>" for role in rule.claim.roles.values() for kind in role.kinds}
    named = (each for element in skeleton.elements for each in names_in(element) if each.text in kinds)
    return frozenset(key for each in named if (key := entity_key(each)))


def names_in(element: Element) -> Iterator[Element]:
    """The element itself and, of a phrase, all that its slots hold."""
    yield element
    for inside in element.slots.values():
        for each in inside:
            yield from names_in(each)


def _drafts(rule: Rule, found: Found, *, paired: bool) -> Iterator[Draft]:
    options = {role: list(_options(rule, role, found)) for role in rule.claim.roles}
    attributes = {**rule.attributes, **_tag_attributes(found), **found.attributes}
    anchors = (found.anchor, *(element.anchor for element in found.tags if element.anchor is not None))
    absorbed = (
        *((each, found.anchor, found.anchor_last) for each in rule.absorbs),
        *((each, element.first, element.last) for element in found.tags for each in element.absorbs),
        *(("negation", *between) for role in found.roles.values() for between in _excepted(role)),
        *(("negation", each.first, each.last) for role in found.roles.values() for each in role if _is_less(each)),
    )
    roles = [role for role, groups in options.items() if groups]
    unpaired = paired and not _pair_up(list(options.values())) and any(len(groups) > 1 for groups in options.values())
    for combination in _combined([options[role] for role in roles], paired=paired):
        filled = _without_shared(dict(zip(roles, combination, strict=True)))
        negated = any(element.negated for group in combination for element in group)
        yield Draft(rule, filled, attributes, anchors, absorbed, negated, unpaired)


def _combined(options: Sequence[Sequence[Group]], *, paired: bool) -> Iterator[tuple[Group, ...]]:
    """Every filler of a role with every one of the others; the first with the first of lists told "respectively"."""
    if paired and _pair_up(options):
        for index in range(max(map(len, options))):
            yield tuple(groups[index] if len(groups) > 1 else groups[0] for groups in options)
    else:
        yield from itertools.product(*options)


def _pair_up(options: Sequence[Sequence[Group]]) -> bool:
    """Whether there are several lists, all of one length."""
    lengths = [len(groups) for groups in options if len(groups) > 1]
    return len(lengths) > 1 and len(set(lengths)) == 1


def _is_less(element: Element) -> bool:
    """Whether words beside the name say that there is less of it: "lack of PTEN" denies nothing but PTEN."""
    return sign(element.direction) == -1


def _excepted(elements: Sequence[Element]) -> Iterator[tuple[int, int]]:
    """Where the "not" of "A but not B" stands: it is about B alone, and negates nothing else."""
    for before, element in itertools.pairwise(elements):
        if element.negated:
            yield before.last, element.last


def _without_shared(roles: dict[str, Group]) -> dict[str, Group]:
    """Of drugs that act together only those that are not the drug acted upon: "A with B overcomes resistance to B"."""
    for role, group in roles.items():
        others = {entity_key(each) for name, other in roles.items() if name != role for each in other}
        left = tuple(each for each in group if entity_key(each) not in others)
        if 0 < len(left) < len(group):
            return roles | {role: left}
    return roles


def _options(rule: Rule, role: str, found: Found) -> Iterator[Group]:
    """What may fill ``role``: one group a claim.

    Each place of the sentence that names fillers (the role itself, its second place, a phrase) offers groups. They are
    alternatives; under ``together`` every group of one place goes with every group of the others.
    """
    places = [
        _groups(found.roles.get(role, ())),
        _groups(found.seconds.get(role, ())),
        *(_from_slot(element, slot) for element in found.tags for slot in _slots_for(rule, role, element)),
    ]
    if rule.only_stated:
        places = [[group for group in groups if len(group) > 1] for groups in places]
    filled = [groups for groups in places if groups]
    if rule.together and len(filled) > 1:
        for combination in itertools.product(*filled):
            yield tuple(itertools.chain(*combination))
    elif rule.together and filled and all(len(group) == 1 for group in filled[0]):
        yield tuple(itertools.chain(*filled[0]))
    else:
        yield from itertools.chain(*filled)


def _groups(elements: Sequence[Element]) -> list[Group]:
    """One group an element; the drugs of a combination act together."""
    return [group for element in _distinct(elements) for group in element.groups or ((element,),)]


def _distinct(elements: Sequence[Element]) -> list[Element]:
    seen: dict[object, Element] = {}
    for element in elements:
        seen.setdefault(entity_key(element) or element.first, element)
    return list(seen.values())


def _slots_for(rule: Rule, role: str, element: Element) -> Iterator[str]:
    """The slots of a phrase that fill ``role``: ``tag`` stands for its drugs, ``tag.slot`` for another slot."""
    tag = element.text.strip("<>")
    for slot in element.slots:
        if rule.slots.get(tag if slot == "drug" else f"{tag}.{slot}") == role:
            yield slot


def _from_slot(element: Element, slot: str) -> list[Group]:
    return [tuple(_distinct(group)) for group in element.groups] or _groups(element.slots[slot])


def _tag_attributes(found: Found) -> dict[str, str]:
    return {key: value for element in found.tags for key, value in element.attributes.items()}


def is_negated(draft: Draft, over: frozenset[str]) -> bool:
    """Whether a negation holds over it; one within it ("A but not B") turns that again."""
    return ("negation" in over) != draft.negated


def without_yielding(found: Sequence[Draft]) -> list[Draft]:
    """Leave out readings that a more telling kind makes of the same entities in the same sentence.

    Of entities that are all understood from earlier sentences it is not known yet whether they are the same.
    """
    kinds_of: dict[frozenset[str], set[str]] = {}
    for draft in found:
        kinds_of.setdefault(draft.keys(), set()).add(draft.rule.claim.name)
    return [
        draft for draft in found if not draft.keys() or not kinds_of[draft.keys()] & set(draft.rule.claim.yields_to)
    ]


def without_credited(drafts: Sequence[Draft]) -> list[Draft]:
    """Leave out what drugs do together where that is said to go with a factor: "in patients treated with A + B low X
    went with longer survival".
    """
    responses = [each for each in drafts if each.rule.claim.name in RESPONSES]
    return [
        draft
        for draft in drafts
        if draft.rule.claim.name != "combination" or not any(_credits(each, draft) for each in responses)
    ]


def _credits(response: Draft, together: Draft) -> bool:
    """Whether the factor of ``response`` stands between the drugs ``together`` and what is said to be good."""
    factors = [each.first for role in TELLING for each in response.roles.get(role, ()) if not each.implied]
    drugs, good = together.roles.get("drug", ()), together.anchors[0]
    behind = any(all(each.last <= factor for each in drugs) and factor < good for factor in factors)
    before = good in response.anchors and any(factor < good for factor in factors)
    return (_drug_keys(response) or _drug_keys(together)) == _drug_keys(together) and (behind or before)


def _drug_keys(draft: Draft) -> frozenset[str | None]:
    return frozenset(map(entity_key, draft.roles.get("drug", ())))
