"""The frame of a claim: disease, model, setting, acquired or not, and the number that goes with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.model import Document, Kind, Mention, Quantity, Sentence

CLINICAL = re.compile(r"\b(?:patients?|women|men|cohorts?|clinical(?:ly)?|phase (?:[1-4]|I{1,3}V?)|trials?)\b", re.I)
IN_VIVO = re.compile(r"\b(?:in vivo|xenografts?|mice|mouse|murine|rats?|PDXs?|tumou?r[- ]bearing)\b", re.I)
IN_VITRO = re.compile(r"\b(?:in vitro|cell lines?|cultured?|cells|organoids?|spheroids?|IC[- ]?50s?)\b", re.I)
COMPUTATIONAL = re.compile(r"\b(?:in silico|docking|molecular dynamics|computational(?:ly)?)\b", re.I)
ACQUIRED = re.compile(r"\b(?:acquired|acquisition of|secondary|developed|emergent)\b[^.;]{0,40}\bresist", re.I)
INTRINSIC = re.compile(
    r"\b(?:intrinsic(?:ally)?|primary|de novo|innate(?:ly)?|inherent(?:ly)?)\b[^.;]{0,30}\b(?:resist|non-?respon)", re.I
)
WANTED = {
    "combination": ("combination index", "fold change"),
    "cross_resistance": ("fold change", "IC50"),
    "resistance": ("fold change", "IC50", "hazard ratio", "odds ratio"),
    "sensitivity": ("fold change", "IC50", "response rate", "hazard ratio", "odds ratio"),
    "efficacy_in_resistant": ("response rate", "IC50", "fold change"),
    "reversal": ("fold change", "IC50"),
    "alteration": ("fold change",),
    "drug_effect": ("fold change",),
    "biomarker": ("hazard ratio", "odds ratio"),
    "trial": ("response rate", "hazard ratio", "n"),
}
PERCENT = frozenset(["alteration", "drug_effect", "trial", "efficacy_in_resistant", "sensitivity"])


@dataclass(frozen=True, slots=True)
class Frame:
    """What a sentence (else its title) says of the circumstances."""

    disease: str | None
    model: str | None
    setting: str | None
    acquired: bool | None


def read_frame(sentence: Sentence, title: Sentence | None, document: Document) -> Frame:
    """The circumstances of ``sentence``; a disease may be inherited from the title, nothing else is."""
    disease = _first(sentence.mentions, Kind.DISEASE) or (_first(title.mentions, Kind.DISEASE) if title else None)
    model = _first(sentence.mentions, Kind.CELL_LINE) or _first(sentence.mentions, Kind.MODEL)
    return Frame(disease, model, _setting(sentence, document), _acquired(sentence.text))


def _first(mentions: Sequence[Mention], kind: Kind) -> str | None:
    for mention in mentions:
        if mention.kind is kind and mention.grounding:
            return mention.grounding.entity.name
    return None


def _setting(sentence: Sentence, document: Document) -> str | None:
    types = {type_.lower() for type_ in document.publication_types}
    if "case reports" in types:
        return "case_report"
    if types & {"review", "systematic review", "meta-analysis", "review-article"}:
        return "review"
    for setting, words in (
        ("computational", COMPUTATIONAL),
        ("in_vivo", IN_VIVO),
        ("clinical", CLINICAL),
        ("in_vitro", IN_VITRO),
    ):
        if words.search(sentence.text):
            return setting
    return "in_vitro" if _first(sentence.mentions, Kind.CELL_LINE) else None


def _acquired(text: str) -> bool | None:
    if ACQUIRED.search(text):
        return True
    return False if INTRINSIC.search(text) else None


def choose_quantity(kind: str, quantities: Sequence[Quantity], anchor: int) -> Quantity | None:
    """The number that goes with a claim of ``kind`` whose anchor stands at character ``anchor`` of the section."""
    wanted = WANTED.get(kind, ())
    fitting = [
        quantity
        for quantity in quantities
        if quantity.statistic in wanted or (quantity.unit == "%" and quantity.statistic is None and kind in PERCENT)
    ]
    return min(fitting, key=lambda quantity: abs(quantity.start - anchor), default=None)
