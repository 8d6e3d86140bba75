"""The one place that loads language models.

``resistmine`` is the model that ships (:data:`MODELS`, made by ``training/``). Any spaCy or scispaCy model with an NER
may take its place, or stand beside it, by the setting ``RESISTMINE_NLP_MODEL``; ``LABELS`` translates what it calls
things. With ``none`` names come from the lexicon, the patterns and the abbreviations alone.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import spacy
from spacy.language import Language

from pipeline.annotate import embedding  # noqa: F401  (registers the layer that our models are made of)
from pipeline.annotate.algebra import move_to_blas
from pipeline.annotate.tokenizer import blank
from pipeline.errors import ModelMissingError
from pipeline.model import Kind, Mention

os.environ.setdefault("OMP_NUM_THREADS", "1")  # measured: more threads cost CPU and gain no time

SHIPPED, NO_MODEL = "resistmine", "none"
MODELS = Path(__file__).parent.parent / "models"
PIPELINE = "names_and_syntax"
NAMES_PARTS, SYNTAX_PARTS = ("words", "ner"), ("tok2vec", "tagger", "parser")
CHECKSUMS = "SHA256SUMS"
LABELS: Mapping[str, Kind | None] = MappingProxyType(
    {
        # ours, BC5CDR, BioRED
        "CHEMICAL": Kind.CHEMICAL,
        "DISEASE": Kind.DISEASE,
        "GENE": Kind.GENE,
        "VARIANT": Kind.VARIANT,
        "CELL_LINE": Kind.CELL_LINE,
        # BioNLP 2013 CG; its CELL and our own CELL are cells of all sorts, cell lines among them
        "SIMPLE_CHEMICAL": Kind.CHEMICAL,
        "CANCER": Kind.DISEASE,
        "GENE_OR_GENE_PRODUCT": Kind.GENE,
        # CRAFT, JNLPBA
        "CHEBI": Kind.CHEMICAL,
        "GGP": Kind.GENE,
        "PROTEIN": Kind.GENE,
        "DNA": Kind.GENE,
        "RNA": Kind.GENE,
    }
)
BATCH = 32  # measured: larger batches cost memory and gain no speed


@dataclass(frozen=True, slots=True)
class LanguageModels:
    """The tokeniser, and whatever models the settings name. ``fingerprint`` names them with their versions.

    ``parser`` is the one that ships, whose tokens are those of ``tokenizer``; None where the settings leave it out.
    """

    tokenizer: Language
    recognisers: tuple[Language, ...]
    parser: Language | None = None

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

    def parse(self, text: str) -> tuple[tuple[int, str, str, int], ...]:
        """Of each token of ``text`` its start, its tag, its relation and the number of the token it hangs on.

        Nothing without a parser.
        """
        doc = self.parser(text) if self.parser else ()
        return tuple((token.idx, token.tag_, token.dep_, token.head.i) for token in doc)


def load_models(names: Sequence[str]) -> LanguageModels:
    """The tokeniser and the models ``names``.

    Raises:
        ModelMissingError: a model is not installed, is damaged, or does not find names.
    """
    recognisers = tuple(_load(name) for name in names if name != NO_MODEL)
    return LanguageModels(blank(), recognisers, _shipped_parser() if SHIPPED in names else None)


def _load(name: str) -> Language:
    if name == SHIPPED:
        return _shipped()
    try:
        nlp = spacy.load(name)
    except OSError:
        raise ModelMissingError(
            f"RESISTMINE_NLP_MODEL: {name!r} is not installed in this environment. Install its package (scispaCy's "
            "models are listed at https://allenai.github.io/scispacy/), or unset it for the model that ships."
        ) from None
    if not {"ner", "entity_ruler", "spancat"} & set(nlp.pipe_names):
        raise ModelMissingError(
            f"RESISTMINE_NLP_MODEL: {name!r} finds no names (its parts: {', '.join(nlp.pipe_names) or 'none'}). "
            "Choose a model with an NER, such as en_ner_bc5cdr_md."
        )
    return move_to_blas(nlp)


def _shipped() -> Language:
    """The names of the shipped model, without its tagger and parser."""
    return _shipped_without(SYNTAX_PARTS)


def _shipped_parser() -> Language:
    """Its tagger and parser alone: few sentences are parsed, all are searched for names."""
    return _shipped_without(NAMES_PARTS)


@cache
def _shipped_without(parts: tuple[str, ...]) -> Language:
    """The shipped model without ``parts``, after its files were held against their sums."""
    damaged = [line for line in (MODELS / CHECKSUMS).read_text("utf-8").splitlines() if not _is_whole(line)]
    if damaged:
        name = damaged[0].split(maxsplit=1)[1]
        raise ModelMissingError(f"{MODELS}: {name} is missing or not as it was shipped. Install resistmine again.")
    return move_to_blas(spacy.load(MODELS / PIPELINE, exclude=parts))


def _is_whole(line: str) -> bool:
    expected, name = line.split(maxsplit=1)
    path = MODELS / name
    return path.is_file() and _sum_of(path) == expected


def _sum_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def sums_of(folder: Path) -> str:
    """The SHA-256 of every file of weights below ``folder``, a line each, as ``sha256sum`` prints them."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".md", ".txt"))
    named = [(path, path.relative_to(folder).as_posix()) for path in paths if path.name != CHECKSUMS]
    return "".join(f"{_sum_of(path)}  {name}\n" for path, name in named)
