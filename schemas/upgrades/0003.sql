-- A record that comes after its deletion is back: both keep the number of PubMed's file they stood in, deletions their time.
ALTER TABLE document_parts ADD COLUMN number INTEGER;
UPDATE document_parts SET number = 100000 * CAST(regexp_extract(uri, 'pubmed(\d\d)n(\d{4,5})\.xml(\.gz)?$', 1) AS INTEGER)
    + CAST(regexp_extract(uri, 'pubmed(\d\d)n(\d{4,5})\.xml(\.gz)?$', 2) AS INTEGER)
WHERE source = 'pubmed' AND regexp_matches(uri, 'pubmed(\d\d)n(\d{4,5})\.xml(\.gz)?$');
ALTER TABLE deletions ADD COLUMN number INTEGER;
ALTER TABLE deletions ADD COLUMN said TIMESTAMP;
ALTER TABLE deletions ADD COLUMN byte_offset UBIGINT;
UPDATE deletions AS d SET byte_offset = 4611686018427387904,
    said = coalesce((SELECT max(coalesce(finished, started)) FROM run_rows AS r WHERE r.run_id = d.run_id), TIMESTAMP '2000-01-01');
