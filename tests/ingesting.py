"""Ingest in a test as the program does, in a folder of the test's own; and the records to do it with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.article import Reader
from pipeline.ingest import Summary, ingest_files
from pipeline.paths import OutputPaths
from pipeline.settings import Settings, load_settings
from pipeline.store.query import select
from tests import reading
from tests.parse_samples import abstract, jats, links, pubmed

CONFERS = "ABCB1 confers resistance to paclitaxel."
AGAIN = "We show that ABCB1 overexpression confers resistance to paclitaxel in KB cells."
DENIES = "ABCB1 did not confer resistance to paclitaxel."
OTHER = "MET amplification confers resistance to gefitinib."
NOTHING = "Mice were housed in pairs."


@dataclass(frozen=True)
class Desk:
    """A folder with input files, an output folder and a home."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        here = {"RESISTMINE_OUTPUT": str(self.folder / "output"), "RESISTMINE_HOME": str(self.folder / "home")}
        return load_settings(here | self.environment, self.folder)

    @property
    def paths(self) -> OutputPaths:
        return OutputPaths(self.settings.output)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def ingest(self, *paths: Path, reader: Reader | None = None) -> Summary:
        return ingest_files(paths, self.settings, command="test", reader=reader or reading.reader())

    def ask(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return list(select(self.paths, query, parameters).rows)

    def standing(self) -> dict[str, str]:
        """Document → status."""
        return dict(self.ask("SELECT document_id, status FROM documents ORDER BY document_id"))

    def said(self) -> list[tuple[Any, ...]]:
        """(document, stance, sentence) of all evidence."""
        return self.ask("SELECT document_id, stance, sentence FROM evidence ORDER BY ALL")

    def refused(self) -> list[tuple[Any, ...]]:
        """(document, stage, reason, file) of what was not kept, the refusals of the screen left out."""
        rows = self.ask("SELECT document_id, stage, reason, uri FROM rejections WHERE stage <> 'screen' ORDER BY ALL")
        return [(*row[:3], row[3] and str(Path(row[3]).relative_to(self.folder))) for row in rows]

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """All rows of all tables except those that tell of the runs themselves."""
        names = [row[0] for row in self.ask("SELECT table_name FROM duckdb_tables() ORDER BY table_name")]
        return {
            name: self.ask(f"SELECT * FROM {name} ORDER BY ALL") for name in names if name not in ("run_rows", "meta")
        }


def record(
    pmid: str,
    text: str = CONFERS,
    *notices: tuple[str, str, str],
    version: int = 1,
    revised: int | None = None,
    doi: str = "",
    pmcid: str = "",
    types: str = "Journal Article",
    languages: tuple[str, ...] = ("eng",),
    year: int = 2021,
) -> str:
    """A PubMed record; ``revised`` is a day in May 2024, ``notices`` are (type, words, PMID)."""
    ids = [("pubmed", pmid), ("doi", doi), ("pmc", pmcid)]
    return pubmed(
        pmid=f'<PMID Version="{version}">{pmid}</PMID>',
        dates=f"<DateRevised><Year>2024</Year><Month>05</Month><Day>{revised:02}</Day></DateRevised>"
        if revised
        else "",
        pub_date=f"<Year>{year}</Year>",
        title="<ArticleTitle>An invented study.</ArticleTitle>",
        abstract=abstract(text),
        languages="".join(f"<Language>{each}</Language>" for each in languages),
        types=f"<PublicationType>{types}</PublicationType>",
        lists=links(*notices) if notices else "",
        ids="".join(f'<ArticleId IdType="{kind}">{value}</ArticleId>' for kind, value in ids if value),
    )


def full_text(
    *, ids: dict[str, str], summary: str = CONFERS, results: str = OTHER, meta: str = "", body: bool = True
) -> str:
    """A JATS article with abstract and results; ``ids`` by their JATS names."""
    return jats(
        ids="".join(f'<article-id pub-id-type="{kind}">{value}</article-id>' for kind, value in ids.items()),
        title="<title-group><article-title>An invented study</article-title></title-group>",
        meta=meta + (f"<abstract><p>{summary}</p></abstract>" if summary else ""),
        body=f"<body><sec><title>Results</title><p>{results}</p></sec></body>" if body else "",
    )


def deletion(*pmids: tuple[str, int]) -> str:
    """A ``DeleteCitation`` of (PMID, version)."""
    listed = "".join(f'<PMID Version="{version}">{pmid}</PMID>' for pmid, version in pmids)
    return f"<DeleteCitation>{listed}</DeleteCitation>"
