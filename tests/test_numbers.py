"""Numbers are kept as printed and as value, comparator and unit; what cannot be read stays text."""

from __future__ import annotations

import pytest

from pipeline.annotate.numbers import find_quantities, read_number

CASES = [
    ("a 28-fold increase", [("28-fold increase", 28.0, None, "fold", "fold change")]),
    ("rose 3.5-fold", [("3.5-fold", 3.5, None, "fold", "fold change")]),
    ("more than 10-fold", [("more than 10-fold", 10.0, ">", "fold", "fold change")]),
    ("an IC50 of 3.2 µM", [("IC50 of 3.2 µM", 3.2, None, "μM", "IC50")]),
    ("IC50=3·2 nM", [("IC50=3·2 nM", 3.2, "=", "nM", "IC50")]),
    ("HR 0.54", [("HR 0.54", 0.54, None, None, "hazard ratio")]),
    ("(P < 0.001)", [("P < 0.001", 0.001, "<", None, "p")]),
    ("p=.03", [("p=.03", 0.03, "=", None, "p")]),
    ("n = 1,204", [("n = 1,204", 1204.0, "=", None, "n")]),
    ("a response rate of 41%", [("response rate of 41%", 41.0, None, "%", "response rate")]),
    ("CI < 0.7", [("CI < 0.7", 0.7, "<", None, "combination index")]),
    ("95% CI", [("95%", 95.0, None, "%", None)]),
    ("at least 6 months", [("at least 6 months", 6.0, ">=", "months", None)]),
    ("in 2019 the 3 clones of MCF-7", []),
    ("it was unregulated", []),
]


@pytest.mark.parametrize(("text", "wanted"), CASES, ids=[text for text, _ in CASES])
def test_numbers_with_what_they_measure(text: str, wanted: list[tuple[str, float, str, str, str]]) -> None:
    found = find_quantities(text)
    assert [(each.text, each.value, each.comparator, each.unit, each.statistic) for each in found] == wanted
    assert [text[each.start : each.end] for each in found] == [each.text for each in found]


@pytest.mark.parametrize(
    ("printed", "value"), [("3·2", 3.2), ("1,204", 1204.0), (".5", 0.5), ("12", 12.0), ("n.d.", None), ("", None)]
)
def test_what_cannot_be_read_is_unknown(printed: str, value: float | None) -> None:
    assert read_number(printed) == value
