"""Content that is broken, or made to do harm: refused with a name or read, at once, in little memory."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.model import Document, Rejection, Source
from pipeline.parse import parse, split_articles, split_records
from pipeline.parse.medline import parse_medline_tree
from tests.parse_samples import abstract, jats, links, parsed, pubmed, raw, refused

EXPANSION = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    + "".join(f'<!ENTITY c{n} "{f"&c{n - 1};" * 10 if n else "&b;" * 10}">' for n in range(20))
    + "]>"
)
WHOLE = {Source.PUBMED: pubmed(abstract=abstract("WORDS")), Source.JATS: jats(body="<body><p>WORDS</p></body>")}
MANY = 100_000

# What stands before the record, what stands for its words, and the reason for which it is refused.
HARMFUL = {
    "expansion": (EXPANSION, "&c19;", "hostile_xml"),
    "expansion unused": (EXPANSION, "words", "hostile_xml"),
    "one long entity": (f'<!DOCTYPE x [<!ENTITY a "{"x" * MANY}">]>', "&a;" * 1000, "hostile_xml"),
    "external entity": ('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>', "&a;", "hostile_xml"),
    "external DTD": ('<!DOCTYPE x [<!ENTITY % p SYSTEM "http://192.0.2.1/x.dtd"> %p;]>', "words", "hostile_xml"),
    "nesting": ("", "<i>" * MANY + "</i>" * MANY, "hostile_xml"),
    "nesting without end": ("", "<sec>" * MANY, "hostile_xml"),
    "DOCTYPE without end": ("<!DOCTYPE " + "[" * MANY, "words", "invalid_xml"),
    "CDATA without end": ("", "<![CDATA[" * MANY, "invalid_xml"),
    "comments without end": ("", "<!--" * MANY, "invalid_xml"),
    "half entities": ("", "&a" * MANY, "invalid_xml"),
    "zero byte": ("", "a\x00b", "invalid_xml"),
    "one long text": ("", "x" * 11_000_000, "too_large"),
}
BROKEN = {
    "nothing": b"",
    "zero bytes": b"\x00" * 1000,
    "only white space": b" " * 1_000_000,
    "byte order mark": b"\xff\xfe",
    "half of UTF-16": b"\xff\xfe\x00",
    "no XML": bytes(range(256)) * 100,
    "unknown encoding": b'<?xml version="1.0" encoding="idna"?><article/>',
}


@pytest.mark.parametrize("source", [Source.PUBMED, Source.JATS])
@pytest.mark.parametrize("name", HARMFUL)
def test_harmful_xml_is_refused(source: Source, name: str) -> None:
    before, words, reason = HARMFUL[name]
    rejection = refused(before + WHOLE[source].replace("WORDS", words), source)
    assert (rejection.stage, rejection.reason) == ("parse", reason)
    assert "\n" not in rejection.detail


@pytest.mark.parametrize("source", [Source.PUBMED, Source.JATS])
@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_xml_is_refused(source: Source, name: str) -> None:
    assert refused(BROKEN[name], source).reason == "invalid_xml"


@pytest.mark.parametrize("source", [Source.PUBMED, Source.JATS])
def test_a_record_cut_off_anywhere_is_refused(source: Source) -> None:
    whole = WHOLE[source].encode()
    assert {refused(whole[:end], source).reason for end in range(0, len(whole), 7)} == {"invalid_xml"}


@pytest.mark.parametrize("source", [Source.PUBMED, Source.JATS])
@pytest.mark.parametrize("octets", [b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"])
def test_invalid_utf_8_is_refused_and_its_place_named(source: Source, octets: bytes) -> None:
    whole = WHOLE[source].encode()
    rejection = refused(whole.replace(b"WORDS", octets), source)
    assert (rejection.reason, rejection.detail) == ("invalid_xml", f"not valid utf-8 at byte {whole.index(b'WORDS')}")


def test_nothing_is_fetched() -> None:
    include = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'
    before = '<!DOCTYPE article SYSTEM "http://192.0.2.1/x.dtd">'
    document = parsed(before + WHOLE[Source.JATS].replace("WORDS", f"a{include}b"), Source.JATS)
    assert document.sections[-1].text == "ab"


def _table(rows: str) -> str:
    return jats(body=f"<body><table-wrap><table>{rows}</table></table-wrap></body>")


_SPANS = "<tr>" + "<td rowspan='999' colspan='999'>x</td>" * 100 + "</tr>"
_HEADS = "<tr><th colspan='200'>x</th></tr>" * 500
_BELOW = "<tr><td colspan='200'>x</td><td/></tr>" * 500
SLOW = {
    "spans side by side": (Source.JATS, _table(_SPANS * 100)),
    "spans on spans": (Source.JATS, _table("<tr><td rowspan='0' colspan='200'>x</td></tr>" * 3000)),
    "wide heads": (Source.JATS, _table(f"<thead>{_HEADS}</thead>{_BELOW}")),
    "runs of spaces": (Source.JATS, jats(body=f"<body><p>{('a' + ' ' * 1000) * 1000}\n b</p></body>")),
    "a number as heading": (Source.JATS, jats(body=f"<body><sec><title>{'1.' * MANY}</title><p>x</p></sec></body>")),
    "a long version": (Source.PUBMED, pubmed(pmid='<PMID Version="' + "9" * 5000 + '">90000001</PMID>')),
    "a long date": (Source.PUBMED, pubmed(pub_date=f"<MedlineDate>{'1998 Dec-' * 50_000}</MedlineDate>")),
}


@pytest.mark.parametrize("name", SLOW)
def test_what_is_only_odd_is_read(name: str) -> None:
    source, content = SLOW[name]
    assert isinstance(parse(raw(content, source)), Document)


def test_a_number_too_long_for_a_pmid_is_none() -> None:
    assert refused(pubmed(pmid=f"<PMID>{'9' * 5000}</PMID>")).reason == "no_identifier"


@pytest.mark.parametrize("content", [b"<article " * MANY, b"<PubmedArticle>" * MANY, b"<!--" * MANY, b"<" * 1_000_000])
def test_splitting_loses_no_byte_and_makes_no_record_of_it(content: bytes) -> None:
    assert b"".join(piece for _, piece in split_articles(content)) == content
    pieces = list(split_records([content]))
    assert pieces
    assert all(isinstance(piece, Rejection) for piece in pieces)


@pytest.mark.parametrize("space", ["&#32;", "&#x20;", "&#9;", "&#xA;", "&#160;"])
def test_spaces_written_as_numbers_are_read_alike(space: str) -> None:
    author = f'<Author ValidYN="Y"><LastName>{space}Solo</LastName></Author>'
    record = raw(
        pubmed(authors=f'<AuthorList CompleteYN="Y">{author}</AuthorList>', lists=links(("Cites", space, "1")))
    )
    assert parse(record) == parse_medline_tree(record)


def test_all_of_it_fits_into_little_memory() -> None:
    """In a process of its own, with a limit: neither the limit nor a crash of the XML library ends it."""
    code = (
        "from tests.test_parse_hostile import limit_memory, refuse_all\n"
        "limit_memory(1 << 30)\n"
        "print(refuse_all())"
    )  # fmt: skip
    root = Path(__file__).parent.parent
    ended = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout.strip()) == (0, str(2 * (len(HARMFUL) + len(BROKEN)))), ended.stderr[-500:]


def limit_memory(octets: int) -> None:
    """Let this process have ``octets`` of address space and no more."""
    resource.setrlimit(resource.RLIMIT_AS, (octets, octets))


def refuse_all() -> int:
    """How many of the harmful and broken records are refused."""
    contents: list[tuple[Source, str | bytes]] = []
    for source, whole in WHOLE.items():
        contents += [(source, before + whole.replace("WORDS", words)) for before, words, _ in HARMFUL.values()]
        contents += [(source, content) for content in BROKEN.values()]
    return sum(isinstance(parse(raw(content, source)), Rejection) for source, content in contents)
