"""Imports point down: leaves, knowledge, stages that do not know each other, then what puts them together."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "pipeline"
LEAVES = {"model", "errors", "text"}
KNOWLEDGE = LEAVES | {"lexicon", "rules", "curation"}
STAGES = ("parse", "screen", "annotate", "normalise", "extract", "assemble")
ALLOWED = {
    "model": set(),
    "errors": set(),
    "text": set(),
    "settings": {"errors"},
    "paths": set(),
    "topics": {"errors"},
    "lexicon": LEAVES,
    "rules": LEAVES,
    "curation": LEAVES,
    **dict.fromkeys(STAGES, KNOWLEDGE),
    "sources": LEAVES,
    "article": KNOWLEDGE | set(STAGES),
    "store": KNOWLEDGE | {"paths"},
    "export": KNOWLEDGE,
    "review": KNOWLEDGE | {"export", "store", "paths", "settings", "home"},
}


def modules() -> Iterator[tuple[str, Path]]:
    """(top-level part of the package, file) for every module."""
    for path in sorted(PACKAGE.rglob("*.py")):
        relative = path.relative_to(PACKAGE)
        yield relative.parts[0].removesuffix(".py"), path


def imported(path: Path) -> set[str]:
    """Top-level parts of the package that a module imports, also inside functions and for types only."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module] if node.module != "pipeline" else [f"pipeline.{each.name}" for each in node.names]
        elif isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        else:
            continue
        found |= {name for name in names if name.split(".")[0] in ("pipeline", "flows", "prefect")}
    return found


@pytest.mark.parametrize(("part", "path"), list(modules()), ids=lambda each: str(each).rsplit("/", 1)[-1])
def test_a_module_knows_only_what_is_below_it(part: str, path: Path) -> None:
    parts = {name.split(".")[1] for name in imported(path) if name.startswith("pipeline.")} - {part, "__version__"}
    if part in ALLOWED:
        assert parts <= ALLOWED[part], f"{path.name} of {part} must not know {sorted(parts - ALLOWED[part])}"


@pytest.mark.parametrize(("part", "path"), list(modules()), ids=lambda each: str(each).rsplit("/", 1)[-1])
def test_the_library_knows_neither_prefect_nor_the_flows(part: str, path: Path) -> None:
    assert not {name for name in imported(path) if name.split(".")[0] in ("prefect", "flows")}
