"""What is no finding of a tumour's response: refused by name, in the text and in the whole article."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.article import Reader
from pipeline.model import Document, Section, Source, TableCell

READER = Reader()
FINDING = "Loss of PTEN conferred resistance to gefitinib in lung cancer."
LONG = " ".join(["Loss of PTEN conferred resistance to gefitinib.", *(["The buffer was changed daily."] * 40)])
TITLED = Document("pmid:1", Source.PUBMED, "Lung cancer", ())


def reasons(document: Document) -> set[str]:
    """Why readings of ``document`` were refused; "taken" where one was not."""
    readings = [step.reading for step in READER.trace(document) if step.reading]
    refused = {each.reason for reading in readings for each in reading.refusals}
    return refused | ({"taken"} if any(reading.matches for reading in readings) else set())


def article(title: str, abstract: str, types: tuple[str, ...] = ()) -> Document:
    sections = (Section("title", title), Section("abstract", abstract))
    return replace(TITLED, title=title, sections=sections, publication_types=types)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (article("PTEN in lung cancer", FINDING), "taken"),
        (article("PTEN in malaria", FINDING), "not_oncology"),
        (article("PTEN in culture", LONG), "no_tumour_named"),
        (article("PTEN in culture", LONG + " So it is in some cancers."), "no_tumour_named"),
        (article("PTEN in lung cancer", LONG), "taken"),
        (
            Document(
                "text:1", Source.TEXT, "", (Section("body", "In asthma " + FINDING[:46] + ", and asthma abated."),)
            ),
            "not_oncology",
        ),
        (article("Lung cancer", FINDING, ("Retraction of Publication",)), "notice_not_finding"),
        (article("Lung cancer", FINDING, ("expression-of-concern",)), "notice_not_finding"),
        (article("Lung cancer", "Loss of PTEN conferred resistance to statins."), "no_cancer_drug"),
        (article("Lung cancer", "Metastasis conferred resistance to gefitinib."), "readout_not_cause"),
        (article("Lung cancer", "Association of PTEN loss with resistance to gefitinib."), "topic_not_finding"),
        (article("Lung cancer", "ERCC1 was a marker of clearance of cisplatin."), "harm_not_effect"),
        (article("XPA as a predictor of response to cisplatin in lung cancer", "It was."), "title_names_a_topic"),
        (article("XPA polymorphisms predict response to cisplatin in lung cancer", "They do."), "taken"),
        (
            article(
                "Lung cancer", "XPA and XPC variants predicted response and neutropenia on cisplatin, respectively."
            ),
            "respectively_pairs_unread",
        ),
        (
            article("Lung cancer", "XPA and XPC predicted response to cisplatin (P = .01 and .02, respectively)."),
            "taken",
        ),
        (
            article("Lung cancer", "By the number of risk alleles, XPA predicted response to cisplatin."),
            "one_of_several_together",
        ),
        (article("Lung cancer", "Cisplatin-induced apoptosis was associated with XPA activation."), "how_it_kills"),
        (article("Lung cancer", "Activation of XPA was resistant to gefitinib."), "molecules_not_cells"),
        (article("Lung cancer", "Sorafenib was most effective in repressing mutant XPA."), "molecules_not_cells"),
        (
            article("Lung cancer", "Carriers of XPA R228Q were sensitive to cisplatin, with a dose intensity of 8%."),
            "harm_not_effect",
        ),
        (article("Lung cancer", "Loss of XPA, once activated, was resistant to gefitinib."), "taken"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_is_no_finding_is_refused_by_name(document: Document, reason: str) -> None:
    found = reasons(document)
    assert reason in found
    assert ("taken" in found) == (reason == "taken")


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("Loss of PTEN conferred resistance to gefitinib", "taken"),
        ("Stops growth Loss of PTEN conferred resistance to gefitinib Spread to bone", "items_run_together"),
    ],
)
def test_a_cell_that_lists_things_without_marks_is_not_read(cell: str, reason: str) -> None:
    text = f"gene\tnote\nPTEN\t{cell}"
    cells = (
        TableCell(0, 0, 0, 4, is_header=True),
        TableCell(0, 1, 5, 9, is_header=True),
        TableCell(1, 0, 10, 14),
        TableCell(1, 1, 15, len(text), row_header="PTEN", column_headers=("note",)),
    )
    assert reason in reasons(replace(TITLED, title="Lung cancer", sections=(Section("table", text, cells=cells),)))
