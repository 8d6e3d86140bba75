"""Documents as they are stored: found by what is written in them, and put together again to be read once more."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

import duckdb
import orjson

from pipeline.model import Document, Kind, Mention, Section, Source, TableCell
from pipeline.text import squash, squash_with_offsets

# signs between letters are no part of a name; what else folds to letters (β, ﬁ, ①) is left to ``squash`` itself
BETWEEN = "[^0-9A-Za-z]*"
FOLDED = r"[^\x00-\x7F\pP\pZ\p{Sm}\p{Sk}\pM\pC]|\x{0345}"
# a table without cells was stored by an earlier version: its document waits for the next ingest of its file
TEXTS = """
SELECT document_id, source, words FROM (
    SELECT document_id, source, concat_ws(chr(10), heading, text) AS words FROM sections) AS s
WHERE (regexp_matches(words, ?) OR regexp_matches(words, ?)) AND NOT EXISTS (
    FROM sections AS t WHERE t.document_id = s.document_id AND t.source = s.source AND kind = 'table' AND cells IS NULL)
"""
NAMED = """
SELECT document_id, source FROM document_parts
WHERE list_has_any(?::VARCHAR[], list_transform(
    [document_id, pmid, 'pmid:' || pmid, pmcid, 'pmcid:' || pmcid, doi, 'doi:' || doi], lambda each: lower(each)))
"""
PARTS = """
SELECT p.document_id, p.source, p.raw_sha256, p.pmid, p.pmcid, p.doi, p.title, p.publication_types, p.languages,
       p.has_full_text
FROM document_parts AS p
WHERE (p.document_id, p.source) IN (SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[])) ORDER BY ALL
"""
SECTIONS = """
SELECT document_id, source, kind, text, heading, category, language, cells FROM sections
WHERE (document_id, source) IN (SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[]))
ORDER BY document_id, source, section_index
"""
SENTENCES = """
SELECT document_id, source, section_index, char_start, char_end, found FROM sentence_rows
WHERE models = ? AND (document_id, source) IN (SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[]))
"""
Part = tuple[str, str]  # document_id, source


def parts_with(
    connection: duckdb.DuckDBPyConnection, surfaces: Collection[str], identities: Collection[str] = ()
) -> list[Part]:
    """The parts whose stored text holds one of ``surfaces``, however it is folded; no name can come from others.

    With ``identities`` (document_id, PMID, PMCID, DOI, in lower case) only those of these documents.
    """
    if identities:
        named = {(row[0], row[1]) for row in connection.execute(NAMED, [list(identities)]).fetchall()}
        return [part for part in parts_with(connection, surfaces) if part in named] if named else []
    keys = {key for surface in surfaces if (key := squash(surface))}
    if not keys:
        return []
    spellings = "|".join(map(_spelling, sorted(key for key in keys if key.isascii())))
    cursor = connection.execute(TEXTS, [f"(?i)(?:{spellings})" if spellings else "^$", FOLDED])
    found = set()
    while rows := cursor.fetchmany(1000):
        for document_id, source, text in rows:
            if (document_id, source) not in found and _holds(text, keys):
                found.add((document_id, source))
    return sorted(found)


def _spelling(key: str) -> str:
    """An expression for ``key`` where it is no part of a longer word: ``ER`` is in few texts, its letters in all."""
    before, behind = ("A-Za-z" if key[end].isalpha() else "0-9" for end in (0, -1))
    return f"(?:^|[^{before}]){BETWEEN.join(map(re.escape, key))}s?(?:[^{behind}]|$)"


def _holds(text: str, keys: Collection[str]) -> bool:
    """Whether one of ``keys`` stands in ``text`` between the edges of words, or where letters and digits meet."""
    folded, offsets = squash_with_offsets(text)
    return any(
        _is_whole(text, offsets[start], offsets[start + len(key) - 1]) for key in keys for start in _starts(folded, key)
    )


def _starts(folded: str, key: str) -> Iterator[int]:
    start = folded.find(key)
    while start >= 0:
        yield start
        start = folded.find(key, start + 1)


def _is_whole(text: str, first: int, last: int) -> bool:
    behind = text[last + 1 :][:2].removeprefix("s")[:1]
    return not (_alike(text[first], text[first - 1 : first]) or _alike(text[last], behind))


def _alike(one: str, other: str) -> bool:
    """Whether two characters beside each other are of one word."""
    return (one.isalpha() and other.isalpha()) or (one.isdigit() and other.isdigit())


def stored_documents(connection: duckdb.DuckDBPyConnection, parts: Sequence[Part]) -> Iterator[Document]:
    """The documents of ``parts``, with all that reading them needs."""
    columns = [[each[0] for each in parts], [each[1] for each in parts]]
    sections: dict[Part, list[Section]] = {}
    for document_id, source, *rest in connection.execute(SECTIONS, columns).fetchall():
        kind, text, heading, category, language, cells = rest
        found = tuple(map(_cell, orjson.loads(cells))) if cells else ()
        sections.setdefault((document_id, source), []).append(Section(kind, text, heading, category, language, found))
    for document_id, source, raw_sha256, pmid, pmcid, doi, title, types, languages, full in connection.execute(
        PARTS, columns
    ).fetchall():
        yield Document(
            document_id, Source(source), raw_sha256, tuple(sections.get((document_id, source), ())), pmid, pmcid, doi,
            title=title, publication_types=tuple(types or ()), languages=tuple(languages or ()), has_full_text=full,
        )  # fmt: skip


def found_by_models(
    connection: duckdb.DuckDBPyConnection, documents: Sequence[Document], models: str | None
) -> Iterator[dict[str, tuple[Mention, ...]]]:
    """For each document what ``models`` found in its sentences when it was read, by the text of the sentence."""
    parts: dict[Part, Document] = {(each.document_id, each.source.value): each for each in documents}
    columns = [[key[0] for key in parts], [key[1] for key in parts]]
    found: dict[Part, dict[str, tuple[Mention, ...]]] = {}
    for document_id, source, index, start, end, mentions in (
        connection.execute(SENTENCES, [models, *columns]).fetchall() if models else ()
    ):
        text = parts[document_id, source].sections[index].text[start:end]
        found.setdefault((document_id, source), {})[text] = tuple(
            Mention(first, last, text[first:last], Kind(kind) if kind else None, "model", label)
            for first, last, kind, label in orjson.loads(mentions)
        )
    yield from (found.get(part, {}) for part in parts)


def _cell(row: dict[str, object]) -> TableCell:
    headers = row.pop("column_headers")
    assert isinstance(headers, list)
    return TableCell(**row, column_headers=tuple(headers))  # type: ignore[arg-type]
