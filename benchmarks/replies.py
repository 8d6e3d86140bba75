"""Real replies of NCBI through the client: what it takes from each, and that it takes nothing for what it is not.

Run it as ``python -m benchmarks.replies --data DIR``: every file under DIR is read as the reply of each service that is
asked. A reply is either read or refused by name; anything else is printed as a fault, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from pipeline.records import batched, parse_all
from pipeline.sources import pmc, pubmed
from pipeline.sources.http import BadReplyError
from pipeline.sources.local import InputFile, read_sum
from pipeline.sources.mirror import NAME
from pipeline.text import sha256

PMID = re.compile(rb"<PMID[^>]*>\s*(\d+)\s*</PMID>")
PMC_NUMBER = re.compile(r"pmc(\d+)", re.IGNORECASE)
REFUSED = "refused"


def main() -> None:
    """Read all, print what came of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of saved replies")
    folder: Path = parser.parse_args().data
    outcomes: Counter[str] = Counter()
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        told = {name: _outcome(reader, path) for name, reader in READERS.items()}
        read = {name: words for name, words in told.items() if not words.startswith(REFUSED)}
        print(f"{path.relative_to(folder)}: {'; '.join(f'{name}: {words}' for name, words in read.items()) or REFUSED}")
        outcomes.update(
            [*read] or [REFUSED],
        )
        outcomes["faults"] += sum("FAULT" in words for words in read.values())
    print(", ".join(f"{name} {count}" for name, count in outcomes.most_common()))
    if outcomes["faults"]:
        raise SystemExit(1)


def _outcome(reader: Callable[[Path, bytes], str], path: Path) -> str:
    try:
        return reader(path, path.read_bytes())
    except BadReplyError as problem:
        return f"{REFUSED} ({problem})"
    except Exception as error:  # whatever it is, it is what this looks for
        return f"FAULT {type(error).__name__}: {error}"


def _search(_: Path, content: bytes) -> str:
    answer = pubmed.read_search(content, 0)
    return f"{answer.count} found, {answer.translation!r}, warnings {list(answer.warnings)}"


def _records(path: Path, content: bytes) -> str:
    asked = tuple(dict.fromkeys(each.decode() for each in PMID.findall(content)))
    fetched = pubmed.read_records(content, asked)
    return f"{len(fetched.got)} records, entered to {fetched.entered}; {_parsed(path, content)}"


def _articles(path: Path, content: bytes) -> str:
    root = pubmed.tree(content, "pmc-articleset", "article")
    named = PMC_NUMBER.search(path.name)
    whole = content if root.tag == "pmc-articleset" else b"<pmc-articleset>" + content + b"</pmc-articleset>"
    given = list(pmc.articles_in(whole, [f"PMC{named[1]}" if named else "PMC1"]))
    return ", ".join(f"{each.pmcid} {type(each).__name__}" for each in given) + f"; {_parsed(path, content)}"


def _parsed(path: Path, content: bytes) -> str:
    """What the job makes of these bytes as a file."""
    file = InputFile(path, sha256(content), len(content))
    batches = list(batched(file, datetime.now(UTC)))
    documents, refused = parse_all([raw for batch in batches for raw in batch.records])
    refused += [each for batch in batches for each in batch.rejections]
    deleted = sum(len(batch.deletions) for batch in batches)
    return f"{len(documents)} documents, {deleted} deletions, refused {[each.reason for each, _ in refused]}"


def _ids(_: Path, content: bytes) -> str:
    wanted = [str(each.get("pmid")) for each in pmc.read_json(content).get("records", ()) if isinstance(each, dict)]
    return str(pmc.read_ids(content, wanted))


def _listing(_: Path, content: bytes) -> str:
    return str(pmc.read_listing(content))


def _version(path: Path, content: bytes) -> str:
    said = pmc.read_json(content)
    if "pmcid" not in said:
        raise BadReplyError("no description of a version")
    version = pmc.read_version(str(said["pmcid"]), int(said["version"]), said)
    return f"{version.path}, md5 {version.md5}, {version.licence}" if version else "no XML"


def _files(path: Path, content: bytes) -> str:
    names = set(NAME.findall(content.decode("utf-8", "replace")))
    if path.suffix == ".gz":
        sums = read_sum(path.with_name(path.name + ".md5").read_bytes())
        if hashlib.md5(content, usedforsecurity=False).hexdigest() != sums:
            return "FAULT: not what its MD5 says"
        return f"MD5 right, {len(gzip.decompress(content))} bytes; {_parsed(path, content)}"
    if path.suffix == ".md5":
        return f"MD5 {read_sum(content)}"
    if not names or path.suffix != ".csv":
        raise BadReplyError("no list of files")
    return f"{len(names)} files"


READERS: Mapping[str, Callable[[Path, bytes], str]] = {
    "esearch": _search, "efetch": _records, "efetch pmc": _articles, "idconv": _ids, "listing": _listing,
    "description": _version, "files": _files,
}  # fmt: skip

if __name__ == "__main__":
    main()
