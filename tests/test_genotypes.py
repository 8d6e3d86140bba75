"""Genotypes and alleles: which variant they are a form of, and what is claimed of them."""

from __future__ import annotations

import pytest

from tests.reading import document, labels, reader


def called(*texts: str) -> list[tuple[str, str]]:
    """(text, name with its form) of each variant of the last of ``texts``; the first of several is the title."""
    sections = [("title", texts[0])] if len(texts) > 1 else []
    article = reader(screened=False).names(document(*sections, ("abstract", texts[-1])))
    mentions = [each for sentence in article.sentences for each in sentence.mentions if each.kind == "variant"]
    return [(each.text, each.grounding.entity.called) for each in mentions if each.grounding]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The GG genotype of rs7770001 in ABCC3.", [("GG genotype of rs7770001", "ABCC3 rs7770001 (GG)")]),
        ("ABCC3 (rs7770001) GG homozygotes.", [("(rs7770001) GG homozygotes", "ABCC3 rs7770001 (GG)")]),
        ("The A/A genotype of ABCC3 G1199A.", [("A/A genotype of ABCC3 G1199A", "ABCC3 G1199A (AA)")]),
        ("Asn/Asn at codon 118 of ERCC1.", [("Asn/Asn at codon 118", "ERCC1 codon 118 (Asn/Asn)")]),
        ("XRCC1 194 Trp/Trp carriers.", [("194 Trp/Trp carriers", "XRCC1 194 (Trp/Trp)")]),
        ("The FCGR2A 131 R/R genotype.", [("131 R/R genotype", "FCGR2A 131 (R/R)")]),
        ("The GSTT1 null genotype.", [("null genotype", "GSTT1 null")]),
        ("The minor allele of rs7770001.", [("minor allele of rs7770001", "rs7770001 (minor allele)")]),
        ("BRAF V600E mutant allele.", [("V600E mutant allele", "BRAF V600E")]),
        ("ABCC3 (4213G>T) and the 4213GG/GT genotypes.",
         [("4213G>T", "ABCC3 4213G>T"), ("4213GG/GT genotypes", "ABCC3 4213G>T (GG or GT)")]),
        ("The TT genotypes of rs7770001 and rs7770002.",
         [("TT genotypes of rs7770001", "rs7770001 (TT)"), ("rs7770002", "rs7770002 (TT)")]),
        ("TYMS 2R/2R was rare. The 3R allele was not.", [("2R/2R", "TYMS 2R/2R"), ("3R allele", "TYMS 3R allele")]),
        ("ABCC3 G1199A was typed. The A allele was rare.",
         [("G1199A", "ABCC3 G1199A"), ("A allele", "ABCC3 G1199A (A allele)")]),
        ("ABCC3 G1199A and ERCC1 C118T. The TT genotype was rare.",
         [("G1199A", "ABCC3 G1199A"), ("C118T", "ERCC1 C118T"), ("TT genotype", "ERCC1 C118T (TT)")]),
        ("rs7770001, rs7770002. The TT genotype was rare.",
         [("rs7770001", "rs7770001"), ("rs7770002", "rs7770002"), ("TT genotype", "TT genotype")]),
        ("The wild-type allele was kept.", []),
    ],
)  # fmt: skip
def test_a_form_is_that_of_the_variant_which_the_text_names(text: str, found: list[tuple[str, str]]) -> None:
    assert called(text) == found


def test_a_variant_is_of_the_one_gene_that_the_title_names() -> None:
    text = "Only rs7770001 was typed."
    assert called("ATP7A polymorphisms in lung cancer", text) == [("rs7770001", "ATP7A rs7770001")]
    assert called("ATP7A and ATP7B in lung cancer", text) == [("rs7770001", "rs7770001")]
    assert called("ATP7A in lung cancer", "Only His46His was typed.") == [("His46His", "ATP7A H46H")]
    assert called("ATP7A in lung cancer", "The FcαR9X-131 R/R genotype.") == [("131 R/R genotype", "131 R/R genotype")]
    assert called("ATP7A in lung cancer. " + text) == [("rs7770001", "ATP7A rs7770001")]
    assert called("Lung cancer. ATP7A was seen. " + text) == [("rs7770001", "rs7770001")]


@pytest.mark.parametrize(
    ("text", "claimed"),
    [
        (
            "Patients received imatinib. Carriers of the GG genotype of rs7770001 had a higher risk of relapse.",
            [("↑ rs7770001 (GG) → resistance to imatinib", "supports")],
        ),
        (
            "Patients received imatinib for leukemia. ABCC3 polymorphisms were associated with a better response.",
            [("ABCC3 (polymorphism) predicts response to imatinib", "supports")],
        ),
        (
            "Genetic variants in XPA, ABCC3 and XPC were associated with better response to cisplatin in lung cancer.",
            [
                ("XPA (polymorphism) predicts response to cisplatin", "supports"),
                ("ABCC3 (polymorphism) predicts response to cisplatin", "supports"),
                ("XPC (polymorphism) predicts response to cisplatin", "supports"),
            ],
        ),
        (
            "A SNP (rs7770001) in the 3' end of ABCC3 was associated with response to cisplatin in lung cancer.",
            [("ABCC3 rs7770001 predicts response to cisplatin", "supports")],
        ),
        ("rs7770001, rs7770002. The TT genotype was associated with resistance to imatinib.", []),
        (
            "Patients received imatinib. The combination of rs7770001 and rs7770002 went with better response.",
            [],
        ),
        (
            "Among patients with lung cancer those with the TYMS 3R/3R genotype received irinotecan. "
            "Partial responses were seen in nine of 20 patients.",
            [],
        ),
        (
            "Patients with the V600E mutation had lung cancer. They received imatinib. "
            "Partial responses were seen in nine of 20 patients.",
            [("↑ BRAF V600E → sensitivity to imatinib", "supports")],
        ),
    ],
)
def test_what_is_said_of_a_form_is_claimed_of_no_more_and_no_less(text: str, claimed: list[tuple[str, str]]) -> None:
    assert labels(text) == claimed
