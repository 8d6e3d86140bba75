"""Speed, agreement and memory of the parsers: ``python -m benchmarks.parse --data DIR``.

Times are CPU seconds. The variants take turns and the median of the rounds counts: trust the ratios, not the rates.
The floor is what no parser can go below: decompress, and look at every byte once. ``pubmed_parser`` (of the extra
``bench``) reads with all its options on, as our parser has no field that can be turned off.
"""

from __future__ import annotations

import argparse
import gzip
import io
import multiprocessing
import resource
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import process_time

from isal import igzip

from pipeline.model import Document, Locator, RawRecord, Rejection, Source
from pipeline.parse import medline_shape, parse, split_articles, split_records
from pipeline.parse.medline import parse_medline_tree
from pipeline.sources.local import InputFile, open_streams
from pipeline.text import sha256

PUBMED = ("pubmed_cancer.xml.gz", "pubmed_other.xml.gz")
JATS = "jats_oncology.tar.gz"
CHUNK = 1 << 20
NOWHERE = b"\x00 is not in any record"
COPIES = 20

Run = Callable[[], object]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 2 when the data are not where they should be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parse", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", metavar="DIR", type=Path, help=f"folder with records/{PUBMED[0]} and the like")
    parser.add_argument("--rounds", type=int, default=3, help="how often each variant runs (3)")
    given = parser.parse_args(arguments)
    missing = _missing(given.data)
    if missing:
        print(f"benchmarks.parse: {missing}", file=sys.stderr)
        return 2
    records = given.data / "records"
    pubmed = [records / name for name in PUBMED]
    print_memory(pubmed)  # first: a process inherits the peak of the one that starts it
    print_pubmed(pubmed, given.rounds)
    print_jats(records / JATS, given.rounds)
    print_growth(given.rounds)
    return 0


def _missing(data: Path | None) -> str | None:
    """What is wrong with the folder of the data, None when nothing is."""
    needed = f"--data DIR, a folder with records/ in it, which holds {', '.join(PUBMED)} and {JATS}"
    if data is None:
        return f"give {needed}"
    absent = [name for name in (*PUBMED, JATS) if not (data / "records" / name).is_file()]
    return f"{data}: no records/{absent[0]} in it; give {needed}" if absent else None


# ------------------------------------------------------------------------------------------------ time


def cpu_seconds(variants: dict[str, Run], rounds: int) -> dict[str, float]:
    """The median CPU time of each variant; they take turns, so that a slow moment of the machine meets them all."""
    taken: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(rounds):
        for name, run in variants.items():
            started = process_time()
            run()
            taken[name].append(process_time() - started)
    return {name: median(times) for name, times in taken.items()}


def print_table(title: str, rows: Iterable[Sequence[str]]) -> None:
    """A title, and rows of which the first cell is wide and the others are numbers."""
    print(f"\n{title}")
    for first, *others in rows:
        print(f"  {first:<44}" + "".join(f"{cell:>16}" for cell in others))


# ------------------------------------------------------------------------------------------------ PubMed


@dataclass(frozen=True, slots=True)
class Corpus:
    """PubMed files, compressed on the disk and decompressed in memory, and their records."""

    paths: Sequence[Path]
    contents: Sequence[bytes]
    records: Sequence[RawRecord]

    @classmethod
    def read(cls, paths: Sequence[Path]) -> Corpus:
        contents = [gzip.decompress(path.read_bytes()) for path in paths]
        return cls(paths, contents, [raw for content in contents for raw in raw_records(pieces(content))])


def pieces(content: bytes) -> Iterator[bytes]:
    """``content`` as it would be read from a file."""
    for start in range(0, len(content), CHUNK):
        yield content[start : start + CHUNK]


def raw_records(chunks: Iterable[bytes]) -> Iterator[RawRecord]:
    """The records of a PubMed file as raw records; hashing them is not the parser's work and left out."""
    now = datetime.now(UTC)
    for piece in split_records(chunks):
        if not isinstance(piece, Rejection):
            offset, content = piece
            yield RawRecord(Source.PUBMED, content, "", Locator("benchmark", None, offset, len(content)), now)


def print_pubmed(paths: Sequence[Path], rounds: int) -> None:
    """Records per second from .gz and from memory, and whether the quick reader and the tree agree."""
    corpus = Corpus.read(paths)
    megabytes = sum(map(len, corpus.contents)) / 1e6
    print(f"\nPubMed: {len(corpus.records)} records, {megabytes:.1f} MB of XML, {rounds} rounds")
    if find_spec("pubmed_parser") is None:
        print("  pubmed_parser is not installed, so no comparison: pip install 'resistmine[bench]'")
    for title, variants in (("from .gz", from_disk(corpus)), ("from memory, decompressed", from_memory(corpus))):
        print_table(title, speed_rows(cpu_seconds(variants, rounds), len(corpus.records)))
    print_table("quick reader and tree, field by field", agreement_rows(corpus.records))


def from_disk(corpus: Corpus) -> dict[str, Run]:
    """What is timed on the files as they lie on the disk."""
    return {
        "ours, all fields": lambda: [parse_all(raw_records(chunks_of(path))) for path in corpus.paths],
        "floor: isal and one search": lambda: [search(chunks_of(path)) for path in corpus.paths],
        **theirs([str(path) for path in corpus.paths]),
    }


def from_memory(corpus: Corpus) -> dict[str, Run]:
    """What is timed without decompression. pubmed_parser opens only .gz; one that only stores costs next to nothing."""
    stored = [gzip.compress(content, compresslevel=0) for content in corpus.contents]
    return {
        "ours, all fields": lambda: [parse_all(raw_records(pieces(content))) for content in corpus.contents],
        "ours, records cut before": lambda: parse_all(corpus.records),
        "ours, tree only": lambda: [parse_medline_tree(raw) for raw in corpus.records],
        "floor: one search": lambda: [search(pieces(content)) for content in corpus.contents],
        **theirs(stored),
    }


def chunks_of(path: Path) -> Iterator[bytes]:
    """The decompressed bytes of a file, read as the pipeline reads it."""
    for stream in open_streams(InputFile(path, "", path.stat().st_size)):
        if not isinstance(stream, Rejection):
            yield from stream.chunks


def parse_all(records: Iterable[RawRecord]) -> int:
    """Parse and forget; the number of documents."""
    return sum(isinstance(parse(raw), Document) for raw in records)


def search(chunks: Iterable[bytes]) -> int:
    """One pass over every byte."""
    return sum(chunk.count(NOWHERE) for chunk in chunks)


def theirs(files: Sequence[str | bytes]) -> dict[str, Run]:
    """pubmed_parser on ``files`` (paths, or .gz in memory) with all its fields, when it is installed."""
    if find_spec("pubmed_parser") is None:
        return {}
    return {"pubmed_parser, all fields": lambda: [_parse_theirs(file) for file in files]}


def _parse_theirs(file: str | bytes) -> int:
    import pubmed_parser

    found = pubmed_parser.parse_medline_xml(
        io.BytesIO(file) if isinstance(file, bytes) else file,
        year_info_only=False,
        nlm_category=True,
        author_list=True,
        reference_list=True,
        parse_downto_mesh_subterms=True,
    )
    return sum(1 for _ in found)


def speed_rows(seconds: dict[str, float], records: int) -> Iterator[Sequence[str]]:
    """Each variant per second and per record, against the floor and against pubmed_parser."""
    floor = next(time for name, time in seconds.items() if name.startswith("floor"))
    other = next((time for name, time in seconds.items() if name.startswith("pubmed_parser")), None)
    yield "", "records/s", "µs/record", "floor ×", "pubmed_parser ÷"
    for name, time in seconds.items():
        times_faster = f"{other / time:.1f}" if other else "-"
        yield name, f"{records / time:.0f}", f"{time / records * 1e6:.1f}", f"{time / floor:.1f}", times_faster


def agreement_rows(records: Sequence[RawRecord]) -> Iterator[Sequence[str]]:
    """How many records the quick reader reads, and reads as the tree does."""
    quick = [(medline_shape.read(raw), raw) for raw in records]
    read = [(document, raw) for document, raw in quick if document is not None]
    yield "records", str(len(records))
    yield "read by the quick reader", str(len(read))
    yield "of these as the tree reads them", str(sum(document == parse_medline_tree(raw) for document, raw in read))


# ------------------------------------------------------------------------------------------------ JATS


def print_jats(path: Path, rounds: int) -> None:
    """Articles and megabytes per second."""
    articles = list(jats_records(path))
    seconds = cpu_seconds({"JATS": lambda: parse_all(articles)}, rounds)["JATS"]
    megabytes = sum(len(raw.content) for raw in articles) / 1e6
    documents = parse_all(articles)
    print_table(
        f"JATS: {len(articles)} articles, {megabytes:.1f} MB of XML, {documents} become documents",
        [
            ("", "articles/s", "MB/s"),
            ("ours, full text", f"{len(articles) / seconds:.0f}", f"{megabytes / seconds:.1f}"),
        ],
    )


def jats_records(path: Path) -> Iterator[RawRecord]:
    """The articles of an archive."""
    for stream in open_streams(InputFile(path, "", path.stat().st_size)):
        if not isinstance(stream, Rejection):
            for offset, content in split_articles(b"".join(stream.chunks)):
                where = Locator(str(path), stream.member, offset, len(content))
                yield RawRecord(Source.JATS, content, sha256(content), where, datetime.now(UTC))


# ------------------------------------------------------------------------------------------------ growth

# (what repeats, how often): content that a careless parser would read in time that grows with its square.
GROWING = {
    "<article": (b"<article ", 100_000),
    "<PubmedArticle>": (b"<PubmedArticle>", 50_000),
    "<!--": (b"<!--", 100_000),
    "<": (b"<", 1_000_000),
}


def print_growth(rounds: int) -> None:
    """How much longer splitting takes when the content is twice as long: 2 is in proportion, 4 is its square."""
    rows: list[Sequence[str]] = [("", "time at 2n / time at n")]
    for name, (piece, times) in GROWING.items():
        variants = {str(factor): splitting(piece * (times * factor)) for factor in (1, 2)}
        seconds = cpu_seconds(variants, rounds)
        rows.append((name, f"{seconds['2'] / seconds['1']:.1f}"))
    print_table("growth with the length of hostile content", rows)


def splitting(content: bytes) -> Run:
    """Split ``content`` as a file of articles and as one of records."""
    return lambda: (list(split_articles(content)), list(split_records([content])))


# ------------------------------------------------------------------------------------------------ memory


def print_memory(paths: Sequence[Path]) -> None:
    """The peak memory of a process that parses a file, and of one that parses a file many times as long."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        rows = [("", "records", "peak MB")]
        for copies in (1, COPIES):
            path = Path(folder) / f"{copies}.xml.gz"
            write_copies(paths, copies, path)
            with context.Pool(1) as pool:
                records, peak = pool.apply(stream_file, (path,))
            rows.append((f"file × {copies}", str(records), f"{peak:.0f}"))
        print_table("memory, a file read as a stream", rows)


def write_copies(paths: Sequence[Path], copies: int, target: Path) -> None:
    """A .gz with all records of ``paths`` ``copies`` times; its members are compressed once and written repeatedly."""
    records = (raw.content for path in paths for raw in raw_records(chunks_of(path)))
    member = igzip.compress(b"\n".join(records) + b"\n")
    with target.open("wb") as file:
        file.write(igzip.compress(b'<?xml version="1.0" encoding="utf-8"?>\n<PubmedArticleSet>\n'))
        for _ in range(copies):
            file.write(member)
        file.write(igzip.compress(b"</PubmedArticleSet>\n"))


def stream_file(path: Path) -> tuple[int, float]:
    """Parse a file to its end; the number of documents and the peak of this process in MB."""
    documents = parse_all(raw_records(chunks_of(path)))
    return documents, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
