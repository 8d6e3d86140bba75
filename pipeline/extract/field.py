"""Whether a document can hold findings of ours: it is about tumours, and no notice that speaks of another paper."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.model import Document
from pipeline.rules.discourse import DiscourseWords

NOTICES = frozenset(
    [
        "retraction of publication",
        "retraction notice",
        "retraction",
        "expression of concern",
        "expression-of-concern",
        "published erratum",
        "correction",
    ]
)
TELLING = 800  # characters of a text that would name a tumour if it were about one
HARDLY = 1000  # characters a tumour, beyond which tumours are named in passing


def not_about_tumours(document: Document, words: DiscourseWords) -> str | None:
    """The named reason why nothing in ``document`` is a finding about tumours, or None."""
    return _is_notice(document) or _of_another_field(document, words)


def _is_notice(document: Document) -> str | None:
    """What a notice says of a paper is that paper's, and is withdrawn or doubted by it."""
    return "notice_not_finding" if NOTICES & {each.lower() for each in document.publication_types} else None


def _of_another_field(document: Document, words: DiscourseWords) -> str | None:
    """Why nothing in the document is about tumours, or None.

    Its title is of another field, or tumours are not named in it, or in passing. A text without title is one that
    somebody has chosen for reading, and is taken on trust while it does not speak of another field alone; so is one too
    short to say what it is about.
    """
    title, texts = document.title or "", [section.text for section in document.sections]
    if title and words.oncology.search(title):
        return None
    if not title:
        return None if _tumours_in(texts, words) or not _elsewhere(texts, words) else "not_oncology"
    if words.elsewhere.search(title):
        return "not_oncology"
    abstract = [section.text for section in document.sections if section.kind == "abstract"]
    head = [title, *abstract] if abstract else texts
    length = sum(map(len, head))
    hardly = length >= TELLING and _tumours_in(head, words) * HARDLY < length
    return "no_tumour_named" if hardly else None


def _elsewhere(texts: Sequence[str], words: DiscourseWords) -> bool:
    """Whether ``texts`` speak of another field more than once."""
    return sum(len(words.elsewhere.findall(text)) for text in texts) > 1


def _tumours_in(texts: Sequence[str], words: DiscourseWords) -> int:
    """How often ``texts`` name a tumour."""
    return sum(len(words.oncology.findall(text)) for text in texts)
