"""A review as GitHub-flavoured Markdown. Prose stands between its marks, byte for byte; all else is built anew."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pipeline.review.prose import ENDING, OPENING, as_shown, in_marks
from pipeline.review.records import Cell, Claim, Plot, Prose, Reference, Row, Table
from pipeline.review.references import Run, links, warning
from pipeline.review.telling import (
    DEMO,
    EVIDENCE,
    LEGEND,
    METHODS,
    NO_PICTURE,
    NO_ROWS,
    REFERENCES,
    UNPLACED,
    UNPLACED_SAYS,
    Telling,
    caption,
    facts,
    licence,
    numbers_of,
    place,
    subtitle,
    unquoted,
    warned,
    weight,
)
from pipeline.text import digest

SPECIAL = re.compile(r"([\\`*_\[\]<>|~#$&])")
FORMS = {"italic": "*{}*", "bold": "**{}**", "sup": "<sup>{}</sup>", "sub": "<sub>{}</sub>", "plain": "{}"}
HEAD = "<!-- resistmine review {} -->"
HOW = "<!-- Write between the marks of prose; the rest is built anew. {{claim:ID}} and {{table:NAME}} cite. -->"
SEALED = re.compile(r"<!-- resistmine sealed ([0-9a-f]{16}) -->\r?\n?\Z")
HEADING = re.compile(r"^<!-- resistmine review (\S+) -->")


def markdown(telling: Telling, pictures: Mapping[str, str]) -> str:
    """The document; ``pictures``: plot → relative address of its picture."""
    text = "\n\n".join(_parts(telling, pictures)) + "\n"
    return f"{text}<!-- resistmine sealed {seal_of(text)} -->\n"


def seal_of(text: str) -> str:
    """A digest of all but the prose: how it is told that a person has written outside the marks."""
    text = SEALED.sub("", text)
    kept, at = [], 0
    while (opening := OPENING.search(text, at)) and (ending := ENDING.search(text, opening.end())):
        kept.append(text[at : opening.start()] + f"<prose {opening[1]}>")
        at = ending.end()
    return digest("".join([*kept, text[at:]]))


def is_sealed(text: str) -> bool:
    """Whether a file is as we wrote it, its prose aside."""
    found = SEALED.search(text)
    return bool(found and found[1] == seal_of(text))


def escaped(text: str) -> str:
    """Text that reads as it is written, also in the cell of a table."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _parts(telling: Telling, pictures: Mapping[str, str]) -> Iterator[str]:
    review = telling.review
    yield f"{HEAD.format(review.name)}\n{HOW}"
    yield f"# {escaped(review.title)}"
    yield f"*{escaped(subtitle(review))}*"
    if review.demo:
        yield f"**{DEMO}**"
    for section in review.sections:
        yield f"## {escaped(section.title)}"
        for content in section.contents:
            match content:
                case Prose():
                    yield from _prose(content, telling)
                case Table():
                    yield from _table(content, telling)
                case Plot():
                    yield from _plot(content, pictures)
    if review.unplaced:
        yield f"## {UNPLACED}"
        yield UNPLACED_SAYS
        for prose in review.unplaced:
            yield from _prose(prose, telling)
    yield f"## {METHODS}"
    yield from map(escaped, review.methods)
    yield f"## {EVIDENCE}"
    yield from (_claim(each, telling) for each in review.claims.values())
    yield f"## {REFERENCES}"
    yield from _references(telling)


def _prose(prose: Prose, telling: Telling) -> Iterator[str]:
    if prose.state == "changed":
        head, changes, todo = warned(prose, telling.review)
        yield "\n".join(
            [f"> **{escaped(head)}**", ">", *(f"> - {escaped(each)}" for each in changes), ">", f"> {escaped(todo)}"]
        )
    shown = as_shown(prose.text, lambda what, item: _citation(what, item, telling))
    yield f'<a id="prose-{prose.name}"></a>\n\n{in_marks(prose.name, prose.text, shown)}'


def _citation(what: str, item: str, telling: Telling) -> str:
    reads, anchor = telling.citation(what, item)
    return f"[{escaped(reads)}](#{anchor})" if anchor else escaped(reads)


def _table(table: Table, telling: Telling) -> Iterator[str]:
    if not table.rows:
        yield f"*{escaped(table.title)}: {NO_ROWS.lower()}*"
        return
    heads = "| " + " | ".join(map(escaped, table.heads)) + " |"
    lines = [heads, "|" + " --- |" * len(table.heads), *(_row(each, telling) for each in table.rows)]
    yield f'<a id="table-{table.name}"></a>\n\n**Table {table.number}.** {escaped(caption(table))}'
    yield "\n".join(lines)
    if telling.has_withdrawn(table):
        yield f"*{LEGEND}*"


def _row(row: Row, telling: Telling) -> str:
    cells = [
        _cell(cell, telling, row.claim_ids[0] if place == row.linked else "") for place, cell in enumerate(row.cells)
    ]
    return "| " + " | ".join(cells) + " |"


def _cell(cell: Cell, telling: Telling, claim_id: str) -> str:
    text = escaped(cell.text)
    text = f"[{text}](#claim-{claim_id})" if claim_id and text else text
    cited = ", ".join(
        f"[{telling.number(paper)}](#ev-{evidence})" for paper, evidence in zip(cell.papers, cell.evidence, strict=True)
    )
    return " ".join(filter(None, [text, cited and f"\\[{cited}\\]"]))


def _plot(plot: Plot, pictures: Mapping[str, str]) -> Iterator[str]:
    said = f"**Figure {plot.number}.** {escaped(caption(plot))}"
    if plot.name in pictures:
        yield f"![{escaped(caption(plot))}]({pictures[plot.name]})"
        yield said
        return
    yield f"{said} {escaped(NO_PICTURE)}"
    heads, rows = numbers_of(plot)
    lines = ["| " + " | ".join(map(escaped, each)) + " |" for each in (heads, *rows)]
    yield "\n".join([lines[0], "|" + " --- |" * len(heads), *lines[1:]])


def _claim(claim: Claim, telling: Telling) -> str:
    lines = [
        f'<a id="claim-{claim.claim_id}"></a>\n\n### {escaped(claim.label)}',
        "",
        f"`{claim.claim_id}` {escaped(weight(claim))}",
        "",
    ]
    for each in claim.evidence:
        words = (
            f"“{escaped(each.quote)}” ({escaped(place(each))})" if each.quote is not None else escaped(unquoted(each))
        )
        gone = f" **{each.document_status.upper()}**" if each.document_id in telling.withdrawn else ""
        cited = f"[\\[{telling.number(each.document_id)}\\]](#ref-{telling.numbers[each.document_id]})"
        lines.append(
            f'- <a id="ev-{each.evidence_id}"></a>{words} {cited}{gone} '
            f"{escaped(facts(each))}; rule {escaped(each.rule)}; `{each.evidence_id}`"
        )
    return "\n".join(lines)


def _references(telling: Telling) -> Iterator[str]:
    pairs = zip(telling.review.references, telling.printed, strict=True)
    yield "\n".join(_reference(reference, runs) for reference, runs in pairs)


def _reference(reference: Reference, runs: tuple[Run, ...]) -> str:
    text = "".join(_run(each) for each in runs)
    said = f"**{warning(reference).upper()}.** " if warning(reference) else ""
    addresses = " · ".join(
        f"[{what}]({address.replace('(', '%28').replace(')', '%29')})" for what, address in links(reference)
    )
    rest = " ".join(filter(None, [addresses, escaped(licence(reference))]))
    return f'{reference.number}. <a id="ref-{reference.number}"></a>{said}{text} {rest}'.rstrip()


def _run(run: Run) -> str:
    """A run; marks of emphasis must touch its words."""
    bare = run.text.strip()
    if not bare or run.form == "plain":
        return SPECIAL.sub(r"\\\1", run.text)
    before, after = run.text[: len(run.text) - len(run.text.lstrip())], run.text[len(run.text.rstrip()) :]
    return before + FORMS[run.form].format(escaped(bare)) + after


def review_of(text: str) -> str | None:
    """Of which review a file says that it is."""
    found = HEADING.match(text)
    return found[1] if found else None
