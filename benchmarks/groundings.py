"""Names in documents that nothing was built for: right, wrong or missed when they were read by hand, and now.

Run it as ``python -m benchmarks.groundings --data DIR``, where DIR holds ``records/pubmed_cancer.xml.gz`` and
``records/jats_oncology.tar.gz``. ``groundings.tsv`` has two hundred mentions, drawn by chance: a hundred of abstracts,
as often as they occur and read with the model that ships, and a hundred of full texts, each name of a document once and
without a model. Each was read in its sentence: *right*, *wrong* (no such name, or another thing), *missed* (a name, but
not tied to what it is known to be). Nothing is asserted; the table says how it was and how it is.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.article import Reader
from pipeline.model import Document, Mention
from pipeline.parse import parse
from pipeline.records import raw_records_in
from pipeline.settings import load_settings

FILES = ("records/pubmed_cancer.xml.gz", "records/jats_oncology.tar.gz")
READ = Path(__file__).with_suffix(".tsv")
Place = tuple[int, int, int]  # section, start, end


@dataclass(frozen=True, slots=True)
class Row:
    """A mention that was read, and what was thought of it."""

    sample: str
    document: str
    place: Place
    kind: str
    name: str
    entity_id: str
    verdict: str


def main() -> None:
    """Read the documents again and print a line for each sample and kind."""
    rows = list(_rows(READ.read_text("utf-8")))
    found = {row: _found(row, names) for row, names in _named(rows, _folder())}
    print("| sample | kind | read | right | wrong | missed | still right | no longer wrong | no longer missed |")
    print("|---|---|---|---|---|---|---|---|---|")
    for group in sorted({(row.sample, row.kind) for row in rows}):
        print(_line(" | ".join(group), {row: found.get(row) for row in rows if (row.sample, row.kind) == group}))
    print(_line("both | all", {row: found.get(row) for row in rows}))


def _folder() -> Path:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds records/")
    folder: Path = parser.parse_args().data
    missing = [str(folder / each) for each in FILES if not (folder / each).is_file()]
    if missing:
        parser.error(f"{' and '.join(missing)} not found; --data takes the folder that holds records/")
    return folder


def _rows(content: str) -> Iterator[Row]:
    for row in csv.DictReader(content.splitlines(), delimiter="\t"):
        place = (int(row["section_index"]), int(row["char_start"]), int(row["char_end"]))
        yield Row(row["sample"], row["document_id"], place, row["kind"], row["name"], row["entity_id"], row["verdict"])


def _named(rows: Sequence[Row], folder: Path) -> Iterator[tuple[Row, Mapping[Place, Mention]]]:
    """Each row with the names that its document has now, by their places."""
    wanted: dict[str, list[Row]] = {}
    for row in rows:
        wanted.setdefault(row.document, []).append(row)
    reader = Reader(models=load_settings().models, screened=False)
    for file in FILES:
        for raw in raw_records_in(folder / file):
            document = parse(raw)
            if isinstance(document, Document) and document.document_id in wanted:
                places = _by_place(reader, document)
                yield from ((row, places) for row in wanted[document.document_id])


def _by_place(reader: Reader, document: Document) -> Mapping[Place, Mention]:
    return {
        (sentence.section_index, mention.start, mention.end): mention
        for sentence in reader.names(document).sentences
        for mention in sentence.mentions
    }


def _found(row: Row, names: Mapping[Place, Mention]) -> tuple[str, str] | None:
    """The identifier and the name that stand in the place of ``row`` now; None: no name."""
    mention = names.get(row.place)
    if mention is None or mention.grounding is None:
        return None
    return mention.grounding.entity.curie or "", mention.grounding.entity.name


def _line(what: str, found: Mapping[Row, tuple[str, str] | None]) -> str:
    verdicts = Counter(row.verdict for row in found)
    now = Counter(row.verdict for row, meant in found.items() if _is_well(row, meant))
    first = " | ".join(str(verdicts[each]) for each in ("right", "wrong", "missed"))
    return f"| {what} | {len(found)} | {first} | {now['right']} | {now['wrong']} | {now['missed']} |"


def _is_well(row: Row, meant: tuple[str, str] | None) -> bool:
    """Whether what was right is as it was, what was wrong is gone, and what was missed has an identifier."""
    if row.verdict == "right":
        return meant is not None and (meant[0] == row.entity_id if row.entity_id else meant[1] == row.name)
    if row.verdict == "wrong":
        return meant is None or meant != (row.entity_id, row.name)
    return meant is not None and bool(meant[0])


if __name__ == "__main__":
    main()
