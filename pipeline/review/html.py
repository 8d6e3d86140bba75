"""A review as one HTML file that loads nothing from elsewhere, prints well and can be read aloud."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from functools import lru_cache
from html import escape
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from pipeline.review import telling as words
from pipeline.review.marked import parser, tokens
from pipeline.review.records import Plot, Prose, Table
from pipeline.review.references import Run, links, warning
from pipeline.review.telling import Telling
from pipeline.text import digest

FORMS = {"italic": "em", "bold": "strong", "sup": "sup", "sub": "sub"}
SEALED = re.compile(r"<!-- resistmine sealed ([0-9a-f]{16}) -->\n?\Z")
HEADINGS = {"h1": "h3", "h2": "h3", "h3": "h4", "h4": "h5", "h5": "h6", "h6": "h6"}


def html(telling: Telling, pictures: Mapping[str, bytes]) -> str:
    """The page; ``pictures``: plot → its picture as SVG."""
    page = _page().render(
        told=telling, review=telling.review, words=words, warning=warning, links=links, runs=_runs, kind=_kind,
        prose=lambda each: Markup(_prose(each, telling)),
        picture=lambda name: base64.b64encode(pictures[name]).decode() if name in pictures else "",
        zip=zip,
    )  # fmt: skip
    return f"{page.rstrip()}\n<!-- resistmine sealed {digest(page.rstrip())} -->\n"


def is_sealed(text: str) -> bool:
    """Whether a page is as we wrote it."""
    found = SEALED.search(text)
    return bool(found and found[1] == digest(text[: found.start()].rstrip()))


@lru_cache(maxsize=1)
def _page() -> Template:
    source = (files("pipeline.review") / "review.html.jinja").read_text(encoding="utf-8")
    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return page.from_string(source)


def _kind(content: Table | Plot | Prose) -> str:
    return type(content).__name__


def _runs(runs: tuple[Run, ...]) -> Markup:
    def one(run: Run) -> str:
        return f"<{FORMS[run.form]}>{escape(run.text)}</{FORMS[run.form]}>" if run.form in FORMS else escape(run.text)

    return Markup("".join(map(one, runs)))


def _prose(prose: Prose, telling: Telling) -> str:
    """Prose as HTML: raw HTML in it is text; its headings stand below those of the sections."""
    found = list(tokens(prose.text))
    for token in found:
        token.tag = HEADINGS.get(token.tag, token.tag)
        for child in token.children or ():
            if child.type == "citation":
                reads, anchor = telling.citation(child.info, child.content)
                shown = escape(reads)
                child.type, child.content = (
                    "html_inline",
                    f'<a href="#{escape(anchor)}">{shown}</a>' if anchor else shown,
                )
    return str(parser().renderer.render(found, parser().options, {}))
