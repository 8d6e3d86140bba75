"""The database being built: one process, batch by batch, each batch whole or not at all.

A batch replaces rows by staged delete and insert. What a run had committed when it broke off stays in the build
database and is published by the next run, which skips it as unchanged.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import orjson

from pipeline.curation import Paper, Reading
from pipeline.errors import StoreError
from pipeline.lexicon.corrections import Correction, Ledger
from pipeline.model import FILES_A_YEAR, Article, Deletion, Document, Mention, RawRecord, Rejection
from pipeline.store import schema, verdicts
from pipeline.store.acquired import Acquired
from pipeline.store.documents import found_by_models, parts_with, stored_documents
from pipeline.store.parcel import PLACE, Listed, Loading, Parcel, json_rows, listed_in
from pipeline.store.refusals import Refusals, refusals_of
from pipeline.store.rows import Batch, Row, add_article, add_reading, deletion_row, place, rejection_row
from pipeline.text import sha256

# tables whose rows belong to one source of one document, and go when that is read again
OF_A_PART = (
    "document_parts", "notices", "cited", "sections", "sentence_rows", "mention_rows", "evidence_rows",
    "evidence_arguments", "circumstances", "rejection_rows",
)  # fmt: skip
OF_A_READING = OF_A_PART[OF_A_PART.index("sentence_rows") :]  # the others tell of the part itself
STALE = "stale"  # in the place of the fingerprint of a part that must be read again
AGAIN = 200  # parts that are read again at once
NOTICED = (
    "SELECT target_pmid AS pmid FROM notices SEMI JOIN part USING (document_id, source) WHERE target_pmid IS NOT NULL"
)
CHANGES, VERDICTS = "changes", "verdicts"  # keys of the meta table
# whether one thing was said after another: by the numbers of PubMed's files, else by the time it was received
LATER = """
CREATE OR REPLACE TEMP MACRO is_later(number_1, time_1, offset_1, number_2, time_2, offset_2) AS
CASE WHEN number_1 IS NOT NULL AND number_2 IS NOT NULL THEN (number_1, offset_1) > (number_2, offset_2)
     ELSE (time_1, offset_1) > (time_2, offset_2) END
"""
# a record that was received again, byte for byte: its last place counts
MOVE_ON = f"""
UPDATE document_parts AS p SET {", ".join(f"{name} = c.{name}" for name in PLACE)} FROM came AS c
WHERE p.raw_sha256 = c.raw_sha256
  AND is_later(c.number, c.retrieved, c.byte_offset, p.number, p.retrieved, p.byte_offset)
"""
# of several deletions of one record the last counts
LAST_DELETED = """
CREATE OR REPLACE TEMP TABLE said AS SELECT * EXCLUDE (run_id), max(run_id) AS run_id FROM deletions
WHERE pmid IN (SELECT pmid FROM deletions GROUP BY pmid HAVING count(*) > 1) GROUP BY ALL;

DELETE FROM deletions WHERE pmid IN (SELECT pmid FROM said);

INSERT INTO deletions BY NAME SELECT * FROM said AS one WHERE NOT EXISTS (
    FROM said AS other WHERE other.pmid = one.pmid AND other.version IS NOT DISTINCT FROM one.version
    AND is_later(other.number, other.said, other.byte_offset, one.number, one.said, one.byte_offset));
"""
Age = tuple[int, str]
T = TypeVar("T")
# lists are cast where they are used: DuckDB takes one that is empty, or all NULL, for numbers


@dataclass(frozen=True, slots=True)
class Counts:
    """What a batch changed."""

    documents: int = 0
    evidence: int = 0
    unchanged: int = 0
    older: int = 0
    rejections: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


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


class Build:
    """Write access to the build database. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = duckdb.connect(str(path))
        try:
            self._connection.execute("SET preserve_insertion_order = false")
            self._connection.execute(LATER)
            schema.prepare(self._connection)
        except BaseException as error:
            self._connection.close()
            if isinstance(error, StoreError):
                raise StoreError(f"{path}: {error}") from error
            raise

    def __enter__(self) -> Build:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Write everything to the file itself (no log beside it) and let go of it."""
        self._connection.close()

    # -------------------------------------------------------------------------------------------- runs

    def begin_run(self, run_id: str, command: str, versions: Mapping[str, str]) -> None:
        """Note that a run begins; runs that never ended are noted as interrupted."""
        self._connection.execute("UPDATE run_rows SET status = 'interrupted' WHERE status = 'running'")
        self._connection.execute(
            "INSERT INTO run_rows VALUES (?, ?, NULL, ?, 'running', NULL, ?)",
            [run_id, _now(), command, orjson.dumps(dict(versions)).decode()],
        )

    def end_run(self, run_id: str, status: str, counts: Mapping[str, Any]) -> None:
        self._connection.execute(
            "UPDATE run_rows SET finished = ?, status = ?, counts = ? WHERE run_id = ?",
            [_now(), status, orjson.dumps(dict(counts)).decode(), run_id],
        )

    def write_meta(self, key: str, value: str) -> None:
        schema.write_meta(self._connection, key, value)

    def read_meta(self, key: str) -> str | None:
        return schema.read_meta(self._connection, key)

    @property
    def acquired(self) -> Acquired:
        """What is known of searches, topics and what is still to be asked for."""
        return Acquired(self._connection)

    def refusals_of(self, run_id: str) -> Refusals:
        """What a run did not keep or was not given, and what it searched for."""
        return refusals_of(self._connection, run_id)

    # -------------------------------------------------------------------------------------------- files

    def is_done(self, file_sha256: str, fingerprint: str) -> int | None:
        """How many records a file held that was read to its end with this fingerprint; None if it was not."""
        rows = self._connection.execute(
            "SELECT records FROM files_done WHERE file_sha256 = ? AND fingerprint = ?", [file_sha256, fingerprint]
        ).fetchall()
        return int(rows[0][0]) if rows else None

    def note_file(self, file_sha256: str, uri: str, kept_as: str | None, size: int, now: datetime) -> datetime:
        """Note a raw file, once; returns when its bytes were first there, which a later reading does not change."""
        rows = self._connection.execute(
            "SELECT min(added) FROM raw_files WHERE file_sha256 = ?", [file_sha256]
        ).fetchall()
        added = rows[0][0] or now.replace(tzinfo=None)
        self._connection.execute("DELETE FROM raw_files WHERE file_sha256 = ? AND uri = ?", [file_sha256, uri])
        self._connection.execute(
            "INSERT INTO raw_files VALUES (?, ?, ?, ?, ?)", [file_sha256, uri, kept_as, size, added]
        )
        return added.replace(tzinfo=UTC)

    def note_done(self, file_sha256: str, fingerprint: str, records: int, run_id: str) -> None:
        """Note that a file was read to its end."""
        self._connection.execute("DELETE FROM files_done WHERE file_sha256 = ?", [file_sha256])
        self._connection.execute(
            "INSERT INTO files_done VALUES (?, ?, ?, ?)", [file_sha256, fingerprint, records, run_id]
        )

    def latest(self) -> datetime | None:
        """The latest time at which something was received, or was said to be deleted; None where nothing was."""
        rows = self._connection.execute(
            "SELECT greatest((SELECT max(retrieved) FROM document_parts), (SELECT max(said) FROM deletions))"
        ).fetchall()
        return rows[0][0].replace(tzinfo=UTC) if rows[0][0] else None

    def uris_of(self, file_sha256: str) -> list[str]:
        """Where a raw file has been read from."""
        rows = self._connection.execute("SELECT uri FROM raw_files WHERE file_sha256 = ?", [file_sha256]).fetchall()
        return [row[0] for row in rows]

    def kept_as(self, file_sha256: str | None) -> Path | None:
        """Where the bytes of a raw file are kept; None for one that was only remembered."""
        rows = self._connection.execute(
            "SELECT kept_as FROM raw_files WHERE file_sha256 = ? AND kept_as IS NOT NULL", [file_sha256]
        ).fetchall()
        return Path(rows[0][0]) if rows else None

    def forget_rejections_of(self, *uris: str, reasons: Collection[str] = ()) -> None:
        """A file (or folder) is read again: what was refused in it will be told anew; with ``reasons`` only those."""
        self._connection.execute(
            "DELETE FROM rejection_rows WHERE uri IN (SELECT unnest(?::VARCHAR[])) "
            "AND (? OR reason IN (SELECT unnest(?::VARCHAR[])))",
            [list(uris), not reasons, list(reasons)],
        )

    # -------------------------------------------------------------------------------------------- documents

    def unchanged(self, hashes: Sequence[str], fingerprint: str) -> set[str]:
        """Which raw records are stored already as they would be read now."""
        rows = self._connection.execute(
            "SELECT DISTINCT raw_sha256 FROM document_parts "
            "WHERE fingerprint = ? AND raw_sha256 IN (SELECT unnest(?::VARCHAR[]))",
            [fingerprint, list(hashes)],
        ).fetchall()
        return {row[0] for row in rows}

    def known_as(self, documents: Iterable[Document]) -> dict[str, str]:
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

    def earlier_identities(self, documents: Iterable[Document]) -> list[tuple[str, Stored]]:
        """Parts stored under another identity (a PMCID, a DOI) of documents that now come with a PMID.

        Each comes, once, with the PMID identity it must be read again under. A part that has found its PMID before
        stays where it is: two PMIDs that give one DOI do not take it from each other.
        """
        return self._earlier(
            [(each.document_id, each.pmcid, each.doi) for each in documents if each.pmid and (each.pmcid or each.doi)]
        )

    def _earlier(self, keys: Sequence[tuple[str, str | None, str | None]]) -> list[tuple[str, Stored]]:
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

    def come_again(self, records: Sequence[RawRecord]) -> int:
        """Note that records stored already were received again; returns how many documents that may bring back.

        Where it stood last is noted for records of PubMed's numbered files, and for those that had been deleted.
        """
        return self._come_again([{"raw_sha256": raw.sha256} | place(raw) for raw in records])

    def _come_again(self, rows: Sequence[Row]) -> int:
        touched: list[Any] = []

        def note() -> None:
            run = self._connection.execute
            run("CREATE OR REPLACE TEMP TABLE came AS "
                f"SELECT raw_sha256, {', '.join(PLACE)} FROM document_parts LIMIT 0")  # fmt: skip
            self._insert("came", rows)
            deleted = "p.pmid IN (SELECT pmid FROM deletions)"
            run("CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT p.document_id FROM document_parts AS p "
                f"SEMI JOIN came USING (raw_sha256) WHERE {deleted}")  # fmt: skip
            run(f"{MOVE_ON} AND (c.number IS NOT NULL OR {deleted})")
            touched.extend(run("FROM touched").fetchall())
            for statement in _statements(MERGED) if touched else ():
                run(statement)

        self._whole(note, changes=False)
        return len(touched)

    def left_behind(self, year: int) -> tuple[list[str], int]:
        """PMIDs that stood only in PubMed's files of an earlier year, unless marked; and how many stand in any."""
        rows = self._connection.execute(
            "SELECT p.pmid FROM document_parts AS p JOIN document_rows AS d USING (document_id) "
            "WHERE p.source = 'pubmed' AND p.number < ? AND d.status <> 'deleted' ORDER BY p.pmid",
            [year * FILES_A_YEAR],
        ).fetchall()
        total = self._connection.execute("SELECT count(*) FROM document_parts WHERE number IS NOT NULL").fetchall()
        return [row[0] for row in rows], int(total[0][0])

    def add(
        self,
        articles: Sequence[tuple[Article, RawRecord]],
        *,
        rejections: Sequence[tuple[Rejection, str]] = (),
        deletions: Sequence[Deletion] = (),
        moved: Sequence[str] = (),
        fingerprint: str,
        run_id: str,
        models: str | None = None,
    ) -> Counts:
        """Store a batch, whole or not at all.

        Args:
            articles: articles with the raw records they were read from, in the order of their file. Of several
                versions of one document from one source the newest is kept, of equally old ones the last; one older
                than what came before it is refused (reason ``older_than_stored``).
            rejections: what could not be read, with the place it was in.
            deletions: what the source has deleted; of what came before that, and as long as it does not come again.
            moved: identities under which nothing is stored any more; what was is among the articles again.
            fingerprint: of the knowledge the articles were read with.
            run_id: the run.
            models: the language models that found names in them; None without any.
        """
        ages = self._stored_ages_of([article.document.document_id for article, _ in articles])
        given = [(_part_key(each[0].document), _age(each[0].document), each) for each in articles]
        kept, older = newest(given, ages)
        batch = Batch()
        for article, raw in kept:
            add_article(batch, article, raw, fingerprint=fingerprint, run_id=run_id, models=models)
        for rejection, uri in rejections:
            batch.add("rejection_rows", rejection_row(rejection, run_id, uri=uri))
        for article, raw in older:
            refused = Rejection("assemble", "older_than_stored", str(raw.locator), article.document.document_id)
            batch.add("rejection_rows", rejection_row(refused, run_id, uri=raw.locator.uri))
        for deletion in dict.fromkeys(deletions):
            batch.add("deletions", deletion_row(deletion, run_id))
        if batch.tables or moved:
            parts = [_part_key(article.document) for article, _ in kept]
            self._whole(lambda: self._replace(partial(self._insert_from, batch), batch, parts, deletions, moved))
        evidence = len(batch.tables.get("evidence_rows", ()))
        return Counts(len(kept), evidence, 0, len(older), len(rejections))

    def load(self, parcel: Parcel, *, fingerprint: str, run_id: str) -> Counts:
        """Store what another process has read of a file, whole or not at all; as :meth:`add` would have.

        Records that are stored already as they would be read now are left as they are, and noted to have come again.
        """
        listed = self._listed(parcel)
        known = self.unchanged([row.raw_sha256 for row in listed], fingerprint)
        fresh = [row for row in listed if row.raw_sha256 not in known]
        ages = self._stored_ages_of([row.document_id for row in fresh])
        kept, older = newest([((row.document_id, row.source), (row.version, row.revised), row) for row in fresh], ages)
        extra = Batch()
        for row in older:
            refused = Rejection("assemble", "older_than_stored", str(row.locator), row.document_id)
            extra.add("rejection_rows", rejection_row(refused, run_id, uri=row.uri))
        for deletion in dict.fromkeys(parcel.contents.deletions):
            extra.add("deletions", deletion_row(deletion, run_id))
        found = Loading(self._connection, parcel, run_id, [row.record for row in kept])
        claims = Batch({table: found.rows(table) for table in ("claim_rows", "claim_argument_rows")})

        def insert(table: str) -> None:
            found.insert(table)
            self._insert_from(extra, table)

        if kept or extra.tables or parcel.contents.rejections:
            parts = [(row.document_id, row.source) for row in kept]
            self._whole(lambda: self._replace(insert, claims, parts, parcel.contents.deletions, ()))
        if known:
            self._come_again([row.place | {"raw_sha256": row.raw_sha256} for row in listed if row.raw_sha256 in known])
        unchanged = len(listed) - len(fresh)
        return Counts(len(kept), found.count("evidence_rows"), unchanged, len(older), parcel.contents.rejections)

    def _listed(self, parcel: Parcel) -> list[Listed]:
        return listed_in(self._connection, parcel)

    def moved_by(self, parcel: Parcel) -> list[tuple[str, Stored]]:
        """As :meth:`earlier_identities`, for the documents of a parcel."""
        return self._earlier(
            [(row.document_id, row.pmcid, row.doi) for row in self._listed(parcel) if row.pmcid or row.doi]
        )

    # -------------------------------------------------------------------------------------------- the ledger

    def take_ledger(self, ledger: Ledger) -> None:
        """Make ``ledger`` the one of this database, and the parts stale in which a row that has changed may matter.

        All of it, or nothing: what is stale stays so, through interruptions, until it is read again.
        """
        rows = [_correction_row(row) for row in (*ledger.corrections, *ledger.inactive)]
        changed = self._changed_rows(ledger)

        def take() -> None:
            self._connection.execute("DELETE FROM correction_rows")
            self._insert("correction_rows", rows)
            parts = self._parts_of(changed)
            self._connection.execute(
                "UPDATE document_parts SET fingerprint = ? WHERE (document_id, source) IN "
                "(SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[]))",
                [STALE, [each[0] for each in parts], [each[1] for each in parts]],
            )

        self._whole(take, changes=bool(changed))

    def _parts_of(self, changed: Sequence[tuple[tuple[str, ...], tuple[str, ...]]]) -> list[tuple[str, str]]:
        """The parts that may matter to rows given by their surfaces and their documents; without documents to all."""
        everywhere = {surface for surfaces, documents in changed if not documents for surface in surfaces}
        found = set(parts_with(self._connection, everywhere))
        for surfaces, documents in changed:
            found |= set(parts_with(self._connection, surfaces, documents)) if documents else set()
        return sorted(found)

    def _changed_rows(self, ledger: Ledger) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Surfaces and documents, as they were and as they are, of the rows that have come, gone or changed."""
        rows = self._connection.execute(
            "SELECT correction_id, definition, surface, documents FROM correction_rows WHERE active"
        ).fetchall()
        stored = {row[0]: (row[1], tuple(row[2].split(" | ")), tuple(row[3])) for row in rows}
        now = {row.correction_id: (row.definition, row.surfaces, row.documents) for row in ledger.corrections}
        return [
            (row[1], row[2])
            for here, there in ((stored, now), (now, stored))
            for key, row in here.items()
            if key not in there or there[key][0] != row[0]
        ]

    def stale(self, models: str | None = None) -> Iterator[list[tuple[Document, Mapping[str, tuple[Mention, ...]]]]]:
        """The documents that must be read again, as they are stored, in batches, with what ``models`` found there."""
        parts = self._connection.execute(
            "SELECT document_id, source FROM document_parts WHERE fingerprint = ? ORDER BY ALL", [STALE]
        ).fetchall()
        for first in range(0, len(parts), AGAIN):
            documents = list(stored_documents(self._connection, parts[first : first + AGAIN]))
            yield list(zip(documents, found_by_models(self._connection, documents, models), strict=True))

    def write_again(
        self, articles: Sequence[Article], *, fingerprint: str, run_id: str, models: str | None = None
    ) -> Counts:
        """Replace what was read in documents whose text is as it was; whole or not at all.

        Names of claims that are there already stay as they are, so that what is undone leaves no trace.
        """
        batch = Batch()
        for article in articles:
            add_reading(batch, article, run_id=run_id, models=models)
        self._whole(lambda: self._replace_reading(batch, [article.document for article in articles], fingerprint))
        return Counts(len(articles), len(batch.tables.get("evidence_rows", ())))

    def _replace_reading(self, batch: Batch, documents: Sequence[Document], fingerprint: str) -> None:
        run = self._connection.execute
        self._note_parts([_part_key(document) for document in documents])
        for table in OF_A_READING:
            run(f"DELETE FROM {table} WHERE (document_id, source) IN (SELECT document_id, source FROM part)")
        run(
            "UPDATE document_parts SET fingerprint = ? "
            "WHERE (document_id, source) IN (SELECT document_id, source FROM part)",
            [fingerprint],
        )
        for table in OF_A_READING:
            self._insert(table, batch.tables.get(table, ()))
        known = {row[0] for row in run("SELECT claim_id FROM claim_rows").fetchall()}
        self._insert_claims(
            Batch(
                {
                    table: [row for row in batch.tables.get(table, ()) if row["claim_id"] not in known]
                    for table in ("claim_rows", "claim_argument_rows")
                }
            )
        )
        run("CREATE OR REPLACE TEMP TABLE touched AS SELECT document_id FROM part")
        for statement in _statements(SHOWN):
            run(statement)

    # -------------------------------------------------------------------------------------------- verdicts

    def judged(self, papers: Sequence[Paper]) -> tuple[dict[str, Paper], dict[str, tuple[Reading, ...]]]:
        """The documents that ``papers`` are now, by the document_id they had, and the evidence of each by its own."""
        found = verdicts.papers_like(self._connection, papers)
        return found, verdicts.readings_of(self._connection, {each.document_id for each in found.values()})

    def nearest_passage(self, document_id: str, sentence: str) -> str | None:
        """What in a document is nearest to ``sentence``; None where it stands there, "" where there is no text."""
        return verdicts.nearest_passage(self._connection, document_id, sentence)

    def write_verdicts(self, tables: Mapping[str, Sequence[Row]]) -> bool:
        """Take what became of the verdicts, all of it or nothing; whether that is something new."""
        made = sha256(orjson.dumps([tables.get(table, ()) for table in verdicts.TABLES], default=str))
        if self.read_meta(VERDICTS) == made:
            return False

        def write() -> None:
            for table in verdicts.TABLES:
                self._connection.execute(f"DELETE FROM {table}")
                self._insert(table, tables.get(table, ()))
            self.write_meta(VERDICTS, made)

        self._whole(write)
        return True

    def _stored_ages_of(self, document_ids: Sequence[str]) -> dict[tuple[str, str], Age]:
        """Version and date of revision of the parts that are stored of these documents."""
        rows = self._connection.execute(
            "SELECT document_id, source, version, coalesce(revised, '') FROM document_parts "
            "WHERE document_id IN (SELECT unnest(?::VARCHAR[]))",
            [list(document_ids)],
        ).fetchall()
        return {(row[0], row[1]): (row[2], row[3]) for row in rows}

    def _whole(self, action: Callable[[], None], *, changes: bool = True) -> None:
        """Do ``action`` whole or not at all; ``changes``: whether rows that readers see may have changed."""
        try:
            self._connection.execute("BEGIN")
            action()
            self.write_meta(CHANGES, str(self.changes + changes))
            self._connection.execute("COMMIT")
        except BaseException as error:  # an interruption too leaves no half of a batch
            self._roll_back()
            if not isinstance(error, duckdb.Error):
                raise
            raise StoreError(
                f"{self.path}: a batch could not be written ({error}). Nothing published has changed; "
                "free space on the disk (or mend what is named) and run the same command again."
            ) from error

    @property
    def changes(self) -> int:
        """How many batches have changed this database since it was begun."""
        return int(self.read_meta(CHANGES) or 0)

    def _roll_back(self) -> None:
        try:
            self._connection.execute("ROLLBACK")
        except duckdb.Error:
            self._connection.close()  # a full disk may leave no transaction to roll back

    def _replace(
        self,
        insert: Callable[[str], None],
        claims: Batch,
        parts: Sequence[tuple[str, str]],
        deletions: Sequence[Deletion],
        moved: Sequence[str],
    ) -> None:
        """Put new rows in the place of those of ``parts``; ``insert`` does it for a table, claims come as rows."""
        run = self._connection.execute
        self._note_parts(parts)
        run(f"CREATE OR REPLACE TEMP TABLE target AS {NOTICED}")
        run("CREATE OR REPLACE TEMP TABLE came AS FROM document_parts SEMI JOIN part USING (document_id, source)")
        for table in OF_A_PART:
            run(f"DELETE FROM {table} WHERE (document_id, source) IN (SELECT document_id, source FROM part)")
        for table in (*OF_A_PART, "document_rows") if moved else ():
            run(f"DELETE FROM {table} WHERE document_id IN (SELECT unnest(?::VARCHAR[]))", [list(moved)])
        for table in (*OF_A_PART, "deletions"):
            insert(table)
        self._insert_claims(claims)
        run(f"{MOVE_ON} AND p.document_id = c.document_id AND p.source = c.source")
        for statement in _statements(LAST_DELETED) if deletions else ():
            run(statement)
        run(f"INSERT INTO target {NOTICED} UNION ALL SELECT unnest(?::VARCHAR[])", [[each.pmid for each in deletions]])
        run("CREATE OR REPLACE TEMP TABLE touched AS SELECT document_id FROM part UNION "
            "SELECT document_id FROM document_parts WHERE pmid IN (SELECT pmid FROM target)")  # fmt: skip
        for statement in _statements(SHOWN + MERGED):
            run(statement)

    def _note_parts(self, parts: Sequence[tuple[str, str]]) -> None:
        """The parts that are being written, in the temporary table ``part``."""
        self._connection.execute(
            "CREATE OR REPLACE TEMP TABLE part AS SELECT unnest(?::VARCHAR[]) AS document_id, "
            "unnest(?::VARCHAR[]) AS source",
            [[document_id for document_id, _ in parts], [source for _, source in parts]],
        )

    def _insert_from(self, batch: Batch, table: str) -> None:
        self._insert(table, batch.tables.get(table, ()))

    def _insert_claims(self, batch: Batch) -> None:
        """Claims and their arguments, those that are not there yet; names follow the newest reading."""
        claims = {row["claim_id"]: row for row in batch.tables.get("claim_rows", ())}
        arguments = {
            (row["claim_id"], row["role"], row["entity_key"]): row
            for row in batch.tables.get("claim_argument_rows", ())
        }
        for table in ("claim_rows", "claim_argument_rows"):
            self._connection.execute(
                f"DELETE FROM {table} WHERE claim_id IN (SELECT unnest(?::VARCHAR[]))", [list(claims)]
            )
        self._insert("claim_rows", list(claims.values()))
        self._insert("claim_argument_rows", list(arguments.values()))

    def _insert(self, table: str, rows: Sequence[Row]) -> None:
        """Rows by way of a file of JSON lines: measured at 2 µs a row, without Arrow or pandas."""
        if not rows:
            return
        with tempfile.NamedTemporaryFile(dir=self.path.parent, suffix=".jsonl") as file:
            for row in rows:
                file.write(orjson.dumps(row) + b"\n")
            file.flush()
            self._connection.execute(
                f"INSERT INTO {table} SELECT * FROM {json_rows(self._connection, table)}", {"lines": file.name}
            )


# parts → documents: whose text is used, and the merged row. Evidence is shown from the full text where there is one
# (and from the abstract as well where the full text has none); a front-matter-only article adds no text to PubMed's.
# Words that two used parts share are shown once, from the first of full text, PubMed, JSON Lines and plain text.
SHOWN = """
UPDATE document_parts AS p SET used = NOT (
    (p.source = 'pubmed' AND EXISTS (
        SELECT 1 FROM document_parts AS f
        WHERE f.document_id = p.document_id AND f.source = 'jats' AND f.has_full_text AND f.has_abstract))
    OR (p.source = 'jats' AND NOT p.has_full_text AND EXISTS (
        SELECT 1 FROM document_parts AS f WHERE f.document_id = p.document_id AND f.source = 'pubmed'))
) WHERE p.document_id IN (SELECT document_id FROM touched);

UPDATE evidence_rows AS e SET used = p.used AND NOT (e.source = 'pubmed' AND e.section = 'title' AND EXISTS (
    SELECT 1 FROM document_parts AS f WHERE f.document_id = e.document_id AND f.source = 'jats' AND f.has_full_text))
AND NOT EXISTS (
    SELECT 1 FROM evidence_rows AS same JOIN document_parts AS f USING (document_id, source)
    WHERE f.used AND same.document_id IN (SELECT document_id FROM touched)
      AND same.document_id = e.document_id AND same.evidence_id = e.evidence_id
      AND list_position(['jats', 'pubmed', 'jsonl', 'text'], same.source)
        < list_position(['jats', 'pubmed', 'jsonl', 'text'], e.source))
FROM document_parts AS p
WHERE p.document_id = e.document_id AND p.source = e.source AND e.document_id IN (SELECT document_id FROM touched);

UPDATE mention_rows AS m SET used = p.used AND NOT (m.source = 'pubmed' AND m.section = 'title' AND EXISTS (
    SELECT 1 FROM document_parts AS f WHERE f.document_id = m.document_id AND f.source = 'jats' AND f.has_full_text))
FROM document_parts AS p
WHERE p.document_id = m.document_id AND p.source = m.source AND m.document_id IN (SELECT document_id FROM touched);
"""
MERGED = """
DELETE FROM document_rows WHERE document_id IN (SELECT document_id FROM touched);

INSERT INTO document_rows
WITH part AS (
    SELECT *, CASE source WHEN 'pubmed' THEN 0 WHEN 'jats' THEN 1 ELSE 2 END AS rank
    FROM document_parts WHERE document_id IN (SELECT document_id FROM touched)
), merged AS (
    SELECT document_id, max(pmid) AS pmid, max(pmcid) AS pmcid, max(version) AS version,
           max(number) FILTER (source = 'pubmed') AS number, max(retrieved) FILTER (source = 'pubmed') AS retrieved,
           max(byte_offset) FILTER (source = 'pubmed') AS byte_offset,
           min_by(doi, rank) FILTER (doi IS NOT NULL) AS doi,
           min_by(title, rank) FILTER (title IS NOT NULL) AS title,
           min_by(journal, rank) FILTER (journal IS NOT NULL) AS journal,
           min_by(year, rank) FILTER (year IS NOT NULL) AS year,
           min_by(publication_types, rank) AS publication_types,
           min_by(languages, rank) FILTER (len(languages) > 0) AS languages,
           max_by(licence, rank) FILTER (licence IS NOT NULL) AS licence,
           bool_or(has_full_text) AS has_full_text,
           list_sort(list(source)) AS sources,
           list_distinct(flatten(list(trial_ids))) AS trial_ids,
           list(own_status) AS statuses
    FROM part GROUP BY document_id
), noticed AS (
    SELECT target_pmid AS pmid, list(DISTINCT kind) AS kinds FROM notices
    WHERE target_pmid IN (SELECT pmid FROM merged) GROUP BY target_pmid
)
SELECT m.document_id, m.pmid, m.pmcid, m.doi, m.title, m.journal, m.year, m.publication_types, m.languages, m.licence,
       CASE WHEN EXISTS (SELECT 1 FROM deletions AS d
                         WHERE d.pmid = m.pmid AND coalesce(d.version, m.version) >= m.version
                           AND coalesce(is_later(d.number, d.said, d.byte_offset,
                                                 m.number, m.retrieved, m.byte_offset), true)) THEN 'deleted'
            WHEN list_contains(m.statuses, 'retracted')
                 OR list_has_any(n.kinds, ['RetractionOf', 'RetractedandRepublishedFrom']) THEN 'retracted'
            WHEN list_contains(m.statuses, 'concern') OR list_contains(n.kinds, 'ExpressionOfConcernFor') THEN 'concern'
            WHEN list_contains(m.statuses, 'corrected')
                 OR list_has_any(n.kinds, ['ErratumFor', 'CorrectedandRepublishedFrom', 'PartialRetractionOf'])
                 THEN 'corrected'
            ELSE 'current' END,
       m.has_full_text, m.sources, m.trial_ids
FROM merged AS m LEFT JOIN noticed AS n USING (pmid);
"""


def _statements(script: str) -> list[str]:
    return [statement for statement in script.split(";\n") if statement.strip()]


def _correction_row(row: Correction) -> Row:
    alike = ("correction_id", "kind", "scope", "safety", "reason", "reference", "contributor", "date", "active",
             "documents", "example", "note", "shipped", "definition")  # fmt: skip
    patterns = {"condition": row.condition, "except_": row.except_}
    return {name: getattr(row, name) for name in alike} | {
        "surface": " | ".join(row.surfaces), "target": row.target.name if row.target else None,
        **{name: pattern.pattern if pattern else None for name, pattern in patterns.items()},
    }  # fmt: skip


def _part_key(document: Document) -> tuple[str, str]:
    return document.document_id, document.source.value


def schema_date(document: Document) -> str:
    """When the record was last revised, as text that sorts by time; empty where it does not say."""
    date = document.revised
    return f"{date.year or 0:04}-{date.month or 0:02}-{date.day or 0:02}" if date else ""


def newest(
    given: Iterable[tuple[tuple[str, str], Age, T]], stored: Mapping[tuple[str, str], Age]
) -> tuple[list[T], list[T]]:
    """Of several readings of one part the newest, of equal ones the last; and those older than what came before."""
    kept: dict[tuple[str, str], T] = {}
    older = []
    ages = dict(stored)
    for key, age, reading in given:
        if age < ages.get(key, age):
            older.append(reading)
        else:
            kept[key], ages[key] = reading, age
    return list(kept.values()), older


def _age(document: Document) -> Age:
    return document.version, schema_date(document)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)
