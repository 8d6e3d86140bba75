"""What the models found in a sentence, remembered: a sentence that was read before need not be shown to them again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.annotate.nlp import LanguageModels
from pipeline.model import Mention


@dataclass(frozen=True, slots=True)
class RememberingModels(LanguageModels):
    """Language models that are asked about each text once; they see nothing but its words, so the answer holds."""

    known: dict[str, tuple[Mention, ...]] = field(default_factory=dict)

    @classmethod
    def around(cls, models: LanguageModels) -> RememberingModels:
        return cls(models.tokenizer, models.recognisers, models.parser)

    def entities(self, texts: Sequence[str]) -> Iterator[tuple[Mention, ...]]:
        """What the models find, or found, in each text."""
        fresh = [text for text in dict.fromkeys(texts) if text not in self.known] if self.recognisers else []
        self.known.update(zip(fresh, LanguageModels.entities(self, fresh), strict=True))
        yield from (self.known.get(text, ()) for text in texts)

    def recall(self, found: Mapping[str, tuple[Mention, ...]]) -> None:
        """Remember what was found in another run by the same models."""
        self.known.update(found)

    def forget(self) -> None:
        """Make room: what was found in one document is not asked for in the next."""
        self.known.clear()
