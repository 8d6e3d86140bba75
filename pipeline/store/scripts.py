"""SQL that a batch of rows needs in its wake: what came last, and what its documents are then."""

from __future__ import annotations

from pipeline.store.parcel import PLACE

NOTICED = (
    "SELECT target_pmid AS pmid FROM notices SEMI JOIN part USING (document_id, source) WHERE target_pmid IS NOT NULL"
)
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


def statements(script: str) -> list[str]:
    """The statements of a script, one by one."""
    return [statement for statement in script.split(";\n") if statement.strip()]
