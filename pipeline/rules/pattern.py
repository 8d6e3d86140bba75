"""The pattern language of the rules, and its translation to regular expressions.

A sentence is matched as a *skeleton*: a line of elements, each followed by one space. An element is a lower-case word
(``confers``), a punctuation mark, a name (``<gene>``, ``<drug>``) or a phrase made of several of them
(``<resistance>``). A pattern says which elements follow each other:

=====================  ==========================================================================================
``resistance to``      these words, in this order
``confer*``            a word that begins so
``down-regulat*``      the same with a hyphen, a space or nothing between the parts
``(a | b c)``          either; alternatives hold whole sequences
``word?`` ``(a b)?``   may be missing; ``(…)*`` any number of times, ``(…)+`` at least once
``@confer``            the words that ``words.toml`` lists under this name
``<drug|drug_class>``  a name (or phrase) of one of these kinds, without a role
``{cause}``            names that fill this role: one, or a list ("A, B and C", "A but not B"; of two drugs a comma
                       alone makes none); kinds as the claim kind allows
``{drug} … {drug2}``   two places for one role; with `together` each of the first goes with each of the second
``{cause:gene}``       the same with these kinds only; ``{cause!}`` exactly one, no list
``~4``                 up to four words (no names), not across a clause boundary
``..4``                up to four elements of any sort, not across a clause boundary
``!(by)``              what follows here is not this
``!<(cells)``          what stands before here is not this
``#degree=none(not)``  where this part matches, the claim gets this attribute; lists of words may hold such parts
``confer*!``           the *anchor*: where it is judged whether the claim is negated or hedged
=====================  ==========================================================================================

From a pattern it can be told which words every sentence that matches must hold (:attr:`Compiled.needs`); the screen
looks for them before anything else is done.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import regex

from pipeline.errors import KnowledgeError

CLAUSE_BREAK = ("; ", "but ", "whereas ", "while ", "however ", "although ", "though ", "because ", "whether ")
ANCHOR = "anchor"
THERAPY = frozenset(["drug", "drug_class", "chemical", "combination"])  # lists do not mix them with what is not given
NEGATED = "_not"  # suffix of the group that holds the "but not" members of a list
DRUG_ROLES = frozenset(["drug", "resistant_to"])
ATTRIBUTE = "__"  # between the name and the value of an attribute in the name of its group

_TOKENS = re.compile(
    r"""(?P<space>\s+)
      | (?P<gap>(?:~|\.\.)\d+)
      | (?P<macro>@[a-z_]+)
      | (?P<role>\{[a-z_]+2?!?(?::[a-z_|]+)?\})
      | (?P<tag><[a-z_|]+>)
      | (?P<lookahead>!\()
      | (?P<lookbehind>!<\()
      | (?P<attribute>\#[a-z]+=[a-z_]+\()
      | (?P<open>\() | (?P<close>\)) | (?P<or>\|)
      | (?P<quantifier>[?*+](?=[\s|)!]|$))
      | (?P<anchor>!)
      | (?P<word>\\\S|[^\s(){}<>|!?@~*#]+\*?)
    """,
    re.VERBOSE,
)


class PatternError(ValueError):
    """The pattern is not well-formed; the message says where."""


Needs = tuple[tuple[str, ...], ...]  # of each inner tuple one word (or ``<tag>``) must be there


@dataclass(frozen=True, slots=True)
class _Node:
    """A piece of a pattern as a regular expression, and what must stand in whatever it matches."""

    regex: str
    needs: Needs = ()


@dataclass(frozen=True, slots=True)
class Words:
    """What patterns may name: lists of words (``@name``, each a pattern) and sets of kinds (``<name>``)."""

    macros: Mapping[str, str]
    kind_sets: Mapping[str, tuple[str, ...]]

    def kinds(self, text: str) -> tuple[str, ...]:
        """The kinds that ``text`` ("gene|variant", or the name of a set) stands for."""
        return tuple(dict.fromkeys(kind for name in text.split("|") for kind in self.kind_sets.get(name, (name,))))


@dataclass(frozen=True, slots=True)
class Compiled:
    """A pattern translated: ``regex`` over skeletons, the words it ``needs`` (stems end in ``*``), its roles."""

    regex: str
    needs: Needs
    roles: frozenset[str]
    anchored: bool


class _Parser:
    """Recursive descent over the tokens of one pattern."""

    def __init__(self, source: str, words: Words, kinds_of: Callable[[str], tuple[str, ...]]) -> None:
        self.source, self.words, self.kinds_of = source, words, kinds_of
        self.tokens = list(_tokens(source))
        self.position = 0
        self.roles: set[str] = set()
        self.anchors = 0

    def parse(self) -> Compiled:
        node = self.alternatives()
        if self.position < len(self.tokens):
            raise PatternError(f"unexpected {self.tokens[self.position][1]!r} in {self.source!r}")
        return Compiled("(?:^|(?<= ))" + node.regex, node.needs, frozenset(self.roles), self.anchors > 0)

    def peek(self) -> str | None:
        return self.tokens[self.position][0] if self.position < len(self.tokens) else None

    def alternatives(self) -> _Node:
        branches: list[_Node] = []
        anchors = []
        while not branches or self.peek() == "or":
            self.position += bool(branches)
            before = self.anchors
            branches.append(self.sequence())
            anchors.append(self.anchors > before)
        if any(anchors) and not all(anchors):
            raise PatternError(f"an anchor in only some alternatives of {self.source!r}: every one needs it")
        if len(branches) == 1:
            return branches[0]
        return _Node("(?:" + "|".join(branch.regex for branch in branches) + ")", _either(branches))

    def sequence(self) -> _Node:
        items = []
        while self.peek() not in (None, "or", "close"):
            items.append(self.item())
        if not items:
            raise PatternError(f"an empty alternative in {self.source!r}")
        return _Node("".join(item.regex for item in items), tuple(need for item in items for need in item.needs))

    def item(self) -> _Node:
        before = self.anchors
        node = self.atom()
        if self.peek() == "anchor":
            self.position += 1
            self.anchors += 1
            node = _Node(f"(?P<{ANCHOR}>{node.regex})", node.needs)
        if self.peek() == "quantifier":
            quantifier = self.tokens[self.position][1]
            self.position += 1
            if quantifier != "+" and self.anchors > before:
                raise PatternError(f"an anchor inside an optional part of {self.source!r}: it must always be there")
            node = _Node(f"(?:{node.regex}){quantifier}", node.needs if quantifier == "+" else ())
        return node

    def atom(self) -> _Node:
        kind, text = self.tokens[self.position]
        self.position += 1
        match kind:
            case "open":
                return _grouped(self.enclosed())
            case "lookahead":
                return _Node(f"(?!{self.enclosed().regex})")
            case "lookbehind":
                return _Node(f"(?<!{self.enclosed().regex})")
            case "attribute":
                name, _, value = text[1:-1].partition("=")
                node = self.enclosed()
                return _Node(f"(?P<{name}{ATTRIBUTE}{value}>{node.regex})", node.needs)
            case "word":
                return _word(text)
            case "macro":
                return self.macro(text[1:])
            case "role":
                return self.role(text[1:-1])
            case "tag":
                tags = self.words.kinds(text[1:-1])
                return _Node(_tag_regex(tags), (tuple(f"<{tag}>" for tag in tags),))
            case "gap":
                return _gap(text)
        raise PatternError(f"unexpected {text!r} in {self.source!r}")

    def enclosed(self) -> _Node:
        node = self.alternatives()
        if self.peek() != "close":
            raise PatternError(f"a parenthesis is not closed in {self.source!r}")
        self.position += 1
        return node

    def macro(self, name: str) -> _Node:
        if name not in self.words.macros:
            raise PatternError(f"@{name} is not in words.toml")
        inner = _Parser(self.words.macros[name], self.words, self.kinds_of)
        node = inner.alternatives()
        if inner.position < len(inner.tokens):
            raise PatternError(f"unexpected {inner.tokens[inner.position][1]!r} in @{name}")
        self.anchors += inner.anchors
        return _grouped(node)

    def role(self, text: str) -> _Node:
        name, _, kinds = text.partition(":")
        single = name.endswith("!")
        name = name.removesuffix("!")
        self.roles.add(name.rstrip("2"))
        allowed = self.words.kinds(kinds or "|".join(self.kinds_of(name)))
        if single:
            return _Node(f"(?P<{name}>{_tag_regex(allowed)})")
        given = tuple(kind for kind in allowed if kind in THERAPY)
        lists = [
            _list(name, kinds) for kinds in (given, tuple(kind for kind in allowed if kind not in THERAPY)) if kinds
        ]
        return _Node("(?:" + "|".join(lists) + ")")


def _list(name: str, kinds: tuple[str, ...]) -> str:
    """One name of ``kinds`` or several, joined as in a list, some of them perhaps excepted."""
    allowed = _tag_regex(kinds)
    one = f"(?P<{name}>{allowed})"
    without = rf"(?:(?:, )?(?:but_not |not |rather_than |except )(?P<{name}{NEGATED}>{allowed}))"
    return rf"(?:both |either |neither )?{one}(?:{_more(name, one, allowed)}|{without})*"


def _more(name: str, one: str, allowed: str) -> str:
    """The further members of a list. Of drugs, a comma alone joins only where a conjunction follows, or there are many:
    in "cells resistant to A, B was active" is no list. Elsewhere it may stand before another name of the same thing.
    """
    words = "and |or |/ |and/or |& |nor |as well as |along with "
    if name.rstrip("2") not in DRUG_ROLES:
        return rf"(?:, |{words})+(?:both |either )?{one}"
    joint = rf"(?:, )?(?:{words})+(?:both |either )?"
    last = rf"(?:{allowed}|<process> )"  # "cisplatin, etoposide and radiotherapy" lists two drugs
    return rf"(?:, {one}(?=(?:, {allowed})*{joint}{last})|, {one}, {one}(?:, {one})*|{joint}{one})"


def _tokens(source: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(source):
        found = _TOKENS.match(source, position)
        if not found or found.end() == position:
            raise PatternError(f"cannot read {source[position:]!r} in {source!r}")
        if found.lastgroup != "space":
            yield str(found.lastgroup), found.group()
        position = found.end()


def _grouped(node: _Node) -> _Node:
    return _Node(f"(?:{node.regex})", node.needs)


def _either(branches: list[_Node]) -> Needs:
    """What alternatives need together: of each branch its most telling need; nothing, if a branch promises nothing."""
    if not all(branch.needs for branch in branches):
        return ()
    return (tuple(word for branch in branches for word in max(branch.needs, key=rarity)),)


def rarity(need: tuple[str, ...]) -> int:
    """How telling a need is: longer words are rarer, and the shortest word counts."""
    return min(len(word.strip("*<>")) for word in need)


def _word(text: str) -> _Node:
    text = text.removeprefix("\\").lower()
    if "\\" in text:
        raise PatternError(f"{text!r} holds a backslash; inside a word every sign stands for itself, as in e.g.")
    parts = [part for part in text.split("-") if part] or [text]
    written = [re.escape(part.removesuffix("*")) + (r"[^ ]*" if part.endswith("*") else "") for part in parts]
    if len(parts) == 1:
        return _Node(written[0] + " ", ((text,),))
    return _Node("(?:" + " ".join(written) + " |" + "".join(written) + " )", ((text,),))


def _tag_regex(kinds: tuple[str, ...]) -> str:
    if len(kinds) == 1:
        return f"<{kinds[0]}> "
    return "<(?:" + "|".join(kinds) + ")> "


def _gap(text: str) -> _Node:
    limit = int(text.lstrip("~."))
    stop = "|".join(re.escape(word) for word in CLAUSE_BREAK)
    # names that never fill a role beside the ones sought (diseases, models) do not interrupt a gap of words
    element = (
        r"(?:[^ <][^ ]* |<(?:disease|cell_line|model|population|trial|relative)> )" if text[0] == "~" else r"[^ ]+ "
    )
    return _Node(rf"(?:(?!{stop}){element}){{0,{limit}}}?")


def compile_pattern(source: str, *, words: Words, kinds_of: Callable[[str], tuple[str, ...]]) -> Compiled:
    """Translate ``source``, a pattern as described above.

    Args:
        source: the pattern.
        words: the lists of words and sets of kinds that it may name.
        kinds_of: the kinds that may fill a role when the pattern does not say.

    Raises:
        PatternError: the pattern is not well-formed, names an unknown list, or has an anchor that may be missing.
    """
    return _Parser(source, words, kinds_of).parse()


def text_expressions(words: Iterable[str]) -> tuple[str, ...]:
    """Regular expressions over *raw text*, one of which matches wherever one of ``words`` can stand in its skeleton.

    They are deliberately wider than the words (no word boundaries, anything but letters between the parts of a
    hyphenated word), so that a sentence in which they find nothing cannot match.
    """
    stems = dict.fromkeys(word.rstrip("*") for word in words)
    kept = [stem for stem in stems if not any(other != stem and stem.startswith(other) for other in stems)]
    return tuple("[^a-zA-Z]{0,4}".join(re.escape(part) for part in stem.split("-") if part) for stem in sorted(kept))


class LazyPattern:
    """The regular expression of a pattern, compiled when it is first asked for.

    Compiling all of them takes seconds, and a short text asks for few.
    """

    def __init__(self, source: str, file: str, id_: str) -> None:
        self._source, self._file, self._id = source, file, id_

    @cached_property
    def _compiled(self) -> regex.Pattern[str]:
        try:
            return regex.compile(self._source)
        except regex.error as error:
            raise _unusable(self._file, self._id, error) from None

    def finditer(self, line: str) -> Iterator[regex.Match[str]]:
        """All matches in ``line``, a skeleton's."""
        found: Iterator[regex.Match[str]] = self._compiled.finditer(line)
        return found

    def search(self, line: str, position: int = 0) -> regex.Match[str] | None:
        """The first match in ``line`` from ``position`` on."""
        return self._compiled.search(line, position)


def compiled_at(
    words: Words, file: str, id_: str, source: str, kinds_of: Callable[[str], tuple[str, ...]]
) -> tuple[Compiled, LazyPattern]:
    """:func:`compile_pattern` of the pattern ``id_`` in ``file``, with the regular expression it makes.

    Raises:
        KnowledgeError: the pattern cannot be used; it names the file and the pattern.
    """
    try:
        compiled = compile_pattern(source, words=words, kinds_of=kinds_of)
    except PatternError as error:
        raise _unusable(file, id_, error) from None
    return compiled, LazyPattern(compiled.regex, file, id_)


def _unusable(file: str, id_: str, error: Exception) -> KnowledgeError:
    remedy = "The language is described in pipeline/rules/pattern.py."
    return KnowledgeError(file, id_, f"the pattern cannot be used: {error}", remedy)


def must_say_kinds(role: str) -> tuple[str, ...]:
    """``kinds_of`` for patterns of no claim kind: their roles have no kinds of their own.

    Raises:
        PatternError: always.
    """
    raise PatternError(f"role {{{role}}} must say its kinds here, as in {{{role}:drug}}")
