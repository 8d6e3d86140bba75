"""The one place that loads a language model.

Without a model (the default of this version) names come from the lexicon, the patterns and the abbreviations alone.
Any spaCy or scispaCy model with an NER may be added by the setting ``RESISTMINE_NLP_MODEL``; its labels are translated
by ``LABELS``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import spacy
from spacy.language import Language

from pipeline.annotate.tokenizer import blank
from pipeline.errors import ModelMissingError
from pipeline.model import Kind, Mention

os.environ.setdefault("OMP_NUM_THREADS", "1")  # measured: more threads cost CPU and gain no time

LABELS: Mapping[str, Kind | None] = MappingProxyType(
    {
        "CHEMICAL": Kind.CHEMICAL,
        "SIMPLE_CHEMICAL": Kind.CHEMICAL,
        "CHEBI": Kind.CHEMICAL,
        "DISEASE": Kind.DISEASE,
        "CANCER": Kind.DISEASE,
        "GENE": Kind.GENE,
        "PROTEIN": Kind.GENE,
        "DNA": Kind.GENE,
        "RNA": Kind.GENE,
        "GGP": Kind.GENE,
        "GENE_OR_GENE_PRODUCT": Kind.GENE,
        "CELL_LINE": Kind.CELL_LINE,
        "VARIANT": Kind.VARIANT,
    }
)
BATCH = 32  # measured: larger batches cost memory and gain no speed


@dataclass(frozen=True, slots=True)
class LanguageModels:
    """The tokeniser, and whatever models the settings name. ``fingerprint`` names them with their versions."""

    tokenizer: Language
    recognisers: tuple[Language, ...]

    @property
    def fingerprint(self) -> str:
        names = [f"{nlp.meta['lang']}_{nlp.meta['name']}-{nlp.meta['version']}" for nlp in self.recognisers]
        return "+".join(names) or "lexicon"

    def entities(self, texts: Sequence[str]) -> Iterator[tuple[Mention, ...]]:
        """What the models find in each text, offsets from the start of the text; all models together."""
        found: list[list[Mention]] = [[] for _ in texts]
        for nlp in self.recognisers:
            for number, doc in enumerate(nlp.pipe(texts, batch_size=BATCH)):
                found[number].extend(
                    Mention(ent.start_char, ent.end_char, ent.text, LABELS.get(ent.label_), "model", label=ent.label_)
                    for ent in doc.ents
                )
        yield from (tuple(mentions) for mentions in found)


def load_models(names: Sequence[str]) -> LanguageModels:
    """The tokeniser and the models ``names``.

    Raises:
        ModelMissingError: a model is not installed.
    """
    return LanguageModels(blank(), tuple(_load(name) for name in names))


def _load(name: str) -> Language:
    try:
        return spacy.load(name)
    except OSError:
        raise ModelMissingError(
            f"RESISTMINE_NLP_MODEL: {name!r} is not installed in this environment. Install its package (scispaCy's "
            "models are listed at https://allenai.github.io/scispacy/), or leave the setting empty."
        ) from None
