"""Lists of names as a feature of the models: is a run of tokens the name of a chemical, a disease, a gene, a species?

Names are kept as hashes of their lower-case tokens, sorted, so that looking up a document is a handful of vector
operations. A list only advises: what it says is one input among others, and the model has learned how far to trust it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import numpy.typing as npt

CLASSES = ("chemical", "disease", "gene", "species")
TAGS = ("outside", "begin", "inside", "end", "single")
LONGEST = 7  # tokens
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio, as in Fibonacci hashing
Hashes = npt.NDArray[np.uint64]
Keys = npt.NDArray[np.uint32]


def keys_of_runs(lower: Hashes, length: int) -> Keys:
    """The key of each run of ``length`` tokens, given the hashes of the lower-case tokens (spaCy's ``LOWER``)."""
    count = len(lower) - length + 1
    if count <= 0:
        return np.zeros(0, dtype="uint32")
    key = np.full(count, length, dtype="uint64")
    for offset in range(length):
        key = (key ^ lower[offset : offset + count]) * MULTIPLIER
        key ^= key >> np.uint64(29)
    return (key >> np.uint64(32)).astype("uint32")


@dataclass(frozen=True)
class Gazetteer:
    """The sorted keys of the names of each class."""

    keys: tuple[Keys, ...]

    @classmethod
    def of(cls, names: Sequence[Iterable[Hashes]]) -> Gazetteer:
        """From, for each of ``CLASSES``, names as the hashes of their lower-case tokens."""
        found = []
        for listed in names:
            keys = [keys_of_runs(each, len(each))[0] for each in listed if 0 < len(each) <= LONGEST]
            found.append(np.unique(np.asarray(keys, dtype="uint32")))
        return cls(tuple(found))

    @classmethod
    def read(cls, path: Path) -> Gazetteer:
        """From a file that :meth:`write` has written."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(tuple(stored[name] for name in CLASSES))

    @classmethod
    @cache
    def shipped(cls) -> Gazetteer:
        """The lists of this package."""
        with as_file(files("pipeline") / "models" / "lists.npz") as path:
            return cls.read(path)

    def write(self, path: Path) -> None:
        """Write the keys; the same keys give the same bytes."""
        np.savez(path, **dict(zip(CLASSES, self.keys, strict=True)))

    def tags(self, lower: Hashes) -> npt.NDArray[np.int32]:
        """For each token and class the tag, an index in ``TAGS``; longer names first, then those further left."""
        tags = np.zeros((len(lower), len(CLASSES)), dtype="int32")
        for length in range(min(LONGEST, len(lower)), 0, -1):
            runs = keys_of_runs(lower, length)
            for column, keys in enumerate(self.keys):
                for start in np.flatnonzero(_among(runs, keys)).tolist():
                    _mark(tags[start : start + length, column])
        return tags


def _among(wanted: Keys, keys: Keys) -> npt.NDArray[np.bool_]:
    if not len(keys):
        return np.zeros(len(wanted), dtype=bool)
    places = np.searchsorted(keys, wanted)
    places[places == len(keys)] = 0
    return np.asarray(keys[places] == wanted)


def _mark(tags: npt.NDArray[np.int32]) -> None:
    if tags.any():
        return
    if len(tags) == 1:
        tags[0] = TAGS.index("single")
        return
    tags[0], tags[1:-1], tags[-1] = TAGS.index("begin"), TAGS.index("inside"), TAGS.index("end")
