"""Sentences → matches: which claims a document states, how firmly, and why a reading was refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.extract.attribution import read_attribution
from pipeline.extract.claims import (
    Draft,
    read_drafts,
    without_credited,
    without_yielding,
)
from pipeline.extract.cues import Syntax
from pipeline.extract.discourse import Discourse, answered_in
from pipeline.extract.frame import Frame, Surroundings, read_frame
from pipeline.extract.lines import Lines, of_no_line
from pipeline.extract.matches import (
    arguments_of,
    as_forms,
    as_markers,
    attributes_of,
    certainty_of,
    distinct,
    interaction_of,
    match_of_row,
    only_varies,
    stance_of,
    without_supportive,
)
from pipeline.extract.phrases import Group, put_together
from pipeline.extract.refusals import (
    has_another_subject,
    is_denied,
    names_tumour,
    why_incomplete,
    why_no_effect,
    why_no_finding,
    why_not_ours,
    why_of_no_variant,
    why_of_something_else,
    why_unfit,
)
from pipeline.extract.skeleton import Skeleton, build
from pipeline.extract.tables import Table, fitting
from pipeline.extract.values import choose_quantity
from pipeline.model import (
    TREATMENTS,
    Attribution,
    Document,
    Kind,
    Match,
    Mention,
    Section,
    Sentence,
)
from pipeline.rules import Rule, RuleSet
from pipeline.rules.discourse import DiscourseWords

GENETIC = frozenset([Kind.GENE, Kind.VARIANT, Kind.MIRNA])
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
            reason = why_incomplete(claim.rule.claim, claim.arguments)
            if reason:
                names = tuple((each.role, each.text) for each in claim.arguments)
                refused.append(Refusal(reason, claim.rule.id, names))
            else:
                matches.append(match_of_row(claim, frame, attribution))
        refused += (Refusal(reason, "", ()) for reason in table.refused.elements())
        return Reading(row, self.skeleton(row).line, tuple(distinct(matches)), tuple(refused))

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
        drafts = without_credited(without_yielding([draft for draft in read if not why_unfit(draft)]))
        syntax = Syntax(sentence, self._rules.cues, self._with_syntax)
        unfit = (Refusal.of(draft, reason) for draft in read if (reason := why_unfit(draft)))
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
        return Reading(sentence, skeleton.line, tuple(distinct(matches)), refused)

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

    def _match(self, draft: Draft, syntax: Syntax, place: _Place, discourse: Discourse) -> Match | Refusal:
        sentence, words = syntax.sentence, self._rules.discourse
        over = self._over(draft, syntax)
        reason = self._why_refused(draft, over, syntax, place, discourse)
        if reason:
            return Refusal.of(draft, reason)
        draft = as_forms(draft, sentence, words)
        arguments = without_supportive(arguments_of(draft, sentence), words)
        reason = why_not_ours(arguments, words) or why_incomplete(draft.rule.claim, arguments)
        if not reason and has_another_subject(draft, syntax):
            reason = "another_subject"
        kind = draft.rule.claim.name
        if kind == "sensitivity" and draft.direction is None and only_varies(draft):
            kind, arguments = "biomarker", as_markers(arguments)
        if not reason and kind == "biomarker" and _names_a_topic(sentence, place, words):
            reason = "title_names_a_topic"
        if reason:
            return Refusal.of(draft, reason)
        frame, attribution = self._circumstances(over, sentence, place, discourse)
        anchor = sentence.tokens[draft.anchors[0]].start
        number = choose_quantity(kind, sentence, anchor, arguments, draft.direction)
        return Match(
            rule=draft.rule.id,
            kind=kind,
            arguments=arguments,
            stance=stance_of(draft, over),
            certainty=certainty_of(draft, over),
            attribution=attribution,
            attributes=attributes_of(
                draft.direction, draft.attributes.get("degree"), interaction_of(draft, over), number, frame
            ),
            circumstances=frame.circumstances,
        )

    def _over(self, draft: Draft, syntax: Syntax) -> frozenset[str]:
        """The categories of cues that hold where ``draft`` is anchored."""
        held = (syntax.scopes.over(token, draft.absorbed) for token in draft.anchors)
        over = frozenset[str]().union(*held) - draft.rule.ignores
        ours = "not_oncology" in over and names_tumour(syntax.sentence, self._rules.discourse.oncology)
        return over - {"not_oncology"} if ours else over

    def _why_refused(
        self, draft: Draft, over: frozenset[str], syntax: Syntax, place: _Place, discourse: Discourse
    ) -> str | None:
        """Why ``draft`` is no claim, whatever its names are taken for, or None."""
        sentence, words = syntax.sentence, self._rules.discourse
        reason = (
            discourse.refused(draft.rule.claim)
            or why_no_effect(sentence, words)
            or why_no_finding(draft, over, sentence, place.section)
            or why_of_something_else(draft, sentence, words)
        )
        if not reason and is_denied(draft, over, syntax.scopes, sentence):
            reason = "what_acts_is_denied"
        return reason or why_of_no_variant(draft, sentence)


def _names_a_topic(sentence: Sentence, place: _Place, words: DiscourseWords) -> bool:
    return place.section.kind == "title" and not words.states.search(sentence.text)


def _mentions(group: Group) -> list[Mention]:
    return [element.mention for element in group if element.mention]
