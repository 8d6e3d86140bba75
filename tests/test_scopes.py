"""Where negation and hedges hold, by the dependency tree of the shipped parser."""

from __future__ import annotations

from functools import cache

import pytest

from pipeline import rules
from pipeline.annotate import Annotator, Piece
from pipeline.annotate.nlp import SHIPPED, load_models
from pipeline.article import Reader
from pipeline.extract.cues import read_hits, read_scopes
from pipeline.extract.syntax import Tree
from pipeline.lexicon import shipped
from pipeline.lexicon.patterns import shipped_patterns
from pipeline.model import Document, Section, Sentence, Source, Token

SCOPES = [
    ("PTEN loss did not [confer] resistance to gefitinib.", "negation", True),
    ("Metastases in patients who had not received gefitinib [responded] to afatinib.", "negation", False),
    ("PTEN loss, but not MET amplification, [conferred] resistance to gefitinib.", "negation", False),
    ("PTEN loss is associated with weak or no [resistance] to gefitinib.", "negation", True),
    ("None of the tumours with a KRAS mutation [responded] to gefitinib.", "negation", True),
    ("No [resistance] to gefitinib was seen.", "negation", True),
    ("The cells failed to [respond] to gefitinib.", "negation", True),
    ("Gefitinib failed to kill the cells, whereas afatinib [overcame] resistance.", "negation", False),
    ("PTEN loss may [confer] resistance to gefitinib.", "suggested", True),
    ("PTEN loss [conferred] resistance to gefitinib and may shorten survival.", "suggested", False),
    ("PTEN loss [conferred] resistance to gefitinib, suggesting that AKT should be inhibited.", "suggested", False),
    ("We showed that PTEN loss [confers] resistance and suggested a new test.", "suggested", False),
    ("These data suggest that PTEN loss [confers] resistance to gefitinib.", "suggested", True),
    ("We hypothesised that PTEN loss [confers] resistance to gefitinib.", "speculated", True),
]


@cache
def annotator() -> Annotator:
    return Annotator(shipped(), shipped_patterns(), load_models([SHIPPED]))


def parsed(text: str) -> Sentence:
    document = Document("text:1", Source.TEXT, "", (Section("abstract", text),))
    (named,) = annotator().first_reading(document, {})
    (sentence,) = annotator().read(named, [Piece(0, len(text))])
    return annotator().with_syntax(sentence)


@pytest.mark.parametrize(("marked", "category", "inside"), SCOPES, ids=lambda value: str(value)[:60])
def test_a_cue_holds_over_what_it_governs(marked: str, category: str, inside: bool) -> None:
    start = marked.index("[")
    sentence = parsed(marked.replace("[", "").replace("]", ""))
    token = next(index for index, each in enumerate(sentence.tokens) if each.start == start)
    assert (category in read_scopes(sentence, read_hits(sentence, rules.shipped().cues)).over(token)) is inside


def test_a_sentence_that_was_not_parsed_has_no_tree() -> None:
    sentence = parsed("PTEN loss confers resistance.")
    assert Tree.of(sentence)
    assert Tree.of(Sentence(0, 0, 4, "PTEN", (Token(0, 4, "PTEN"),))) is None


DENIED = [
    ("Tumours without EGFR T790M responded to osimertinib.", {"what_acts_is_denied"}, 0),
    ("Tumours with EGFR T790M responded to osimertinib.", set(), 1),
    ("Tumours with EGFR T790M did not respond to osimertinib.", set(), 1),
]


@pytest.mark.parametrize(("text", "reasons", "found"), DENIED)
def test_what_is_said_not_to_be_there_does_nothing(text: str, reasons: set[str], found: int) -> None:
    given = Document("text:1", Source.TEXT, "", (Section("results", text),))
    article = Reader(models=(SHIPPED,)).read(given)
    assert {each.reason for each in article.rejections} >= reasons
    assert len([each for each in article.evidence if each.match.kind in ("sensitivity", "resistance")]) == found


SUBJECTS = [
    ("PTEN loss activates AKT and [confers] resistance to gefitinib.", "PTEN loss"),
    ("AKT, which was activated by PTEN loss, [confers] resistance to gefitinib.", "AKT"),
    ("It was shown that it [confers] resistance to gefitinib.", ""),
    ("The [resistance] to gefitinib was high.", ""),
]


@pytest.mark.parametrize(("marked", "subject"), SUBJECTS, ids=lambda value: str(value)[:60])
def test_the_subject_of_a_verb_is_its_own_or_that_of_the_verb_it_goes_on_from(marked: str, subject: str) -> None:
    start = marked.index("[")
    sentence = parsed(marked.replace("[", "").replace("]", ""))
    tree = Tree.of(sentence)
    assert tree
    found = tree.subject(next(index for index, each in enumerate(sentence.tokens) if each.start == start))
    words = [sentence.tokens[index].text for index in sorted(found)]
    assert words[: len(subject.split())] == subject.split()
    assert bool(words) is bool(subject)


@pytest.mark.parametrize(
    ("text", "acting"),
    [
        ("Afatinib inhibited ABCB1 and protected cells from doxorubicin.", set()),
        ("ABCB1 was induced and conferred resistance to doxorubicin.", {"ABCB1"}),
        ("Overexpression of ABCB1 confers resistance to doxorubicin.", {"ABCB1"}),
        ("HER4 slowed the cell cycle and induced resistance to doxorubicin.", set()),
    ],
)
def test_nothing_acts_by_a_verb_that_has_another_subject(text: str, acting: set[str]) -> None:
    given = Document("text:1", Source.TEXT, "", (Section("results", text),))
    article = Reader(models=(SHIPPED,)).read(given)
    read = {
        each.entity.name
        for found in article.evidence
        for each in found.match.arguments
        if each.role in ("cause", "agent")
    }
    assert read == acting
