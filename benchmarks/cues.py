"""How far cues reach, and whether stance, certainty and attribution are those that readers gave. Nothing is asserted.

Run it as ``python -m benchmarks.cues --data DIR``; DIR holds ``bioscope_dev.jsonl.gz`` (sentences with the cues of
negation and speculation and their scopes: Vincze et al. 2008) and ``claims_dev.jsonl.gz`` (texts with labelled
claims). BioScope's abstracts are GENIA's, from which the shipped parser has learned: what the tree gains there is an
upper bound.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline import rules
from pipeline.annotate import Annotator
from pipeline.annotate.nlp import SHIPPED, load_models
from pipeline.article import Reader
from pipeline.extract.cues import Scope, read_hits, read_scopes
from pipeline.lexicon import shipped
from pipeline.lexicon.patterns import shipped_patterns
from pipeline.model import Article, Document, Evidence, Section, Sentence, Source, Token

Record = Mapping[str, Any]
TYPE_OF = {"negation": "negation", "suggested": "speculation", "speculated": "speculation"}
FIELDS = ("stance", "certainty", "attribution")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder with the two files")
    parser.add_argument("--differences", action="store_true", help="print the labels that are read otherwise")
    given = parser.parse_args()
    _report_scopes(_lines(given.data / "bioscope_dev.jsonl.gz"))
    _report_fields(_lines(given.data / "claims_dev.jsonl.gz"), differences=given.differences)


def _lines(path: Path) -> list[Record]:
    with gzip.open(path, "rt", encoding="utf-8") as handle:
        return [json.loads(line) for line in handle]


# ------------------------------------------------------------------------------------------------ scopes


@dataclass(slots=True)
class Agreement:
    """Cues that both mark, that readers alone or rules alone mark; of the former, words inside the scope."""

    cues: Counter[str] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        cues = _figures(self.cues["both"], self.cues["rules"], self.cues["readers"])
        words = _figures(self.words["both"], self.words["rules"], self.words["readers"])
        return f"cues {cues} · words in scope {words} · exact {self.cues['exact'] / max(1, self.cues['both']):.3f}"


def _figures(both: int, extra: int, missed: int) -> str:
    precision, recall = both / max(1, both + extra), both / max(1, both + missed)
    return f"P {precision:.3f} R {recall:.3f} F1 {2 * precision * recall / max(1e-9, precision + recall):.3f}"


def _report_scopes(records: list[Record]) -> None:
    annotator = Annotator(shipped(), shipped_patterns(), load_models([SHIPPED]))
    models = load_models([SHIPPED])
    plain = [_sentence(record["text"], models.tokenizer(record["text"])) for record in records]
    parsed = [annotator.with_syntax(sentence) for sentence in plain]
    for name, sentences in (("by windows", plain), ("by the tree", parsed)):
        for type_, agreement in _agreement(zip(records, sentences, strict=True)).items():
            print(f"scopes {name}: {type_}: {agreement}")


def _sentence(text: str, tokens: Iterable[Any]) -> Sentence:
    kept = tuple(Token(each.idx, each.idx + len(each), each.text) for each in tokens if not each.is_space)
    return Sentence(0, 0, len(text), text, kept)


def _agreement(pairs: Iterable[tuple[Record, Sentence]]) -> Mapping[str, Agreement]:
    found = {type_: Agreement() for type_ in dict.fromkeys(TYPE_OF.values())}
    cues = [cue for cue in rules.shipped().cues if cue.category in TYPE_OF]
    for record, sentence in pairs:
        scopes = read_scopes(sentence, read_hits(sentence, cues)).scopes
        _compare(record, sentence, scopes, found)
    return found


def _compare(record: Record, sentence: Sentence, scopes: Iterable[Scope], found: Mapping[str, Agreement]) -> None:
    spans = {scope["id"]: (scope["start"], scope["end"]) for scope in record["scopes"]}
    open_ = [cue for cue in record["cues"] if cue["ref"] in spans]
    for scope in scopes:
        agreement = found[TYPE_OF[scope.category]]
        cue = next((each for each in open_ if _is_same_cue(each, scope, sentence)), None)
        if cue is None:
            agreement.cues["rules"] += 1
            continue
        open_.remove(cue)
        own = _words(sentence, (cue["start"], cue["end"]))
        readers, ours = _words(sentence, spans[cue["ref"]]) - own, _said(sentence, scope.tokens) - own
        agreement.cues.update(both=1, exact=readers == ours)
        agreement.words.update(both=len(readers & ours), rules=len(ours - readers), readers=len(readers - ours))
    for cue in open_:
        found[cue["type"]].cues["readers"] += 1


def _is_same_cue(cue: Record, scope: Scope, sentence: Sentence) -> bool:
    same_type = cue["type"] == TYPE_OF[scope.category]
    return same_type and bool(_words(sentence, (cue["start"], cue["end"])) & set(range(*scope.cue)))


def _words(sentence: Sentence, span: tuple[int, int]) -> set[int]:
    inside = (i for i, token in enumerate(sentence.tokens) if token.start < span[1] and span[0] < token.end)
    return _said(sentence, inside)


def _said(sentence: Sentence, tokens: Iterable[int]) -> set[int]:
    return {each for each in tokens if any(sign.isalnum() for sign in sentence.tokens[each].text)}


# ------------------------------------------------------------------------------------------------ fields of claims


def _report_fields(records: list[Record], *, differences: bool) -> None:
    reader = Reader(models=(SHIPPED,))
    pairs = [pair for record in records for pair in _found(record, reader.read(_document(record)))]
    print(f"labels of which the claim is read in their sentence: {len(pairs)}")
    for name in FIELDS:
        table = Counter((label[name], _value(evidence, name)) for label, evidence in pairs)
        right = sum(count for (want, got), count in table.items() if want == got)
        print(f"{name}: {right}/{len(pairs)} = {right / max(1, len(pairs)):.3f}")
        for (want, got), count in sorted(table.items(), key=lambda item: -item[1]):
            print(f"    {want:>12} read as {got:<12} {count}")
    if differences:
        _print_differences(pairs)


def _print_differences(pairs: list[tuple[Record, Evidence]]) -> None:
    for label, evidence in pairs:
        for name in FIELDS:
            if label[name] != _value(evidence, name):
                print(f"{name}: {label[name]} read as {_value(evidence, name)} ({evidence.match.rule})")
                print(f"    {evidence.sentence.text}")


def _document(record: Record) -> Document:
    return Document(record["doc"], Source.TEXT, "", (Section("abstract", record["text"]),))


def _value(evidence: Evidence, name: str) -> str:
    """As the labels name it: they know no hypothesis, and call it background."""
    value = str(getattr(evidence.match, name))
    return "background" if value == "hypothesis" else value


def _found(record: Record, article: Article) -> Iterator[tuple[Record, Evidence]]:
    """Each label with the claim of its kind, in its sentence and with its arguments, whatever its stance."""
    for label in record["labels"]:
        start = record["text"].find(label["sentence"])
        places = range(start, start + len(label["sentence"]))
        same = (each for each in article.evidence if each.match.kind == label["kind"] and each.sentence.start in places)
        evidence = next((each for each in same if _has_arguments(each, label)), None)
        if evidence:
            yield label, evidence


def _has_arguments(evidence: Evidence, label: Record) -> bool:
    return all(_has(evidence, each) for each in label["args"] if each.get("text"))


def _has(evidence: Evidence, wanted: Record) -> bool:
    fold = str(wanted["text"]).casefold()
    for each in evidence.match.arguments:
        if each.role != wanted["role"]:
            continue
        overlaps = each.start is not None and each.end is not None and wanted.get("start") is not None
        if overlaps and each.start < wanted["end"] and wanted["start"] < each.end:
            return True
        if fold in (each.text.casefold(), each.entity.name.casefold()):
            return True
    return False


if __name__ == "__main__":
    main()
