"""Short names that a text gives to drugs given together: "vinorelbine plus epirubicin (NE)", "DHAP (…)", "(arm B)".

Where a later sentence says "NE", it speaks of vinorelbine and epirubicin.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from pipeline.extract.phrases import TOGETHER, Group
from pipeline.extract.skeleton import Element, Skeleton
from pipeline.model import TREATMENTS, Mention, Sentence
from pipeline.rules.discourse import RegimenWords

NAME = (
    r"(?P<arm>(?i:arm|group|cohort) (?:[A-F]|[1-4]|I{1,3}|IV))"
    r"|(?P<name>[A-Za-z0-9]{1,6}(?:[-/+][A-Za-z0-9]{1,6}){0,3})"
)
CALLED = r"(?:\s+(?:regimen|arm|group|protocol|chemotherapy|therapy|combination))?"
DOSES = r"(?:\s*[(\[](?:[^()\[\]A-Za-z]|days?|and|to|through|every|weeks?|AUC)*[)\]])*"
BEHIND = re.compile(rf"{DOSES}[\s)]*[(\[]\s*(?:{NAME}){CALLED}\s*[)\],;]")
CONSISTS = r"(?:consist\w*|compos\w*|compris\w*|combin\w*|contain\w*|includ\w*)(?:\s[\w-]+){0,6}\s*"
BEFORE = re.compile(rf"(?<![\w/-])(?:{NAME}){CALLED}\s*(?:(?P<open>[(\[])\s*|:\s*|,?\s(?:that |which )?{CONSISTS})$")
CLOSING = re.compile(r"[^()\[\]]*[)\]]")
WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
CLAUSE_ENDS = re.compile(r"[;?!]|\.\s|\bor\b|\bversus\b|\bvs\b")
FEWEST_LETTERS = 2
REGIMEN = "<regimen>"  # known by its name; beside other drugs it stays one of them


@dataclass(frozen=True, slots=True)
class Regimen:
    """What a text calls drugs that are given together, and the drugs."""

    name: str
    members: Group


def definitions(sentence: Sentence, words: RegimenWords) -> Iterator[Regimen]:
    """The short names that ``sentence`` gives, with what they stand for."""
    drugs = [
        each for each in sentence.mentions if each.kind in TREATMENTS and each.grounding and each.found_by != "model"
    ]
    for listed in _lists(drugs, sentence, words):
        if name := _name_beside(listed, sentence, words):
            yield Regimen(name, tuple(Element(f"<{each.kind}>", 0, 0, each, implied=True) for each in listed))


def _lists(drugs: Sequence[Mention], sentence: Sentence, words: RegimenWords) -> Iterator[list[Mention]]:
    """Drugs that only words like "and" and "plus", and doses, part."""
    listed: list[Mention] = []
    for drug in drugs:
        if listed and not _joined(sentence.text[listed[-1].end - sentence.start : drug.start - sentence.start], words):
            yield listed
            listed = []
        listed.append(drug)
    if listed:
        yield listed


def _joined(between: str, words: RegimenWords) -> bool:
    if CLAUSE_ENDS.search(between) or not between.strip():
        return False
    return all(each.lower() in words.links for each in WORD.findall(words.amounts.sub(" ", between)))


def _name_beside(listed: list[Mention], sentence: Sentence, words: RegimenWords) -> str | None:
    """The short name right behind the list, or right before the bracket that holds it."""
    start, end = listed[0].start - sentence.start, listed[-1].end - sentence.start
    behind = BEHIND.match(words.amounts.sub(lambda found: " " * len(found.group()), sentence.text), end)
    before = BEFORE.search(sentence.text[:start])
    if before and before["open"] and not CLOSING.match(sentence.text, end):
        before = None
    for found in filter(None, (behind, before)):
        members = _distinct(listed)
        if found["arm"] and len(members) > 1:
            return found["arm"]
        if found["name"] and _spells(found["name"], members, words):
            return found["name"]
    return None


def _distinct(listed: Sequence[Mention]) -> list[Mention]:
    return list({each.grounding.entity.key: each for each in listed if each.grounding}.values())


def _spells(name: str, members: Sequence[Mention], words: RegimenWords) -> bool:
    """Whether ``name`` begins with a letter of one of ``members`` and has one for each; one of many may lack its."""
    letters = [each for each in name if each.isupper()]
    if name in words.no_names or len(letters) < max(FEWEST_LETTERS, len(members) - 1) or len(members) < FEWEST_LETTERS:
        return False
    initials = [_initials(each, words) for each in members]
    told = sum(bool(each & set(letters)) for each in initials)
    return letters[0] in set().union(*initials) and told >= len(members) - (len(members) > FEWEST_LETTERS)


def _initials(member: Mention, words: RegimenWords) -> set[str]:
    """The letters that stand for a drug: those its names begin with, and those of its brands."""
    names = [member.text, member.grounding.entity.name if member.grounding else ""]
    own = {next((letter.upper() for letter in name if letter.isalpha()), "") for name in names}
    return own | {letter for name in names for letter in words.letters.get(name.lower(), "")}


def spelt_out(skeleton: Skeleton, sentence: Sentence, known: Mapping[str, Group], *, named: bool) -> Skeleton:
    """``skeleton`` with the drugs in the place of short names: of those ``named`` by the lexicon, or of the others."""
    places = list(_places(sentence, known))
    if not places:
        return skeleton
    elements: list[Element] = []
    for element in skeleton.elements:
        found = next((each for each in places if each[0] <= element.first and element.last <= each[1]), None)
        if not found or (element.text == REGIMEN) != named or element.text.startswith(f"<{TOGETHER}"):
            elements.append(element)
        elif not (elements and elements[-1].groups and elements[-1].first == found[0]):
            elements.append(_given_together(*found))
    return Skeleton.of(elements)


def _places(sentence: Sentence, known: Mapping[str, Group]) -> Iterator[tuple[int, int, Group]]:
    """First token, token behind the last one, and the drugs, of each regimen that ``sentence`` names."""
    for name, members in known.items():
        pattern = rf"(?<![\w/+-]){re.escape(name)}(?![\w/+]|-\w)"
        for found in re.finditer(pattern, sentence.text):
            start, end = found.start() + sentence.start, found.end() + sentence.start
            inside = [at for at, token in enumerate(sentence.tokens) if start <= token.start and token.end <= end]
            if inside:
                yield inside[0], inside[-1] + 1, members


def _given_together(first: int, last: int, members: Group) -> Element:
    group = tuple(replace(each, first=first, last=last, implied=True) for each in members)
    return Element(f"<{TOGETHER}>", first, last, slots=MappingProxyType({"drug": group}), groups=(group,))
