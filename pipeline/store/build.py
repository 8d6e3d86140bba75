"""The database being built: one process, batch by batch, each batch whole or not at all.

A batch replaces rows by staged delete and insert. What a run had committed when it broke off stays in the build
database and is published by the next run, which skips it as unchanged.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
from pipeline.store.files import Files
from pipeline.store.identities import Identities, Stored
from pipeline.store.parcel import PLACE, Arriving, Loading, Parcel, json_rows
from pipeline.store.refusals import Refusals, refusals_of
from pipeline.store.rows import Batch, Row, add_article, add_reading, deletion_row, place, rejection_row
from pipeline.store.scripts import LAST_DELETED, LATER, MERGED, MOVE_ON, NOTICED, SHOWN, statements
from pipeline.text import sha256

# tables whose rows belong to one source of one document, and go when that is read again
OF_A_PART = (
    "document_parts", "notices", "cited", "sections", "sentence_rows", "mention_rows", "evidence_rows",
    "evidence_arguments", "circumstances", "rejection_rows",
)  # fmt: skip
OF_A_READING = OF_A_PART[OF_A_PART.index("sentence_rows") :]  # the others tell of the part itself
STALE = "stale"  # in the place of the fingerprint of a part that must be read again
SPARING = "64MB"  # memory for the rows of a whole file on their way in; more is put aside on the disk
AGAIN = 200  # parts that are read again at once
CHANGES, VERDICTS = "changes", "verdicts"  # keys of the meta table
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

    @property
    def files(self) -> Files:
        """What is known of files and replies."""
        return Files(self._connection)

    @property
    def identities(self) -> Identities:
        """Under which identities documents are stored."""
        return Identities(self._connection)

    def refusals_of(self, run_id: str) -> Refusals:
        """What a run did not keep or was not given, and what it searched for."""
        return refusals_of(self._connection, run_id)

    # -------------------------------------------------------------------------------------------- documents

    def unchanged(self, hashes: Sequence[str], fingerprint: str) -> set[str]:
        """Which raw records are stored already as they would be read now."""
        rows = self._connection.execute(
            "SELECT DISTINCT raw_sha256 FROM document_parts "
            "WHERE fingerprint = ? AND raw_sha256 IN (SELECT unnest(?::VARCHAR[]))",
            [fingerprint, list(hashes)],
        ).fetchall()
        return {row[0] for row in rows}

    def come_again(self, records: Sequence[RawRecord]) -> int:
        """Note that records stored already were received again; returns how many documents that may bring back.

        Where it stood last is noted for records of PubMed's numbered files, and for those that had been deleted.
        """
        rows = [{"raw_sha256": raw.sha256} | place(raw) for raw in records]
        return self._come_again(lambda: self._insert("came", rows))

    def _come_again(self, fill: Callable[[], None]) -> int:
        touched: list[Any] = []

        def note() -> None:
            run = self._connection.execute
            run("CREATE OR REPLACE TEMP TABLE came AS "
                f"SELECT raw_sha256, {', '.join(PLACE)} FROM document_parts LIMIT 0")  # fmt: skip
            fill()
            deleted = "p.pmid IN (SELECT pmid FROM deletions)"
            run("CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT p.document_id FROM document_parts AS p "
                f"SEMI JOIN came USING (raw_sha256) WHERE {deleted}")  # fmt: skip
            run(f"{MOVE_ON} AND (c.number IS NOT NULL OR {deleted})")
            touched.extend(run("FROM touched").fetchall())
            for statement in statements(MERGED) if touched else ():
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
        arriving = Arriving(self._connection, parcel, fingerprint)
        fresh = arriving.fresh()
        ages = self._stored_ages_of([row.document_id for row in fresh])
        kept, older = newest([((row.document_id, row.source), (row.version, row.revised), row) for row in fresh], ages)
        extra = Batch()
        places = arriving.locators([row.record for row in older])
        for row in older:
            place_of = places[row.record]
            refused = Rejection("assemble", "older_than_stored", str(place_of), row.document_id)
            extra.add("rejection_rows", rejection_row(refused, run_id, uri=place_of.uri))
        for deletion in dict.fromkeys(parcel.contents.deletions):
            extra.add("deletions", deletion_row(deletion, run_id))
        found = Loading(self._connection, parcel, run_id, [row.record for row in kept])
        claims = Batch({table: found.rows(table) for table in ("claim_rows", "claim_argument_rows")})

        def insert(table: str) -> None:
            found.insert(table)
            self._insert_from(extra, table)

        if kept or extra.tables or parcel.contents.rejections:
            parts = [(row.document_id, row.source) for row in kept]
            self._sparingly(lambda: self._replace(insert, claims, parts, parcel.contents.deletions, ()))
        if arriving.known:
            self._come_again(arriving.note_known)
        evidence, unread = found.count("evidence_rows"), parcel.contents.rejections
        return Counts(len(kept), evidence, arriving.known, len(older), unread)

    def moved_by(self, parcel: Parcel) -> list[tuple[str, Stored]]:
        """As :meth:`Identities.earlier`, for the documents of a parcel."""
        return self.identities.of_keys(Arriving(self._connection, parcel, "").keys())

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
        for statement in statements(SHOWN):
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

    def _sparingly(self, action: Callable[[], None]) -> None:
        """The same in little memory, however long a file is; what cannot be done so is done with what there is."""
        asked = "SELECT current_setting('memory_limit'), current_setting('threads')"
        memory, threads = self._connection.execute(asked).fetchall()[0]
        self._connection.execute(f"SET threads = 1; SET memory_limit = '{SPARING}'")
        try:
            return self._whole(action)
        except StoreError as error:
            if not isinstance(error.__cause__, duckdb.OutOfMemoryException):
                raise
        finally:
            # RESET leaves the limit where it is
            self._connection.execute(f"SET threads = {threads}; SET memory_limit = '{memory}'")
        self._whole(action)

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
        for statement in statements(LAST_DELETED) if deletions else ():
            run(statement)
        run(f"INSERT INTO target {NOTICED} UNION ALL SELECT unnest(?::VARCHAR[])", [[each.pmid for each in deletions]])
        run("CREATE OR REPLACE TEMP TABLE touched AS SELECT document_id FROM part UNION "
            "SELECT document_id FROM document_parts WHERE pmid IN (SELECT pmid FROM target)")  # fmt: skip
        for statement in statements(SHOWN + MERGED):
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
            longest = 0
            for row in rows:
                longest = max(longest, file.write(orjson.dumps(row) + b"\n"))
            file.flush()
            self._connection.execute(
                f"INSERT INTO {table} SELECT * FROM {json_rows(self._connection, table, longest)}", {"lines": file.name}
            )


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
