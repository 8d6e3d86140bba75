"""The running text of a JATS element as paragraphs, what floats in it set aside."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pipeline.parse.markup import SILENT, Element, piece, text_of, tidy

# What stands beside the text (figures, tables, boxes): it is read once, after the paragraphs around it.
FLOATING = frozenset(
    {"fig", "fig-group", "table-wrap", "table-wrap-group", "table", "boxed-text", "supplementary-material", "media"}
)
_PARAGRAPHS = frozenset(
    {"p", "title", "subtitle", "caption", "list", "list-item", "def-list", "def-item", "def", "disp-quote",
     "verse-group", "verse-line", "attrib", "preformat", "code", "statement", "speech", "disp-formula-group",
     "fn-group", "fn", "glossary", "question", "answer", "sec", "table-wrap-foot"}
)  # fmt: skip
# A label or a term is printed in front of the first paragraph of its item.
_LEADING = {"label": " ", "term": " ", "speaker": " ", "term-head": " ", "def-head": " "}
LEFT_OUT = SILENT | {"sec-meta", "permissions", "ref-list", "index-term", "processing-meta"}
_STRUCTURE = tuple(FLOATING | _PARAGRAPHS)
_SPACES = re.compile(r"[ \t\r\n]+")


@dataclass(slots=True)
class Flow:
    """Paragraphs and floating elements, in reading order."""

    paragraphs: list[str] = field(default_factory=list)
    floating: list[Element] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.paragraphs)

    def add(self, run: list[str]) -> None:
        """One paragraph out of pieces of text; ``run`` is emptied."""
        text = tidy("".join(run))
        if text:
            self.paragraphs.append(text)
        run.clear()

    def take(self, element: Element, *, skip: frozenset[str] = LEFT_OUT) -> None:
        """An element that stands between paragraphs: a paragraph, a list, a figure, a formula; not one in ``skip``."""
        if element.tag in skip:
            pass
        elif element.tag in FLOATING:
            self.floating.append(element)
        elif element.tag in _PARAGRAPHS or _holds_structure(element):
            _collect(element, self, "")
        else:
            self.add(list(piece(element)))
        self.add([element.tail or ""])


def flow_of(*elements: Element) -> Flow:
    """The text inside ``elements``."""
    flow = Flow()
    for element in elements:
        _collect(element, flow, "")
    return flow


def _collect(element: Element, flow: Flow, lead: str) -> None:
    """Runs of text and inline elements become paragraphs; block elements are walked; floating ones set aside."""
    run = [lead, element.text or ""]
    for child in element:
        tag = child.tag
        if tag in LEFT_OUT:
            pass
        elif tag in FLOATING:
            flow.floating.append(child)
        elif tag in _LEADING:
            run += text_of(child), _LEADING[tag]
        elif tag in _PARAGRAPHS or _holds_structure(child):
            lead = _lead_of(run, element)
            flow.add(run)
            _collect(child, flow, lead)
        else:
            run += piece(child)
        run.append(child.tail or "")
    flow.add(run)


def _lead_of(run: list[str], element: Element) -> str:
    """What was collected, when it is only the label or term of an item whose first paragraph follows."""
    if element.tag not in {"list-item", "def-item", "fn", "statement", "speech", "def"}:
        return ""
    text = tidy("".join(run))
    run.clear()
    return text + " " if text else ""


def _holds_structure(child: Element) -> bool:
    return len(child) > 0 and next(child.iter(*_STRUCTURE), None) is not None


def one_line_of(element: Element) -> str:
    """All text of ``element`` on one line, for the cells of tables and for headings."""
    return _SPACES.sub(" ", text_of(element, skip=SILENT | {"fn"})).strip()


def heading_of(element: Element) -> str | None:
    """The title of a section, box or appendix, else its label."""
    for name in ("title", "caption/title", "label"):
        found = element.find(name)
        text = one_line_of(found) if found is not None else ""
        if text:
            return text
    return None
