"""The whole way of an article, with the invariants that every later stage relies on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.article import read_raw
from pipeline.model import Article, Document, Mention, Quantity, Section, Sentence, Source, Token
from pipeline.records import raw_records_in
from tests.reading import document, read, reader

SAMPLE = Path(__file__).resolve().parent.parent / "pipeline" / "sample"
DRUGS = ["letrozole", "ICI 182,780", "gefitinib", "5-FU", "TGF-β1 inhibitors", "Leflutroazole", "trastuzumab"]
GENES = ["EGFR", "p.(Tyr537Ser)", "TGF‑β1", "ABCB1", "P-glycoprotein", "PI3Kα", "HER2/neu", "miR‑21"]
WORDS = [
    *DRUGS, *GENES, "resistance to", "confers", "-resistant", "cells", "were cross-resistant to", "not", "(ER)", "and",
    "sensitivity", "overexpression of", "IC50 = 3·2 µM", "28-fold", "reversed", "loss of", ".", ",", "\u2009", "\n",
    "¿", "İ", "ﬁ", "\U0001d7d9", "e\u0301", "<i>", "MCF‑7/LR", "patients", "may", "?", "We asked whether", "%", "(",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=40).map(" ".join)


def holds_its_words(article: Article) -> bool:
    """Every sentence, name, number and argument stands in the text where it says."""
    for sentence in article.sentences:
        text = article.document.sections[sentence.section_index].text
        pieces: list[Sentence | Token | Mention | Quantity] = [sentence]
        for each in (*pieces, *sentence.tokens, *sentence.mentions, *sentence.quantities):
            if text[each.start : each.end] != each.text or not sentence.start <= each.start < each.end <= sentence.end:
                return False
    for evidence in article.evidence:
        text = article.document.sections[evidence.section_index].text
        for argument in evidence.match.arguments:
            if argument.start is not None and text[argument.start : argument.end] != argument.text:
                return False
    return True


@settings(max_examples=120, deadline=None)
@given(TEXTS, TEXTS)
def test_every_word_stands_where_it_is_said_to_stand(title: str, body: str) -> None:
    sections = (Section("title", title), Section("abstract", body))
    assert holds_its_words(reader(screened=False).read(Document("text:1", Source.TEXT, "", sections)))


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_the_screen_changes_nothing_but_the_time(body: str) -> None:
    made = document(("abstract", body))
    assert reader().read(made).evidence == reader(screened=False).read(made).evidence


def sample() -> list[Article]:
    found = [read_raw(raw, reader()) for path in sorted(SAMPLE.glob("*.xml")) for raw in raw_records_in(path)]
    return [each for each in found if isinstance(each, Article)]


def test_the_sample_holds_its_words_and_gives_every_kind_of_claim() -> None:
    articles = sample()
    assert [article.document.document_id for article in articles if not holds_its_words(article)] == []
    kinds = Counter(evidence.claim.kind for article in articles for evidence in article.evidence)
    assert set(kinds) == set(reader().rules.kinds)


def test_the_pair_of_leflutroazole_documents_comes_out_differently() -> None:
    by_pmid = {article.document.pmid: article for article in sample()}
    meant = {
        pmid: {
            (mention.grounding.entity.name, mention.grounding.correction_id)
            for sentence in by_pmid[pmid].sentences
            for mention in sentence.mentions
            if mention.text == "Leflutroazole" and mention.grounding
        }
        for pmid in ("99000012", "99000013")
    }
    assert meant == {"99000012": {("letrozole", "c0003")}, "99000013": {("leflutrozole", "c0001")}}


def test_the_same_words_twice_in_an_article_are_one_evidence() -> None:
    text = "ABCB1 confers resistance to paclitaxel."
    article = reader().read(document(("abstract", text), ("results", f"Mice died. {text}")))
    assert [each.section_kind for each in article.evidence] == ["abstract"]
    assert ("assemble", "said_before_in_the_same_words", 1) in [
        (each.stage, each.reason, each.count) for each in article.rejections
    ]


def test_reading_is_the_same_every_time() -> None:
    text = "ABCB1 and MRP1 confer resistance to doxorubicin and vincristine in K562/A02 cells."
    assert read(text) == read(text)


def test_what_is_in_another_language_is_not_read() -> None:
    article = reader().read(document(("other_abstract", "ABCB1 confers resistance to paclitaxel.")))
    assert (article.sentences, article.evidence) == ((), ())


def test_a_trace_tells_of_every_sentence() -> None:
    made = document(("abstract", "Mice were housed. ABCB1 confers resistance to paclitaxel."))
    steps = [(step.sentence.text, step.unread, step.skeleton) for step in reader().trace(made)]
    assert steps == [
        ("Mice were housed.", "no_response_words", None),
        ("ABCB1 confers resistance to paclitaxel.", None, "<gene> confers <resistance> . "),
    ]
