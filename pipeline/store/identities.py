"""Under which identities documents are stored: a PMID before a PMCID or a DOI, whichever source came first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb

from pipeline.model import Document


@dataclass(frozen=True, slots=True)
class Stored:
    """A part of a document already in the database: enough to read it again from its raw record."""

    document_id: str
    source: str
    raw_sha256: str
    uri: str
    member: str | None
    offset: int
    length: int | None
    file_sha256: str | None


class Identities:
    """Reads the parts of a build database."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def known(self, documents: Iterable[Document]) -> dict[str, str]:
        """For documents without a PMID the identity under which another source has them, stored or in the batch."""
        found: dict[str, str] = {}
        batch: dict[str, str] = {}
        for document in sorted(documents, key=lambda each: each.pmid is None):
            keys = [key.lower() for key in (document.pmcid, document.doi) if key]
            identity = document.document_id
            if keys and not document.pmid:
                here = next((batch[key] for key in keys if key in batch), None)
                known = [each for each in (self._stored_identity(document), here, identity) if each]
                identity = found[document.document_id] = min(known, key=lambda each: not each.startswith("pmid:"))
            for key in keys:
                batch.setdefault(key, identity)
        return found

    def _stored_identity(self, document: Document) -> str | None:
        """A PMID before the document's own identity, that before any other."""
        rows = self._connection.execute(
            "SELECT document_id FROM document_rows WHERE pmcid = ? OR lower(doi) = lower(?) "
            "ORDER BY pmid IS NULL, document_id <> ?, document_id LIMIT 1",
            [document.pmcid, document.doi, document.document_id],
        ).fetchall()
        return str(rows[0][0]) if rows else None

    def earlier(self, documents: Iterable[Document]) -> list[tuple[str, Stored]]:
        """Parts stored under another identity (a PMCID, a DOI) of documents that now come with a PMID.

        Each comes, once, with the PMID identity it must be read again under. A part that has found its PMID before
        stays where it is: two PMIDs that give one DOI do not take it from each other.
        """
        return self.of_keys(
            [(each.document_id, each.pmcid, each.doi) for each in documents if each.pmid and (each.pmcid or each.doi)]
        )

    def of_keys(self, keys: Sequence[tuple[str, str | None, str | None]]) -> list[tuple[str, Stored]]:
        """The same, by (document_id, PMCID, DOI)."""
        if not keys:
            return []
        ids, pmcids, dois = (list(column) for column in zip(*keys, strict=True))
        rows = self._connection.execute(
            "WITH new AS (SELECT unnest(?::VARCHAR[]) AS document_id, unnest(?::VARCHAR[]) AS pmcid, "
            "unnest(?::VARCHAR[]) AS doi) "
            "SELECT new.document_id, p.document_id, p.source, p.raw_sha256, p.uri, p.member, p.byte_offset, "
            "p.byte_length, p.file_sha256 FROM document_parts AS p JOIN new "
            "ON p.pmid IS NULL AND NOT starts_with(p.document_id, 'pmid:') "
            "AND (p.pmcid = new.pmcid OR lower(p.doi) = lower(new.doi)) "
            "ORDER BY coalesce(p.pmcid <> new.pmcid, true) DESC, new.document_id DESC",
            [ids, pmcids, dois],
        ).fetchall()
        return list({row[1:3]: (str(row[0]), Stored(*row[1:])) for row in rows}.values())
