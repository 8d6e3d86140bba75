"""``resistmine review``: find the template, build, hold prose against its lock, write. No prose is lost."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

import duckdb

from pipeline.errors import StoreError, UsageError
from pipeline.home import write_whole
from pipeline.paths import OutputPaths
from pipeline.review import build
from pipeline.review import docx as word
from pipeline.review import html as page
from pipeline.review import markdown as plain
from pipeline.review.library import shipped
from pipeline.review.lock import after, as_json, judged, read_lock
from pipeline.review.pictures import picture
from pipeline.review.prose import Block, blocks, merged, put, read_prose
from pipeline.review.records import Review
from pipeline.review.references import write_references
from pipeline.review.scope import find_subject, subject_of
from pipeline.review.telling import Telling
from pipeline.review.template import FOLDER, PLOTS, Template, default, load_template, template_names
from pipeline.settings import Settings
from pipeline.store import schema
from pipeline.store.query import reading
from pipeline.text import sha256

SAVED = "SELECT DISTINCT topic FROM topic_members WHERE topic = ?"


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, and what a person should know of it."""

    path: Path
    review: Review
    aside: Path | None
    taken: tuple[str, ...]
    both: tuple[str, ...]
    unmarked: Path | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """What was asked for: a ``style`` other than the template's, a file for ``references``, blocks to ``confirm``."""

    topic: str
    output: Path
    style: str = ""
    references: Path | None = None
    confirm: tuple[str, ...] = ()


def write_review(settings: Settings, ask: Ask, *, remember: bool = True) -> Written:
    """Build a review and write it; ``remember``: keep in the lock what its prose rests on.

    Raises:
        UsageError: an unknown topic, form, style or block of prose.
        KnowledgeError: a template, prose or lock that cannot be read; nothing was written.
        StoreError: there is no snapshot, or a file cannot be written.
    """
    form = FORMS.get(ask.output.suffix.lower())
    if form is None:
        raise UsageError(f"{ask.output}: ends in none of {', '.join(FORMS)}. Give a name that does.")
    paths = OutputPaths(settings.output)
    with reading(paths) as connection:
        if schema.schema_version(connection) != schema.VERSION:
            raise StoreError(f"{paths.evidence}: was made by another version. Run 'resistmine correct apply' first.")
        template = find_template(settings.home, ask.topic, connection)
        taken, both = _take_up(settings.home, template, ask.output)
        prose = MappingProxyType({**template.prose, **taken, **both})
        review = build(replace(template, prose=prose, style=ask.style or template.style), connection)
    locked = settings.home / FOLDER / f"{template.name}.lock.json"
    kept = read_lock(locked)
    lock = kept.lock(ask.output.name)
    lock = after(review, lock, ask.confirm) if ask.confirm else lock
    review = judged(review, lock)
    aside = _write(ask.output, form, Telling.of(review))
    if ask.references:
        write_references(ask.references, review.references)
    if remember:
        _remember(locked, as_json(kept.with_build(ask.output.name, after(review, lock))))
    own = settings.home / FOLDER / f"{template.name}.md"
    unmarked = own if own.exists() and not read_prose(own) and own.read_text("utf-8").strip() else None
    return Written(ask.output, review, aside, tuple(taken), tuple(both), unmarked)


# ------------------------------------------------------------------------------------------------ templates


def find_template(home: Path, topic: str, connection: duckdb.DuckDBPyConnection) -> Template:
    """The template of this name; else the default one for what the name means, with people's own prose.

    Raises:
        UsageError: the name means nothing that we know.
    """
    if topic in template_names(home):
        return load_template(home, topic)
    subject = find_subject(topic, connection)
    if subject is None and connection.execute(SAVED, [topic]).fetchall():
        made = default(topic, f"Resistance: {topic}", "any", saved=topic)
    else:
        subject = subject or subject_of(topic, connection)
        title = f"Resistance to {subject.name}" if subject.family == "drug" else f"Drug resistance and {subject.name}"
        made = default(subject.name, title, subject.family)
    if made.name in template_names(home):
        return load_template(home, made.name)
    own = read_prose(home / FOLDER / f"{made.name}.md")
    return replace(made, prose=MappingProxyType({each.name: each.text for each in own}))


def start_template(settings: Settings, topic: str) -> Path:
    """Write the template of a topic into RESISTMINE_HOME, to be changed by people, with a place for each prose.

    Raises:
        UsageError: the topic is not known, or there is a template already.
    """
    with reading(OutputPaths(settings.output)) as connection:
        template = find_template(settings.home, topic, connection)
    path = settings.home / FOLDER / f"{template.name}.toml"
    if path.exists():
        raise UsageError(f"{path}: is there already. Edit it, or remove it.")
    write_whole(path, as_toml(template))
    own = path.with_suffix(".md")
    if not own.exists():
        names = [name for plan in template.sections for what, name in plan.contents if what == "prose"]
        write_whole(own, put("", dict.fromkeys(names, ""), str(own)))
    return path


def as_toml(template: Template) -> str:
    """A template as people write it."""
    lines = [f"title = {_quoted(template.title)}"]
    lines += [f"topic = [{', '.join(map(_quoted, template.topic))}]        # names, identifiers, classes of drugs"]
    lines += [f"saved = {_quoted(template.saved)}"] if template.saved else []
    lines += [
        '# diseases = ["breast cancer"]', '# style = "american-medical-association"', "", "# [filters]",
        "# accepted = true          # only what curators accepted or edited",
        "# minimum_papers = 2       # independent groups that say or deny a claim",
        "# minimum_confidence = 0.8 # how often the rule was right where it was measured",
        '# stances = ["supports", "refutes", "mixed"]', '# certainties = ["asserted", "suggested"]',
        "# reviews = false          # without what reviews say and what is told of others",
        "# withdrawn = false        # without claims that only retracted papers make", "# first_year = 2010",
    ]  # fmt: skip
    lines += ["", f"# tables: {', '.join(shipped().tables)}", f"# plots: {', '.join(PLOTS)}"]
    lines += ["# prose:NAME stands in the file beside this one; {{claim:ID}}, {{table:NAME}} and {{paper:PMID}} cite"]
    for each in template.sections:
        contents = ", ".join(_quoted(f"{what}:{name}") for what, name in each.contents)
        lines += [
            "",
            "[[section]]",
            f"name = {_quoted(each.name)}",
            f"title = {_quoted(each.title)}",
            f"contents = [{contents}]",
        ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# ------------------------------------------------------------------------------------------------ prose


def _take_up(home: Path, template: Template, output: Path) -> tuple[dict[str, str], dict[str, str]]:
    """What people typed in the file that is about to be written anew goes home first; returns what that was.

    Raises:
        UsageError: the file is another review.
    """
    found = _blocks_in(output, template.name)
    taken, both = merged(template.prose, found)
    if taken or both:
        own = home / FOLDER / f"{template.name}.md"
        text = own.read_bytes().decode("utf-8") if own.exists() else ""
        write_whole(own, put(text, taken | both, str(own)))
    return taken, both


def _blocks_in(output: Path, name: str) -> list[Block]:
    if output.suffix.lower() != ".md" or not output.exists():
        return []
    try:
        text = output.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{output}: cannot be read ({error}), so it is not overwritten. Give another name.") from None
    whose = plain.review_of(text)
    if whose and whose != name:
        raise UsageError(f"{output}: is the review {whose!r}. Give another name for {name!r}; nothing was written.")
    return list(blocks(str(output), text))


def _remember(path: Path, text: str) -> None:
    if not path.exists() or path.read_text("utf-8") != text:
        write_whole(path, text, back_up=False)


# ------------------------------------------------------------------------------------------------ files


def _markdown(path: Path, telling: Telling) -> bytes:
    """Pictures go into a folder beside the file."""
    folder = path.with_name(f"{path.stem}.figures")
    shown = {}
    for plot in telling.review.plots():
        drawn = picture(plot, "svg")
        if drawn is not None:
            folder.mkdir(exist_ok=True)
            (folder / f"{plot.name}.svg").write_bytes(drawn)
            shown[plot.name] = quote(f"{folder.name}/{plot.name}.svg")
    return plain.markdown(telling, shown).encode("utf-8")


def _drawn(telling: Telling, form: str) -> Mapping[str, bytes]:
    pictures = {plot.name: picture(plot, form) for plot in telling.review.plots()}
    return {name: drawn for name, drawn in pictures.items() if drawn is not None}


def _html(_path: Path, telling: Telling) -> bytes:
    return page.html(telling, _drawn(telling, "svg")).encode("utf-8")


def _docx(_path: Path, telling: Telling) -> bytes:
    return word.docx(telling, _drawn(telling, "png"))


@dataclass(frozen=True, slots=True)
class Form:
    """How a review is written, and how it is told that a file is as we wrote it."""

    render: Callable[[Path, Telling], bytes]
    is_sealed: Callable[[bytes], bool]


def _text_sealed(check: Callable[[str], bool]) -> Callable[[bytes], bool]:
    return lambda content: check(content.decode("utf-8", "replace"))


FORMS: Mapping[str, Form] = MappingProxyType(
    {
        ".md": Form(_markdown, _text_sealed(plain.is_sealed)),
        ".html": Form(_html, _text_sealed(page.is_sealed)),
        ".docx": Form(_docx, word.is_sealed),
    }
)


def _write(path: Path, form: Form, telling: Telling) -> Path | None:
    """Write a review whole; what somebody has changed in the file before is put aside, and where is returned."""
    partial = path.with_name(f"{path.name}.part")
    try:
        content = form.render(path, telling)
        before = path.read_bytes() if path.exists() else None
        aside = None
        if before is not None and before != content and not form.is_sealed(before):
            aside = path.with_name(f"{path.stem}.edited-{sha256(before)[:8]}{path.suffix}")
            aside.write_bytes(before)
        partial.write_bytes(content)
        os.replace(partial, path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise StoreError(f"{path}: cannot be written ({error.strerror}). Give another place.") from error
    return aside


def notes(written: Written) -> list[str]:
    """What a person should know, in plain words."""
    told = [f"{written.path}: {len(written.review.claims)} claims of {len(written.review.references)} papers."]
    told += [f"prose {each!r}: taken up from the file into RESISTMINE_HOME" for each in written.taken]
    told += [f"prose {each!r}: was changed in the file and at home; both are kept" for each in written.both]
    if written.aside:
        told.append(f"{written.path} had been edited outside the marks of prose: it is kept as {written.aside}")
    if written.unmarked:
        told.append(f"{written.unmarked}: nothing of it stands between marks of prose, so nothing of it is shown")
    for prose in written.review.prose():
        if prose.state == "changed":
            told.append(
                f"prose {prose.name!r}: {len(prose.changes) + len(prose.missing)} changes behind it; it is marked"
            )
    told += [f"prose {each.name!r}: has no place in the template; it is at the end" for each in written.review.unplaced]
    return told
