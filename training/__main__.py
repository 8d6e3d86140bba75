"""``python -m training STEP… --data DIR``: make the shipped models, or measure them."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from pipeline.errors import ResistmineError
from training.figures import report
from training.steps import STEPS, TRAINED, Step, Workshop

MEASURE = Step(report, TRAINED)


def main() -> int:
    """Run the steps named, in their order; without any, all of them."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("steps", nargs="*", metavar="STEP", help=f"of {', '.join(STEPS)}, measure; all if none")
    parser.add_argument("--data", type=Path, required=True, help="folder of the corpora (see training/README.md)")
    parser.add_argument("--work", type=Path, help="folder for what is made on the way (training/work)")
    parser.add_argument("--with-dev", action="store_true", help="also learn from the development parts")
    parser.add_argument("--quick", action="store_true", help="a few updates a step, to see that all of them run")
    given = parser.parse_args()
    unknown = set(given.steps) - {*STEPS, "measure"}
    if unknown:
        parser.error(f"no such step: {', '.join(sorted(unknown))}. Known: {', '.join(STEPS)}, measure.")
    work = given.work or Path("training/work-quick" if given.quick else "training/work")
    shop = Workshop(given.data, work, given.with_dev, given.quick)
    for name in [*STEPS, "measure"]:
        if given.steps and name not in given.steps:
            continue
        began = time.monotonic()
        said = STEPS.get(name, MEASURE)(shop)
        print(f"{name}: {said} ({time.monotonic() - began:.0f} s)", flush=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ResistmineError as error:
        sys.exit(f"training: {error}")
