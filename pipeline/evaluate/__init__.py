"""Measured quality: what readers labelled, how much of it was found, and what else was.

Optional labels are neither missed nor, when found, wrong. Intervals are 95 % bootstrap intervals over documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.article import Reader
from pipeline.evaluate import figures
from pipeline.evaluate.calibration import Calibration, calibrate, judged
from pipeline.evaluate.compare import Comparison, Finding, compare, findings
from pipeline.evaluate.figures import Figures, RuleFigures
from pipeline.evaluate.gold import GoldDocument

__all__ = ["Calibration", "Evaluation", "Figures", "Mode", "RuleFigures", "evaluate", "measure", "read_all", "told"]


@dataclass(frozen=True, slots=True)
class Mode:
    """Everything measured in one way of comparing, strict or near."""

    all: Figures
    kinds: Mapping[str, Figures]
    sections: Mapping[str, Figures]
    rules: Sequence[RuleFigures]
    direction_right: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was compared (the near comparisons, which confidence is held against), and the figures."""

    comparisons: tuple[Comparison, ...]
    strict: Mode
    near: Mode
    calibration: Calibration | None


def evaluate(gold: Iterable[GoldDocument], reader: Reader) -> Evaluation:
    """Have ``reader`` read the labelled texts, and measure."""
    return measure(read_all(gold, reader))


def read_all(gold: Iterable[GoldDocument], reader: Reader) -> list[tuple[GoldDocument, tuple[Finding, ...]]]:
    """Each labelled text with what ``reader`` finds in it."""
    return [(each, findings(each, reader.read(each.document).evidence)) for each in gold]


def measure(read: Iterable[tuple[GoldDocument, Sequence[Finding]]]) -> Evaluation:
    """Figures of texts that have been read."""
    pairs = list(read)
    strict = [compare(document, found, strict=True) for document, found in pairs]
    near = [compare(document, found, strict=False) for document, found in pairs]
    return Evaluation(
        comparisons=tuple(near),
        strict=_mode(strict, strict=True),
        near=_mode(near, strict=False),
        calibration=calibrate(judged(near)),
    )


def _mode(comparisons: Sequence[Comparison], *, strict: bool) -> Mode:
    return Mode(
        all=figures.total(comparisons),
        kinds=figures.by_kind(comparisons),
        sections=figures.by_section(comparisons),
        rules=figures.by_rule(comparisons, strict=strict),
        direction_right=figures.direction_right(comparisons),
    )


def told(evaluation: Evaluation) -> dict[str, Any]:
    """The figures for machines: plain objects, ratios to three places."""
    modes = {"strict": _mode_told(evaluation.strict), "near": _mode_told(evaluation.near)}
    calibration = asdict(evaluation.calibration) if evaluation.calibration else None
    return {"documents": len(evaluation.comparisons), **modes, "calibration": _rounded(calibration)}


def _mode_told(mode: Mode) -> dict[str, Any]:
    right, among = mode.direction_right
    return {
        "all": _figures_told(mode.all),
        "kinds": {name: _figures_told(each) for name, each in mode.kinds.items()},
        "sections": {name: _figures_told(each) for name, each in mode.sections.items()},
        "rules": [_rounded(asdict(each) | {"precision": each.precision}) for each in mode.rules],
        "direction_right": {"right": right, "of": among, "share": round(right / among, 3) if among else None},
    }


def _figures_told(figures: Figures) -> Any:
    return _rounded({"precision": figures.precision, "recall": figures.recall, "f1": figures.f1, **asdict(figures)})


def _rounded(value: Any) -> Any:
    match value:
        case float():
            return round(value, 3)
        case dict():
            return {name: _rounded(each) for name, each in value.items()}
        case list() | tuple():
            return [_rounded(each) for each in value]
    return value
