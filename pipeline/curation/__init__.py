"""What people decided about evidence: the ledger of verdicts, kept in RESISTMINE_HOME.

``verdicts.jsonl`` holds one verdict a line and only ever grows: a verdict that replaces another names it, so that the
history stays. With each verdict stands what it was about, word for word, so that it can be found again when the text,
the names or the rules have changed.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipeline.errors import KnowledgeError
from pipeline.text import digest

FILE = "verdicts.jsonl"
WITHDRAW = "withdraw"
VALUES = (
    "certainty", "attribution", "direction", "degree", "interaction", "value_text", "disease", "model", "setting",
    "acquired",
)  # fmt: skip
REMEDY = "Mend the line, or put back the copy in backups/."


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the sheet: what it is, how wide, whether people write in it, and what may stand there."""

    name: str
    width: int
    says: str
    edit: bool = False
    said: bool = False
    names: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choices:
    """What ``schemas/curation.toml`` allows."""

    verdicts: Mapping[str, str]
    reasons: Mapping[str, str]
    columns: tuple[Column, ...]

    @property
    def edited(self) -> tuple[Column, ...]:
        return tuple(each for each in self.columns if each.edit)


@lru_cache(maxsize=1)
def shipped_choices() -> Choices:
    """The verdicts, reasons and columns of the interface."""
    content = tomllib.loads((files("schemas") / "curation.toml").read_text("utf-8"))
    columns = tuple(_column(row) for row in content["column"])
    return Choices(MappingProxyType(content["verdicts"]), MappingProxyType(content["reasons"]), columns)


def _column(row: dict[str, Any]) -> Column:
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    return Column(**given)


# ------------------------------------------------------------------------------------------------ what was judged


@dataclass(frozen=True, slots=True)
class Name:
    """A name in its role: as written, and what it was taken for."""

    role: str
    text: str
    name: str
    kind: str
    entity_id: str | None = None
    correction_id: str | None = None
    start: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Role and identity, as in the identity of a claim."""
        return self.role, self.entity_id or "text:" + "".join(c for c in self.name.casefold() if c.isalnum())


@dataclass(frozen=True, slots=True)
class Paper:
    """A document, by every identity under which it may come back."""

    document_id: str
    pmid: str | None = None
    pmcid: str | None = None
    doi: str | None = None
    status: str = "current"

    @property
    def identities(self) -> frozenset[str]:
        given = (self.document_id, self.pmid and f"pmid:{self.pmid}", self.pmcid, self.doi)
        return frozenset(each.lower() for each in given if each)


@dataclass(frozen=True, slots=True)
class Reading:
    """An evidence as it was read at some time: its words, and what they were taken to say."""

    evidence_id: str
    document_id: str
    section: str
    sentence: str
    kind: str
    claim_id: str
    label: str
    rule: str
    stance: str
    names: tuple[Name, ...]
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person said of a reading; ``replaces`` are the verdicts that it takes the place of, knowing them."""

    verdict_id: str
    verdict: str
    curator: str
    date: str
    paper: Paper
    judged: Reading
    reason: str = ""
    comment: str = ""
    edits: Mapping[str, Any] = field(default_factory=dict)
    replaces: tuple[str, ...] = ()
    export: str = ""

    @property
    def decision(self) -> object:
        """What two curators must agree in."""
        return self.verdict, json.dumps(self.edits, sort_keys=True, default=str)


def verdict_id(export: str, evidence_id: str, said: Mapping[str, Any]) -> str:
    """The same words about the same row of the same export are the same verdict, however often they are imported."""
    return "v" + digest("verdict", export, evidence_id, json.dumps(said, sort_keys=True, ensure_ascii=False), size=12)


# ------------------------------------------------------------------------------------------------ the ledger


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The ledger: all that was ever said, in its order."""

    all: tuple[Verdict, ...] = ()

    @property
    def replaced(self) -> frozenset[str]:
        return frozenset(each for verdict in self.all for each in verdict.replaces)

    @property
    def standing(self) -> tuple[Verdict, ...]:
        """Those that no other has replaced, and that take nothing back."""
        gone = self.replaced
        return tuple(each for each in self.all if each.verdict_id not in gone and each.verdict != WITHDRAW)

    @property
    def known(self) -> frozenset[str]:
        return frozenset(each.verdict_id for each in self.all)


def load_verdicts(home: Path) -> Verdicts:
    """The ledger of ``home``; an empty one where there is none.

    Raises:
        KnowledgeError: a line cannot be used; names it.
    """
    path = home / FILE
    try:
        lines = path.read_text("utf-8-sig").split("\n")
    except FileNotFoundError:
        return Verdicts()
    except (OSError, UnicodeDecodeError) as error:
        raise KnowledgeError(str(path), "the file", f"cannot be read ({error})", REMEDY) from None
    numbered = [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    found = tuple(_verdict(str(path), number, line) for number, line in numbered)
    seen: set[str] = set()
    for (number, _), verdict in zip(numbered, found, strict=True):
        if verdict.verdict_id in seen:
            raise KnowledgeError(str(path), number, f"{verdict.verdict_id} stands there twice", REMEDY)
        seen.add(verdict.verdict_id)
    return Verdicts(found)


def _verdict(path: str, number: int, line: str) -> Verdict:
    try:
        row = json.loads(line)
        judged, paper = row.pop("judged"), row.pop("paper")
        verdict = Verdict(
            paper=Paper(**paper), judged=read_reading(judged), **row | {"replaces": tuple(row.get("replaces", ()))}
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise KnowledgeError(path, number, f"is no verdict ({error})", REMEDY) from None
    if verdict.verdict not in shipped_choices().verdicts:
        known = ", ".join(shipped_choices().verdicts)
        raise KnowledgeError(path, number, f"unknown verdict {verdict.verdict!r}", f"Known: {known}. {REMEDY}")
    return verdict


def read_reading(row: Mapping[str, Any]) -> Reading:
    """A reading from its JSON object."""
    return Reading(**{**row, "names": tuple(Name(**each) for each in row["names"])})


def as_object(record: Verdict | Reading | Paper | Name) -> dict[str, Any]:
    """A record as a JSON object, without what is empty."""
    found = {each.name: _as_value(getattr(record, each.name)) for each in fields(record)}
    return {name: value for name, value in found.items() if value not in (None, "", [], {})}


def _as_value(value: Any) -> Any:
    if isinstance(value, Verdict | Reading | Paper | Name):
        return as_object(value)
    if isinstance(value, tuple):
        return [_as_value(each) for each in value]
    return dict(value) if isinstance(value, Mapping) else value


def as_line(verdict: Verdict) -> str:
    """A verdict as its line of the ledger."""
    return json.dumps(as_object(verdict), ensure_ascii=False, sort_keys=True)


def grouped(names: Iterable[Name], columns: Sequence[Column]) -> dict[str, tuple[Name, ...]]:
    """Names by the column of the sheet that they stand in."""
    listed = list(names)
    return {
        column.name: tuple(each for each in listed if each.role in column.names) for column in columns if column.names
    }
