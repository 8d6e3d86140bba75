"""Short names that a text gives to drugs given together, and what later sentences mean by them."""

from __future__ import annotations

import pytest

from pipeline.extract import Extractor
from pipeline.extract.regimens import definitions
from pipeline.rules import shipped
from tests.marked import read_marked

RULES = shipped()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[Docetaxel](drug) plus [capecitabine](drug) (DX) was given.", {"DX": ["Docetaxel", "capecitabine"]}),
        (
            "They had [cisplatin](drug) 75 mg/m2 and [etoposide](drug) 100 mg/m2 (days 1 to 3) (PE regimen).",
            {"PE": ["cisplatin", "etoposide"]},
        ),
        (
            "We gave GEMOX-B ([gemcitabine](drug), [oxaliplatin](drug), [bevacizumab](drug)).",
            {"GEMOX-B": ["gemcitabine", "oxaliplatin", "bevacizumab"]},
        ),
        (
            "MVP consisted of three cycles of [mitomycin](drug), [vinblastine](drug) and [cisplatin](drug).",
            {"MVP": ["mitomycin", "vinblastine", "cisplatin"]},
        ),
        (
            "They got [pazopanib](drug) + [topotecan](drug) (arm A) or [topotecan](drug) only (arm B).",
            {"arm A": ["pazopanib", "topotecan"]},
        ),
        ("[Docetaxel](drug) plus [capecitabine](drug) (CR, 3 of 9) was given.", {}),  # what was seen, no name
        ("[Docetaxel](drug) plus [capecitabine](drug) (EORTC) was given.", {}),  # not their letters
        ("[Docetaxel](drug) or [capecitabine](drug) (DX) was given.", {}),  # one or the other
        ("[Docetaxel](drug) inhibits what [capecitabine](drug) (DX) does.", {}),  # not given together
    ],
)
def test_short_names_of_drugs_given_together(text: str, wanted: dict[str, list[str]]) -> None:
    _, sentences = read_marked(text)
    found = [each for sentence in sentences for each in definitions(sentence, RULES.discourse.regimens)]
    assert {each.name: [drug.mention.text for drug in each.members if drug.mention] for each in found} == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("DX prolonged survival.", [("docetaxel", "capecitabine", "supports")]),
        ("Survival was not better with DX.", [("docetaxel", "capecitabine", "refutes")]),
        ("DXM prolonged survival.", []),  # another name
        ("The DX-1 antibody prolonged survival.", []),
    ],
)
def test_a_later_sentence_that_names_the_regimen_speaks_of_its_drugs(text: str, wanted: list[tuple[str, ...]]) -> None:
    document, sentences = read_marked(f"Patients received [docetaxel](drug) plus [capecitabine](drug) (DX). {text}")
    readings = list(Extractor(RULES).read(document, sentences))
    matches = [match for match in readings[-1].matches if match.kind == "combination"]
    assert [(*(each.text for each in match.arguments), match.stance.value) for match in matches] == wanted
    assert all(each.start is None for match in matches for each in match.arguments)


def test_members_of_a_class_are_given_one_or_the_other() -> None:
    text = "[Plumbagin](drug) combined with [antiandrogens](drug_class) such as [bicalutamide](drug) and "
    document, sentences = read_marked(f"{text}[enzalutamide](drug) prolonged survival.")
    (reading,) = Extractor(RULES).read(document, sentences)
    told = [[each.text for each in match.arguments] for match in reading.matches if match.kind == "combination"]
    assert told == [["Plumbagin", "bicalutamide"], ["Plumbagin", "enzalutamide"]]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (  # a part of the regimen that is told of again is not the regimen
            "[Lapatinib](drug) with [docetaxel](drug) plus [carboplatin](drug). They received [docetaxel](drug) plus "
            "[carboplatin](drug) every three weeks.",
            {"lapatinib", "docetaxel", "carboplatin"},
        ),
        (  # what is studied is told together with what it does
            "Efficacy of [lapatinib](drug) plus [docetaxel](drug) in breast cancer. [Lapatinib](drug) is a pill.",
            {"lapatinib", "docetaxel"},
        ),
        (  # either alone or together is no choice of partners
            "[Lapatinib](drug) alone or in combination with [docetaxel](drug) plus [carboplatin](drug) was studied.",
            {"lapatinib", "docetaxel", "carboplatin"},
        ),
        (  # radiotherapy closes the list
            "[Lapatinib](drug) was added to concurrent [docetaxel](drug), [carboplatin](drug) and "
            "[radiotherapy](process).",
            {"lapatinib", "docetaxel", "carboplatin"},
        ),
        (
            "[Lapatinib](drug) combined with the Nordic schedule of [docetaxel](drug) and [carboplatin](drug).",
            {"lapatinib", "docetaxel", "carboplatin"},
        ),
        (  # two regimens: which is meant is not said
            "Patients received [lapatinib](drug) plus [docetaxel](drug) or [lapatinib](drug) plus [carboplatin](drug).",
            set(),
        ),
    ],
)
def test_a_rate_of_response_is_told_of_the_whole_regimen(text: str, wanted: set[str]) -> None:
    document, sentences = read_marked(f"{text} The overall response rate was 63%.")
    last = list(Extractor(RULES).read(document, sentences))[-1]
    told = [each for each in last.matches if each.kind == "combination"]
    assert {each.text.lower() for match in told for each in match.arguments} == wanted
