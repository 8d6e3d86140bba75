"""Matrix products by numpy's own BLAS.

thinc multiplies matrices by ``blis``. The OpenBLAS that numpy's wheels carry is about three times as fast at it on
current x86 processors (``benchmarks/names.py`` prints the ratio), and matrix products are most of what a model costs.
"""

from __future__ import annotations

from spacy.language import Language
from thinc.api import Model, NumpyOps, set_current_ops


def use_blas() -> None:
    """Build models with numpy's BLAS from now on, in this thread: for training."""
    set_current_ops(NumpyOps(use_blis=False))


def move_to_blas(nlp: Language) -> Language:
    """``nlp``, its models' matrix products done by numpy's BLAS."""
    ops = NumpyOps(use_blis=False)
    for _, pipe in nlp.components:
        model = getattr(pipe, "model", None)
        if isinstance(model, Model):
            model._to_ops(ops)  # what thinc's own to_cpu and to_gpu do
    return nlp
