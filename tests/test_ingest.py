"""The main job: what is in the database after one run, after a second, and after one that broke off."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
from itertools import permutations
from pathlib import Path

import pytest

from pipeline import records as raw_records
from pipeline.article import Reader
from pipeline.errors import RunningElsewhereError
from pipeline.ingest import IngestJob
from pipeline.lexicon.corrections import COLUMNS
from pipeline.model import Article, Document
from pipeline.store.build import Counts
from tests import reading
from tests.ingesting import AGAIN, CONFERS, DENIES, NOTHING, OTHER, Desk, deletion, full_text, record
from tests.parse_samples import pubmed_set

ROOT = Path(__file__).resolve().parent.parent


class Changed(Reader):
    """The shared reader with another fingerprint, as after a change of the knowledge; breaks off after ``good``."""

    def __init__(
        self, fingerprint: str | None = None, *, good: int = 1000, error: type[BaseException] = ValueError
    ) -> None:
        self.__dict__.update(vars(reading.reader()))
        self.fingerprint = fingerprint or self.fingerprint
        self._good, self._error = good, error

    def read(self, document: Document) -> Article:
        self._good -= 1
        if self._good < 0:
            raise self._error("made to break off")
        return super().read(document)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def tarred(*members: tuple[str, str]) -> bytes:
    """A tar file of (name, content)."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content.encode())
            archive.addfile(member, io.BytesIO(content.encode()))
    return packed.getvalue()


# ------------------------------------------------------------------------------------------------ again, and anew


def test_a_second_run_changes_no_row(desk: Desk) -> None:
    files = [
        desk.write("a.xml", pubmed_set(record("1", AGAIN), record("2", NOTHING), deletion(("3", 1)))),
        desk.write("b.txt", OTHER),
        desk.write("c.jsonl", f'{{"id": "x", "text": "{DENIES}"}}\n'),
    ]
    first = desk.ingest(*files)
    rows, manifest = desk.everything(), (desk.paths.raw / "manifest.jsonl").read_text()
    second = desk.ingest(*files)
    assert first.counts == Counts(documents=4, evidence=3)
    assert second.counts == Counts(unchanged=4)
    assert (second.files, second.files_done_before) == (3, 3)
    assert desk.everything() == rows
    assert (desk.paths.raw / "manifest.jsonl").read_text() == manifest
    assert len(list(desk.paths.snapshots.iterdir())) == 1
    told = desk.ask("SELECT status, counts ->> 'unchanged' FROM runs ORDER BY run_id = ?", second.run_id)
    assert told == [("done", "0"), ("done", "4")]


def test_other_knowledge_reads_the_same_files_again_and_leaves_nothing_twice(desk: Desk) -> None:
    old, new = record("1", revised=9), record("1", DENIES, revised=2)
    content = pubmed_set(old, new, record("2", AGAIN), deletion(("3", 1)), "<PubmedArticle/>")
    file = desk.write("a.xml", content)
    desk.ingest(file)
    before = {name: len(rows) for name, rows in desk.everything().items()}
    assert desk.ingest(file, reader=Changed("other")).counts == Counts(documents=2, evidence=2, older=1, rejections=1)
    assert {name: len(rows) for name, rows in desk.everything().items()} == before
    assert desk.ask("SELECT DISTINCT fingerprint FROM document_parts") == [("other",)]


def test_a_correction_of_the_user_reaches_what_is_stored(desk: Desk) -> None:
    file = desk.write("a.xml", pubmed_set(record("1", "ABCB1 confers resistance to paclitaxolum.")))
    desk.ingest(file)
    before = desk.said()
    row = dict.fromkeys(COLUMNS, "") | {
        "correction_id": "u0001", "surface": "paclitaxolum", "target": "paclitaxel", "kind": "misspelling",
        "scope": "global", "safety": "always", "reason": "half Latin", "contributor": "a curator", "date": "2026-11-21",
        "example": "They were given paclitaxolum.", "expect": "paclitaxel",
    }  # fmt: skip
    desk.write("home/corrections.tsv", "\t".join(COLUMNS) + "\n" + "\t".join(row.values()) + "\n")
    summary = desk.ingest(file, reader=Reader(home=desk.settings.home))
    assert (before, summary.counts.documents, summary.read_again) == ([], 0, 1)
    assert desk.said() == [("pmid:1", "supports", "ABCB1 confers resistance to paclitaxolum.")]
    assert desk.ask("SELECT name, correction_id FROM mentions WHERE text = 'paclitaxolum'") == [("paclitaxel", "u0001")]
    assert desk.ask("SELECT target, applied_count FROM corrections WHERE correction_id = 'u0001'") == [
        ("paclitaxel", 1)
    ]


# ------------------------------------------------------------------------------------------------ several sources

IDS = {"pmid": "1", "pmc": "7", "doi": "10.5555/x"}
NO_PMID = {"pmc": "7", "doi": "10.5555/X"}
PUBMED = record("1", AGAIN, doi="10.5555/x", pmcid="PMC7")
ONE_OF_TWO = [
    pytest.param(PUBMED, full_text(ids=IDS, summary=AGAIN), [AGAIN, OTHER], id="both with the PMID"),
    pytest.param(PUBMED, full_text(ids=NO_PMID, summary=AGAIN), [AGAIN, OTHER], id="full text without it"),
    pytest.param(PUBMED, full_text(ids={"doi": "10.5555/X"}, summary=AGAIN), [AGAIN, OTHER], id="by the DOI alone"),
    pytest.param(PUBMED, full_text(ids=IDS, summary="", results=f"{OTHER} {AGAIN}"), [AGAIN, OTHER], id="no abstract"),
    pytest.param(PUBMED, full_text(ids=IDS, summary=AGAIN, body=False), [AGAIN], id="front matter only"),
    pytest.param(PUBMED, f'{{"id": "x", "pmid": "1", "text": "{AGAIN} {OTHER}"}}', [AGAIN, OTHER], id="JSON Lines"),
]  # fmt: skip


@pytest.mark.parametrize("order", ["PubMed first", "PubMed last"])
@pytest.mark.parametrize(("one", "other", "sentences"), ONE_OF_TWO)
def test_two_sources_of_one_article_are_one_document(
    desk: Desk, one: str, other: str, sentences: list[str], order: str
) -> None:
    files = [desk.write("a.xml", pubmed_set(one)), desk.write("b.txt", other)]
    desk.ingest(*(files if order == "PubMed first" else reversed(files)))
    assert desk.said() == [("pmid:1", "supports", sentence) for sentence in sorted(sentences)]
    assert desk.ask("SELECT document_id, pmid, len(sources) FROM documents") == [("pmid:1", "1", 2)]
    assert desk.ask("SELECT sum(evidence_count), max(papers_supporting) FROM claims") == [(len(sentences), 1)]
    assert desk.refused() == []


@pytest.mark.parametrize("last", [0, 1])
def test_two_sources_in_one_archive_are_one_document(desk: Desk, last: int) -> None:
    members = [("a.xml", pubmed_set(PUBMED).decode()), ("b.xml", full_text(ids=NO_PMID, summary=AGAIN))]
    desk.ingest(desk.write("both.tar", tarred(*members[1 - last :], *members[: 1 - last])))
    assert desk.said() == [("pmid:1", "supports", OTHER), ("pmid:1", "supports", AGAIN)]
    assert desk.ask("SELECT document_id, sources FROM documents") == [("pmid:1", ["jats", "pubmed"])]


def test_two_records_with_one_doi_do_not_take_the_full_text_from_each_other(desk: Desk) -> None:
    text = desk.write("text.xml", full_text(ids={"doi": "10.5555/x"}))
    one, other = (desk.write(f"{pmid}.xml", pubmed_set(record(pmid, doi="10.5555/x"))) for pmid in "12")
    desk.ingest(text, one)
    desk.ingest(other)
    assert desk.ask("SELECT document_id, sources FROM documents ORDER BY ALL") == [
        ("pmid:1", ["jats", "pubmed"]), ("pmid:2", ["pubmed"]),
    ]  # fmt: skip


def test_a_full_text_whose_bytes_are_gone_stays_as_it_was(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.sources.raw.LARGEST_COPY", 10)
    text = desk.write("text.xml", full_text(ids=NO_PMID))
    desk.ingest(text)
    text.unlink()
    desk.ingest(desk.write("record.xml", pubmed_set(PUBMED)))
    assert desk.standing() == {"pmcid:PMC7": "current", "pmid:1": "current"}
    assert desk.refused() == [("pmcid:PMC7", "acquire", "raw_record_gone", "text.xml")]


# ------------------------------------------------------------------------------------------------ versions

VERSIONS = [
    (record("1", CONFERS, version=1, revised=20), record("1", DENIES, version=2, revised=2)),
    (record("2", CONFERS, revised=2), record("2", DENIES, revised=20)),
    (record("3", CONFERS), record("3", DENIES, revised=2)),
]


@pytest.mark.parametrize("order", ["in order", "newer first", "one file", "one file, newer first"])
def test_the_newest_version_is_kept(desk: Desk, order: str) -> None:
    rounds = [[older for older, _ in VERSIONS], [newer for _, newer in VERSIONS]]
    if "newer first" in order:
        rounds.reverse()
    if "one file" in order:
        rounds = [rounds[0] + rounds[1]]
    files = [desk.write(f"{number}.xml", pubmed_set(*each)) for number, each in enumerate(rounds)]
    counts = desk.ingest(*files).counts
    refused = [(f"pmid:{n}", "assemble", "older_than_stored", files[-1].name) for n in (1, 2, 3)]
    assert desk.said() == [(f"pmid:{n}", "refutes", DENIES) for n in (1, 2, 3)]
    assert (counts.older, desk.refused()) == ((3, refused) if "newer first" in order else (0, []))


def test_of_equally_old_versions_the_last_is_kept(desk: Desk) -> None:
    desk.ingest(desk.write("a.xml", pubmed_set(record("1", CONFERS), record("1", AGAIN))))
    assert [sentence for _, _, sentence in desk.said()] == [AGAIN]
    desk.ingest(desk.write("b.xml", pubmed_set(record("1", DENIES))))
    assert [sentence for _, _, sentence in desk.said()] == [DENIES]
    assert desk.ask("SELECT papers_supporting, papers_refuting FROM claims") == [(0, 1)]


def test_the_size_of_the_batches_makes_no_difference(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    records = [record("1", revised=9), record("1", DENIES, revised=2), record("2", AGAIN), deletion(("2", 1)),
               "<PubmedArticle/>", record("3", OTHER, ("RetractionOf", "J", "1")), PUBMED]  # fmt: skip
    desk.ingest(desk.write("a.xml", pubmed_set(*records)))
    whole = (desk.said(), desk.standing(), desk.refused())
    monkeypatch.setattr(raw_records, "BATCH", 1)
    other = Desk(desk.folder, {"RESISTMINE_OUTPUT": str(desk.folder / "other")})
    other.ingest(desk.folder / "a.xml")
    assert (other.said(), other.standing(), other.refused()) == whole


# ------------------------------------------------------------------------------------------------ notices, deletions

NOTICES = [
    ("RetractionIn", "RetractionOf", "retracted"),
    ("RetractedandRepublishedIn", "RetractedandRepublishedFrom", "retracted"),
    ("ExpressionOfConcernIn", "ExpressionOfConcernFor", "concern"),
    ("ErratumIn", "ErratumFor", "corrected"),
    ("CorrectedandRepublishedIn", "CorrectedandRepublishedFrom", "corrected"),
    ("PartialRetractionIn", "PartialRetractionOf", "corrected"),
    ("CommentIn", "CommentOn", "current"),
]


def test_a_notice_sets_the_status_whichever_record_tells_of_it_and_comes_first(desk: Desk) -> None:
    """Articles 10… tell of it themselves; of 20… a notice tells that came before, of 30… one that comes after."""
    before = [record(f"4{n}", NOTHING, (kind, "J", f"2{n}")) for n, (_, kind, _) in enumerate(NOTICES)]
    articles = [record(f"1{n}", CONFERS, (kind, "J", f"9{n}")) for n, (kind, _, _) in enumerate(NOTICES)]
    articles += [record(f"{digit}{n}") for digit in "23" for n in range(len(NOTICES))]
    after = [record(f"5{n}", NOTHING, (kind, "J", f"3{n}")) for n, (_, kind, _) in enumerate(NOTICES)]
    desk.ingest(*(desk.write(f"{n}.xml", pubmed_set(*each)) for n, each in enumerate((before, articles, after))))
    standing = desk.standing()
    found = [tuple(standing[f"pmid:{digit}{n}"] for digit in "12345") for n in range(len(NOTICES))]
    assert found == [(status, status, status, "current", "current") for _, _, status in NOTICES]


GRAVEST = [
    (["ErratumFor", "RetractionOf", "ExpressionOfConcernFor"], "retracted"),
    (["ErratumFor", "ExpressionOfConcernFor"], "concern"),
    (["CommentOn", "ErratumFor"], "corrected"),
]


def test_of_several_notices_the_gravest_decides_and_one_taken_back_no_longer_does(desk: Desk) -> None:
    articles = [record(str(n)) for n in range(1, 4)]
    notices = [record(f"{n}{m}", NOTHING, (kind, "J", str(n)), revised=1)
               for n, (kinds, _) in enumerate(GRAVEST, 1) for m, kind in enumerate(kinds)]  # fmt: skip
    desk.ingest(desk.write("a.xml", pubmed_set(*articles, *notices)))
    assert [desk.standing()[f"pmid:{n}"] for n in range(1, 4)] == [status for _, status in GRAVEST]
    desk.ingest(desk.write("b.xml", pubmed_set(record("11", NOTHING, revised=2), record("10", NOTHING, revised=2))))
    assert [desk.standing()[f"pmid:{n}"] for n in range(1, 4)] == ["concern", "concern", "corrected"]


def test_a_retracted_paper_stays_and_no_longer_counts(desk: Desk) -> None:
    desk.ingest(desk.write("a.xml", pubmed_set(record("1"), record("2", AGAIN, types="Retracted Publication"))))
    claims = "SELECT papers_supporting, evidence_count, status FROM claims ORDER BY label"
    before = desk.ask(claims)
    desk.ingest(desk.write("b.xml", pubmed_set(record("3", NOTHING, ("RetractionOf", "J", "1")))))
    assert before == [(1, 1, "current"), (0, 1, "retracted")]
    assert desk.ask(claims) == [(0, 1, "retracted"), (0, 1, "retracted")]
    assert desk.ask("SELECT pmid, document_status FROM drug_mechanism_resistance ORDER BY pmid") == [
        ("1", "retracted"), ("2", "retracted"),
    ]  # fmt: skip


def test_a_jats_notice_reaches_the_pubmed_record(desk: Desk) -> None:
    link = '<related-article related-article-type="retracted-article" ext-link-type="pubmed" xlink:href="1"/>'
    notice = full_text(ids={"pmid": "2"}, summary="", results=NOTHING, meta=link)
    desk.ingest(desk.write("a.xml", pubmed_set(record("1"))), desk.write("n.xml", notice))
    assert desk.standing() == {"pmid:1": "retracted", "pmid:2": "current"}


DELETED = [
    (record("1"), deletion(("1", 1)), "deleted"),
    (deletion(("2", 1)), record("2"), "current"),  # the source has given it again
    (record("3", version=2), deletion(("3", 1)), "current"),
    (deletion(("4", 1)), record("4", version=2), "current"),
    (record("5"), deletion(("5", 2)), "deleted"),
    (record("6"), deletion(("60", 1), ("61", 1)), "current"),
    (record("7", types="Retracted Publication"), deletion(("7", 1)), "deleted"),
]


def test_a_deleted_record_leaves_a_tombstone(desk: Desk) -> None:
    rounds = [desk.write(f"{n}.xml", pubmed_set(*(row[n] for row in DELETED))) for n in (0, 1)]
    desk.ingest(*rounds)
    assert list(desk.standing().values()) == [status for _, _, status in DELETED]
    assert [sentence for _, _, sentence in desk.said()] == [CONFERS] * len(DELETED)
    assert desk.ask("SELECT papers_supporting, evidence_count FROM claims") == [(4, len(DELETED))]


BASELINE, FIRST, SECOND = "pubmed26n1334.xml", "pubmed26n1335.xml", "pubmed26n1336.xml"
ORDERS = list(permutations((BASELINE, FIRST, SECOND)))


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
def test_the_numbers_of_the_files_tell_what_came_last_however_they_are_read(desk: Desk, order: tuple[str, ...]) -> None:
    """1 is deleted, 2 deleted and given again, 3 deleted in the file that gives it, 4 comes after its deletion."""
    contents = {
        BASELINE: pubmed_set(record("1"), record("2"), record("3")),
        FIRST: pubmed_set(record("3"), deletion(("1", 1), ("2", 1), ("3", 1), ("4", 1))),
        SECOND: pubmed_set(record("2"), record("4")),
    }
    for name in order:
        desk.ingest(desk.write(name, contents[name]))
    standing = {"pmid:1": "deleted", "pmid:2": "current", "pmid:3": "deleted", "pmid:4": "current"}
    assert desk.standing() == standing
    desk.ingest(*(desk.folder / name for name in reversed(order)), reader=Changed("other"))
    assert desk.standing() == standing
    assert desk.ask("SELECT papers_supporting, papers_withdrawn FROM claims") == [(2, 2)]


def test_what_is_read_again_is_no_news_and_what_comes_again_is(desk: Desk) -> None:
    files = [
        desk.write("a.xml", pubmed_set(record("1"))), desk.write("b.xml", pubmed_set(deletion(("1", 1)))),
        desk.write("c.xml", pubmed_set(record("1"), record("2", NOTHING))),
    ]  # fmt: skip
    claim = "SELECT papers_supporting, papers_withdrawn, status FROM claims"
    desk.ingest(*files[:2])
    assert (desk.standing(), desk.ask(claim)) == ({"pmid:1": "deleted"}, [(0, 1, "retracted")])
    desk.ingest(files[0], reader=Changed("other"))
    assert desk.standing() == {"pmid:1": "deleted"}
    desk.ingest(files[2], reader=Changed("other"))
    assert desk.standing() == {"pmid:1": "current", "pmid:2": "current"}
    assert desk.ask(claim) == [(1, 0, "current")]
    desk.ingest(*files, reader=Changed("yet another"))
    assert desk.standing() == {"pmid:1": "current", "pmid:2": "current"}


def test_what_was_said_of_an_article_reaches_its_evidence(desk: Desk) -> None:
    concern = record("3", NOTHING, ("ExpressionOfConcernFor", "J", "1"))
    desk.ingest(
        desk.write("a.xml", pubmed_set(record("1"), record("2", AGAIN, types="Retracted Publication"), concern))
    )
    assert desk.ask("SELECT pmid, document_status FROM evidence ORDER BY pmid") == [
        ("1", "concern"),
        ("2", "retracted"),
    ]
    counts = "SELECT papers_supporting, papers_withdrawn, papers_in_doubt FROM claims ORDER BY ALL"
    assert desk.ask(counts) == [(0, 1, 0), (1, 0, 1)]
    desk.ingest(desk.write("b.xml", pubmed_set(record("2", AGAIN, revised=2))))
    assert desk.ask(counts) == [(1, 0, 0), (1, 0, 1)]


# ------------------------------------------------------------------------------------------------ broken off


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_a_run_that_breaks_off_changes_nothing_and_the_next_goes_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    monkeypatch.setattr(raw_records, "BATCH", 2)
    desk.ingest(desk.write("before.xml", pubmed_set(record("9"))))
    published = desk.paths.evidence.read_bytes()
    file = desk.write("a.xml", pubmed_set(*(record(str(pmid), AGAIN) for pmid in range(1, 6))))
    with pytest.raises(error, match="made to break off"):
        desk.ingest(file, reader=Changed(good=3, error=error))
    assert desk.paths.evidence.read_bytes() == published
    assert desk.ingest(file).counts == Counts(documents=3, evidence=3, unchanged=2)
    assert list(desk.standing()) == ["pmid:1", "pmid:2", "pmid:3", "pmid:4", "pmid:5", "pmid:9"]
    assert len(desk.said()) == 6
    status = "interrupted" if error is KeyboardInterrupt else "failed"
    assert sorted(desk.ask("SELECT status FROM runs")) == [("done",), ("done",), (status,)]


def test_what_a_broken_run_had_finished_is_a_snapshot_of_its_own(desk: Desk) -> None:
    one, other = (desk.write(f"{pmid}.xml", pubmed_set(record(pmid))) for pmid in "12")
    with pytest.raises(ValueError, match="made to break off"):
        desk.ingest(one, other, reader=Changed(good=1))
    assert not desk.paths.evidence.exists()
    assert desk.ingest(one).counts == Counts(unchanged=1)
    assert list(desk.standing()) == ["pmid:1"]
    assert len(list(desk.paths.snapshots.iterdir())) == 1


def test_breaking_off_while_a_full_text_moves_to_its_pmid_loses_nothing(desk: Desk) -> None:
    desk.ingest(desk.write("text.xml", full_text(ids=NO_PMID)))
    file = desk.write("record.xml", pubmed_set(PUBMED))
    with pytest.raises(KeyboardInterrupt):
        desk.ingest(file, reader=Changed(good=1, error=KeyboardInterrupt))
    desk.ingest(file)
    assert desk.ask("SELECT document_id, sources FROM documents") == [("pmid:1", ["jats", "pubmed"])]


def test_a_batch_that_breaks_off_while_it_is_written_is_not_there_at_all(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (desk.write(f"{pmid}.xml", pubmed_set(record(pmid))) for pmid in "12")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with IngestJob(desk.settings, "test", reader=reading.reader()) as job:
        first, second = (next(job.batches([path])) for path in (one, other))
        with monkeypatch.context() as patched:
            patched.setattr(job.build, "_insert_claims", interrupted)
            with pytest.raises(KeyboardInterrupt):
                job.process(first)
        job.process(second)
    assert list(desk.standing()) == ["pmid:2"]
    assert desk.ask("SELECT DISTINCT document_id FROM mention_rows") == [("pmid:2",)]


KILLED = """
import os, sys
from itertools import permutations
from pathlib import Path
from pipeline.model import Deletion
from pipeline.paths import OutputPaths
from pipeline.store.snapshots import open_build, writing

paths = OutputPaths(Path(sys.argv[1]))
with writing(paths, "killed"), open_build(paths) as build:
    build.begin_run("killed", "killed", {})
    build.add([], deletions=[Deletion("9", 1)], fingerprint="", run_id="killed")
    build._connection.execute("BEGIN; DELETE FROM evidence_rows; DELETE FROM document_rows")
    os.kill(os.getpid(), 9)
"""


def test_a_run_that_was_killed_holds_no_lock_and_keeps_what_was_whole(desk: Desk) -> None:
    desk.ingest(desk.write("a.xml", pubmed_set(record("9"))))
    published = desk.paths.evidence.read_bytes()
    command = [sys.executable, "-c", KILLED, str(desk.paths.root)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    assert desk.paths.evidence.read_bytes() == published
    assert json.loads(desk.paths.lock.read_text())["command"] == "killed"
    assert desk.ingest(desk.write("b.xml", pubmed_set(record("8")))).counts == Counts(documents=1, evidence=1)
    assert desk.standing() == {"pmid:8": "current", "pmid:9": "deleted"}
    assert desk.ask("SELECT pmid FROM deletions") == [("9",)]
    assert desk.ask("SELECT DISTINCT document_id FROM evidence_rows ORDER BY ALL") == [("pmid:8",), ("pmid:9",)]
    assert sorted(desk.ask("SELECT status FROM runs")) == [("done",), ("done",), ("interrupted",)]


def test_a_second_run_is_refused_while_one_writes_and_reading_is_not(desk: Desk) -> None:
    file = desk.write("a.xml", pubmed_set(record("1")))
    desk.ingest(file)
    with IngestJob(desk.settings, "the first", reader=reading.reader()):
        with pytest.raises(
            RunningElsewhereError, match=rf"output: .*'the first', process {os.getpid()}, since .* Wait"
        ):
            desk.ingest(file)
        assert list(desk.standing()) == ["pmid:1"]
    assert desk.ingest(file).counts == Counts(unchanged=1)


# ------------------------------------------------------------------------------------------------ what cannot be read


BROKEN = record("1").replace("</AbstractText>", "")
MENDED = [  # name, bad content, refused as, good content
    ("a.xml", pubmed_set(BROKEN), ("pmid:1", "parse", "invalid_xml"), pubmed_set(record("1"))),
    ("b.xml", pubmed_set(record("2"))[:-40], ("pmid:2", "acquire", "truncated_file"), pubmed_set(record("2"))),
    ("c.jsonl", b'{"id": "3"}', ("text:3", "parse", "missing_text"), f'{{"id": "3", "text": "{CONFERS}"}}'.encode()),
    ("d.txt", b"", (None, "acquire", "empty_file"), b"1. " + CONFERS.encode()),
    ("e.bin", b"GIF89a\x00\x01", (None, "parse", "binary_file"), b"2. " + CONFERS.encode()),
    ("f.zip", b"PK\x03\x04", (None, "acquire", "unsupported_archive"), b"3. " + CONFERS.encode()),
]


def test_what_was_refused_is_told_until_the_file_is_mended(desk: Desk) -> None:
    files = [desk.write(name, bad) for name, bad, _, _ in MENDED]
    refused = {(*told, name) for name, _, told, _ in MENDED}
    desk.ingest(*files)
    first = desk.refused()
    desk.ingest(*files, reader=Changed("other"))
    assert (set(first), desk.refused(), len(first)) == (refused, first, len(MENDED))
    for name, _, _, good in MENDED:
        desk.write(name, good)
    desk.ingest(*files)
    assert desk.refused() == []
    assert len(desk.said()) == len(MENDED)


def test_a_file_that_was_missing_for_one_run_is_no_longer_told_of(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.folder)
    desk.write("a: b.xml", pubmed_set(record("1"), "<PubmedArticle/>"))
    name = Path("a: b.xml")
    desk.ingest(name)
    name.rename("away")
    (desk.folder / "empty").mkdir()
    missing = desk.ingest(name, Path("empty"))
    assert missing.files_unreadable == 2
    assert desk.refused() == [
        (None, "acquire", "empty_folder", "empty"), (None, "acquire", "file_not_found", "a: b.xml"),
        (None, "acquire", "stray_content", "a: b.xml"),
    ]  # fmt: skip
    Path("away").rename(name)
    desk.write("empty/b.xml", pubmed_set(record("2")))
    desk.ingest(name, Path("empty"))
    assert desk.refused() == [(None, "acquire", "stray_content", "a: b.xml")]


def test_one_bad_file_costs_only_itself(desk: Desk) -> None:
    summary = desk.ingest(
        desk.folder / "nowhere.xml", desk.write("a.zip", b"PK\x03\x04"), desk.write("b.xml", pubmed_set(record("1")))
    )
    assert (summary.counts, summary.files, summary.files_unreadable) == (Counts(1, 1, rejections=2), 2, 1)
    assert list(desk.standing()) == ["pmid:1"]


def test_every_character_comes_back_as_it_was(desk: Desk) -> None:
    text = "Naïve \U0001d7d9 “cells” | \\t \\\\ 'x' ; ABCB1 confers resistance to paclitaxel."
    desk.ingest(desk.write("a.txt", text))
    assert desk.ask("SELECT text FROM sections") == [(text,)]
    (sentence, start, end) = desk.ask("SELECT sentence, sentence_start, sentence_end FROM evidence")[0]
    assert text[start:end] == sentence
