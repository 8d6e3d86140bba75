"""Measured quality: what a reader labelled, and how much of it was found.

A prediction meets a label when it stands in the labelled sentence, is of its kind and stance, fills every labelled role
with the same words (or the same name), and does not say the opposite direction. Labels marked ``optional`` are neither
missed nor, when found, wrong. Intervals are 95 % bootstrap intervals over documents.
"""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import UnreadableInputError
from pipeline.extract.skeleton import sign
from pipeline.model import Article, Evidence
from pipeline.text import squash

RESAMPLES = 500
SEED = 13
SHARED = 0.25  # of the union of two spans, for them to be the same mention


@dataclass(frozen=True, slots=True)
class GoldDocument:
    """A labelled text."""

    doc_id: str
    text: str
    labels: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Right, wrong and missed, with the ratios made of them."""

    right: int
    wrong: int
    missed: int
    interval: tuple[float, float] | None = None

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 0.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 0.0

    @property
    def f1(self) -> float:
        both = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / both if both else 0.0


def read_gold(path: Path) -> Iterator[GoldDocument]:
    """Documents of a gold file (JSON Lines, plain or .gz): ``id`` or ``doc``, ``text``, ``labels``.

    Raises:
        UnreadableInputError: the file cannot be read, or a line is not such an object.
    """
    opener: Callable[..., Any] = gzip.open if path.suffix == ".gz" else open
    number = 0
    try:
        with opener(path, "rt", encoding="utf-8") as handle:
            for line in handle:
                number += 1
                if line.strip():
                    row = json.loads(line)
                    yield GoldDocument(str(row.get("doc", row.get("id"))), row["text"], tuple(row["labels"]))
    except OSError as error:
        raise UnreadableInputError(f"{path}: cannot be read ({error}).") from None
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableInputError(
            f"{path}, line {number}: {error!r}; expected an object with doc, text and labels (docs: evaluate)."
        ) from None


def evaluate(gold: Sequence[GoldDocument], read: Callable[[GoldDocument], Article]) -> dict[str, Figures]:
    """Figures for all kinds together (``all``) and for each."""
    counted = {document.doc_id: _count(document, read(document).evidence) for document in gold}
    kinds = sorted({kind for counts in counted.values() for kind, _ in counts})
    return {"all": _figures(counted, None)} | {kind: _figures(counted, kind) for kind in kinds}


def _figures(counted: Mapping[str, Counter[tuple[str, str]]], kind: str | None) -> Figures:
    totals = {doc: _sum(counts, kind) for doc, counts in counted.items()}
    return Figures(*_add(totals.values()), interval=_bootstrap(list(totals.values())))


def _sum(counts: Counter[tuple[str, str]], kind: str | None) -> tuple[int, int, int]:
    return tuple(  # type: ignore[return-value]
        sum(number for (of, what), number in counts.items() if what == outcome and kind in (None, of))
        for outcome in ("right", "wrong", "missed")
    )


def _add(parts: Any) -> tuple[int, int, int]:
    return tuple(map(sum, zip(*parts, strict=True))) or (0, 0, 0)  # type: ignore[return-value]


def _bootstrap(parts: list[tuple[int, int, int]]) -> tuple[float, float] | None:
    if not parts:
        return None
    chance = random.Random(SEED)
    drawn = sorted(Figures(*_add(chance.choices(parts, k=len(parts)))).f1 for _ in range(RESAMPLES))
    return drawn[int(0.025 * RESAMPLES)], drawn[int(0.975 * RESAMPLES) - 1]


def _count(document: GoldDocument, evidence: Sequence[Evidence]) -> Counter[tuple[str, str]]:
    """(kind, right | wrong | missed) → how often; one prediction serves one label."""
    counts: Counter[tuple[str, str]] = Counter()
    labelled = {label["kind"] for label in document.labels}
    used: set[str] = set()
    excused: set[str] = set()
    for label in sorted(document.labels, key=lambda each: bool(each.get("optional"))):
        meeting = [each for each in evidence if _meets(document, label, each)]
        excused.update(each.evidence_id for each in meeting)
        fresh = [each for each in meeting if each.evidence_id not in used]
        if label.get("optional"):
            continue
        counts[label["kind"], "right" if fresh else "missed"] += 1
        used.update(each.evidence_id for each in fresh[:1])
    for each in evidence:
        if each.evidence_id not in excused and each.match.kind in labelled | CORE:
            counts[each.match.kind, "wrong"] += 1
    return counts


CORE = frozenset(
    ["resistance", "sensitivity", "cross_resistance", "efficacy_in_resistant", "reversal", "combination", "alteration",
     "biomarker"]
)  # fmt: skip


def _meets(document: GoldDocument, label: Mapping[str, Any], evidence: Evidence) -> bool:
    start = document.text.find(label["sentence"])
    inside = evidence.sentence.start < start + len(label["sentence"]) and start < evidence.sentence.end
    if not inside or label["kind"] != evidence.match.kind or label["stance"] != evidence.match.stance.value:
        return False
    wanted, said = sign(label.get("direction")), sign(evidence.match.attributes.direction)
    if wanted and said and wanted != said:
        return False
    return all(_filled(argument, evidence) for argument in label["args"] if argument.get("text"))


def _filled(wanted: Mapping[str, Any], evidence: Evidence) -> bool:
    for argument in evidence.match.arguments:
        if argument.role != wanted["role"]:
            continue
        if squash(wanted["text"]) in (squash(argument.text), squash(argument.entity.name)):
            return True
        if argument.start is not None and wanted.get("start") is not None and argument.end is not None:
            shared = min(argument.end, wanted["end"]) - max(argument.start, wanted["start"])
            union = max(argument.end, wanted["end"]) - min(argument.start, wanted["start"])
            if shared > 0 and shared >= SHARED * union:
                return True
    return False
