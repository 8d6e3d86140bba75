"""Any spaCy or scispaCy model drops in by one setting, and its labels are translated."""

from __future__ import annotations

from pathlib import Path

import pytest
import spacy

from pipeline.annotate.nlp import NO_MODEL, load_models
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


OFFICIAL: dict[str, dict[str, str | None]] = {
    "en_ner_bc5cdr_md": {"CHEMICAL": "chemical", "DISEASE": "disease"},
    "en_ner_bionlp13cg_md": {
        "AMINO_ACID": None, "ANATOMICAL_SYSTEM": None, "CANCER": "disease", "CELL": None, "CELLULAR_COMPONENT": None,
        "DEVELOPING_ANATOMICAL_STRUCTURE": None, "GENE_OR_GENE_PRODUCT": "gene", "IMMATERIAL_ANATOMICAL_ENTITY": None,
        "MULTI_TISSUE_STRUCTURE": None, "ORGAN": None, "ORGANISM": None, "ORGANISM_SUBDIVISION": None,
        "ORGANISM_SUBSTANCE": None, "PATHOLOGICAL_FORMATION": None, "SIMPLE_CHEMICAL": "chemical", "TISSUE": None,
    },
    "en_ner_craft_md": {"GGP": "gene", "SO": None, "TAXON": None, "CHEBI": "chemical", "GO": None, "CL": None},
    "en_ner_jnlpba_md": {"DNA": "gene", "RNA": "gene", "PROTEIN": "gene", "CELL_TYPE": None, "CELL_LINE": "cell_line"},
    "en_core_sci_sm": {"ENTITY": None},
}  # fmt: skip


@pytest.mark.parametrize("name", OFFICIAL)
def test_the_labels_of_scispacys_models_become_our_kinds(name: str, tmp_path: Path) -> None:
    labels = OFFICIAL[name]
    nlp = spacy.blank("en")
    words = {label: f"zz{chr(97 + number)}ol" for number, label in enumerate(labels)}
    patterns = [{"label": label, "pattern": word} for label, word in words.items()]
    nlp.add_pipe("entity_ruler").add_patterns(patterns)  # type: ignore[attr-defined]
    nlp.to_disk(tmp_path / name)
    (found,) = load_models([str(tmp_path / name)]).entities([" ".join(words.values())])
    assert {each.label: each.kind for each in found} == labels


def test_a_model_without_names_is_refused(tmp_path: Path) -> None:
    spacy.blank("en").to_disk(tmp_path / "bare")
    with pytest.raises(ModelMissingError, match=r"finds no names \(its parts: none\). Choose a model with an NER"):
        load_models([str(tmp_path / "bare")])


def test_the_model_that_ships_may_be_switched_off() -> None:
    assert load_models([NO_MODEL]).fingerprint == "lexicon"


def test_a_known_name_stays_as_it_is_known_where_a_model_draws_it_wider(tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    patterns = [{"label": "DISEASE", "pattern": "cisplatin sensitivity"}, {"label": "GENE", "pattern": "ZZT4"}]
    nlp.add_pipe("entity_ruler").add_patterns(patterns)  # type: ignore[attr-defined]
    nlp.to_disk(tmp_path / "wide")
    article = Reader(models=(str(tmp_path / "wide"),)).names(
        document(("abstract", "ZZT4 restores cisplatin sensitivity."))
    )
    assert [(each.text, each.found_by) for each in article.sentences[0].mentions] == [
        ("ZZT4", "model"), ("cisplatin", "lexicon")
    ]  # fmt: skip


def test_the_words_that_claims_are_made_of_are_no_names_of_models(tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    patterns = [{"label": "DISEASE", "pattern": each} for each in ("cytotoxicity", "resistance of", "zzitis")]
    nlp.add_pipe("entity_ruler").add_patterns(patterns)  # type: ignore[attr-defined]
    nlp.to_disk(tmp_path / "eager")
    reader = Reader(models=(str(tmp_path / "eager"),))
    given = document(("abstract", "Cytotoxicity and cytotoxicity tests told of the resistance of zzitis to cisplatin."))
    kept = [each.text for each in reader.names(given).sentences[0].mentions if each.found_by == "model"]
    told = [each.text for each in reader.names(given, model_only=True).sentences[0].mentions]
    assert (kept, told) == (["zzitis"], ["cytotoxicity", "resistance of", "zzitis"])


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
