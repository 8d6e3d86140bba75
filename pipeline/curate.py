"""Curation: evidence out to a sheet in which people work, and what they typed back into the ledger of verdicts.

What was exported is kept word for word in ``exports/`` of RESISTMINE_HOME, so that an import can tell what a person has
typed from what was there, whatever has been read, corrected or judged in between.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipeline import lexicon
from pipeline.annotate.numbers import find_quantities
from pipeline.article import Reader
from pipeline.curation import (
    FILE,
    Column,
    Paper,
    Reading,
    Verdict,
    Verdicts,
    as_line,
    as_object,
    grouped,
    load_verdicts,
    shipped_choices,
)
from pipeline.curation.merge import Base, Desk, Merged, Remark, Typed, merge, read_base
from pipeline.curation.standing import HOLDS, REREVIEW
from pipeline.errors import StoreError, UnreadableInputError, UsageError
from pipeline.export.sheet import LONGEST, Line, Returned, read_sheet, sheet_form, write_sheet
from pipeline.home import write_whole
from pipeline.ingest import run_prepared
from pipeline.lexicon.lookup import read_name
from pipeline.model import Kind
from pipeline.paths import OutputPaths
from pipeline.rules.kinds import claim_kinds
from pipeline.settings import Settings
from pipeline.store import schema
from pipeline.store.query import reading
from pipeline.store.verdicts import readings_of
from pipeline.verdicts import DISPUTED, edited_row

EXPORTS = "exports"
PUBMED, PMC = "https://pubmed.ncbi.nlm.nih.gov/{}/", "https://pmc.ncbi.nlm.nih.gov/articles/{}/"
ABOUT_TOPIC = """(e.claim_id IN (SELECT claim_id FROM claim_arguments WHERE lower(name) = lower(?) OR entity_id = ?)
 OR lower(e.disease) = lower(?))"""
CHOSEN = """
SELECT e.evidence_id, e.document_id FROM evidence AS e LEFT JOIN claims AS c USING (claim_id)
WHERE {} ORDER BY c.label, e.stance DESC, e.document_id, e.section_index, e.sentence_start, e.evidence_id
"""
PAPERS = """
SELECT document_id, pmid, pmcid, doi, status, title, journal, year FROM documents
WHERE document_id IN (SELECT unnest(?::VARCHAR[]))
"""
STANDING = """
SELECT coalesce(evidence_id, judged_evidence_id), verdict_id, verdict, reason, comment, curator, date, state, cause,
       difference, evidence_id IS NULL
FROM verdicts WHERE state IN ('holds', 'needs_rereview', 'disputed') ORDER BY date, verdict_id
"""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which evidence to export; all of it where nothing is said."""

    topic: str = ""
    kind: str = ""
    where: str = ""
    pending: bool = False
    rereview: bool = False

    def __str__(self) -> str:
        told = [f"{name} {value!r}" for name in ("topic", "kind", "where") if (value := getattr(self, name))]
        told += [name for name in ("pending", "rereview") if getattr(self, name)]
        return ", ".join(told) or "all evidence"


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote: its id, how many rows, and how many of them are verdicts whose evidence is gone."""

    export: str
    rows: int
    without_evidence: int


@dataclass(frozen=True, slots=True)
class _Given:
    """A verdict as the database shows it."""

    verdict_id: str
    verdict: str
    reason: str
    comment: str
    curator: str
    date: str
    state: str
    cause: str
    difference: str
    gone: bool

    def __str__(self) -> str:
        changed = f" ({self.state}: {self.cause}{f': {self.difference}' if self.difference else ''})"
        said = f"{self.verdict} by {self.curator}, {self.date}"
        return said + (changed if self.state != HOLDS or self.difference else "")


# ------------------------------------------------------------------------------------------------ export


def export_sheet(settings: Settings, path: Path, selection: Selection) -> Exported:
    """Write the chosen evidence to ``path``, and what was written to ``exports/``.

    Raises:
        UsageError: the selection cannot be used, or chooses nothing.
        StoreError: there is no snapshot, it must be brought up to date first, or a file cannot be written.
    """
    sheet_form(path, "curate export")
    paths = OutputPaths(settings.output)
    with reading(paths) as connection:
        if schema.schema_version(connection) != schema.VERSION:
            raise StoreError(f"{paths.evidence}: was made by another version. Run 'resistmine correct apply' first.")
        chosen = _chosen(connection, selection)
        given = _given(connection)
        found = {each.evidence_id: each for group in readings_of(connection, {row[1] for row in chosen}).values()
                 for each in group}  # fmt: skip
        judged = [found[row[0]] for row in chosen]
        lost = [] if selection.where or selection.pending else _lost(load_verdicts(settings.home), given, selection)
        papers = _papers(connection, {each.document_id for each in (*judged, *(verdict.judged for verdict in lost))})
    if not judged and not lost:
        raise UsageError(f"curate export: no evidence is chosen by {selection}. Loosen it; nothing was written.")
    export = f"x{datetime.now(UTC):%Y%m%dT%H%M%S}{secrets.token_hex(2)}"
    known = {each.judged.document_id: each.paper for each in lost}
    rows = [
        _row(
            export, each, papers.get(each.document_id) or (known[each.document_id], {}), given.get(each.evidence_id, [])
        )
        for each in (*judged, *(verdict.judged for verdict in lost))
    ]
    _write(settings.home / EXPORTS / f"{export}.jsonl", path, rows, f"{len(rows)} rows: {selection}. Export {export}.")
    return Exported(export, len(rows), len(lost))


def _chosen(connection: duckdb.DuckDBPyConnection, selection: Selection) -> list[tuple[str, str]]:
    conditions, parameters = ["true"], []
    if selection.topic:
        entity = read_name(lexicon.shipped(), selection.topic).entity
        conditions.append(ABOUT_TOPIC)
        parameters += [selection.topic, entity.curie if entity else None, entity.name if entity else selection.topic]
    if selection.kind:
        if selection.kind not in claim_kinds():
            raise UsageError(f"curate export --kind: {selection.kind!r} is none of {', '.join(claim_kinds())}.")
        conditions.append("e.kind = ?")
        parameters.append(selection.kind)
    if selection.where:
        conditions.append(f"e.evidence_id IN (SELECT evidence_id FROM evidence WHERE {selection.where})")
    if selection.pending:
        conditions.append("e.verdict_state IS NULL")
    if selection.rereview:
        conditions.append(f"e.verdict_state IN ('{REREVIEW}', '{DISPUTED}')")
    try:
        return list(connection.execute(CHOSEN.format(" AND ".join(conditions)), parameters).fetchall())
    except duckdb.Error as error:
        raise UsageError(f"curate export --where {selection.where!r}: {error}") from None


def _given(connection: duckdb.DuckDBPyConnection) -> dict[str, list[_Given]]:
    found: dict[str, list[_Given]] = {}
    for evidence_id, *rest in connection.execute(STANDING).fetchall():
        texts: list[Any] = ["" if each is None else each for each in rest]
        given = _Given(*texts)
        found.setdefault(evidence_id, []).append(given)
    return found


def _lost(verdicts: Verdicts, given: Mapping[str, Sequence[_Given]], selection: Selection) -> list[Verdict]:
    """Verdicts whose evidence is not there any more, as far as they are chosen; one for each evidence."""
    gone = {each.verdict_id for group in given.values() for each in group if each.gone}
    topic = selection.topic.casefold()
    found = {
        each.judged.evidence_id: each
        for each in verdicts.standing
        if each.verdict_id in gone
        and selection.kind in ("", each.judged.kind)
        and (not topic or topic in {name.name.casefold() for name in each.judged.names})
    }
    return list(found.values())


def _papers(connection: duckdb.DuckDBPyConnection, documents: set[str]) -> dict[str, tuple[Paper, dict[str, Any]]]:
    rows = connection.execute(PAPERS, [sorted(documents)]).fetchall()
    return {row[0]: (Paper(*row[:5]), dict(zip(("title", "journal", "year"), row[5:], strict=True))) for row in rows}


@dataclass(frozen=True, slots=True)
class _Row:
    line: Line
    base: dict[str, Any]


def _row(export: str, judged: Reading, paper: tuple[Paper, Mapping[str, Any]], given: Sequence[_Given]) -> _Row:
    about, record = paper
    holding = [each for each in given if each.state == HOLDS]
    last = holding[-1] if holding and len(holding) == len(given) else None
    cells = {
        "sentence": judged.sentence[:LONGEST], "claim": judged.label, "kind": judged.kind, "stance": judged.stance,
        "verdict": last.verdict if last else "", "reason": last.reason if last else "",
        "comment": last.comment if last else "", "curator": "", "now": "; ".join(map(str, given)),
        "paper": ", ".join(str(each) for each in record.values() if each) or about.document_id, "status": about.status,
        "section": judged.section, "pubmed": about.pmid or "", "pmc": about.pmcid or "",
        "row": f"{export}.{judged.evidence_id}",
    } | {name: _as_text(value) for name, value in judged.values.items()}  # fmt: skip
    columns = [each for each in shipped_choices().columns if each.names]
    cells |= {name: " + ".join(each.name for each in names) for name, names in grouped(judged.names, columns).items()}
    cells = {each.name: cells.get(each.name, "") for each in shipped_choices().columns}
    marks = tuple(
        (each.start, each.start + len(each.text), each.role) for each in judged.names if each.start is not None
    )
    links = {"pubmed": PUBMED.format(about.pmid)} if about.pmid else {}
    links |= {"pmc": PMC.format(about.pmcid)} if about.pmcid else {}
    base = {"row": cells["row"], "paper": as_object(about), "judged": as_object(judged), "shown": cells,
            "seen": [each.verdict_id for each in given]}  # fmt: skip
    return _Row(Line(cells, marks, links), base)


def _as_text(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _write(kept: Path, path: Path, rows: Sequence[_Row], about: str) -> None:
    """The sheet, and before it what it was made of."""
    write_whole(kept, "".join(json.dumps(each.base, ensure_ascii=False) + "\n" for each in rows))
    try:
        write_sheet(path, [each.line for each in rows], shipped_choices(), tuple(claim_kinds()), about)
    except OSError as error:
        kept.unlink()
        raise StoreError(f"{path}: cannot be written ({error.strerror}). Give another place.") from error


# ------------------------------------------------------------------------------------------------ import


@dataclass(slots=True)
class Imported:
    """What an import found: new verdicts, rows with problems, and what should be known of others."""

    path: Path
    place: str
    rows: int = 0
    merged: Merged = field(default_factory=Merged)
    published: str | None = None
    became: list[dict[str, Any]] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        return not self.merged.problems

    def counts(self) -> dict[str, int]:
        return {
            "rows": self.rows, "new": len(self.merged.verdicts), "known_before": self.merged.known,
            "untouched": self.merged.untouched, "problems": len(self.merged.problems), "notes": len(self.merged.notes),
            "need_rereview": len(self.became),
        }  # fmt: skip


def import_sheet(settings: Settings, path: Path, curator: str = "", *, dry_run: bool = False) -> Imported:
    """Add what was typed in a sheet to the ledger, and publish what comes of it.

    A row with a problem is left out and told; the others are taken. The sheet itself is never changed.

    Raises:
        UnreadableInputError: the file cannot be read, or lacks the columns that identify its rows.
        RunningElsewhereError: another run is writing; nothing was changed.
    """
    columns = shipped_choices().columns
    sheet = read_sheet(path, columns)
    imported = Imported(path, sheet.place, len(sheet.rows))
    about = list(_about_columns(sheet, columns))

    def merged() -> Merged:
        known = load_verdicts(settings.home)
        found = merge(_typed(sheet), _bases(settings.home, sheet), known, _desk(curator))
        found.notes[:0] = about
        return found

    imported.merged = merged()
    if dry_run or not imported.merged.verdicts:
        return imported
    imported.published = _take(settings, path, imported, merged)
    return imported


def _take(settings: Settings, path: Path, imported: Imported, merged: Callable[[], Merged]) -> str | None:
    def prepare() -> Reader:
        imported.merged = merged()
        if imported.merged.verdicts:
            own = settings.home / FILE
            before = own.read_text("utf-8-sig") if own.exists() else ""
            ended = before if before.endswith("\n") or not before else before + "\n"
            write_whole(own, ended + "".join(as_line(each) + "\n" for each in imported.merged.verdicts))
        return Reader(models=settings.models, home=settings.home)

    summary = run_prepared(settings, f"curate import {path.name}", prepare)
    if summary is None:
        return None
    with reading(OutputPaths(settings.output)) as connection:
        rows = connection.execute(
            "SELECT verdict_id, verdict, claim, cause, difference FROM verdicts "
            "WHERE state = 'needs_rereview' AND verdict_id IN (SELECT unnest(?::VARCHAR[])) ORDER BY ALL",
            [[each.verdict_id for each in imported.merged.verdicts]],
        ).fetchall()
    names = ("verdict_id", "verdict", "claim", "cause", "difference")
    imported.became = [dict(zip(names, row, strict=True)) for row in rows]
    return summary.published


def _about_columns(sheet: Returned, columns: Sequence[Column]) -> Iterator[Remark]:
    for column in columns:
        if column.name not in sheet.columns and (column.said or column.edit):
            detail = "the column is not in the sheet; its cells count as they were exported"
            yield Remark(1, column.name, "column_missing", detail)
    for name in sheet.foreign:
        yield Remark(1, name, "column_unknown", "the column is none of ours; it was not read")


def _typed(sheet: Returned) -> Iterator[Typed]:
    for number, cells in sheet.rows:
        yield Typed(number, {name: (cell.text, cell.sort) for name, cell in cells.items()})


def _bases(home: Path, sheet: Returned) -> dict[str, Base]:
    """The rows of the exports that the sheet has rows of."""
    keys = {cells["row"].text.strip() for _, cells in sheet.rows if "row" in cells}
    found = {}
    for export in sorted({key.partition(".")[0] for key in keys}):
        path = home / EXPORTS / f"{export}.jsonl"
        if not export.isalnum() or not path.is_file():
            continue
        for number, line in enumerate(path.read_text("utf-8").split("\n"), start=1):
            if line.strip():
                try:
                    row = json.loads(line)
                    found[row["row"]] = read_base(export, row)
                except (ValueError, KeyError, TypeError) as error:
                    raise UnreadableInputError(
                        f"{path}, line {number}: is no exported row ({error}). Put the file back from version control."
                    ) from None
    return {key: found[key] for key in keys & found.keys()}


def _desk(curator: str) -> Desk:
    names = lexicon.shipped()

    def resolve(column: Column, text: str, judged: Reading) -> tuple[dict[str, Any], str | None]:
        return _resolved(names, column, text, judged)

    return Desk(
        shipped_choices(), tuple(claim_kinds()), curator.strip(), f"{datetime.now(UTC):%F}", resolve, _numbers,
        lambda judged, edits: edited_row(judged, edits) is not None,
    )  # fmt: skip


def _resolved(names: lexicon.Lexicon, column: Column, text: str, judged: Reading) -> tuple[dict[str, Any], str | None]:
    """A name that a curator typed: one that stood there, else what the lexicon takes it for, else as typed."""
    for each in judged.names:
        if text.casefold() in (each.name.casefold(), each.text.casefold()):
            return _as_name(each.name, each.entity_id, each.kind), None
    read = read_name(names, text)
    if read.entity:
        return _as_name(read.entity.name, read.entity.curie, read.entity.kind.value), (
            None if read.entity.name == text else f"{text!r} is taken for {read.entity.name} ({read.entity.curie})"
        )
    kinds = [kind for said in claim_kinds().values() for role in column.names if role in said.roles
             for kind in said.roles[role].kinds]  # fmt: skip
    kind = next((each.kind for each in judged.names if each.role in column.names), next(iter(kinds), Kind.DRUG.value))
    could = f"; it may be {', '.join(each.name for each in read.candidates)}" if read.candidates else ""
    return _as_name(text, None, kind), f"{text!r} is {read.reason} to the lexicon{could}; kept as typed"


def _as_name(name: str, entity_id: str | None, kind: str) -> dict[str, Any]:
    return {"name": name, "kind": str(kind)} | ({"entity_id": entity_id} if entity_id else {})


def _numbers(text: str) -> dict[str, Any]:
    """The value, unit, comparator and statistic of a number as printed; unknown where it cannot be read."""
    found = find_quantities(text)
    if len(found) != 1:
        return dict.fromkeys(("value", "unit", "comparator", "statistic"))
    return {name: getattr(found[0], name) for name in ("value", "unit", "comparator", "statistic")}
