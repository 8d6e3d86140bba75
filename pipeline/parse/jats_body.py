"""The sections of a JATS article: abstracts, body, floating figures and tables, appendices, each text once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from pipeline.model import Section
from pipeline.parse.identifiers import language_of
from pipeline.parse.jats_table import label_of, table_sections
from pipeline.parse.jats_text import LEFT_OUT, Flow, heading_of
from pipeline.parse.markup import Element, attribute

# ------------------------------------------------------------------------------------------------ kinds of section

_KIND_OF_TYPE = {
    "intro": "introduction", "introduction": "introduction", "background": "introduction",
    "methods": "methods", "materials": "methods", "subjects": "methods", "materials and methods": "methods",
    "results": "results", "findings": "results",
    "discussion": "discussion", "discussions": "discussion",
    "conclusions": "conclusion", "conclusion": "conclusion",
}  # fmt: skip
_KIND_OF_HEADING = (
    ("conclusion", re.compile(r"(?i)conclu|summary and (?:outlook|perspective)")),
    ("introduction", re.compile(r"(?i)introduction|background\b")),
    ("results", re.compile(r"(?i)results?\b|findings\b")),
    ("discussion", re.compile(r"(?i)discussion\b")),
    (
        "methods",
        re.compile(r"(?i).{0,40}\b(?:methods?|methodology)\b|materials\b|experimental (?:section|proced|design)"),
    ),
)
# Inside another section only a heading that says nothing else changes the kind ("Results of earlier work" does not).
_BARE_HEADING = re.compile(
    r"(?i)introduction|background|(?:materials? and |patients and )?methods|results|results and discussion|discussion"
    r"|conclusions?|concluding remarks"
)
_NUMBERING = re.compile(r"(?:\d++(?:\.\d++)*+\.?|[IVX]++\.)\s++")


def kind_of(section: Element, heading: str | None, inherited: str) -> str:
    """introduction, methods, results, discussion, conclusion or body.

    A heading that says nothing else decides (some publishers call each "Discussion" of type "conclusions"), then the
    type, then the words of other headings, then what is around it.
    """
    numbering = _NUMBERING.match(heading or "")
    words = (heading or "")[numbering.end() if numbering else 0 :]
    said = next((kind for kind, pattern in _KIND_OF_HEADING if pattern.match(words)), inherited)
    if _BARE_HEADING.fullmatch(words):
        return said
    types = [part.strip() for part in re.split(r"[|,;]", (section.get("sec-type") or "").casefold())]
    typed = next((_KIND_OF_TYPE[name] for name in types if name in _KIND_OF_TYPE), None)
    return typed or (said if inherited == "body" else inherited)


# ------------------------------------------------------------------------------------------------ body

_SECTIONS = frozenset({"sec", "app"})
_OWN_HEADING = LEFT_OUT | {"title", "label", "subtitle"}


def body_sections(article: Element) -> Iterator[Section]:
    """Everything of the main article that is read for claims, in reading order.

    That is the body, the sections and appendices of the back matter, and the figures and tables that some publishers
    collect at the end; not acknowledgements, footnotes about authors, glossaries and references.
    """
    for body in article.iterfind("body"):
        yield from _parts(body, (), "body")
    for part in (*article.iterfind("back/sec"), *article.iterfind("back/app-group/app"), *article.iterfind("back/app")):
        yield from _section(part, (), "body")
    for group in (*article.iterfind("floats-group"), *article.iterfind("floats-wrap")):
        yield from _parts(group, (), "body")


def _section(section: Element, path: tuple[str, ...], inherited: str) -> Iterator[Section]:
    heading = heading_of(section)
    yield from _parts(section, (*path, heading) if heading else path, kind_of(section, heading, inherited))


def _parts(section: Element, path: tuple[str, ...], kind: str) -> Iterator[Section]:
    """The text of a section, what floats in it, and the sections in it, in this order between two of the latter."""
    flow = Flow()
    flow.add([section.text or ""])
    for child in section:
        if child.tag in _SECTIONS:
            yield from _flowing(flow, path, kind)
            flow = Flow()
            yield from _section(child, path, kind)
        else:
            flow.take(child, skip=_OWN_HEADING)
    yield from _flowing(flow, path, kind)


def _flowing(flow: Flow, path: tuple[str, ...], kind: str) -> Iterator[Section]:
    if flow.paragraphs:
        yield Section(kind, flow.text, " > ".join(path) or None)
    for element in flow.floating:
        yield from _floating(element, path, kind)


def _floating(element: Element, path: tuple[str, ...], kind: str) -> Iterator[Section]:
    match element.tag:
        case "fig":
            yield from _captioned("figure", element, ())
        case "fig-group":
            yield from _captioned("figure", element, ())
            for figure in element.iterfind("fig"):
                yield from _captioned("figure", figure, ())
        case "table-wrap" | "table":
            yield from table_sections(element)
        case "table-wrap-group":
            yield from _captioned("table", element, ())
            for wrap in element.iterfind("table-wrap"):
                yield from table_sections(wrap, group=label_of(element))
        case "boxed-text":
            yield from _section(element, path, kind)
        case _:  # supplementary material: its caption
            yield from _captioned("body", element, path)


def _captioned(kind: str, element: Element, path: tuple[str, ...]) -> Iterator[Section]:
    """The caption of a figure or file, headed by its label."""
    label = label_of(element)
    heading = " > ".join((*path, label) if label else path) or None
    flow = Flow()
    for child in element:
        flow.take(child, skip=LEFT_OUT | {"label", "fig", "table-wrap"})
    if flow.paragraphs:
        yield Section(kind, flow.text, heading)
    for inner in flow.floating:
        yield from _floating(inner, path, "body")


# ------------------------------------------------------------------------------------------------ abstracts

# Types of abstract that are the abstract, not a summary for another kind of reader.
_MAIN_TYPES = frozenset({None, "structured", "unstructured", "normal", "main", "abstract", "full", "section"})


def abstract_sections(meta: Element, language: str | None) -> Iterator[Section]:
    """The abstracts of ``article-meta``: the main one as "abstract", the rest as "other_abstract" under their type."""
    for abstract in meta.iterfind("abstract"):
        kind, other = attribute(abstract, "abstract-type"), attribute(abstract, "lang")
        foreign = other if other and language and language_of(other) != language else None
        if kind in _MAIN_TYPES and not foreign:
            yield from _abstract(abstract, "abstract", None, None)
        else:
            yield from _abstract(abstract, "other_abstract", kind, foreign)
    for abstract in meta.iterfind("trans-abstract"):
        yield from _abstract(
            abstract, "other_abstract", attribute(abstract, "abstract-type"), attribute(abstract, "lang")
        )


def _abstract(abstract: Element, kind: str, type_: str | None, language: str | None) -> Iterator[Section]:
    """Its paragraphs under its own title, its sections under theirs; of another abstract the type comes first."""
    title = heading_of(abstract)
    for part in _parts(abstract, (), "body"):
        heading = part.heading or title
        if kind == "other_abstract":
            heading = " > ".join(text for text in (type_, heading) if text) or None
        kept = part.kind if part.kind in {"figure", "table"} else kind
        yield replace(part, kind=kept, heading=heading, language=language_of(language))
