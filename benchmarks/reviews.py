"""Are the tables of review documents that people wrote rebuilt from evidence? Rows of theirs, rows of ours, in both.

Run it as ``python -m benchmarks.reviews --data DIR``: ``DIR/review_examples`` holds the documents and, claim by claim,
what their tables say (``claims_expected.jsonl``). The documents themselves are read as input, as the literature at
hand; with ``--output FOLDER`` also evidence that is there already. ``--rows`` prints the rows side by side. Nothing is
asserted.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError
from pipeline.ingest import ingest_files
from pipeline.lexicon import shipped
from pipeline.lexicon.lookup import read_name
from pipeline.paths import OutputPaths
from pipeline.review import build
from pipeline.review.records import Review, Row
from pipeline.review.template import Plan, Template
from pipeline.settings import load_settings
from pipeline.store.query import reading
from pipeline.text import squash

TOPIC = "letrozole"
# document, table there, the kinds of claim that its rows are, tables of the library
TABLES = (
    ("000", "Table 1", ("cross_resistance",), ("cross_resistance_endocrine",)),
    ("000", "Table 2", ("efficacy_in_resistant",), ("efficacy_targeted",)),
    ("000", "Table 3", ("combination_interaction", "expression_alteration"), ("combinations_cytotoxic",)),
    ("002", "Table 1", ("expression_alteration",), ("alterations",)),
    ("002", "Table 2", ("biomarker",), ("biomarkers",)),
    ("003", "Combination table", ("combination_interaction", "trial"), ("combinations", "trials")),
)
NAME = re.compile(r"(?:drug|gene|phosphoprotein|regimen):([^|;]+)")


@dataclass(frozen=True, slots=True)
class Original:
    """A row as the document has it: its label, the names in it besides the topic, and what it says of them."""

    label: str
    names: frozenset[str]
    said: str


def main() -> None:
    """Rebuild and print."""
    arguments = _arguments()
    folder = Path(arguments.data) / "review_examples"
    expected = [json.loads(line) for line in (folder / "claims_expected.jsonl").read_text("utf-8").splitlines()]
    with tempfile.TemporaryDirectory(prefix="reviews-") as own:
        places = {"the documents": _ingested(sorted(folder.glob("*.txt")), Path(own))}
        for place in arguments.output:
            places[place] = OutputPaths(Path(place))
        for name, paths in places.items():
            _report(name, paths, expected, rows=arguments.rows)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--output", nargs="*", default=[], help="output folders with evidence")
    parser.add_argument("--rows", action="store_true", help="print the rows side by side")
    return parser.parse_args()


def _ingested(files: Sequence[Path], folder: Path) -> OutputPaths:
    places = {"RESISTMINE_OUTPUT": str(folder / "output"), "RESISTMINE_HOME": str(folder / "home")}
    settings = load_settings(dict(os.environ) | places)
    ingest_files(list(files), settings, command="benchmark")
    return OutputPaths(settings.output)


def _report(name: str, paths: OutputPaths, expected: Sequence[dict[str, Any]], *, rows: bool) -> None:
    print(f"\n== {name}\n{'table':28} {'original':>8} {'rebuilt':>8} {'in both':>8}")
    with reading(paths) as connection:
        for document, table, kinds, ours in TABLES:
            try:
                review = build(_template(ours), connection)
            except UsageError as error:
                print(f"{document} {table}: {error}")
                return
            originals = _originals(expected, document, table, kinds)
            found = {each: _row_of(each, review) for each in originals}
            made = sum(len(each.rows) for each in review.tables())
            both = sum(row is not None for row in found.values())
            print(f"{document} {table:24} {len(originals):8} {made:8} {both:8}")
            if rows:
                _side_by_side(found, review)


def _template(tables: Sequence[str]) -> Template:
    plan = Plan("all", "All", tuple(("table", each) for each in tables))
    return Template("benchmark", "Benchmark", (TOPIC,), (plan,))


def _originals(expected: Sequence[dict[str, Any]], document: str, table: str, kinds: Sequence[str]) -> list[Original]:
    here = [each for each in expected if each["seed"].startswith(document) and each["table"] == table]
    return [
        _original(label, [each for each in here if each["row"] == label and each["claim_type"] in kinds])
        for label in dict.fromkeys(each["row"] for each in here)
    ]


def _original(label: str, claims: Sequence[dict[str, Any]]) -> Original:
    names = {key for each in claims for side in ("subject", "object") for key in _keys(each[side])}
    said = {" ".join(filter(None, [each["polarity"], each["direction"], each["value"]])) for each in claims}
    return Original(label, frozenset(names - _keys(f"drug:{TOPIC}")), "; ".join(sorted(said)))


def _keys(side: str) -> set[str]:
    """The names of a side by which they can be compared: identifiers where the lexicon knows them."""
    names = [part for match in NAME.findall(side) for part in re.split(r"\s*\+\s*", re.sub(r"\(.*?\)", "", match))]
    return {_key(name.strip()) for name in names if name.strip()}


def _key(name: str) -> str:
    entity = read_name(shipped(), name).entity
    return entity.curie if entity and entity.curie else squash(name)


def _row_of(original: Original, review: Review) -> Row | None:
    for row in _rows(review):
        arguments = [each for name in row.claim_ids for each in review.claims[name].arguments]
        if original.names & {each.entity_id or squash(each.name) for each in arguments}:
            return row
    return None


def _rows(review: Review) -> Iterator[Row]:
    yield from (row for table in review.tables() for row in table.rows)


def _side_by_side(found: dict[Original, Row | None], review: Review) -> None:
    for original, row in found.items():
        ours = " | ".join(cell.text for cell in row.cells if cell.text) if row else "–"
        print(f"    {original.label[:34]:34} {original.said[:26]:26} → {ours[:110]}")
    theirs = {id(row) for row in found.values()}
    extra = [row for row in _rows(review) if id(row) not in theirs]
    for row in extra:
        print(f"    {'(ours alone)':34} {'':26} → {' | '.join(cell.text for cell in row.cells if cell.text)[:110]}")


if __name__ == "__main__":
    main()
