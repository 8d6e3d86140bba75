"""Sentences → matches: which claims a document states, how firmly, and why a reading was refused."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.extract.attribution import read_attribution
from pipeline.extract.claims import SIGNED_ROLES, Draft, Group, entity_key, read_drafts
from pipeline.extract.cues import NO_SCOPES, Scopes, read_hits, read_scopes
from pipeline.extract.frame import Frame, Surroundings, read_frame
from pipeline.extract.phrases import TOGETHER, given_together, put_together, read_match
from pipeline.extract.skeleton import Element, Skeleton, build, sign
from pipeline.extract.tables import RowClaim, Table, fitting
from pipeline.extract.values import choose_quantity
from pipeline.model import (
    Argument,
    Attributes,
    Attribution,
    Certainty,
    Document,
    Entity,
    Kind,
    Match,
    Mention,
    Quantity,
    Section,
    Sentence,
    Stance,
)
from pipeline.rules import Rule, RuleSet
from pipeline.rules.kinds import ClaimKind

LISTED = re.compile(r"(?:[-*•–▪◦]|\d{1,2}[.)])\s")
GOES_ON = re.compile(r"(?:This|These|Such|They|Both|Key|(?:The )?(?:key|main|major|most|two|three)|Activation)\b")
UNDONE = re.compile(r"revers|restor|re-?sensiti|overc[oa]m", re.IGNORECASE)
RESISTANT_PHRASES = ("<resistance>", "<resistant>")
RESPONSE_PHRASES = (*RESISTANT_PHRASES, "<sensitivity>")
MOST_UNDERSTOOD = 2  # drugs; "resistance" after a list of more does not say which is meant
NAMELESS = frozenset(["drug_class.unnamed", "drug_class.chemo"])
GENETIC = frozenset([Kind.GENE, Kind.VARIANT, Kind.MIRNA])
DRUGS = frozenset([Kind.DRUG, Kind.DRUG_CLASS, Kind.CHEMICAL])
COHORT = re.compile(
    r"\b(?:patients?|wom[ae]n|m[ae]n|child(?:ren)?|cohorts?|cases?|trials?|tumou?rs?|xenografts?|cell lines?|cells|"
    r"mice|samples?)\b",
    re.IGNORECASE,
)
COHORT_NAMES = frozenset(["<gene>", "<variant>"])
COHORT_CHANGES = frozenset(["present", "increase", "decrease", "activated", "inactivated", "absent"])
METHOD_CLAIMS = frozenset(["model_system", "drug_property", "trial"])  # what a methods section may state
ACTING = ("cause", "agent")
Headings = Callable[[int], Sentence | None]  # what is printed above the section of this index


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reading that was not kept: the named reason, the rule, and the names by role."""

    reason: str
    rule: str
    names: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, draft: Draft, reason: str) -> Refusal:
        names = ((role, each.mention.text) for role, group in draft.roles.items() for each in group if each.mention)
        return cls(reason, draft.rule.id, tuple(names))


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence with what was read in it and what was refused."""

    sentence: Sentence
    matches: tuple[Match, ...]
    refusals: tuple[Refusal, ...]

    @property
    def refused(self) -> Mapping[str, int]:
        """How many readings were refused, by reason."""
        return Counter(each.reason for each in self.refusals)


@dataclass(slots=True)
class _Discourse:
    """What earlier sentences of the document make understood in later ones."""

    document: Document
    title: Sentence | None = None
    resisted: Group = ()
    treated_with: Group = ()
    given: tuple[Group, ...] = ()
    combined: tuple[Group, ...] = ()
    topic: tuple[Group, ...] = ()
    section: int | None = None
    table: Table | None = None
    cohort: tuple[Group, ...] = ()
    before_table: Group = ()
    going_on: str = ""  # what a heading or sentence spoke of, "resistance" or its "reversal"
    refused: list[Refusal] = field(default_factory=list)


class Extractor:
    """Reads claims in sentences by a set of rules. Holds no state between documents.

    ``with_syntax`` adds the dependency tree to the tokens of a sentence; it is asked for sentences alone that state
    something and hold words whose scope a tree tells better.
    """

    def __init__(self, rules: RuleSet, with_syntax: Callable[[Sentence], Sentence] = lambda sentence: sentence) -> None:
        self._rules = rules
        self._with_syntax = with_syntax

    def read(
        self, document: Document, sentences: Sequence[Sentence], headings: Headings = lambda _: None
    ) -> Iterator[Reading]:
        """The readings of ``sentences``, in the order of the document; ``headings`` say what its sections are about."""
        discourse = _Discourse(document)
        for sentence in sentences:
            section = document.sections[sentence.section_index]
            if section.kind == "title":
                discourse.title = sentence
                _take_topic(sentence, discourse)
            if discourse.section != sentence.section_index:
                self._enter(section, sentence.section_index, headings, discourse)
            if discourse.table and sentence.column is None and sentence.row is not None:
                yield self._read_row(sentence, section, discourse, discourse.table)
            else:
                yield self._read_sentence(sentence, section, discourse)

    def reads_table(self, section: Section) -> bool:
        """Whether a rule may find something in the rows of the table ``section``."""
        return bool(fitting(section, self._rules.tables))

    def _enter(self, section: Section, index: int, headings: Headings, discourse: _Discourse) -> None:
        """Take notice of the heading of a section, and of its table."""
        if discourse.table:  # what a cell speaks of is not what the text after the table speaks of
            discourse.resisted = discourse.before_table
        discourse.section, discourse.table, discourse.going_on = index, None, ""
        heading = headings(index)
        if heading:
            skeleton = self.skeleton(heading)
            _remember(skeleton, discourse)
            discourse.going_on = _speaks_of(skeleton, heading.text)
        discourse.before_table = discourse.resisted
        if section.cells:
            caption = heading.mentions if heading else ()
            discourse.table = Table(section, fitting(section, self._rules.tables), caption)

    def _read_row(self, row: Sentence, section: Section, discourse: _Discourse, table: Table) -> Reading:
        table.refused = Counter()
        surroundings = Surroundings(discourse.document, section, discourse.title)
        attribution = read_attribution(frozenset(), row, surroundings)
        of_others = attribution is Attribution.BACKGROUND
        frame = read_frame(row, surroundings, self._rules.context, of_others=of_others)
        matches, refused = [], []
        for claim in table.read(row, _mentions(discourse.resisted or discourse.treated_with)):
            reason = _incomplete(claim.rule.claim, claim.arguments)
            if reason:
                names = tuple((each.role, each.text) for each in claim.arguments)
                refused.append(Refusal(reason, claim.rule.id, names))
            else:
                matches.append(_row_match(claim, frame, attribution))
        refused += (Refusal(reason, "", ()) for reason in table.refused.elements())
        return Reading(row, tuple(_distinct(matches)), tuple(refused))

    def skeleton(self, sentence: Sentence) -> Skeleton:
        """``sentence`` as the claim rules see it, phrases put together."""
        return put_together(build(sentence, self._rules.words), self._rules.phrases)

    def _read_sentence(self, sentence: Sentence, section: Section, discourse: _Discourse) -> Reading:
        skeleton = self.skeleton(sentence)
        discourse.refused = []
        matches = []
        rules = list(self._rules_for(sentence, going_on=_going_on(sentence, section, discourse)))
        joined = read_drafts(skeleton, (rule for rule in rules if not rule.plain), text=sentence.text)
        words = build(sentence, self._rules.words)
        plain = read_drafts(words, (rule for rule in rules if rule.plain), text=sentence.text)
        drafts = _without_yielding(itertools.chain(joined, plain))
        scopes = self._scopes(sentence) if drafts else NO_SCOPES
        for draft in drafts:
            for completed in _completed(draft, discourse):
                match = self._match(completed, sentence, section, scopes, discourse)
                if match:
                    matches.append(match)
        _remember(skeleton, discourse)
        discourse.going_on = _speaks_of(skeleton, sentence.text) or _going_on(sentence, section, discourse)
        _remember_given(skeleton, self._rules, discourse)
        _remember_combined(skeleton, self._rules, sentence, discourse)
        _remember_cohort(skeleton, sentence, discourse)
        return Reading(sentence, tuple(_distinct(matches)), tuple(discourse.refused))

    def _scopes(self, sentence: Sentence) -> Scopes:
        hits = read_hits(sentence, self._rules.cues)
        return read_scopes(self._with_syntax(sentence) if hits.want_tree else sentence, hits)

    def _rules_for(self, sentence: Sentence, *, going_on: str) -> Iterator[Rule]:
        """All rules but the weak ones where no drug of the lexicon is named; what it names cannot be understood.

        Of the continued ones those alone that speak of what the sentence is ``going_on`` with.
        """
        drugs = [mention for mention in sentence.mentions if mention.kind in DRUGS]
        known = any(mention.found_by != "model" for mention in drugs)
        named = {"drug"} if drugs else set()
        named |= {"cause"} if any(mention.kind in GENETIC for mention in sentence.mentions) else set()
        rules = (rule for rule in self._rules.rules if rule.continued in ("", going_on))
        return (rule for rule in rules if (known or not rule.weak) and not named & rule.understood)

    def _match(
        self, draft: Draft, sentence: Sentence, section: Section, scopes: Scopes, discourse: _Discourse
    ) -> Match | None:
        over = frozenset().union(*(scopes.over(token, draft.absorbed) for token in draft.anchors)) - draft.rule.ignores
        reason = _refusal(draft, over, sentence, section)
        if not reason and _is_denied(draft, over, scopes):
            reason = "what_acts_is_denied"
        arguments = () if reason else _arguments(draft, sentence)
        if not reason:
            reason = _incomplete(draft.rule.claim, arguments)
        if reason:
            discourse.refused.append(Refusal.of(draft, reason))
            return None
        surroundings = Surroundings(discourse.document, section, discourse.title)
        attribution = read_attribution(over, sentence, surroundings)
        of_others = attribution is Attribution.BACKGROUND
        frame = read_frame(sentence, surroundings, self._rules.context, of_others=of_others)
        anchor = sentence.tokens[draft.anchors[0]].start
        number = choose_quantity(draft.rule.claim.name, sentence, anchor, arguments, draft.direction)
        return Match(
            rule=draft.rule.id,
            kind=draft.rule.claim.name,
            arguments=arguments,
            stance=_stance(draft, over),
            certainty=_certainty(draft, over),
            attribution=attribution,
            attributes=_attributes(
                draft.direction, draft.attributes.get("degree"), _interaction(draft, over), number, frame
            ),
            circumstances=frame.circumstances,
        )


def _attributes(
    direction: str | None, degree: str | None, interaction: str | None, number: Quantity | None, frame: Frame
) -> Attributes:
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


def _row_match(claim: RowClaim, frame: Frame, attribution: Attribution) -> Match:
    said = claim.attributes
    direction = said.get("direction") or _by_kind(claim.arguments)
    return Match(
        rule=claim.rule.id,
        kind=claim.rule.claim.name,
        arguments=claim.arguments,
        stance=Stance(said.get("stance", Stance.SUPPORTS)),
        certainty=Certainty(said.get("certainty", Certainty.ASSERTED)),
        attribution=attribution,
        attributes=_attributes(direction, said.get("degree"), said.get("interaction"), claim.number, frame),
        circumstances=frame.circumstances,
    )


def _by_kind(arguments: tuple[Argument, ...]) -> str | None:
    """A variant that is named is present."""
    return (
        "present" if any(each.role in SIGNED_ROLES and each.entity.kind is Kind.VARIANT for each in arguments) else None
    )


def _mentions(group: Group) -> list[Mention]:
    return [element.mention for element in group if element.mention]


def _refusal(draft: Draft, over: frozenset[str], sentence: Sentence, section: Section) -> str | None:
    """Why the reading is no finding at all, or None."""
    if "aim" in over:
        return "aim_not_finding"
    if sentence.text.rstrip().endswith("?"):
        return "question_not_finding"
    if "not_oncology" in over:
        return "not_oncology"
    methods = section.kind == "methods" or section.category == "METHODS"
    if methods and draft.rule.claim.name not in METHOD_CLAIMS:
        return "method_not_finding"
    if "direction" in draft.rule.require and draft.direction is None:
        return "no_direction"
    if any(
        role.at_least > 1 and _holds_nameless(draft.roles.get(role.name, ()))
        for role in draft.rule.claim.roles.values()
    ):
        return "unnamed_drug"
    if draft.attributes.get("stance") == Stance.REFUTES and _is_negated(draft, over):
        return "double_negation"
    return None


def _is_denied(draft: Draft, over: frozenset[str], scopes: Scopes) -> bool:
    """Whether what acts is said not to be there, while what it does is not denied: "those without T790M responded".

    That is told by the dependency tree alone, and not of names whose loss is what the claim is about.
    """
    if not scopes.by_tree or "negation" in over or draft.negated:
        return False
    acting = (each for role in ACTING for each in draft.roles.get(role, ()) if each.mention and not each.implied)
    return any(sign(each.direction) != -1 and "negation" in scopes.over(each.first, draft.absorbed) for each in acting)


def _is_negated(draft: Draft, over: frozenset[str]) -> bool:
    return ("negation" in over) != draft.negated


def _completed(draft: Draft, discourse: _Discourse) -> Iterator[Draft]:
    """``draft`` with the roles that earlier text makes understood; one claim for each of two drugs spoken of.

    Where more were spoken of, it is not plain which is meant, and nothing is assumed.
    """
    missing = [role for role in (*draft.rule.claim.implied, *draft.rule.understood) if not draft.roles.get(role)]
    drafts = [draft]
    for role in dict.fromkeys(missing):
        groups = _understood(role, draft.rule, discourse)
        if 0 < len(groups) <= MOST_UNDERSTOOD:
            drafts = [replace(each, roles={**each.roles, role: group}) for each in drafts for group in groups]
    yield from drafts


def _understood(role: str, rule: Rule, discourse: _Discourse) -> tuple[Group, ...]:
    """What earlier sentences offer for ``role``."""
    if role == "cause":
        groups = discourse.cohort
    elif rule.claim.roles[role].at_least > 1:
        if not rule.understood and not any("<together>" in gate for gate in rule.gates):
            return ()
        groups = next((groups for groups in (discourse.combined, discourse.topic) if len(groups) == 1), ())
        if rule.understood and _others_given(groups, discourse):
            return ()
    elif rule.understood:
        groups = discourse.given
    else:
        worked_on = rule.claim.name == "efficacy_in_resistant"  # sensitive cells are no setting of resistance
        groups = tuple((each,) for each in discourse.resisted or (() if worked_on else discourse.treated_with))
    return tuple(tuple(replace(element, implied=True) for element in group) for group in groups)


def _others_given(together: tuple[Group, ...], discourse: _Discourse) -> bool:
    """Whether the drugs last said to be given are others than those ``together``; a class leaves open which."""
    drugs = [_keys(group) for group in discourse.given if all(each.text == "<drug>" for each in group)]
    own = frozenset().union(*map(_keys, together))
    return bool(drugs) and not any(own & other for other in drugs)


def _arguments(draft: Draft, sentence: Sentence) -> tuple[Argument, ...]:
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
    if element.implied:
        return Argument(role, entity, mention.text, None, None, correction)
    start, end = mention.start, mention.end
    if element.whole:
        start, end = sentence.tokens[element.whole[0]].start, sentence.tokens[element.whole[1] - 1].end
    return Argument(role, entity, sentence.text[start - sentence.start : end - sentence.start], start, end, correction)


def _incomplete(kind: ClaimKind, arguments: tuple[Argument, ...]) -> str | None:
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


def _stance(draft: Draft, over: frozenset[str]) -> Stance:
    if draft.attributes.get("stance") == Stance.REFUTES or _is_negated(draft, over):
        return Stance.REFUTES
    return Stance.MIXED if draft.attributes.get("stance") == Stance.MIXED else Stance.SUPPORTS


def _interaction(draft: Draft, over: frozenset[str]) -> str | None:
    stated = draft.attributes.get("interaction")
    if stated and stated not in ("antagonism", "no_benefit", "combined") and _is_negated(draft, over):
        return "no_benefit"
    return stated


def _certainty(draft: Draft, over: frozenset[str]) -> Certainty:
    if "certainty" in draft.attributes:
        return Certainty(draft.attributes["certainty"])
    if "speculated" in over:
        return Certainty.SPECULATED
    return Certainty.SUGGESTED if "suggested" in over else Certainty.ASSERTED


def _without_yielding(drafts: Iterator[Draft]) -> list[Draft]:
    """Leave out readings that a more telling kind makes of the same entities in the same sentence."""
    found = list(drafts)
    kinds_of: dict[frozenset[str], set[str]] = {}
    for draft in found:
        kinds_of.setdefault(draft.keys(), set()).add(draft.rule.claim.name)
    return [draft for draft in found if not kinds_of[draft.keys()] & set(draft.rule.claim.yields_to)]


def _distinct(matches: Sequence[Match]) -> Iterator[Match]:
    seen = set()
    for match in matches:
        roles = sorted((argument.role, argument.entity.key) for argument in match.arguments)
        key = (match.kind, sign(match.attributes.direction), tuple(roles), match.stance)
        if key not in seen:
            seen.add(key)
            yield match


def _take_topic(title: Sentence, discourse: _Discourse) -> None:
    """The one drug that the title of a guide names is what the guide is about, until it speaks of another."""
    drugs = [each for each in title.mentions if each.kind in DRUGS and each.grounding and each.found_by != "model"]
    if discourse.document.laid_out and len({each.grounding.entity.key for each in drugs if each.grounding}) == 1:
        discourse.treated_with = (Element("<drug>", 0, 0, drugs[0]),)


def _going_on(sentence: Sentence, section: Section, discourse: _Discourse) -> str:
    """What it goes on with of that which a heading or the sentence before spoke of; nothing, if it begins anew."""
    if not (discourse.document.laid_out and discourse.going_on):
        return ""
    line = section.text.rfind("\n", 0, sentence.start) + 1
    listed = LISTED.match(section.text[line : sentence.end].lstrip())
    return discourse.going_on if listed or GOES_ON.match(sentence.text) else ""


def _speaks_of(skeleton: Skeleton, text: str) -> str:
    """Whether it speaks of resistance, or of its reversal; or of neither."""
    if not any(element.text in RESISTANT_PHRASES for element in skeleton.elements):
        return ""
    return "reversal" if UNDONE.search(text) else "resistance"


def _remember(skeleton: Skeleton, discourse: _Discourse) -> None:
    """Keep what later sentences may leave unsaid: the drugs that resistance, else response, was last spoken of."""
    for element in skeleton.elements:
        named = _spoken_of(element.slots.get("drug", ()))
        if named and element.text in RESISTANT_PHRASES:
            discourse.resisted = named
        elif named and element.text in RESPONSE_PHRASES:
            discourse.treated_with = named


def _remember_given(skeleton: Skeleton, rules: RuleSet, discourse: _Discourse) -> None:
    """Keep the treatments that the sentence says were given; the drugs of a combination stay together."""
    found = [read_match(match, skeleton) for match in rules.given.finditer(skeleton.line)]
    elements = {element.first: element for each in found for element in each.roles.get("drug", ())}
    groups = [_spoken_of(group) for element in elements.values() for group in element.groups or ((element,),)]
    if any(groups):
        discourse.given = tuple(filter(None, groups))


def _remember_combined(skeleton: Skeleton, rules: RuleSet, sentence: Sentence, discourse: _Discourse) -> None:
    """Keep the drugs that "the combination" means in later sentences; what opens the text is what it is about.

    "A + B" alone is too little for the screen, and what it leaves out must not be remembered when nothing is screened.
    """
    if not rules.may_be_remembered(sentence.text):
        return
    stated = [group for element in skeleton.elements if element.text == f"<{TOGETHER}>" for group in element.groups]
    found = [read_match(match, skeleton) for match in rules.listed.finditer(skeleton.line)]
    listed = [group for each in found for group in given_together(each, skeleton.elements[each.span])]
    groups = tuple({_keys(group): group for group in stated or listed if _are_spoken_of(group)}.values())
    if sentence.section_index == 0 and sentence.start == 0:
        discourse.topic = groups
    if stated or (groups and not discourse.combined):
        discourse.combined = groups


def _are_spoken_of(group: Group) -> bool:
    """Whether later sentences can mean these drugs together: two or more, every one named."""
    named = all(each.mention and each.mention.grounding and not is_generic(each) for each in group)
    return named and bool(_spoken_of(group)) and len(_keys(group)) > 1


def _keys(group: Group) -> frozenset[str]:
    return frozenset(key for element in group if (key := entity_key(element)))


def _remember_cohort(skeleton: Skeleton, sentence: Sentence, discourse: _Discourse) -> None:
    """Keep the changed genes and variants by which the patients, tumours or cells spoken of were chosen."""
    changed = {
        element.mention.grounding.entity.key: element
        for element in skeleton.elements
        if element.mention
        and element.mention.grounding
        and element.text in COHORT_NAMES
        and (element.text == "<variant>" or element.direction in COHORT_CHANGES)
    }
    if changed and COHORT.search(sentence.text):
        discourse.cohort = tuple((element,) for element in changed.values())


def _spoken_of(elements: Group) -> Group:
    """Those that later sentences can mean: named, and not by a model alone, which the screen does not ask."""
    return tuple(
        each
        for each in elements
        if each.mention and each.mention.grounding and each.mention.found_by != "model" and not is_generic(each)
    )


def _holds_nameless(group: Group) -> bool:
    """Whether one of ``group`` is the "chemo" of "chemoresistance" or the like: nothing that can be given."""
    return any(element.mention and element.mention.label in NAMELESS for element in group)


def is_generic(element: Element) -> bool:
    """Whether a drug name is only the word "drug" or the like."""
    return bool(element.mention and element.mention.label == "drug_class.unnamed")
