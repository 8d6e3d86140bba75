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
from spacy.tokens import DocBin
from spacy.training.pretrain import pretrain as spacy_pretrain
from spacy.util import load_config

from pipeline.annotate import embedding  # noqa: F401  (registers the layer)
from pipeline.annotate.algebra import use_blas
from pipeline.annotate.nlp import CHECKSUMS, MODELS, NAMES_PARTS, PIPELINE, sums_of
from pipeline.annotate.tokenizer import blank
from training import corpora, lists, vectors
from training.corpora import ANATEM, BC5CDR, BIORED, CG13, CORPORA, Corpus, Labelled
from training.joint import complete

HERE = Path(__file__).parent
TEACHER_EPOCHS = 9  # more, and the small corpora are learned by heart
JOINT_STEPS = 3000  # with the development parts nothing is left to choose a checkpoint by: it is the last one
SYNTAX_STEPS = 6000
TREEBANKS = ("genia", "craft")
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

    def model(self, name: str, *, last: bool = False) -> Path:
        """Where a step has left its model: the best checkpoint, or the last one."""
        return self.work / name / ("model-last" if last else "model-best")

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


def pretrain(shop: Workshop) -> str:
    """The words layer learns to foretell letters of hidden words, on all texts at hand but the development parts."""
    path = shop.work / "texts.jsonl"
    texts = list(dict.fromkeys(_texts(shop)))
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), "utf-8")
    config = load_config(HERE / "names.cfg", overrides=_paths(shop, shop.work) | {"paths.texts": str(path)})
    target = shop.work / "pretrained"
    target.mkdir(exist_ok=True)
    use_blas()
    spacy_pretrain(config, target, use_gpu=-1, silent=True, skip_last=False)
    return f"{len(texts)} texts"


def _texts(shop: Workshop) -> Iterator[str]:
    measured = {each.text_id for corpus in CORPORA for each in shop.dev_part(corpus)}
    for corpus in (*CORPORA, ANATEM):
        yield from (each.text for each in corpora.without(corpora.read(shop.data, corpus, "train"), measured))
    vocab = blank().vocab
    for bank in TREEBANKS:
        yield from (doc.text for doc in DocBin().from_disk(shop.data / f"dep.{bank}.train.spacy").get_docs(vocab))


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
    if not shop.with_dev:  # with it BC5CDR is most of the texts anyway; its drugs and diseases are what claims need
        ours = {each.text_id for each in shop.train_part(BC5CDR)}
        train += [each for each in train if each.text_id in ours]
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
    lengths = {"training.max_epochs": 0, "training.max_steps": JOINT_STEPS, "training.eval_frequency": 600}
    return _train(shop, "names", shop.work / "joint", **lengths)


def train_syntax(shop: Workshop) -> str:
    """Tagger and parser."""
    folder = shop.work / "syntax"
    for part in ("train", "dev"):
        (folder / part).mkdir(parents=True, exist_ok=True)
        for bank in TREEBANKS if part == "train" else TREEBANKS[:1]:
            shutil.copy(shop.data / f"dep.{bank}.{part}.spacy", folder / part / f"{bank}.spacy")
    overrides = {"paths.train": str(folder / "train"), "paths.dev": str(folder / "dev")}
    return _train(shop, "syntax", folder, **overrides, **{"training.max_steps": SYNTAX_STEPS})


def _train(shop: Workshop, config: str, folder: Path, **overrides: object) -> str:
    start = {"paths.init_tok2vec": str(shop.work / "pretrained" / "model-last.bin")} if config == "names" else {}
    use_blas()
    spacy_train(HERE / f"{config}.cfg", folder, overrides=_paths(shop, folder) | start | overrides)
    meta = json.loads((folder / "model-best" / "meta.json").read_text("utf-8"))
    told = ", ".join(f"{name} {meta['performance'][name]:.4f}" for name in SCORES if name in meta["performance"])
    return f"{folder.name}: best {told}"


def _paths(shop: Workshop, folder: Path) -> dict[str, object]:
    return {
        "paths.train": str(folder / "train.spacy"),
        "paths.dev": str(folder / "dev.spacy"),
        "paths.vectors": str(shop.work / "vectors"),
    }


def pack(shop: Workshop) -> str:
    """One pipeline of both models and one vocabulary, into the package, with the hash of each file."""
    target = MODELS / PIPELINE
    shutil.rmtree(target, ignore_errors=True)
    syntax, names = spacy.load(shop.model("syntax")), spacy.load(shop.model("joint", last=shop.with_dev))
    for component in NAMES_PARTS:
        syntax.add_pipe(component, source=names)
    syntax.config["paths"] = dict.fromkeys(syntax.config["paths"])  # where this was made is of no use elsewhere
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
    "pretrain": pretrain,
    "teachers": train_teachers,
    "complete": complete_corpora,
    "names": train_names,
    "syntax": train_syntax,
    "pack": pack,
}
