"""Each refusal has a named reason, and each reason is told in words."""

from __future__ import annotations

import pytest

from pipeline.extract import Refusal
from pipeline.reasons import meaning
from tests.reading import document, reader

REFUSED = [
    ("We asked whether ABCB1 confers resistance to paclitaxel.", "aim_not_finding", ("ABCB1", "paclitaxel")),
    ("Does ABCB1 confer resistance to paclitaxel?", "question_not_finding", ("ABCB1", "paclitaxel")),
    ("ABCB1 confers resistance.", "no_drug_named", ("ABCB1",)),
]


@pytest.mark.parametrize(("text", "reason", "names"), REFUSED)
def test_a_refusal_says_what_was_refused(text: str, reason: str, names: tuple[str, ...]) -> None:
    (step,) = reader().trace(document(("abstract", text)))
    assert step.reading
    assert reason in {each.reason for each in step.reading.refusals}
    (first, *_) = [each for each in step.reading.refusals if each.reason == reason]
    assert isinstance(first, Refusal)
    assert tuple(sorted(name for _, name in first.names)) == tuple(sorted(names))


def test_a_reason_without_a_meaning_of_its_own_is_read_aloud() -> None:
    assert meaning("no_cause_named") == "it names no cause, nor does the text before it"
    assert meaning("something_new") == "something new"
