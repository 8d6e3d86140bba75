"""The tokeniser opens what holds several words, and leaves whole what is one."""

from __future__ import annotations

import pytest

from pipeline.annotate.tokenizer import blank

NLP = blank()


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("letrozole-resistant cells", ["letrozole", "-", "resistant", "cells"]),
        ("LTLT-Ca", ["LTLT", "-", "Ca"]),
        ("(ER)-positive", ["(", "ER", ")", "-", "positive"]),
        ("p.T790M", ["p.", "T790M"]),
        ("IC50=3.2", ["IC50", "=", "3.2"]),
        ("EGFR/HER2", ["EGFR", "/", "HER2"]),
        ("0.4μM", ["0.4", "μM"]),
        ("T790M", ["T790M"]),
        ("ICI 182,780", ["ICI", "182,780"]),
        ("chemoresistance", ["chemo", "resistance"]),
        ("cisplatin,5-FU", ["cisplatin", ",", "5", "-", "FU"]),
        ("(1,25)", ["(", "1", ",", "25", ")"]),
        ("p<0.05", ["p", "<", "0.05"]),
        ("BRAF→MEK", ["BRAF", "→", "MEK"]),
        ("28-fold", ["28", "-", "fold"]),
    ],
)
def test_a_word_is_opened_where_names_begin_and_end(text: str, tokens: list[str]) -> None:
    assert [token.text for token in NLP(text)] == tokens


def test_nothing_of_the_text_is_lost() -> None:
    text = "In LTLT‑Ca (p.T790M;  IC50 = 3·2 µM) cells,\tEGFR/HER2 rose ≥2-fold…"
    assert "".join(token.text_with_ws for token in NLP(text)) == text
