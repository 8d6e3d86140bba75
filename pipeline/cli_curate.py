"""``resistmine curate …``: evidence to a sheet, and what people typed in it back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pipeline.curate import Imported

app = typer.Typer(
    help="Curation: evidence to a sheet, and the verdicts typed in it back.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
Sheet = Annotated[Path, typer.Argument(help="The sheet: .xlsx or .csv.", metavar="FILE.xlsx|.csv", readable=False)]
TOLD = 20  # remarks of each sort on the screen; --json has all


@app.command()
def export(
    file: Sheet,
    *,
    topic: Annotated[str, typer.Option("--topic", help="Claims about this drug, gene, mechanism or disease.")] = "",
    kind: Annotated[str, typer.Option("--kind", help="One kind of claim.")] = "",
    where: Annotated[str, typer.Option("--where", help="A condition in SQL on the columns of the view evidence.")] = "",
    pending: Annotated[bool, typer.Option("--pending", help="Only what nobody has judged.")] = False,
    rereview: Annotated[bool, typer.Option("--rereview", help="Only what needs a second look.")] = False,
) -> None:
    """One row an evidence, ready for verdicts. Sentences are for your own work, whatever their licence."""
    from pipeline.console import err
    from pipeline.curate import Selection, export_sheet
    from pipeline.settings import load_settings

    made = export_sheet(load_settings(), file, Selection(topic, kind, where, pending, rereview))
    gone = f", {made.without_evidence} of them verdicts whose evidence is not read any more" * bool(
        made.without_evidence
    )
    err.print(f"{made.rows} rows written to {file}{gone}. Export {made.export}.", markup=False)


@app.command("import")
def import_(
    file: Sheet,
    *,
    curator: Annotated[str, typer.Option("--curator", help="Who signs rows without a curator.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be taken.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Take the verdicts that were typed in a sheet. Rows with a problem are told and left out (exit 1)."""
    from pipeline.curate import import_sheet
    from pipeline.settings import load_settings

    imported = import_sheet(load_settings(), file, curator, dry_run=dry_run)
    if as_json:
        print(json.dumps(_as_object(imported), ensure_ascii=False, indent=1))
    else:
        _tell(imported, dry_run=dry_run)
    if not imported.complete:
        raise typer.Exit(1)


def _as_object(imported: Imported) -> dict[str, object]:
    def remarks(listed: list[object]) -> list[dict[str, object]]:
        return [{name: getattr(each, name) for name in ("row", "column", "reason", "detail")} for each in listed]

    merged = imported.merged
    verdicts = [
        {"verdict_id": each.verdict_id, "evidence_id": each.judged.evidence_id, "verdict": each.verdict,
         "curator": each.curator, "replaces": list(each.replaces)}
        for each in merged.verdicts
    ]  # fmt: skip
    return {
        "file": str(imported.path), "place": imported.place, "counts": imported.counts(), "verdicts": verdicts,
        "problems": remarks([*merged.problems]), "notes": remarks([*merged.notes]), "need_rereview": imported.became,
        "snapshot": imported.published,
    }  # fmt: skip


def _tell(imported: Imported, *, dry_run: bool) -> None:
    from pipeline.console import err

    merged, counts = imported.merged, imported.counts()
    for what, remarks in (("", merged.notes), ("", merged.problems)):
        for each in remarks[:TOLD]:
            err.print(f"{imported.path}, {imported.place}, {each}{what}", markup=False)
        if len(remarks) > TOLD:
            err.print(f"… and {len(remarks) - TOLD} more; --json has all", markup=False)
    for row in imported.became[:TOLD]:
        told = f"{row['claim']}: {row['verdict']} needs a second look: {row['cause']}: {row['difference'] or ''}"
        err.print(told, markup=False)
    err.print(
        f"{counts['rows']} rows: {counts['new']} new verdicts{' would be taken' if dry_run else ''}, "
        f"{counts['known_before']} known before, {counts['untouched']} untouched, {counts['problems']} with problems.",
        markup=False,
    )
    if imported.published:
        err.print(f"Published as snapshot {imported.published}.", markup=False)
    elif merged.verdicts and not dry_run:
        err.print("There is no database yet; the next ingest uses the verdicts.", markup=False)
