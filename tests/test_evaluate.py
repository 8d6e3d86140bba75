"""What counts as found, missed and wrong; figures, intervals, and the page of errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from pipeline.errors import UnreadableInputError
from pipeline.evaluate import Evaluation, evaluate, measure, told
from pipeline.evaluate.compare import Finding, differences, findings, meets
from pipeline.evaluate.figures import wilson
from pipeline.evaluate.gallery import gallery, pieces
from pipeline.evaluate.gold import GoldArgument, GoldDocument, GoldSection, Label, read_gold
from pipeline.model import (
    Argument,
    Attributes,
    Attribution,
    Certainty,
    Claim,
    Entity,
    Evidence,
    Kind,
    Match,
    Sentence,
    Source,
    Stance,
)
from tests.reading import reader

TEXT = "Loss of NF1 conferred resistance to vemurafenib. Mice were housed in pairs."
FIRST = TEXT.partition(". ")[0] + "."


def span(text: str) -> tuple[int, int]:
    start = TEXT.index(text)
    return start, start + len(text)


def label(
    kind: str = "resistance", roles: Mapping[str, str] | None = None, *, stance: str = "supports", **more: Any
) -> Label:
    arguments = (GoldArgument(role, text, *span(text)) for role, text in (roles or CAUSE_AND_DRUG).items())
    return Label(kind, tuple(arguments), stance, 0, len(FIRST), **more)


def finding(
    kind: str = "resistance",
    roles: Mapping[str, str] | None = None,
    *,
    direction: str | None = None,
    stance: str = "supports",
    rule: str = "a.rule",
    name: str = "",
    **more: Any,
) -> Finding:
    arguments = tuple(
        Argument(role, Entity(None, name or text, Kind.DRUG), text, *(span(text) if text in TEXT else (None, None)))
        for role, text in (roles or CAUSE_AND_DRUG).items()
    )
    attributes = Attributes(direction=direction, **more)
    match = Match(rule, kind, arguments, Stance(stance), Certainty.ASSERTED, Attribution.OWN_RESULT, attributes)
    sentence = Sentence(0, 0, len(FIRST), FIRST)
    claim = Claim("c", kind, None, (), "a claim")
    return Finding(Evidence("e", claim, "text:1", Source.JSONL, 0, "abstract", sentence, match), 0, "abstract")


CAUSE_AND_DRUG = {"cause": "NF1", "drug": "vemurafenib"}
DRUG = {"drug": "vemurafenib"}
RESCUED = {"drug": "NF1", "resistant_to": "vemurafenib"}


def gold(*labels: Label, text: str = TEXT) -> GoldDocument:
    return GoldDocument("1", text, labels, (GoldSection("abstract", 0, len(text)),))


def measured(labels: list[Label], found: list[Finding]) -> Evaluation:
    return measure([(gold(*labels), found)])


@pytest.mark.parametrize(
    ("wanted", "said", "strict", "near"),
    [
        (label(), finding(), True, True),
        (label(), finding(stance="refutes"), False, False),
        (label(stance="mixed"), finding(), False, True),
        (label(direction="decrease"), finding(direction="decrease"), True, True),
        (label(direction="decrease"), finding(direction="increase"), False, False),
        (label(direction="decrease"), finding(), True, True),
        (label(direction="decrease"), finding("sensitivity", direction="increase"), False, True),
        (label(direction="decrease"), finding("sensitivity", direction="decrease"), False, False),
        (label(), finding("sensitivity"), False, False),
        (label(), finding("biomarker", {"marker": "NF1", "drug": "vemurafenib"}), False, True),
        (label(), finding("alteration", {"entity": "NF1", "resistant_to": "vemurafenib"}), False, False),
        (label("sensitivity"), finding("reversal", {"agent": "NF1", "drug": "vemurafenib"}), False, True),
        (
            label("efficacy_in_resistant", RESCUED),
            finding("reversal", {"agent": "NF1", "drug": "vemurafenib"}),
            False,
            True,
        ),
        (label(), finding(roles={"cause": "vemurafenib", "drug": "NF1"}), False, False),
        (label(), finding(roles={"cause": "Loss of NF1", "drug": "vemurafenib"}), True, True),
        (label(roles=DRUG), finding(roles={"drug": "PLX4032"}, name="Vemurafenib"), True, True),
        (label(roles=DRUG), finding(roles={"drug": "PLX4032"}), False, False),
    ],
)
def test_what_meets_a_label(wanted: Label, said: Finding, *, strict: bool, near: bool) -> None:
    if (
        said.evidence.match.arguments[-1].text == "PLX4032"
        and said.evidence.match.arguments[-1].entity.name != "PLX4032"
    ):
        wanted = label(roles={"drug": "vemurafenib"})
    assert (meets(wanted, said, strict=True), meets(wanted, said, strict=False)) == (strict, near)


def test_the_differences_are_told() -> None:
    said = finding(roles={"cause": "NF1", "drug": "PLX4032"}, direction="increase", stance="refutes")
    assert differences(label(direction="decrease"), said, strict=False) == (
        "drug “vemurafenib” is not named",
        "direction is increase",
        "stance is refutes",
    )
    assert differences(label(), finding("combination"), strict=False) == ("kind is combination",)


def test_a_role_that_is_never_named_asks_for_nothing() -> None:
    unnamed = Label(
        "resistance", (GoldArgument("cause", "NF1", *span("NF1")), GoldArgument("drug", None)), "supports", 0, 9
    )
    assert meets(unnamed, finding(roles={"cause": "NF1"}), strict=True)


def test_one_finding_serves_one_label_and_optional_ones_count_for_nothing() -> None:
    twice = measured([label(), label()], [finding()])
    assert (twice.near.all.right, twice.near.all.missed, twice.near.all.wrong) == (1, 1, 0)
    excused = measured([label(optional=True)], [finding(rule="excused.rule")])
    assert (excused.near.all.right, excused.near.all.missed, excused.near.all.wrong) == (0, 0, 0)
    missed = measured([label(optional=True)], [])
    assert (missed.near.all.right, missed.near.all.missed) == (0, 0)


def test_figures_by_kind_section_and_rule() -> None:
    found = [
        finding(rule="good", direction="decrease"),
        finding("combination", {"drug": "vemurafenib"}, rule="bad"),
        finding(rule="again", roles={"cause": "Loss of NF1", "drug": "vemurafenib"}),
    ]
    result = measured([label(direction="decrease"), label("alteration", {"entity": "NF1"})], found)
    counts = {name: (each.right, each.wrong, each.missed) for name, each in result.strict.kinds.items()}
    assert counts == {"alteration": (0, 0, 1), "combination": (0, 1, 0), "resistance": (1, 0, 0)}
    assert [*result.near.sections] == ["abstract"]
    assert result.near.direction_right == (1, 1)
    rules = {each.rule: (each.right, each.excused, each.wrong, each.missed) for each in result.near.rules}
    assert rules == {"bad": (0, 0, 1, 0), "again": (1, 1, 0, 0), "good": (1, 0, 0, 0)}
    gains = {each.rule: each.gain for each in result.near.rules}
    assert gains["bad"] == pytest.approx(2 / 4 - 2 / 3)
    assert result.near.rules[0].rule == "bad"


def test_a_rule_whose_loss_is_a_miss_earns_its_keep() -> None:
    (rule,) = measured([label()], [finding()]).near.rules
    assert (rule.missed, rule.gain) == (1, 1.0)
    assert rule.precision_95 == pytest.approx((0.207, 1.0), abs=0.001)  # Wilson's interval of 1 of 1


def test_the_interval_of_wilson() -> None:
    assert wilson(8, 10) == pytest.approx((0.490, 0.943), abs=0.001)  # as in Newcombe, Stat Med 1998, 17:857


def test_intervals_are_over_documents_and_the_same_every_time() -> None:
    pairs = [(gold(label()), [finding()]), (gold(label()), []), (gold(label()), [finding()])]
    first, second = measure(pairs), measure(pairs)
    assert first.near.all.recall_95 == second.near.all.recall_95
    low, high = first.near.all.recall_95 or (0.0, 0.0)
    assert (low, high) == (0.0, 1.0)
    assert (measure([(gold(), [])]).near.all.f1, measure([]).near.all.f1_95) == (0.0, None)


def test_what_is_said_without_effect_or_twice_or_of_another_kind_is_not_counted() -> None:
    given = [finding(), finding(rule="again"), finding("combination", DRUG, interaction="combined"), finding("trial")]
    found = findings(gold(), [each.evidence for each in given])
    assert [(each.kind, each.evidence.match.rule) for each in found] == [("resistance", "a.rule")]


def test_a_text_is_read_and_compared_section_by_section() -> None:
    title, said = "Paclitaxel in cells", "Overexpression of ABCB1 confers resistance to paclitaxel."
    sections = (GoldSection("title", 0, len(title)), GoldSection("results", len(title) + 1, len(title) + 1 + len(said)))
    arguments = (GoldArgument("drug", "paclitaxel", len(title) + 1 + said.index("paclitaxel"), len(title) + len(said)),)
    wanted = Label("resistance", arguments, "supports", len(title) + 1, len(title) + 1 + len(said))
    (read,) = evaluate([GoldDocument("1", f"{title}\n{said}", (wanted,), sections)], reader()).comparisons
    assert [(each.kind, each.section, each.start) for _, each in read.pairs] == [
        ("resistance", "results", len(title) + 1)
    ]
    assert (read.missed, read.extra) == ((), ())


# ------------------------------------------------------------------------------------------------ gold files, output


def test_a_gold_file_says_its_sections_or_is_one_abstract(tmp_path: Any) -> None:
    file = tmp_path / "gold.jsonl"
    file.write_text(
        '{"doc": "1", "text": "A title\\nThe text.", "labels": [], "sections": ['
        '{"kind": "title", "start": 0, "end": 7}, '
        '{"kind": "results", "start": 8, "end": 17, "category": "RESULTS"}]}\n{"id": "2", "text": "x", "labels": []}\n'
    )
    first, second = read_gold(file)
    assert [(each.kind, each.text, each.category) for each in first.document.sections] == [
        ("title", "A title", None),
        ("results", "The text.", "RESULTS"),
    ]
    assert [(each.kind, each.text) for each in second.document.sections] == [("abstract", "x")]


@pytest.mark.parametrize(
    "labels", ['[{"kind": "resistance"}]', '[{"sentence": "not there", "kind": "x", "args": []}]', "1"]
)
def test_a_line_that_is_no_gold_document_is_named(tmp_path: Any, labels: str) -> None:
    file = tmp_path / "gold.jsonl"
    file.write_text('{"doc": "1", "text": "x", "labels": []}\n{"doc": "2", "text": "x", "labels": ' + labels + "}\n")
    with pytest.raises(UnreadableInputError, match=r"gold\.jsonl, line 2: "):
        list(read_gold(file))


def test_the_figures_for_machines_are_plain() -> None:
    result = told(measured([label()], [finding(), finding("combination", rule="bad")]))
    assert (result["documents"], result["near"]["all"]["f1"], result["near"]["all"]["precision"]) == (1, 0.667, 0.5)
    assert result["near"]["rules"][0]["rule"] == "bad"


def test_pieces_are_cut_at_the_roles_and_add_up_to_the_sentence() -> None:
    cut = list(pieces(TEXT, 0, len(FIRST), [(8, 11, "cause"), (0, 11, "outer"), (36, 47, "drug"), (40, 60, "beyond")]))
    assert "".join(each.text for each in cut) == FIRST
    assert [(each.text, each.role) for each in cut if each.role] == [("Loss of NF1", "outer"), ("vemurafenib", "drug")]


def test_the_page_shows_each_error_with_its_reasons_and_needs_nothing_else() -> None:
    unread = "Mice <b>ate</b> & slept."
    text = f"Overexpression of ABCB1 confers resistance to paclitaxel. {unread}"
    start = text.index(unread)
    wanted = Label("biomarker", (GoldArgument("marker", None),), "supports", start, len(text))
    document = GoldDocument("d1", text, (wanted,), (GoldSection("abstract", 0, len(text)),))
    page = gallery(evaluate([document], reader()), reader())
    shown = re.findall(r'<article data-kind="(\w+)" data-what="(\w+)"', page)
    assert shown == [("resistance", "extra"), ("biomarker", "missed")]
    assert '<mark class="drug" data-role="drug">paclitaxel</mark>' in page
    assert "not read: no_response_words" in page
    assert "nothing is labelled in this sentence" in page
    assert "Mice &lt;b&gt;ate&lt;/b&gt; &amp; slept." in page
    assert not re.search(r"(?:src|href)\s*=|@import|url\(", page)
