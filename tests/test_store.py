"""The database: published whole or not at all, read while it is replaced, upgraded, refused when it is newer."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipeline.errors import StoreError, UsageError
from pipeline.model import Deletion, Notice, Rejection, Source
from pipeline.paths import OutputPaths
from pipeline.store import schema, snapshots
from pipeline.store.build import Build, Counts
from pipeline.store.documents import parts_with
from pipeline.store.query import reading, select
from pipeline.store.snapshots import open_build, prune_snapshots, publish, writing
from tests import reading as read_text
from tests.ingesting import CONFERS, OTHER, record
from tests.parse_samples import parsed, raw

ROOT = Path(__file__).resolve().parent.parent
VIEWS = ("claim_arguments", "claims", "corrections", "documents", "drug_mechanism_resistance", "evidence", "mentions",
         "rejections", "runs")  # fmt: skip


@pytest.fixture
def paths(tmp_path: Path) -> OutputPaths:
    found = OutputPaths(tmp_path / "output")
    found.work.mkdir(parents=True)
    return found


def add(build: Build, *texts: str) -> Counts:
    """Store texts as articles."""
    records = [raw(text, Source.TEXT) for text in texts]
    articles = [(read_text.reader().read(parsed(each.content, Source.TEXT)), each) for each in records]
    return build.add(articles, fingerprint="knowledge", run_id="run")


def publish_next(paths: OutputPaths, *texts: str, keep: int = 14) -> str:
    with open_build(paths) as build:
        add(build, *texts)
        stamp = publish(paths, build, dated=False)
    prune_snapshots(paths, keep + 1)
    return stamp


def sentences(paths: OutputPaths) -> list[str]:
    return [row[0] for row in select(paths, "SELECT sentence FROM evidence ORDER BY 1").rows]


def snapshot_stamps(paths: OutputPaths) -> list[str]:
    return sorted(each.stem.removeprefix("evidence-") for each in paths.snapshots.glob("*"))


# ------------------------------------------------------------------------------------------------ publishing


def test_a_published_file_is_read_only_and_its_snapshot_is_the_same_file(paths: OutputPaths) -> None:
    stamp = publish_next(paths, CONFERS)
    assert stat.S_IMODE(paths.evidence.stat().st_mode) == 0o444
    assert os.path.samefile(paths.evidence, paths.snapshots / f"evidence-{stamp}.duckdb")
    assert sorted(each.name for each in paths.work.iterdir()) == ["build.duckdb"]
    with reading(paths) as connection, pytest.raises(duckdb.Error, match="read-only"):
        connection.execute("DELETE FROM meta")


def test_snapshots_are_pruned_to_as_many_as_are_wanted_besides_the_current_one(paths: OutputPaths) -> None:
    stamps = [publish_next(paths, f"{OTHER} {number}", keep=2) for number in range(4)]
    assert sorted(stamps) == stamps
    assert snapshot_stamps(paths) == stamps[1:]
    assert publish_next(paths, keep=2) not in snapshot_stamps(paths)  # no row has changed
    assert snapshot_stamps(paths) == stamps[1:]
    assert publish_next(paths, CONFERS, keep=1) == snapshot_stamps(paths)[-1]
    assert len(snapshot_stamps(paths)) == 2


def test_many_snapshots_of_one_second_keep_their_order(paths: OutputPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "STAMP", "20261121T000000")
    paths.snapshots.mkdir()
    old = ["20261121T000000", *(f"20261121T000000-{number:03}" for number in range(1, 12))]
    for stamp in old:
        (paths.snapshots / f"evidence-{stamp}.duckdb").touch()
    assert publish_next(paths, CONFERS, keep=3) == "20261121T000000-012"
    assert snapshot_stamps(paths) == [*old[-3:], "20261121T000000-012"]


READER = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
def count():
    print(connection.execute("SELECT count(*) FROM evidence").fetchone()[0], flush=True)
count()
sys.stdin.readline()
count()
"""


def test_a_program_that_holds_the_old_snapshot_open_keeps_working(paths: OutputPaths) -> None:
    publish_next(paths, CONFERS)
    command = [sys.executable, "-c", READER, str(paths.evidence)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdin
        assert program.stdout
        first = program.stdout.readline()
        publish_next(paths, OTHER, keep=1)
        publish_next(paths, f"{OTHER} {CONFERS}", keep=1)
        rest, _ = program.communicate("go on\n", timeout=60)
    assert (first, rest, len(sentences(paths))) == ("1\n", "1\n", 4)


def test_readers_in_this_process_each_keep_what_they_opened(paths: OutputPaths) -> None:
    publish_next(paths, CONFERS)
    plain = duckdb.connect(str(paths.evidence), read_only=True)
    with reading(paths) as old, reading(paths, allow_files=True) as other:
        publish_next(paths, OTHER)
        for connection in (plain, old, other):
            assert connection.execute("SELECT sentence FROM evidence").fetchall() == [(CONFERS,)]
        assert sentences(paths) == [CONFERS, OTHER]
    plain.close()


@pytest.mark.parametrize("failing", ["_copy", "_check", "_link"])
def test_what_cannot_be_published_leaves_the_snapshot_before_it_and_is_published_next(
    paths: OutputPaths, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    stamp = publish_next(paths, CONFERS)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(snapshots, failing, full)
        with pytest.raises(StoreError, match=r"could not be published .*No space left"):
            publish_next(paths, OTHER)
    assert (sentences(paths), snapshot_stamps(paths)) == ([CONFERS], [stamp])
    assert [each.name for each in paths.work.iterdir()] == ["build.duckdb"]
    assert publish_next(paths) == snapshot_stamps(paths)[-1]
    assert sentences(paths) == [CONFERS, OTHER]


def test_what_a_killed_run_left_beside_is_not_written_to(paths: OutputPaths) -> None:
    stamp = publish_next(paths, CONFERS)
    old = paths.snapshots / f"evidence-{stamp}.duckdb"
    content = old.read_bytes()
    os.link(old, paths.work / "publish.duckdb")
    publish_next(paths, OTHER)
    assert old.read_bytes() == content
    assert sentences(paths) == [CONFERS, OTHER]


def test_a_lost_or_damaged_build_is_made_again_from_what_is_published(paths: OutputPaths) -> None:
    publish_next(paths, CONFERS)
    paths.build.unlink()
    publish_next(paths, OTHER)
    assert sentences(paths) == [CONFERS, OTHER]
    paths.build.write_bytes(b"damaged" * 2000)
    publish_next(paths, f"{OTHER} Again.")
    assert sentences(paths) == [CONFERS, OTHER, OTHER]


def test_a_snapshot_put_back_by_hand_is_what_the_next_run_goes_on_from(paths: OutputPaths) -> None:
    first = publish_next(paths, CONFERS)
    publish_next(paths, OTHER)
    publish_next(paths, "MET amplification confers resistance to erlotinib.")
    os.replace(paths.snapshots / f"evidence-{first}.duckdb", paths.evidence)
    publish_next(paths)
    assert sentences(paths) == [CONFERS]


def test_a_damaged_or_missing_database_is_named_with_what_to_do(paths: OutputPaths) -> None:
    with pytest.raises(StoreError, match=r"evidence\.duckdb: there is no evidence yet\. Run 'resistmine demo'"):
        select(paths, "SELECT 1")
    paths.evidence.write_bytes(b"damaged" * 2000)
    for attempt in (lambda: select(paths, "SELECT 1"), lambda: open_build(paths), lambda: publish_next(paths, CONFERS)):
        with pytest.raises(
            StoreError, match=r"evidence\.duckdb: cannot be opened .* Put the newest file of .*snapshots"
        ):
            attempt()


def test_the_records_of_the_demo_are_never_mixed_with_others(paths: OutputPaths) -> None:
    with open_build(paths, demo=True) as build:
        add(build, CONFERS)
        publish(paths, build)
    publish_next(paths, OTHER)
    assert sentences(paths) == [OTHER]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "output").touch()
    with (
        pytest.raises(StoreError, match=r"output: cannot be written .*Set RESISTMINE_OUTPUT elsewhere"),
        writing(OutputPaths(tmp_path / "output"), "test"),
    ):
        pass


# ------------------------------------------------------------------------------------------------ the schema


def test_an_empty_database_answers_every_view(paths: OutputPaths) -> None:
    publish_next(paths)
    answers = {view: select(paths, f"SELECT * FROM {view}").rows for view in VIEWS}
    assert answers == dict.fromkeys(VIEWS, ())
    assert select(paths, "SELECT value FROM meta WHERE key = 'schema_version'").rows == ((str(schema.VERSION),),)


UPGRADES = {
    schema.VERSION + 1: "ALTER TABLE document_rows ADD COLUMN shelf VARCHAR; UPDATE document_rows SET shelf = 'left'",
    schema.VERSION + 2: "ALTER TABLE document_rows RENAME COLUMN shelf TO place",
}


def test_an_older_database_is_upgraded_step_by_step_and_keeps_its_rows(paths: OutputPaths) -> None:
    with Build(paths.build) as build:
        add(build, CONFERS, OTHER)
    with duckdb.connect(str(paths.build)) as connection:
        connection.execute("DROP VIEW documents")
        schema.prepare(connection, version=schema.VERSION + 2, upgrades=UPGRADES)
        assert connection.execute("SELECT place FROM document_rows").fetchall() == [("left",), ("left",)]
        assert connection.execute("SELECT count(*) FROM documents").fetchall() == [(2,)]
        assert schema.schema_version(connection) == schema.VERSION + 2
        schema.prepare(connection, version=schema.VERSION + 2, upgrades={})


def test_a_database_of_the_first_days_knows_which_files_its_records_stood_in(paths: OutputPaths) -> None:
    with Build(paths.build) as build:
        add(build, CONFERS)
        build.add([], deletions=[Deletion("9", 1)], fingerprint="f", run_id="r")
    with duckdb.connect(str(paths.build)) as connection:
        for change in (
            "UPDATE document_parts SET source = 'pubmed', uri = 'pubmed26n1335.xml.gz'",
            "ALTER TABLE document_parts DROP number",
            "DROP TABLE circumstances",
            "ALTER TABLE evidence_rows DROP confidence",
            *(f"ALTER TABLE deletions DROP {name}" for name in ("number", "said", "byte_offset")),
        ):  # fmt: skip
            connection.execute(change)
        schema.write_meta(connection, "schema_version", "2")
    with Build(paths.build) as build:
        build.add([], deletions=[Deletion("9", 1)], fingerprint="f", run_id="r")
    with duckdb.connect(str(paths.build)) as connection:
        assert connection.execute("SELECT number FROM document_parts").fetchall() == [(2601335,)]
        assert connection.execute("SELECT pmid, number FROM deletions").fetchall() == [("9", None)]


FAILING = [
    ({schema.VERSION + 1: UPGRADES[schema.VERSION + 1]}, StoreError, "no upgrade from schema version"),
    (UPGRADES | {schema.VERSION + 2: "ALTER TABLE nothing ADD COLUMN x INTEGER"}, duckdb.Error, "does not exist"),
]  # fmt: skip


@pytest.mark.parametrize(("upgrades", "error", "message"), FAILING)
def test_an_upgrade_that_fails_changes_nothing(
    paths: OutputPaths, upgrades: dict[int, str], error: type[Exception], message: str
) -> None:
    with Build(paths.build) as build:
        add(build, CONFERS)
    with duckdb.connect(str(paths.build)) as connection:
        with pytest.raises(error, match=message):
            schema.prepare(connection, version=schema.VERSION + 2, upgrades=upgrades)
        assert schema.schema_version(connection) == schema.VERSION
        assert "shelf" not in [row[0] for row in connection.execute("DESCRIBE document_rows").fetchall()]


def test_there_is_a_shipped_upgrade_to_every_version_but_the_first() -> None:
    assert set(schema.shipped_upgrades()) == set(range(2, schema.VERSION + 1))


@pytest.mark.parametrize("published", [False, True])
def test_a_newer_database_is_refused_and_left_as_it_is(paths: OutputPaths, published: bool) -> None:
    publish_next(paths, CONFERS)
    newer = paths.build
    if published:
        newer.unlink()
        newer = paths.evidence
    newer.chmod(0o644)
    with duckdb.connect(str(newer)) as connection:
        schema.write_meta(connection, "schema_version", str(schema.VERSION + 1))
    message = (
        rf"build\.duckdb: the database is of schema version {schema.VERSION + 1}, this program knows .* Use the newer"
    )
    for _ in range(2):
        with pytest.raises(StoreError, match=message):
            open_build(paths)
    assert sentences(paths) == [CONFERS]


BAD_VIEWS = [
    ("SELECT 1 AS x", "no sentence or no SELECT"),
    ("-- One row nothing.\n-- @x  a number", "no sentence or no SELECT"),
]


@pytest.mark.parametrize(("content", "message"), BAD_VIEWS)
def test_a_view_without_sentence_or_select_is_refused(content: str, message: str) -> None:
    with pytest.raises(Exception, match=rf"^bad\.sql, row 1: {message}"):
        schema.parse_view("bad", content)


# ------------------------------------------------------------------------------------------------ writing


def test_a_batch_without_articles_is_written_too(paths: OutputPaths) -> None:
    with Build(paths.build) as build:
        assert build.add([], fingerprint="f", run_id="r") == Counts()
        assert build.changes == 0
        refused = (Rejection("acquire", "file_not_found", "a.xml: gone"), "a.xml")
        assert build.add([], rejections=[refused], fingerprint="f", run_id="r") == Counts(rejections=1)
        assert build.add([], deletions=[Deletion("1"), Deletion("1")], fingerprint="f", run_id="r") == Counts()
        assert build.changes == 2
        build.files.forget_rejections_of("b.xml")
        build.files.forget_rejections_of("a.xml", reasons=["empty_file"])
    with duckdb.connect(str(paths.build)) as connection:
        assert connection.execute("SELECT uri, reason FROM rejection_rows").fetchall() == [("a.xml", "file_not_found")]
        assert connection.execute("SELECT pmid, version FROM deletions").fetchall() == [("1", None)]


def test_a_notice_in_words_alone_touches_nothing(paths: OutputPaths) -> None:
    notice = record("1", CONFERS, ("RetractionOf", "J Inv Oncol. 1999;1:1", ""))
    document = parsed(notice)
    assert document.notices == (Notice("RetractionOf", None, "J Inv Oncol. 1999;1:1"),)
    with Build(paths.build) as build:
        build.add([(read_text.reader().read(document), raw(notice))], fingerprint="f", run_id="r")
    with duckdb.connect(str(paths.build)) as connection:
        assert connection.execute("SELECT status FROM documents").fetchall() == [("current",)]


# ------------------------------------------------------------------------------------------------ reading

REFUSED = [
    ("DELETE FROM evidence_rows", "read-only"),
    ("CREATE TABLE mine (x INTEGER)", "read-only"),
    ("SELECT * FROM read_text('{folder}/secret.txt')", "--allow-files"),
    ("COPY (SELECT 1) TO '{folder}/out.csv'", "--allow-files"),
    ("ATTACH '{folder}/other.duckdb'", "--allow-files"),
    ("SET enable_external_access = true", "locked|Cannot"),
    ("SELECT nothing FROM documents", "nothing"),
]


def test_a_query_can_only_read_and_only_the_evidence(paths: OutputPaths) -> None:
    publish_next(paths)
    folder = paths.root.parent
    (folder / "secret.txt").write_text("secret", "utf-8")
    for query, message in REFUSED:
        with pytest.raises(UsageError, match=rf"(?s)^sql: .*(?:{message})"):
            select(paths, query.format(folder=folder))
    assert sorted(each.name for each in folder.iterdir()) == ["output", "secret.txt"]
    query = f"SELECT content FROM read_text('{folder}/secret.txt')"
    assert select(paths, query, allow_files=True).rows == (("secret",),)


def test_a_folder_with_a_quotation_mark_can_be_read(tmp_path: Path) -> None:
    paths = OutputPaths(tmp_path / "it's here")
    paths.work.mkdir(parents=True)
    publish_next(paths, CONFERS)
    assert sentences(paths) == [CONFERS]


def test_a_result_knows_its_columns(paths: OutputPaths) -> None:
    publish_next(paths, CONFERS)
    found = select(paths, "SELECT kind, ? AS asked FROM claims", ["yes"])
    assert (found.columns, list(found.dictionaries())) == (("kind", "asked"), [{"kind": "resistance", "asked": "yes"}])


HOLDING = [
    ("ER", "The ER swells.", True),
    ("ER", "ERs swell", True),
    ("ER", "(ER)-positive", True),
    ("ER", "E-R", True),
    ("ER", "The number of fibres fell.", False),
    ("ER", "There is no such thing as β.", False),
    ("ER", "The ER and its β.", True),
    ("NAC", "in acute leukaemia", False),
    ("MCF7", "5MCF-7", True),
    ("IL2", "IL-21", False),
    ("TGFβ", "TGF-beta fell", True),
    ("TGFβ", "TGF-β1 fell", True),
]


@pytest.mark.parametrize(("surface", "text", "holds"), HOLDING, ids=[f"{one} in {two}" for one, two, _ in HOLDING])
def test_parts_are_found_by_the_names_that_stand_in_them(surface: str, text: str, holds: bool) -> None:
    connection = duckdb.connect()
    columns = "document_id VARCHAR, source VARCHAR, kind VARCHAR, heading VARCHAR, cells VARCHAR, text VARCHAR"
    connection.execute(f"CREATE TABLE sections ({columns})")
    connection.execute("INSERT INTO sections VALUES ('pmid:1', 'pubmed', 'abstract', NULL, NULL, ?)", [text])
    assert bool(parts_with(connection, [surface])) is holds
