"""The licence of a JATS article in one short form ("CC BY 4.0"), from its links, else from its words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.parse.markup import Element, attribute, text_of
from pipeline.text import one_line

_URL = re.compile(r"(?i)creativecommons\.org/licen[sc]es/(by(?:-nc)?(?:-nd|-sa)?)\b(?:/(\d\.\d))?")
_ZERO = re.compile(r"(?i)creativecommons\.org/publicdomain/zero(?:/(\d\.\d))?|\bCC[ -]?0\b")
_MARK = re.compile(r"(?i)creativecommons\.org/publicdomain/mark|\bpublic domain\b")
_SHORT = re.compile(r"(?i)\bcc[ -]by((?:[ -](?:nc|nd|sa))*)\b(?:[ -](\d\.\d))?")
_WORDS = re.compile(r"(?i)creative[ -]?commons[ -]?(?:attribution|by\b)|\battribution[ -](?:non|share|no)")
_TERMS = (
    ("NC", re.compile(r"(?i)attribution\W{1,3}non\W?commercial|\bby\W?nc\b")),
    ("ND", re.compile(r"(?i)\bno\W?deriv")),
    ("SA", re.compile(r"(?i)\bshare\W?alike")),
)
_LONGEST = 100


def licence_of(meta: Element) -> str | None:
    """The licence in ``article-meta``; None when there is none, its first 100 characters when they are no known one.

    The version is kept where it is given. Links are trusted before words, as words often name several licences.
    """
    places = [*meta.iterfind("permissions/license"), *meta.iterfind("license")]
    links = [link for place in places for link in _links(place)]
    links += [text_of(reference) for reference in meta.iterfind("permissions/license_ref")]
    named = next((name for name in map(_from_link, links) if name), None)
    if named:
        return named
    words = " ".join(text for text in map(text_of, places) if text)
    types = " ".join(kind for kind in (attribute(place, "license-type") for place in places) if kind)
    named = _from_words(f"{words} {types}") or _from_words(_custom(meta))
    return named or one_line(words, _LONGEST) or types or None


def _links(place: Element) -> Iterator[str]:
    for element in place.iter("license", "ext-link", "uri", "license_ref"):
        yield attribute(element, "href") or ""
        yield text_of(element) if element.tag != "license" else ""


def _from_link(link: str) -> str | None:
    found = _URL.search(link)
    if found:
        return " ".join(part for part in (f"CC {found[1].upper()}", found[2]) if part)
    return "CC0" if _ZERO.search(link) else "public domain" if "publicdomain/mark" in link else None


def _from_words(words: str) -> str | None:
    if not words:
        return None
    if _from_link(words):
        return _from_link(words)
    short = _SHORT.search(words)
    if short:
        terms = short[1].upper().replace(" ", "-")
        return " ".join(part for part in (f"CC BY{terms}", short[2]) if part)
    if _WORDS.search(words):
        return "-".join(("CC BY", *(term for term, pattern in _TERMS if pattern.search(words))))
    return "CC0" if _ZERO.search(words) else None


def _custom(meta: Element) -> str:
    """PMC's own note of the licence, in newer articles."""
    for custom in meta.iterfind("custom-meta-group/custom-meta"):
        name, value = custom.find("meta-name"), custom.find("meta-value")
        if name is not None and value is not None and text_of(name) == "pmc-license-ref":
            return text_of(value)
    return ""
