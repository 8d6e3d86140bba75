"""The labelled set joins with its texts again, and a text that has changed is told."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from benchmarks import gold
from pipeline.text import sha256

TITLE = "Loss of NF1 and vemurafenib"
ABSTRACT = "Background. Loss of NF1 conferred resistance to vemurafenib (4-fold)."
SENTENCE = ABSTRACT.partition(" ")[2]
VOCABULARY = """
doc pmid pmcid PMC source pubmed jats split dev test parts section kind start end sha title abstract introduction
results discussion conclusion figure body sentences labels sentence args role part stance certainty attribution
direction interaction degree value optional true null cause drug agent marker entity resistant_to resistance
sensitivity cross_resistance efficacy_in_resistant reversal combination alteration biomarker supports refutes
asserted suggested speculated own_result background increase decrease present synergy benefit no_benefit antagonism
partial
"""


def record(pmid: str, abstract: str) -> str:
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="1">{pmid}</PMID><Article>'
        f"<ArticleTitle>{TITLE}</ArticleTitle><Abstract><AbstractText>{abstract}</AbstractText></Abstract></Article>"
        "</MedlineCitation></PubmedArticle>"
    )


def part(section: int, kind: str, text: str) -> dict[str, object]:
    return {"section": section, "kind": kind, "start": 0, "end": len(text), "sha256": sha256(text.encode())}


def labelled(pmid: str, split: str) -> dict[str, object]:
    cause = {"role": "cause", "part": 1, "start": ABSTRACT.index("NF1"), "end": ABSTRACT.index("NF1") + 3}
    drug = {"role": "drug", "part": 0, "start": TITLE.index("vemurafenib"), "end": len(TITLE)}
    label = {
        **{"sentence": 1, "kind": "resistance", "stance": "supports", "certainty": "asserted"},
        **{"attribution": "own_result", "direction": "decrease", "args": [cause, drug, {"role": "drug", "part": None}]},
        "value": {"part": 1, "start": ABSTRACT.index("4-fold"), "end": ABSTRACT.index("4-fold") + 6},
    }
    return {
        **{"doc": pmid, "pmid": pmid, "pmcid": None, "source": "pubmed", "split": split},
        "parts": [part(0, "title", TITLE), part(1, "abstract", ABSTRACT)],
        "sentences": [[0, 0, len(TITLE)], [1, ABSTRACT.index(SENTENCE), len(ABSTRACT)]],
        "labels": [label],
    }


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with three records, of which the second has changed; the set labels these and one that is not there."""
    rows = [labelled("11", "dev"), labelled("12", "dev"), labelled("13", "test"), labelled("14", "test")]
    (tmp_path / "labels.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.setattr(gold, "LABELS", tmp_path / "labels.jsonl")
    folder = tmp_path / "data"
    folder.mkdir()
    records = record("11", ABSTRACT) + record("12", ABSTRACT.replace("4-fold", "5-fold")) + record("13", ABSTRACT)
    (folder / "records.xml").write_text(f"<PubmedArticleSet>{records}</PubmedArticleSet>")
    (folder / "index.json").write_text("{}")
    return folder


def test_texts_are_joined_and_a_changed_one_is_told(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = gold.main(["join", "--data", str(data), "-o", str(tmp_path / "out.jsonl")])
    told = capsys.readouterr().err
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert (code, [row["doc"] for row in rows]) == (1, ["11", "13"])
    assert "12: the text of section 1 (abstract) is not the one that was labelled" in told
    assert "14: not found" in told
    (label,) = rows[0]["labels"]
    assert rows[0]["text"] == f"{TITLE}\n{ABSTRACT}"
    assert label["sentence"] == SENTENCE == rows[0]["text"][label["sentence_start"] :]
    assert [each["text"] for each in label["args"]] == ["NF1", "vemurafenib", None]
    assert label["value_text"] == "4-fold"
    assert [rows[0]["text"][each["start"] : each["end"]] for each in label["args"][:2]] == ["NF1", "vemurafenib"]
    assert [each["kind"] for each in rows[0]["sections"]] == ["title", "abstract"]


def test_a_part_of_the_set_can_be_joined_alone(data: Path, tmp_path: Path) -> None:
    gold.main(["join", "--data", str(data), "-o", str(tmp_path / "out.jsonl"), "--split", "test"])
    assert [json.loads(line)["doc"] for line in (tmp_path / "out.jsonl").read_text().splitlines()] == ["13"]


def test_the_set_holds_no_text_and_its_spans_lie_where_they_should() -> None:
    documents = list(gold.read_labels(gold.LABELS))
    assert sum(len(each.sentences) for each in documents) >= 500
    for document in documents:
        for part, start, end in document.sentences:
            assert document.parts[part].start <= start < end <= document.parts[part].end
        for label in document.labels:
            assert 0 <= label["sentence"] < len(document.sentences)
            for argument in label["args"]:
                if argument["part"] is not None:
                    whole = document.parts[argument["part"]]
                    assert whole.start <= argument["start"] < argument["end"] <= whole.end
    words = set(re.findall(r"[A-Za-z_]+", re.sub(r'"sha256": "[0-9a-f]+"', "", gold.LABELS.read_text())))
    assert words <= set(VOCABULARY.split())
