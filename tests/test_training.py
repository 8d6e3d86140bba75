"""The recipe of the models: what is learned from what, what teachers may add, how it is measured."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import DocBin

from pipeline.annotate.nlp import MODELS
from pipeline.annotate.tokenizer import blank
from training import corpora
from training.corpora import BC5CDR, BIORED, CG13, FILES, CorpusMissingError, Labelled
from training.joint import complete
from training.lists import _forms, hashed
from training.measure import Score, read_names, score_names, total
from training.steps import QUICK_STEPS, QUICK_TEXTS, STEPS, TRAINED, TREEBANKS, VECTORS, StepMissingError, Workshop


def ruler(**labels: str) -> Language:
    nlp = spacy.blank("en")
    patterns = [{"label": label, "pattern": text} for text, label in labels.items()]
    nlp.add_pipe("entity_ruler").add_patterns(patterns)  # type: ignore[attr-defined]
    return nlp


def write(folder: Path, name: str, *rows: tuple[str, str, list[tuple[int, int, str]]]) -> None:
    with gzip.open(folder / name, "wt", encoding="utf-8") as lines:
        for text_id, text, entities in rows:
            lines.write(json.dumps({"id": text_id, "text": text, "ents": entities}) + "\n")


def test_nothing_of_a_development_part_is_learned_from(tmp_path: Path) -> None:
    text = "Zzalol caused nausea."
    for corpus in ("bc5cdr", "cg13"):
        write(tmp_path, f"{corpus}.train.jsonl.gz", ("1", text, []), ("2", text, []))
        write(tmp_path, f"{corpus}.dev.jsonl.gz", ("3", text, []))
    write(tmp_path, "biored.nocdrtest.train.jsonl.gz", ("3", text, []), ("4", text, []))
    write(tmp_path, "biored.dev.jsonl.gz", ("2", text, []))
    learned = {
        corpus.name: [each.text_id for each in Workshop(tmp_path, tmp_path).train_part(corpus)]
        for corpus in corpora.CORPORA
    }
    assert learned == {"bc5cdr": ["1"], "biored": ["4"], "cg13": ["1"]}
    with_dev = Workshop(tmp_path, tmp_path, with_dev=True).train_part(BC5CDR)
    assert [each.text_id for each in with_dev] == ["1", "2", "3"]


def test_a_corpus_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusMissingError, match=r"bc5cdr.train.jsonl.gz: no such corpus. Give the folder"):
        corpora.read(tmp_path, BC5CDR, "train")


def test_teachers_add_what_a_corpus_does_not_label_and_overlap_nothing() -> None:
    text = "zzalol kills ZZT4 liver cells"
    given = [Labelled("1", text, ((0, 6, "SIMPLE_CHEMICAL"), (18, 23, "ORGAN")))]
    first = ruler(zzalol="DISEASE", ZZT4="GENE"), frozenset(["GENE", "DISEASE"])
    second = ruler(ZZT4="VARIANT", liver="DISEASE", cells="CELL", kills="DISEASE"), frozenset(["VARIANT", "CELL"])
    (completed,) = complete(given, CG13, [first, second])
    assert completed.entities == ((0, 6, "CHEMICAL"), (13, 17, "GENE"), (24, 29, "CELL"))


def test_names_that_end_inside_a_token_are_counted_as_lost() -> None:
    ((doc, lost),) = corpora.documents([Labelled("1", "zzalol-resistant", ((0, 6, "CHEMICAL"), (8, 16, "DISEASE")))])
    assert ([(ent.text, ent.label_) for ent in doc.ents], lost) == ([("zzalol", "CHEMICAL")], 1)


def test_labels_that_a_map_lacks_are_left_out() -> None:
    (mapped,) = corpora.mapped([Labelled("1", "a b c", ((0, 1, "CANCER"), (2, 3, "ORGAN")))], CG13.labels)
    assert mapped.entities == ((0, 1, "DISEASE"),)
    assert BIORED.covers >= {"VARIANT", "SPECIES"}


def test_a_name_counts_only_with_both_ends_and_its_label() -> None:
    gold = [[(0, 6, "CHEMICAL"), (10, 14, "GENE")], [(0, 3, "GENE")]]
    found = [[(0, 6, "CHEMICAL"), (10, 15, "GENE")], [(0, 3, "CHEMICAL")]]
    scores = score_names(gold, found, ["CHEMICAL", "GENE"])
    assert scores == {"CHEMICAL": Score(1, 2, 1), "GENE": Score(0, 1, 2)}
    assert total(scores) == Score(1, 3, 3)
    assert (Score(1, 2, 1).precision, Score(1, 2, 1).recall, round(Score(1, 2, 1).f1, 3)) == (0.5, 1.0, 0.667)
    assert (Score(0, 0, 0).precision, Score(0, 0, 0).recall, Score(0, 0, 0).f1) == (0.0, 0.0, 0.0)


def test_names_are_read_with_the_offsets_of_the_text() -> None:
    found, words_per_second = read_names(ruler(zzalol="CHEMICAL"), [Labelled("1", "See zzalol", ())])
    assert found == [[(4, 10, "CHEMICAL")]]
    assert words_per_second > 0


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("Carcinoma, Renal Cell", {"carcinoma, renal cell", "renal cell carcinoma", "renal cell carcinomas"}),
        ("beta-Catenin", {"beta-catenin", "beta catenin", "beta-catenins"}),
    ],
)
def test_listed_names_are_known_in_the_forms_that_papers_write(name: str, forms: set[str]) -> None:
    assert forms <= set(_forms(name))


def test_common_words_and_short_names_stay_off_the_lists() -> None:
    kept = list(hashed(blank(), ["zzalol", "the", "ab"], frozenset(["the", "thes"])))
    assert len(kept) == len({"zzalol", "zzalols", "abs"})
    assert all(each.dtype == np.uint64 for each in kept)


def test_what_a_step_works_on_is_made_by_a_step_before_it() -> None:
    made: set[str] = set()
    for step in STEPS.values():
        assert {*step.needs} <= made
        made |= {*step.makes}
    assert {*TRAINED} <= made


def test_a_step_says_which_one_comes_before_it(tmp_path: Path) -> None:
    with pytest.raises(StepMissingError, match=r"vectors: not there yet. Do the step 'vectors' before this one."):
        STEPS["pretrain"](Workshop(tmp_path, tmp_path / "work"))


def test_a_quick_run_stays_short_and_out_of_the_package(tmp_path: Path) -> None:
    write(tmp_path, "bc5cdr.dev.jsonl.gz", *[(str(number), "text", []) for number in range(100)])
    quick, whole = (Workshop(tmp_path, tmp_path, quick=quick) for quick in (True, False))
    assert (len(quick.dev_part(BC5CDR)), len(whole.dev_part(BC5CDR))) == (QUICK_TEXTS, 100)
    asked = {"training.max_steps": 3000}
    assert (quick.lengths(**asked)["training.max_steps"], whole.lengths(**asked)) == (QUICK_STEPS, asked)
    assert (quick.models, whole.models) == (tmp_path / "models", MODELS)


def test_pretraining_is_given_a_configuration_without_open_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for corpus, part in FILES:
        write(tmp_path, FILES[corpus, part], ("1", "Zzalol caused nausea.", []))
    for bank in TREEBANKS:
        DocBin().to_disk(tmp_path / f"dep.{bank}.train.spacy")
    (tmp_path / VECTORS).mkdir()
    given = []
    monkeypatch.setattr("training.steps.spacy_pretrain", lambda config, *_, **__: given.append(config))
    STEPS["pretrain"](Workshop(tmp_path, tmp_path, quick=True))
    seeds = [given[0][part]["seed"] for part in ("system", "training", "pretraining")]
    assert seeds == [20261121] * 3
    assert given[0]["pretraining"]["max_epochs"] == 1
