"""Where a word holds, by the dependency tree: the clause or the phrase that it governs.

The labels are those of Universal Dependencies 1, which the shipped parser gives. What hangs on a clause without being
part of what it says (a clause of contrast or consequence, a coordinate clause with a subject of its own) is cut off.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.model import Sentence, Token

# a word with one of these relations turns the word that it hangs on, not itself
TURNS_ITS_HEAD = frozenset(
    ["neg", "advmod", "det", "aux", "auxpass", "case", "mark", "amod", "compound", "predet", "cc:preconj", "cop",
     "nmod:npmod"]
)  # fmt: skip
CLAUSES = frozenset(["ROOT", "ccomp", "xcomp", "advcl", "acl", "acl:relcl", "parataxis"])
TURNING_TAGS = frozenset(["DT", "RB", "JJ"])  # "weak or no resistance": the joined word turns what the first one turns
SUBJECTS = frozenset(["nsubj", "nsubjpass", "csubj", "csubjpass"])
OWN_CLAUSE = SUBJECTS | {"mark", "aux", "auxpass"}
PASSIVE = frozenset(["nsubjpass", "auxpass", "csubjpass"])
JOINS = frozenset(["cc", "cc:preconj"])
CONTRAST = frozenset(["whereas", "although", "though", "while", "because", "since", "but", "unless"])
ASIDE = frozenset(["parataxis", "punct"])
GOES_ON = frozenset(["conj", "xcomp", "advcl"])  # a verb with one of these has the subject of the verb that it hangs on
RELATIVES = frozenset(["which", "that", "who"])
BEFORE_A_VERB = frozenset(["MD", "RB", "RBR"])
PRONOUNS = frozenset(["it", "they", "this", "these", "those", "both", "each"])


@dataclass(frozen=True, slots=True)
class Tree:
    """The dependency tree of a sentence: its tokens, and of each the tokens that hang on it."""

    tokens: tuple[Token, ...]
    below: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, sentence: Sentence) -> Tree | None:
        """The tree of ``sentence``; None where it was not parsed."""
        below: list[list[int]] = [[] for _ in sentence.tokens]
        for index, token in enumerate(sentence.tokens):
            if token.head is None:
                return None
            if token.head != index:
                below[token.head].append(index)
        return cls(sentence.tokens, tuple(map(tuple, below)))

    def scope(self, cue: range, *, relative: bool) -> frozenset[int]:
        """The tokens over which the words ``cue`` hold, themselves left out.

        They are what is governed behind the cue; before it, too, the subject of a passive, or of what is predicated
        with "is". With ``relative`` also relative clauses.
        """
        top = self._top(cue)
        joined = self._phrase_behind(cue) if self._joins(top) else None
        if joined is not None:
            return frozenset(each for each in self._part(joined, relative=relative) if each >= cue.stop)
        governor = self._governor(top)
        part = frozenset(self._part(governor, relative=relative, own=governor == top))
        behind = frozenset(each for each in part if each >= cue.stop)
        if self._subject_is_meant(governor, top):
            return behind | frozenset(each for each in part if each < cue.start)
        return behind | self._said_of(governor, top, cue, relative=relative)

    def clause(self, cue: range) -> frozenset[int]:
        """All of the clause that the words ``cue`` belong to, on both sides."""
        head = self._top(cue)
        while self._dep(head) not in CLAUSES and not self._is_joined_verb(head) and self._head(head) != head:
            head = self._head(head)
        return frozenset(self._part(head, relative=False)) - frozenset(cue)

    def subject(self, verb: int) -> frozenset[int]:
        """The tokens of the subject of ``verb``, or of the verb that it goes on from: "A binds B and *confers* C".

        Of a relative clause it is what the clause hangs on. A noun that is said of something ("is a *marker*") has its
        subject too. Empty where ``verb`` says nothing, where it has no subject, and where a pronoun
        stands for it.
        """
        while (self.tokens[verb].pos or "").startswith("VB") or self._is_predicate(verb):
            own = next((each for each in self.below[verb] if self._dep(each) in SUBJECTS), None)
            if own is not None and self._lower(own) in RELATIVES and self._dep(verb) == "acl:relcl":
                head = self._head(verb)
                return frozenset(self._all_below(head)) - frozenset(self._all_below(verb))
            if own is not None:
                return frozenset() if self._lower(own) in PRONOUNS | RELATIVES else frozenset(self._all_below(own))
            if self._dep(verb) not in GOES_ON or self._head(verb) == verb:
                break
            verb = self._head(verb)
        return frozenset()

    def _is_predicate(self, index: int) -> bool:
        noun = (self.tokens[index].pos or "").startswith("NN")
        return noun and any(self._dep(each) == "cop" for each in self.below[index])

    def stands_before(self, end: int, verb: int) -> bool:
        """Whether what ends at ``end`` stands right before ``verb``, auxiliaries and adverbs aside."""
        return all(self.tokens[each].pos in BEFORE_A_VERB for each in range(end, verb))

    def is_adjective_of_a_list(self, verb: int) -> bool:
        """Whether it stands as an adjective in a list: "showed more ABCB1 and *increased* levels"."""
        return self._dep(verb) == "amod" and verb > 0 and self._lower(verb - 1) in ("and", "or")

    def _is_joined_verb(self, index: int) -> bool:
        return self._dep(index) == "conj" and (self.tokens[index].pos or "").startswith("VB")

    def _top(self, cue: range) -> int:
        """The word of the cue that the others hang on."""
        return next((each for each in cue if self._head(each) not in cue or self._head(each) == each), cue.start)

    def _head(self, index: int) -> int:
        head = self.tokens[index].head
        return index if head is None else head

    def _dep(self, index: int) -> str:
        return self.tokens[index].dep or ""

    def _joins(self, top: int) -> bool:
        """Whether the cue stands before a part of a list: "but not B", "nor C"."""
        return self._dep(top) in JOINS or self._dep(self._head(top)) == "cc"

    def _phrase_behind(self, cue: range) -> int | None:
        """The head of the largest phrase that begins right behind the cue."""
        if cue.stop >= len(self.tokens):
            return None
        head = cue.stop
        while self._head(head) > head or (self._head(head) >= cue.stop and self._head(head) != head):
            above = self._head(head)
            if min(self._all_below(above)) < cue.start - 1 or above == head:
                break
            head = above
        return head

    def _all_below(self, index: int) -> Iterator[int]:
        yield index
        for child in self.below[index]:
            yield from self._all_below(child)

    def _governor(self, top: int) -> int:
        if self._dep(top) == "conj" and self.tokens[top].pos in TURNING_TAGS:
            return self._governor(self._head(top))
        return self._head(top) if self._dep(top) in TURNS_ITS_HEAD else top

    def _part(self, governor: int, *, relative: bool, own: bool = False) -> Iterator[int]:
        """``governor`` and what hangs on it, but for what is another statement.

        Where it is the cue's ``own`` word, what is coordinated with it is another statement.
        """
        yield governor
        for child in self.below[governor]:
            coordinated = own and self._dep(child) in ("conj", "cc")
            if not coordinated and not self._is_apart(governor, child, relative=relative):
                yield from self._part(child, relative=relative)

    def _is_apart(self, governor: int, child: int, *, relative: bool) -> bool:
        dep = self._dep(child)
        if dep in ASIDE or (dep == "acl:relcl" and not relative):
            return True
        if dep == "conj":
            return self._is_another_clause(governor, child)
        return dep == "advcl" and self._is_apart_by_its_words(child)

    def _is_another_clause(self, governor: int, conjunct: int) -> bool:
        own = {self._dep(each) for each in self.below[conjunct]}
        forms = self.tokens[governor].pos, self.tokens[conjunct].pos
        other_verb = forms[0] != forms[1] and all((form or "").startswith("VB") for form in forms)
        return bool(own & OWN_CLAUSE) or other_verb or self._joined_by_contrast(governor, conjunct)

    def _joined_by_contrast(self, governor: int, conjunct: int) -> bool:
        between = (each for each in self.below[governor] if self._dep(each) == "cc" and governor < each < conjunct)
        return any(self._lower(each) in CONTRAST for each in between)

    def _is_apart_by_its_words(self, clause: int) -> bool:
        marked = any(self._dep(each) == "mark" and self._lower(each) in CONTRAST for each in self.below[clause])
        first = min(self._all_below(clause))
        return marked or (first > 0 and self._lower(first - 1) == ",")

    def _lower(self, index: int) -> str:
        return self.tokens[index].text.lower()

    def _subject_is_meant(self, governor: int, top: int) -> bool:
        deps = {self._dep(each) for each in self.below[governor]}
        return bool(deps & PASSIVE) or (governor == top and "cop" in deps)

    def _said_of(self, governor: int, top: int, cue: range, *, relative: bool) -> frozenset[int]:
        """What is said of the subject that a cue stands in: "no induction *was seen*"."""
        if governor == top or self._dep(governor) not in SUBJECTS:
            return frozenset()
        verb = self._head(governor)
        return frozenset(each for each in self._part(verb, relative=relative) if each >= cue.stop)
