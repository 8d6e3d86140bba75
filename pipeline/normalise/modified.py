"""Proteins in a modified form: p-AKT is AKT phosphorylated, and may rise where AKT falls."""

from __future__ import annotations

import re

from pipeline.lexicon import Lexicon, Surface
from pipeline.model import Entity, Kind
from pipeline.text import squash

PHOSPHORYLATED = "phosphorylated"
PREFIX = re.compile(r"(?:p[-‑–]|[Pp]hospho[-‑– ]?|[Pp]hosphorylated[-‑– ])(?=\w)")
SPELLED_OUT = re.compile("[Pp]hospho")
INITIAL = re.compile(r"p(?:(?P<hyphen>[-‑–](?!\d+$))|(?=[A-Z]))")


def unmodified(text: str) -> str:
    """``text`` without what says that a protein is phosphorylated: ``p-AKT`` → ``AKT``."""
    return PREFIX.sub("", text, count=1) if PREFIX.match(text) else text


def modification(lexicon: Lexicon, text: str, entity: Entity) -> str | None:
    """What the name ``text`` of ``entity`` says of its state.

    A p with a hyphen is that of phosphorylation (p-AKT), one without where the same is also written with it (pAKT);
    never one that is part of what the protein is called (P-gp, and pRb, which is listed as a protein's name).
    """
    if entity.kind is not Kind.GENE:
        return None
    if SPELLED_OUT.match(text):
        return PHOSPHORYLATED
    initial = INITIAL.match(text)
    written = [surface for entry, surface in lexicon.by_surface.get(squash(text), ()) if entry.entity == entity]
    if not initial or any(_is_called(surface, text) for surface in written):
        return None
    also = any(surface.text.startswith("p-") for surface in written)
    return PHOSPHORYLATED if initial.group("hyphen") or also else None


def _is_called(surface: Surface, text: str) -> bool:
    return surface.text.startswith("P") or (surface.type == "protein" and surface.text == text)
