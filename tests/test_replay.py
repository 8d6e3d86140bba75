"""A run repeated from its manifest makes the same tables, or says why it cannot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import StoreError, UsageError
from pipeline.ingest import ingest_files
from pipeline.replay import replay
from pipeline.runs import MANIFEST
from pipeline.topics import Topic
from tests.acquiring import Library, library
from tests.ingesting import AGAIN, CONFERS, DENIES, OTHER, Desk, deletion, record
from tests.ncbi import Made
from tests.parse_samples import pubmed_set

__all__ = ["library"]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, {"RESISTMINE_NLP_MODEL": "none"})


def run(desk: Desk, *paths: Path) -> str:
    return ingest_files(paths, desk.settings, command="test").run_id


def manifest(desk: Desk, run_id: str) -> tuple[Path, dict[str, Any]]:
    path = desk.paths.root / "runs" / run_id / MANIFEST
    return path, json.loads(path.read_text("utf-8"))


def test_each_of_several_runs_comes_out_the_same(desk: Desk) -> None:
    first = run(desk, desk.write("a.xml", pubmed_set(record("1"), record("2", AGAIN), "<PubmedArticle/>")))
    again = pubmed_set(record("1", DENIES, revised=3), record("3", OTHER), deletion(("2", 1)))
    second = run(desk, desk.write("b.xml", again), desk.folder / "missing.xml")
    before = desk.everything()
    for run_id in (first, second):
        compared = replay(desk.settings, run_id)
        assert {each.view: each.same for each in compared} == dict.fromkeys((each.view for each in compared), True)
    assert [each.now[0] for each in compared if each.view in ("documents", "evidence")] == [3, 3]
    assert desk.everything() == before
    assert [path.name for path in desk.paths.root.iterdir() if path.name.startswith(".")] == []


def test_a_file_that_is_gone_is_read_from_its_copy(desk: Desk) -> None:
    file = desk.write("a.xml", pubmed_set(record("1")))
    run_id = run(desk, file)
    file.write_text("something else")
    assert all(each.same for each in replay(desk.settings, run_id))


def test_what_comes_out_otherwise_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = run(desk, desk.write("a.xml", pubmed_set(record("1"))))
    path, told = manifest(desk, run_id)
    told["tables"]["evidence"] = [2, "0"]
    path.write_text(json.dumps(told), "utf-8")
    for name, value in (("OUTPUT", desk.settings.output), ("HOME", desk.settings.home), ("NLP_MODEL", "none")):
        monkeypatch.setenv(f"RESISTMINE_{name}", str(value))
    result = CliRunner().invoke(app, ["replay", run_id])
    assert result.exit_code == 1
    assert "evidence\t2\t1\tNO" in result.stdout
    assert "documents\t1\t1\tyes" in result.stdout


def test_what_cannot_be_repeated_says_why(desk: Desk) -> None:
    file = desk.write("a.xml", pubmed_set(record("1")))
    first = run(desk, file)
    with pytest.raises(UsageError, match="changed nothing"):
        replay(desk.settings, run(desk, file))
    with pytest.raises(UsageError, match="no such run"):
        replay(desk.settings, "none")
    path, told = manifest(desk, first)
    path.write_text(json.dumps(told | {"versions": told["versions"] | {"rules": "others"}}), "utf-8")
    with pytest.raises(StoreError, match=r"was read with rules others \(now"):
        replay(desk.settings, first)
    path.write_text(json.dumps(told | {"base": "19990101T000000"}), "utf-8")
    with pytest.raises(StoreError, match="is gone"):
        replay(desk.settings, first)


def test_a_night_is_repeated_without_asking_anybody(library: Library) -> None:
    library.environment["RESISTMINE_NLP_MODEL"] = "none"
    topic = Topic("taxanes", "paclitaxel", False, "2026-11-01")
    library.ncbi.records.update({str(n): Made(str(n), CONFERS) for n in range(1, 6)})
    library.night(topic)
    library.ncbi.records["1"].deleted = True
    library.ncbi.records["6"] = Made("6", AGAIN)
    run_id = library.night(topic).summary.run_id
    asked = len(library.ncbi.asked)
    assert all(each.same for each in replay(library.settings, run_id))
    assert len(library.ncbi.asked) == asked
    assert manifest(library, run_id)[1]["queries"] != []
