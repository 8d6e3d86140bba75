"""The cheap exact test: can this document, this sentence, hold a claim at all, or make one in a later sentence clear?

The test is derived from the rules themselves: each rule needs certain words (:attr:`pipeline.rules.Rule.needs`), and a
sentence without them cannot match it, whatever else is read in it. One pass of Hyperscan looks for all of them. So the
screen loses nothing, by construction; ``tests/test_screen.py`` holds it to that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import hyperscan

from pipeline.model import Document
from pipeline.rules import RuleSet
from pipeline.rules.pattern import Needs, text_expressions

# in another language, or said again in lay words; the words of others, or of a vendor
NOT_READ = frozenset(["other_abstract", "other_title", "references", "boilerplate"])


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a text may hold: claims of strong rules; where it names a drug, of weak ones, or a drug spoken of later.

    Where it names a gene, also that by which patients were chosen.
    """

    strong: bool
    weak: bool
    chooses: bool

    @property
    def hopeless(self) -> bool:
        """Whether it holds no claim, whatever earlier text may say."""
        return not (self.strong or self.weak)


class Screen:
    """Tests texts for the words that the rules need."""

    def __init__(self, rules: RuleSet) -> None:
        asked = [rule for rule in rules.rules if not rule.continued]  # laid-out documents are read whole
        strong = [rule.needs for rule in asked if not rule.weak]
        weak = [*(rule.needs for rule in asked if rule.weak), *rules.remembered]
        choosing = [rules.choosing]
        sets = list(dict.fromkeys(need for needs in (*strong, *weak, *choosing) for need in needs))
        self._strong = _as_masks(strong, sets)
        self._weak = _as_masks(weak, sets)
        self._choosing = _as_masks(choosing, sets)
        expressions = [
            (expression, number) for number, words in enumerate(sets) for expression in text_expressions(words)
        ]
        self._members = [number for _, number in expressions]
        self._database = hyperscan.Database()
        self._database.compile(
            expressions=[expression.encode() for expression, _ in expressions],
            ids=list(range(len(expressions))),
            flags=[hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_SINGLEMATCH] * len(expressions),
        )

    def test(self, text: str) -> Verdict:
        """Whether strong or weak rules may match somewhere in ``text`` (a sentence, or anything longer)."""
        found = 0
        members = self._members

        def note(number: int, _from: int, _to: int, _flags: int, _context: object) -> None:
            nonlocal found
            found |= 1 << members[number]

        self._database.scan(text.encode("utf-8", "surrogatepass"), match_event_handler=note)
        masks = (self._strong, self._weak, self._choosing)
        return Verdict(*(any(found & mask == mask for mask in each) for each in masks))

    def test_document(self, document: Document) -> Verdict:
        """The same for all sections that are read."""
        return self.test("\n".join(section.text for section in document.sections if section.kind not in NOT_READ))


def _as_masks(wanted: Iterable[Needs], sets: list[tuple[str, ...]]) -> frozenset[int]:
    """For each rule the sets of words it needs, as bits; masks that hold another one are left out."""
    numbers = {need: number for number, need in enumerate(sets)}
    masks = {sum(1 << numbers[need] for need in dict.fromkeys(needs)) for needs in wanted}
    return frozenset(mask for mask in masks if not any(other != mask and other & mask == other for other in masks))
