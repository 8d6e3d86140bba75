"""Whether names come out as a curator's file says, in the very documents they are from.

Run it as ``python -m benchmarks.names_csv --data DIR``, where DIR holds ``review_examples/names.csv`` and the documents
``review_examples/*.txt``. A row is right when every place where a document prints the name as the file prints it, and
where it stands for a name at all, is taken for what the file says; the documents are those whose number the file gives.
It is partly right where the name is, and a modification that the file asks for (phosphorylated) is not kept. Nothing is
asserted; what is wrong is printed with what was found.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.article import Reader
from pipeline.model import Article, Document, Mention, Section, Source
from pipeline.settings import load_settings
from pipeline.text import squash

FOLDER = "review_examples"
DOCUMENT_RULE = "document-level presumption"  # a kind of row that takes the place of others in the documents it names
FAMILIES = {"mapk13": "erk", "akt1": "akt"}  # where the file names members, and the words say the family
MODIFIED = " phosphorylated"
KEPT = f"({MODIFIED.strip()})"
NO_NAME = re.compile(r"URL only|slug")


@dataclass(frozen=True, slots=True)
class Row:
    """A name as printed, what it stands for, and how often in which document."""

    surface: str
    canonical: str
    kind: str
    rule: str
    documents: Mapping[str, int]


def main() -> None:
    """Print a line for each row, and how many are right."""
    folder = _folder()
    rows = list(_rows((folder / "names.csv").read_text("utf-8")))
    reader = Reader(models=load_settings().models, screened=False)
    texts = {path.name[:3]: path.read_text("utf-8") for path in sorted(folder.glob("*.txt"))}
    articles = {number: reader.names(_document(number, text)) for number, text in texts.items()}
    outcomes: Counter[str] = Counter()
    for row in rows:
        outcome, found = _outcome(row, _meant_there(row, rows), articles)
        outcomes[outcome] += 1
        print(f"{outcome:8} {row.surface:24} {row.canonical:28} {found}")
    print(", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())))


def _folder() -> Path:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help=f"the folder that holds {FOLDER}/")
    folder: Path = parser.parse_args().data / FOLDER
    if not (folder / "names.csv").is_file():
        parser.error(f"{folder / 'names.csv'} not found; --data takes the folder that holds {FOLDER}/")
    return folder


def _rows(content: str) -> Iterator[Row]:
    for row in csv.DictReader(content.splitlines()):
        pairs = (each.split(":") for each in row["occurrences_by_seed"].split(";"))
        yield Row(
            row["surface"], row["canonical"], row["variant_kind"], row["rule"],
            {number: int(count) for number, count in pairs},
        )  # fmt: skip


def _document(number: str, text: str) -> Document:
    return Document(f"text:{number}", Source.TEXT, "", (Section("body", text),))


def _meant_there(row: Row, rows: list[Row]) -> Mapping[str, int]:
    """The documents of a row: a presumption holds where its rule says (``seed 002``), and other rows do not there."""
    claimed = {number for each in rows if each.kind == DOCUMENT_RULE and each.surface == row.surface
               for number in re.findall(r"seed (\d{3})", each.rule)}  # fmt: skip
    if row.kind == DOCUMENT_RULE:
        return {number: count for number, count in row.documents.items() if number in claimed}
    return {number: count for number, count in row.documents.items() if number not in claimed}


def _outcome(row: Row, documents: Mapping[str, int], articles: Mapping[str, Article]) -> tuple[str, str]:
    """right, wrong, or not here; and what was found."""
    here = {number: articles[number] for number in documents if number in articles}
    if not here:
        return "not here", "its documents are not in the folder"
    if NO_NAME.search(f"{row.rule} {row.kind}") and row.surface.islower():
        return "not here", "a part of an address, not of a sentence"
    found: Counter[str] = Counter()
    for article in here.values():
        found.update(_taken_for(row, article))
    told = ", ".join(f"{name} × {count}" for name, count in found.most_common()) or "not found"
    wanted = _bare(row.canonical.removesuffix(MODIFIED))
    if {*map(_bare, found)} != {FAMILIES.get(wanted, wanted)}:
        return "wrong", told
    kept = all(KEPT in name for name in found) or not row.canonical.endswith(MODIFIED)
    return ("right" if kept else "partly"), told


def _taken_for(row: Row, article: Article) -> Iterator[str]:
    """What each mention written so is taken for, its correction beside it.

    A presumption holds only outside the sentences that tell the two names apart.
    """
    for sentence in article.sentences:
        apart = row.kind == DOCUMENT_RULE and row.canonical in re.sub(rf"(?i){row.surface}", "", sentence.text).lower()
        for mention in sentence.mentions if not apart else ():
            if mention.text == row.surface:
                yield _told(mention)


def _told(mention: Mention) -> str:
    grounding = mention.grounding
    if grounding is None:
        return "nothing"
    correction = f" [{grounding.correction_id}]" if grounding.correction_id else ""
    ambiguous = f" ({grounding.reason})" if grounding.candidates else ""
    return f"{grounding.entity.called}{correction}{ambiguous}"


def _bare(name: str) -> str:
    """A name without what is added in brackets, folded."""
    return squash(re.sub(r"\s*[\[(].*?[\])]", "", name))


if __name__ == "__main__":
    main()
