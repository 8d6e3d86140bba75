"""What commands print for people: an article step by step, an explanation, the status, figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from pipeline.article import Reader, Step
from pipeline.assemble import make_claim
from pipeline.changes import counts, headline, sections
from pipeline.check import telling, worst_first
from pipeline.console import err, highlighted, out, print_pairs, print_rows, wide
from pipeline.evaluate import Calibration, Evaluation, Figures, RuleFigures
from pipeline.explain import Explained
from pipeline.extract import Refusal
from pipeline.model import Circumstance, Document, Mention, RawRecord, Rejection, Section, Source
from pipeline.parse import parse
from pipeline.reasons import NO_RULE, meaning
from pipeline.settings import Settings
from pipeline.text import one_line

SHOWN = 20  # lines of a kind that a terminal shows
STATE_STYLES = dict.fromkeys(("contradicted", "contested", "outdated"), "bold red") | {"supported": "bold green"}

# ------------------------------------------------------------------------------------------------ article


def print_article(raw: RawRecord, reader: Reader, settings: Settings) -> None:
    """Every step of one article."""
    out.rule(Text(f"raw record  {raw.source}  {raw.locator}", "dim"))
    print_pairs([("bytes", len(raw.content)), ("SHA-256", raw.sha256)])
    document = parse(raw)
    if isinstance(document, Rejection):
        out.print(Text(f"refused at {document.stage}: {document.reason}: {document.detail}", "red"))
        return
    _print_document(document)
    for step in reader.trace(document):
        _print_step(step, document, reader)
    article = reader.read(document)
    out.print(
        Text(
            f"\n{len(article.evidence)} evidence of {len({e.claim.claim_id for e in article.evidence})} claims", "bold"
        )
    )
    for rejection in article.rejections:
        out.print(Text(f"  not kept at {rejection.stage}: {rejection.reason} × {rejection.count}", "dim"))


def _print_document(document: Document) -> None:
    out.print(Text(document.title or "(no title)", "bold"))
    print_pairs(
        [
            ("identity", f"{document.document_id}  {document.pmcid or ''}  {document.doi or ''}"),
            ("journal", f"{document.journal or '?'}, {document.published.text if document.published else '?'}"),
            ("types", ", ".join(document.publication_types)),
            ("status", f"{document.status}; licence {document.licence or 'not known'}"),
            ("sections", ", ".join(f"{index} {section.kind}" for index, section in enumerate(document.sections))),
        ]
    )


def _print_step(step: Step, document: Document, reader: Reader) -> None:
    sentence = step.sentence
    section = document.sections[sentence.section_index].kind
    place = f"[{sentence.section_index} {section} {sentence.start}:{sentence.end}]"
    if step.reading is None:
        out.print(Text(f"\n{place} not read ({step.unread}): {one_line(sentence.text)}", "dim"))
        out.print(Text(f"    {meaning(step.unread or '')}", "dim"))
        return
    spans = [
        ("drug" if each.kind in ("drug", "drug_class") else "other", each.start, each.end) for each in sentence.mentions
    ]
    out.print(Text.assemble(f"\n{place} ", highlighted(sentence.text, sentence.start, spans)))
    for mention in sentence.mentions:
        out.print(Text(f"    {_named(mention)}", "dim"))
    out.print(Text(f"    as the rules see it: {step.skeleton}", "dim"))
    for match in step.reading.matches:
        claim = make_claim(match, reader.rules.kinds[match.kind])
        facts = f"{match.stance}, {match.certainty}, {match.attribution}"
        out.print(Text.assemble("    ✓ ", (claim.label, "bold green"), f"  ({match.kind}, {facts}; rule {match.rule})"))
        out.print(Text(f"      {circumstances(match.circumstances)}", "dim"))
    for refusal, count in Counter(step.reading.refusals).items():
        _print_refusal(refusal, count)
    if not step.reading.matches and not step.reading.refusals:
        out.print(Text(f"    ✗ {NO_RULE}", "yellow"))


def _print_refusal(refusal: Refusal, count: int) -> None:
    times = f" × {count}" if count > 1 else ""
    names = ", ".join(f"{role} {text!r}" for role, text in refusal.names) or "no names"
    rule = f"rule {refusal.rule}" if refusal.rule else "a rule of tables"
    out.print(Text(f"    ✗ refused: {refusal.reason}{times} ({rule}: {names})", "yellow"))
    out.print(Text(f"      {meaning(refusal.reason)}", "dim"))


def circumstances(found: Sequence[Circumstance]) -> str:
    """Each with where it was said, unless the sentence says it."""
    said = (each.value if each.place == "sentence" else f"{each.value} (by the {each.place})" for each in found)
    named = [f"{each.name} {value}" for each, value in zip(found, said, strict=True)]
    return ", ".join(named) or "no circumstances are told"


def _named(mention: Mention) -> str:
    grounding = mention.grounding
    if grounding is None:
        return f"{mention.text!r}: an abbreviation for nothing we know"
    meant = f"{grounding.entity.called} ({grounding.entity.kind}, {grounding.entity.curie or 'no identifier'})"
    among = f", one of {', '.join(each.name for each in grounding.candidates)}" if grounding.candidates else ""
    return f"{mention.text!r} → {meant}: {grounding.reason}{among}; found by {mention.found_by}"


# ------------------------------------------------------------------------------------------------ explain


def print_quotation(found: Explained) -> None:
    """The sentence of an evidence, its arguments marked, and where it stands."""
    row = found.evidence
    spans = [(each["role"], each["char_start"], each["char_end"]) for each in found.arguments]
    out.print(Text.assemble("  “", highlighted(row["sentence"], row["sentence_start"], spans), "”"))
    facts = [row["stance"], row["certainty"], row["attribution"], f"{row['document_id']} {row['section']}"]
    out.print(Text("   " + " · ".join(facts), "dim"))


def print_reading(text: str, section: str, reader: Reader) -> None:
    """What is read in ``text``, and why the rest of it is not taken, as if it stood in such a section."""
    document = Document("text:explained", Source.TEXT, "", (Section(section, text),))
    for step in reader.trace(document):
        _print_step(step, document, reader)


def print_explained(found: Sequence[Explained]) -> None:
    """Each evidence: its words, its roles with the reason for each name, its rule, its raw record."""
    for each in found:
        row = each.evidence
        out.print(Text(f"\nevidence {row['evidence_id']} for claim {row['claim_id']} ({row['kind']})", "bold"))
        print_quotation(each)
        for argument in each.arguments:
            out.print(Text(f"    {_argued(argument)}", "dim"))
        frame = {name: row[name] for name in ("direction", "degree", "interaction", "value_text")}
        said = ", ".join(f"{name} {value}" for name, value in frame.items() if value is not None)
        said = "; ".join(filter(None, [said, circumstances(each.circumstances) if each.circumstances else ""]))
        print_pairs(_where_it_stands(each, said))


def _where_it_stands(found: Explained, said: str) -> list[tuple[str, Any]]:
    row = found.evidence
    stands = "the words stand there" if found.quotation_stands else "the words NO LONGER stand there"
    section = f"section {row['section_index']} ({row['heading'] or row['section']})"
    file = row["uri"] + (f"!{row['member']}" if row["member"] else "")
    return [
        ("article", f"{row['title'] or '?'} ({row['journal'] or '?'}, {row['year'] or '?'}; {row['document_status']})"),
        ("place", f"{section}, characters {row['sentence_start']}:{row['sentence_end']}; {stands}"),
        ("frame", said or "nothing more is said"),
        ("rule", row["rule"]),
        ("confidence", "not measured" if row["confidence"] is None else f"{row['confidence']:.2f}"),
        ("raw record", f"{file} at byte {row['byte_offset']}"),
        ("SHA-256", f"{row['raw_sha256']}, {found.raw_problem or 'verified'}"),
    ]


def _argued(argument: Mapping[str, Any]) -> str:
    where = (
        "implied by earlier text"
        if argument["char_start"] is None
        else f"{argument['char_start']}:{argument['char_end']}"
    )
    reason = f"; {argument['reason']}, found by {argument['found_by']}" if argument["reason"] else ""
    correction = f"; correction {argument['correction_id']}" if argument["correction_id"] else ""
    identifier = argument["entity_id"] or "no identifier"
    return (
        f"{argument['role']}: {argument['surface']!r} ({where}) → {argument['name']} ({identifier}{reason}{correction})"
    )


# ------------------------------------------------------------------------------------------------ changes


def print_changes(found: Mapping[str, Any]) -> None:
    """What has changed between two snapshots: how much, and the first of each kind."""
    console = wide()
    console.print(Text(headline(found), "bold"))
    if not counts(found):
        console.print("Nothing has changed.")
    print_rows("What changed", [{"what": name, "how many": count} for name, count in counts(found)], console)
    for heading, lines in sections(found):
        console.print(Text(f"\n{heading} ({len(lines)})", "bold"))
        for line in lines[:SHOWN]:
            console.print(Text(f"  {line.replace('**', '').replace('`', '')}"))
        if len(lines) > SHOWN:
            console.print(Text(f"  … and {len(lines) - SHOWN} more: --format md, or --json for all", "dim"))


# ------------------------------------------------------------------------------------------------ check


def print_checked(checked: Mapping[str, Any]) -> None:
    """A checked document: how much, then each statement, what must be looked at first at the top."""
    console = wide()
    console.print(Text(telling.headline(checked), "bold"))
    rows = [{"what": name, "how many": count, "meaning": says} for name, count, says in telling.counts(checked)]
    print_rows("Statements", rows, console)
    for each in telling.limits(checked):
        console.print(Text(each, "dim"))
    for statement in worst_first(checked["statements"]):
        style = STATE_STYLES.get(statement["state"], "bold")
        denied = " (denied)" if statement["stance"] == "refutes" else ""
        state = telling.TITLES[statement["state"]]
        console.print(Text.assemble("\n", (f"{state}: ", style), (f"{statement['claim']}{denied}", "bold")))
        console.print(Text(f"  {one_line(statement['sentence'], 300)}", "dim"))
        for line in telling.lines_of(statement):
            console.print(Text(f"  {line}", "yellow" if line.startswith("→") else ""))


# ------------------------------------------------------------------------------------------------ evaluate


def print_evaluation(evaluation: Evaluation) -> None:
    """Precision, recall and F1 in both ways of comparing: of all kinds, and by kind, section and rule."""
    strict, near = evaluation.strict, evaluation.near
    tables = {
        f"{len(evaluation.comparisons)} documents": {"strict": strict.all, "near": near.all},
        "Strict, by kind": strict.kinds,
        "Near, by kind": near.kinds,
        "Near, by section": near.sections,
    }
    console = wide()
    for title, figures in tables.items():
        print_rows(title, [_figures_row(name, each) for name, each in figures.items()], console)
    print_rows(
        "Near, by rule; the last columns: missed and F1 lost without it", list(map(_rule_row, near.rules)), console
    )
    if evaluation.calibration:
        _print_calibration(evaluation.calibration, console)
    right, among = near.direction_right
    out.print(Text(f"\nDirection right in {right} of {among}." if among else "\nNo direction to be right about."))
    err.print(
        "[dim]strict: kind, stance and every role; near: also kinds that say the same in another frame. "
        "Optional labels are neither missed nor wrong; 95 % intervals by bootstrap over documents[/dim]"
    )


def _print_calibration(found: Calibration, console: Console) -> None:
    rows = [
        {"confidence": f"{each.low:.1f}–{each.high:.1f}", "findings": each.n, "told": f"{each.confidence:.2f}",
         "right": f"{each.right:.2f}"}
        for each in found.bins
    ]  # fmt: skip
    print_rows("Confidence, held against what is right (near)", rows, console)
    ranked = "" if found.ranked is None else f"; right above wrong in {found.ranked:.2f} of pairs"
    console.print(
        Text(
            f"Brier {found.brier:.3f} (telling {found.right:.2f} of every one: {found.brier_base:.3f}), "
            f"off by {found.off:.3f}{ranked}"
        )
    )


def _figures_row(name: str, figures: Figures) -> dict[str, Any]:
    ratios = {
        "P": (figures.precision, figures.precision_95),
        "R": (figures.recall, figures.recall_95),
        "F1": (figures.f1, figures.f1_95),
    }
    counts = {"right": figures.right, "wrong": figures.wrong, "missed": figures.missed}
    return {"": name} | {title: _ratio(*each) for title, each in ratios.items()} | counts


def _rule_row(figures: RuleFigures) -> dict[str, Any]:
    return {
        "rule": figures.rule, "P": _ratio(figures.precision, figures.precision_95), "right": figures.right,
        "only excused": figures.excused, "wrong": figures.wrong, "missed": figures.missed,
        "F1": f"{figures.gain:+.3f}",
    }  # fmt: skip


def _ratio(value: float, interval: tuple[float, float] | None) -> str:
    return f"{value:.3f} ({interval[0]:.2f}–{interval[1]:.2f})" if interval else "–"
