"""Whose statement it is: by the words of the sentence, by what it cites, by its section, by what came before it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline.extract.frame import Surroundings, is_review
from pipeline.model import Attribution, Sentence

# in an abstract without headings, what stands before the authors speak of their own work is background
OWN_WORK = re.compile(
    r"\b(?:we|our|here(?:in)?|this (?:study|report|work|trial|paper|review|article)|the (?:aim|purpose|present study))"
    r"\b",
    re.IGNORECASE,
)
# words and pointers by which a sentence that cites others speaks of its own work nevertheless
OWN_WORDS = re.compile(
    r"\b(?:we|our|in (?:this|the (?:present|current)) (?:study|work|report|trial|cohort)|consistent with|in line with"
    r"|in agreement with|similar to)\b|\b(?:fig(?:ure|s)?\.?|tables?|supplement\w*)\s?S?\d",
    re.IGNORECASE,
)
YEAR = r"(?:19|20)\d\d[a-z]?"
AUTHORS = r"[A-Z][\w'’-]+(?: (?:et al\.?|and [A-Z][\w'’-]+|& [A-Z][\w'’-]+|[A-Z][\w'’-]+))*"
RAISED = r"[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}(?:[,–-][⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3})*(?=[\s.,;)]|$)"
CITED = re.compile(
    rf"\[\d{{1,3}}(?:\s?[,;–—-]\s?\d{{1,3}})*\]|\(\d{{1,3}}(?:\s?[,–]\s?\d{{1,3}})+\)"  # [12], [3, 7-9], (53, 65)
    rf"|\((?:(?:e\.g\.,?|see|reviewed (?:in|by)) )?{AUTHORS},? {YEAR}(?:[,;] ?(?:{AUTHORS},? )?{YEAR})*\)"
    rf"|\b{AUTHORS} \({YEAR}\)"  # Smith et al. (2010)
    rf"|(?<=[a-z]{{3}}|[a-z]{{2}}[.,;)]){RAISED}"  # raised, as printed
)
CITED_BEHIND = re.compile(RAISED)  # "… resistance.¹²"
OWN_SECTIONS: Mapping[str, Attribution] = {
    "title": Attribution.CONCLUSION,
    "conclusion": Attribution.CONCLUSION,
    "introduction": Attribution.BACKGROUND,
    "methods": Attribution.METHOD,
    "results": Attribution.OWN_RESULT,
    "figure": Attribution.OWN_RESULT,
    "table": Attribution.OWN_RESULT,
}
CATEGORIES: Mapping[str, Attribution] = {
    "BACKGROUND": Attribution.BACKGROUND,
    "METHODS": Attribution.METHOD,
    "RESULTS": Attribution.OWN_RESULT,
    "CONCLUSIONS": Attribution.CONCLUSION,
}


def read_attribution(over: frozenset[str], sentence: Sentence, surroundings: Surroundings) -> Attribution:
    """Whose statement it is that stands under the cues ``over``."""
    section = surroundings.section
    by_section = CATEGORIES.get(section.category or "") or OWN_SECTIONS.get(section.kind)
    if "hypothesis" in over:
        return Attribution.HYPOTHESIS
    if "background" in over and by_section is not Attribution.CONCLUSION:
        return Attribution.BACKGROUND
    if cites_others(sentence.text, section.text[sentence.end :]):
        return Attribution.BACKGROUND
    if by_section is Attribution.BACKGROUND and not OWN_WORDS.search(sentence.text):
        return Attribution.BACKGROUND
    if by_section is Attribution.BACKGROUND and "own_result" in over:
        return Attribution.OWN_RESULT  # "here we show", at the end of an introduction
    if "conclusion" in over or by_section is Attribution.CONCLUSION:
        return Attribution.CONCLUSION
    if is_review(surroundings.document):
        return Attribution.BACKGROUND  # a review repeats, it does not find
    if by_section:
        return by_section
    if "own_result" in over:
        return Attribution.OWN_RESULT
    return _by_place(sentence, surroundings)


def cites_others(text: str, after: str = "") -> bool:
    """Whether a sentence gives the source of what it says, and does not speak of the authors' own work.

    The source may stand behind its full stop, where ``after`` begins.

    >>> cites_others("T790M confers resistance [12]."), cites_others("As in others [12], we found T790M.")
    (True, False)
    """
    return bool(CITED.search(text) or CITED_BEHIND.match(after)) and OWN_WORDS.search(text) is None


def _by_place(sentence: Sentence, surroundings: Surroundings) -> Attribution:
    """In an abstract without headings: its last sentence concludes, what stands before its own work is background.

    A pasted abstract begins with its title, which concludes too. What a discussion says of no one else, it concludes.
    """
    text = surroundings.section.text
    if surroundings.section.kind == "discussion":
        return Attribution.CONCLUSION
    if surroundings.section.kind != "abstract":
        return Attribution.OWN_RESULT
    before, after = text[: sentence.start].strip(), text[sentence.end :].strip()
    if before and not after:
        return Attribution.CONCLUSION
    if surroundings.title is None and not before and len(after) > len(sentence.text):
        return Attribution.CONCLUSION
    own_work = OWN_WORK.search(text)
    return Attribution.BACKGROUND if own_work and sentence.end <= own_work.start() else Attribution.OWN_RESULT
