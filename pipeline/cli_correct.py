"""``resistmine correct …``: the corrections ledger on the command line."""

from __future__ import annotations

import getpass
import inspect
import json
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.correct import Effect, Outcome, Proposal
    from pipeline.lexicon.corrections import Correction

app = typer.Typer(
    help="The corrections ledger: what a written name really means, where, and why.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
Surface = Annotated[str, typer.Argument(help="The name as written; several separated by |.")]
Target = Annotated[str, typer.Argument(help="Preferred name that it stands for; none for a non-entity.")]
KindOf = Annotated[str, typer.Option("--kind", help="misspelling, synonym, confusion or non-entity")]
Scope = Annotated[str, typer.Option("--scope", help="global, document or context; follows from the options below")]
Documents = Annotated[
    list[str] | None, typer.Option("--document", help="Only in this document (PMID, PMCID, DOI, document_id).")
]
Context = Annotated[list[str] | None, typer.Option("--context", help="Only where the section (scope document: the "
                                                   "document) has this word.")]  # fmt: skip
Unless = Annotated[list[str] | None, typer.Option("--unless", help="Not in sentences with this word.")]
Safety = Annotated[str, typer.Option("--safety", help="always, in_context or never_silent")]
Reason = Annotated[str, typer.Option("--reason", help="Why.")]
Reference = Annotated[str, typer.Option("--reference", help="Where that is known from.")]
Sentence = Annotated[str, typer.Option("--example", help="A sentence that shows it: its test.")]
AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]
Contributor = Annotated[str, typer.Option("--contributor", help="Who says so; your login name by default.")]


def _proposal(
    surface: Surface,
    target: Target = "",
    *,
    kind: KindOf = "misspelling",
    scope: Scope = "",
    safety: Safety = "",
    document: Documents = None,
    context: Context = None,
    unless: Unless = None,
    reason: Reason = "",
    reference: Reference = "",
    contributor: Contributor = "",
    example: Sentence = "",
) -> Proposal:
    """The row that the arguments and options of a command describe."""
    from pipeline.correct import Proposal

    documents, words, not_words = (tuple(given or ()) for given in (document, context, unless))
    return Proposal(
        surface, target, kind, scope, safety, documents, words, not_words, reason, reference, contributor, example
    )


def of_a_row(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose first parameter is a proposal, with the arguments and options of one in its place."""
    described, own = inspect.signature(_proposal).parameters, list(inspect.signature(command).parameters.values())[1:]

    @wraps(command)
    def called(**given: Any) -> None:
        row = {name: given.pop(name) for name in described}
        command(_proposal(**row), **given)

    parameters = [each.replace(annotation=globals()[each.annotation]) for each in (*described.values(), *own)]
    vars(called)["__signature__"] = inspect.Signature(parameters)
    called.__annotations__ = {each.name: each.annotation for each in parameters}  # typer reads both
    return called


@app.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Also the rows that are switched off.")] = False,
    form: Annotated[str, typer.Option("--format", help="table, csv or json")] = "table",
) -> None:
    """The rows, where they come from, and how many names they change."""
    from pipeline.console import print_table
    from pipeline.correct import listed
    from pipeline.settings import load_settings
    from pipeline.store.query import Table

    if form not in ("table", "csv", "json"):
        raise UsageError(f"correct list --format: {form!r} is not known. Use table, csv or json.")
    rows = listed(load_settings(), inactive=everything)
    columns = tuple(rows[0]) if rows else ()
    if form == "table":
        columns = ("correction_id", "surface", "target", "kind", "scope", "origin", "active", "applied_count", "state")
    print_table(Table(columns, tuple(tuple(row[name] for name in columns) for row in rows)), form)


@app.command("try")
@of_a_row
def try_(proposal: Proposal, *, as_json: AsJson = False) -> None:
    """What a correction would change in the current snapshot, with three examples. Nothing is written.

    It takes the options of add, so that one may be made of the other.
    """
    from pipeline.correct import try_correction
    from pipeline.settings import load_settings

    row, effect = try_correction(load_settings(), proposal)
    if as_json:
        print(json.dumps(_as_object(row, effect), ensure_ascii=False, indent=1))
    else:
        _print_effect(row, effect)


@app.command()
@of_a_row
def add(proposal: Proposal) -> None:
    """Add a row to your ledger and apply it to what is stored, without reading any file again."""
    from pipeline.console import err
    from pipeline.correct import add_correction
    from pipeline.settings import load_settings

    if not proposal.reason.strip():
        raise UsageError("correct add: a correction is signed. Say why: --reason …")
    signed = replace(proposal, contributor=proposal.contributor or _login())
    _tell(add_correction(load_settings(), signed, lambda told: err.print(told, markup=False)), "stands in the ledger")


@app.command()
def undo(
    correction_id: Annotated[str, typer.Argument(help="The id of a row, your own or a shipped one.")],
    contributor: Contributor = "",
) -> None:
    """Switch a row off and put everything back as it was; the row is kept, with who switched it off and when."""
    from pipeline.console import err
    from pipeline.correct import undo_correction
    from pipeline.settings import load_settings

    outcome = undo_correction(
        load_settings(), correction_id, contributor or _login(), lambda told: err.print(told, markup=False)
    )
    _tell(outcome, "is switched off")


@app.command()
def apply() -> None:
    """Apply the ledger as it stands: after it was edited by hand, or a change of it broke off."""
    from pipeline.correct import apply_ledger
    from pipeline.settings import load_settings

    _tell(apply_ledger(load_settings()), "")


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        raise UsageError("correct: nobody is logged in. Say who you are: --contributor …") from None


def _as_object(row: Correction, effect: Effect) -> dict[str, object]:
    examples = [{name: getattr(each, name) for name in each.__slots__} for each in effect.examples]
    return {
        "surface": list(row.surfaces), "target": row.target.name if row.target else None, "scope": row.scope,
        "would_change": effect.counts(), "claims_gone": sorted(effect.claims_gone - effect.claims_new),
        "claims_new": sorted(effect.claims_new - effect.claims_gone), "examples": examples,
    }  # fmt: skip


def _print_effect(row: Correction, effect: Effect) -> None:
    from rich.text import Text

    from pipeline.console import out, print_pairs

    meant = row.target.name if row.target else "no name"
    out.print(Text(f"{' | '.join(row.surfaces)} → {meant} ({row.kind}, {row.scope}) would change", "bold"))
    counts = effect.counts()
    held = counts.pop("documents_with_the_name")
    print_pairs(list(counts.items()))
    where = "that it is about" if row.documents else "stored"
    out.print(Text(f"The name stands in {held} of the documents {where}. Nothing was written."))
    for each in effect.examples:
        out.print(Text(f"\n{each.text}: {each.before or 'no name'} → {each.after or 'no name'}", "bold"))
        out.print(Text(f"  “{each.sentence}”\n  {f'pmid:{each.pmid}' if each.pmid else each.document_id}"))


def _tell(outcome: Outcome, what: str) -> None:
    from pipeline.console import err

    told = []
    if outcome.row and not outcome.written:
        told.append(f"{outcome.row.correction_id} {what} already.")
    if outcome.summary is None:
        told.append("There is no database yet; the next ingest uses the ledger.")
    else:
        told.append(f"{outcome.summary.read_again} documents read again. "
                    f"Published as snapshot {outcome.summary.published}.")  # fmt: skip
    err.print(" ".join(told), markup=False)
