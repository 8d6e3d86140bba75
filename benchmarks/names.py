"""How well names are found and grounded, and what the models cost. Ratios measured in one run; nothing is asserted.

Run it as ``python -m benchmarks.names --data DIR``; DIR holds ``ner/`` with the corpora of ``training/README.md``. The
weights that ship have learned the development parts too: to measure a model that has not, give ``--model`` the
folder that ``python -m training names`` has made.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import spacy
from spacy.language import Language
from thinc.api import NumpyOps

from pipeline.annotate.algebra import move_to_blas
from pipeline.annotate.nlp import MODELS, NAMES_PARTS, PIPELINE, SHIPPED, load_models
from pipeline.article import Reader
from pipeline.model import Document, Kind, Mention, Section, Source
from training.corpora import BC5CDR, CORPORA, Corpus, Entity, Labelled, mapped, read
from training.figures import COMPARED
from training.measure import Score, read_names, score_names, score_syntax, total

LABEL_OF: Mapping[Kind, str] = {
    Kind.DRUG: "CHEMICAL",
    Kind.CHEMICAL: "CHEMICAL",
    Kind.DISEASE: "DISEASE",
    Kind.GENE: "GENE",
    Kind.VARIANT: "VARIANT",
    Kind.CELL_LINE: "CELL_LINE",
}
Finder = Callable[[Sequence[Labelled]], list[list[Entity]]]


@dataclass(frozen=True, slots=True)
class System:
    """Something that finds names: its name, and how."""

    name: str
    find: Finder


def main() -> None:
    """Measure and print."""
    given = _arguments()
    names = given.model or SHIPPED
    (model,) = load_models([names]).recognisers
    print(f"model: {names}" + ("" if given.model else " (it has learned the development parts too)"))
    systems = [
        System("model alone", lambda texts: read_names(model, texts)[0]),
        System("lexicon alone", lambda texts: _read(Reader(screened=False), texts)),
        System("program: both", lambda texts: _read(Reader(models=(names,), screened=False), texts)),
    ]
    for corpus in CORPORA:
        _report_names(given.data / "ner", corpus, systems)
    _report_grounding(given.data / "ner", Reader(models=(names,), screened=False))
    _report_cost(given.data / "ner", model, names)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds ner/")
    parser.add_argument("--model", help="a model to measure in the place of the one that ships")
    given = parser.parse_args()
    if not (given.data / "ner").is_dir():
        parser.error(f"{given.data / 'ner'} not found; --data takes the folder that holds ner/ with the corpora")
    return given


# ------------------------------------------------------------------------------------------------ names


def _report_names(data: Path, corpus: Corpus, systems: Iterable[System]) -> None:
    gold = mapped(read(data, corpus, "dev"), corpus.labels)
    labels = COMPARED.get(corpus.name, corpus.covers)
    wanted = [[each for each in text.entities if each[2] in labels] for text in gold]
    print(f"\n{corpus.name} dev, {len(gold)} texts: strict F1 (precision, recall)")
    for system in systems:
        found = [[each for each in entities if each[2] in labels] for entities in system.find(gold)]
        scores = score_names(wanted, found, labels)
        by_label = "  ".join(f"{label} {100 * score.f1:.1f}" for label, score in scores.items())
        print(f"  {system.name:<14} {_told(total(scores))}   {by_label}")


def _told(score: Score) -> str:
    return f"{100 * score.f1:6.2f} ({100 * score.precision:.1f}, {100 * score.recall:.1f})"


def _read(reader: Reader, texts: Iterable[Labelled]) -> list[list[Entity]]:
    return [
        [(each.start, each.end, label) for each in _mentions(reader, text) if (label := _label(each))] for text in texts
    ]


def _mentions(reader: Reader, text: Labelled) -> Iterator[Mention]:
    document = Document(f"text:{text.text_id}", Source.JSONL, "", (Section("abstract", text.text),))
    for sentence in reader.names(document).sentences:
        yield from sentence.mentions


def _label(mention: Mention) -> str | None:
    if mention.found_by == "model" and mention.label in ("SPECIES", "CELL"):
        return mention.label
    return LABEL_OF.get(mention.kind) if mention.kind else None


# ------------------------------------------------------------------------------------------------ grounding


def _report_grounding(data: Path, reader: Reader) -> None:
    """Diseases against BC5CDR's MeSH identifiers: the only ones of its that ours can be compared with directly."""
    texts = read(data, BC5CDR, "dev")
    identifiers = _identifiers(data)
    right = wrong = named = 0
    for text in texts:
        gold = identifiers[text.text_id]
        diseases = {(start, end) for start, end, label in text.entities if label == "DISEASE"}
        for mention in _mentions(reader, text):
            place = (mention.start, mention.end)
            curie = mention.grounding.entity.curie if mention.grounding else None
            if place in diseases and place in gold:
                named += 1
                if curie and curie.startswith("mesh:"):
                    right += curie.removeprefix("mesh:") in gold[place]
                    wrong += curie.removeprefix("mesh:") not in gold[place]
    print(
        f"\ngrounding of BC5CDR's diseases (dev): {named} found at its places, {right + wrong} with a MeSH identifier"
    )
    print(f"  as BC5CDR has it {right}, another {wrong}: {100 * right / max(1, right + wrong):.1f} % right")


def _identifiers(data: Path) -> dict[str, dict[tuple[int, int], frozenset[str]]]:
    with gzip.open(data / "bc5cdr.dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return {
        str(row["id"]): {(start, end): frozenset(str(ids).split("|")) for start, end, ids in row["kb"]} for row in rows
    }


# ------------------------------------------------------------------------------------------------ cost


def _report_cost(data: Path, model: Language, name: str) -> None:
    texts = [each for corpus in CORPORA for each in read(data, corpus, "dev")]
    words = sum(len(each.text.split()) for each in texts)
    fast = read_names(model, texts)[1]
    for component in model.components:
        component[1].model._to_ops(NumpyOps())  # type: ignore[attr-defined]
    slow = read_names(model, texts)[1]
    move_to_blas(model)
    print(f"\nspeed on {len(texts)} abstracts, {words:,} words, one core (CPU time)")
    print(f"  names            {fast:10,.0f} words/s; matrix products by numpy's BLAS : by blis {fast / slow:.2f}")
    if name == SHIPPED:
        syntax = spacy.load(MODELS / PIPELINE, exclude=NAMES_PARTS)
        scores = score_syntax(move_to_blas(syntax), data / "dep.genia.dev.spacy")
        told = ", ".join(f"{part} {100 * value:.2f}" for part, value in scores.items() if part != "tokens_per_second")
        print(f"  tagger, parser   {scores['tokens_per_second']:10,.0f} tokens/s; GENIA dev {told}")
    print("  {:.2f} s to load after {:.2f} s of import; {:.0f} MB of memory".format(*_start_up(name)))


def _start_up(name: str) -> tuple[float, float, float]:
    """Seconds to load, seconds to import, and memory, of a process that does nothing else."""
    code = (
        "import time; a = time.perf_counter(); from pipeline.annotate.nlp import load_models; b = time.perf_counter(); "
        f"load_models([{name!r}]); print(time.perf_counter() - b, b - a)"
    )
    process = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    load, imports = map(float, process.stdout.split())
    return load, imports, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


if __name__ == "__main__":
    main()
