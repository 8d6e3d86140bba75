-- The tables under the views, schema version 7. They may change; the views in views/ are what readers rely on.
-- No keys and no indexes: rows are replaced by staged delete and insert, which stays fast however many nights have
-- been loaded (an index or ON CONFLICT does not), and identity is made by the pipeline, not by the database.

CREATE TABLE meta (key VARCHAR NOT NULL, value VARCHAR NOT NULL);

CREATE TABLE run_rows (
    run_id VARCHAR NOT NULL, started TIMESTAMP NOT NULL, finished TIMESTAMP, command VARCHAR NOT NULL,
    status VARCHAR NOT NULL, counts JSON, versions JSON
);

CREATE TABLE raw_files (
    file_sha256 VARCHAR NOT NULL, uri VARCHAR NOT NULL, kept_as VARCHAR, size UBIGINT NOT NULL, added TIMESTAMP NOT NULL
);

-- a file read to its end with this fingerprint of the knowledge need not be read again
CREATE TABLE files_done (file_sha256 VARCHAR NOT NULL, fingerprint VARCHAR NOT NULL, records UBIGINT NOT NULL, run_id VARCHAR NOT NULL);

-- what one source says of one document; `used`: whether its text is the one that evidence is shown from
CREATE TABLE document_parts (
    document_id VARCHAR NOT NULL, source VARCHAR NOT NULL, raw_sha256 VARCHAR NOT NULL, fingerprint VARCHAR NOT NULL,
    pmid VARCHAR, pmcid VARCHAR, doi VARCHAR, version INTEGER NOT NULL, revised VARCHAR, title VARCHAR, journal VARCHAR,
    year INTEGER, published JSON, electronic JSON, publication_types VARCHAR[], languages VARCHAR[], licence VARCHAR,
    own_status VARCHAR NOT NULL, has_full_text BOOLEAN NOT NULL, has_abstract BOOLEAN NOT NULL, authors JSON, mesh JSON,
    keywords VARCHAR[], chemicals VARCHAR[], trial_ids VARCHAR[], volume VARCHAR, issue VARCHAR, pages VARCHAR,
    uri VARCHAR NOT NULL, member VARCHAR, byte_offset UBIGINT NOT NULL, byte_length UBIGINT, file_sha256 VARCHAR,
    retrieved TIMESTAMP NOT NULL, run_id VARCHAR NOT NULL, used BOOLEAN NOT NULL, number INTEGER
);

CREATE TABLE notices (document_id VARCHAR NOT NULL, source VARCHAR NOT NULL, kind VARCHAR NOT NULL, target_pmid VARCHAR, citation VARCHAR);

CREATE TABLE cited (document_id VARCHAR NOT NULL, source VARCHAR NOT NULL, pmid VARCHAR, doi VARCHAR, pmcid VARCHAR);

-- an article that its source has deleted; the document stays, marked so until its record is received again. Which came
-- last is told by `number` (that of PubMed's baseline and update files, with the year), else by the time
CREATE TABLE deletions (
    pmid VARCHAR NOT NULL, version INTEGER, run_id VARCHAR NOT NULL, number INTEGER, said TIMESTAMP NOT NULL,
    byte_offset UBIGINT NOT NULL
);

-- one row a document, made of its parts whenever one of them changes
CREATE TABLE document_rows (
    document_id VARCHAR NOT NULL, pmid VARCHAR, pmcid VARCHAR, doi VARCHAR, title VARCHAR, journal VARCHAR, year INTEGER,
    publication_types VARCHAR[], languages VARCHAR[], licence VARCHAR, status VARCHAR NOT NULL, has_full_text BOOLEAN NOT NULL,
    sources VARCHAR[], trial_ids VARCHAR[]
);

-- the text of documents that passed the screen; what was screened out can be read again from its raw record
CREATE TABLE sections (
    document_id VARCHAR NOT NULL, source VARCHAR NOT NULL, section_index INTEGER NOT NULL, kind VARCHAR NOT NULL,
    heading VARCHAR, category VARCHAR, language VARCHAR, text VARCHAR NOT NULL, cells JSON
);

CREATE TABLE claim_rows (claim_id VARCHAR NOT NULL, kind VARCHAR NOT NULL, sign TINYINT, label VARCHAR NOT NULL);

CREATE TABLE claim_argument_rows (
    claim_id VARCHAR NOT NULL, role VARCHAR NOT NULL, position INTEGER NOT NULL, entity_id VARCHAR, entity_key VARCHAR NOT NULL,
    name VARCHAR NOT NULL, entity_kind VARCHAR NOT NULL
);

CREATE TABLE evidence_rows (
    evidence_id VARCHAR NOT NULL, claim_id VARCHAR NOT NULL, kind VARCHAR NOT NULL, document_id VARCHAR NOT NULL,
    source VARCHAR NOT NULL, section_index INTEGER NOT NULL, section VARCHAR NOT NULL, sentence VARCHAR NOT NULL,
    sentence_start INTEGER NOT NULL, sentence_end INTEGER NOT NULL, stance VARCHAR NOT NULL, certainty VARCHAR NOT NULL,
    attribution VARCHAR NOT NULL, rule VARCHAR NOT NULL, direction VARCHAR, degree VARCHAR, interaction VARCHAR,
    value_text VARCHAR, value DOUBLE, unit VARCHAR, comparator VARCHAR, statistic VARCHAR, disease VARCHAR, model VARCHAR,
    setting VARCHAR, acquired BOOLEAN, used BOOLEAN NOT NULL, confidence DOUBLE
);

CREATE TABLE evidence_arguments (
    evidence_id VARCHAR NOT NULL, document_id VARCHAR NOT NULL, source VARCHAR NOT NULL, role VARCHAR NOT NULL,
    position INTEGER NOT NULL, entity_id VARCHAR, name VARCHAR NOT NULL, entity_kind VARCHAR NOT NULL, surface VARCHAR NOT NULL,
    char_start INTEGER, char_end INTEGER, correction_id VARCHAR
);

-- what tells the circumstances of an evidence; offsets count in the text of the section, of a `heading` in the heading
CREATE TABLE circumstances (
    evidence_id VARCHAR NOT NULL, document_id VARCHAR NOT NULL, source VARCHAR NOT NULL, name VARCHAR NOT NULL,
    value VARCHAR NOT NULL, place VARCHAR NOT NULL, section_index INTEGER, char_start INTEGER, char_end INTEGER
);

CREATE TABLE mention_rows (
    document_id VARCHAR NOT NULL, source VARCHAR NOT NULL, section_index INTEGER NOT NULL, section VARCHAR NOT NULL,
    char_start INTEGER NOT NULL, char_end INTEGER NOT NULL, text VARCHAR NOT NULL, kind VARCHAR, label VARCHAR,
    found_by VARCHAR NOT NULL, entity_id VARCHAR, name VARCHAR, reason VARCHAR, candidates VARCHAR[], correction_id VARCHAR,
    used BOOLEAN NOT NULL
);

-- a sentence that was read, and what the language models found in it (start, end, kind, label), so that a correction can be
-- applied without running them; none where no models are used
CREATE TABLE sentence_rows (
    document_id VARCHAR NOT NULL, source VARCHAR NOT NULL, section_index INTEGER NOT NULL, char_start INTEGER NOT NULL,
    char_end INTEGER NOT NULL, models VARCHAR NOT NULL, found JSON NOT NULL
);

-- the ledger that the documents are read with, those aside whose fingerprint is 'stale': they are read again by the next run
CREATE TABLE correction_rows (
    correction_id VARCHAR NOT NULL, surface VARCHAR NOT NULL, target VARCHAR, kind VARCHAR NOT NULL, scope VARCHAR NOT NULL,
    safety VARCHAR NOT NULL, reason VARCHAR NOT NULL, reference VARCHAR, contributor VARCHAR, date VARCHAR, active BOOLEAN NOT NULL,
    condition VARCHAR, except_ VARCHAR, documents VARCHAR[], example VARCHAR, note VARCHAR, shipped BOOLEAN NOT NULL,
    definition VARCHAR NOT NULL
);

CREATE TABLE rejection_rows (
    document_id VARCHAR, source VARCHAR, stage VARCHAR NOT NULL, reason VARCHAR NOT NULL, detail VARCHAR, count UBIGINT NOT NULL,
    run_id VARCHAR NOT NULL, uri VARCHAR
);

-- a search as it was sent, and what PubMed made of it
CREATE TABLE searches (
    run_id VARCHAR NOT NULL, topic VARCHAR, purpose VARCHAR NOT NULL, term VARCHAR NOT NULL, found UBIGINT NOT NULL,
    translation VARCHAR, warnings VARCHAR[]
);

-- the records that a topic's search found when it was last listed whole
CREATE TABLE topic_members (topic VARCHAR NOT NULL, pmid VARCHAR NOT NULL);

-- up to which day of entry and of change a topic is complete, as far as its own records show; `query`: of which search
CREATE TABLE watermarks (
    topic VARCHAR NOT NULL, query VARCHAR NOT NULL, entered DATE, changed DATE, listed TIMESTAMP NOT NULL, run_id VARCHAR NOT NULL
);

-- What people decided: verdicts matched with the evidence at the end of every run; one row a verdict ever given,
-- one row an evidence that has one (with what it says as edited), and the arguments of claims that came of editing.
CREATE TABLE verdict_rows (
    verdict_id VARCHAR NOT NULL, evidence_id VARCHAR, judged_evidence_id VARCHAR NOT NULL, document_id VARCHAR NOT NULL,
    verdict VARCHAR NOT NULL, in_force VARCHAR, state VARCHAR NOT NULL, cause VARCHAR NOT NULL, difference VARCHAR,
    reason VARCHAR, comment VARCHAR, edits JSON, curator VARCHAR NOT NULL, date VARCHAR NOT NULL, kind VARCHAR NOT NULL,
    claim VARCHAR NOT NULL, sentence VARCHAR NOT NULL, replaces VARCHAR[], export VARCHAR
);
CREATE TABLE curated_rows (
    evidence_id VARCHAR NOT NULL, verdict VARCHAR, state VARCHAR NOT NULL, note VARCHAR, reason VARCHAR, comment VARCHAR,
    curator VARCHAR, date VARCHAR, edited BOOLEAN NOT NULL, claim_id VARCHAR, kind VARCHAR, sign TINYINT, label VARCHAR,
    stance VARCHAR, certainty VARCHAR, attribution VARCHAR, direction VARCHAR, degree VARCHAR, interaction VARCHAR,
    value_text VARCHAR, value DOUBLE, unit VARCHAR, comparator VARCHAR, statistic VARCHAR, disease VARCHAR, model VARCHAR,
    setting VARCHAR, acquired BOOLEAN
);
CREATE TABLE curated_argument_rows (
    claim_id VARCHAR NOT NULL, role VARCHAR NOT NULL, position INTEGER NOT NULL, entity_id VARCHAR, entity_key VARCHAR NOT NULL,
    name VARCHAR NOT NULL, entity_kind VARCHAR NOT NULL
);
