"""The steps of the recipe, each a function of a folder of corpora and a folder of work."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from pipeline.errors import ResistmineError
from training import corpora, lists, vectors
from training.corpora import ANATEM, BC5CDR, BIORED, CG13, CORPORA, Corpus, Labelled
from training.joint import complete

HERE = Path(__file__).parent
TEACHER_EPOCHS = 9  # more, and the small corpora are learned by heart
JOINT_STEPS = 3000  # with the development parts nothing is left to choose a checkpoint by: it is the last one
SYNTAX_STEPS = 6000
QUICK_TEXTS, QUICK_STEPS = 40, 20
LISTS, VECTORS, TEXTS = "lists.npz", "vectors", "texts.jsonl"
PRETRAINED = "pretrained/model-last.bin"
JOINED = ("joint/train.spacy", "joint/dev.spacy")
TREEBANKS = ("genia", "craft")
SCORES = ("ents_p", "ents_r", "ents_f", "dep_uas", "dep_las", "tag_acc")
# which teachers fill in which labels of a corpus; the corpus's own labels are never filled in
TEACHING: Mapping[str, Sequence[tuple[str, frozenset[str]]]] = {
    "bc5cdr": (("biored", frozenset(["GENE", "VARIANT", "SPECIES", "CELL_LINE"])), ("cg13", frozenset(["CELL"]))),
    "biored": (("cg13", frozenset(["CELL"])),),
    "cg13": (("biored", frozenset(["VARIANT", "CELL_LINE"])), ("bc5cdr", frozenset(["DISEASE"]))),
}


class StepMissingError(ResistmineError):
    """What a step works on was not made yet."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where corpora come from and where the work is done; ``with_dev`` also learns from the development parts.

    A ``quick`` one goes through every step with a few texts and updates, to see that the recipe runs: what it makes is
    of no use, and stays out of the package.
    """

    data: Path
    work: Path
    with_dev: bool = False
    quick: bool = False

    @property
    def models(self) -> Path:
        """Where the models are packed."""
        return self.work / "models" if self.quick else MODELS

    def model(self, name: str, *, last: bool = False) -> Path:
        """Where a step has left its model: the best checkpoint, or the last one."""
        return self.work / name / ("model-last" if last else "model-best")

    def train_part(self, corpus: Corpus) -> list[Labelled]:
        """What is learned from: never a text that is in any development part, unless that is asked for."""
        texts = corpora.read(self.data, corpus, "train")
        if self.with_dev:
            return [*self._few(texts), *self.dev_part(corpus)]
        measured = (each.text_id for other in CORPORA for each in corpora.read(self.data, other, "dev"))
        return self._few(corpora.without(texts, measured))

    def dev_part(self, corpus: Corpus) -> list[Labelled]:
        return self._few(corpora.read(self.data, corpus, "dev"))

    def _few(self, texts: list[Labelled]) -> list[Labelled]:
        return texts[:QUICK_TEXTS] if self.quick else texts

    def lengths(self, **asked: object) -> dict[str, object]:
        """How long to train, as the step asks, or a few updates."""
        few = {"training.max_steps": QUICK_STEPS, "training.eval_frequency": QUICK_STEPS, "corpora.dev.limit": 5}
        return {**asked, **few} if self.quick else asked


def make_lists(shop: Workshop) -> str:
    """The lists of names, into the package: they are part of what the models see."""
    gazetteer = lists.write(shop.models / LISTS, vectors.common_words(lists.COMMON))
    return ", ".join(f"{len(keys)} keys" for keys in gazetteer.keys)


def make_vectors(shop: Workshop) -> str:
    """The vectors of the words of English and of the corpora."""
    nlp = blank()
    parts = [corpora.read(shop.data, corpus, part) for corpus in CORPORA for part in ("train", "dev")]
    docs = (nlp.make_doc(each.text) for part in parts for each in part)
    count = vectors.add_vectors(nlp, ([token.lower_ for token in doc] for doc in docs))
    nlp.to_disk(shop.work / VECTORS)
    return f"{count} vectors"


def pretrain(shop: Workshop) -> str:
    """The words layer learns to foretell letters of hidden words, on all texts at hand but the development parts."""
    path = shop.work / TEXTS
    texts = list(dict.fromkeys(_texts(shop)))
    texts = texts[:QUICK_TEXTS] if shop.quick else texts
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), "utf-8")
    overrides = _paths(shop, shop.work) | {"paths.texts": str(path)}
    overrides |= {"pretraining.max_epochs": 1} if shop.quick else {}
    config = load_config(HERE / "names.cfg", overrides=overrides, interpolate=True)
    target = (shop.work / PRETRAINED).parent
    target.mkdir(exist_ok=True)
    use_blas()
    spacy_pretrain(config, target, use_gpu=-1, silent=True, skip_last=False)
    return f"{len(texts)} texts"


def _texts(shop: Workshop) -> Iterator[str]:
    measured = {each.text_id for corpus in CORPORA for each in corpora.read(shop.data, corpus, "dev")}
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
        _train(shop, "names", folder, **shop.lengths(**{"training.max_epochs": TEACHER_EPOCHS}))
    return f"{len(CORPORA)} teachers"


def complete_corpora(shop: Workshop) -> str:
    """All corpora in one, what one does not annotate filled in by the teachers of the others."""
    teachers = {corpus.name: spacy.load(shop.model(f"teacher-{corpus.name}")) for corpus in CORPORA}
    train = list(_joined(shop, teachers, "train"))
    dev = list(_joined(shop, teachers, "dev"))
    if not shop.with_dev:  # with it BC5CDR is most of the texts anyway; its drugs and diseases are what claims need
        ours = {each.text_id for each in shop.train_part(BC5CDR)}
        train += [each for each in train if each.text_id in ours]
    counts = corpora.write(train, shop.work / JOINED[0])
    corpora.write(dev, shop.work / JOINED[1])
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
    return _train(shop, "names", shop.work / "joint", **shop.lengths(**lengths))


def train_syntax(shop: Workshop) -> str:
    """Tagger and parser."""
    folder = shop.work / "syntax"
    for part in ("train", "dev"):
        (folder / part).mkdir(parents=True, exist_ok=True)
        for bank in TREEBANKS if part == "train" else TREEBANKS[:1]:
            shutil.copy(shop.data / f"dep.{bank}.{part}.spacy", folder / part / f"{bank}.spacy")
    overrides = {"paths.train": str(folder / "train"), "paths.dev": str(folder / "dev")}
    return _train(shop, "syntax", folder, **overrides, **shop.lengths(**{"training.max_steps": SYNTAX_STEPS}))


def _train(shop: Workshop, config: str, folder: Path, **overrides: object) -> str:
    start = {"paths.init_tok2vec": str(shop.work / PRETRAINED)} if config == "names" else {}
    use_blas()
    spacy_train(HERE / f"{config}.cfg", folder, overrides=_paths(shop, folder) | start | overrides)
    meta = json.loads((folder / "model-best" / "meta.json").read_text("utf-8"))
    told = ", ".join(f"{name} {meta['performance'][name]:.4f}" for name in SCORES if name in meta["performance"])
    return f"{folder.name}: best {told}"


def _paths(shop: Workshop, folder: Path) -> dict[str, object]:
    return {
        "paths.train": str(folder / "train.spacy"),
        "paths.dev": str(folder / "dev.spacy"),
        "paths.vectors": str(shop.work / VECTORS),
    }


def pack(shop: Workshop) -> str:
    """One pipeline of both models and one vocabulary, into the package, with the hash of each file."""
    target = shop.models / PIPELINE
    shutil.rmtree(target, ignore_errors=True)
    syntax, names = spacy.load(shop.model("syntax")), spacy.load(shop.model("joint", last=shop.with_dev))
    for component in NAMES_PARTS:
        syntax.add_pipe(component, source=names)
    syntax.config["paths"] = dict.fromkeys(syntax.config["paths"])  # where this was made is of no use elsewhere
    syntax.meta.update({"name": PIPELINE, "version": _version(), "description": "", "author": "", "performance": {}})
    syntax.to_disk(target)
    (shop.models / CHECKSUMS).write_text(sums_of(shop.models), "utf-8")
    size = sum(path.stat().st_size for path in shop.models.rglob("*") if path.is_file())
    return f"{target}: {size / 1e6:.1f} MB in all"


def _version() -> str:
    """By what it was made from: configurations and this recipe."""
    content = b"".join(path.read_bytes() for path in sorted(HERE.glob("*.*")) if path.suffix in (".cfg", ".py"))
    return "0.1.0+" + hashlib.sha256(content).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Step:
    """A step, and the files and folders of the work that it needs and makes."""

    run: Callable[[Workshop], str]
    needs: tuple[str, ...] = ()
    makes: tuple[str, ...] = ()

    def __call__(self, shop: Workshop) -> str:
        """Do it.

        Raises:
            StepMissingError: something it works on was not made yet.
        """
        shop.work.mkdir(parents=True, exist_ok=True)
        for need in self.needs:
            if not (shop.work / need).exists():
                maker = next(name for name, step in STEPS.items() if need in step.makes)
                raise StepMissingError(f"{shop.work / need}: not there yet. Do the step {maker!r} before this one.")
        return self.run(shop)


TEACHERS = tuple(f"teacher-{corpus.name}/model-best" for corpus in CORPORA)
TRAINED = ("syntax/model-best", "joint/model-best")
STEPS = {
    "lists": Step(make_lists),
    "vectors": Step(make_vectors, makes=(VECTORS,)),
    "pretrain": Step(pretrain, (VECTORS,), (TEXTS, PRETRAINED)),
    "teachers": Step(train_teachers, (VECTORS, PRETRAINED), TEACHERS),
    "complete": Step(complete_corpora, TEACHERS, JOINED),
    "names": Step(train_names, (VECTORS, PRETRAINED, *JOINED), TRAINED[1:]),
    "syntax": Step(train_syntax, (VECTORS,), TRAINED[:1]),
    "pack": Step(pack, TRAINED),
}
