"""A checked document for people: as Markdown, as a page that stands alone, and as lines for a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt

from pipeline.check import STATES, worst_first
from pipeline.check.holding import Row
from pipeline.text import one_line

SHOWN = 3  # papers of a side that are quoted
PAPER, LINK = re.compile(r"\bpmid:(\d{1,9})\b"), r'<a href="https://pubmed.ncbi.nlm.nih.gov/\1/">pmid:\1</a>'
LISTED = 50  # sentences without a claim that a page lists; the JSON has all
SIGNS = re.compile(r"([\\`*_\[\]<>|#~])")
TITLES = {
    "contradicted": "Contradicted",
    "contested": "Contested",
    "outdated": "Outdated",
    "near": "Near",
    "not_found": "Not found",
    "supported": "Supported",
}
FINDINGS = {
    "says_it": "says it",
    "denies": "denies it",
    "near": "tells of the same names, but in another kind or direction",
    "silent": "names the drug; nothing of the kind is read in it",
    "other_drug": "is cited for another drug: it names {drugs}, and none of this statement's",
    "withdrawn": "is {status}",
    "not_in_database": "is not in the database",
    "no_identifier": "gives no PMID or DOI, and no paper in the database has its title",
    "no_such_reference": "is not in the list of references",
    "trial_of_another_drug": "is a trial of other drugs: its papers name {drugs}, and none of this statement's",
}
STATUS = {"concern": "under an expression of concern", "deleted": "deleted by its source"}
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 16px/1.5 Georgia, serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #222 }}
table {{ border-collapse: collapse }} td, th {{ border: 1px solid #bbb; padding: .2rem .6rem; text-align: left }}
blockquote {{ border-left: 3px solid #999; margin-left: 0; padding-left: 1rem; color: #444 }}
h3 {{ margin-top: 2rem; font-size: 1.05rem }} code {{ font-size: .85em }}
@media print {{ h3 {{ break-after: avoid }} }}
</style></head><body>
{body}</body></html>
"""


def headline(checked: Mapping[str, Any]) -> str:
    return f"{checked['file']} held against the evidence of {checked['snapshot']}"


def counts(checked: Mapping[str, Any]) -> list[tuple[str, int, str]]:
    """(what, how many, what it means), without what there is not."""
    found = [(TITLES[state], checked["counts"][state], says) for state, says in STATES.items()]
    found += [("Cites what it should not", checked["counts"]["with_faults"], "see the lines with an arrow")]
    return [each for each in found if each[1]]


def lines_of(statement: Mapping[str, Any]) -> Iterator[str]:
    """What is to be said of a statement, a line each: faults, who says or denies it, what is near, what it cites."""
    for fault in statement["faults"]:
        yield f"→ {_citation(fault['mark'], fault.get('document_id'))} {finding(fault | {'finding': fault['fault']})}"
    yield from _side("said by", statement["support"])
    standing = [row for row in statement["support"] if row["stands"]]
    if standing and not any(row["own_finding"] for row in standing):
        yield "no finding of its own among them: reviews, or papers that tell of others"
    denials = [row for row in statement["against"] if row["claim_id"] == statement["claim_id"]]
    yield from _side("denied by", denials)
    yield from _side("the opposite is said by", [row for row in statement["against"] if row not in denials])
    if not statement["support"] and not statement["against"]:
        for row in statement["near"]:
            yield f"near: {row['label']} ({row['kind']}; {_weight(row)})"
    at_fault = {fault["mark"] for fault in statement["faults"]}
    for cited in statement["cited"]:
        if cited["mark"] not in at_fault:
            told = cited["finding"] in ("says_it", "denies") or not cited["quote"]
            quote = "" if told else f": “{one_line(cited['quote'], 300)}”"
            yield f"cites {_citation(cited['mark'], cited['document_id'])}, which {finding(cited)}{quote}"
    if statement["unknown_names"]:
        yield f"names without an identifier, compared by their letters: {', '.join(statement['unknown_names'])}"


def finding(cited: Mapping[str, Any]) -> str:
    """What a cited paper was found to say."""
    status = cited.get("status") or "?"
    return FINDINGS[cited["finding"]].format(
        drugs=", ".join(cited["drugs"][:5]) or "none", status=STATUS.get(status, status)
    )


def _citation(mark: str, document_id: str | None) -> str:
    return f"{mark} ({document_id})" if document_id and document_id.partition(":")[2] not in mark else mark


def _weight(row: Row) -> str:
    named = (("for", row["papers_supporting"]), ("against", row["papers_refuting"]), ("mixed", row["papers_mixed"]))
    return ", ".join(f"{count} {name}" for name, count in named if count)


def _side(what: str, rows: Sequence[Row]) -> Iterator[str]:
    """The best evidence of each of the first papers, and how many papers there are."""
    papers = {row["document_id"]: row for row in reversed(rows)}
    first = [row for row in rows if papers[row["document_id"]] is row][:SHOWN]
    for row in first:
        yield f"{what} {row['document_id']} ({', '.join(dict.fromkeys(_grade(row)))}): “{one_line(row['quote'], 400)}”"
    if len(papers) > len(first):
        yield f"{what} {len(papers) - len(first)} more papers"


def _grade(row: Row) -> Iterator[str]:
    if row["year"]:
        yield str(row["year"])
    if row["status"] != "current":
        yield str(STATUS.get(row["status"], row["status"]))
    yield "own finding" if row["own_finding"] else (row["discounted"] or "not counted").replace("_", " ")
    yield "study not told" if row["study_type"] == "not_said" else row["study_type"].replace("_", " ")
    if row["level"]:
        yield f"level {row['level']}"


def limits(checked: Mapping[str, Any]) -> Iterator[str]:
    """What was not read, and why."""
    left = checked["not_read"]
    if left["parts"]:
        yield f"Not read: {', '.join(left['parts'])}."
    if left["citations_by_author"]:
        yield f"{left['citations_by_author']} citations by author and year are not resolved, as numbers and PMIDs are."
    yield f"{len(left['sentences'])} sentences gave no claim and were not checked."
    yield "What is not found may be true: the database holds what was ingested, and reading misses some of it."


# ------------------------------------------------------------------------------------------------ pages


def as_markdown(checked: Mapping[str, Any]) -> str:
    """All on a page, what a reader must look at first at the top."""
    lines = [f"# {plain(headline(checked))}", "", "| what | how many | meaning |", "|---|---:|---|"]
    lines += [f"| {name} | {count} | {says} |" for name, count, says in counts(checked)]
    lines += ["", *(f"- {plain(each)}" for each in limits(checked)), ""]
    for statement in worst_first(checked["statements"]):
        lines += _statement_lines(statement)
    withdrawn = [each for each in checked["references"] if each["status"] in ("retracted", "deleted", "concern")]
    if withdrawn:
        lines += ["## References that do not stand", ""]
        lines += [f"- {plain(_reference(each))}" for each in withdrawn] + [""]
    lines += _unread_lines(checked["not_read"]["sentences"])
    return "\n".join(lines).rstrip() + "\n"


def _statement_lines(statement: Mapping[str, Any]) -> list[str]:
    denied = " (denied)" if statement["stance"] == "refutes" else ""
    place = f" in “{statement['section']}”" if statement["section"] else ""
    return [
        f"### {TITLES[statement['state']]}: {plain(statement['claim'])}{denied}", "",
        f"> {plain(one_line(statement['sentence'], 600))}", "",
        f"- {statement['kind']}, `{statement['claim_id']}`{plain(place)}",
        *(f"- {plain(each)}" for each in lines_of(statement)), "",
    ]  # fmt: skip


def _reference(reference: Row) -> str:
    status = STATUS.get(reference["status"], reference["status"])
    return f"{reference['mark']} {one_line(reference['text'], 200)} ({reference['document_id']}): {status}"


def _unread_lines(sentences: Sequence[Row]) -> list[str]:
    if not sentences:
        return []
    lines = [f"- “{plain(one_line(each['sentence'], 200))}”: {plain(each['why'])}" for each in sentences[:LISTED]]
    more = [f"- … and {len(sentences) - LISTED} more (in the JSON)"] if len(sentences) > LISTED else []
    return [f"## Sentences without a claim ({len(sentences)})", "", *lines, *more, ""]


def plain(text: str) -> str:
    """``text`` as Markdown shows it: no sign of it means anything."""
    return SIGNS.sub(r"\\\1", text)


def as_html(checked: Mapping[str, Any]) -> str:
    """The same as a page that needs nothing else."""
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(as_markdown(checked))
    return PAGE.format(title=escape(headline(checked)), body=PAPER.sub(LINK, body))
