"""CIViC evidence items as its nightly TSV has them (25 columns), suggested for a curator, never accepted by themselves.

The rules of its validator are kept: predictive items have a therapy, a disease and one molecular profile, several
therapies have an interaction, a retracted source is refused. *Failing to sensitise* does not support sensitivity; it is
no resistance. What CIViC has no place for is left out and told.
"""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.export.record import Argument, Carried, Loss, Record

COLUMNS = (
    "molecular_profile", "molecular_profile_id", "disease", "doid", "phenotypes", "therapies",
    "therapy_interaction_type",
    "evidence_type", "evidence_direction", "evidence_level", "significance", "evidence_statement", "citation_id",
    "source_type", "asco_abstract_id", "citation", "nct_ids", "rating", "evidence_status", "evidence_id",
    "variant_origin",
    "last_review_date", "evidence_civic_url", "molecular_profile_civic_url", "is_flagged",
)  # fmt: skip
SIGNIFICANCE = {"resistance": "Resistance", "sensitivity": "Sensitivity/Response"}
DIRECTIONS = {"supports": "Supports", "refutes": "Does Not Support"}
ALTERATIONS = {
    "increase": "Overexpression", "decrease": "Underexpression", "present": "Mutation", "absent": "Loss",
    "activated": "Activation", "inactivated": "Inactivation",
}  # fmt: skip


def carry(records: Iterable[Record]) -> Carried:
    """A row for each evidence that CIViC could take."""
    carried = Carried()
    for record in records:
        reason = refusal(record)
        if reason:
            carried.losses.append(Loss(record["evidence_id"], reason))
        else:
            carried.items.append(_row(record))
            carried.losses += [Loss(record["evidence_id"], part, whole=False) for part in _left_out(record)]
    return carried


def refusal(record: Record) -> str | None:
    """Why CIViC could not take an evidence; None if it could."""
    causes, drugs = record.of_role("cause"), record.of_role("drug")
    checks = (
        ("kind_not_in_civic", record["kind"] not in SIGNIFICANCE),
        ("source_withdrawn", record["document_status"] in ("retracted", "deleted")),
        ("no_finding_of_the_paper", not record["counts"]),
        ("stance_mixed", record["stance"] not in DIRECTIONS),
        ("no_pmid", not record["pmid"]),
        ("no_disease", not record["disease"]),
        ("no_molecular_profile", not causes or any(each.kind not in ("gene", "variant") for each in causes)),
        ("alteration_not_said", any(_profile(each, record["direction"]) is None for each in causes)),
        ("therapy_is_no_drug", not drugs or any(each.kind != "drug" for each in drugs)),
        ("no_level", not record["suggested_level"]),
    )
    return next((reason for reason, holds in checks if holds), None)


def _profile(cause: Argument, direction: str | None) -> str | None:
    if cause.kind == "variant":
        return cause.name
    alteration = ALTERATIONS.get(direction or "")
    return f"{cause.name} {alteration}" if alteration else None


def profile_of(record: Record) -> str:
    """The molecular profile by name; what acts together is joined as CIViC does."""
    return " AND ".join(str(_profile(each, record["direction"])) for each in record.of_role("cause"))


def _row(record: Record) -> dict[str, str]:
    drugs = [each.name for each in record.of_role("drug")]
    variants = all(each.kind == "variant" for each in record.of_role("cause"))
    said = "shows" if record["stance"] == "supports" else "does not show"
    statement = (
        f"In {record['disease']}, the paper {said}: {profile_of(record)} → {record['kind']} to {', '.join(drugs)}."
    )
    row = dict.fromkeys(COLUMNS, "") | {
        "molecular_profile": profile_of(record), "disease": record["disease"], "therapies": ",".join(drugs),
        "therapy_interaction_type": "Combination" if len(drugs) > 1 else "", "evidence_type": "Predictive",
        "evidence_direction": DIRECTIONS[record["stance"]], "evidence_level": record["suggested_level"],
        "significance": SIGNIFICANCE[record["kind"]], "evidence_statement": statement, "citation_id": record["pmid"],
        "source_type": "PubMed", "citation": ", ".join(str(each) for each in (record["journal"],
        record["year"]) if each),
        "nct_ids": ",".join(each for each in record["trial_ids"] or () if each.startswith("NCT")),
        "evidence_status": "submitted", "variant_origin": "Unknown" if variants else "N/A", "is_flagged": "false",
    }  # fmt: skip
    return {name: " ".join(text.split()) for name, text in row.items()}


def _left_out(record: Record) -> list[str]:
    """What is said of an evidence and has no column."""
    names = ("value_text", "model", "setting", "certainty", "attribution", "acquired")
    return ["quotation_not_carried", *(f"{name}_not_carried" for name in names if record[name] is not None)]
