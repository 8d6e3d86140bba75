"""One model from corpora that each annotate only some of the kinds.

Where a corpus says nothing about a kind, a *teacher* trained on a corpus that does fills it in; what a teacher says
never overlaps what an annotator said. So the joint model sees complete texts, and learns each kind from all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from spacy.language import Language

from training.corpora import Corpus, Entity, Labelled

BATCH = 32


def complete(
    texts: Sequence[Labelled], corpus: Corpus, teachers: Sequence[tuple[Language, frozenset[str]]]
) -> list[Labelled]:
    """``texts`` of ``corpus`` in the labels of the joint model, with what the teachers find added.

    Args:
        teachers: models with the labels to believe them in; earlier ones win where two overlap.
    """
    found = [predict(nlp, [each.text for each in texts], labels) for nlp, labels in teachers]
    return [
        Labelled(each.text_id, each.text, tuple(_merged(each, corpus.labels, [said[number] for said in found])))
        for number, each in enumerate(texts)
    ]


def predict(nlp: Language, texts: Iterable[str], labels: frozenset[str]) -> list[list[Entity]]:
    """What ``nlp`` finds in each text, of these labels."""
    return [
        [(ent.start_char, ent.end_char, ent.label_) for ent in doc.ents if ent.label_ in labels]
        for doc in nlp.pipe(texts, batch_size=BATCH)
    ]


def _merged(text: Labelled, labels: Mapping[str, str], said: Iterable[Iterable[Entity]]) -> list[Entity]:
    """The annotators' entities, then the teachers' that overlap none before them."""
    taken = list(text.entities)  # also those of labels the joint model does not have
    kept = [(start, end, labels[label]) for start, end, label in taken if label in labels]
    for entities in said:
        for start, end, label in entities:
            if all(end <= other_start or other_end <= start for other_start, other_end, _ in taken):
                taken.append((start, end, label))
                kept.append((start, end, label))
    return sorted(kept)
