"""The command line. Data on stdout, everything else on stderr; exit 0 complete, 1 failed, 2 wrong use."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from pipeline import __version__, cli_acquire, cli_changes, cli_correct, cli_curate, cli_keep
from pipeline.errors import ResistmineError, UsageError

if TYPE_CHECKING:
    from pipeline.article import Reader
    from pipeline.ingest import Summary
    from pipeline.model import RawRecord

_signals: list[int] = []  # those that have come; a library in C may turn the interruption into an error of its own


class _Commands(TyperGroup):
    """Every command ends here: errors that a person can mend are told in their own words, the exit code is ours."""

    def invoke(self, ctx: Any) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except BrokenPipeError:  # whoever reads our output has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        except KeyboardInterrupt:
            raise _interrupted() from None
        except Exception as error:
            if _signals:
                raise _interrupted() from None
            if not isinstance(error, ResistmineError):
                raise
            print(f"resistmine: {error}", file=sys.stderr)
            raise typer.Exit(2 if isinstance(error, UsageError) else 1) from None


def _interrupted() -> typer.Exit:
    print("resistmine: interrupted. What is published is whole; run the same command to go on.", file=sys.stderr)
    return typer.Exit(1)


app = typer.Typer(
    name="resistmine",
    cls=_Commands,
    help="Typed claims about oncology drug resistance, each with its exact words, from PubMed and PMC into DuckDB.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(cli_correct.app, name="correct")
app.add_typer(cli_acquire.topics, name="topic")
app.command()(cli_acquire.nightly)
app.add_typer(cli_curate.app, name="curate")
app.command()(cli_keep.backfill)
app.command()(cli_keep.backup)
app.command()(cli_keep.restore)
app.command()(cli_keep.replay)
app.command()(cli_changes.changes)
app.command()(cli_changes.check)
STDIN = Path("-")


@app.command()
def demo() -> None:
    """Run the whole job on the bundled sample of made-up records and show what comes of it."""
    from pipeline.demo import run_demo
    from pipeline.settings import load_settings

    run_demo(load_settings())


@app.command()
def ingest(
    files: Annotated[
        list[Path] | None,
        typer.Option("--files", readable=False, help="PubMed XML, JATS, text or JSON Lines; .gz and .tar.gz of them."),
    ] = None,
    more: Annotated[
        list[Path] | None, typer.Argument(readable=False, help="More files or folders.", metavar="[PATH]...")
    ] = None,
    query: Annotated[str | None, typer.Option("--query", help="What to search PubMed for.")] = None,
    pmids: Annotated[Path | None, typer.Option("--pmids", readable=False, help="A file of PMIDs.")] = None,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="Only what entered PubMed on this day or later.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DATE", help="Only up to this day, included.")] = None,
    most: Annotated[int | None, typer.Option("--max", metavar="N", min=1, help="Only the N newest.")] = None,
    full_text: Annotated[bool, typer.Option("--full-text", help="Also the open full texts of PMC.")] = False,
) -> None:
    """Read files, or fetch from PubMed; extract claims, publish a snapshot.

    Files read before cost nothing; an interrupted run goes on where it stopped.
    """
    paths = [*(files or ()), *(more or ())]
    given = [name for name, value in (("--files", paths), ("--query", query), ("--pmids", pmids)) if value]
    if len(given) != 1:
        what = f"{' and '.join(given)} cannot go together" if given else "no files given"
        raise UsageError(f"ingest: {what}. Say which: resistmine ingest --files PATH… | --query Q | --pmids FILE")
    if not query and (first or last or most):
        raise UsageError("ingest: --from, --to and --max narrow a --query. Give one, or leave them out.")
    if paths and full_text:
        raise UsageError("ingest: --full-text goes with --query or --pmids. Leave it out.")
    if paths:
        _ingest_files(paths)
    else:
        cli_acquire.fetch(query, pmids, first=first, last=last, most=most, full_text=full_text)


def _ingest_files(paths: list[Path]) -> None:
    from rich.text import Text

    from pipeline.console import err, progress
    from pipeline.ingest import ingest_files
    from pipeline.settings import load_settings

    command = "ingest --files " + " ".join(map(str, paths))
    with progress(paths, "reading") as note:
        summary = ingest_files(paths, load_settings(), command=command, note=note)
    err.print(Text(told(summary)))
    if summary.files_unreadable or summary.files_incomplete:
        raise typer.Exit(1)


def told(summary: Summary) -> str:
    """What an ingest did, for people."""
    counts = summary.counts
    lines = [
        f"{counts.documents} articles read, {counts.evidence} evidence found, {counts.unchanged} records unchanged"
        + (f", {counts.older} older than what is stored" if counts.older else "")
        + (f", {counts.rejections} not readable" if counts.rejections else "")
        + (
            f"; {summary.files_done_before} of {summary.files} files were read before"
            if summary.files_done_before
            else ""
        )
        + "."
    ]
    if summary.read_again:
        lines.append(f"{summary.read_again} stored articles were read again, for corrections that have changed.")
    lines += [f"  {each}" for each in summary.refused]
    if counts.rejections > len(summary.refused):
        where = "stage IN ('acquire', 'parse')"
        lines.append(f'All of them: resistmine sql "SELECT reason, detail FROM rejections WHERE {where}"')
    lines += [f"Pruned: {summary.pruned}."] if summary.pruned else []
    lines.append(f"Published as snapshot {summary.published}.")
    return "\n".join(lines)


@app.command()
def extract(
    file: Annotated[Path, typer.Argument(readable=False, help="JSON Lines; - for standard input.")] = STDIN,
) -> None:
    """JSON Lines in, claims as JSON Lines out; nothing is stored."""
    from pipeline.export.jsonl import BadLine, claim_line, read_documents
    from pipeline.parse import parse

    reader = _reader()
    bad = 0
    with _lines(file) as lines:
        for given in read_documents(lines, parse):
            if isinstance(given, BadLine):
                bad += 1
                print(given, file=sys.stderr)
                continue
            for evidence in reader.read(given.document).evidence:
                _print_json(claim_line(given, evidence))
    if bad:
        raise typer.Exit(1)


@app.command()
def annotate(
    file: Annotated[Path, typer.Argument(readable=False, help="JSON Lines; - for standard input.")] = STDIN,
    model_only: Annotated[bool, typer.Option("--model-only", help="Only what the language model finds.")] = False,
) -> None:
    """JSON Lines in, the names of every sentence as JSON Lines out."""
    from pipeline.annotate.nlp import NO_MODEL
    from pipeline.article import Reader
    from pipeline.export.jsonl import BadLine, mentions_line, read_documents
    from pipeline.parse import parse
    from pipeline.settings import load_settings

    settings = load_settings()
    if model_only and settings.models == (NO_MODEL,):
        raise UsageError("annotate --model-only: RESISTMINE_NLP_MODEL is 'none'. Unset it, or name a model.")
    reader = Reader(models=settings.models, home=settings.home, screened=False)
    bad = 0
    with _lines(file) as lines:
        for given in read_documents(lines, parse):
            if isinstance(given, BadLine):
                bad += 1
                print(given, file=sys.stderr)
                continue
            _print_json(mentions_line(given, reader.names(given.document, model_only=model_only)))
    if bad:
        raise typer.Exit(1)


@app.command()
def article(
    identity: Annotated[
        str, typer.Argument(help="A stored document_id, PMID, PMCID or DOI; or a file.", metavar="ID|FILE")
    ],
) -> None:
    """Every step of one article: its sections, which sentences were read and why not, names, claims, refusals."""
    from pipeline.report import print_article
    from pipeline.settings import load_settings

    settings = load_settings()
    for raw in _raw_records(identity):
        print_article(raw, _reader(), settings)


def _raw_records(identity: str) -> Iterable[RawRecord]:
    from pipeline.explain import raw_records_of
    from pipeline.paths import OutputPaths
    from pipeline.records import raw_records_in
    from pipeline.settings import load_settings

    if os.path.isfile(identity):
        return raw_records_in(Path(identity))
    return raw_records_of(OutputPaths(load_settings().output), identity)


@app.command()
def explain(
    identity: Annotated[
        str,
        typer.Argument(
            help="A claim_id, an evidence_id; or sentences in quotes.", metavar="CLAIM_ID|EVIDENCE_ID|SENTENCES"
        ),
    ],
    section: Annotated[str, typer.Option(help="The kind of section that sentences stand in.")] = "abstract",
) -> None:
    """The way back from a claim to its words: evidence, sentence, rule, names, raw record.

    Of sentences: what is read in them, and why the rest is not taken.
    """
    from pipeline.explain import explain as explain_identity
    from pipeline.paths import OutputPaths
    from pipeline.report import print_explained, print_reading
    from pipeline.settings import load_settings

    if " " in identity.strip():
        print_reading(identity, section, _reader())
        return
    print_explained(list(explain_identity(OutputPaths(load_settings().output), identity)))


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="A SELECT over the views.")],
    form: Annotated[str, typer.Option("--format", help="table, csv or json")] = "table",
    allow_files: Annotated[bool, typer.Option("--allow-files", help="Let the query read other files.")] = False,
) -> None:
    """Ask the current snapshot, read-only, also while a run is writing."""
    from pipeline.console import print_table
    from pipeline.paths import OutputPaths
    from pipeline.settings import load_settings
    from pipeline.store.query import select

    if not query.strip():
        raise UsageError("sql: the query is empty. Give a SELECT over the views, as in SELECT * FROM claims LIMIT 5.")
    if form not in ("table", "csv", "json"):
        raise UsageError(f"sql --format: {form!r} is not known. Use table, csv or json.")
    print_table(select(OutputPaths(load_settings().output), query, allow_files=allow_files), form)


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False) -> None:
    """How fresh the evidence is, how much there is, what was rejected and why, and the last runs."""
    from pipeline.settings import load_settings
    from pipeline.status import print_status, status_of

    found = status_of(load_settings())
    if as_json:
        print(json.dumps(found, default=str, ensure_ascii=False, indent=1))
    else:
        print_status(found)


@app.command()
def evaluate(
    gold: Annotated[
        list[Path],
        typer.Argument(
            readable=False, help="JSON Lines with doc, text and labels; plain or .gz.", metavar="GOLD.jsonl..."
        ),
    ],
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write every miss and extra as a page.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Measured quality against labelled texts: precision, recall and F1 by kind, section and rule, with intervals."""
    from pipeline.evaluate import evaluate as measure
    from pipeline.evaluate import told
    from pipeline.evaluate.gallery import gallery
    from pipeline.evaluate.gold import read_gold
    from pipeline.report import print_evaluation

    documents = [document for file in gold for document in read_gold(file)]
    reader = _reader()
    evaluation = measure(documents, reader)
    if html:
        cli_changes.write(html, gallery(evaluation, reader))
    if as_json:
        print(json.dumps(told(evaluation), ensure_ascii=False, indent=1))
    else:
        print_evaluation(evaluation)


@app.command()
def export(
    form: Annotated[str, typer.Argument(help="csv, parquet, xlsx, jsonl, civic, va-spec or indra", metavar="FORMAT")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write; its losses go beside it.")],
    accepted: Annotated[bool, typer.Option("--accepted", help="Only what curators accepted or edited.")] = False,
    kind: Annotated[str, typer.Option("--kind", help="One kind of claim.")] = "",
) -> None:
    """Evidence as curators leave it, in the format of others, with a report of what could not be carried.

    Words of a paper are passed on only where its licence allows it.
    """
    from pipeline.console import err
    from pipeline.exports import export_evidence
    from pipeline.settings import load_settings

    report = export_evidence(load_settings(), form, output, accepted=accepted, kind=kind)
    err.print(f"{report['carried']} of {report['evidence']} evidence written to {output}.", markup=False)
    for what in ("left_out", "carried_in_part"):
        for reason, each in report[what].items():
            err.print(f"  {what.replace('_', ' ')}: {each['count']:6} {reason}", markup=False)
    err.print(f"All of them: {output}.losses.json", markup=False)


@app.command()
def review(
    topic: Annotated[
        str, typer.Argument(help="A template, or a drug, gene, mechanism, disease or saved topic.", metavar="TOPIC")
    ],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file: .md, .html or .docx.")] = None,
    style: Annotated[str, typer.Option("--style", help="A CSL style, by name, or a .csl file.")] = "",
    references: Annotated[
        Path | None, typer.Option("--references", help="The references too, as .bib, .ris or .json (CSL-JSON).")
    ] = None,
    confirm: Annotated[
        list[str] | None, typer.Option("--confirm", metavar="PROSE|all", help="You have read this prose again.")
    ] = None,
    new: Annotated[bool, typer.Option("--new", help="Write a template for TOPIC, to be changed by you.")] = False,
) -> None:
    """A review document: tables, references, plots and your own prose, built from the evidence.

    Prose is kept byte for byte; where claims behind it have changed it is marked until you confirm it.
    """
    from pipeline.console import err
    from pipeline.review.desk import Ask, notes, start_template, write_review
    from pipeline.settings import load_settings

    if new == bool(output):
        raise UsageError("review: say where to: -o FILE.md, .html or .docx; or --new for a template to change.")
    if output is None:
        err.print(f"{start_template(load_settings(), topic)}: a template to change.", markup=False)
        return
    ask = Ask(topic, output, style=style, references=references, confirm=tuple(confirm or ()))
    for line in notes(write_review(load_settings(), ask)):
        err.print(line, markup=False)


# ------------------------------------------------------------------------------------------------ what commands share


def _reader() -> Reader:
    from pipeline.article import Reader
    from pipeline.settings import load_settings

    settings = load_settings()
    return Reader(models=settings.models, home=settings.home)


def _print_json(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")


@contextmanager
def _lines(file: Path) -> Iterator[Iterable[bytes]]:
    if file == STDIN:
        yield sys.stdin.buffer
        return
    try:
        handle = file.open("rb")
    except OSError as error:
        raise UsageError(
            f"{file}: cannot be read ({error.strerror}). Give a file of JSON lines, or - for stdin."
        ) from None
    with handle:
        yield handle


def _version(wanted: bool) -> None:
    if wanted:
        print(f"resistmine {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options of the program itself."""


def _interrupt(number: int, _frame: object) -> None:
    _signals.append(number)
    raise KeyboardInterrupt


def main() -> None:
    """Run the command line; SIGTERM interrupts like Ctrl-C."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as a shell sets it for what runs in the background
            signal.signal(number, _interrupt)
    app()
