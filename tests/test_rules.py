"""Every rule shows itself: its examples and counter-examples are its tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from pipeline.extract import Extractor
from pipeline.extract.cues import read_hits, read_scopes
from pipeline.extract.phrases import put_together
from pipeline.extract.skeleton import Element, build
from pipeline.model import Match
from pipeline.rules import Example, Phrase, Rule, shipped
from pipeline.rules.pattern import PatternError, Words, compile_pattern
from tests.marked import read_marked

RULES = shipped()
ATTRIBUTES = ("direction", "degree", "interaction")


def claims_of(example: Example, rule: Rule) -> list[Match]:
    document, sentences = read_marked(example.text)
    if rule.continued:
        document = replace(document, sections=(replace(document.sections[0], start=1),))
    alone = Extractor(replace(RULES, rules=(rule,)))
    return [match for reading in alone.read(document, sentences) for match in reading.matches]


def described(match: Match, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """``match`` in the words of an example: the roles, and of the rest what the example speaks of."""
    roles: dict[str, Any] = {}
    for argument in match.arguments:
        if argument.start is not None or argument.role in wanted:
            roles.setdefault(argument.role, []).append(argument.text)
    said = {role: names[0] if len(names) == 1 else names for role, names in roles.items()}
    said["stance"] = match.stance.value
    said["certainty"] = match.certainty.value
    said |= {name: getattr(match.attributes, name) for name in ATTRIBUTES}
    always = {"stance", *roles}
    return {key: value for key, value in said.items() if key in wanted or key in always}


def in_order(claims: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(claims, key=lambda claim: str(sorted(claim.items())))


EXAMPLES = [(rule, example) for rule in RULES.rules for example in rule.examples]
COUNTEREXAMPLES = [(rule, example) for rule in RULES.rules for example in rule.counterexamples]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES, ids=[f"{rule.id}: {each.text[:40]}" for rule, each in EXAMPLES])
def test_a_rule_reads_its_examples(rule: Rule, example: Example) -> None:
    wanted = [{"stance": "supports", **each} for each in example.expect]
    found = claims_of(example, rule)
    said = [described(match, wanted[min(i, len(wanted) - 1)]) for i, match in enumerate(found)]
    assert in_order(said) == in_order(wanted)


@pytest.mark.parametrize(("rule", "example"), COUNTEREXAMPLES, ids=[each.text[:50] for _, each in COUNTEREXAMPLES])
def test_a_rule_leaves_its_counterexamples(rule: Rule, example: Example) -> None:
    assert claims_of(example, rule) == [], example.because


def phrase_elements(phrase: Phrase, text: str) -> list[Element]:
    _, (sentence, *_) = read_marked(text)
    position = RULES.phrases.index(phrase)
    return list(put_together(build(sentence, RULES.words), RULES.phrases[: position + 1]).elements)


PHRASES = [(phrase, example) for phrase in RULES.phrases for example in phrase.examples]


@pytest.mark.parametrize(("phrase", "example"), PHRASES, ids=[phrase.id for phrase, _ in PHRASES])
def test_a_phrase_is_put_together(phrase: Phrase, example: Example) -> None:
    elements = phrase_elements(phrase, example.text)
    wanted = dict(example.expect[0]) if example.expect else {}
    direction = wanted.pop("direction", None)
    if phrase.make:
        (made,) = [element for element in elements if element.text == f"<{phrase.make}>"]
        names = {role: [each.mention.text for each in inside if each.mention] for role, inside in made.slots.items()}
        assert {role: names[role][0] for role in wanted} == wanted
    else:
        first = elements[0]
        assert first.mention is not None
        assert (first.mention.text, first.direction) == (next(iter(wanted.values())), direction)


def test_every_phrase_and_rule_has_an_example() -> None:
    assert [phrase.id for phrase in RULES.phrases if not phrase.examples] == []
    assert [rule.id for rule in RULES.rules if not rule.examples] == []


def test_every_kind_of_claim_has_a_rule() -> None:
    assert {rule.claim.name for rule in RULES.rules} == set(RULES.kinds)


CUES = [(cue, example) for cue in RULES.cues for example in cue.examples]


@pytest.mark.parametrize(("cue", "example"), CUES, ids=[f"{cue.category}: {each.text[:40]}" for cue, each in CUES])
def test_a_cue_reaches_what_its_examples_say(cue: Any, example: Example) -> None:
    before, _, rest = example.text.partition("[")
    word, _, after = rest.partition("]")
    _, (sentence, *_) = read_marked(before + word + after)
    token = next(index for index, each in enumerate(sentence.tokens) if each.start >= len(before))
    assert (cue.category in read_scopes(sentence, read_hits(sentence, RULES.cues)).over(token)) is example.inside


def test_a_backslash_inside_a_word_is_refused() -> None:
    with pytest.raises(PatternError, match="backslash"):
        compile_pattern("e\\.g\\. {x:drug}", words=Words({}, {}), kinds_of=lambda _: ())
