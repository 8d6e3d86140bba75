-- The ledger is kept whole, so that a run can tell which of its rows have changed; tables keep their cells. What was read
-- before has neither: the next run takes every row for a new one, and documents with tables wait for their file.
DROP TABLE correction_rows;
CREATE TABLE correction_rows (
    correction_id VARCHAR NOT NULL, surface VARCHAR NOT NULL, target VARCHAR, kind VARCHAR NOT NULL, scope VARCHAR NOT NULL,
    safety VARCHAR NOT NULL, reason VARCHAR NOT NULL, reference VARCHAR, contributor VARCHAR, date VARCHAR, active BOOLEAN NOT NULL,
    condition VARCHAR, except_ VARCHAR, documents VARCHAR[], example VARCHAR, note VARCHAR, shipped BOOLEAN NOT NULL,
    definition VARCHAR NOT NULL
);
ALTER TABLE sections ADD COLUMN cells JSON;
CREATE TABLE sentence_rows (
    document_id VARCHAR NOT NULL, source VARCHAR NOT NULL, section_index INTEGER NOT NULL, char_start INTEGER NOT NULL,
    char_end INTEGER NOT NULL, models VARCHAR NOT NULL, found JSON NOT NULL
);
