"""What a sentence says, how firmly, whose statement it is, and why a reading was refused."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest

from pipeline.model import Section
from tests.reading import document, labels, read, reader

STANCE = [
    ("MET amplification confers resistance to erlotinib.", "supports"),
    ("MET amplification does not confer resistance to erlotinib.", "refutes"),
    ("MET amplification failed to confer resistance to erlotinib.", "refutes"),
    ("No association between MET amplification and resistance to erlotinib was found.", "refutes"),
]


@pytest.mark.parametrize(("text", "stance"), STANCE, ids=[text for text, _ in STANCE])
def test_stance(text: str, stance: str) -> None:
    assert labels(text) == [("↑ MET → resistance to erlotinib", stance)]


def test_loss_and_gain_of_the_same_gene_are_two_claims() -> None:
    found = read(
        "Loss of PTEN confers resistance to trastuzumab. PTEN overexpression confers resistance to trastuzumab."
    )
    assert [each.claim.label for each in found.evidence] == [
        "↓ PTEN → resistance to trastuzumab", "↑ PTEN → resistance to trastuzumab",
    ]  # fmt: skip


CERTAINTY = [
    ("ABCB1 confers resistance to paclitaxel.", "asserted"),
    ("ABCB1 may confer resistance to paclitaxel.", "suggested"),
    ("ABCB1 could confer resistance to paclitaxel.", "speculated"),
    ("Our data suggest that ABCB1 confers resistance to paclitaxel.", "suggested"),
]


@pytest.mark.parametrize(("text", "certainty"), CERTAINTY, ids=[text for text, _ in CERTAINTY])
def test_certainty(text: str, certainty: str) -> None:
    (evidence,) = read(text).evidence
    assert evidence.match.certainty == certainty


ATTRIBUTION = [
    ("abstract", "We found that ABCB1 confers resistance to paclitaxel.", "own_result"),
    ("abstract", "In conclusion, ABCB1 confers resistance to paclitaxel.", "conclusion"),
    ("title", "ABCB1 confers resistance to paclitaxel.", "conclusion"),
    ("introduction", "ABCB1 confers resistance to paclitaxel.", "background"),
    ("results", "ABCB1 confers resistance to paclitaxel.", "own_result"),
    ("abstract", "ABCB1 is known to confer resistance to paclitaxel. Here we studied mice.", "background"),
    ("results", "ABCB1 confers resistance to paclitaxel [12, 14-16].", "background"),
    ("results", "ABCB1 confers resistance to paclitaxel (Roe et al., 2011; Doe, 2012a).", "background"),
    ("discussion", "Roe and Doe (2011) saw that ABCB1 confers resistance to paclitaxel.", "background"),
    ("results", "ABCB1 confers resistance to paclitaxel.¹²,¹³", "background"),
    ("conclusion", "ABCB1 confers resistance to paclitaxel [12].", "background"),
    ("results", "ABCB1 confers resistance to paclitaxel (53, 65, 107–109).", "background"),
    ("introduction", "Thus, ABCB1 confers resistance to paclitaxel.", "background"),
    ("introduction", "Here we show that ABCB1 confers resistance to paclitaxel.", "own_result"),
    ("results", "In line with others [12], ABCB1 conferred resistance to paclitaxel.", "own_result"),
    ("results", "ABCB1 conferred resistance to paclitaxel (Figure 2), made as described [12].", "own_result"),
    ("results", "ABCB1 conferred resistance to paclitaxel at 10⁻³ M.", "own_result"),
    ("discussion", "ABCB1 confers resistance to paclitaxel.", "conclusion"),
    ("discussion", "We found that ABCB1 confers resistance to paclitaxel.", "own_result"),
    ("abstract", "We hypothesised that ABCB1 confers resistance to paclitaxel.", "hypothesis"),
    ("abstract", "We treated mice. Tumours were measured. ABCB1 confers resistance to paclitaxel.", "conclusion"),
    ("abstract", "ABCB1 confers resistance to paclitaxel. Here we studied two lines and many mice.", "conclusion"),
]


@pytest.mark.parametrize(("kind", "text", "attribution"), ATTRIBUTION)
def test_attribution(kind: str, text: str, attribution: str) -> None:
    (evidence,) = read(text, kind).evidence
    assert evidence.match.attribution == attribution


REFUSED = [
    ("We asked whether ABCB1 confers resistance to paclitaxel.", "aim_not_finding"),
    ("Does ABCB1 confer resistance to paclitaxel?", "question_not_finding"),
    ("ABCB1 confers resistance.", "no_drug_named"),
]


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_a_refused_reading_has_a_named_reason(text: str, reason: str) -> None:
    article = read(text)
    assert article.evidence == ()
    assert [(each.stage, each.reason) for each in article.rejections] == [("extract", reason)]


def test_a_methods_section_states_no_finding() -> None:
    given = document(("methods", "ABCB1 confers resistance to paclitaxel."))
    assert [each.reason for each in reader().read(given).rejections] == ["method_not_finding"]
    structured = given.__class__(
        "text:test", given.source, "", (Section("abstract", given.sections[0].text, category="METHODS"),)
    )
    assert [each.reason for each in reader().read(structured).rejections] == ["method_not_finding"]


NOT_OURS = [
    "Bacteria resistant to rifampicin carried a mutation of rpoB.",
    "Resistance to insulin was associated with obesity.",
    "Cells were treated with vemurafenib and counted.",
    "Erosion resistance of the coating was increased by EGFR.",
]


@pytest.mark.parametrize("text", NOT_OURS)
def test_other_resistance_is_not_ours(text: str) -> None:
    assert labels(text) == []


def test_each_of_a_list_is_its_own_claim() -> None:
    found = read("ABCB1 confers resistance to paclitaxel, docetaxel and vincristine.")
    assert [each.claim.label for each in found.evidence] == [
        f"ABCB1 → resistance to {drug}" for drug in ("paclitaxel", "docetaxel", "vincristine")
    ]


def test_a_drug_left_unsaid_is_taken_from_the_text_before_and_marked_so() -> None:
    (evidence,) = read("Resistance to gefitinib was studied. MET amplification mediates resistance.").evidence
    by_role = {argument.role: argument for argument in evidence.match.arguments}
    assert by_role["drug"].entity.name == "gefitinib"
    assert (by_role["drug"].start, by_role["drug"].end) == (None, None)
    assert by_role["cause"].start is not None


def test_a_drug_left_unsaid_among_many_is_not_guessed() -> None:
    text = "Resistance to gefitinib, erlotinib and afatinib was studied. MET amplification mediates resistance."
    assert [each.reason for each in read(text).rejections if each.stage == "extract"] == ["no_drug_named"]


FRAMES: list[tuple[str, dict[str, Any]]] = [
    (
        "ABCB1 confers 12-fold resistance to paclitaxel in MCF-7 cells.",
        {"value_text": "12-fold", "value": 12.0, "unit": "fold", "model": "MCF-7", "setting": "in_vitro"},
    ),
    (
        "MET amplification confers acquired resistance to gefitinib in patients with lung adenocarcinoma.",
        {"setting": "clinical", "acquired": True, "disease": "lung adenocarcinoma", "direction": "increase"},
    ),
    (
        "PTEN loss confers resistance to trastuzumab in xenografts.",
        {"setting": "in_vivo", "direction": "decrease", "model": "xenograft"},
    ),
]


@pytest.mark.parametrize(("text", "wanted"), FRAMES, ids=[text for text, _ in FRAMES])
def test_the_frame_of_a_claim(text: str, wanted: dict[str, Any]) -> None:
    (evidence,) = read(text).evidence
    said = {key: value for key, value in asdict(evidence.match.attributes).items() if value is not None}
    assert said | {"statistic": None} == wanted | {"statistic": None}


def test_a_claim_said_twice_in_a_sentence_is_one() -> None:
    text = "ABCB1 confers resistance to paclitaxel, and P-glycoprotein confers resistance to Taxol."
    assert labels(text) == [("ABCB1 → resistance to paclitaxel", "supports")]


RESISTING = [
    ("Patients with imatinib-resistant leukaemia received dasatinib. The overall response rate was 63%.", "dasatinib"),
    (  # what they had before is not what is tried
        "Nilotinib for imatinib-resistant leukaemia. All patients had been treated with imatinib. "
        "We then gave nilotinib plus decitabine. The overall response rate was 63%.",
        "decitabine nilotinib",
    ),
    (  # others are resistant, elsewhere
        "Leukaemia is a disease of the marrow. Dasatinib has been shown to work in imatinib-resistant leukaemia. "
        "We treated newly diagnosed patients with dasatinib. The overall response rate was 63%.",
        "",
    ),
]


@pytest.mark.parametrize(("text", "drugs"), RESISTING, ids=[drugs for _, drugs in RESISTING])
def test_rates_of_response_are_told_of_what_the_resistant_were_given(text: str, drugs: str) -> None:
    found = [each.match for each in read(text).evidence if each.match.kind == "efficacy_in_resistant"]
    told = [each for each in found if each.rule == "efficacy.response-understood"]
    assert " ".join(sorted(a.text.lower() for each in told for a in each.arguments if a.role == "drug")) == drugs


TITLED = "ERCC1 in lung cancer treated with platinum-based chemotherapy"
MERE = [
    (TITLED, "ERCC1 polymorphisms were associated with response to chemotherapy.", ["platinum-based chemotherapy"]),
    (TITLED, "ERCC1 is known to be associated with response to chemotherapy.", ["chemotherapy"]),  # of others
    ("ERCC1 in lung cancer", "ERCC1 polymorphisms were associated with response to chemotherapy.", ["chemotherapy"]),
    (
        "ERCC1 in lung cancer",
        "ERCC1 was associated with response to chemotherapy in patients treated with cisplatin plus gemcitabine.",
        ["cisplatin", "gemcitabine"],
    ),
]


@pytest.mark.parametrize(("title", "text", "drugs"), MERE)
def test_mere_chemotherapy_is_what_was_given(title: str, text: str, drugs: list[str]) -> None:
    sections = (Section("title", title), Section("abstract", text))
    found = reader().read(replace(document(), document_id="pmid:1", title=title, sections=sections)).evidence
    assert [[each.text for each in one.match.arguments if each.role == "drug"] for one in found] == [drugs]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (
            "Patients were treated with cetuximab. Bevacizumab was next: EPHB4 was higher in non-responders.",
            "EPHB4 → resistance to bevacizumab",
        ),
        ("Bevacizumab was compared with cetuximab: EPHB4 was higher in non-responders.", ""),
        (
            "In a trial of crizotinib, tumours with ROS1 fusions were followed. A partial response was seen in nine.",
            "↑ ROS1 → sensitivity to crizotinib",
        ),
        (
            "A girl's tumour harboured a ROS1 fusion. She was started on crizotinib. She achieved a partial response.",
            "↑ ROS1 → sensitivity to crizotinib",
        ),
        (
            "In a trial of crizotinib, tumours with ROS1 fusions were followed. "
            "Others with MET amplification received capmatinib. A partial response to treatment was seen in nine.",
            "",
        ),
    ],
    ids=["its own drug", "two drugs", "one cohort", "told without a drug", "several cohorts"],
)
def test_what_is_left_unsaid_is_the_only_one_that_can_be_meant(text: str, label: str) -> None:
    found = [each for each, _ in labels(text) if "→" in each and ("resistance" in each or "sensitivity" in each)]
    assert found == ([label] if label else [])


LINES = [
    (
        "Cisplatin-resistant A549/DDP cells were made. AXL was upregulated in A549/DDP cells.",
        [("↑ AXL in cisplatin resistance", "supports")],
    ),
    (
        "Lines resistant to doxorubicin were made. "
        "Silencing of AXL increased the sensitivity of U-1285/ADR cells to doxorubicin.",
        [("↓ AXL → reverses resistance to doxorubicin", "supports")],
    ),
    (
        "Tumours resistant to tamoxifen are common. Curcumin inhibited the growth of MCF-7/TamR cells.",
        [("curcumin works in tamoxifen-resistant disease", "supports")],
    ),
    (
        "We made letrozole-resistant (LR) cell clones. In LR clones, HER2 was upregulated.",
        [("↑ ERBB2 in letrozole resistance", "supports")],
    ),
    (
        "Cisplatin-resistant lines are common. AXL was upregulated in cisplatin-resistant A549/DDP cells.",
        [("↑ AXL in cisplatin resistance", "supports")],
    ),
    (
        "Letrozole-resistant lines are common. The LTLT-Ca line was derived by exposure to letrozole for months.",
        [("LTLT-Ca: model resistant to letrozole", "supports")],
    ),
    ("AXL was upregulated in A549/DDP cells.", []),
    ("Tumours resistant to gefitinib are common. AXL was upregulated in A549/DDP cells.", []),
    ("Cisplatin-resistant A549/DDP cells were made. AXL was upregulated in A549 cells.", []),
]


@pytest.mark.parametrize(
    ("text", "expected"),
    LINES,
    ids=[
        "level",
        "sensitised",
        "killed",
        "short form",
        "said twice",
        "how made",
        "not said",
        "other drug",
        "its parent",
    ],
)
def test_a_resistant_line_is_known_by_name_once_the_text_has_said_what_resists(
    text: str, expected: list[tuple[str, str]]
) -> None:
    assert labels(text) == expected
    unscreened = reader(screened=False).read(document(("abstract", text)))
    assert [each.claim.label for each in unscreened.evidence] == [label for label, _ in expected]
