"""What the model card quotes: scores on the development parts, of a model that has not learned from them."""

from __future__ import annotations

from collections.abc import Iterator

import spacy
from spacy.language import Language

from training.corpora import CORPORA, Corpus, mapped
from training.measure import Score, read_names, score_names, score_syntax, total
from training.steps import Workshop

# of Cancer Genetics' labels those that the joint model has in the same sense (its CANCER is part of our DISEASE)
COMPARED = {"cg13": frozenset(["GENE", "CHEMICAL", "CELL", "SPECIES"])}


def report(shop: Workshop) -> str:
    """The scores of the joint model and of the parser, as a table in Markdown."""
    names, syntax = spacy.load(shop.model("joint")), spacy.load(shop.model("syntax"))
    lines = ["", "| measured on | label | P | R | F1 | labelled |", "|---|---|---|---|---|---|"]
    for corpus in CORPORA:
        lines += _rows(shop, names, corpus)
    scores = score_syntax(syntax, shop.data / "dep.genia.dev.spacy")
    told = ", ".join(f"{name} {value:.4f}" for name, value in scores.items() if name != "tokens_per_second")
    return "\n".join([*lines, "", f"GENIA dev: {told}; {scores['tokens_per_second']:,.0f} tokens a second", ""])


def _rows(shop: Workshop, nlp: Language, corpus: Corpus) -> Iterator[str]:
    gold = mapped(shop.dev_part(corpus), corpus.labels)
    found, speed = read_names(nlp, gold)
    labels = COMPARED.get(corpus.name, corpus.covers)
    kept = [[each for each in entities if each[2] in labels] for entities in found]
    wanted = [[each for each in text.entities if each[2] in labels] for text in gold]
    scores = score_names(wanted, kept, labels)
    for label, score in [*scores.items(), ("all", total(scores))]:
        yield _row(f"{corpus.name} dev", label, score)
    yield f"| | {speed:,.0f} words a second | | | | |"


def _row(where: str, label: str, score: Score) -> str:
    return (
        f"| {where} | {label} | {100 * score.precision:.2f} | {100 * score.recall:.2f} | {100 * score.f1:.2f} "
        f"| {score.labelled} |"
    )
