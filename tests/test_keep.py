"""Backup and restore: what people made comes back to the byte, and a damaged backup changes nothing."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import UsageError
from pipeline.keep import SUMS, backup, restore
from pipeline.text import sha256

FILES = {"corrections.tsv": b"a\tb\n", "verdicts/one.csv": "β\r\n".encode(), "backups/x": b""}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    for name, content in FILES.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(content)
    return home


def found(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def test_what_was_saved_comes_back_and_what_was_there_is_put_aside(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "kept" / "home.tar.gz"
    assert backup(home, file) == 3
    (home / "corrections.tsv").write_bytes(b"spoilt")
    (home / "new.tsv").write_bytes(b"new")
    count, aside = restore(file, home)
    assert (count, found(home)) == (3, FILES)
    assert aside is not None
    assert found(aside) == FILES | {"corrections.tsv": b"spoilt", "new.tsv": b"new"}
    elsewhere = tmp_path / "elsewhere" / "home"
    assert restore(file, elsewhere) == (3, None)
    assert found(elsewhere) == FILES


def archive(tmp_path: Path, **members: bytes) -> Path:
    path = tmp_path / f"{sha256(repr(members).encode())}.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            file.addfile(entry, io.BytesIO(content))
    return path


def test_a_damaged_or_foreign_file_changes_nothing(home: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole.tar.gz"
    backup(home, whole)
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(whole.read_bytes()[:-40])
    outside = f"{sha256(b'x')}  ../x\n".encode()
    for path, words in (
        (cut, "no whole backup"), (tmp_path / "none", "no such file"),
        (archive(tmp_path, a=b"x"), "does not hold"), (archive(tmp_path, **{SUMS: b"", "a": b"x"}), "does not hold"),
        (archive(tmp_path, **{SUMS: outside, "../x": b"x"}), "has no business"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=words):
            restore(path, home)
        assert found(home) == FILES
    assert not (tmp_path / "x").exists()


def test_nothing_to_save_or_into_itself_is_wrong_use(home: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing in it"):
        backup(tmp_path / "empty", tmp_path / "x.tar.gz")
    with pytest.raises(UsageError, match="lies in the folder"):
        backup(home, home / "x.tar.gz")


def test_the_commands(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESISTMINE_HOME", str(home))
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["backup", "b.tar.gz"]).exit_code == 0
    (home / "corrections.tsv").unlink()
    result = CliRunner().invoke(app, ["restore", "b.tar.gz"])
    assert (result.exit_code, found(home)) == (0, FILES)
    assert CliRunner().invoke(app, ["restore", "none.tar.gz"]).exit_code == 2
