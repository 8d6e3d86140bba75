"""Plain text that is laid out as a document: what becomes a title, a heading, a table, or is no part of it."""

from __future__ import annotations

import json

import pytest

from pipeline.model import Source
from pipeline.parse.layout import read_layout
from tests.parse_samples import parsed
from tests.reading import reader

GUIDE = """
Resistance to Gefitinib: A Guide

Author: Some Vendor Team. **Date:** May 2020

Compound Name: Gefitinib

[Get Quote](#)

Overview

Resistance to gefitinib is common.[1] It is often
acquired.

Q1: Can gefitinib resistance be overcome?

Yes. Osimertinib works.^{[2]}

Table 1: Alterations in gefitinib-resistant cells
(From two cell lines)

{table}

Caption: How the cells become resistant.

References

- 1. Overcoming resistance to gefitinib with erlotinib - PMC

Disclaimer & Data Validity:

For research use only. Erlotinib overcomes gefitinib resistance.
"""
CELLS = [
    ["Protein", "Change in resistant cells", "Implication", "Reference(s)"],
    ["Receptors"],
    ["AXL", "12-fold up-regulated", "Bypass of the target", "[1][2]"],
    ["PTEN", "Decreased", "Survival signalling"],
    ["Adhesion"],
    ["Vimentin", "Increased", "Mesenchymal phenotype", "[2]"],
    ["EGFR", "Decreased", "Loss of the target", "[1]"],
]
ROWS = [tuple(row) for row in CELLS]


def shown(text: str) -> list[tuple[str, str | None, str]]:
    return [(section.kind, section.heading, " ".join(section.text.split())) for section in read_layout(text)]


def test_a_document_is_told_apart_from_what_surrounds_it() -> None:
    assert shown(GUIDE.replace("{table}", "Protein\tChange\nAXL\tIncreased")) == [
        ("title", None, "Resistance to Gefitinib: A Guide"),
        ("boilerplate", None, "Author: Some Vendor Team. **Date:** May 2020"),
        ("boilerplate", None, "Compound Name: Gefitinib"),
        ("boilerplate", None, "[Get Quote](#)"),
        ("body", "Overview", "Resistance to gefitinib is common.[1] It is often acquired."),
        ("body", "Q1: Can gefitinib resistance be overcome?", "Yes. Osimertinib works.^{[2]}"),
        (
            "table",
            "Table 1: Alterations in gefitinib-resistant cells (From two cell lines)",
            "Protein Change AXL Increased",
        ),
        ("figure", "Q1: Can gefitinib resistance be overcome?", "Caption: How the cells become resistant."),
        ("references", "References", "- 1. Overcoming resistance to gefitinib with erlotinib - PMC"),
        ("boilerplate", None, "Disclaimer & Data Validity:"),
        ("boilerplate", None, "For research use only. Erlotinib overcomes gefitinib resistance."),
    ]


@pytest.mark.parametrize(
    "printed",
    [
        "\n".join("\t".join([*row, *[""] * (4 - len(row))]) for row in CELLS),
        "\n".join("| " + " | ".join([*row, *[""] * (4 - len(row))]) + " |" for row in CELLS),
        "\n".join(cell for row in CELLS for cell in row),
        "\n\n".join(cell for row in CELLS for cell in row),
    ],
    ids=["tabs", "bars", "one cell a line", "one cell a paragraph"],
)
def test_a_table_has_its_rows_however_it_was_flattened(printed: str) -> None:
    text = GUIDE.replace("{table}", printed)
    (table,) = [section for section in read_layout(text) if section.kind == "table"]
    rows: dict[int, list[str]] = {}
    for cell in table.cells:
        rows.setdefault(cell.row, []).append(table.text[cell.start : cell.end])
    assert [tuple(row) for _, row in sorted(rows.items())] == ROWS
    change = next(cell for cell in table.cells if table.text[cell.start : cell.end] == "12-fold up-regulated")
    assert (change.row_header, change.column_headers) == ("AXL", ("Change in resistant cells",))


@pytest.mark.parametrize(
    "text",
    [
        "Letrozole resistance is common.",
        "  Title\r\n\r\nLetrozole\u2009resistance.\t\n",
        "One sentence of an abstract.\nAnother one of it.\nA third one follows here.\nAnd so on it goes.",
        "",
    ],
)
def test_a_paragraph_or_a_few_have_no_layout(text: str) -> None:
    assert read_layout(text) == ()


@pytest.mark.parametrize("text", [GUIDE, GUIDE.replace("\n", "\r\n"), "# A\n\n## B\n\ntext\n\n## C\n\n**more**"])
def test_a_section_is_a_slice_of_the_text(text: str) -> None:
    for section in read_layout(text):
        assert text[section.start : section.start + len(section.text)] == section.text
        assert all(0 <= cell.start < cell.end <= len(section.text) for cell in section.cells)


def test_markdown_headings_say_what_they_stand_under() -> None:
    text = "# Guide\n\n## Methods\n\n### Cells\n\nThey were grown.\n\n## Results\n\nThey died."
    assert shown(text) == [
        ("title", None, "Guide"),
        ("methods", "Methods > Cells", "They were grown."),
        ("results", "Results", "They died."),
    ]


def test_a_broken_line_and_marks_of_references_do_not_break_a_sentence() -> None:
    text = GUIDE.replace("It is often", "Resistance to gefitinib is").replace("{table}", "")
    document = parsed(json.dumps({"id": "a", "text": text}), Source.JSONL)
    sentences = [" ".join(each.text.split()) for each in reader(screened=False).read(document).sentences]
    assert "Resistance to gefitinib is acquired." in sentences
