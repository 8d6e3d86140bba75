"""The identifiers of articles in one form each, whatever form the source gives; None for what is not one."""

from __future__ import annotations

import re

_PMID = re.compile(r"0*+([1-9][0-9]{0,11})")
_VERSION = re.compile(r"[0-9]{1,3}")
_PMCID = re.compile(r"(?i)(?:PMC)?0*([1-9]\d{0,11})(?:\.\d{1,3})?")
_DOI_PREFIX = re.compile(r"(?i)(?:https?://(?:dx\.)?doi\.org/|doi:\s*)")


def pmid_of(text: str | None) -> str | None:
    """Digits without leading zeros.

    >>> pmid_of(" 03531190 ")
    '3531190'
    """
    found = _PMID.fullmatch((text or "").strip())
    return found[1] if found else None


def version_of(text: str | None) -> int:
    """The version of a record, 1 unless another number is given.

    >>> version_of("2"), version_of(None), version_of("x")
    (2, 1, 1)
    """
    return int(text) if text and _VERSION.fullmatch(text) else 1


def pmcid_of(text: str | None) -> str | None:
    """``PMC`` and digits; a version ("PMC3040717.1") is left out.

    >>> pmcid_of("3040717"), pmcid_of("PMC3040717.1")
    ('PMC3040717', 'PMC3040717')
    """
    found = _PMCID.fullmatch((text or "").strip())
    return f"PMC{found[1]}" if found else None


def doi_of(text: str | None) -> str | None:
    """A DOI as printed, without resolver or "doi:".

    >>> doi_of("https://doi.org/10.1000/Xyz")
    '10.1000/Xyz'
    """
    bare = _DOI_PREFIX.sub("", (text or "").strip(), count=1)
    return bare if bare.startswith("10.") and "/" in bare else None


def document_id_of(pmid: str | None, pmcid: str | None = None, doi: str | None = None) -> str | None:
    """``pmid:…``, else ``pmcid:…``, else ``doi:…`` (in lower case: DOIs do not tell cases apart), else None."""
    if pmid:
        return f"pmid:{pmid}"
    if pmcid:
        return f"pmcid:{pmcid}"
    return f"doi:{doi.lower()}" if doi else None


_LANGUAGES = {
    "ar": "ara", "bg": "bul", "ca": "cat", "cs": "cze", "da": "dan", "de": "ger", "el": "gre", "en": "eng", "es": "spa",
    "et": "est", "fa": "per", "fi": "fin", "fr": "fre", "he": "heb", "hr": "hrv", "hu": "hun", "it": "ita", "ja": "jpn",
    "ko": "kor", "lt": "lit", "nl": "dut", "no": "nor", "pl": "pol", "pt": "por", "ro": "rum", "ru": "rus", "sk": "slo",
    "sl": "slv", "sr": "srp", "sv": "swe", "th": "tha", "tr": "tur", "uk": "ukr", "vi": "vie", "zh": "chi",
}  # fmt: skip


def language_of(tag: str | None) -> str | None:
    """A language in MEDLINE's three letters, from "en", "en-GB" or "eng"; what is not in the list stays as it is.

    >>> language_of("zh-CN"), language_of("ENG"), language_of("tlh")
    ('chi', 'eng', 'tlh')
    """
    main = (tag or "").strip().casefold().partition("-")[0]
    return _LANGUAGES.get(main, main) or None
