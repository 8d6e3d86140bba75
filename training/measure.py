"""How well a model does: strict F1 of names (same ends, same label), attachment scores of the parser, speed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training import Example

from training.corpora import Entity, Labelled
from training.joint import BATCH


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of entities: found and labelled alike, found, and labelled."""

    right: int
    found: int
    labelled: int

    def __add__(self, other: Score) -> Score:
        return Score(self.right + other.right, self.found + other.found, self.labelled + other.labelled)

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.labelled if self.labelled else 0.0

    @property
    def f1(self) -> float:
        both = self.found + self.labelled
        return 2 * self.right / both if both else 0.0


def score_names(
    gold: Sequence[Iterable[Entity]], found: Sequence[Iterable[Entity]], labels: Iterable[str]
) -> dict[str, Score]:
    """The score of each of ``labels``; texts in the same order in both."""
    counts: Counter[tuple[str, str]] = Counter()
    for labelled, said in zip(gold, found, strict=True):
        wanted, given = set(labelled), set(said)
        counts.update(("right", label) for _, _, label in wanted & given)
        counts.update(("found", label) for _, _, label in given)
        counts.update(("labelled", label) for _, _, label in wanted)
    return {
        label: Score(counts["right", label], counts["found", label], counts["labelled", label])
        for label in sorted(labels)
    }


def total(scores: Mapping[str, Score]) -> Score:
    """All labels together (micro)."""
    return sum(scores.values(), Score(0, 0, 0))


def read_names(nlp: Language, texts: Sequence[Labelled]) -> tuple[list[list[Entity]], float]:
    """What ``nlp`` finds in each text, and its words (between white space) per second of CPU."""
    began = time.process_time()
    found = [
        [(ent.start_char, ent.end_char, ent.label_) for ent in doc.ents]
        for doc in nlp.pipe((each.text for each in texts), batch_size=BATCH)
    ]
    seconds = time.process_time() - began
    return found, sum(len(each.text.split()) for each in texts) / seconds


def score_syntax(nlp: Language, path: Path) -> dict[str, float]:
    """Attachment and tags on the sentences of a treebank (``.spacy``), on its own tokens, one sentence at a time."""
    gold = [sentence.as_doc() for doc in DocBin().from_disk(path).get_docs(nlp.vocab) for sentence in doc.sents]
    bare = [Doc(nlp.vocab, words=[t.text for t in doc], spaces=[bool(t.whitespace_) for t in doc]) for doc in gold]
    began = time.process_time()
    parsed = list(nlp.pipe(bare, batch_size=BATCH * 8))
    seconds = time.process_time() - began
    scores = nlp.evaluate([Example(said, wanted) for said, wanted in zip(parsed, gold, strict=True)])
    kept = {name: float(scores[name]) for name in ("dep_uas", "dep_las", "tag_acc")}
    return kept | {"tokens_per_second": sum(map(len, gold)) / seconds}
