-- acquisition: searches, topics and how far they are complete

-- a search as it was sent, and what PubMed made of it
CREATE TABLE IF NOT EXISTS searches (
    run_id VARCHAR NOT NULL, topic VARCHAR, purpose VARCHAR NOT NULL, term VARCHAR NOT NULL, found UBIGINT NOT NULL,
    translation VARCHAR, warnings VARCHAR[]
);

-- the records that a topic's search found when it was last listed whole
CREATE TABLE IF NOT EXISTS topic_members (topic VARCHAR NOT NULL, pmid VARCHAR NOT NULL);

-- up to which day of entry and of change a topic is complete, as far as its own records show; `query`: of which search
CREATE TABLE IF NOT EXISTS watermarks (
    topic VARCHAR NOT NULL, query VARCHAR NOT NULL, entered DATE, changed DATE, listed TIMESTAMP NOT NULL, run_id VARCHAR NOT NULL
);
