"""What the writers of all formats say in the same words: marks, weights, places, how a citation in prose reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.review.records import Claim, Evidence, Plot, Prose, Reference, Review, Table
from pipeline.review.references import Run, printed, warning

DEMO = "Built from the demo's made-up records: none of the papers is real."
NO_ROWS = "No evidence for this table passes the filters."
NO_PICTURE = (
    "The plot is drawn where matplotlib is installed (pip install -c constraints.txt -e '.[review]'); its numbers:"
)
UNPLACED = "Prose without a place"
UNPLACED_SAYS = "The sections of these paragraphs are not in the template any more; nothing of them was changed."
METHODS, EVIDENCE, REFERENCES = "Methods", "Evidence", "References"
LEGEND = "† retracted, deleted, or under an expression of concern: see the reference."
STATUS = {"contested": "contested", "retracted": "only withdrawn papers say it", "current": ""}


@dataclass(frozen=True, slots=True)
class Telling:
    """A review with its references printed, so that no writer does it twice."""

    review: Review
    printed: tuple[tuple[Run, ...], ...]
    numbers: Mapping[str, int]
    withdrawn: frozenset[str]

    @classmethod
    def of(cls, review: Review) -> Telling:
        gone = frozenset(each.document_id for each in review.references if warning(each))
        return cls(review, tuple(printed(review.references, review.style)), review.number_of(), gone)

    def number(self, paper: str) -> str:
        """The number of a paper, marked where the paper does not stand."""
        return f"{self.numbers[paper]}{'†' if paper in self.withdrawn else ''}"

    def has_withdrawn(self, table: Table) -> bool:
        """Whether a table cites papers that do not stand."""
        return any(paper in self.withdrawn for row in table.rows for cell in row.cells for paper in cell.papers)

    def citation(self, what: str, item: str) -> tuple[str, str]:
        """How a citation in prose reads, and the anchor that it leads to (empty: it leads nowhere)."""
        if what == "table":
            table = next((each for each in self.review.tables() if each.name == item), None)
            if table:
                return (f"Table {table.number}", f"table-{item}") if table.number else (f"(no rows: {table.title})", "")
        elif what == "claim" and item in self.review.claims:
            papers = dict.fromkeys(each.document_id for each in self.review.claims[item].evidence)
            return f"[{', '.join(self.number(paper) for paper in papers)}]", f"claim-{item}"
        elif what == "paper":
            paper = item if ":" in item else f"pmid:{item}"
            if paper in self.numbers:
                return f"[{self.number(paper)}]", f"ref-{self.numbers[paper]}"
        return f"[{what} {item}: not found]", ""


def subtitle(review: Review) -> str:
    """The line under the title."""
    papers = len(review.references)
    return f"{review.topic}: {len(review.claims)} claims of {papers} papers. Snapshot {review.snapshot}."


def caption(content: Table | Plot) -> str:
    """What stands behind the number of a table or figure."""
    return f"{content.title}. {content.says}" if isinstance(content, Table) else f"{content.title}."


def warned(prose: Prose, review: Review) -> tuple[str, tuple[str, ...], str]:
    """The mark of prose whose claims have changed: its head, what changed, what to do."""
    changes = [f"{each.label}: {each.what}" for each in prose.changes]
    changes += [
        f"{each}: leads nowhere"
        for each in prose.missing
        if each not in {f"claim:{one.claim_id}" for one in prose.changes}
    ]
    head = f"⚠ Claims behind this text (“{prose.name}”) have changed since it was last confirmed"
    todo = f"Read it again, then: resistmine review {review.name} --confirm {prose.name} -o FILE"
    return head, tuple(changes), "Correct the citations that lead nowhere. " * bool(prose.missing) + todo


def weight(claim: Claim) -> str:
    """How many say a claim and deny it, and what was not counted."""
    parts = [
        f"papers: {claim.supporting} for, {claim.refuting} against" + (f", {claim.mixed} both" if claim.mixed else ""),
        f"independent groups with own findings: {claim.groups_supporting} for, {claim.groups_refuting} against",
    ]
    parts += [f"set aside: {claim.discounted}"] if claim.discounted else []
    parts += [f"suggested level {claim.level}: {claim.level_reason}"] if claim.level else []
    return "; ".join(filter(None, [claim.kind.replace("_", " "), STATUS.get(claim.status, claim.status), *parts]))


def facts(each: Evidence) -> str:
    """What is known of an evidence besides its words."""
    told = [
        each.stance, each.certainty, each.attribution.replace("_", " "), each.study_type.replace("_", " "),
        each.attributes.get("model", ""), each.attributes.get("disease", ""),
        f"not counted: {each.discounted.replace('_', ' ')}" if each.discounted else "",
        f"curators: {each.verdict}" if each.verdict else "",
        f"confidence {each.confidence:.2f}" if each.confidence is not None else "",
    ]  # fmt: skip
    return " · ".join(filter(None, told))


def place(each: Evidence) -> str:
    """Where the words stand."""
    return f"{each.section}, characters {each.start}–{each.end}"


def unquoted(each: Evidence) -> str:
    """What stands in the place of words that may not be passed on."""
    return f"not quoted, for want of a licence that allows it: see the {place(each)}"


def licence(reference: Reference) -> str:
    """Under what the words of a paper may be used."""
    return f"licence: {reference.licence}" if reference.licence else ""


def numbers_of(plot: Plot) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """A plot as a table: heads and rows."""
    if plot.shape == "bars":
        heads = ("year", *plot.series)
        return heads, tuple((row, *map(str, values[0])) for row, values in zip(plot.rows, plot.values, strict=True))
    return ("", *plot.columns), tuple(
        (row, *(matrix_cell(each) for each in values)) for row, values in zip(plot.rows, plot.values, strict=True)
    )


def matrix_cell(counts: tuple[int, ...]) -> str:
    """A cell of a matrix: +2 −1."""
    return " ".join(f"{sign}{count}" for sign, count in zip("+−±", counts, strict=True) if count)
