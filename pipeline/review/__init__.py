"""Reviews that build themselves: a template and a published snapshot in, a ``Review`` out.

``build`` reads; what it gives is written by ``markdown``, ``html`` and ``docx``. Prose of people is never changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import duckdb

from pipeline.review.gather import claims_of, contradictions_of, gather, papers_of
from pipeline.review.library import Library, shipped
from pipeline.review.methods import methods
from pipeline.review.plots import make_plot
from pipeline.review.prose import citations
from pipeline.review.records import Claim, Content, Plot, Prose, Review, Section, Table
from pipeline.review.scope import resolve
from pipeline.review.tables import make_table
from pipeline.review.template import Filters, Template, load_template, template_names

__all__ = ["Review", "Template", "build", "load_template", "template_names"]
META = "SELECT key, value FROM meta WHERE key IN ('published', 'purpose')"


def build(template: Template, connection: duckdb.DuckDBPyConnection, library: Library | None = None) -> Review:
    """The review of a template, as the snapshot behind ``connection`` has it.

    Raises:
        UsageError: a name of the topic is not known.
    """
    plans = (library or shipped()).tables
    scope = resolve(template.topic, template.diseases, template.saved, connection)
    named = " and ".join(each.name for each in scope.subjects) or template.saved or " and ".join(template.diseases)
    claims = gather(connection, scope, template.filters)
    contradictions = contradictions_of(connection, sorted(claims))
    tables = {
        name: make_table(plans[name], claims, scope, named, contradictions)
        for plan in template.sections for what, name in plan.contents if what == "table"
    }  # fmt: skip
    cited = _cited(template, claims, connection)
    shown = _shown(tables.values(), claims | cited)
    sections = _sections(template, tables, claims | cited, connection, shown)
    placed = {name for plan in template.sections for what, name in plan.contents if what == "prose"}
    every = {f"table:{name}": table.claim_ids for name, table in tables.items()}
    unplaced = tuple(
        _prose(name, text, every, tables, claims | cited) for name, text in template.prose.items() if name not in placed
    )
    shown |= {name: cited[name] for name in cited if name not in shown}
    references = tuple(papers_of(connection, _in_order(sections, unplaced, shown)))
    meta = dict(connection.execute(META).fetchall())
    before = len(gather(connection, scope, Filters())) if template.filters != Filters() else len(claims)
    return Review(
        name=template.name, title=template.title, topic=named, snapshot=meta.get("published", "?"),
        demo=meta.get("purpose") == "demo", style=template.style, sections=_numbered(sections), unplaced=unplaced,
        claims=MappingProxyType(shown), references=references,
        methods=methods(
            connection, template, meta.get("published", "?"), before=before, claims=shown, references=references
        ),
    )  # fmt: skip


def _cited(template: Template, claims: Mapping[str, Claim], connection: duckdb.DuckDBPyConnection) -> dict[str, Claim]:
    """The claims that prose names, filters or not."""
    named = {item for text in template.prose.values() for what, item in citations(text) if what == "claim"}
    return claims_of(connection, sorted(named - set(claims)), Filters()) | {
        each: claims[each] for each in sorted(named & set(claims))
    }


def _shown(tables: Iterable[Table], claims: Mapping[str, Claim]) -> dict[str, Claim]:
    return {name: claims[name] for table in tables for row in table.rows for name in row.claim_ids}


def _sections(
    template: Template, tables: Mapping[str, Table], claims: Mapping[str, Claim],
    connection: duckdb.DuckDBPyConnection, shown: Mapping[str, Claim],
) -> list[Section]:  # fmt: skip
    documents = {each.document_id for claim in shown.values() for each in claim.evidence}
    years = {each.document_id: each.year for each in papers_of(connection, sorted(documents)) if each.year}
    sections = []
    for plan in template.sections:
        own = {f"table:{name}": tables[name].claim_ids for what, name in plan.contents if what == "table"}
        beside = own or {f"table:{name}": table.claim_ids for name, table in tables.items()}
        contents: list[Content | None] = []
        for what, name in plan.contents:
            if what == "prose":
                contents.append(_prose(name, template.prose.get(name, ""), beside, tables, claims))
            elif what == "table":
                contents.append(tables[name])
            else:
                contents.append(make_plot(name, shown, connection, years))
        sections.append(Section(plan.name, plan.title, tuple(each for each in contents if each)))
    return sections


def _prose(
    name: str, text: str, beside: Mapping[str, frozenset[str]], tables: Mapping[str, Table], claims: Mapping[str, Claim]
) -> Prose:
    """A block with what it rests on: what it cites, else what stands beside it."""
    sources: dict[str, frozenset[str]] = {}
    missing = []
    for what, item in citations(text):
        source = f"{what}:{item}"
        if what == "table" and item in tables:
            sources[source] = tables[item].claim_ids
        elif what == "claim" and item in claims:
            sources[source] = frozenset([item])
        elif what == "paper":
            sources[source] = frozenset()
        else:
            missing.append(source)
    rests = sources if sources or missing else dict(beside)
    return Prose(name, text, MappingProxyType(rests), tuple(missing))


def _in_order(sections: Sequence[Section], unplaced: Iterable[Prose], shown: Mapping[str, Claim]) -> Iterator[str]:
    """Papers in the order in which the review cites them."""
    for section in sections:
        for content in section.contents:
            yield from _papers_in(content, shown)
    for prose in unplaced:
        yield from _papers_in(prose, shown)


def _papers_in(content: Content, shown: Mapping[str, Claim]) -> Iterator[str]:
    match content:
        case Prose():
            for what, item in citations(content.text):
                if what == "claim" and item in shown:
                    yield from (each.document_id for each in shown[item].evidence)
                elif what == "paper":
                    yield item if ":" in item else f"pmid:{item}"
        case Table():
            for row in content.rows:
                yield from (paper for each in row.cells for paper in each.papers)
                yield from (each.document_id for name in row.claim_ids for each in shown[name].evidence)
        case Plot():
            return


def _numbered(sections: Iterable[Section]) -> tuple[Section, ...]:
    """Sections with numbers on the tables that have rows, and on the plots."""
    tables = figures = 0
    numbered = []
    for section in sections:
        contents: list[Content] = []
        for content in section.contents:
            if isinstance(content, Table) and content.rows:
                tables += 1
                contents.append(replace(content, number=tables))
            elif isinstance(content, Plot):
                figures += 1
                contents.append(replace(content, number=figures))
            else:
                contents.append(content)
        numbered.append(replace(section, contents=tuple(contents)))
    return tuple(numbered)
