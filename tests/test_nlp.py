"""Any spaCy or scispaCy model drops in by one setting, and its labels are translated."""

from __future__ import annotations

from pathlib import Path

import pytest
import spacy

from pipeline.annotate.nlp import load_models
from pipeline.article import Reader
from pipeline.errors import ModelMissingError
from tests.reading import document


@pytest.fixture
def models(tmp_path: Path) -> tuple[str, ...]:
    """Two small models that carry labels of en_ner_bc5cdr_md and en_ner_bionlp13cg_md."""
    paths = []
    for name, patterns in (
        ("drugs", [{"label": "CHEMICAL", "pattern": "zzalol"}, {"label": "DISEASE", "pattern": "zzitis"}]),
        ("genes", [{"label": "GENE_OR_GENE_PRODUCT", "pattern": "ZZT4"}, {"label": "ORGAN", "pattern": "liver"}]),
    ):
        nlp = spacy.blank("en")
        nlp.add_pipe("entity_ruler").add_patterns(patterns)  # type: ignore[attr-defined]
        nlp.to_disk(tmp_path / name)
        paths.append(str(tmp_path / name))
    return tuple(paths)


def test_models_add_names_under_our_kinds_and_keep_their_labels(models: tuple[str, ...]) -> None:
    text = "ZZT4 confers resistance to zzalol in zzitis of the liver."
    article = Reader(models=models).names(document(("abstract", text)), model_only=True)
    found = [(each.text, each.kind, each.label) for sentence in article.sentences for each in sentence.mentions]
    assert found == [
        ("ZZT4", "gene", "GENE_OR_GENE_PRODUCT"),
        ("zzalol", "chemical", "CHEMICAL"),
        ("zzitis", "disease", "DISEASE"),
        ("liver", None, "ORGAN"),
    ]


def test_a_name_that_only_the_model_knows_makes_a_claim(models: tuple[str, ...]) -> None:
    given = document(("abstract", "ZZT4 confers resistance to cisplatin."))
    without, with_model = (Reader(models=names).read(given).evidence for names in ((), models))
    assert [each.claim.label for each in without] == []
    assert [each.claim.label for each in with_model] == ["ZZT4 → resistance to cisplatin"]


def test_the_models_are_part_of_the_fingerprint(models: tuple[str, ...]) -> None:
    assert load_models(models).fingerprint != load_models(models[:1]).fingerprint != load_models(()).fingerprint


def test_a_missing_model_is_named_with_what_to_do() -> None:
    with pytest.raises(ModelMissingError, match=r"RESISTMINE_NLP_MODEL: 'en_no_such_model' is not installed.*Install"):
        load_models(["en_no_such_model"])
