"""What prose rested on when a person last stood by it: how a rebuilt review knows which paragraphs to mark.

``reviews/NAME.lock.json`` of RESISTMINE_HOME holds, for each block of prose, its claims and what every paper said of
them; the same of the whole review as each of its files was last built: that is what a person had before the eyes
who typed a block since. A block is marked until somebody confirms it; editing it does not confirm it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipeline.errors import KnowledgeError, UsageError
from pipeline.review.records import Change, Content, Prose, Review

NOTHING: Mapping[str, str] = MappingProxyType({})
Voices = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class State:
    """What something rests on: source → claims, and claim → its label and what each paper says of it."""

    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    claims: Mapping[str, tuple[str, Voices]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lock:
    """The state of the review as it was last built, and of each block as it was last confirmed."""

    built: State = field(default_factory=State)
    blocks: Mapping[str, State] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kept:
    """What the file holds: the state of each file that was built, which was the ``latest``, and the blocks."""

    built: Mapping[str, State] = field(default_factory=dict)
    latest: str = ""
    blocks: Mapping[str, State] = field(default_factory=dict)

    def lock(self, file: str) -> Lock:
        """The lock for building ``file``; one that was never built is as the latest was."""
        return Lock(self.built.get(file) or self.built.get(self.latest) or State(), self.blocks)

    def with_build(self, file: str, lock: Lock) -> Kept:
        """The same when ``file`` has been built."""
        return Kept({**self.built, file: lock.built}, file, lock.blocks)


def state_of(review: Review, sources: Mapping[str, Collection[str]]) -> State:
    """What these sources rest on now."""
    ids = sorted({each for found in sources.values() for each in found})
    claims = {each: (review.claims[each].label, dict(review.claims[each].voices)) for each in ids}
    return State({name: tuple(sorted(sources[name])) for name in sorted(sources)}, claims)


def built_state(review: Review) -> State:
    """What the whole review rests on now."""
    sources: dict[str, Collection[str]] = {f"claim:{each}": (each,) for each in review.claims}
    return state_of(review, sources | {f"table:{table.name}": table.claim_ids for table in review.tables()})


def judged(review: Review, lock: Lock) -> Review:
    """The review with the changes of each block since it was confirmed."""

    def mark(content: Content) -> Content:
        return with_changes(content, review, lock) if isinstance(content, Prose) else content

    sections = tuple(replace(each, contents=tuple(mark(one) for one in each.contents)) for each in review.sections)
    unplaced = tuple(with_changes(each, review, lock) for each in review.unplaced)
    return replace(review, sections=sections, unplaced=unplaced)


def with_changes(prose: Prose, review: Review, lock: Lock) -> Prose:
    """A block with what has become of its claims; of an empty one nothing is said."""
    if not prose.text.strip():
        return prose
    found = dict.fromkeys(_changes(prose, review, base_of(prose, review, lock)))
    return replace(prose, changes=tuple(sorted(found, key=lambda each: (each.label, each.claim_id, each.what))))


def base_of(prose: Prose, review: Review, lock: Lock) -> State:
    """What a block rested on: when it was confirmed, else when the review was last built, else now."""
    now, own = state_of(review, prose.sources), lock.blocks.get(prose.name, State())
    gone = {name: own.sources.get(name) or lock.built.sources.get(name, ()) for name in prose.missing}
    sources = {
        name: own.sources.get(name) if name in own.sources else lock.built.sources.get(name, now.sources[name])
        for name in now.sources
    } | gone  # fmt: skip
    ids = {each for found in sources.values() for each in found or ()}
    claims = {**now.claims, **lock.built.claims, **own.claims}
    return State(
        {name: tuple(found or ()) for name, found in sources.items()},
        {each: claims[each] for each in sorted(ids) if each in claims},
    )


def _changes(prose: Prose, review: Review, base: State) -> Iterator[Change]:
    for name, then in base.sources.items():
        now = prose.sources.get(name, frozenset())
        where = "in the evidence" if name.startswith("claim:") else f"in {name.replace(':', ' ')}"
        for claim_id in sorted({*then} | now):
            label, voices = base.claims.get(claim_id, (claim_id, NOTHING))
            if claim_id not in now:
                yield Change(claim_id, label, f"is not {where} any more")
            elif claim_id not in then:
                yield Change(claim_id, review.claims[claim_id].label, f"is new {where}")
            else:
                yield from (Change(claim_id, label, what) for what in _said(voices, review.claims[claim_id].voices))


def _said(then: Voices, now: Voices) -> Iterator[str]:
    for paper in sorted({*then, *now}):
        if paper not in now:
            yield f"{paper} ({then[paper]}) says it no more"
        elif paper not in then:
            yield f"{paper} is new: {now[paper]}"
        elif then[paper] != now[paper]:
            yield f"{paper}: {then[paper]} → {now[paper]}"


def after(review: Review, lock: Lock, confirmed: Collection[str] = ()) -> Lock:
    """The lock when the review has been written; ``confirmed`` blocks rest on what there is now.

    Raises:
        UsageError: there is no such block.
    """
    blocks = {each.name: each for each in review.prose() if each.text.strip()}
    unknown = sorted({*confirmed} - {*blocks, "all"})
    if unknown:
        known = ", ".join(blocks) or "none"
        raise UsageError(f"review --confirm: there is no prose {unknown[0]!r}. There is: {known}.")
    anew = {*blocks} if "all" in confirmed else {*confirmed}
    return Lock(
        built_state(review),
        {
            name: state_of(review, each.sources) if name in anew else base_of(each, review, lock)
            for name, each in sorted(blocks.items())
        },
    )


# ------------------------------------------------------------------------------------------------ the file


def read_lock(path: Path) -> Kept:
    """What is kept of a review; nothing where there is no file.

    Raises:
        KnowledgeError: it cannot be read as one.
    """
    if not path.exists():
        return Kept()
    try:
        given = json.loads(path.read_bytes())
        built, blocks = ({name: _state(each) for name, each in given[part].items()} for part in ("built", "blocks"))
        return Kept(built, given["latest"], blocks)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        remedy = "Put it back from a backup, or remove it: all prose counts as confirmed then."
        raise KnowledgeError(str(path), 1, f"is no lock of a review ({error})", remedy) from None


def _state(given: Mapping[str, Any]) -> State:
    return State(
        {name: tuple(ids) for name, ids in given["sources"].items()},
        {name: (label, dict(voices)) for name, (label, voices) in given["claims"].items()},
    )


def as_json(kept: Kept) -> str:
    """The same as a file holds it."""
    given = {
        "built": {name: _given(each) for name, each in kept.built.items()}, "latest": kept.latest,
        "blocks": {name: _given(each) for name, each in kept.blocks.items()},
    }  # fmt: skip
    return json.dumps(given, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _given(state: State) -> dict[str, Any]:
    return {"sources": dict(state.sources), "claims": {name: list(each) for name, each in state.claims.items()}}
