"""Commands that hold things against each other: snapshots (changes), a document against the evidence (check)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import UsageError

FORMS = {"table": "", "md": ".md", "json": ".json"}
CHECKED = FORMS | {"html": ".html"}


def changes(
    since: Annotated[
        str, typer.Option("--since", metavar="SNAPSHOT|DATE", help="A snapshot; or a date: the last one by then.")
    ],
    until: Annotated[
        str | None, typer.Option("--until", metavar="SNAPSHOT|DATE", help="Instead of the current one.")
    ] = None,
    reviews: Annotated[
        list[str] | None, typer.Option("--review", metavar="NAME", help="Also what is touched of this review.")
    ] = None,
    form: Annotated[str | None, typer.Option("--format", help="table, md or json")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines: all of it.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE.md|.json", help="Write it to a file.")
    ] = None,
) -> None:
    """What has changed since a snapshot: claims new, stronger, weaker, contradicted, retracted or gone, and why."""
    from pipeline.changes import as_json as json_of
    from pipeline.changes import as_markdown, changes_since
    from pipeline.paths import OutputPaths
    from pipeline.report import print_changes
    from pipeline.settings import load_settings

    wanted = _form("changes", form, output, FORMS, as_json=as_json)
    settings = load_settings()
    found = changes_since(OutputPaths(settings.output), since, until, home=settings.home, reviews=reviews or ())
    if wanted == "table":
        print_changes(found)
        return
    text = json_of(found) if wanted == "json" else as_markdown(found)
    if output:
        write(output, text)
    else:
        print(text, end="")


def check(
    file: Annotated[Path, typer.Argument(readable=False, help="A review: plain text, Markdown or .docx.")],
    form: Annotated[str | None, typer.Option("--format", help="table, md, html or json")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE.md|.html|.json", help="Write it to a file.")
    ] = None,
) -> None:
    """A review held against the evidence: what is said, denied, near, not found or outdated."""
    from pipeline.changes import as_json as json_of
    from pipeline.check import check_file
    from pipeline.check.telling import as_html, as_markdown
    from pipeline.report import print_checked
    from pipeline.settings import load_settings

    wanted = _form("check", form, output, CHECKED, as_json=as_json)
    checked = check_file(file, load_settings())
    if wanted == "table":
        print_checked(checked)
        return
    text = {"json": json_of, "md": as_markdown, "html": as_html}[wanted](checked)
    if output:
        write(output, text)
    else:
        print(text, end="")


def _form(command: str, form: str | None, output: Path | None, forms: dict[str, str], *, as_json: bool) -> str:
    """The form that is asked for, by its name or by the name of the file; the first of ``forms`` without either."""
    by_name = {suffix: name for name, suffix in forms.items() if suffix}
    if output and output.suffix.lower() not in by_name:
        raise UsageError(f"{command} -o: {output} ends with none of {', '.join(by_name)}. Give it one of these names.")
    asked = {
        each for each in (form, "json" if as_json else None, by_name[output.suffix.lower()] if output else None) if each
    }
    if len(asked) > 1:
        raise UsageError(f"{command}: {' and '.join(sorted(asked))} cannot go together. Ask for one.")
    wanted = asked.pop() if asked else next(iter(forms))
    if wanted not in forms:
        raise UsageError(f"{command} --format: {wanted!r} is not known. Use {', '.join(forms)}.")
    return wanted


def write(file: Path, text: str) -> None:
    """Write what a command has made.

    Raises:
        UsageError: the file cannot be written.
    """
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{file}: cannot be written ({error.strerror}). Give a file in a folder that is there."
        ) from None
