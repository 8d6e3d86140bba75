"""Local files: what is found, what streams are in it, and how raw bytes are kept and found again."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import tarfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from pipeline.errors import UnreadableInputError
from pipeline.model import Locator, Rejection, Source
from pipeline.records import raw_records_in
from pipeline.sources import raw as raw_store
from pipeline.sources.local import DAMAGED, InputFile, find_files, open_streams
from pipeline.text import sha256
from tests.ingesting import CONFERS, NOTHING, OTHER, Desk, full_text, record
from tests.parse_samples import pubmed_set

LONG = bytes(range(256)) * 9000  # more than two chunks


def tarred(members: Iterable[tuple[str, bytes]], *, links: Iterable[str] = ()) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for name in links:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, "/elsewhere"
            archive.addfile(member)
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
    return packed.getvalue()


def found_in(*paths: Path) -> list[str | tuple[str, str]]:
    """Name of each file found, or (reason, detail) of each refusal."""
    return [(each.reason, each.detail) if isinstance(each, Rejection) else each.path.name for each in find_files(paths)]


def the_file(path: Path) -> InputFile:
    (found,) = find_files([path])
    assert isinstance(found, InputFile)
    return found


def streams_of(path: Path) -> list[tuple[str | None, bytes | str]]:
    """(member, content) of each stream; (None, reason) of a refusal; a stream that breaks off ends with !."""
    streams: list[tuple[str | None, bytes | str]] = []
    for stream in open_streams(the_file(path)):
        if isinstance(stream, Rejection):
            streams.append((None, stream.reason))
            continue
        content = b""
        try:
            for chunk in stream.chunks:
                content += chunk
        except DAMAGED:
            content += b"!"
        streams.append((stream.member, content))
    return streams


# ------------------------------------------------------------------------------------------------ what is found


def test_a_folder_stands_for_its_files_in_the_order_of_their_names(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "in")
    for name in ("b.xml", "a.xml", "deep/er/c.txt", ".hidden"):
        desk.write(name, name)
    assert found_in(desk.folder) == ["a.xml", "b.xml", "c.txt"]
    assert found_in(desk.folder / "b.xml", desk.folder / "deep") == ["b.xml", "c.txt"]


def test_a_file_comes_with_its_size_and_the_hash_of_its_bytes_as_they_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = gzip.compress(b"some text")
    path = Desk(tmp_path).write("a.gz", packed)
    monkeypatch.chdir(tmp_path)
    assert list(find_files([Path("a.gz")])) == [InputFile(path, sha256(packed), len(packed))]


def test_what_cannot_be_opened_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path("zero.xml").touch()
    Path("loop").symlink_to("loop")
    assert [each[0] for each in found_in(*map(Path, ("nowhere.xml", "empty", "zero.xml", "loop")))] == [
        "file_not_found", "empty_folder", "empty_file", "not_readable",
    ]  # fmt: skip
    assert found_in(Path("nowhere.xml")) == [
        ("file_not_found", f"{tmp_path}/nowhere.xml: there is no such file; check the name")
    ]


# ------------------------------------------------------------------------------------------------ streams

TAR = tarred([("a.xml", b"first"), ("deep/b.xml", LONG), ("c.xml.gz", gzip.compress(b"third"))])
WHOLE = [("a.xml", b"first"), ("deep/b.xml", LONG), ("c.xml.gz", b"third")]
STREAMS = [
    ("plain", b"text", [(None, b"text")]),
    ("longer than a chunk", LONG, [(None, LONG)]),
    ("gz", gzip.compress(LONG), [(None, LONG)]),
    ("gz in two parts", gzip.compress(b"one ") + gzip.compress(b"two"), [(None, b"one two")]),
    ("gz breaks off", gzip.compress(b"some text" * 99)[:-9], [(None, b"!")]),
    ("gz is no gz", b"\x1f\x8b" + b"nonsense" * 9, [(None, b"!")]),
    ("tar", TAR, WHOLE),
    ("tar.gz", gzip.compress(TAR), WHOLE),
    ("tar breaks off early in a member", TAR[:3000], [("a.xml", b"first"), (None, "truncated_file")]),
    ("a link in a tar", tarred([("a", b"x")], links=["b"]), [("a", b"x"), (None, "not_a_file")]),
    ("zip", b"PK\x03\x04" + b"x" * 300, [(None, "unsupported_archive")]),
    ("xz", lzma.compress(b"text"), [(None, "unsupported_archive")]),
    ("bz2", b"BZh91AY", [(None, "unsupported_archive")]),
]  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), [row[1:] for row in STREAMS], ids=[row[0] for row in STREAMS])
def test_streams(tmp_path: Path, content: bytes, expected: list[tuple[str | None, bytes | str]]) -> None:
    assert streams_of(Desk(tmp_path).write("in", content)) == expected


def test_a_tar_gz_that_breaks_off_gives_what_was_whole(tmp_path: Path) -> None:
    packed = gzip.compress(TAR, compresslevel=0)
    found = streams_of(Desk(tmp_path).write("a.tar.gz", packed[:2_000_000]))
    assert found[0] == ("a.xml", b"first")
    assert found[-1] == (None, "truncated_file")


def test_the_place_of_a_stream_names_the_member(tmp_path: Path) -> None:
    path = Desk(tmp_path).write("a.tar", tarred([("x.xml", b"text")]))
    assert [each.place for each in open_streams(the_file(path)) if not isinstance(each, Rejection)] == [f"{path}!x.xml"]


MANY = pubmed_set(*(record(str(pmid), CONFERS if pmid == 2 else NOTHING) for pmid in range(2, 32)))
LINES = b"".join(b'{"pmid": "%d", "text": "%s"}\n' % (pmid, NOTHING.encode() * 60) for pmid in range(2, 32))
LARGE = full_text(ids={"pmid": "2"}, results=NOTHING * 1500).encode()


@pytest.mark.parametrize("content", [MANY, LINES, LARGE], ids=["PubMed", "JSON Lines", "JATS"])
def test_a_tar_that_breaks_off_in_a_member_costs_only_what_is_lost(tmp_path: Path, content: bytes) -> None:
    desk = Desk(tmp_path)
    packed = tarred([("a.xml", pubmed_set(record("1"))), ("b", content)])
    desk.ingest(desk.write("a.tar", packed[:30_000]), desk.write("z.txt", CONFERS))
    assert {each.partition(":")[0] for each in desk.standing()} == {"pmid", "text"}
    assert ("acquire", "truncated_file") in {(stage, reason) for _, stage, reason, _ in desk.refused()}


# ------------------------------------------------------------------------------------------------ raw bytes


def test_a_copy_is_made_once_under_the_hash_and_every_reading_is_noted(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    file = the_file(desk.write("papers.v1.xml.gz", gzip.compress(b"text")))
    again = the_file(desk.write("again/papers.xml.gz", file.path.read_bytes()))
    folder = tmp_path / "raw"
    kept = raw_store.keep(file, folder)
    assert kept == folder / "files" / file.sha256[:2] / f"{file.sha256}.xml.gz"
    assert kept.read_bytes() == file.path.read_bytes()
    written = kept.stat().st_mtime_ns
    assert raw_store.keep(again, folder) == kept
    assert kept.stat().st_mtime_ns == written
    notes = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    assert [(each["source"], each["sha256"], each["size"], each["kept_as"]) for each in notes] == [
        (str(each.path), file.sha256, file.size, str(kept)) for each in (file, again)
    ]
    assert list(folder.rglob("*.part")) == []


def test_a_large_file_is_only_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw_store, "LARGEST_COPY", 3)
    file = the_file(Desk(tmp_path).write("a.txt", "text"))
    assert raw_store.keep(file, tmp_path / "raw") is None
    note = json.loads((tmp_path / "raw" / "manifest.jsonl").read_text())
    assert (note["source"], note["sha256"], note["kept_as"]) == (str(file.path), file.sha256, None)
    assert [path.name for path in (tmp_path / "raw").iterdir()] == ["manifest.jsonl"]


RECORDS = pubmed_set(record("1"), record("2", OTHER))
FILES = [
    ("a.xml", RECORDS),
    ("a.xml.gz", gzip.compress(RECORDS)),
    ("a.tar", tarred([("x.txt", b"something else"), ("y.xml", RECORDS)])),
    (
        "a.tar.gz",
        gzip.compress(tarred([("x.xml.gz", gzip.compress(RECORDS)), ("y.jsonl", b'{"id": "1", "text": "t"}\n')])),
    ),
    ("a.txt", CONFERS.encode()),
    (
        "set.xml",
        f"<pmc-articleset>{full_text(ids={'pmid': '1'})}{full_text(ids={'pmid': '2'})}</pmc-articleset>".encode(),
    ),
]


@pytest.mark.parametrize(("name", "content"), FILES, ids=[name for name, _ in FILES])
def test_every_record_can_be_read_again(tmp_path: Path, name: str, content: bytes) -> None:
    path = Desk(tmp_path).write(name, content)
    records = list(raw_records_in(path))
    kept = raw_store.keep(the_file(path), tmp_path / "raw")
    path.rename(tmp_path / "moved")
    again = [raw_store.read_again(each.source, each.sha256, each.locator, kept) for each in records]
    assert [(each.content, each.sha256) for each in again] == [(each.content, sha256(each.content)) for each in records]
    assert len(records) == (1 if name.endswith(".txt") else 3 if ".tar" in name else 2)


def test_reading_again_refuses_other_bytes_and_says_where_they_were(tmp_path: Path) -> None:
    path = Desk(tmp_path).write("a.txt", "as it was")
    given = (Source.TEXT, sha256(b"as it was"), Locator(str(path), length=9))
    assert raw_store.read_again(*given, None).content == b"as it was"
    path.write_text("as it is!")
    with pytest.raises(
        UnreadableInputError, match=rf"{path}: changed since it was read; expected SHA-256 {given[1]} at"
    ):
        raw_store.read_again(*given, None)
    path.unlink()
    with pytest.raises(UnreadableInputError, match=rf"{path}: the raw bytes are gone; .* Put the file back"):
        raw_store.read_again(*given, None)
    with pytest.raises(UnreadableInputError, match="the raw bytes are gone"):
        raw_store.read_again(*given, tmp_path / "no copy either")
