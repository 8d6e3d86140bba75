"""By which changed genes and variants the patients, tumours or cells that a text speaks of were chosen.

"Patients with BRAF mutations were treated. Nine responded.": what the second sentence leaves unsaid is told here.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.extract.claims import GENE_OR_VARIANT, entity_key
from pipeline.extract.phrases import Group
from pipeline.extract.skeleton import Element, Skeleton, is_singled_out
from pipeline.model import CHANGED, TREATMENTS, Sentence
from pipeline.rules import RuleSet


class Cohorts:
    """Whom one document speaks of, from its first sentence to the one that is read."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._words = rules.discourse
        self._cohort: tuple[Group, ...] = ()
        self._changed: frozenset[str] = frozenset()  # all changed genes and variants of the section
        self._section = -1

    def forget(self) -> None:
        """From here on others are spoken of."""
        self._cohort = ()

    def remember(self, skeleton: Skeleton, sentence: Sentence) -> None:
        """Keep the changed genes and variants by which the patients, tumours or cells spoken of were chosen."""
        if sentence.section_index != self._section:
            self._section, self._changed = sentence.section_index, frozenset()
        if not self._is_always_read(sentence):
            return
        chosen = self._chosen(skeleton, sentence)
        self._changed |= {key for each in skeleton.elements if self._is_changed(each) and (key := entity_key(each))}
        if chosen:
            self._cohort = tuple((element,) for element in chosen.values())

    @property
    def meant(self) -> tuple[Group, ...]:
        """Those last spoken of, where the section has spoken of no other changed gene that tells patients apart."""
        own = {entity_key(element) for group in self._cohort for element in group}
        return self._cohort if self._changed <= own else ()

    def of(self, skeleton: Skeleton, sentence: Sentence) -> tuple[Group, ...]:
        """The one changed gene by which the patients, tumours or cells of a sentence were chosen; it names no other."""
        named = {entity_key(each) for each in skeleton.elements if each.text in (*GENE_OR_VARIANT, "<wildtype>")}
        chosen = self._chosen(skeleton, sentence)
        return tuple((element,) for element in chosen.values()) if len(chosen) == len(named) == 1 else ()

    def _is_always_read(self, sentence: Sentence) -> bool:
        """Whether a screen lets ``sentence`` pass for what it may make understood: memory must not hang on a screen."""
        named = {each.kind for each in sentence.mentions if each.found_by != "model"}
        if named & CHANGED and self._rules.may_choose(sentence.text):
            return True
        return bool(named & TREATMENTS) and self._rules.may_be_remembered(sentence.text)

    def _chosen(self, skeleton: Skeleton, sentence: Sentence) -> Mapping[str, Element]:
        """The changed genes and variants by which patients, tumours or cells of a sentence were chosen, by key."""
        if not self._words.cohort.search(sentence.text):
            return {}
        named = (each for each in skeleton.elements if each.text in GENE_OR_VARIANT and not _is_told_apart(each))
        return {key: each for each in named if self._chooses(each, sentence) and (key := entity_key(each))}

    def _is_changed(self, element: Element) -> bool:
        """Whether it is a variant, or a gene that is said to be changed."""
        return element.text == "<variant>" or (
            element.text in GENE_OR_VARIANT and element.direction in self._words.cohort_changes
        )

    def _chooses(self, element: Element, sentence: Sentence) -> bool:
        """Whether patients or tumours are chosen by ``element``; a level may also be what came of their treatment."""
        if element.text == "<variant>" or element.direction == "present":
            return True
        if element.mention is None or element.direction not in self._words.cohort_changes:
            return False
        start, end = element.mention.start - sentence.start, element.mention.end - sentence.start
        before, after = sentence.text[:start], sentence.text[end:]
        return bool(self._words.cohort_before.search(before) or self._words.cohort_behind.match(after))


def _is_told_apart(element: Element) -> bool:
    """Whether it is a polymorphism, or a form of one: patients are told apart by these, and not chosen."""
    return element.varies or is_singled_out(element)
