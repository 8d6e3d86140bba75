"""The embedding layer of the shipped models: what a word looks like, what it is near to, and which lists it is on.

spaCy's own ``MultiHashEmbed`` sees the norm, one letter in front, three behind, and the shape of a word. Names of
drugs, genes and diseases are told by more: stems and endings of several lengths (*-mab*, *-inib*, *-oma*), the spaces
around a token (a number after a hyphen is part of a code) and whether the words are on a list of names. Each feature
has its own hashed table (Svenstrup et al. 2017), as in spaCy; their concatenation is mixed by one maxout layer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from spacy.attrs import LOWER, ORTH, SPACY
from spacy.ml.staticvectors import StaticVectors
from spacy.strings import get_string_id
from spacy.tokens import Doc
from spacy.util import registry
from thinc.api import (
    Embed,
    HashEmbed,
    Maxout,
    Model,
    chain,
    concatenate,
    list2ragged,
    ragged2list,
    with_array,
)
from thinc.types import Floats2d, Ints2d, Ragged

from pipeline.annotate.gazetteer import CLASSES, TAGS, Gazetteer

Features = npt.NDArray[np.uint64]
DIGIT = re.compile(r"\d")
SHAPE_RUN, SHAPE_LENGTH = 2, 24
LIST_WIDTH = 12  # of what each list says of a token


def word_shape(word: str) -> str:
    """Capitals, small letters, digits and Greek of ``word``, runs cut at two: ``PD-0332991`` → ``XX-dd``."""
    shape: list[str] = []
    for char in word[:SHAPE_LENGTH]:
        kind = "X" if char.isupper() and char.isascii() else "x" if char.islower() and char.isascii() else None
        kind = kind or ("d" if char.isdigit() else "g" if char.isalpha() else char)
        if shape[-SHAPE_RUN:] != [kind] * SHAPE_RUN:
            shape.append(kind)
    return "".join(shape)


def _prefix(length: int) -> Callable[[str], str]:
    return lambda word: _plain(word)[:length]


def _suffix(length: int) -> Callable[[str], str]:
    return lambda word: _plain(word)[-length:]


def _plain(word: str) -> str:
    return DIGIT.sub("0", word.lower())


FEATURES: dict[str, Callable[[str], str]] = {
    "norm": _plain,
    "prefix3": _prefix(3),
    "prefix4": _prefix(4),
    "suffix2": _suffix(2),
    "suffix3": _suffix(3),
    "suffix4": _suffix(4),
    "suffix5": _suffix(5),
    "shape": lambda word: word_shape(word) + str(min(len(word), 8)),
}


def lexical_features(names: Sequence[str]) -> Model[list[Doc], list[Features]]:
    """Documents → for each an array (tokens, features + 1) of hashes; the last column tells the spaces around."""
    chosen = [(name, FEATURES[name]) for name in names]
    cache: dict[int, Features] = {}

    def row(word: str) -> Features:
        return np.asarray([get_string_id(f"{name}={take(word)}") for name, take in chosen], dtype="uint64")

    def forward(
        _model: Model[Any, Any], docs: list[Doc], is_train: bool
    ) -> tuple[list[Features], Callable[[Any], list[Doc]]]:
        return [_features(doc, cache, row, len(chosen)) for doc in docs], lambda _: []

    return Model("lexical_features", forward)


def _features(doc: Doc, cache: dict[int, Features], row: Callable[[str], Features], width: int) -> Features:
    found = np.zeros((len(doc), width + 1), dtype="uint64")
    if not len(doc):
        return found
    attributes = doc.to_array([ORTH, SPACY])
    for index, orth in enumerate(attributes[:, 0].tolist()):
        known = cache.get(orth)
        if known is None:
            known = cache[orth] = row(doc.vocab.strings[orth])
        found[index, :width] = known
    spaces = attributes[:, 1]
    found[:, width] = 1 + spaces + 2 * np.concatenate(([1], spaces[:-1]))
    return found


def listed_features(gazetteer: Gazetteer) -> Model[list[Doc], list[Ints2d]]:
    """Documents → for each an array (tokens, classes) of tags: outside, begin, inside, end or single."""

    def forward(
        _model: Model[Any, Any], docs: list[Doc], is_train: bool
    ) -> tuple[list[Ints2d], Callable[[Any], list[Doc]]]:
        tags = [cast(Ints2d, gazetteer.tags(doc.to_array([LOWER]).astype("uint64"))) for doc in docs]
        return tags, lambda _: []

    return Model("listed_features", forward)


@registry.architectures("resistmine.WordEmbed.v1")  # type: ignore[untyped-decorator]
def word_embed(
    *, width: int, features: list[str], rows: list[int], feature_width: int, static_vectors: bool, lists: bool
) -> Model[list[Doc], list[Floats2d]]:
    """The layer described above, for a spaCy ``Tok2Vec``.

    Args:
        width: of what goes out for each token.
        features: names out of :data:`FEATURES`; ``rows`` gives the size of the table of each, and one more for the
            spaces.
        feature_width: of each table.
        static_vectors: whether word vectors of the vocabulary are mixed in.
        lists: whether the lists of names in :mod:`pipeline.annotate.gazetteer` are.
    """
    parts = [_hashed(features, rows, feature_width)]
    wide = feature_width * len(rows)
    if static_vectors:
        parts.append(cast(Any, StaticVectors(width, dropout=0.0)))
        wide += width
    if lists:
        parts.append(_listed())
        wide += LIST_WIDTH * len(CLASSES)
    joined = concatenate(*parts) if len(parts) > 1 else parts[0]
    mix: Model[Any, Any] = with_array(Maxout(width, wide, nP=3, dropout=0.0, normalize=True))
    embedding: Model[list[Doc], list[Floats2d]] = chain(joined, mix, cast(Any, ragged2list()))
    return embedding


def _hashed(features: list[str], rows: list[int], width: int) -> Model[list[Doc], Ragged]:
    tables: list[Model[Any, Any]] = [
        HashEmbed(width, size, column=column, seed=8 + column, dropout=0.0) for column, size in enumerate(rows)
    ]
    return _over_tokens(lexical_features(features), concatenate(*tables))


def _listed() -> Model[list[Doc], Ragged]:
    lookups: list[Model[Any, Any]] = [
        Embed(LIST_WIDTH, len(TAGS), column=column, dropout=0.0) for column in range(len(CLASSES))
    ]
    return _over_tokens(listed_features(Gazetteer.shipped()), concatenate(*lookups))


def _over_tokens(features: Model[list[Doc], Any], layer: Model[Any, Any]) -> Model[list[Doc], Ragged]:
    """``layer`` on the features of all tokens of all documents at once."""
    return chain(features, cast(Any, list2ragged()), cast(Any, with_array(layer)))
