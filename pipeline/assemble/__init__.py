"""Matches → claims and evidence with identities that hold.

A *claim* is what is said: its id is made of its kind, the sign of its direction where the kind has one, and of
identifiers in their roles, so that other words for the same thing are the same claim. *Evidence* is who says it: its id
is made of the document and of the words (sentence, roles, surfaces), so that it survives another grounding, another
version of the rules and another place of the sentence in the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipeline.assemble.confidence import features
from pipeline.model import Argument, Claim, Document, Entity, Evidence, Match, Sentence
from pipeline.rules.confidence import Confidence
from pipeline.rules.kinds import ClaimKind
from pipeline.text import digest, squash

SIGNS: Mapping[str, int] = {
    "increase": 1, "activated": 1, "present": 1, "decrease": -1, "inactivated": -1, "absent": -1, "no_change": 0,
}  # fmt: skip
RESPONSES: Mapping[str, int] = {"resistance": 1, "sensitivity": -1}
ARROWS: Mapping[int | None, str] = {1: "↑", -1: "↓", 0: "=", None: ""}


def make_evidence(document: Document, sentence: Sentence, match: Match, kind: ClaimKind, trust: Confidence) -> Evidence:
    """The evidence that ``sentence`` of ``document`` is for the claim that ``match`` states."""
    section = document.sections[sentence.section_index].kind
    return Evidence(
        evidence_id=evidence_id(document.document_id, sentence, match),
        claim=make_claim(match, kind),
        document_id=document.document_id,
        source=document.source,
        section_index=sentence.section_index,
        section_kind=section,
        sentence=sentence,
        match=match,
        confidence=None if unstated(match) else trust.of(match.rule, match.kind, features(match, sentence, section)),
    )


def unstated(match: Match) -> bool:
    """Whether no effect is stated: drugs given together, of which no one says how that did. Labels are not of these."""
    return match.attributes.interaction == "combined"


def make_claim(match: Match, kind: ClaimKind) -> Claim:
    """The claim behind a match; the order of arguments and names in it makes no difference."""
    arguments = _by_role(match.arguments, kind)
    sign = SIGNS[match.attributes.direction] if kind.signed and match.attributes.direction else None
    return Claim(
        claim_id=claim_id(kind.name, sign, arguments),
        kind=kind.name,
        sign=sign,
        arguments=arguments,
        label=_label(kind, sign, arguments),
    )


def claim_id(kind: str, sign: int | None, arguments: Iterable[tuple[str, Entity]]) -> str:
    """An id made of identifiers in their roles; the order of the arguments makes no difference."""
    return digest("claim", kind, sign, *sorted(f"{role}={entity.key}" for role, entity in arguments))


def opposite_ids(claim: Claim) -> tuple[str, ...]:
    """Claims that cannot be right where ``claim`` is, whoever says them: see the view ``opposite_claims``."""
    polarity = 1 if claim.sign is None else claim.sign
    signs = (None,) if claim.sign is None else (1, -1)
    if claim.kind in RESPONSES:
        sense = RESPONSES[claim.kind] * polarity
        others = [(kind, sign) for kind in RESPONSES for sign in signs
                  if sense and RESPONSES[kind] * (1 if sign is None else sign) == -sense]  # fmt: skip
    else:
        others = [(claim.kind, -claim.sign)] if claim.sign else []
    return tuple(claim_id(kind, sign, claim.arguments) for kind, sign in others)


def evidence_id(document_id: str, sentence: Sentence, match: Match) -> str:
    """An id made of words alone: which document, which sentence, which surfaces in which roles of which kind."""
    surfaces = sorted(
        f"{each.role}={squash(each.text) if each.start is not None else 'implied'}" for each in match.arguments
    )
    return digest("evidence", document_id, squash(sentence.text), match.kind, match.attributes.direction, *surfaces)


def _by_role(arguments: tuple[Argument, ...], kind: ClaimKind) -> tuple[tuple[str, Entity], ...]:
    """(role, entity) in the order of the kind's roles and, inside a role, of the names; each entity once."""
    found = {(each.role, each.entity.key): each.entity for each in arguments}
    order = list(kind.roles)
    ordered = sorted(found.items(), key=lambda item: (order.index(item[0][0]), item[1].name.casefold(), item[0][1]))
    return tuple((role, entity) for (role, _), entity in ordered)


def _label(kind: ClaimKind, sign: int | None, arguments: tuple[tuple[str, Entity], ...]) -> str:
    names: dict[str, str] = dict.fromkeys(kind.roles, "")
    for role, entity in arguments:
        names[role] = f"{names[role]} + {entity.called}" if names[role] else entity.called
    return " ".join(kind.label.format(direction=ARROWS[sign], **names).split())
