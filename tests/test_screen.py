"""The screen is exact: what it leaves out could not have become a claim."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import rules
from pipeline.model import Article, Document
from pipeline.parse import parse
from pipeline.records import raw_records_in
from pipeline.screen import Screen
from tests.marked import unmark
from tests.reading import document, read, reader

SAMPLE = Path(__file__).resolve().parent.parent / "pipeline" / "sample"
RULES = rules.shipped()
SCREEN = Screen(RULES)
EXAMPLES = [(rule, example) for rule in RULES.rules if not rule.continued for example in rule.examples]


def sample() -> list[Document]:
    parsed = [parse(raw) for path in sorted(SAMPLE.glob("*.xml")) for raw in raw_records_in(path)]
    return [each for each in parsed if isinstance(each, Document)]


def test_no_claim_found_without_the_screen_is_lost_with_it() -> None:
    def said(article: Article) -> list[tuple[str, str]]:
        return [(each.evidence_id, each.claim.claim_id) for each in article.evidence]

    documents = sample()
    unscreened = [said(reader(screened=False).read(each)) for each in documents]
    assert sum(map(len, unscreened)) > 100
    assert [said(reader().read(each)) for each in documents] == unscreened


@pytest.mark.parametrize(("rule", "example"), EXAMPLES, ids=[f"{rule.id}: {each.text[:40]}" for rule, each in EXAMPLES])
def test_the_example_of_a_rule_passes_a_screen_made_for_this_rule_alone(
    rule: rules.Rule, example: rules.Example
) -> None:
    text, _ = unmark(example.text)
    verdict = Screen(replace(RULES, rules=(rule,))).test(text)
    assert verdict.weak if rule.weak else verdict.strong


@pytest.mark.parametrize(
    "text",
    [
        "Patients were enrolled at three hospitals.",
        "Mice were housed in groups of five.",
        "The protein migrates at 70 kDa.",
        "",
    ],
)
def test_what_holds_no_word_of_any_rule_is_left_out(text: str) -> None:
    assert SCREEN.test(text).hopeless


def test_a_longer_text_never_holds_less() -> None:
    texts = [unmark(example.text)[0] for _, example in EXAMPLES[:40]]
    together = SCREEN.test("\n".join(texts))
    assert together.strong >= any(SCREEN.test(text).strong for text in texts)
    assert not SCREEN.test(f"Mice were housed. {texts[0]} They ate.").hopeless


def test_refusals_are_counted_by_reason() -> None:
    article = read("Mice were housed in groups of five. EGFR T790M confers resistance to gefitinib. Mice ate.")
    assert [(each.stage, each.reason, each.count) for each in article.rejections] == [
        ("screen", "no_response_words", 2)
    ]
    (only,) = reader().read(document(("abstract", "Mice were housed."))).rejections
    assert (only.stage, only.reason) == ("screen", "no_response_words")
