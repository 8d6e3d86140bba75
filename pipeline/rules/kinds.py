"""Claim kinds, read from ``schemas/claim_kinds.toml``, their one home."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from pipeline.errors import KnowledgeError
from pipeline.model import Kind

FILE = "schemas/claim_kinds.toml"


@dataclass(frozen=True, slots=True)
class Role:
    """A role of a claim kind: which entity kinds may fill it, whether several act together, and how many it takes."""

    name: str
    kinds: tuple[str, ...]
    repeat: bool = False
    at_least: int = 1


@dataclass(frozen=True, slots=True)
class ClaimKind:
    """A row of ``claim_kinds.toml``; the comments there say what each field means."""

    name: str
    says: str
    roles: Mapping[str, Role]
    signed: bool
    label: str
    implied: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    yields_to: tuple[str, ...] = ()

    def required(self) -> tuple[str, ...]:
        """The roles without which there is no claim."""
        return tuple(role for role in self.roles if role not in self.optional and role not in self.one_of)


def parse_kinds(content: str, file: str = FILE) -> Mapping[str, ClaimKind]:
    """Claim kinds by name.

    Raises:
        KnowledgeError: an unknown entity kind, or ``implied``, ``optional`` or ``one_of`` naming no role.
    """
    kinds = {name: _kind(file, name, row) for name, row in tomllib.loads(content).items()}
    return MappingProxyType(kinds)


def _kind(file: str, name: str, row: dict[str, Any]) -> ClaimKind:
    roles = {role: _role(file, name, role, spec) for role, spec in row["roles"].items()}
    for field in ("implied", "optional", "one_of"):
        unknown = set(row.get(field, ())) - set(roles)
        if unknown:
            raise KnowledgeError(file, name, f"{field} names {sorted(unknown)}", f"Roles are {sorted(roles)}.")
    return ClaimKind(
        name=name,
        says=row["says"],
        roles=MappingProxyType(roles),
        signed=row["signed"],
        label=row["label"],
        implied=tuple(row.get("implied", ())),
        optional=tuple(row.get("optional", ())),
        one_of=tuple(row.get("one_of", ())),
        yields_to=tuple(row.get("yields_to", ())),
    )


def _role(file: str, kind: str, role: str, spec: dict[str, Any]) -> Role:
    unknown = set(spec["kinds"]) - set(Kind)
    if unknown:
        problem = f"role {role} takes unknown entity kinds {sorted(unknown)}"
        raise KnowledgeError(file, kind, problem, f"Known: {', '.join(Kind)}.")
    return Role(role, tuple(spec["kinds"]), spec.get("repeat", False), spec.get("at_least", 1))


@lru_cache(maxsize=1)
def claim_kinds() -> Mapping[str, ClaimKind]:
    """The shipped claim kinds."""
    return parse_kinds((files("schemas") / "claim_kinds.toml").read_text(encoding="utf-8"))
