"""Templates: what a review is about, what goes through, which tables, plots and prose stand where. Read strictly.

``reviews/NAME.toml`` of RESISTMINE_HOME says all but the prose; that is in ``reviews/NAME.md`` beside it. Where there
is no such file, :func:`default` gives what suits the topic.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_type_hints

from pipeline.errors import KnowledgeError, UsageError
from pipeline.model import Attribution, Certainty, Stance
from pipeline.review.library import Library, shipped
from pipeline.review.prose import read_prose

FOLDER = "reviews"
NAME = re.compile(r"[\w][\w.+-]*")
CONTENTS = ("prose", "table", "plot")
PLOTS = ("years", "cross_resistance", "mechanisms")
PLAIN = {bool: "true or false", int: "a whole number", float: "a number like 0.8"}
STYLE = "resistmine"  # our own, in resistmine.csl


@dataclass(frozen=True, slots=True)
class Filters:
    """Which evidence goes into the review; by default all that curators have not rejected.

    ``accepted``: only what they accepted or edited. ``minimum_papers``: of independent groups that say or deny a claim.
    ``minimum_confidence``: how often the rule was right where it was measured; what was never measured is out.
    ``reviews``: whether what reviews say and what is told of others goes in. ``withdrawn``: whether claims that only
    retracted papers make are shown (marked) or left out.
    """

    accepted: bool = False
    minimum_papers: int = 0
    minimum_confidence: float = 0.0
    stances: tuple[str, ...] = tuple(Stance)
    certainties: tuple[str, ...] = tuple(Certainty)
    attributions: tuple[str, ...] = tuple(Attribution)
    study_types: tuple[str, ...] = ()
    reviews: bool = True
    withdrawn: bool = True
    first_year: int = 0
    last_year: int = 9999

    @property
    def of_any_year(self) -> bool:
        return self.first_year <= 0 and self.last_year >= 9999


@dataclass(frozen=True, slots=True)
class Plan:
    """A section as planned; ``contents`` are (what, name): prose, table or plot."""

    name: str
    title: str
    contents: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Template:
    """What a review is to be; ``topic`` are names, CURIEs or classes, of a ``saved`` topic the papers alone count."""

    name: str
    title: str
    topic: tuple[str, ...]
    sections: tuple[Plan, ...]
    filters: Filters = Filters()
    saved: str = ""
    diseases: tuple[str, ...] = ()
    style: str = STYLE
    prose: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def slug(topic: str) -> str:
    """``topic`` as the name of a file.

    >>> slug("CDK4/6 inhibitor")
    'cdk4-6-inhibitor'
    """
    return re.sub(r"[^\w.+]+", "-", topic.strip().lower()).strip("-.") or "review"


def template_names(home: Path) -> list[str]:
    """The templates that people have made."""
    return sorted(path.stem for path in (home / FOLDER).glob("*.toml"))


def load_template(home: Path, name: str, library: Library | None = None) -> Template:
    """A template of RESISTMINE_HOME with its prose.

    Raises:
        UsageError: there is none of this name.
        KnowledgeError: it is not well-formed.
    """
    path = home / FOLDER / f"{name}.toml"
    if not NAME.fullmatch(name) or not path.is_file():
        known = ", ".join(template_names(home)) or "none"
        raise UsageError(f"{path}: there is no such template. There are: {known}. Make one: resistmine review --new")
    try:
        content = path.read_text("utf-8")
        table = tomllib.loads(content)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise KnowledgeError(str(path), 1, f"cannot be read ({error})", "Mend the line it names.") from None
    prose = {each.name: each.text for each in read_prose(path.with_suffix(".md"))}
    return parse_template(str(path), name, table, library or shipped(), prose)


def parse_template(
    file: str, name: str, table: Mapping[str, Any], library: Library, prose: Mapping[str, str]
) -> Template:
    """A template as TOML has it.

    Raises:
        KnowledgeError: an unknown key, a value of another type, a table or plot that nobody knows, a name used twice.
    """
    _known(file, "the template", table, ("title", "topic", "saved", "diseases", "style", "filters", "section"))
    topic, saved = _texts(file, "topic", table.get("topic", ())), _text(file, "saved", table.get("saved", ""))
    if not topic and not saved:
        raise KnowledgeError(file, "topic", "says nothing", 'Write topic = ["letrozole"], or saved = "a saved topic".')
    sections = tuple(_plan(file, number, row, library) for number, row in enumerate(table.get("section", ()), 1))
    if not sections:
        raise KnowledgeError(file, "section", "there is none", "Write [[section]] with name, title and contents.")
    _once(file, "section", [each.name for each in sections])
    _once(file, "prose", [item for each in sections for what, item in each.contents if what == "prose"])
    _once(file, "table", [item for each in sections for what, item in each.contents if what == "table"])
    return Template(
        name=name, title=_text(file, "title", table.get("title", f"Resistance to {' and '.join(topic) or saved}")),
        topic=topic, sections=sections, filters=_filters(file, table.get("filters", {})), saved=saved,
        diseases=_texts(file, "diseases", table.get("diseases", ())),
        style=_text(file, "style", table.get("style", STYLE)), prose=MappingProxyType(dict(prose)),
    )  # fmt: skip


def _plan(file: str, number: int, row: Mapping[str, Any], library: Library) -> Plan:
    where = f"section {number}"
    _known(file, where, row, ("name", "title", "contents"))
    title = _text(file, f"{where}, title", row.get("title", ""))
    contents = []
    for each in _texts(file, f"{where}, contents", row.get("contents", ())):
        what, _, item = each.partition(":")
        if what not in CONTENTS or not NAME.fullmatch(item):
            raise KnowledgeError(file, where, f"contents {each!r}", "Write prose:NAME, table:NAME or plot:NAME.")
        known = {"table": tuple(library.tables), "plot": PLOTS}.get(what)
        if known is not None and item not in known:
            raise KnowledgeError(file, where, f"there is no {what} {item!r}", f"Known: {', '.join(known)}.")
        contents.append((what, item))
    if not title or not contents:
        raise KnowledgeError(file, where, "no title or no contents", "Give both.")
    return Plan(_text(file, f"{where}, name", row.get("name", slug(title))), title, tuple(contents))


def _filters(file: str, row: Mapping[str, Any]) -> Filters:
    _known(file, "filters", row, [each.name for each in fields(Filters)])
    hints, choices = get_type_hints(Filters), _choices()
    values: dict[str, Any] = {}
    for name, value in row.items():
        where = f"filters, {name}"
        if hints[name] in PLAIN:
            if type(value) is not hints[name]:
                expected = PLAIN[hints[name]]
                raise KnowledgeError(file, where, f"{value!r}", f"Write {expected}.")
            values[name] = value
            continue
        values[name] = _texts(file, where, value)
        unknown = [each for each in values[name] if each not in choices[name]]
        if unknown:
            raise KnowledgeError(file, where, f"{unknown[0]!r}", f"Known: {', '.join(choices[name])}.")
    return Filters(**values)


def _choices() -> dict[str, tuple[str, ...]]:
    types = ("guideline", "meta_analysis", "trial", "clinical", "case_report", "in_vivo", "in_vitro", "computational",
             "review", "not_said")  # fmt: skip
    named = {each.name: each.default for each in fields(Filters) if each.default is not MISSING}
    return {name: tuple(value) for name, value in named.items() if isinstance(value, tuple)} | {"study_types": types}


def _known(file: str, where: str, row: Mapping[str, Any], keys: Sequence[str]) -> None:
    unknown = sorted(set(row) - set(keys))
    if unknown:
        raise KnowledgeError(file, where, f"unknown key {unknown[0]!r}", f"Known: {', '.join(keys)}.")


def _text(file: str, where: str, value: Any) -> str:
    if not isinstance(value, str):
        raise KnowledgeError(file, where, f"{value!r} is no text", "Write it in quotation marks.")
    return value.strip()


def _texts(file: str, where: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not all(isinstance(each, str) and each.strip() for each in value):
        raise KnowledgeError(file, where, f"{value!r} is no list of texts", 'Write ["one", "two"].')
    return tuple(each.strip() for each in value)


def _once(file: str, what: str, names: Sequence[str]) -> None:
    twice = [each for number, each in enumerate(names) if each in names[:number]]
    if twice:
        raise KnowledgeError(file, what, f"{twice[0]!r} stands there twice", "Use each name once.")


def default(
    topic: str, title: str, family: str, *, saved: str = "", prose: Mapping[str, str] | None = None
) -> Template:
    """The template for a topic that has none: the sections that the library gives to its ``family``."""
    library = shipped()
    sections = tuple(
        Plan(each.name, each.title.format(topic=topic), each.contents) for each in library.sections[family]
    )
    return Template(
        name=slug(topic), title=title, topic=() if saved else (topic,), sections=sections, saved=saved,
        prose=MappingProxyType(dict(prose or {})),
    )  # fmt: skip
