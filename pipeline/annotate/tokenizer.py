"""The tokeniser: English rules, and every hyphen, slash, bracket and sign inside a word opened.

scispaCy's own tokeniser keeps ``letrozole-resistant``, ``LTLT-Ca`` and ``(ER)-positive`` whole, so that no name inside
them can be told. Ours opens them; names that hold such signs are put together again by the lexicon and the patterns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import spacy
from spacy.lang.char_classes import ALPHA_LOWER, ALPHA_UPPER, CONCAT_QUOTES, LIST_ELLIPSES, LIST_ICONS
from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.util import compile_infix_regex, compile_prefix_regex, compile_suffix_regex, registry

DASHES = "-‐‑‒–—−"
TOKENIZER = "resistmine.Tokenizer.v1"
INFIXES = [
    *LIST_ELLIPSES,
    *LIST_ICONS,
    rf"[{DASHES}/+→←↔~=<>≥≤≈±×·•:;()\[\]{{}}|*^&%@#\"“”]",
    r"(?<=[A-Za-z)\]]),(?=\S)",
    r"(?<=[0-9]),(?=[A-Za-z(])",
    r"(?<=[0-9]),(?=[0-9]{1,2}(?![0-9]))",  # "1,25" but not the thousands of "182,780"
    rf"(?<=[{ALPHA_LOWER}{CONCAT_QUOTES}])\.(?=[{ALPHA_UPPER}{CONCAT_QUOTES}])",
    r"(?<=[pcg])\.(?=[A-Z*0-9])",  # p.T790M
    r"(?<=[Cc]hemo)(?=resist|sensi|refract)",  # "chemoresistance" names its drug: chemo
    r"(?<=[Cc]ross)(?=resist)",
    r"(?<=[Dd]rug)(?=resist)",
]
PREFIXES = [rf"[{DASHES}/+~<>≥≤≈±=]"]
SUFFIXES = [r"\+", rf"[{DASHES}/]", r"(?<=[0-9])%", r"(?<=[A-Z])\.", r"(?<=[0-9])\.", r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+"]
DOSES = r"(?<=[0-9])(?:[pnuµμm]?M|[pnuµμmk]?g|[uµμm]?l|nmol|[uµμ]mol|mmol|Gy|h|d|wk|fold|x)"


def _suffix_search(suffixes: list[str]) -> Callable[[str], re.Match[str] | None]:
    """Units are cut off numbers ("0.4μM") but not off names: the M of T790M is a methionine."""
    of_names = compile_suffix_regex([rule for rule in suffixes if "km²" not in rule]).search
    of_numbers = compile_suffix_regex([*suffixes, DOSES]).search

    def search(text: str) -> re.Match[str] | None:
        return of_numbers(text) if text[:1].isdigit() else of_names(text)

    return search


class NameTokenizer(Tokenizer):  # type: ignore[misc]
    """spaCy's tokeniser with our rules, which are code: nothing of them is saved with a model."""

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Nothing."""
        return b""

    def from_bytes(self, _data: bytes, *, exclude: Iterable[str] = ()) -> NameTokenizer:
        """This very tokeniser."""
        return self

    def to_disk(self, _path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Nothing is written."""

    def from_disk(self, _path: str | Path, *, exclude: Iterable[str] = ()) -> NameTokenizer:
        """This very tokeniser."""
        return self


def make_tokenizer(nlp: Language) -> NameTokenizer:
    """A tokeniser over the vocabulary of ``nlp``; no URL or special-case matching that would keep names closed."""
    prefixes = [*map(str, nlp.Defaults.prefixes or []), *PREFIXES]
    suffixes = [*map(str, nlp.Defaults.suffixes or []), *SUFFIXES]
    exceptions = {
        written: parts
        for written, parts in (nlp.Defaults.tokenizer_exceptions or {}).items()
        if written[:1].isalpha() or written[:1] == "'"
    }
    return NameTokenizer(
        nlp.vocab,
        exceptions,
        prefix_search=compile_prefix_regex(prefixes).search,
        suffix_search=_suffix_search(suffixes),
        infix_finditer=compile_infix_regex(INFIXES).finditer,
    )


@registry.tokenizers(TOKENIZER)  # type: ignore[untyped-decorator]
def _tokenizer() -> Callable[[Language], NameTokenizer]:
    """Under this name saved models find the tokeniser."""
    return make_tokenizer


def blank() -> Language:
    """An English pipeline that holds nothing but this tokeniser."""
    return spacy.blank("en", config={"nlp": {"tokenizer": {"@tokenizers": TOKENIZER}}})
