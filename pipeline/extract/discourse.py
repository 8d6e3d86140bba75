"""What earlier sentences of a document make understood in later ones.

"Cells were treated with imatinib. Loss of X conferred resistance." leaves the drug of the second sentence unsaid; the
patients "with T790M" of one sentence are those that "responded" in the next. What was said is kept here, sentence by
sentence, and offered for the roles that a reading leaves open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from pipeline.extract.claims import Draft, entity_key, names_in
from pipeline.extract.cohorts import Cohorts
from pipeline.extract.field import not_about_tumours
from pipeline.extract.lines import Lines, of_no_line, resistant_spelt_out
from pipeline.extract.phrases import PARTNERS, TOGETHER, Group, given_together, read_match
from pipeline.extract.regimens import definitions, spelt_out
from pipeline.extract.skeleton import Element, Skeleton
from pipeline.model import TREATMENTS, Document, Section, Sentence
from pipeline.rules import Rule, RuleSet
from pipeline.rules.discourse import DiscourseWords
from pipeline.rules.kinds import ClaimKind
from pipeline.rules.pattern import LazyPattern

RESISTANT = "<resistant>"
RESISTANT_PHRASES = ("<resistance>", RESISTANT)
RESPONSE_PHRASES = (*RESISTANT_PHRASES, "<sensitivity>")
ANSWERS = frozenset(["resistance", "sensitivity"])
SUBJECTS = frozenset(["<drug>", "<drug_class>", "<regimen>"])
UNNAMED = "drug_class.unnamed"  # the label of "drug", "agent" and the like
NOTHING: Mapping[str, tuple[Group, ...]] = MappingProxyType({})
OF_MANY_WORKS = frozenset(["introduction", "discussion", "body"])
MOST_UNDERSTOOD = 2  # drugs; "resistance" after a list of more does not say which is meant


class Discourse:
    """The memory of one document, from its first sentence to the one that is read."""

    def __init__(self, document: Document, rules: RuleSet, lines: Lines = of_no_line) -> None:
        """``lines`` tells of a cell line the key of the drug that it resists, if it does."""
        self.title: Sentence | None = None
        self._refused = not_about_tumours(document, rules.discourse)
        self._untitled = not document.title
        self._rules = rules
        self._words: DiscourseWords = rules.discourse
        self._laid_out = document.laid_out
        self._resisted: tuple[Group, ...] = ()
        self._treated_with: tuple[Group, ...] = ()
        self._before_table: tuple[Group, ...] | None = None
        self._given: tuple[Group, ...] = ()
        self._combined: tuple[Group, ...] = ()
        self._topic: tuple[Group, ...] = ()
        self._subject: tuple[Group, ...] = ()  # the one drug, or the drugs together, that the first sentence names
        self._cohorts = Cohorts(rules)
        self._ever_combined: set[frozenset[str]] = set()
        self._regimens: dict[str, Group] = {}  # by the short name that the text gives them
        self._cohort_resists: Group = ()
        self._lines = lines
        self._said_to_resist: dict[str, Element] = {}  # the drugs that anything was said to resist, by key
        self._going_on = ""  # what a heading or sentence spoke of, "resistance" or its "reversal"

    # -------------------------------------------------------------------------------------------- what is told

    def open_title(self, title: Sentence) -> None:
        """The one drug that the title of a guide names is what the guide is about, until it speaks of another."""
        self.title = title
        drugs = [
            each for each in title.mentions if each.kind in TREATMENTS and each.grounding and each.found_by != "model"
        ]
        if self._laid_out and len({each.grounding.entity.key for each in drugs if each.grounding}) == 1:
            self._treated_with = ((Element("<drug>", 0, 0, drugs[0]),),)

    def open_section(self, section: Section, heading: Skeleton | None, text: str) -> None:
        """Take notice of the heading of a section; what a table speaks of is not what the text after it speaks of.

        Where many works are spoken of, the patients and treatments of the section before are no longer meant.
        """
        if self._before_table is not None:
            self._resisted = self._before_table
        self._going_on = ""
        if heading:
            self._remember_responses(heading)
            self._going_on = self._speaks_of(heading, text)
        self._before_table = self._resisted if section.cells else None
        if section.kind in OF_MANY_WORKS:
            self._cohorts.forget()
            self._given = ()

    def remember(self, skeleton: Skeleton, sentence: Sentence, section: Section) -> None:
        """Keep what ``sentence`` tells later ones."""
        self._remember_responses(skeleton)
        if sentence.section_index == 0 and sentence.start == 0:
            self._subject = the_treatment(skeleton)
        self._going_on = self._speaks_of(skeleton, sentence.text) or self.going_on(sentence, section)
        self._remember_given(skeleton)
        self._remember_what_they_resist(skeleton, sentence)
        self._remember_combined(skeleton, sentence)
        self._cohorts.remember(skeleton, sentence)

    def _remember_responses(self, skeleton: Skeleton) -> None:
        """Keep the drugs that resistance, else response, was last spoken of."""
        for element in skeleton.elements:
            named = _alternatives(element)
            if named and element.text in RESISTANT_PHRASES:
                self._resisted = named
                self._said_to_resist |= {key: each for group in named for each in group if (key := entity_key(each))}
            elif named and element.text in RESPONSE_PHRASES:
                self._treated_with = named

    def _remember_given(self, skeleton: Skeleton) -> None:
        """Keep the treatments that the sentence says were given; a part of the regimen it is about stands for it."""
        self._given = self._whole(self._given_in(skeleton)) or self._given

    def _whole(self, given: Iterable[Group]) -> tuple[Group, ...]:
        """``given``, the one regimen that the text is about in the place of its parts."""
        regimens = self._topic if len(self._topic) == 1 else ()
        groups = (next((each for each in regimens if _keys(part) < _keys(each)), part) for part in given)
        return tuple({_keys(group): group for group in groups}.values())

    def _remember_what_they_resist(self, skeleton: Skeleton, sentence: Sentence) -> None:
        """Keep what those resist who are treated here: what opens the text, or says what they were given, tells it."""
        opens = sentence.section_index == 0 and sentence.start == 0
        if opens or self._given_in(skeleton):
            told = (_spoken_of(each.slots.get("drug", ())) for each in skeleton.elements if each.text == RESISTANT)
            self._cohort_resists = next(filter(None, told), self._cohort_resists)

    def _remember_combined(self, skeleton: Skeleton, sentence: Sentence) -> None:
        """Keep the drugs that "the combination" means in later sentences; what opens the text is what it is about.

        "A + B" alone is too little for the screen, and what it leaves out must not be remembered when nothing is
        screened.
        """
        if not self._rules.may_be_remembered(sentence.text):
            return
        named = {each.name: each.members for each in definitions(sentence, self._words.regimens)}
        self._regimens = named | self._regimens
        if named:
            self._given = tuple(named.values())
        elements = (
            each for each in skeleton.elements if each.text != f"<{PARTNERS}>"
        )  # who they were given with is told
        phrases = (each for element in elements for each in names_in(element) if each.text == f"<{TOGETHER}>")
        stated = [group for phrase in phrases for group in phrase.groups]
        told = _largest((*stated, *named.values(), *_listed(self._words.compared, skeleton)))
        groups = told or _largest(_listed([self._words.listed], skeleton))
        if sentence.section_index == 0 and sentence.start == 0:
            self._topic = groups
            self._given = self._whole(self._given)
        self._ever_combined |= {_keys(group) for group in groups}
        if (told and not self._is_vaguer(told) and not self._is_part(told)) or (groups and not self._combined):
            self._combined = groups

    def _is_part(self, groups: tuple[Group, ...]) -> bool:
        """Whether all of ``groups`` are parts of regimens that were spoken of before."""
        before = [_keys(group) for group in (*self._combined, *self._topic)]
        return all(any(_keys(group) < other for other in before) for group in groups)

    def _is_vaguer(self, groups: tuple[Group, ...]) -> bool:
        """Whether ``groups`` say by the class of a drug what was said by its name before."""
        before = frozenset[str]().union(*map(_keys, self._combined))
        return not any(map(_is_of_drugs, groups)) and any(
            _is_of_drugs(each) for each in self._combined if before & frozenset[str]().union(*map(_keys, groups))
        )

    # -------------------------------------------------------------------------------------------- what is understood

    def refused(self, kind: ClaimKind) -> str | None:
        """Why the document states nothing of this kind, or None.

        What drugs do together is told in the same words in every field; in a text that somebody has chosen it is read.
        """
        together = any(role.at_least > 1 for role in kind.roles.values())
        return None if self._untitled and together and self._refused == "not_oncology" else self._refused

    @property
    def spoken_of(self) -> Group:
        """The drugs that resistance, else response, was last spoken of."""
        return tuple(each for group in self._resisted or self._treated_with for each in group)

    def going_on(self, sentence: Sentence, section: Section) -> str:
        """What it goes on with of that which a heading or the sentence before spoke of; nothing, if it begins anew."""
        if not (self._laid_out and self._going_on):
            return ""
        line = section.text.rfind("\n", 0, sentence.start) + 1
        in_list = self._words.list_item.match(section.text[line : sentence.end].lstrip())
        return self._going_on if in_list or self._words.goes_on.match(sentence.text) else ""

    def lines_spelt_out(self, skeleton: Skeleton, sentence: Sentence) -> Skeleton:
        """``skeleton`` with "resistant cells" in the place of the names of lines that resist what the text has said."""
        if self._words.line_made.search(sentence.text):
            return skeleton
        return resistant_spelt_out(skeleton, self._said_to_resist, self._lines)

    def spelt_out(self, skeleton: Skeleton, sentence: Sentence, *, named: bool) -> Skeleton:
        """``skeleton`` with the drugs in the place of the short names that the text has given them together."""
        return spelt_out(skeleton, sentence, self._regimens, named=named) if self._regimens else skeleton

    def own(self, skeleton: Skeleton, sentence: Sentence) -> Mapping[str, tuple[Group, ...]]:
        """By role what a sentence can mean without saying it because it names no other: its treatment, its cohort."""
        found = {"drug": the_treatment(skeleton), "cause": self._cohorts.of(skeleton, sentence)}
        return {role: groups for role, groups in found.items() if groups}

    def completed(
        self, draft: Draft, own: Mapping[str, tuple[Group, ...]] = NOTHING, answered: tuple[Group, ...] = ()
    ) -> Iterator[Draft]:
        """``draft`` with the roles that earlier text makes understood; one claim for each of two drugs spoken of.

        What the sentence names as its ``own`` comes before what earlier text says, and so does the one treatment that
        is ``answered`` in it: "loss of X sensitised cells to A + B, and gain of X induced resistance".

        Where more were spoken of, it is not plain which is meant, and nothing is assumed. Nothing comes of a rule that
        reads a mere list of drugs as a combination where the text has not spoken of them together before.
        """
        if draft.rule.if_combined and draft.keys() not in self._ever_combined:
            return
        if draft.rule.whole:
            yield from self._made_whole(draft)
            return
        missing = [role for role in (*draft.rule.claim.implied, *draft.rule.understood) if not draft.roles.get(role)]
        drafts = [draft]
        for role in dict.fromkeys(missing):
            here = own.get(role, ()) if draft.rule.takes_one_drug else ()
            groups = here or (answered if _may_be_answered(role, draft) else ()) or self._understood(role, draft.rule)
            if 0 < len(groups) <= MOST_UNDERSTOOD:
                drafts = [replace(each, roles={**each.roles, role: group}) for each in drafts for group in groups]
        yield from drafts

    def with_named_drugs(self, draft: Draft, skeleton: Skeleton, *, of_others: bool) -> Draft:
        """``draft`` with the drugs that were given in place of mere "chemotherapy", where it is plain which.

        They are told by the sentence itself, else by the title, of which background is not told.
        """
        group = draft.roles.get("drug", ())
        if len(group) != 1 or not self._is_mere(group[0]) or draft.rule.claim.roles["drug"].at_least > 1:
            return draft
        given = [*self._given_in(skeleton), *_given_together(skeleton)]
        told = [each for each in given if not any(map(self._is_mere, each))]
        if not told and not of_others and self.title:
            told = [tuple(replace(each, implied=True) for each in self._subject[0])] if len(self._subject) == 1 else []
        if (
            len({_keys(each) for each in told}) != 1
            or any(map(self._is_mere, told[0]))
            or _keys(told[0]) & draft.keys()
        ):
            return draft
        return replace(draft, roles={**draft.roles, "drug": told[0]})

    def _is_mere(self, element: Element) -> bool:
        """Whether a drug is named as "chemotherapy" or the like."""
        grounding = element.mention.grounding if element.mention else None
        return bool(grounding and grounding.entity.name in self._words.mere_drugs)

    def _given_in(self, skeleton: Skeleton) -> list[Group]:
        """The treatments that a sentence says were given; the drugs of a combination stay together."""
        found = [read_match(match, skeleton) for match in self._words.given.finditer(skeleton.line)]
        elements = {element.first: element for each in found for element in each.roles.get("drug", ())}
        groups = [_spoken_of(group) for element in elements.values() for group in element.groups or ((element,),)]
        return [group for group in groups if group]

    def _made_whole(self, draft: Draft) -> Iterator[Draft]:
        """``draft`` about a drug that was added, with all of the one combination spoken of that holds it."""
        named = draft.roles.get("drug", ())
        groups = {_keys(group): group for group in (*self._combined, *self._topic) if draft.keys() < _keys(group)}
        if len(groups) == 1:
            ((_, group),) = groups.items()
            own = draft.keys()
            others = (replace(each, implied=True) for each in group if entity_key(each) not in own)
            yield replace(draft, roles={**draft.roles, "drug": (*named, *others)})

    def _understood(self, role: str, rule: Rule) -> tuple[Group, ...]:
        """What earlier sentences offer for ``role``."""
        if role == "cause":
            groups = self._cohorts.meant
        elif role == "resistant_to" and role in rule.understood:
            groups = tuple((each,) for each in self._cohort_resists)
        elif rule.claim.roles[role].at_least > 1:
            groups = self._together(rule)
        elif rule.understood:
            groups = self._was_given(rule)
        else:
            worked_on = rule.claim.name == "efficacy_in_resistant"  # sensitive cells are no setting of resistance
            groups = self._resisted or (() if worked_on else self._treated_with)
        return tuple(tuple(replace(element, implied=True) for element in group) for group in groups)

    def _was_given(self, rule: Rule) -> tuple[Group, ...]:
        """The treatments last said to be given; to those who resist a drug, others were given than it before."""
        if "resistant_to" not in rule.understood:
            return self._given or self._subject
        resisted = _keys(self._cohort_resists)
        told = (
            groups for groups in (self._given, self._combined) if not any(_keys(each) & resisted for each in groups)
        )
        return next(filter(None, told), self._subject)

    def _together(self, rule: Rule) -> tuple[Group, ...]:
        """The one set of drugs that "the combination" can mean."""
        if not rule.understood and not any("<together>" in gate for gate in rule.gates):
            return ()
        groups = next((groups for groups in (self._combined, self._topic) if len(groups) == 1), ())
        if not rule.understood:
            return groups
        topic = self._topic if len(self._topic) == 1 and _is_of_drugs(self._topic[0]) else ()
        if topic and groups and not _keys(topic[0]) & _keys(groups[0]):
            return topic  # what the text is about, and not what was given beside it
        return () if groups != topic and self._others_given(groups) else groups

    def _others_given(self, together: tuple[Group, ...]) -> bool:
        """Whether the drugs last said to be given are others than those ``together``; a class leaves open which."""
        drugs = [_keys(group) for group in self._given if all(each.text == "<drug>" for each in group)]
        own = frozenset().union(*map(_keys, together))
        return bool(drugs) and not any(own & other for other in drugs)

    def _speaks_of(self, skeleton: Skeleton, text: str) -> str:
        """Whether it speaks of resistance, or of its reversal; or of neither."""
        if not any(element.text in RESISTANT_PHRASES for element in skeleton.elements):
            return ""
        return "reversal" if self._words.undone.search(text) else "resistance"


def answered_in(drafts: Iterable[Draft]) -> tuple[Group, ...]:
    """The one treatment to which the readings of a sentence say that something responds; nothing if not one."""
    groups = [draft.roles.get("drug", ()) for draft in drafts if draft.rule.claim.name in ANSWERS]
    found = {_keys(group): group for group in groups if _spoken_of(group) == group and group}
    return tuple(found.values()) if len(found) == 1 else ()


def _given_together(skeleton: Skeleton) -> list[Group]:
    """The drugs that a phrase of a sentence says were given together: "treated with A and B"."""
    given = (each for each in skeleton.elements if each.attributes.get("given"))
    return [named for each in given for group in each.groups if (named := _spoken_of(group))]


def _may_be_answered(role: str, draft: Draft) -> bool:
    return role == "drug" and draft.rule.claim.name in ANSWERS and not draft.rule.understood


def _alternatives(element: Element) -> tuple[Group, ...]:
    """The drugs in a phrase that later sentences can mean: each by itself, unless they were given together."""
    groups = (group for each in element.slots.get("drug", ()) for group in each.groups or ((each,),))
    return tuple(named for group in groups if (named := _spoken_of(group)))


def the_treatment(skeleton: Skeleton) -> tuple[Group, ...]:
    """The drug, or the drugs given together, that a sentence is about: it names no other."""
    named = [each for element in skeleton.elements for each in names_in(element) if each.text in SUBJECTS]
    groups = [group for element in skeleton.elements for group in element.groups]
    drugs = {key: each for each in _spoken_of(tuple(named)) if (key := entity_key(each))}
    if len(groups) == 1 and _keys(groups[0]) == drugs.keys():
        return (groups[0],)
    return (tuple(drugs.values()),) if len(drugs) == 1 else ()


def _listed(patterns: Iterable[LazyPattern], skeleton: Skeleton) -> Iterator[Group]:
    """The sets of drugs that ``patterns`` find."""
    for pattern in patterns:
        for match in pattern.finditer(skeleton.line):
            found = read_match(match, skeleton)
            yield from given_together(found, skeleton.elements[found.span])


def _largest(groups: Iterable[Group]) -> tuple[Group, ...]:
    """Those that later sentences can mean, each set of drugs once, without those that are part of another."""
    kept = {_keys(group): _each_once(group) for group in groups if _are_spoken_of(group)}
    return tuple(group for keys, group in kept.items() if not any(keys < other for other in kept))


def _is_of_drugs(group: Group) -> bool:
    """Whether all of ``group`` are drugs, none a class of them."""
    return all(element.text == "<drug>" for element in group)


def _each_once(group: Group) -> Group:
    return tuple({entity_key(element): element for element in reversed(group)}.values())[::-1]


def _are_spoken_of(group: Group) -> bool:
    """Whether later sentences can mean these drugs together: two or more, every one named."""
    named = all(each.mention and each.mention.grounding and not _is_generic(each) for each in group)
    return named and bool(_spoken_of(group)) and len(_keys(group)) > 1


def _keys(group: Group) -> frozenset[str]:
    return frozenset(key for element in group if (key := entity_key(element)))


def _spoken_of(elements: Group) -> Group:
    """Those that later sentences can mean: named, and not by a model alone, which the screen does not ask."""
    return tuple(
        each
        for each in elements
        if each.mention and each.mention.grounding and each.mention.found_by != "model" and not _is_generic(each)
    )


def _is_generic(element: Element) -> bool:
    """Whether a drug name is only the word "drug" or the like."""
    return bool(element.mention and element.mention.label == UNNAMED)
