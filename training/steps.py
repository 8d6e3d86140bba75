"""The steps of the recipe, each a function of a folder of corpora and a folder of work."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import spacy
from spacy.cli.train import train as spacy_train
from spacy.language import Language

from pipeline.annotate import embedding  # noqa: F401  (registers the layer)
from pipeline.annotate.nlp import CHECKSUMS, MODELS, PIPELINE, sums_of
from pipeline.annotate.tokenizer import blank
from training import corpora, lists, vectors
from training.corpora import BC5CDR, BIORED, CG13, CORPORA, Corpus, Labelled
from training.joint import complete

HERE = Path(__file__).parent
TEACHER_EPOCHS = 8  # more and the small corpora are learned by heart
JOINT_EPOCHS = 12
SYNTAX_STEPS = 6000
SCORES = ("ents_p", "ents_r", "ents_f", "dep_uas", "dep_las", "tag_acc")
# which teachers fill in which labels of a corpus; the corpus's own labels are never filled in
TEACHING: Mapping[str, Sequence[tuple[str, frozenset[str]]]] = {
    "bc5cdr": (("biored", frozenset(["GENE", "VARIANT", "SPECIES", "CELL_LINE"])), ("cg13", frozenset(["CELL"]))),
    "biored": (("cg13", frozenset(["CELL"])),),
    "cg13": (("biored", frozenset(["VARIANT", "CELL_LINE"])), ("bc5cdr", frozenset(["DISEASE"]))),
}


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where corpora come from and where the work is done; ``with_dev`` also learns from the development parts."""

    data: Path
    work: Path
    with_dev: bool = False

    def model(self, name: str) -> Path:
        return self.work / name / "model-best"

    def train_part(self, corpus: Corpus) -> list[Labelled]:
        """What is learned from: never a text that is in any development part, unless that is asked for."""
        texts = corpora.read(self.data, corpus, "train")
        if self.with_dev:
            return [*texts, *corpora.read(self.data, corpus, "dev")]
        return corpora.without(texts, (each.text_id for other in CORPORA for each in self.dev_part(other)))

    def dev_part(self, corpus: Corpus) -> list[Labelled]:
        return corpora.read(self.data, corpus, "dev")


def make_lists(_shop: Workshop) -> str:
    """The lists of names, into the package: they are part of what the models see."""
    gazetteer = lists.write(MODELS / "lists.npz", vectors.common_words(lists.COMMON))
    return ", ".join(f"{len(keys)} keys" for keys in gazetteer.keys)


def make_vectors(shop: Workshop) -> str:
    """The vectors of the words of English and of the corpora."""
    nlp = blank()
    parts = [corpora.read(shop.data, corpus, part) for corpus in CORPORA for part in ("train", "dev")]
    docs = (nlp.make_doc(each.text) for part in parts for each in part)
    count = vectors.add_vectors(nlp, ([token.lower_ for token in doc] for doc in docs))
    nlp.to_disk(shop.work / "vectors")
    return f"{count} vectors"


def train_teachers(shop: Workshop) -> str:
    """One model for each corpus, on its own labels."""
    for corpus in CORPORA:
        folder = shop.work / f"teacher-{corpus.name}"
        corpora.write(corpora.mapped(shop.train_part(corpus), corpus.labels), folder / "train.spacy")
        corpora.write(corpora.mapped(shop.dev_part(corpus), corpus.labels), folder / "dev.spacy")
        _train(shop, "names", folder, **{"training.max_epochs": TEACHER_EPOCHS})
    return f"{len(CORPORA)} teachers"


def complete_corpora(shop: Workshop) -> str:
    """All corpora in one, what one does not annotate filled in by the teachers of the others."""
    teachers = {corpus.name: spacy.load(shop.model(f"teacher-{corpus.name}")) for corpus in CORPORA}
    train = list(_joined(shop, teachers, "train"))
    dev = list(_joined(shop, teachers, "dev"))
    counts = corpora.write(train, shop.work / "joint" / "train.spacy")
    corpora.write(dev, shop.work / "joint" / "dev.spacy")
    return f"{len(train)} texts, {counts[0]} names, {counts[1]} of them not at token boundaries"


def _joined(shop: Workshop, teachers: Mapping[str, Language], part: str) -> Iterator[Labelled]:
    """Each text once: where two corpora have it, the one that annotates more kinds."""
    done: set[str] = set()
    for corpus in (BIORED, CG13, BC5CDR):
        texts = shop.train_part(corpus) if part == "train" else shop.dev_part(corpus)
        fresh = corpora.without(texts, done)
        done.update(each.text_id for each in fresh)
        believed = [(teachers[name], labels) for name, labels in TEACHING[corpus.name]]
        yield from complete(fresh, corpus, believed)


def train_names(shop: Workshop) -> str:
    """The joint model."""
    return _train(shop, "names", shop.work / "joint", **{"training.max_epochs": JOINT_EPOCHS})


def train_syntax(shop: Workshop) -> str:
    """Tagger and parser."""
    folder = shop.work / "syntax"
    for part in ("train", "dev"):
        (folder / part).mkdir(parents=True, exist_ok=True)
        for bank in ("genia", "craft") if part == "train" else ("genia",):
            shutil.copy(shop.data / f"dep.{bank}.{part}.spacy", folder / part / f"{bank}.spacy")
    overrides = {"paths.train": str(folder / "train"), "paths.dev": str(folder / "dev")}
    return _train(shop, "syntax", folder, **overrides, **{"training.max_steps": SYNTAX_STEPS})


def _train(shop: Workshop, config: str, folder: Path, **overrides: object) -> str:
    paths = {
        "paths.train": str(folder / "train.spacy"),
        "paths.dev": str(folder / "dev.spacy"),
        "paths.vectors": str(shop.work / "vectors"),
    }
    spacy_train(HERE / f"{config}.cfg", folder, overrides=paths | overrides)
    meta = json.loads((folder / "model-best" / "meta.json").read_text("utf-8"))
    told = ", ".join(f"{name} {meta['performance'][name]:.4f}" for name in SCORES if name in meta["performance"])
    return f"{folder.name}: best {told}"


def pack(shop: Workshop) -> str:
    """One pipeline of both models and one vocabulary, into the package, with the hash of each file."""
    target = MODELS / PIPELINE
    shutil.rmtree(target, ignore_errors=True)
    syntax, names = spacy.load(shop.model("syntax")), spacy.load(shop.model("joint"))
    syntax.add_pipe("ner", source=names)
    syntax.meta.update({"name": PIPELINE, "version": _version(), "description": "", "author": "", "performance": {}})
    syntax.to_disk(target)
    (MODELS / CHECKSUMS).write_text(sums_of(MODELS), "utf-8")
    size = sum(path.stat().st_size for path in MODELS.rglob("*") if path.is_file())
    return f"{target}: {size / 1e6:.1f} MB in all"


def _version() -> str:
    """By what it was made from: configurations and this recipe."""
    content = b"".join(path.read_bytes() for path in sorted(HERE.glob("*.*")) if path.suffix in (".cfg", ".py"))
    return "0.1.0+" + hashlib.sha256(content).hexdigest()[:8]


STEPS = {
    "lists": make_lists,
    "vectors": make_vectors,
    "teachers": train_teachers,
    "complete": complete_corpora,
    "names": train_names,
    "syntax": train_syntax,
    "pack": pack,
}
