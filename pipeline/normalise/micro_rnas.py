"""MicroRNAs: the forms of a name, from what is printed to what is named in tables."""

from __future__ import annotations

import re
from collections.abc import Iterator

# "has-" is the commonest slip of "hsa-" (Homo sapiens); mmu and rno are mouse and rat.
NAME = re.compile(
    r"(?:(?:hsa|has|mmu|rno)[-‑– ]?)?(?P<stem>mi(?:cro)?-?r(?:na)?|let)s?[-‑– ]?(?P<number>\d+)(?P<letter>[a-z]?)"
    r"(?P<copy>-\d(?!p))?(?P<arm>[-‑–][35]p|\*)?",
    re.IGNORECASE,
)


def micro_rna_forms(text: str) -> Iterator[str]:
    """``Has-mir-195a-5p`` → miR-195a-5p, miR-195a, miR-195: without the species, the arm, and last a letter *a*.

    The mouse has a miR-195a where people have one miR-195 alone; other letters tell relatives apart and stay.
    """
    match = NAME.fullmatch(text)
    if not match:
        return
    stem = "let" if match["stem"].lower() == "let" else "miR"
    letter, copy, arm = match["letter"].lower(), match["copy"] or "", (match["arm"] or "").lower()
    yield f"{stem}-{match['number']}{letter}{copy}{arm.replace('‑', '-').replace('–', '-')}"
    yield f"{stem}-{match['number']}{letter}{copy}"
    if letter == "a":
        yield f"{stem}-{match['number']}{copy}"
