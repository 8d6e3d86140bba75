"""``python -m training STEP… --data DIR``: make the shipped models, or measure them."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from pipeline.errors import ResistmineError
from training.figures import report
from training.steps import STEPS, Workshop


def main() -> int:
    """Run the steps named, in their order; without any, all of them."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("steps", nargs="*", metavar="STEP", help=f"of {', '.join(STEPS)}, measure; all if none")
    parser.add_argument("--data", type=Path, required=True, help="folder of the corpora (see training/README.md)")
    parser.add_argument("--work", type=Path, default=Path("training/work"), help="folder for what is made on the way")
    parser.add_argument("--with-dev", action="store_true", help="also learn from the development parts")
    given = parser.parse_args()
    unknown = set(given.steps) - {*STEPS, "measure"}
    if unknown:
        parser.error(f"no such step: {', '.join(sorted(unknown))}. Known: {', '.join(STEPS)}, measure.")
    shop = Workshop(given.data, given.work, given.with_dev)
    for name in [*STEPS, "measure"]:
        if given.steps and name not in given.steps:
            continue
        began = time.monotonic()
        said = report(shop) if name == "measure" else STEPS[name](shop)
        print(f"{name}: {said} ({time.monotonic() - began:.0f} s)", flush=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ResistmineError as error:
        sys.exit(f"training: {error}")
