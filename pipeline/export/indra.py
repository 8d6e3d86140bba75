"""INDRA Statements as JSON. A response to a drug is no relation of proteins, so it is an Influence of events."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from pipeline.export.record import Argument, Carried, Loss, Record

RESPONSES = ("resistance", "sensitivity")
POLARITIES = {"increase": 1, "activated": 1, "present": 1, "decrease": -1, "inactivated": -1, "absent": -1}
NAMESPACES = {"hgnc": "HGNC", "unii": "UNII", "fplx": "FPLX", "mesh": "MESH", "ncit": "NCIT"}
NAMESPACE = uuid.UUID("6f1d6f0e-3a0f-5c38-9d57-0f5ff1a9c1c4")  # of our statement ids


def carry(records: Iterable[Record]) -> Carried:
    """A statement for each evidence of a response or of an effect of a drug."""
    carried = Carried()
    for record in records:
        causes = record.of_role("cause") if record["kind"] in RESPONSES else record.of_role("drug")
        if record["kind"] not in (*RESPONSES, "drug_effect"):
            carried.losses.append(Loss(record["evidence_id"], "kind_not_in_indra"))
        elif record["document_status"] in ("retracted", "deleted"):
            carried.losses.append(Loss(record["evidence_id"], "source_withdrawn"))
        elif record["stance"] == "mixed" or record["direction"] == "no_change":
            carried.losses.append(Loss(record["evidence_id"], "neither_said_nor_denied"))
        elif len(causes) != 1:
            carried.losses.append(Loss(record["evidence_id"], "several_causes_together"))
        else:
            carried.items.append(_statement(record, causes[0]))
            if not record.quotable:
                carried.losses.append(Loss(record["evidence_id"], "quotation_withheld_by_licence", whole=False))
    return carried


def _statement(record: Record, cause: Argument) -> dict[str, Any]:
    polarity = POLARITIES.get(record["direction"] or "")
    if record["kind"] in RESPONSES:
        drugs = record.of_role("drug")
        name = f"{record['kind']} to {' + '.join(each.name for each in drugs)}"
        subject, target = _event(cause.name, _references(cause), polarity), _event(name, _drugs(name, drugs), 1)
    else:
        (entity, *_) = record.of_role("entity")
        subject = _event(cause.name, _references(cause), None)
        target = _event(entity.name, _references(entity), polarity)
    return {
        "type": "Influence", "subj": subject, "obj": target, "belief": 1.0,
        "id": str(uuid.uuid5(NAMESPACE, record["evidence_id"])), "evidence": [_evidence(record)],
    }  # fmt: skip


def _event(name: str, references: dict[str, str], polarity: int | None) -> dict[str, Any]:
    return {
        "type": "Event", "concept": {"name": name, "db_refs": references},
        "delta": {"type": "QualitativeDelta", "polarity": polarity, "adjectives": []},
    }  # fmt: skip


def _references(argument: Argument) -> dict[str, str]:
    prefix, _, rest = (argument.entity_id or "").partition(":")
    return {"TEXT": argument.name} | ({NAMESPACES[prefix]: rest} if prefix in NAMESPACES else {})


def _drugs(name: str, drugs: tuple[Argument, ...]) -> dict[str, str]:
    return (_references(drugs[0]) if len(drugs) == 1 else {}) | {"TEXT": name}


def _evidence(record: Record) -> dict[str, Any]:
    references = {"PMID": record["pmid"], "PMCID": record["pmcid"], "DOI": record["doi"]}
    kept = ("claim_id", "kind", "certainty", "attribution", "disease", "model", "setting", "value_text", "rule",
    "verdict",
            "section_index", "sentence_start", "sentence_end", "suggested_level", "licence")  # fmt: skip
    found = {
        "source_api": "resistmine", "source_id": record["evidence_id"], "pmid": record["pmid"], "text": record.quote,
        "text_refs": {name: value for name, value in references.items() if value},
        "annotations": {name: record[name] for name in kept if record[name] is not None},
        "epistemics": {"negated": record["stance"] == "refutes", "section_type": record["section"],
                       "hypothesis": record["certainty"] == "speculated" or record["attribution"] == "hypothesis"},
    }  # fmt: skip
    return {name: value for name, value in found.items() if value is not None}
