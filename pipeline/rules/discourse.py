"""The words that tell how sentences hang together, and what is no finding: ``[discourse]`` of ``words.toml``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import regex

from pipeline.rules.pattern import LazyPattern, Needs, Words, compiled_at, must_say_kinds


@dataclass(frozen=True, slots=True)
class RegimenWords:
    """What tells that a short name stands for drugs given together.

    ``links`` are words that may stand between the drugs, ``letters`` those that stand for a drug beside its initials
    (of brands: the A of AC is Adriamycin), ``no_names`` short forms that stand behind drugs and name no regimen.
    """

    links: frozenset[str]
    letters: Mapping[str, str]
    no_names: frozenset[str]
    amounts: regex.Pattern[str]


@dataclass(frozen=True, slots=True)
class DiscourseWords:
    """What tells how sentences hang together, and what sentences are no findings."""

    # which drugs a sentence says were given; as listed and compared, matched against skeletons
    given: LazyPattern
    # which drugs it names in one breath
    listed: LazyPattern
    # which were given together in what it compares
    compared: tuple[LazyPattern, ...]
    # a changed gene beside it is by what patients, tumours or cells were chosen; this and all below: against text
    cohort: regex.Pattern[str]
    # right before the name of a gene whose level is told, the same
    cohort_before: regex.Pattern[str]
    # and right behind it
    cohort_behind: regex.Pattern[str]
    # the directions of changed genes
    cohort_changes: frozenset[str]
    # beside it the name of a cell line is what is spoken of
    line_made: regex.Pattern[str]
    # it speaks of what stands above the list
    list_item: regex.Pattern[str]
    # so does a sentence that begins so
    goes_on: regex.Pattern[str]
    # resistance beside it is about its reversal
    undone: regex.Pattern[str]
    # names a tumour: about tumours, whatever else is named
    oncology: regex.Pattern[str]
    # in a title without oncology: an article of another field
    elsewhere: regex.Pattern[str]
    # side effects, what the body does to a drug
    harm: regex.Pattern[str]
    # effects on tumours; harm without one is not ours
    effect: regex.Pattern[str]
    # headings that name a topic and say nothing of it
    topic: regex.Pattern[str]
    # what is said to be done, without a main verb
    aim: regex.Pattern[str]
    # a title without it names a topic
    states: regex.Pattern[str]
    # harm goes with one, response with another
    pairs: regex.Pattern[str]
    # several variants do something together
    counted: regex.Pattern[str]
    # the death that a drug brings; what goes with it makes no cell sensitive
    killing: regex.Pattern[str]
    # what molecules do; nor does this
    events: regex.Pattern[str]
    # how much of a drug is borne: harm too
    borne: regex.Pattern[str]
    # polymorphisms are spoken of, no level: genes stand for their forms
    forms: regex.Pattern[str]
    # the next of several items in the cell of a table, no mark between them
    next_item: regex.Pattern[str]
    # drugs (names, lower case) given in laboratories, or for something else
    not_for_tumours: frozenset[str]
    # names that say of a treatment only that it is one
    mere_drugs: frozenset[str]
    # by role, what tumours do and what is seen of them (names, lower case): it does not act
    readouts: Mapping[str, frozenset[str]]
    # drugs (names, lower case) given beside others, against the harm these do
    supportive: frozenset[str]
    # what short names of drugs given together are told by
    regimens: RegimenWords


def regimen_words(table: dict[str, Any], *, amounts: str) -> RegimenWords:
    """``[regimens]`` and the amounts of ``[skeleton]``, which doses are told by."""
    return RegimenWords(
        links=frozenset(table["links"]),
        letters=MappingProxyType(table["letters"]),
        no_names=frozenset(table["no_names"]),
        amounts=regex.compile(amounts),
    )


def discourse_words(words: Words, table: dict[str, Any], regimens: RegimenWords) -> tuple[DiscourseWords, list[Needs]]:
    """With the words that a sentence needs in which drugs are given, listed or compared."""
    given, listed, *compared = (
        compiled_at(words, "words.toml", "discourse", source, must_say_kinds)
        for source in (table["given"], table["listed"], *table["compared"])
    )
    on_text = {
        name: regex.compile(table[name])
        for name in (
            "cohort",
            "cohort_before",
            "cohort_behind",
            "line_made",
            "list_item",
            "goes_on",
            "undone",
            "oncology",
            "elsewhere",
            "harm",
            "effect",
            "topic",
            "aim",
            "states",
            "pairs",
            "counted",
            "killing",
            "events",
            "borne",
            "forms",
            "next_item",
        )
    }
    changes = frozenset(table["cohort_changes"])
    others, supportive = _lower(table["not_for_tumours"]), _lower(table["supportive"])
    readouts = MappingProxyType({role: _lower(names) for role, names in table["readouts"].items()})
    found = DiscourseWords(
        given=given[1],
        listed=listed[1],
        compared=tuple(pattern for _, pattern in compared),
        cohort_changes=changes,
        not_for_tumours=others,
        supportive=supportive,
        regimens=regimens,
        mere_drugs=frozenset(table["mere_drugs"]),
        readouts=readouts,
        **on_text,
    )
    return found, [compiled.needs for compiled, _ in (given, listed, *compared)]


def _lower(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)
