"""The labelled sentences of ``gold/labels.jsonl`` joined with their text again.

Run it as ``python -m benchmarks.gold join --data DIR -o FILE [--split dev|test]``. DIR holds the articles as PubMed XML
or JATS (a folder ``records/`` in it is taken instead, where there is one). What is written is what ``resistmine
evaluate`` reads. A text that is no longer the one that was labelled is told and left out, never mislabelled: every part
has the hash of its text; exit 1 says that some are missing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.errors import UnreadableInputError
from pipeline.model import Document, Section, Source
from pipeline.parse import parse
from pipeline.records import raw_records_in
from pipeline.text import sha256

LABELS = Path(__file__).resolve().parent.parent / "gold" / "labels.jsonl"
SPLITS = ("dev", "test")
BREAK = "\n"  # between the parts of a joined text
KEPT = ("kind", "stance", "certainty", "attribution")
NULLABLE = ("direction", "interaction", "degree")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of one section that was read: its offsets there, and the hash of its text."""

    section: int
    kind: str
    start: int
    end: int
    sha256: str


@dataclass(frozen=True, slots=True)
class LabelledDocument:
    """A document of the set, without its text. Offsets of sentences and labels count in the section of their part."""

    doc: str
    pmid: str | None
    pmcid: str | None
    source: Source
    split: str
    parts: tuple[Part, ...]
    sentences: tuple[tuple[int, int, int], ...]
    labels: tuple[Mapping[str, Any], ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Join and tell; 1 when documents are missing or changed, 2 when the data are not where they should be."""
    given = _parser().parse_args(arguments)
    wanted = [each for each in read_labels(LABELS) if given.split in (None, each.split)]
    folder = given.data / "records" if (given.data / "records").is_dir() else given.data
    if not folder.is_dir():
        print(f"benchmarks.gold: {folder} is no folder; --data takes one with PubMed XML or JATS.", file=sys.stderr)
        return 2
    texts, changed = find_texts(wanted, _documents(folder, wanted))
    with given.output.open("w", encoding="utf-8") as handle:
        for each in wanted:
            if each.doc in texts:
                handle.write(json.dumps(join(each, texts[each.doc]), ensure_ascii=False) + "\n")
    for each in wanted:
        if each.doc not in texts:
            print(f"{each.doc}: {changed.get(each.doc, f'not found in {folder}')}; left out.", file=sys.stderr)
    print(f"{len(texts)} of {len(wanted)} documents joined in {given.output}.", file=sys.stderr)
    return 0 if len(texts) == len(wanted) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gold", description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(required=True, metavar="join")
    command = commands.add_parser("join", help="write the labels with their text, for resistmine evaluate")
    command.add_argument("--data", type=Path, required=True, metavar="DIR", help="PubMed XML and JATS, or a records/")
    command.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="JSON Lines to write")
    command.add_argument("--split", choices=SPLITS, help="only this part of the set (both)")
    return parser


# ------------------------------------------------------------------------------------------------ the set


def read_labels(path: Path) -> Iterator[LabelledDocument]:
    """The documents of the set.

    Raises:
        UnreadableInputError: a line that is no such document, by its number.
    """
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            yield _document(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            raise UnreadableInputError(
                f"{path}, line {number}: {error!r}; expected a document as gold/README.md describes it."
            ) from None


def _document(row: Mapping[str, Any]) -> LabelledDocument:
    if row["split"] not in SPLITS:
        raise ValueError(f"split {row['split']!r}")
    return LabelledDocument(
        doc=row["doc"],
        pmid=row["pmid"],
        pmcid=row["pmcid"],
        source=Source(row["source"]),
        split=row["split"],
        parts=tuple(Part(**each) for each in row["parts"]),
        sentences=tuple((part, start, end) for part, start, end in row["sentences"]),
        labels=tuple(row["labels"]),
    )


# ------------------------------------------------------------------------------------------------ the texts


def find_texts(
    wanted: Iterable[LabelledDocument], documents: Iterable[Document]
) -> tuple[dict[str, tuple[Section, ...]], dict[str, str]]:
    """The parts of each document that is there as it was labelled; of others, what has changed."""
    of = {(each.source, identity): each for each in wanted for identity in (each.pmid, each.pmcid) if identity}
    texts: dict[str, tuple[Section, ...]] = {}
    changed: dict[str, str] = {}
    for document in documents:
        labelled = of.get((document.source, document.pmid or "")) or of.get((document.source, document.pmcid or ""))
        if labelled is None or labelled.doc in texts:
            continue
        found = [_section(part, document) for part in labelled.parts]
        whole = tuple(each for each in found if each is not None)
        if len(whole) == len(found):
            texts[labelled.doc] = whole
        else:
            part = labelled.parts[found.index(None)]
            changed[labelled.doc] = f"the text of section {part.section} ({part.kind}) is not the one that was labelled"
    return texts, changed


def _section(part: Part, document: Document) -> Section | None:
    """The section that ``part`` is of, with its text alone; None when that is another than was labelled."""
    if part.section >= len(document.sections):
        return None
    section = document.sections[part.section]
    text = section.text[part.start : part.end]
    return replace(section, text=text) if sha256(text.encode()) == part.sha256 else None


def _documents(folder: Path, wanted: Iterable[LabelledDocument]) -> Iterator[Document]:
    """The documents below ``folder`` that may be among the wanted; only these are parsed."""
    ids = tuple(each.removeprefix("PMC").encode() for one in wanted for each in (one.pmid, one.pmcid) if each)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            for raw in raw_records_in(path):
                if raw.source in (Source.PUBMED, Source.JATS) and any(each in raw.content for each in ids):
                    document = parse(raw)
                    if isinstance(document, Document):
                        yield document
        except UnreadableInputError:  # no article in it: an index, a reply without records
            continue


# ------------------------------------------------------------------------------------------------ join


def join(labelled: LabelledDocument, parts: Sequence[Section]) -> dict[str, Any]:
    """The document as ``resistmine evaluate`` reads it; its parts follow each other, a line break between them."""
    text = BREAK.join(each.text for each in parts)
    shifts, sections, at = [], [], 0
    for part, section in zip(labelled.parts, parts, strict=True):
        end = at + len(section.text)
        shifts.append(at - part.start)
        sections.append({"kind": part.kind, "start": at, "end": end, "category": section.category})
        at = end + len(BREAK)
    return {
        "doc": labelled.doc,
        "pmid": labelled.pmid,
        "pmcid": labelled.pmcid,
        "split": labelled.split,
        "text": text,
        "sections": sections,
        "labels": [_joined(label, labelled, text, shifts) for label in labelled.labels],
    }


def _joined(label: Mapping[str, Any], labelled: LabelledDocument, text: str, shifts: Sequence[int]) -> dict[str, Any]:
    def span(of: Mapping[str, Any]) -> tuple[int, int]:
        return of["start"] + shifts[of["part"]], of["end"] + shifts[of["part"]]

    def argument(of: Mapping[str, Any]) -> dict[str, Any]:
        if of["part"] is None:
            return {"role": of["role"], "text": None, "start": None, "end": None}
        start, end = span(of)
        return {"role": of["role"], "text": text[start:end], "start": start, "end": end}

    part, first, last = labelled.sentences[label["sentence"]]
    start = first + shifts[part]
    value = label.get("value")
    return {
        **{name: label[name] for name in KEPT},
        **{name: label.get(name) for name in NULLABLE},
        "value_text": text[slice(*span(value))] if value else None,
        "optional": label.get("optional", False),
        "args": [argument(each) for each in label["args"]],
        "sentence": text[start : last + shifts[part]],
        "sentence_start": start,
    }


if __name__ == "__main__":
    raise SystemExit(main())
