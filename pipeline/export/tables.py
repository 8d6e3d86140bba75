"""CSV, Parquet, XLSX and JSON Lines: one row or object an evidence."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import orjson
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from pipeline.export.record import Carried, Record, flat, nested, withheld
from pipeline.export.sheet import FORMULA, guarded, writable

SCHEMA = "evidence.schema.json"
TYPES = {
    "value": "DOUBLE", "acquired": "BOOLEAN", "year": "INTEGER", "section_index": "INTEGER",
    "sentence_start": "INTEGER",
    "sentence_end": "INTEGER",
}  # fmt: skip


def carry_flat(records: Sequence[Record]) -> Carried:
    return Carried([flat(each) for each in records], list(withheld(records)))


def carry_nested(records: Sequence[Record]) -> Carried:
    return Carried([nested(each) for each in records], list(withheld(records)))


def write_csv(path: Path, rows: Sequence[dict[str, Any]], columns: Sequence[str], *, delimiter: str = ",") -> None:
    """Rows as text; what begins like a formula is kept from being one."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, delimiter=delimiter)
        writer.writerow(columns)
        writer.writerows([_plain(row[name]) for name in columns] for row in rows)


def _plain(value: Any) -> Any:
    return "" if value is None else guarded(value) if isinstance(value, str) else value


def write_parquet(path: Path, rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    """Rows with their types."""
    described = ", ".join(f"{name}: '{TYPES.get(name, 'VARCHAR')}'" for name in columns)
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file, duckdb.connect() as connection:
        file.write(b"".join(orjson.dumps(row) + b"\n" for row in rows))
        file.flush()
        target = str(path).replace("'", "''")
        connection.execute(
            f"COPY (SELECT * FROM read_json(?, format = 'newline_delimited', columns = {{{described}}})) "
            f"TO '{target}' (FORMAT parquet)",
            [file.name],
        )


def write_xlsx(path: Path, rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    """Rows in a sheet with a frozen head and filters; text stays text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("evidence")
    sheet.freeze_panes = "A2"
    sheet.append(list(columns))
    for row in rows:
        sheet.append([_cell(sheet, row[name]) for name in columns])
    book.save(path)


def _cell(sheet: Any, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, writable(value))
    cell.data_type = "s"
    cell.number_format = "@"
    cell.quotePrefix = value.startswith(FORMULA)
    return cell


def write_lines(path: Path, objects: Iterable[dict[str, Any]]) -> None:
    """JSON Lines, with the schema that they follow beside them."""
    path.write_bytes(b"".join(orjson.dumps(each) + b"\n" for each in objects))
    path.with_name(f"{path.name}.schema.json").write_bytes((files("schemas") / "export" / SCHEMA).read_bytes())
