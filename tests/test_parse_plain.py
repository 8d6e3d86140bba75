"""Plain text and JSON Lines."""

from __future__ import annotations

import json

import pytest

from pipeline.model import Section, Source
from tests.parse_samples import parsed, raw, refused


def test_text_is_one_section_unchanged() -> None:
    content = "  Title\r\n\r\nLetrozole\u2009resistance.\t\n"
    document = parsed(content, Source.TEXT)
    assert document.sections == (Section("body", content),)
    assert (document.title, document.document_id) == (None, "text:" + raw(content, Source.TEXT).sha256[:16])


def test_byte_order_mark_is_not_text() -> None:
    assert parsed(b"\xef\xbb\xbfwords", Source.TEXT).sections == (Section("body", "words"),)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"caf\xe9", "not_utf8"), (b"PK\x03\x04\x00\x00", "binary_file"), (b" \n", "no_content"), (b"", "no_content")],
)
def test_refused_text(content: bytes, reason: str) -> None:
    rejection = refused(content, Source.TEXT)
    assert (rejection.stage, rejection.reason) == ("parse", reason)


@pytest.mark.parametrize(
    ("line", "document_id", "expected"),
    [
        ({"id": "12", "text": "One."}, "text:12", (Section("abstract", "One."),)),
        ({"id": 12, "text": "One."}, "text:12", (Section("abstract", "One."),)),
        (
            {"id": "a", "pmid": "007", "title": "T", "text": "One."},
            "pmid:7",
            (Section("title", "T"), Section("abstract", "One.")),
        ),
        ({"pmid": 7, "text": "One."}, "pmid:7", (Section("abstract", "One."),)),
        (
            {"id": "a", "title": "T", "sections": [{"kind": "results", "heading": "R", "text": "x\n"}, {"text": "y"}]},
            "text:a",
            (Section("title", "T"), Section("results", "x\n", "R"), Section("body", "y")),
        ),
        (
            {"id": "a", "text": "first", "sections": [{"kind": None, "heading": "", "text": "then"}], "other": [1]},
            "text:a",
            (Section("abstract", "first"), Section("body", "then")),
        ),
    ],
)  # fmt: skip
def test_json_line(line: dict[str, object], document_id: str, expected: tuple[Section, ...]) -> None:
    document = parsed(json.dumps(line), Source.JSONL)
    assert (document.document_id, document.sections, document.title) == (document_id, expected, line.get("title"))


@pytest.mark.parametrize(
    ("line", "reason", "document_id"),
    [
        ('{"id": "a", "text": "x"', "invalid_json", None),
        ("", "invalid_json", None),
        ('{"id": "a", "text": "\\ud800"}', "invalid_json", None),
        ("[" * 100_000, "invalid_json", None),
        (b'{"id": "a", "text": "caf\xe9"}', "not_utf8", None),
        ('["a"]', "wrong_type", None),
        ('{"id": ["a"], "text": "x"}', "wrong_type", None),
        ('{"id": true, "text": "x"}', "wrong_type", None),
        ('{"id": "a", "pmid": "PMC7", "text": "x"}', "wrong_type", "text:a"),
        ('{"id": "a", "text": 5}', "wrong_type", "text:a"),
        ('{"id": "a", "title": [], "text": "x"}', "wrong_type", "text:a"),
        ('{"id": "a", "sections": {}}', "wrong_type", "text:a"),
        ('{"id": "a", "sections": ["x"]}', "wrong_type", "text:a"),
        ('{"id": "a", "sections": [{"heading": "x"}]}', "missing_text", "text:a"),
        ('{"id": "a"}', "missing_text", "text:a"),
        ('{"text": "x"}', "missing_id", None),
        ('{"id": "", "text": "x"}', "missing_id", None),
        ('{"id": "a", "text": ""}', "no_content", "text:a"),
    ],
)
def test_refused_json_line(line: str | bytes, reason: str, document_id: str | None) -> None:
    rejection = refused(line, Source.JSONL)
    assert (rejection.stage, rejection.reason, rejection.document_id) == ("parse", reason, document_id)
