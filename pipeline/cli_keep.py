"""Commands for volume and for keeping: backfill, replay, backup and restore."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import UsageError


def backfill(
    files: Annotated[
        list[Path] | None, typer.Option("--files", readable=False, help="Baseline and update files, or their folders.")
    ] = None,
    more: Annotated[list[Path] | None, typer.Argument(readable=False, metavar="[PATH]...")] = None,
    mirror: Annotated[
        bool, typer.Option("--mirror", help="Fetch what is missing of PubMed's baseline and update files first.")
    ] = False,
) -> None:
    """PubMed's baseline and update files in bulk, in the order of their numbers; RESISTMINE_WORKERS processes read.

    Files read before cost nothing; an interrupted run goes on where it stopped.
    """
    from pipeline.backfill import backfill_files, backfill_mirror, in_order
    from pipeline.cli import told
    from pipeline.console import progress
    from pipeline.settings import load_settings

    paths = [*(files or ()), *(more or ())]
    if mirror == bool(paths):
        found = "--files and --mirror cannot go together" if mirror else "no files given"
        raise UsageError(f"backfill: {found}. Say one: resistmine backfill --files PATH… | --mirror")
    settings = load_settings()
    if mirror:
        summary = backfill_mirror(settings, command="backfill --mirror", tell=_tell)
    else:
        command = "backfill --files " + " ".join(map(str, paths))
        with progress(in_order(paths), "reading") as note:
            summary = backfill_files(paths, settings, command=command, note=note)
    _tell(told(summary))
    if summary.files_unreadable or summary.files_incomplete:
        raise typer.Exit(1)


def _tell(text: str) -> None:
    print(text, file=sys.stderr)


def backup(file: Annotated[Path, typer.Argument(help="The file to make (.tar.gz).")]) -> None:
    """Save everything that people made (RESISTMINE_HOME): corrections, verdicts, topics, templates."""
    from pipeline.keep import backup as save
    from pipeline.settings import load_settings

    home = load_settings().home
    _tell(f"{save(home, file)} files of {home} saved in {file}.")


def restore(file: Annotated[Path, typer.Argument(readable=False, help="A file that backup has made.")]) -> None:
    """Put back what a backup holds; what is there now is put aside, not lost."""
    from pipeline.keep import restore as put_back
    from pipeline.settings import load_settings

    home = load_settings().home
    count, aside = put_back(file, home)
    _tell(f"{count} files are back in {home}." + (f" What was there is in {aside}." if aside else ""))
    _tell("The next run reads again what a correction touches; 'resistmine correct apply' does it now.")


def replay(run: Annotated[str, typer.Argument(help="A run_id, as status shows.", metavar="RUN")]) -> None:
    """Repeat a run from its manifest, beside what is published, and say whether the same tables come of it."""
    from pipeline.replay import replay as repeat
    from pipeline.settings import load_settings

    compared = repeat(load_settings(), run)
    print("view\trows then\trows now\tsame")
    for each in compared:
        print(each.view, each.before[0], each.now[0], "yes" if each.same else "NO", sep="\t")
    if not all(each.same for each in compared):
        raise typer.Exit(1)
