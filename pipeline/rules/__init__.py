"""What sentences are read with: phrases, claim rules and cues, all of them data of this folder.

===================  =================================================================================================
``words.toml``       lists of words that patterns name with ``@``, sets of kinds, and what a skeleton leaves out
``phrases.toml``     the cascade: small phrases put together before any claim is read ("over-expression of X",
                     "resistance to D", "D-resistant cells")
``<kind>.toml``      rules of a claim kind, each with sentences it must match and sentences it must not
``tables.toml``      rules over the captions, headers and cells of tables (:mod:`pipeline.rules.tables`)
``cues.toml``        words that turn what is said: negation, certainty, attribution, with their scope
``confidence.toml``  how often each rule was right on labelled texts; made by ``benchmarks.confidence``
``context.toml``     words that tell the circumstances of a finding (:mod:`pipeline.rules.context`)
===================  =================================================================================================

The language of the patterns is described in :mod:`pipeline.rules.pattern`. The loader refuses what it cannot use, with
the file, the id of the rule and the reason.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import regex

from pipeline.errors import KnowledgeError
from pipeline.rules.confidence import Confidence, parse_confidence
from pipeline.rules.context import ContextRule, read_context_rules
from pipeline.rules.discourse import DiscourseWords, discourse_words, regimen_words
from pipeline.rules.kinds import ClaimKind, claim_kinds
from pipeline.rules.pattern import (
    LazyPattern,
    Needs,
    PatternError,
    Words,
    compiled_at,
    must_say_kinds,
    rarity,
)
from pipeline.rules.tables import TableRule, parse_tables
from pipeline.text import digest

CUE_CATEGORIES = frozenset(
    [
        "negation",
        "not_oncology",
        "suggested",
        "speculated",
        "aim",
        "unknown",
        "question",
        "background",
        "conclusion",
        "own_result",
        "method",
        "hypothesis",
    ]
)
CUE_DIRECTIONS = frozenset(["forward", "backward", "both", "pseudo", "terminate"])
SHORTEST_NEED = 3  # shorter words are in every sentence, and so are these
REMEMBERED = frozenset(
    ["resistance", "resistant", "sensitivity", "combination"]
)  # phrases whose drugs later sentences leave unsaid
COMMON = frozenset(
    ["for", "with", "from", "that", "and", "than", "into", "after", "upon", "via", "through", "have", "show*"]
)
UNDERSTOOD = frozenset(["drug", "cause", "resistant_to"])  # roles that rules may leave to the sentences before
NUMBER_ORDERS = ("falling", "rising")  # of the two numbers that a rule compares
CLAIM_ATTRIBUTES = frozenset(["direction", "degree", "interaction", "stance", "certainty", "acquired", "setting"])


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence of a rule in markup (``[T790M](variant)``) and what must come of it; nothing for a counter-example.

    For cues: whether the word in brackets stands ``inside`` the scope.
    """

    text: str
    expect: tuple[Mapping[str, Any], ...] = ()
    because: str = ""
    inside: bool = True


@dataclass(frozen=True, slots=True)
class Phrase:
    """A step of the cascade.

    With ``make`` the words become one element; without it the names in the roles ``keep`` absorb them. Cues of the
    categories ``absorbs`` that stand inside the phrase are part of what it says, and do not turn it. The name in the
    role ``owner`` is part of the kept name beside it: the gene of a variant. Of ``alternatives`` that are kept each
    stands for itself, as members of a class do: "with taxanes such as A and B" is with A or with B.
    """

    id: str
    pattern: LazyPattern
    needs: Needs
    gates: Needs
    make: str | None
    keep: tuple[str, ...]
    attributes: Mapping[str, str]
    absorbs: frozenset[str]
    owner: str | None = None
    alternatives: bool = False
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A way of saying a claim.

    ``slots`` says, for each phrase tag, which role the drugs inside the phrase fill. ``needs`` are sets of words; of
    each set one stands in every sentence that matches (``gates``: the same for skeletons). A ``weak`` rule needs words
    so common that it is tried only in sentences that name a drug of the lexicon. Of ``words``, where there are any, one
    must stand in the text (inside a name, say). Cues of the categories ``ignores`` do not bear on it; those of the
    categories ``absorbs`` do not where they stand inside its anchor ("no benefit"). Attributes that it does ``require``
    must come out of the words around its names, and those that it is ``without`` must not. The roles ``understood``
    (drug, cause, resistant_to) are left out by the sentences that the rule reads, or named as the only one of a kind;
    else meant are the treatment that was last said to be given, and what the patients, cells or tumours last spoken of
    have in common and resist. With
    ``only_stated`` drugs act together where the words say that they were given together, not where they are only
    listed; with ``if_combined`` where an earlier sentence said so. With ``whole`` the drug named stands for all of
    the combination spoken of to which it belongs. A rule that reads ``alone`` spans wide gaps, and is
    kept to sentences in which nothing else is named that could fill its roles. With ``numbers`` it matches two of them,
    the first of which is the larger (``falling``) or the smaller (``rising``). A ``continued`` rule reads list items,
    and sentences that begin with "this" or "these", where a heading or a sentence of a laid-out document has spoken of
    ``resistance`` or of its ``reversal``, as it says. A ``plain`` rule is matched before any phrase is put together.
    """

    id: str
    claim: ClaimKind
    summary: str
    pattern: LazyPattern
    needs: Needs
    gates: Needs
    slots: Mapping[str, str]
    attributes: Mapping[str, str]
    together: bool
    weak: bool
    understood: frozenset[str] = frozenset()
    continued: str = ""
    plain: bool = False
    only_stated: bool = False
    if_combined: bool = False
    whole: bool = False
    alone: bool = False
    numbers: str = ""
    words: tuple[str, ...] = ()
    ignores: frozenset[str] = frozenset()
    absorbs: frozenset[str] = frozenset()
    require: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()
    counterexamples: tuple[Example, ...] = ()

    @property
    def takes_one_drug(self) -> bool:
        """Whether the drug may be left to what is said around, and one drug is enough."""
        return (
            "drug" in self.understood
            and "resistant_to" not in self.claim.roles
            and self.claim.roles["drug"].at_least < 2
        )


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that turn what stands in their scope (at most ``reach`` tokens, up to a terminating cue)."""

    category: str
    direction: str
    pattern: LazyPattern
    reach: int
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class SkeletonWords:
    """What the skeleton of a sentence leaves out (words, ``amounts`` of drugs) or writes in one form.

    A variant in a sentence that speaks of ``polymorphism`` is one, and so is one of a ``polymorphic``
    shape (ids of patterns): either form may be meant. ``tags`` are
    those of names that patterns must tell from others of their kind.
    """

    dropped: frozenset[str]
    kept_adverbs: frozenset[str]
    forms: Mapping[str, str]
    amounts: regex.Pattern[str]
    polymorphism: regex.Pattern[str]
    polymorphic: frozenset[str]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Everything in this folder, compiled; ``fingerprint`` changes when any of it does.

    Of ``remembered``, each entry is what a sentence needs to make a drug understood in later ones; ``choosing`` is what
    it needs to tell by which gene or variant patients or tumours were chosen.
    """

    phrases: tuple[Phrase, ...]
    rules: tuple[Rule, ...]
    cues: tuple[Cue, ...]
    words: SkeletonWords
    kinds: Mapping[str, ClaimKind]
    discourse: DiscourseWords
    remembered: tuple[Needs, ...]
    choosing: Needs
    confidence: Confidence
    context: tuple[ContextRule, ...] = ()
    tables: tuple[TableRule, ...] = ()
    fingerprint: str = field(default="")

    def may_be_remembered(self, text: str) -> bool:
        """Whether ``text`` surely passes the screen for what later sentences leave unsaid, if it names a drug."""
        lower = text.lower()
        return any(_are_held(needs, lower) for needs in self.remembered)

    def may_choose(self, text: str) -> bool:
        """The same for patients and tumours that were chosen, if ``text`` names a gene or a variant."""
        return _are_held(self.choosing, text.lower())


def _are_held(needs: Needs, lower: str) -> bool:
    return all(any(word.rstrip("*") in lower for word in need) for need in needs)


def load(texts: Mapping[str, str]) -> RuleSet:
    """Compile the files of a rules folder.

    Args:
        texts: file name → content; ``words.toml``, ``phrases.toml``, ``cues.toml``, ``confidence.toml`` and one file a
            claim kind.

    Raises:
        KnowledgeError: a pattern that is not well-formed, an unknown claim kind, role, attribute, cue category or
            phrase, two rules with one id, or a rule without example or without anchor.
    """
    tables = {name: _toml(name, text) for name, text in texts.items()}
    words_table = tables["words.toml"]
    words = Words(words_table["words"], {name: tuple(kinds) for name, kinds in words_table["kinds"].items()})
    phrases = tuple(_phrase(words, row) for row in tables["phrases.toml"].get("phrase", ()))
    made = _needs_of_phrases(phrases)
    rules = tuple(
        rule
        for kind in claim_kinds().values()
        for rule in _rules(words, kind, made, tables.get(f"{kind.name}.toml", {}))
    )
    _refuse_repeated([(f"{rule.claim.name}.toml", rule.id) for rule in rules])
    _refuse_repeated([("phrases.toml", phrase.id) for phrase in phrases])
    regimens = regimen_words(words_table["regimens"], amounts=words_table["skeleton"]["amounts"])
    discourse, telling = discourse_words(words, words_table["discourse"], regimens)
    speaking = [phrase.needs for phrase in phrases if phrase.make in REMEMBERED]
    return RuleSet(
        phrases=phrases,
        rules=rules,
        cues=tuple(_cues(words, tables["cues.toml"])),
        words=_skeleton_words(words_table["skeleton"]),
        kinds=claim_kinds(),
        discourse=discourse,
        choosing=tuple(tuple(_listed_words(line)) for line in words_table["discourse"]["chosen"]),
        remembered=tuple(found for needs in (*telling, *speaking) if (found := _in_words(needs, made))),
        confidence=parse_confidence(tables["confidence.toml"]),
        context=tuple(read_context_rules(tables.get("context.toml", {}))),
        tables=parse_tables(texts.get("tables.toml", ""), claim_kinds()),
        fingerprint=digest(*(text for _, text in sorted(texts.items()))),
    )


def _toml(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise KnowledgeError(name, "the file", f"is not TOML ({error})", "Mend the line it names.") from None


def _refuse_repeated(ids: list[tuple[str, str]]) -> None:
    seen: set[str] = set()
    for file, id_ in ids:
        if id_ in seen:
            raise KnowledgeError(file, id_, "the id is used twice", "Give each rule its own.")
        seen.add(id_)


def _phrase(words: Words, row: dict[str, Any]) -> Phrase:
    id_ = row.get("id", "a phrase without id")
    compiled, pattern = compiled_at(words, "phrases.toml", id_, row["pattern"], must_say_kinds)
    return Phrase(
        id=id_,
        pattern=pattern,
        needs=compiled.needs,
        gates=_gates(compiled.needs),
        make=row.get("make"),
        keep=tuple(row.get("keep", compiled.roles - {row.get("owner")})),
        attributes=MappingProxyType(row.get("set", {})),
        absorbs=frozenset(row.get("absorbs", ())),
        owner=row.get("owner"),
        alternatives=row.get("alternatives", False),
        examples=tuple(_examples(row, "examples")),
    )


def _needs_of_phrases(phrases: tuple[Phrase, ...]) -> Mapping[str, tuple[str, ...]]:
    """For each phrase tag words of which one stands in every phrase of that tag; no entry where that is not so."""
    made: dict[str, tuple[str, ...]] = {}
    silent = set()
    for phrase in phrases:
        if phrase.make:
            needs = _in_words(phrase.needs, made)
            if not needs:
                silent.add(phrase.make)
                continue
            made[phrase.make] = tuple(dict.fromkeys((*made.get(phrase.make, ()), *max(needs, key=rarity))))
    return {tag: words for tag, words in made.items() if tag not in silent}


def _in_words(needs: Needs, made: Mapping[str, tuple[str, ...]]) -> Needs:
    """``needs`` with phrase tags replaced by their words; left out those that names, short words or words that only
    skeletons have (``but_not``) can meet.
    """
    found = []
    for need in needs:
        tags = [word[1:-1] for word in need if word.startswith("<")]
        if all(tag in made for tag in tags) and not any("_" in word for word in need if not word.startswith("<")):
            words = [word for word in need if not word.startswith("<")]
            found.append(tuple(dict.fromkeys((*words, *(word for tag in tags for word in made[tag])))))
    return tuple(need for need in found if rarity(need) >= SHORTEST_NEED and COMMON.isdisjoint(need))


def _rules(lists: Words, kind: ClaimKind, made: Mapping[str, tuple[str, ...]], table: dict[str, Any]) -> Iterator[Rule]:
    file = f"{kind.name}.toml"

    def kinds_of(role: str) -> tuple[str, ...]:
        if role.rstrip("2") not in kind.roles:
            raise PatternError(f"{kind.name} has no role {role!r}")
        return kind.roles[role.rstrip("2")].kinds

    for row in table.get("rule", ()):
        id_ = row.get("id", "a rule without id")
        compiled, pattern = compiled_at(lists, file, id_, row["pattern"], kinds_of)
        words = tuple(row.get("words", ()))
        needs = (*_in_words(compiled.needs, made), *([words] if words else []))
        _check_rule(file, id_, row, anchored=compiled.anchored and bool(needs))
        yield Rule(
            id=id_,
            claim=kind,
            summary=row["summary"],
            pattern=pattern,
            needs=needs,
            gates=_gates(compiled.needs),
            slots=MappingProxyType(table.get("slots", {}) | row.get("slots", {})),
            attributes=MappingProxyType(row.get("set", {})),
            together=row.get("together", False),
            weak=row.get("weak", table.get("weak", False)),
            understood=_understood(file, id_, row),
            continued=row.get("continued", ""),
            plain=row.get("plain", False),
            only_stated=row.get("only_stated", False),
            if_combined=row.get("if_combined", False),
            whole=row.get("whole", False),
            alone=row.get("alone", False),
            numbers=_numbers(file, id_, row),
            words=words,
            require=tuple(row.get("require", ())),
            without=tuple(row.get("without", ())),
            ignores=frozenset(row.get("ignores", table.get("ignores", ()))),
            absorbs=frozenset(row.get("absorbs", ())),
            examples=tuple(_examples(row, "examples")),
            counterexamples=tuple(_examples(row, "counterexamples")),
        )


def _numbers(file: str, id_: str, row: dict[str, Any]) -> str:
    order = str(row.get("numbers", ""))
    if order not in ("", *NUMBER_ORDERS):
        raise KnowledgeError(file, id_, f"numbers is {order!r}", f"Give one of {', '.join(NUMBER_ORDERS)}.")
    return order


def _understood(file: str, id_: str, row: dict[str, Any]) -> frozenset[str]:
    roles = frozenset(row.get("understood", ()))
    if not roles <= UNDERSTOOD:
        known = ", ".join(sorted(UNDERSTOOD))
        raise KnowledgeError(file, id_, f"roles {sorted(roles - UNDERSTOOD)} cannot be understood", f"Known: {known}.")
    return roles


def _gates(needs: Needs) -> Needs:
    """What must stand in a skeleton for ``needs`` to be met: of each word the longest of its parts."""
    return tuple(tuple(max(word.rstrip("*").split("-"), key=len) for word in need) for need in needs)


def _check_rule(file: str, id_: str, row: dict[str, Any], *, anchored: bool) -> None:
    if not anchored:
        raise KnowledgeError(file, id_, "no anchor, or no word that must be there", "Mark its main word with !.")
    if not row.get("examples") or not row.get("summary"):
        raise KnowledgeError(file, id_, "no summary or no example", "A rule shows itself: add [[rule.examples]].")
    unknown = set(row.get("set", {})) - CLAIM_ATTRIBUTES
    if unknown:
        known = ", ".join(sorted(CLAIM_ATTRIBUTES))
        raise KnowledgeError(file, id_, f"sets unknown attributes {sorted(unknown)}", f"Known: {known}.")


def _examples(row: dict[str, Any], key: str) -> Iterator[Example]:
    for example in row.get(key, ()):
        expect = example.get("expect", ())
        yield Example(
            example["text"],
            tuple(MappingProxyType(each) for each in ([expect] if isinstance(expect, dict) else expect)),
            example.get("because", ""),
            example.get("inside", True),
        )


def _cues(words: Words, table: dict[str, Any]) -> Iterator[Cue]:
    for number, row in enumerate(table["cue"], start=1):
        category, direction = row.get("category"), row.get("direction")
        if category not in CUE_CATEGORIES or direction not in CUE_DIRECTIONS:
            remedy = (
                f"Categories: {', '.join(sorted(CUE_CATEGORIES))}; directions: {', '.join(sorted(CUE_DIRECTIONS))}."
            )
            raise KnowledgeError("cues.toml", number, f"unknown category or direction {category}/{direction}", remedy)
        source = " | ".join(sorted(row["words"], key=len, reverse=True))  # the longer cue counts, not the first
        _, pattern = compiled_at(words, "cues.toml", f"cue {number}", source, lambda role: ())
        yield Cue(category, direction, pattern, row.get("reach", 100), tuple(_examples(row, "examples")))


def _listed_words(line: str) -> Iterator[str]:
    return (word.strip() for word in line.split("|"))


def _skeleton_words(table: dict[str, Any]) -> SkeletonWords:
    forms = {written: form for form, words in table["forms"].items() for written in words}
    tags = {name: tag for tag, names in table["tags"].items() for name in names}
    return SkeletonWords(
        dropped=frozenset(table["drop"]),
        kept_adverbs=frozenset(table["keep_adverbs"]),
        forms=MappingProxyType(forms),
        amounts=regex.compile(table["amounts"]),
        polymorphism=regex.compile(table["polymorphism"]),
        polymorphic=frozenset(table["polymorphic"]),
        tags=MappingProxyType(tags),
    )


@lru_cache(maxsize=1)
def shipped() -> RuleSet:
    """The rules that come with the package."""
    folder = files(__package__)
    return load(
        {item.name: item.read_text(encoding="utf-8") for item in folder.iterdir() if item.name.endswith(".toml")}
    )
