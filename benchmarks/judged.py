"""Findings in labelled texts, each right or wrong: what the confidence is made of.

Texts that are labelled whole (``gold/claims_dev.jsonl.gz``, the labelled set of ``gold/``) judge every finding in them.
The sentences of drug_combo judge the combinations found in them. (CIViCmine's do not serve: a gene that they leave out
may well be right.) The claims of ``read_claims.tsv`` were drawn by chance from real records and judged themselves, by
two readers; those that are read still count as they were judged, right where neither reader thought them wrong.
"""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import gold, read_claims
from pipeline.article import Reader
from pipeline.assemble.confidence import features
from pipeline.evaluate import read_all
from pipeline.evaluate.compare import Finding, compare
from pipeline.evaluate.gold import GoldArgument, GoldDocument, GoldSection, Label, read_gold

ABSTRACTS = "claims_dev.jsonl.gz"
COMBINATIONS = "drug_combo_dev.jsonl.gz"
FILES = (ABSTRACTS, COMBINATIONS)
STANCES = {"POS": "supports", "NEG": "refutes"}
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding: where, by which rule, its features, whether it was right, and the confidence that ships.

    ``doc_id`` is what is left out together; ``of`` names the set.
    """

    of: str
    doc_id: str
    rule: str
    kind: str
    features: tuple[str, ...]
    right: bool
    shipped: float | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A labelled text, and of which findings in it the labels say whether they are right."""

    document: GoldDocument
    covers: Callable[[Finding], bool] = lambda _: True


def judged_dev(data: Path, reader: Reader) -> list[Judged]:
    """What ``reader`` finds in the dev parts of all sets, and of what was read by hand."""
    folder = data / "gold"
    whole = [*read_gold(folder / ABSTRACTS), *labelled(data, "dev")]
    return [
        *judged("claims", map(Asked, whole), reader),
        *judged("drug_combo", map(_from_combinations, _rows(folder / COMBINATIONS)), reader),
        *judged_by_hand(data, reader),
    ]


def judged_by_hand(data: Path, reader: Reader) -> Iterator[Judged]:
    """The claims that two readers have judged, as far as ``reader`` finds them still."""
    verdicts = {row.place: "wrong" not in row.verdicts for row in read_claims.rows()}
    for document, article in read_claims.read_again(data, {place[0] for place in verdicts}, reader):
        for each in article.evidence:
            right = verdicts.get(read_claims.place_of(each))
            if right is not None:
                held = features(each.match, each.sentence, each.section_kind)
                yield Judged(
                    "read", document.document_id, each.match.rule, each.claim.kind, held, right, each.confidence
                )


def labelled(data: Path, split: str) -> list[GoldDocument]:
    """A part of the labelled set, joined with its texts."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "gold.jsonl"
        gold.main(["join", "--data", str(data), "-o", str(file), "--split", split])
        return list(read_gold(file))


def judged(of: str, asked: Iterable[Asked], reader: Reader) -> Iterator[Judged]:
    """The findings that the labels cover; right is what meets a label nearly."""
    for one in asked:
        ((document, findings),) = read_all([one.document], reader)
        right = compare(document, findings, strict=False).right
        for number, each in enumerate(findings):
            if one.covers(each):
                match = each.evidence.match
                held = features(match, each.evidence.sentence, each.section)
                is_right = number in right
                yield Judged(of, document.doc_id, match.rule, match.kind, held, is_right, each.evidence.confidence)


# ------------------------------------------------------------------------------------------------ combinations


def _rows(file: Path) -> Iterator[Row]:
    with gzip.open(file, "rt", encoding="utf-8") as handle:
        yield from map(json.loads, handle)


def _from_combinations(row: Row) -> Asked:
    """An abstract with one labelled sentence: which drugs are said to do better together, and which not."""
    text, sentence = row["context"], row["text"]
    start, end = text.find(sentence), text.find(sentence) + len(sentence)
    labels = [
        Label("combination", tuple(_arguments(row, relation, start)), STANCES[relation["label"]], start, end)
        for relation in row["relations"]
        if relation["label"] in STANCES
    ]
    document = GoldDocument(row["split_key"], text, tuple(labels), (_abstract(text),))
    return Asked(document, lambda each: each.kind == "combination" and each.start < end and start < each.end)


def _abstract(text: str) -> GoldSection:
    return GoldSection("abstract", 0, len(text))


def _arguments(row: Row, relation: Row, shift: int) -> Iterator[GoldArgument]:
    entities = {each["id"]: each for each in row["entities"]}
    for each in relation["args"]:
        drug = entities[each["ref"]]
        yield GoldArgument("drug", drug["text"], drug["start"] + shift, drug["end"] + shift)
