"""Labelled texts: what readers say that a text claims, sentence by sentence."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import UnreadableInputError
from pipeline.model import Document, Section, Source


@dataclass(frozen=True, slots=True)
class GoldArgument:
    """A role and the words that fill it; ``text`` is None for a role that the text never names."""

    role: str
    text: str | None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """A claim that the sentence at ``start:end`` of a text states.

    An ``optional`` one is neither missed nor, when found, wrong.
    """

    kind: str
    arguments: tuple[GoldArgument, ...]
    stance: str
    start: int
    end: int
    direction: str | None = None
    certainty: str | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class GoldSection:
    """A stretch of the text that is a section of its own."""

    kind: str
    start: int
    end: int
    category: str | None = None


@dataclass(frozen=True, slots=True)
class GoldDocument:
    """A labelled text. Offsets count in ``text``; without sections of its own it is one abstract."""

    doc_id: str
    text: str
    labels: tuple[Label, ...]
    sections: tuple[GoldSection, ...]

    @property
    def document(self) -> Document:
        """What the program is given to read."""
        sections = (
            Section(each.kind, self.text[each.start : each.end], category=each.category) for each in self.sections
        )
        return Document(f"text:{self.doc_id}", Source.JSONL, "", tuple(sections))

    def section_at(self, start: int) -> GoldSection:
        """The section that the text at ``start`` belongs to."""
        return next((each for each in self.sections if each.start <= start < each.end), self.sections[-1])


def read_gold(path: Path) -> Iterator[GoldDocument]:
    """Documents of a gold file (JSON Lines, plain or .gz): ``id`` or ``doc``, ``text``, ``labels``, ``sections``.

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
                    yield _document(json.loads(line))
    except OSError as error:
        raise UnreadableInputError(f"{path}: cannot be read ({error}).") from None
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableInputError(
            f"{path}, line {number}: {error!r}; expected an object with doc, text and labels (gold/README.md)."
        ) from None


def _document(row: Mapping[str, Any]) -> GoldDocument:
    text = row["text"]
    whole: dict[str, Any] = {"kind": "abstract", "start": 0, "end": len(text)}
    return GoldDocument(
        doc_id=str(row.get("doc", row.get("id"))),
        text=text,
        labels=tuple(_label(each, text) for each in row["labels"]),
        sections=tuple(GoldSection(**each) for each in row.get("sections") or [whole]),
    )


def _label(row: Mapping[str, Any], text: str) -> Label:
    sentence = row["sentence"]
    start = row.get("sentence_start", text.find(sentence))
    if start < 0 or text[start : start + len(sentence)] != sentence:
        raise ValueError(f"the sentence of a label does not stand in the text: {sentence[:60]!r}")
    return Label(
        kind=row["kind"],
        arguments=tuple(
            GoldArgument(each["role"], each.get("text"), each.get("start"), each.get("end")) for each in row["args"]
        ),
        stance=row["stance"],
        start=start,
        end=start + len(sentence),
        direction=row.get("direction"),
        certainty=row.get("certainty"),
        optional=bool(row.get("optional")),
    )
