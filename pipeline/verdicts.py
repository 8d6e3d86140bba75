"""Verdicts at the end of every run: matched with the evidence as it is now, so that the views can show both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pipeline.assemble import make_claim
from pipeline.curation import WITHDRAW, Name, Reading, Verdict, Verdicts, grouped, shipped_choices
from pipeline.curation.standing import HOLDS, Standing, stand
from pipeline.model import Argument, Attributes, Attribution, Certainty, Claim, Entity, Kind, Match, Stance
from pipeline.rules.kinds import claim_kinds
from pipeline.store.build import Build
from pipeline.store.rows import Row

DISPUTED = "disputed"
NUMBERS = ("value", "unit", "comparator", "statistic")


def take_verdicts(build: Build, verdicts: Verdicts) -> bool:
    """Match ``verdicts`` with what ``build`` holds, and store what became of them; whether that is something new."""
    standings = standings_of(build, verdicts.standing)
    groups: dict[str, list[Standing]] = {}
    for each in standings:
        if each.reading:
            groups.setdefault(each.reading.evidence_id, []).append(each)
    disputed = {each.verdict.verdict_id for group in groups.values() if _differ(group) for each in _live(group)}
    told = {each.verdict.verdict_id: each for each in standings}
    by = {old: verdict for verdict in verdicts.all for old in verdict.replaces}
    curated = [_curated_row(group) for group in groups.values()]
    return build.write_verdicts(
        {
            "verdict_rows": [_verdict_row(each, told, disputed, by) for each in verdicts.all],
            "curated_rows": [row for row, _ in curated],
            "curated_argument_rows": list(_argument_rows(claim for _, claim in curated if claim)),
        }
    )


def standings_of(build: Build, verdicts: Sequence[Verdict]) -> list[Standing]:
    """What each of ``verdicts`` comes to."""
    papers, readings = build.judged([each.paper for each in verdicts])
    found = []
    for each in verdicts:
        paper = papers.get(each.paper.document_id)
        said = readings.get(paper.document_id, ()) if paper else ()
        found.append(stand(each, paper, said, build.nearest_passage))
    return found


def _live(group: Sequence[Standing]) -> Sequence[Standing]:
    """Those that hold, before those that wait."""
    return [each for each in group if each.state == HOLDS] or group


def _differ(group: Sequence[Standing]) -> bool:
    return len({each.verdict.decision for each in _live(group)}) > 1


def _curated_row(group: Sequence[Standing]) -> tuple[Row, Claim | None]:
    """What curators say of one evidence together, and the claim that it is by their editing."""
    live = _live(group)
    last = live[-1]
    verdict, reading = last.verdict, last.reading
    assert reading is not None
    row: Row = {
        "evidence_id": reading.evidence_id, "verdict": last.in_force, "state": last.state,
        "reason": verdict.reason or None, "comment": verdict.comment or None, "date": verdict.date, "edited": False,
        "note": last.difference or None, "curator": ", ".join(dict.fromkeys(each.verdict.curator for each in live)),
    }  # fmt: skip
    if _differ(group):
        said = "; ".join(f"{each.verdict.curator}, {each.verdict.date}: {each.verdict.verdict}" for each in live)
        rejected = any(each.in_force == "reject" for each in live)
        return row | {"verdict": "reject" if rejected else None, "state": DISPUTED, "note": said}, None
    if last.in_force != "edit" or (edited := edited_row(reading, verdict.edits)) is None:
        return row, None
    return row | edited[0] | {"edited": True}, edited[1]


def _verdict_row(verdict: Verdict, told: Mapping[str, Standing], disputed: set[str], by: Mapping[str, Verdict]) -> Row:
    row: Row = {
        "verdict_id": verdict.verdict_id, "judged_evidence_id": verdict.judged.evidence_id, "evidence_id": None,
        "document_id": verdict.paper.document_id, "verdict": verdict.verdict, "in_force": None, "difference": None,
        "reason": verdict.reason or None, "comment": verdict.comment or None, "edits": dict(verdict.edits) or None,
        "curator": verdict.curator, "date": verdict.date, "kind": verdict.judged.kind, "claim": verdict.judged.label,
        "sentence": verdict.judged.sentence, "replaces": list(verdict.replaces), "export": verdict.export or None,
    }  # fmt: skip
    standing = told.get(verdict.verdict_id)
    if standing is None:
        after = by.get(verdict.verdict_id)
        cause = f"by {after.verdict_id} ({after.curator}, {after.date}: {after.verdict})" if after else "taken back"
        replaced = after is not None and after.verdict != WITHDRAW
        return row | {"state": "replaced" if replaced else "withdrawn", "cause": cause}
    different = verdict.verdict_id in disputed
    return row | {
        "state": DISPUTED if different else standing.state, "cause": "curators_differ" if different else standing.cause,
        "in_force": None if different and standing.in_force != "reject" else standing.in_force,
        "evidence_id": standing.reading.evidence_id if standing.reading else None,
        "difference": standing.difference or None,
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------ as edited


def edited_row(reading: Reading, edits: Mapping[str, Any]) -> tuple[Row, Claim] | None:
    """What ``reading`` says once ``edits`` are made, and the claim that it then is; None if that is no claim."""
    kind = claim_kinds().get(edits.get("kind", reading.kind))
    if kind is None:
        return None
    values = {name: edits.get(name, value) for name, value in _all_values(reading).items()}
    arguments = tuple(edited_names(reading, edits))
    if not fills(edits.get("kind", reading.kind), arguments):
        return None
    match = Match(
        "curator", kind.name, arguments, Stance(edits.get("stance", reading.stance)),
        Certainty(values["certainty"]), Attribution(values["attribution"]), Attributes(direction=values["direction"]),
    )  # fmt: skip
    claim = make_claim(match, kind)
    numbers = {name: edits.get(name) for name in NUMBERS} if "value_text" in edits else {}
    said: Row = {"claim_id": claim.claim_id, "kind": kind.name, "sign": claim.sign, "label": claim.label}
    return said | {"stance": match.stance.value} | values | numbers, claim


def _all_values(reading: Reading) -> dict[str, Any]:
    names = [each.name for each in shipped_choices().edited if not each.names and each.name not in ("kind", "stance")]
    return {name: reading.values.get(name) for name in names}


def edited_names(reading: Reading, edits: Mapping[str, Any]) -> Iterator[Argument]:
    """The arguments of a reading as edited: names stay in their column, and take the role that the kind has for it."""
    kind = claim_kinds()[edits.get("kind", reading.kind)]
    columns = {each.name: each for each in shipped_choices().edited if each.names}
    for name, said in grouped(reading.names, list(columns.values())).items():
        role = next((each for each in columns[name].names if each in kind.roles), None)
        given = [Name(role or "", "", **each) for each in edits[name]] if name in edits else said
        for each in given:
            if role:
                yield Argument(role, Entity(each.entity_id, each.name, Kind(each.kind)), each.text)


def fills(kind: str, arguments: Sequence[Argument]) -> bool:
    """Whether all roles that a claim of ``kind`` needs are filled."""
    said = claim_kinds()[kind]
    filled = {each.role for each in arguments}
    enough = all(
        sum(each.role == role.name for each in arguments) >= role.at_least
        for role in said.roles.values()
        if role.name in filled
    )
    return enough and filled >= set(said.required()) and (not said.one_of or bool(filled & set(said.one_of)))


def _argument_rows(claims: Iterable[Claim]) -> Iterator[Row]:
    for claim in {each.claim_id: each for each in claims}.values():
        positions: dict[str, int] = {}
        for role, entity in claim.arguments:
            position = positions[role] = positions.get(role, -1) + 1
            yield {
                "claim_id": claim.claim_id, "role": role, "position": position, "entity_id": entity.curie,
                "entity_key": entity.key, "name": entity.name, "entity_kind": entity.kind.value,
            }  # fmt: skip
