"""Resistant cell lines by name: where a text has said what they resist, "A549/DDP cells" are cisplatin-resistant cells.

A name alone says nothing: a text must have spoken of resistance to the drug before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from pipeline.extract.skeleton import Element, Skeleton
from pipeline.model import Entity

Lines = Callable[[Entity], str | None]  # of a cell line the key of the drug that it resists

CELL_LINE = "<cell_line>"
RESISTANT, CELLS = "resistant", "cells"
SAID_BESIDE = frozenset([RESISTANT, "(", "resistance", "parental", "sensitive"])  # before the name of a line


def of_no_line(line: Entity) -> None:
    """No line is known to resist anything."""


def resistant_spelt_out(skeleton: Skeleton, resisted: Mapping[str, Element], lines: Lines) -> Skeleton:
    """``skeleton`` with "<drug> resistant cells" in the place of the names of resistant lines.

    Args:
        skeleton: words and names, before phrases are put together.
        resisted: by its key, each drug that the text has said something resists.
        lines: tells of a cell line the key of the drug that it resists.
    """
    if not resisted or not any(each.text == CELL_LINE for each in skeleton.elements):
        return skeleton
    return Skeleton.of(_spelt_out(skeleton.elements, resisted, lines))


def _spelt_out(elements: tuple[Element, ...], resisted: Mapping[str, Element], lines: Lines) -> Iterator[Element]:
    for at, element in enumerate(elements):
        drug = _resisted_by(element, resisted, lines)
        if drug is None or (at and elements[at - 1].text in SAID_BESIDE):
            yield element
            continue
        yield replace(drug, first=element.first, last=element.last, implied=True)
        yield Element(RESISTANT, element.first, element.last)
        if at + 1 == len(elements) or not elements[at + 1].text.startswith("cell"):
            yield Element(CELLS, element.first, element.last)


def _resisted_by(element: Element, resisted: Mapping[str, Element], lines: Lines) -> Element | None:
    """The drug that a line resists; of lines found by a model alone nothing is told, the screen does not know them."""
    mention = element.mention
    if element.text != CELL_LINE or mention is None or mention.grounding is None or mention.found_by == "model":
        return None
    return resisted.get(lines(mention.grounding.entity) or "")
