"""The cascade: small phrases are put together before any claim is read.

Finite-state cascades of this kind go back to FASTUS (Hobbs et al. 1997): each level works on the elements that the
level before has made, so that "inhibition of over-expressed HER2" is one changed gene, and "resistance to A and B" one
phrase with two drugs, by the time a claim rule looks at the sentence.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import regex

from pipeline.extract.skeleton import Element, Skeleton, is_singled_out, renamed
from pipeline.rules import Phrase
from pipeline.rules.pattern import ANCHOR, ATTRIBUTE, NEGATED

TOGETHER = "combination"  # drugs given together
PARTNERS = "partners"  # drugs that another, named further away, was given with
SINGLY = frozenset(["alone", "monotherapy", "agent", "agents"])
OR, BOTH, AND, COMMA = "or", "both", "and", ","
SLASH = "/"
STEM = 4  # letters at the end of a drug's name that tell its sort: -inib, -atin, -axel
PARTING = frozenset(["with", "plus", "+", "to", "by", "into", "combination", "combined", "together", "alongside"])
Group = tuple[Element, ...]  # elements that act together
MOST_REWRITES = 24  # of one phrase in one sentence; a bound, never reached in a sentence of English


@dataclass(frozen=True, slots=True)
class Found:
    """What a pattern matched: the elements by role, the attributes its words give, the tokens that anchor it.

    ``seconds`` are the elements of a role's second place (``{drug2}``).
    """

    span: slice
    roles: Mapping[str, tuple[Element, ...]]
    seconds: Mapping[str, tuple[Element, ...]]
    attributes: Mapping[str, str]
    anchor: int
    anchor_last: int
    tags: tuple[Element, ...]


def read_match(match: regex.Match[str], skeleton: Skeleton) -> Found:
    """The elements behind the groups of ``match``."""
    roles: dict[str, list[Element]] = {}
    seconds: dict[str, list[Element]] = {}
    attributes: dict[str, str] = {}
    span = skeleton.slice(*match.span())
    anchored = skeleton.elements[span][:1]
    for name in match.re.groupindex:
        spans = match.spans(name)
        if not spans:
            continue
        if name == ANCHOR:
            anchored = skeleton.elements[skeleton.slice(*spans[0])]
        elif ATTRIBUTE in name:
            key, _, value = name.partition(ATTRIBUTE)
            attributes[key] = value
        else:
            place, negated = name.removesuffix(NEGATED), name.endswith(NEGATED)
            filled = [skeleton.elements[skeleton.slice(*each).start] for each in spans]
            target = seconds if place.endswith("2") else roles
            target.setdefault(place.rstrip("2"), []).extend(
                replace(each, negated=True) if negated else each for each in filled
            )
    tags = tuple(element for element in skeleton.elements[span] if element.slots)
    first, last = anchored[0].first, anchored[-1].last
    return Found(span, _in_order(roles), _in_order(seconds), attributes, first, last, tags)


def _in_order(roles: Mapping[str, list[Element]]) -> dict[str, tuple[Element, ...]]:
    return {role: tuple(sorted(found, key=lambda each: each.first)) for role, found in roles.items()}


def put_together(skeleton: Skeleton, phrases: Iterable[Phrase]) -> Skeleton:
    """Apply each phrase wherever it matches, in the order of ``phrases``."""
    for phrase in phrases:
        if not all(any(word in skeleton.line for word in gate) for gate in phrase.gates):
            continue
        position = 0
        for _ in range(MOST_REWRITES):
            match = phrase.pattern.search(skeleton.line, position)
            if match is None:
                break
            found = read_match(match, skeleton)
            new = _rewritten(phrase, found, skeleton)
            if new is None:
                position = skeleton.starts[found.span.start] + len(skeleton.elements[found.span.start].text) + 1
                continue
            elements = (*skeleton.elements[: found.span.start], *new, *skeleton.elements[found.span.stop :])
            skeleton = Skeleton.of(elements)
            resume = found.span.start + (len(new) if phrase.make else 0)
            position = skeleton.starts[resume] if resume < len(skeleton.starts) else len(skeleton.line)
    return skeleton


def _rewritten(phrase: Phrase, found: Found, skeleton: Skeleton) -> list[Element] | None:
    """The elements that take the place of the match; None when that would change nothing."""
    old = skeleton.elements[found.span]
    attributes = {**phrase.attributes, **found.attributes}
    if phrase.make:
        return [_made(phrase, phrase.make, old, found, attributes)]
    direction = attributes.get("direction")
    kept = {(element.first, element.last) for role in phrase.keep for element in found.roles.get(role, ())}
    first, last = old[0].first, old[-1].last
    new: list[Element] = []
    named = [element for element in old if (element.first, element.last) in kept]
    for element in old:
        if (element.first, element.last) in kept:
            varies = "varies" in attributes and not is_singled_out(element)
            whole = _whole(phrase, found, element, old) or (
                _with_its_forms(kept, old) if varies and element.text == "<gene>" else None
            )
            kept_so = renamed(element, direction)
            new.append(replace(kept_so, whole=whole or element.whole, varies=varies or element.varies))
        elif named and named[0].first < element.first < named[-1].first and element.text in (",", "and", "or", "/"):
            new.append(replace(element, text=OR) if phrase.alternatives and element.text == AND else element)
    if not new or tuple(new) == old:
        return None
    new[0] = replace(new[0], first=min(first, new[0].first))
    new[-1] = replace(new[-1], last=max(last, new[-1].last))
    return new


def _with_its_forms(kept: Collection[tuple[int, int]], matched: tuple[Element, ...]) -> tuple[int, int] | None:
    """The tokens of the one name that is kept and of the words for its forms: "ERCC1 polymorphisms"."""
    return (matched[0].first, matched[-1].last) if len(kept) == 1 else None


def _whole(phrase: Phrase, found: Found, element: Element, matched: tuple[Element, ...]) -> tuple[int, int] | None:
    """The tokens of ``element`` and its owner, where no other member of a list stands between them."""
    owners = found.roles.get(phrase.owner or "", ())
    kept = [each for role in phrase.keep for each in found.roles.get(role, ())]
    if not owners or min(kept, key=lambda each: abs(each.first - owners[0].first)).first != element.first:
        return None
    last = max(owners[0].last, element.last)
    closing = any(each.text == ")" and each.first == last for each in matched)
    return min(owners[0].first, element.first), last + closing


def _made(phrase: Phrase, tag: str, old: tuple[Element, ...], found: Found, attributes: Mapping[str, str]) -> Element:
    groups = given_together(found, old) if tag in (TOGETHER, PARTNERS) else ()
    slots: dict[str, tuple[Element, ...]] = dict(found.roles)
    for role, second in found.seconds.items():
        slots[role] = (*slots.get(role, ()), *second)
    for element in found.tags:
        for role, inside in element.slots.items() if not element.groups else ():
            slots[role] = (*slots.get(role, ()), *inside)
    if groups:
        slots["drug"] = tuple({(each.first, each.mention): each for group in groups for each in group}.values())
    return Element(
        text=f"<{tag}>",
        first=old[0].first,
        last=old[-1].last,
        slots=MappingProxyType(slots),
        attributes=MappingProxyType(dict(attributes)),
        anchor=found.anchor,
        absorbs=phrase.absorbs,
        groups=groups,
    )


def given_together(found: Found, old: tuple[Element, ...]) -> tuple[tuple[Element, ...], ...]:
    """The sets of drugs that the words name: "A or B with C" is A + C and B + C, "A with B or C" is A + B and A + C."""
    named = (*found.roles.get("drug", ()), *found.seconds.get("drug", ()))
    members = sorted((each for each in named if not each.negated), key=lambda each: each.first)
    parts = [part for listed in _lists(members, old) for part in _alternatives(listed, old)]
    return tuple(tuple(itertools.chain(*each)) for each in itertools.product(*parts))


def _of_one_stem(one: Element, other: Element) -> bool:
    """Whether two drugs are of one sort by their names: of gefitinib/erlotinib a patient is given one."""
    names = [each.mention.grounding.entity.name for each in (one, other) if each.mention and each.mention.grounding]
    return len(names) > 1 and names[0][-STEM:].lower() == names[1][-STEM:].lower()


def _between(one: Element, other: Element, old: Sequence[Element]) -> frozenset[str]:
    """The words between two members; "A alone or with B" leaves no choice of what A is given with."""
    words = [each.text for each in old if one.last <= each.first < other.first]
    return frozenset(
        word for before, word in zip(["", *words], words, strict=False) if word != OR or before not in SINGLY
    )


def _lists(members: Sequence[Element], old: Sequence[Element]) -> list[list[Element]]:
    """The lists that words like "with" part: "A, B or C | with D"."""
    lists: list[list[Element]] = []
    for index, member in enumerate(members):
        words = _between(members[index - 1], member, old) if index else PARTING
        if words & PARTING and OR not in words:
            lists.append([])
        lists[-1].append(member)
    return lists


def _alternatives(listed: Sequence[Element], old: Sequence[Element]) -> list[list[Group]]:
    """The places of a list, each with what may fill it: one of A, B, C for "A, B or C"; C and one of A, B for "A or B
    and C".
    """
    options = [list(element.groups or ((element,),)) for element in listed]
    joints = [_between(one, other, old) for one, other in itertools.pairwise(listed)]
    enumerated = any(COMMA in joint for joint in joints) and not any(AND in joint for joint in joints)
    both = any(each.text == BOTH and each.first in (listed[0].first - 1, listed[0].first - 2) for each in old)
    if both or (enumerated and any(OR in joint for joint in joints)):
        return [list(itertools.chain(*options))]
    places = [options[0]]
    for index, (option, joint) in enumerate(zip(options[1:], joints, strict=True)):
        if OR in joint or (SLASH in joint and _of_one_stem(listed[index], listed[index + 1])):
            places[-1] = [*places[-1], *option]
        else:
            places.append(option)
    return places
