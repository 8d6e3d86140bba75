"""GA4GH VA-Spec statements, checked one by one with the official package (``ga4gh.va_spec``, an extra of ours).

Mined evidence is a base Statement with a therapeutic-response proposition. The model knows two predicates, wants a
condition, and takes a gene only as a categorical variant; what has no place goes into extensions, what cannot be said
at all is left out and told.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pipeline.errors import UsageError
from pipeline.export.civic import profile_of
from pipeline.export.record import Argument, Carried, Loss, Record
from pipeline.text import digest

PREDICATES = {"resistance": "predictsResistanceTo", "sensitivity": "predictsSensitivityTo"}
DIRECTIONS = {"supports": "supports", "refutes": "disputes", "mixed": "neutral"}
EXTENSIONS = (
    "claim_id", "certainty", "attribution", "study_type", "suggested_level", "value_text", "model", "setting",
    "acquired",
    "section", "section_index", "sentence_start", "sentence_end", "rule", "verdict", "licence",
)  # fmt: skip


def carry(records: Iterable[Record]) -> Carried:
    """A valid statement for each evidence that the model can take.

    Raises:
        UsageError: the official package is not installed.
    """
    try:
        from ga4gh.va_spec.base import Statement
        from pydantic import ValidationError
    except ImportError:
        raise UsageError(
            "export va-spec: the package ga4gh.va_spec is not installed. Install it: pip install 'resistmine[va-spec]'"
        ) from None
    carried = Carried()
    for record in records:
        reason = _refusal(record)
        if reason:
            carried.losses.append(Loss(record["evidence_id"], reason))
            continue
        statement = _statement(record)
        try:
            Statement.model_validate(statement)
        except ValidationError as error:
            places = sorted({".".join(str(part) for part in each["loc"][:2]) for each in error.errors()})
            carried.losses.append(Loss(record["evidence_id"], f"invalid: {', '.join(places)}"))
            continue
        carried.items.append(statement)
        if not record.quotable:
            carried.losses.append(Loss(record["evidence_id"], "quotation_withheld_by_licence", whole=False))
    return carried


def _refusal(record: Record) -> str | None:
    checks = (
        ("kind_without_predicate", record["kind"] not in PREDICATES),
        ("source_withdrawn", record["document_status"] in ("retracted", "deleted")),
        ("no_condition", not record["disease"]),
        ("cause_is_no_variant_or_gene", any(each.kind not in ("gene", "variant") for each in record.of_role("cause"))),
        ("alteration_not_said", "None" in profile_of(record).split(" AND ")),
    )
    return next((reason for reason, holds in checks if holds), None)


def _statement(record: Record) -> dict[str, Any]:
    subject = {
        "type": "CategoricalVariant", "id": f"resistmine:profile/{digest(profile_of(record))}",
        "name": profile_of(record),
    }  # fmt: skip
    proposition: dict[str, Any] = {
        "type": "VariantTherapeuticResponseProposition", "subjectVariant": subject,
        "predicate": PREDICATES[record["kind"]], "objectTherapeutic": _therapy(record.of_role("drug")),
        "conditionQualifier": {"conceptType": "Disease", "name": record["disease"]},
    }  # fmt: skip
    genes = [each for each in record.of_role("cause") if each.kind == "gene"]
    if len(genes) == 1:
        proposition["geneContextQualifier"] = _concept(genes[0], "Gene")
    return {
        "id": f"resistmine:evidence/{record['evidence_id']}", "type": "Statement", "proposition": proposition,
        "direction": DIRECTIONS[record["stance"]], "reportedIn": [_document(record)],
        "extensions": [{"name": name, "value": value} for name, value in _extras(record)],
    }  # fmt: skip


def _therapy(drugs: tuple[Argument, ...]) -> dict[str, Any]:
    concepts = [_concept(each, "Therapy") for each in drugs]
    if len(concepts) == 1:
        return concepts[0]
    return {"membershipOperator": "AND", "therapies": concepts}


def _concept(argument: Argument, sort: str) -> dict[str, Any]:
    concept: dict[str, Any] = {"conceptType": sort, "name": argument.name}
    prefix, _, code = (argument.entity_id or "").partition(":")
    if code:
        concept["primaryCoding"] = {"system": f"https://identifiers.org/{prefix}", "code": code, "name": argument.name}
    return concept


def _document(record: Record) -> dict[str, Any]:
    """The paper; a DOI that the model does not take goes into its addresses."""
    plain = bool(record["doi"]) and "<" not in record["doi"] and "(SICI)" not in record["doi"].upper()
    found = {
        "type": "Document", "pmid": record["pmid"], "title": record["title"], "doi": record["doi"] if plain else None,
        "urls": [f"https://doi.org/{record['doi']}"] if record["doi"] and not plain else None,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value}


def _extras(record: Record) -> list[tuple[str, Any]]:
    found = [(name, record[name]) for name in EXTENSIONS if record[name] is not None]
    return [*found, ("quote", record.quote)] if record.quotable else found
