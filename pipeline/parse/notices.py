"""What links between articles say about the standing of the one that carries them."""

from __future__ import annotations

from functools import lru_cache

from pipeline.model import Notice, Status

_RETRACTED_TYPES = frozenset({"retracted publication", "retracted-article"})
# A notice stands in the record of the article it is about as "…In", in its own record as "…Of" or "…For".
_STATUS_OF_KIND = {
    "RetractionIn": Status.RETRACTED,
    "RetractedandRepublishedIn": Status.RETRACTED,
    "ExpressionOfConcernIn": Status.CONCERN,
    "ErratumIn": Status.CORRECTED,
    "CorrectedandRepublishedIn": Status.CORRECTED,
    "PartialRetractionIn": Status.CORRECTED,
}
_GRAVEST_FIRST = (Status.RETRACTED, Status.CONCERN, Status.CORRECTED)


@lru_cache(maxsize=4096)
def status_of(publication_types: tuple[str, ...], notices: tuple[Notice, ...]) -> Status:
    """The gravest status that the types and the notices of a record say about the article itself."""
    said = {_STATUS_OF_KIND.get(notice.kind) for notice in notices}
    if any(kind.casefold() in _RETRACTED_TYPES for kind in publication_types):
        said.add(Status.RETRACTED)
    return next((status for status in _GRAVEST_FIRST if status in said), Status.CURRENT)
