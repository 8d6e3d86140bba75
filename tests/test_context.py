"""The circumstances of a finding: told by its sentence or inherited, each with the words that say it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline import rules
from pipeline.errors import KnowledgeError
from pipeline.model import Circumstance, Document
from pipeline.rules.context import ContextRule, read_context_rules
from tests.reading import document, read, reader

RULES = rules.shipped().context
CLAIM = "ABCB1 confers resistance to paclitaxel"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.name}-{rule.value}")
def test_each_rule_finds_what_its_examples_mark(rule: ContextRule) -> None:
    for marked in rule.examples:
        plain = marked.replace("[", "").replace("]", "")
        start, end = marked.index("["), marked.index("]") - 1
        (found,) = [each for each in rule.find(plain) if each[1] <= start and end <= each[2]]
        assert plain[start:end] == plain[found[1] : found[2]] or found[0] in (plain[start:end], rule.value)
    for plain in rule.counterexamples:
        assert list(rule.find(plain)) == []


def told(text: str, *, title: str | None = None, kind: str = "abstract") -> dict[str, list[str]]:
    """Name → values, with the place of those that the sentence itself does not say."""
    sections = [("title", title)] if title else []
    return in_document(document(*sections, (kind, text)))


def in_document(given: Document) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in reader().read(given).evidence[0].match.circumstances:
        said = each.value if each.place == "sentence" else f"{each.value} ({each.place})"
        found.setdefault(each.name, []).append(said)
    return found


def test_a_sentence_tells_its_own_circumstances() -> None:
    assert told(f"{CLAIM} in MCF-7 cells, as shown by western blotting and qRT-PCR after 72 h with 10 nM of it.") == {
        "model": ["MCF-7"],
        "setting": ["in_vitro"],
        "model_kind": ["cell_line"],
        "method": ["western_blot", "pcr"],
        "duration": ["72 h"],
        "dose": ["10 nM"],
    }


INHERITED = [
    ("abstract", f"{CLAIM}.", {"disease": ["breast cancer (title)"], "setting": ["clinical (title)"],
                               "phase": ["II (title)"], "model_kind": ["patients (title)"]}),
    ("abstract", f"{CLAIM} in ovarian cancer xenografts.", {"disease": ["ovarian cancer"], "setting": ["in_vivo"],
                                                            "model": ["xenograft"], "model_kind": ["xenograft"],
                                                            "phase": ["II (title)"]}),
    ("introduction", f"{CLAIM}.", {"disease": ["breast cancer (title)"]}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "expected"), INHERITED)
def test_what_a_sentence_does_not_say_is_inherited_and_said_to_be(
    kind: str, text: str, expected: dict[str, list[str]]
) -> None:
    assert told(text, title="A phase II study in patients with breast cancer.", kind=kind) == expected


def test_what_an_assay_measures_is_no_dose() -> None:
    assert "dose" not in told(f"{CLAIM}, with an IC50 of 5 nM.")


def test_a_heading_tells_before_the_title() -> None:
    given = document(("title", "Growth of tumour cells."), ("results", f"{CLAIM}."))
    title, section = given.sections
    found = in_document(replace(given, sections=(title, replace(section, heading="Response in vivo"))))
    assert found["setting"] == ["in_vivo (heading)"]


def test_the_disease_of_the_title_comes_before_cancer() -> None:
    found = told(f"{CLAIM} in cancer.", title="Melanoma and its treatment.")
    assert found["disease"] == ["melanoma (title)"]


def test_the_record_tells_a_review_and_a_trial() -> None:
    given = replace(document(("abstract", f"{CLAIM}.")), publication_types=("Review",))
    assert in_document(given)["setting"] == ["review (record)"]


def test_the_words_stand_where_it_is_said_that_they_do() -> None:
    text = f"We saw it. {CLAIM} in mice with melanoma."
    (evidence,) = read(text).evidence
    spans = {each.name: text[each.start : each.end] for each in evidence.match.circumstances}
    assert spans == {"disease": "melanoma", "model": "mice", "setting": "mice", "model_kind": "mice"}
    start = text.index("melanoma")
    assert Circumstance("disease", "melanoma", "sentence", 0, start, start + 8) in evidence.match.circumstances


REFUSED = [
    ({"name": "colour", "words": ["red"], "examples": ["[red]"]}, "colour"),
    ({"name": "method", "words": ["("], "examples": ["[x]"]}, "pattern"),
    ({"name": "method", "words": ["(a)"], "examples": ["[a]"]}, "group"),
    ({"name": "method", "words": ["a"]}, "example"),
]


@pytest.mark.parametrize(("row", "says"), REFUSED)
def test_the_loader_names_what_it_refuses(row: dict[str, object], says: str) -> None:
    with pytest.raises(KnowledgeError, match=says):
        list(read_context_rules({"context": [row]}))
