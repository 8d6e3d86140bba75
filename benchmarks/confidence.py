"""How far the confidence of an evidence can be trusted, and the figures that it is made of.

Run it as ``python -m benchmarks.confidence --data DIR [--write]``. DIR holds the sets that ``benchmarks/judged.py``
names in ``gold/``, and the articles of ``gold/labels.jsonl``. Made with dev parts alone: printed is how well it does on
documents that it was not made with, one left out at a time. ``--write`` puts it into ``rules/confidence.toml``.
``--test`` holds the figures that ship against the test part instead: for a release, once.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from benchmarks.judged import FILES, Asked, Judged, judged, judged_dev, labelled
from pipeline.annotate.nlp import SHIPPED
from pipeline.article import Reader
from pipeline.evaluate.calibration import Calibration, calibrate
from pipeline.rules import confidence as rules_confidence
from pipeline.rules.confidence import FEATURES, Confidence, Share, log_odds, written

FILE = Path(rules_confidence.__file__).with_name(rules_confidence.FILE)
DRAWN = 2.0  # findings
PENALTY = 0.1  # sklearn's C: weights have a normal prior of this variance


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and write when asked to; 2 when the data are not where they should be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.confidence", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="a folder with gold/ and the articles")
    parser.add_argument("--write", action="store_true", help=f"write {FILE.name}")
    parser.add_argument("--test", action="store_true", help="hold what ships against the test part")
    given = parser.parse_args(arguments)
    missing = [name for name in FILES if not (given.data / "gold" / name).is_file()]
    if missing:
        print(f"benchmarks.confidence: no gold/{missing[0]} in {given.data}.", file=sys.stderr)
        return 2
    reader = Reader(models=(SHIPPED,))
    if given.test:
        print_test(list(judged("test", map(Asked, labelled(given.data, "test")), reader)))
        return 0
    found = judged_dev(given.data, reader)
    print_validation(found)
    if given.write:
        FILE.write_text(written(fit(found), Counter(name for each in found for name in each.features)), "utf-8")
        print(f"written: {FILE}")
    return 0


# ------------------------------------------------------------------------------------------------ fitting


def fit(found: Sequence[Judged]) -> Confidence:
    """The figures of ``found``. To learn what a rule's share is worth, each finding is shown one without its document:
    a share that has seen the finding itself would look better than it is.
    """
    documents = {each.doc_id for each in found}
    others = {doc: tallied([each for each in found if each.doc_id != doc]) for doc in documents}
    seen = [(each, share) for each in found if (share := others[each.doc_id].share(each.rule, each.kind)) is not None]
    table = np.array([[log_odds(share), *(name in each.features for name in FEATURES)] for each, share in seen])
    model = LogisticRegression(C=PENALTY).fit(table.astype(float), [each.right for each, _ in seen])
    rule, *weights = (float(weight) for weight in model.coef_[0])
    return tallied(found, base=float(model.intercept_[0]), rule=rule, weights=weights)


def tallied(
    found: Sequence[Judged], *, base: float = 0.0, rule: float = 1.0, weights: Sequence[float] = (0.0,) * len(FEATURES)
) -> Confidence:
    """How often each rule and kind was right, with the weights given."""
    return Confidence(
        source=f"{len(found)} findings in {len({each.doc_id for each in found})} labelled texts (dev), "
        f"{datetime.now(UTC):%Y-%m-%d}",
        base=base,
        rule=rule,
        drawn=DRAWN,
        all=_share(found),
        weights=dict(zip(FEATURES, weights, strict=True)),
        kinds={name: _share([each for each in found if each.kind == name]) for name in {each.kind for each in found}},
        rules={name: _share([each for each in found if each.rule == name]) for name in {each.rule for each in found}},
    )


def _share(found: Sequence[Judged]) -> Share:
    return Share(sum(each.right for each in found), len(found))


def left_out(found: Sequence[Judged]) -> list[tuple[float, bool]]:
    """The confidence of each finding by the figures of all other documents, and whether it was right."""
    told = []
    for doc in sorted({each.doc_id for each in found}):
        figures = fit([each for each in found if each.doc_id != doc])
        for each in found:
            if each.doc_id == doc:
                confidence = figures.of(each.rule, each.kind, each.features)
                told.append((confidence if confidence is not None else 0.5, each.right))
    return told


# ------------------------------------------------------------------------------------------------ printing


def print_validation(found: Sequence[Judged]) -> None:
    """How the confidence does on documents left out, and what each part of it counts for."""
    figures = fit(found)
    print(f"{figures.source}; {figures.all.right} right\n\ndocuments left out, one at a time:")
    print_calibration(calibrate(left_out(found)))
    shares = [(share, each.right) for each in found if (share := tallied(found).share(each.rule, each.kind))]
    print("\nthe share of the rule alone, with all documents (too good to be true):")
    print_calibration(calibrate(shares))
    print(f"\nweights in log-odds: base {figures.base:+.2f}, rule {figures.rule:+.2f}")
    for name, weight in figures.weights.items():
        having = [each for each in found if name in each.features]
        right = f"{sum(each.right for each in having) / len(having):.2f} right" if having else ""
        print(f"  {name:<14} {weight:+.2f}  {len(having):>4} findings {right}")


def print_test(found: Sequence[Judged]) -> None:
    """The confidence that ships, on texts that neither rules nor figures were made with."""
    print("test part:")
    print_calibration(calibrate([(each.shipped, each.right) for each in found if each.shipped is not None]))


def print_calibration(calibration: Calibration | None) -> None:
    if calibration is None:
        print("  nothing was found")
        return
    ranked = "–" if calibration.ranked is None else f"{calibration.ranked:.3f}"
    print(
        f"  n {calibration.n}, right {calibration.right:.3f}, Brier {calibration.brier:.3f} (always saying the share: "
        f"{calibration.brier_base:.3f}), off by {calibration.off:.3f}, right above wrong {ranked}"
    )
    for each in calibration.bins:
        print(f"  {each.low:.1f}–{each.high:.1f}  n {each.n:>4}  told {each.confidence:.2f}  right {each.right:.2f}")


if __name__ == "__main__":
    raise SystemExit(main())
