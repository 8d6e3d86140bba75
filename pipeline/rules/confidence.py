"""How far an evidence can be trusted: the chance that a reader of its sentence would say the same.

The figures are those of ``confidence.toml``, measured on labelled texts and written by ``python -m
benchmarks.confidence``. What an evidence starts from is how often its rule was right there, drawn towards its kind, and
this towards all kinds, as far as little has been seen of it; what is known of the evidence besides moves it up or down.
All of it adds up in log-odds, so that each part can be told. Kinds that no one has labelled have no confidence.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pipeline.errors import KnowledgeError

FILE = "confidence.toml"
FEATURES: Mapping[str, str] = {
    "hedged": "the sentence suggests or speculates",
    "speculated": "the sentence speculates",
    "refuted": "the sentence denies the claim",
    "not_own": "background, method or hypothesis, not a result or conclusion of the article",
    "understood": "an argument is not named in the sentence",
    "no_drug_here": "no drug of the claim is named in the sentence",
    "no_direction": "of what acts or changes it is not said whether it is up, down or there",
    "no_identifier": "an argument has no identifier",
    "model_alone": "the name of an argument was found by the language model alone",
    "long_sentence": "more than 40 words",
    "many_names": "more than six names of drugs, genes and variants in the sentence",
    "full_text": "neither title nor abstract",
}
REMEDY = "Make the file anew: python -m benchmarks.confidence --data DIR --write."


@dataclass(frozen=True, slots=True)
class Share:
    """How many of ``n`` findings were right."""

    right: int
    n: int

    def drawn_to(self, share: float, weight: float) -> float:
        """The share, as if ``weight`` findings more had been seen of which ``share`` were right."""
        return (self.right + weight * share) / (self.n + weight)


@dataclass(frozen=True, slots=True)
class Confidence:
    """The figures: ``all``, ``kinds`` and ``rules`` say what was right, the rest what it counts for in log-odds.

    ``drawn`` is the number of findings that the share of the kind (of all) counts for beside those of a rule (a kind).
    """

    source: str
    base: float
    rule: float
    drawn: float
    all: Share
    weights: Mapping[str, float] = field(default_factory=dict)
    kinds: Mapping[str, Share] = field(default_factory=dict)
    rules: Mapping[str, Share] = field(default_factory=dict)

    def of(self, rule: str, kind: str, features: Iterable[str]) -> float | None:
        """The confidence of an evidence with ``features``; None for a kind that was never measured."""
        share = self.share(rule, kind)
        if share is None:
            return None
        odds = self.base + self.rule * log_odds(share) + sum(self.weights[each] for each in features)
        return 1 / (1 + math.exp(-odds))

    def share(self, rule: str, kind: str) -> float | None:
        """How often ``rule`` is right as far as is known, between 0 and 1 and neither of them."""
        if kind not in self.kinds:
            return None
        of_all = self.all.drawn_to(0.5, 1)
        of_kind = self.kinds[kind].drawn_to(of_all, self.drawn)
        return self.rules.get(rule, Share(0, 0)).drawn_to(of_kind, self.drawn)


def log_odds(share: float) -> float:
    return math.log(share / (1 - share))


def parse_confidence(table: Mapping[str, Any], file: str = FILE) -> Confidence:
    """The figures of a file.

    Raises:
        KnowledgeError: a feature without weight, a weight without feature, a share that is none, a missing key.
    """
    try:
        weights = {name: float(weight) for name, weight in table["weights"].items()}
        if set(weights) != set(FEATURES):
            raise ValueError(f"weights of {sorted(set(weights) ^ set(FEATURES))} are missing or of no feature")
        return Confidence(
            source=table["source"],
            base=float(table["base"]),
            rule=float(table["rule"]),
            drawn=float(table["drawn"]),
            all=_share("all", table["all"]),
            weights=MappingProxyType(weights),
            kinds=MappingProxyType({name: _share(name, pair) for name, pair in table["kinds"].items()}),
            rules=MappingProxyType({name: _share(name, pair) for name, pair in table["rules"].items()}),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise KnowledgeError(file, "the file", f"cannot be used ({error!r})", REMEDY) from None


def _share(name: str, pair: Any) -> Share:
    right, n = pair
    if not (isinstance(right, int) and isinstance(n, int) and 0 <= right <= n):
        raise ValueError(f"{name} = {pair!r}: expected [right, of how many]")
    return Share(right, n)


def written(confidence: Confidence, seen: Mapping[str, int]) -> str:
    """The file that :func:`parse_confidence` reads; ``seen`` is how often each feature was."""
    head = (__doc__ or "").strip().replace("``", "").splitlines()
    lines = [f"# {line}".rstrip() for line in head]
    lines += ["", f'source = "{confidence.source}"']
    lines += [f"{name} = {getattr(confidence, name):.2f}" for name in ("base", "rule", "drawn")]
    lines += [
        f"all = [{confidence.all.right}, {confidence.all.n}]",
        "",
        "# what each adds to the log-odds",
        "[weights]",
    ]
    lines += [
        f"{name} = {confidence.weights[name]:.2f}  # {says}; seen {seen.get(name, 0)} times"
        for name, says in FEATURES.items()
    ]
    for title, shares in (("kinds", confidence.kinds), ("rules", confidence.rules)):
        lines += ["", "# right, of how many", f"[{title}]"]
        lines += [f'"{name}" = [{each.right}, {each.n}]' for name, each in sorted(shares.items())]
    return "\n".join(lines) + "\n"
