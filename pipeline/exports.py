"""Evidence in the formats of others, each with a report of what could not be carried."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipeline.errors import StoreError, UsageError
from pipeline.export import civic, indra, tables, va_spec
from pipeline.export.record import Argument, Carried, Record
from pipeline.paths import OutputPaths
from pipeline.settings import Settings
from pipeline.store import schema
from pipeline.store.query import reading

RECORDS = """
SELECT e.*, c.label, d.pmcid, d.doi, d.title, d.journal, d.year, d.licence, d.trial_ids, g.study_type,
g.suggested_level,
       g.counts, a.arguments
FROM curated_evidence AS e
JOIN documents AS d USING (document_id)
JOIN curated_claims AS c USING (claim_id)
LEFT JOIN evidence_grade AS g USING (evidence_id)
JOIN (SELECT claim_id, list([role, name, entity_kind, entity_id] ORDER BY role, position) AS arguments
      FROM claim_arguments GROUP BY claim_id) AS a USING (claim_id)
WHERE {} ORDER BY e.document_id, e.section_index, e.sentence_start, e.evidence_id
"""
Carry = Callable[[Sequence[Record]], Carried]
Write = Callable[[Path, Carried], None]


@dataclass(frozen=True, slots=True)
class Format:
    """How evidence is carried into a format, and how that is written."""

    carry: Carry
    write: Write


def _flat(write: Callable[[Path, list[dict[str, Any]], list[str]], None]) -> Write:
    return lambda path, carried: write(path, carried.items, list(carried.items[0]) if carried.items else [])


def _json(path: Path, carried: Carried) -> None:
    path.write_text(json.dumps(carried.items, ensure_ascii=False, indent=1), "utf-8")


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "csv": Format(tables.carry_flat, _flat(tables.write_csv)),
        "parquet": Format(tables.carry_flat, _flat(tables.write_parquet)),
        "xlsx": Format(tables.carry_flat, _flat(tables.write_xlsx)),
        "jsonl": Format(tables.carry_nested, lambda path, carried: tables.write_lines(path, carried.items)),
        "civic": Format(
            civic.carry, lambda path, carried: tables.write_csv(path, carried.items, civic.COLUMNS, delimiter="\t")
        ),
        "indra": Format(indra.carry, _json),
        "va-spec": Format(va_spec.carry, _json),
    }
)


def export_evidence(
    settings: Settings, form: str, path: Path, *, accepted: bool = False, kind: str = ""
) -> dict[str, Any]:
    """Write the evidence as curators leave it to ``path``, and beside it what could not be carried.

    Returns:
        the loss report, as it stands in ``<path>.losses.json``.

    Raises:
        UsageError: an unknown format, or one whose package is not installed.
        StoreError: there is no snapshot, or the file cannot be written.
    """
    if form not in FORMATS:
        raise UsageError(f"export: {form!r} is none of {', '.join(FORMATS)}.")
    found = records(settings, accepted=accepted, kind=kind)
    carried = FORMATS[form].carry(found)
    report = carried.report(form, len(found))
    try:
        FORMATS[form].write(path, carried)
        path.with_name(f"{path.name}.losses.json").write_text(json.dumps(report, indent=1), "utf-8")
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror}). Give another place.") from error
    return report


def records(settings: Settings, *, accepted: bool = False, kind: str = "") -> list[Record]:
    """The evidence as curators leave it; with ``accepted`` only what they accepted or edited."""
    paths = OutputPaths(settings.output)
    conditions = ["true", *(["e.verdict IN ('accept', 'edit')"] if accepted else []), *(["e.kind = ?"] if kind else [])]
    with reading(paths) as connection:
        if schema.schema_version(connection) != schema.VERSION:
            raise StoreError(f"{paths.evidence}: was made by another version. Run 'resistmine correct apply' first.")
        cursor = connection.execute(RECORDS.format(" AND ".join(conditions)), [kind] if kind else [])
        names = [column[0] for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [Record(tuple(Argument(*each) for each in row.pop("arguments")), row) for row in rows]
