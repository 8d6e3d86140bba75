-- What people decided: the verdicts of RESISTMINE_HOME are matched with the evidence at the end of every run.
CREATE TABLE IF NOT EXISTS verdict_rows (
    verdict_id VARCHAR NOT NULL, evidence_id VARCHAR, judged_evidence_id VARCHAR NOT NULL, document_id VARCHAR NOT NULL,
    verdict VARCHAR NOT NULL, in_force VARCHAR, state VARCHAR NOT NULL, cause VARCHAR NOT NULL, difference VARCHAR,
    reason VARCHAR, comment VARCHAR, edits JSON, curator VARCHAR NOT NULL, date VARCHAR NOT NULL, kind VARCHAR NOT NULL,
    claim VARCHAR NOT NULL, sentence VARCHAR NOT NULL, replaces VARCHAR[], export VARCHAR
);
CREATE TABLE IF NOT EXISTS curated_rows (
    evidence_id VARCHAR NOT NULL, verdict VARCHAR, state VARCHAR NOT NULL, note VARCHAR, reason VARCHAR, comment VARCHAR,
    curator VARCHAR, date VARCHAR, edited BOOLEAN NOT NULL, claim_id VARCHAR, kind VARCHAR, sign TINYINT, label VARCHAR,
    stance VARCHAR, certainty VARCHAR, attribution VARCHAR, direction VARCHAR, degree VARCHAR, interaction VARCHAR,
    value_text VARCHAR, value DOUBLE, unit VARCHAR, comparator VARCHAR, statistic VARCHAR, disease VARCHAR, model VARCHAR,
    setting VARCHAR, acquired BOOLEAN
);
CREATE TABLE IF NOT EXISTS curated_argument_rows (
    claim_id VARCHAR NOT NULL, role VARCHAR NOT NULL, position INTEGER NOT NULL, entity_id VARCHAR, entity_key VARCHAR NOT NULL,
    name VARCHAR NOT NULL, entity_kind VARCHAR NOT NULL
);
