-- The circumstances of each evidence with the words that tell them; those read before get theirs when they are read again.
CREATE TABLE circumstances (
    evidence_id VARCHAR NOT NULL, document_id VARCHAR NOT NULL, source VARCHAR NOT NULL, name VARCHAR NOT NULL,
    value VARCHAR NOT NULL, place VARCHAR NOT NULL, section_index INTEGER, char_start INTEGER, char_end INTEGER
);
