"""What is known of an evidence that bears on how far it can be trusted (``rules/confidence.py`` says how much)."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.model import Argument, Attribution, Certainty, Kind, Match, Mention, Sentence, Stance

LONG = 40  # words
MANY = 6  # names
NAMES = frozenset([Kind.DRUG, Kind.DRUG_CLASS, Kind.CHEMICAL, Kind.GENE, Kind.VARIANT, Kind.MIRNA])
ABSTRACT = frozenset(["title", "abstract", "other_abstract"])
DRUG_ROLES = frozenset(["drug", "resistant_to"])
DIRECTED = frozenset(["resistance", "sensitivity", "reversal", "alteration"])
OWN = frozenset([Attribution.OWN_RESULT, Attribution.CONCLUSION])


def features(match: Match, sentence: Sentence, section_kind: str) -> tuple[str, ...]:
    """The names of those that hold, of ``rules.confidence.FEATURES``."""
    return tuple(name for name, holds in _features(match, sentence, section_kind) if holds)


def _features(match: Match, sentence: Sentence, section_kind: str) -> Iterator[tuple[str, bool]]:
    found = {(each.start, each.end): each for each in sentence.mentions}
    yield "hedged", match.certainty is not Certainty.ASSERTED
    yield "speculated", match.certainty is Certainty.SPECULATED
    yield "refuted", match.stance is Stance.REFUTES
    yield "not_own", match.attribution not in OWN
    yield "understood", any(each.start is None for each in match.arguments)
    yield "no_drug_here", not any(each.start is not None for each in match.arguments if each.role in DRUG_ROLES)
    yield "no_direction", match.kind in DIRECTED and match.attributes.direction is None
    yield "no_identifier", any(each.entity.curie is None for each in match.arguments)
    yield "model_alone", any(_by_model(each, found) for each in match.arguments)
    yield "long_sentence", len(sentence.text.split()) > LONG
    yield "many_names", sum(each.kind in NAMES for each in sentence.mentions) > MANY
    yield "full_text", section_kind not in ABSTRACT


def _by_model(argument: Argument, found: dict[tuple[int, int], Mention]) -> bool:
    if argument.start is None or argument.end is None:
        return False
    mention = found.get((argument.start, argument.end))
    return mention is not None and mention.found_by == "model"
