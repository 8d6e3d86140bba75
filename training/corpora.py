"""Corpora as spaCy documents: read, align with our tokeniser, keep apart what must not meet.

A corpus is a ``.jsonl.gz`` of ``{"id", "text", "ents": [[start, end, label]]}``; offsets are Python string indices.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.util import filter_spans

from pipeline.annotate.tokenizer import blank
from pipeline.errors import ResistmineError

Entity = tuple[int, int, str]


class CorpusMissingError(ResistmineError):
    """A corpus is not where it was looked for."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text with its entities (start, end, label), by start."""

    text_id: str
    text: str
    entities: tuple[Entity, ...]


@dataclass(frozen=True, slots=True)
class Corpus:
    """A corpus, the labels of the joint model that it annotates, and how its own labels map to them."""

    name: str
    labels: Mapping[str, str]

    @property
    def covers(self) -> frozenset[str]:
        return frozenset(self.labels.values())


BC5CDR = Corpus("bc5cdr", {"CHEMICAL": "CHEMICAL", "DISEASE": "DISEASE"})
BIORED = Corpus(
    "biored", {label: label for label in ("CHEMICAL", "DISEASE", "GENE", "VARIANT", "SPECIES", "CELL_LINE")}
)
CG13 = Corpus(
    "cg13",
    {
        "SIMPLE_CHEMICAL": "CHEMICAL",
        "GENE_OR_GENE_PRODUCT": "GENE",
        "ORGANISM": "SPECIES",
        "CELL": "CELL",
        "CANCER": "DISEASE",
    },
)
ANATEM = Corpus("anatem", {})  # its texts alone are used
CORPORA = (BC5CDR, BIORED, CG13)
FILES = {
    ("bc5cdr", "train"): "bc5cdr.train.jsonl.gz",
    ("bc5cdr", "dev"): "bc5cdr.dev.jsonl.gz",
    ("biored", "train"): "biored.nocdrtest.train.jsonl.gz",
    ("biored", "dev"): "biored.dev.jsonl.gz",
    ("cg13", "train"): "cg13.train.jsonl.gz",
    ("cg13", "dev"): "cg13.dev.jsonl.gz",
    ("anatem", "train"): "anatem.train.jsonl.gz",
}


def read(data: Path, corpus: Corpus, part: str) -> list[Labelled]:
    """The texts of ``part`` (train or dev) with their own labels.

    Raises:
        CorpusMissingError: the file is not in ``data``.
    """
    path = data / FILES[corpus.name, part]
    if not path.is_file():
        raise CorpusMissingError(f"{path}: no such corpus. Give the folder that holds it with --data.")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [_labelled(json.loads(line)) for line in lines]


def _labelled(row: Mapping[str, object]) -> Labelled:
    entities = sorted((start, end, label) for start, end, label in row["ents"])  # type: ignore[attr-defined]
    return Labelled(str(row["id"]), str(row["text"]), tuple(entities))


def mapped(texts: Iterable[Labelled], labels: Mapping[str, str]) -> list[Labelled]:
    """``texts`` with their labels translated; entities whose label is not in ``labels`` are left out."""
    return [
        Labelled(
            each.text_id, each.text, tuple((a, b, labels[label]) for a, b, label in each.entities if label in labels)
        )
        for each in texts
    ]


def without(texts: Iterable[Labelled], ids: Iterable[str]) -> list[Labelled]:
    """``texts`` but those with one of ``ids``: what is measured on must not be learned from."""
    banned = set(ids)
    return [each for each in texts if each.text_id not in banned]


def documents(texts: Iterable[Labelled], nlp: Language | None = None) -> Iterator[tuple[Doc, int]]:
    """Each text as a document, with the number of entities whose ends fall inside a token and are lost."""
    nlp = nlp or blank()
    for each in texts:
        doc = nlp.make_doc(each.text)
        spans = [doc.char_span(start, end, label=label) for start, end, label in each.entities]
        doc.ents = filter_spans([span for span in spans if span is not None])
        yield doc, sum(span is None for span in spans)


def write(texts: Sequence[Labelled], path: Path) -> tuple[int, int]:
    """Write ``texts`` for ``spacy train``; returns how many entities there were and how many were lost."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lost = 0
    store = DocBin(store_user_data=False)
    for doc, missing in documents(texts):
        store.add(doc)
        lost += missing
    store.to_disk(path)
    return sum(len(each.entities) for each in texts), lost
