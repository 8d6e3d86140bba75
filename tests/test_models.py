"""The models that ship: whole, small enough, and as their parts say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from spacy.attrs import LOWER

from pipeline.annotate import nlp
from pipeline.annotate.embedding import FEATURES, lexical_features, word_embed, word_shape
from pipeline.annotate.gazetteer import CLASSES, TAGS, Gazetteer, Hashes, keys_of_runs
from pipeline.annotate.tokenizer import blank
from pipeline.errors import ModelMissingError
from pipeline.model import Kind

MEGABYTE = 1_000_000


def lower(text: str) -> Hashes:
    return np.asarray(blank().make_doc(text).to_array([LOWER]), dtype="uint64").reshape(-1)


def test_the_shipped_files_are_those_that_were_packed() -> None:
    assert (nlp.MODELS / nlp.CHECKSUMS).read_text("utf-8") == nlp.sums_of(nlp.MODELS)


def test_the_shipped_weights_stay_small() -> None:
    assert sum(path.stat().st_size for path in nlp.MODELS.rglob("*") if path.is_file()) < 30 * MEGABYTE


def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "weights").write_bytes(b"as packed")
    (tmp_path / nlp.CHECKSUMS).write_text(nlp.sums_of(tmp_path), "utf-8")
    (tmp_path / "weights").write_bytes(b"as damaged")
    monkeypatch.setattr(nlp, "MODELS", tmp_path)
    nlp._shipped_without.cache_clear()
    with pytest.raises(
        ModelMissingError, match=r"weights is missing or not as it was shipped. Install resistmine again"
    ):
        nlp.load_models([nlp.SHIPPED])


def test_the_shipped_model_names_what_no_list_holds() -> None:
    text = (
        "Treatment with brumafenib induced apoptosis in patients with relapsed neuroblastoma, and lowered BCL2 in mice."
    )
    (found,) = nlp.load_models([nlp.SHIPPED]).entities([text])
    kinds = {each.text: each.kind for each in found}
    assert kinds["brumafenib"] is Kind.CHEMICAL
    assert kinds["neuroblastoma"] is Kind.DISEASE
    assert kinds["BCL2"] is Kind.GENE
    assert all(text[each.start : each.end] == each.text and each.found_by == "model" for each in found)


# ------------------------------------------------------------------------------------------------ lists of names


def gazetteer(**names: list[str]) -> Gazetteer:
    return Gazetteer.of([[lower(name) for name in names.get(each, [])] for each in CLASSES])


def tags_of(given: Gazetteer, text: str, name: str) -> list[str]:
    return [TAGS[tag] for tag in given.tags(lower(text))[:, CLASSES.index(name)]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Renal cell carcinoma grew", ["begin", "inside", "end", "outside"]),
        ("a carcinoma grew", ["outside", "single", "outside"]),
        ("renal cell death", ["outside", "outside", "outside"]),
        ("", []),
    ],
)
def test_the_longest_listed_name_is_marked(text: str, expected: list[str]) -> None:
    given = gazetteer(disease=["renal cell carcinoma", "carcinoma"], gene=["death"])
    assert tags_of(given, text, "disease") == expected


def test_each_class_has_its_own_marks() -> None:
    given = gazetteer(disease=["cml"], gene=["cml"])
    assert [tags_of(given, "CML", name) for name in CLASSES] == [["outside"], ["single"], ["single"], ["outside"]]


def test_lists_come_back_as_they_were_written(tmp_path: Path) -> None:
    given = gazetteer(chemical=["zzalol", "acetyl zzalol"])
    given.write(tmp_path / "lists.npz")
    assert tags_of(Gazetteer.read(tmp_path / "lists.npz"), "acetyl zzalol", "chemical") == ["begin", "end"]


def test_runs_longer_than_the_text_have_no_keys() -> None:
    assert [len(keys_of_runs(lower("a b c"), length)) for length in (1, 2, 3, 4)] == [3, 2, 1, 0]


# ------------------------------------------------------------------------------------------------ the layer


@pytest.mark.parametrize(
    ("word", "shape"), [("PD-0332991", "XX-dd"), ("gefitinib", "xx"), ("IL-6Rβ", "XX-dXg"), ("", "")]
)
def test_the_shape_of_a_word(word: str, shape: str) -> None:
    assert word_shape(word) == shape


def test_words_alike_in_a_feature_share_its_hash() -> None:
    docs = [blank().make_doc("Dasatinib dasatinib Imatinib")]
    names = ["norm", "suffix4", "shape"]
    (found,), _ = lexical_features(names)(docs, False)
    norm, suffix, shape, _spaces = found.T
    assert norm[0] == norm[1] != norm[2]
    assert suffix[0] == suffix[1] == suffix[2]
    assert shape[0] != shape[1]


def test_the_layer_gives_a_row_for_each_token_of_each_document() -> None:
    layer = word_embed(
        width=8, features=list(FEATURES), rows=[16] * (len(FEATURES) + 1), feature_width=4, static_vectors=False,
        lists=True,
    )  # fmt: skip
    docs = [blank().make_doc(text) for text in ("Zzalol kills.", "", "One")]
    layer.initialize(X=docs[:1])
    assert [rows.shape for rows in layer.predict(docs)] == [(3, 8), (0, 8), (1, 8)]
