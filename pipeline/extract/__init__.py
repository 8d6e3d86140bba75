"""Sentences → matches: which claims a document states, how firmly, and why a reading was refused."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import regex

from pipeline.extract.attribution import read_attribution
from pipeline.extract.claims import SIGNED_ROLES, Draft, entity_key, read_drafts
from pipeline.extract.cues import Scopes, read_hits, read_scopes
from pipeline.extract.discourse import Discourse, answered_in
from pipeline.extract.frame import Frame, Surroundings, read_frame
from pipeline.extract.lines import Lines, of_no_line
from pipeline.extract.phrases import Group, put_together
from pipeline.extract.skeleton import Element, Skeleton, build, sign
from pipeline.extract.syntax import Tree
from pipeline.extract.tables import RowClaim, Table, fitting
from pipeline.extract.values import choose_quantity
from pipeline.model import (
    TREATMENTS,
    UNTOLD_GENOTYPE,
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
from pipeline.rules import Cue, DiscourseWords, Rule, RuleSet
from pipeline.rules.kinds import ClaimKind

NAMELESS = frozenset(["drug_class.unnamed", "drug_class.chemo"])
GENETIC = frozenset([Kind.GENE, Kind.VARIANT, Kind.MIRNA])
METHOD_CLAIMS = frozenset(["model_system", "drug_property", "trial"])  # what a methods section may state
ACTING = ("cause", "agent")
SEVERAL = 2  # items of a cell; one capital may be a name that is not known
TELLING = (*ACTING, "marker")
RESPONSES = frozenset(["resistance", "sensitivity", "biomarker"])  # what a factor has to do with a response
GENE_OR_VARIANT = frozenset(["<gene>", "<variant>"])
ASIDES = re.compile(r"\([^()]*\)|\[[^][]*\]")
AS_MARKER = {"cause": "marker"}
POLYMORPHISM = "polymorphism"  # of a gene of which no more is said than that it has forms
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
    """A sentence with what was read in it and what was refused; ``line`` is how the rules saw it."""

    sentence: Sentence
    line: str
    matches: tuple[Match, ...]
    refusals: tuple[Refusal, ...]

    @property
    def refused(self) -> Mapping[str, int]:
        """How many readings were refused, by reason."""
        return Counter(each.reason for each in self.refusals)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a sentence stands: the section of this ``index``, and its table if it has one."""

    document: Document
    section: Section
    index: int
    table: Table | None = None


class _Syntax:
    """A sentence with the scopes of its ``cues`` and its dependency tree, both read where they are asked for."""

    def __init__(self, sentence: Sentence, cues: Sequence[Cue], with_syntax: Callable[[Sentence], Sentence]) -> None:
        self.sentence = sentence
        self._cues, self._with_syntax = cues, with_syntax

    @cached_property
    def _parsed(self) -> Sentence:
        return self._with_syntax(self.sentence)

    @cached_property
    def scopes(self) -> Scopes:
        hits = read_hits(self.sentence, self._cues)
        return read_scopes(self._parsed if hits.want_tree else self.sentence, hits)

    @property
    def of_others(self) -> bool:
        """Whether it tells what others have found."""
        return any(scope.category == "background" for scope in self.scopes.scopes)

    @cached_property
    def tree(self) -> Tree | None:
        return Tree.of(self._parsed)


class Extractor:
    """Reads claims in sentences by a set of rules. Holds no state between documents.

    ``with_syntax`` adds the dependency tree to the tokens of a sentence; it is asked for sentences alone that state
    something and hold words whose scope, or whose subject, a tree tells better. ``lines`` tells of a cell line the
    key of the drug that it resists, if it does.
    """

    def __init__(
        self,
        rules: RuleSet,
        with_syntax: Callable[[Sentence], Sentence] = lambda sentence: sentence,
        lines: Lines = of_no_line,
    ) -> None:
        self._rules = rules
        self._lines = lines
        self._with_syntax = with_syntax

    def read(
        self, document: Document, sentences: Sequence[Sentence], headings: Headings = lambda _: None
    ) -> Iterator[Reading]:
        """The readings of ``sentences``, in the order of the document; ``headings`` say what its sections are about."""
        discourse = Discourse(document, self._rules, self._lines)
        place: _Place | None = None
        for sentence in sentences:
            section = document.sections[sentence.section_index]
            if section.kind == "title":
                discourse.open_title(sentence)
            if place is None or place.index != sentence.section_index:
                place = self._enter(document, sentence.section_index, headings(sentence.section_index), discourse)
            if place.table and sentence.column is None and sentence.row is not None:
                yield self._read_row(sentence, place, discourse, place.table)
            else:
                yield self._read_sentence(sentence, place, discourse)

    def reads_table(self, section: Section) -> bool:
        """Whether a rule may find something in the rows of the table ``section``."""
        return bool(fitting(section, self._rules.tables))

    def _enter(self, document: Document, index: int, heading: Sentence | None, discourse: Discourse) -> _Place:
        """Take notice of the heading of a section, and of its table."""
        section = document.sections[index]
        skeleton = self.skeleton(heading) if heading else None
        discourse.open_section(section, skeleton, heading.text if heading else "")
        if not section.cells:
            return _Place(document, section, index)
        caption = heading.mentions if heading else ()
        return _Place(document, section, index, Table(section, fitting(section, self._rules.tables), caption))

    def _read_row(self, row: Sentence, place: _Place, discourse: Discourse, table: Table) -> Reading:
        table.refused = Counter()
        frame, attribution = self._circumstances(frozenset(), row, place, discourse)
        matches, refused = [], []
        for claim in table.read(row, _mentions(discourse.spoken_of)):
            reason = _incomplete(claim.rule.claim, claim.arguments)
            if reason:
                names = tuple((each.role, each.text) for each in claim.arguments)
                refused.append(Refusal(reason, claim.rule.id, names))
            else:
                matches.append(_row_match(claim, frame, attribution))
        refused += (Refusal(reason, "", ()) for reason in table.refused.elements())
        return Reading(row, self.skeleton(row).line, tuple(_distinct(matches)), tuple(refused))

    def _circumstances(
        self, over: frozenset[str], sentence: Sentence, place: _Place, discourse: Discourse
    ) -> tuple[Frame, Attribution]:
        """In what it was seen, and whose finding it is."""
        surroundings = Surroundings(place.document, place.section, discourse.title)
        attribution = read_attribution(over, sentence, surroundings)
        of_others = attribution is Attribution.BACKGROUND
        return read_frame(sentence, surroundings, self._rules.context, of_others=of_others), attribution

    def skeleton(self, sentence: Sentence) -> Skeleton:
        """``sentence`` as the claim rules see it, phrases put together."""
        return put_together(build(sentence, self._rules.words), self._rules.phrases)

    def _read_sentence(self, sentence: Sentence, place: _Place, discourse: Discourse) -> Reading:
        words = discourse.lines_spelt_out(build(sentence, self._rules.words), sentence)
        of_lines = any(each.implied for each in words.elements)
        words = discourse.spelt_out(words, sentence, named=False)
        skeleton = discourse.spelt_out(put_together(words, self._rules.phrases), sentence, named=True)
        spelt_out = any(each.implied for element in skeleton.elements for group in element.groups for each in group)
        own = discourse.own(skeleton, sentence)
        going_on = discourse.going_on(sentence, place.section)
        told = spelt_out or of_lines
        rules = list(self._rules_for(sentence, going_on=going_on, own=frozenset(own), told=told, of_lines=of_lines))
        joined = read_drafts(skeleton, (rule for rule in rules if not rule.plain), text=sentence.text)
        plain = read_drafts(words, (rule for rule in rules if rule.plain), text=sentence.text)
        read = [*joined, *plain]
        drafts = _without_credited(_without_yielding([draft for draft in read if not _unfit(draft)]))
        syntax = _Syntax(sentence, self._rules.cues, self._with_syntax)
        unfit = (Refusal.of(draft, reason) for draft in read if (reason := _unfit(draft)))
        found = [
            self._match(
                discourse.with_named_drugs(each, skeleton, of_others=syntax.of_others), syntax, place, discourse
            )
            for draft in drafts
            for each in discourse.completed(draft, own, answered_in(drafts))
        ]
        discourse.remember(skeleton, sentence, place.section)
        matches = (each for each in found if isinstance(each, Match))
        refused = (*unfit, *(each for each in found if isinstance(each, Refusal)))
        return Reading(sentence, skeleton.line, tuple(_distinct(matches)), refused)

    def _rules_for(
        self, sentence: Sentence, *, going_on: str, own: frozenset[str], told: bool, of_lines: bool
    ) -> Iterator[Rule]:
        """All rules but the weak ones where no drug of the lexicon is named; what it names cannot be understood.

        It can where it is the ``own`` one of the sentence, the only one that can be meant. Short names that stand for
        drugs name them (``told``), those of resistant lines for every rule (``of_lines``): the screen lets them pass.
        Of the continued rules those alone that speak of what the sentence is ``going_on`` with.
        """
        drugs = [mention for mention in sentence.mentions if mention.kind in TREATMENTS]
        known = of_lines or any(mention.found_by != "model" for mention in drugs)
        named = {"drug"} if drugs or told else set()
        named |= {"cause"} if any(mention.kind in GENETIC for mention in sentence.mentions) else set()
        rules = (rule for rule in self._rules.rules if rule.continued in ("", going_on))
        for rule in rules:
            understood = rule.understood - (own if rule.takes_one_drug else frozenset())
            if (known or not rule.weak) and not named & understood:
                yield rule

    def _match(self, draft: Draft, syntax: _Syntax, place: _Place, discourse: Discourse) -> Match | Refusal:
        sentence, scopes = syntax.sentence, syntax.scopes
        over = frozenset().union(*(scopes.over(token, draft.absorbed) for token in draft.anchors)) - draft.rule.ignores
        words = self._rules.discourse
        if "not_oncology" in over and _names_tumour(sentence, words.oncology):
            over -= {"not_oncology"}
        reason = (
            discourse.refused(draft.rule.claim)
            or _no_effect(sentence, words)
            or _refusal(draft, over, sentence, place.section)
            or _of_something_else(draft, sentence, words)
        )
        if not reason and _is_denied(draft, over, scopes, sentence):
            reason = "what_acts_is_denied"
        reason = reason or _of_no_variant(draft, sentence)
        draft = _as_forms(draft, sentence, words)
        arguments = () if reason else _without_supportive(_arguments(draft, sentence), words)
        reason = reason or _not_ours(arguments, words) or _incomplete(draft.rule.claim, arguments)
        if not reason and _has_another_subject(draft, syntax):
            reason = "another_subject"
        if reason:
            return Refusal.of(draft, reason)
        frame, attribution = self._circumstances(over, sentence, place, discourse)
        kind = draft.rule.claim.name
        if kind == "sensitivity" and draft.direction is None and _only_varies(draft):
            kind, arguments = "biomarker", _as_markers(arguments)
        if kind == "biomarker" and place.section.kind == "title" and not words.states.search(sentence.text):
            return Refusal.of(draft, "title_names_a_topic")
        anchor = sentence.tokens[draft.anchors[0]].start
        number = choose_quantity(kind, sentence, anchor, arguments, draft.direction)
        return Match(
            rule=draft.rule.id,
            kind=kind,
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
    if draft.attributes.get("stance") == Stance.REFUTES and _is_negated(draft, over):
        return "double_negation"
    return None


def _no_effect(sentence: Sentence, words: DiscourseWords) -> str | None:
    """Why nothing that the sentence says is an effect on a tumour, or None."""
    if words.topic.match(sentence.text):
        return "topic_not_finding"
    if words.aim.match(sentence.text):
        return "aim_not_finding"
    harm = words.harm.search(sentence.text) and not words.effect.search(sentence.text)
    if harm or words.borne.search(sentence.text):
        return "harm_not_effect"
    return "items_run_together" if _is_run_together(sentence, words) else None


def _of_something_else(draft: Draft, sentence: Sentence, words: DiscourseWords) -> str | None:
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


def _not_ours(arguments: tuple[Argument, ...], words: DiscourseWords) -> str | None:
    """Whether a drug of the claim is none that is given for tumours, or what acts is nothing that does."""
    drugs = (each.entity.name.lower() for each in arguments if each.entity.kind in TREATMENTS)
    if any(name in words.not_for_tumours for name in drugs):
        return "no_cancer_drug"
    acting = (each.entity.name.lower() in words.readouts.get(each.role, ()) for each in arguments)
    return "readout_not_cause" if any(acting) else None


def _as_markers(arguments: tuple[Argument, ...]) -> tuple[Argument, ...]:
    return tuple(replace(each, role=AS_MARKER.get(each.role, each.role)) for each in arguments)


def _only_varies(draft: Draft) -> bool:
    """Whether what acts is a polymorphism of which no form is singled out: "response" goes with it either way."""
    causes = draft.roles.get("cause", ())
    return bool(causes) and all(each.varies for each in causes)


def _as_forms(draft: Draft, sentence: Sentence, words: DiscourseWords) -> Draft:
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


def _of_no_variant(draft: Draft, sentence: Sentence) -> str | None:
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


def _without_supportive(arguments: tuple[Argument, ...], words: DiscourseWords) -> tuple[Argument, ...]:
    """Of drugs that act together those that do the work."""
    others = tuple(
        each for each in arguments if each.role != "drug" or each.entity.name.lower() not in words.supportive
    )
    return others if any(each.role == "drug" for each in others) else arguments


def _names_tumour(sentence: Sentence, oncology: regex.Pattern[str]) -> bool:
    """Whether a tumour is named, in the words or by an abbreviation of them."""
    names = (each.grounding.entity.name for each in sentence.mentions if each.grounding and each.grounding.entity)
    return any(oncology.search(text) for text in (sentence.text, *names))


def _unfit(draft: Draft) -> str | None:
    """Why the rule does not fit what it has matched, so that another may read it, or None."""
    if "direction" in draft.rule.require and draft.direction is None:
        return "no_direction"
    return "direction_stated" if "direction" in draft.rule.without and draft.says_how else None


def _is_denied(draft: Draft, over: frozenset[str], scopes: Scopes, sentence: Sentence) -> bool:
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


def _has_another_subject(draft: Draft, syntax: _Syntax) -> bool:
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


def _is_negated(draft: Draft, over: frozenset[str]) -> bool:
    return ("negation" in over) != draft.negated


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
    if element.varies and entity.kind is Kind.GENE and entity.modification is None:
        entity = replace(entity, modification=POLYMORPHISM)
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


def _without_yielding(found: Sequence[Draft]) -> list[Draft]:
    """Leave out readings that a more telling kind makes of the same entities in the same sentence.

    Of entities that are all understood from earlier sentences it is not known yet whether they are the same.
    """
    kinds_of: dict[frozenset[str], set[str]] = {}
    for draft in found:
        kinds_of.setdefault(draft.keys(), set()).add(draft.rule.claim.name)
    return [
        draft for draft in found if not draft.keys() or not kinds_of[draft.keys()] & set(draft.rule.claim.yields_to)
    ]


def _without_credited(drafts: Sequence[Draft]) -> list[Draft]:
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


def _distinct(matches: Iterable[Match]) -> Iterator[Match]:
    seen = set()
    for match in matches:
        roles = sorted((argument.role, argument.entity.key) for argument in match.arguments)
        key = (match.kind, sign(match.attributes.direction), tuple(roles), match.stance)
        if key not in seen:
            seen.add(key)
            yield match


def _holds_nameless(group: Group) -> bool:
    """Whether one of ``group`` is the "chemo" of "chemoresistance" or the like: nothing that can be given."""
    return any(element.mention and element.mention.label in NAMELESS for element in group)
