"""Claims drawn by chance from real records, read by hand by two readers: how many are correct, how many usable.

Run it as ``python -m benchmarks.read_claims --data DIR``, where DIR holds ``records/pubmed_cancer.xml.gz`` and
``records/jats_oncology.tar.gz``. ``read_claims.tsv`` has the verdicts without the text: *usable* (a curator would
keep it as it stands), *correct* (true to the sentence, but not worth keeping as it stands) or *wrong*, each with a
reason. The table says what was read, how far the readers agree, and how many of the wrong ones are read so still.

``--draw N --seed S -o FILE`` draws N others and writes them with their text, outside the project, for somebody to read.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.article import Reader
from pipeline.model import Article, Document, Evidence
from pipeline.parse import parse
from pipeline.records import raw_records_in
from pipeline.settings import load_settings

FILES = ("records/pubmed_cancer.xml.gz", "records/jats_oncology.tar.gz")
READ = Path(__file__).with_suffix(".tsv")
CORE = (
    "resistance",
    "sensitivity",
    "cross_resistance",
    "efficacy_in_resistant",
    "reversal",
    "combination",
    "alteration",
    "biomarker",
)
POOL = 4  # times as many are read as are drawn, of documents in an order of chance
VERDICTS = ("usable", "correct", "wrong")
Place = tuple[str, int, int, str, str]  # document, section, start of the sentence, kind, names by role


@dataclass(frozen=True, slots=True)
class Row:
    """A claim that was read, and what each of the two readers thought of it; ``draw`` is when it was drawn."""

    draw: str
    place: Place
    rule: str
    verdicts: tuple[str, str]


def main() -> None:
    """Draw claims for reading, or print what readers thought of those drawn before."""
    given = _arguments()
    if given.draw:
        with given.output.open("w", encoding="utf-8") as handle:
            for line in _drawn(given.data, given.draw, random.Random(given.seed)):
                handle.write(json.dumps(line, ensure_ascii=False) + "\n")
        return
    read = rows()
    reader = Reader(models=load_settings().models)
    articles = read_again(given.data, {row.place[0] for row in read}, reader)
    still = {place_of(each) for _, article in articles for each in article.evidence}
    print(
        "| | read | usable | correct | wrong | both: usable | both: correct | agree | wrong to both, read so still "
        "| correct to both, read so still |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for draw in dict.fromkeys(row.draw for row in read):
        drawn = [row for row in read if row.draw == draw]
        for kind in (*sorted({row.place[3] for row in drawn}), "all"):
            print(_line(f"{draw}, {kind}", [row for row in drawn if kind in (row.place[3], "all")], still))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds records/")
    parser.add_argument("--draw", type=int, metavar="N", help="draw N claims instead")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, help="where the drawn claims go, as JSON Lines")
    given = parser.parse_args()
    missing = [str(given.data / each) for each in FILES if not (given.data / each).is_file()]
    if missing:
        parser.error(f"{' and '.join(missing)} not found; --data takes the folder that holds records/")
    if given.draw and not given.output:
        parser.error("--draw needs -o FILE, where the claims are written with their text")
    return given


# ------------------------------------------------------------------------------------------------ drawing


def _drawn(folder: Path, wanted: int, chance: random.Random) -> list[Mapping[str, object]]:
    """``wanted`` claims of the core kinds, of documents in an order of chance."""
    documents = list(_documents(folder))
    chance.shuffle(documents)
    reader = Reader(models=load_settings().models)
    pool: list[Mapping[str, object]] = []
    for document in documents:
        found = (each for each in reader.read(document).evidence if each.claim.kind in CORE)
        pool += (_shown(document, each) for each in found)
        if len(pool) >= POOL * wanted:
            break
    return chance.sample(pool, min(wanted, len(pool)))


def _documents(folder: Path) -> Iterator[Document]:
    for file in FILES:
        for raw in raw_records_in(folder / file):
            document = parse(raw)
            if isinstance(document, Document):
                yield document


def _shown(document: Document, evidence: Evidence) -> Mapping[str, object]:
    """What a reader needs: the sentence with what stands before it, and the claim."""
    sentence, match = evidence.sentence, evidence.match
    text = document.sections[evidence.section_index].text
    document_id, section, start, kind, names = place_of(evidence)
    return {
        "document_id": document_id,
        "section_index": section,
        "sentence_start": start,
        "kind": kind,
        "names": names,
        "labels": "; ".join(f"{each.role}={each.entity.called}" for each in match.arguments),
        "rule": match.rule,
        "stance": match.stance.value,
        "certainty": match.certainty.value,
        "direction": match.attributes.direction,
        "interaction": match.attributes.interaction,
        "title": document.title,
        "before": text[max(0, sentence.start - 900) : sentence.start],
        "sentence": sentence.text,
    }


def place_of(evidence: Evidence) -> Place:
    """Where a claim stands and what it says: the same reading of the same words has the same."""
    names = "; ".join(f"{each.role}={each.entity.name}" for each in evidence.match.arguments)
    return evidence.document_id, evidence.section_index, evidence.sentence.start, evidence.claim.kind, names


# ------------------------------------------------------------------------------------------------ what was read


def rows() -> list[Row]:
    """All claims that were read."""
    return list(_rows(READ.read_text("utf-8")))


def _rows(content: str) -> Iterator[Row]:
    for row in csv.DictReader(content.splitlines(), delimiter="\t"):
        where = row["document_id"], int(row["section_index"]), int(row["sentence_start"]), row["kind"], row["names"]
        yield Row(row["draw"], where, row["rule"], (row["first_reader"], row["second_reader"]))


def read_again(folder: Path, wanted: set[str], reader: Reader) -> Iterator[tuple[Document, Article]]:
    """The documents ``wanted`` of the records in ``folder``, with what ``reader`` makes of them now."""
    for document in _documents(folder):
        if document.document_id in wanted:
            yield document, reader.read(document)


def _line(kind: str, rows: Sequence[Row], still: set[Place]) -> str:
    """Shares over all verdicts; "correct" counts what is usable too."""
    said = Counter(verdict for row in rows for verdict in row.verdicts)
    total = sum(said.values())
    usable, correct = said["usable"], said["usable"] + said["correct"]
    both_usable = sum(row.verdicts == ("usable", "usable") for row in rows)
    both_correct = sum("wrong" not in row.verdicts for row in rows)
    agree = sum(row.verdicts[0] == row.verdicts[1] for row in rows)
    sides = (
        [row for row in rows if row.verdicts == ("wrong", "wrong")],
        [row for row in rows if "wrong" not in row.verdicts],
    )
    left = " | ".join(f"{sum(row.place in still for row in side)} of {len(side)}" for side in sides)
    shares = " | ".join(f"{100 * each / total:.0f} %" for each in (usable, correct, total - correct))
    counts = " | ".join(f"{100 * each / len(rows):.0f} %" for each in (both_usable, both_correct, agree))
    return f"| {kind} | {len(rows)} | {shares} | {counts} | {left} |"


if __name__ == "__main__":
    main()
