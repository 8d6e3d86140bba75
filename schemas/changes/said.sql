-- What is said in both snapshots, attached as `earlier` and `later`, as curators leave it; and what is no longer, or newly, said.

CREATE TEMP TABLE document_changes AS
WITH earlier_part AS (
    SELECT document_id, max(version) AS version, list_sort(list(raw_sha256)) AS raw FROM earlier.document_parts GROUP BY ALL
), later_part AS (
    SELECT document_id, max(version) AS version, list_sort(list(raw_sha256)) AS raw FROM later.document_parts GROUP BY ALL
), missing AS (
    SELECT document_id, pmcid, doi FROM earlier.document_rows WHERE document_id NOT IN (SELECT document_id FROM later.document_rows)
), moved AS (  -- the same article under another identity
    SELECT document_id, min(other_id) AS moved_to FROM (
        SELECT b.document_id, n.document_id AS other_id FROM missing AS b JOIN later.document_rows AS n ON n.pmcid = b.pmcid
        UNION ALL
        SELECT b.document_id, n.document_id FROM missing AS b JOIN later.document_rows AS n ON lower(n.doi) = lower(b.doi)
    ) GROUP BY ALL
)
SELECT coalesce(n.document_id, b.document_id) AS document_id, coalesce(n.title, b.title) AS title, b.status AS before,
       n.status AS now, earlier_part.version AS version_before, later_part.version AS version_now,
       earlier_part.raw IS DISTINCT FROM later_part.raw AS text_changed,
       coalesce(n.has_full_text AND NOT coalesce(b.has_full_text, false), false) AS full_text_new, moved.moved_to
FROM later.document_rows AS n FULL JOIN earlier.document_rows AS b USING (document_id)
LEFT JOIN earlier_part USING (document_id) LEFT JOIN later_part USING (document_id) LEFT JOIN moved USING (document_id)
WHERE b.status IS DISTINCT FROM n.status OR earlier_part.raw IS DISTINCT FROM later_part.raw;

-- rows of the ledger that have come, gone, or say something else
CREATE TEMP TABLE correction_changes AS
SELECT coalesce(n.correction_id, b.correction_id) AS correction_id, coalesce(n.surface, b.surface) AS surface,
       coalesce(n.target, b.target) AS target, coalesce(n.kind, b.kind) AS kind, coalesce(n.reason, b.reason) AS reason,
       CASE WHEN b.correction_id IS NULL THEN 'added' WHEN n.correction_id IS NULL THEN 'undone' ELSE 'changed' END AS change
FROM (FROM later.correction_rows WHERE active) AS n
FULL JOIN (FROM earlier.correction_rows WHERE active) AS b USING (correction_id)
WHERE n.definition IS DISTINCT FROM b.definition;

CREATE TEMP TABLE earlier_said AS SELECT evidence_id, claim_id, document_id, stance, sentence FROM earlier.curated_evidence;
CREATE TEMP TABLE later_said AS SELECT evidence_id, claim_id, document_id, stance, sentence FROM later.curated_evidence;

-- names that one evidence is read with in both, taken for something else
CREATE TEMP TABLE renamed AS
WITH both_used AS (
    SELECT evidence_id, b.document_id, b.source AS earlier_source, n.source AS later_source
    FROM earlier.evidence_rows AS b JOIN later.evidence_rows AS n USING (evidence_id)
    WHERE b.used AND n.used AND b.claim_id <> n.claim_id
)
SELECT DISTINCT evidence_id, o.surface, o.name AS name_before, o.entity_id AS entity_before, a.name AS name_now,
       a.entity_id AS entity_now, coalesce(a.correction_id, o.correction_id) AS correction_id, c.surface || ' → ' || c.target AS correction
FROM both_used AS e
JOIN earlier.evidence_arguments AS o USING (evidence_id, document_id)
JOIN later.evidence_arguments AS a USING (evidence_id, document_id, role, surface)
LEFT JOIN later.correction_rows AS c ON c.correction_id = coalesce(a.correction_id, o.correction_id)
WHERE o.source = e.earlier_source AND a.source = e.later_source
  AND (o.name, o.entity_id) IS DISTINCT FROM (a.name, a.entity_id)
  AND o.char_start IS NOT DISTINCT FROM a.char_start;

-- evidence that no longer says its claim, and why
CREATE TEMP TABLE gone AS
WITH lost AS (
    FROM earlier_said AS b WHERE NOT EXISTS (FROM later_said AS n WHERE n.evidence_id = b.evidence_id AND n.claim_id = b.claim_id)
), machine AS (
    SELECT evidence_id, bool_or(used) AS used FROM later.evidence_rows SEMI JOIN lost USING (evidence_id) GROUP BY ALL
), standing AS (  -- its words still stand in the document
    SELECT DISTINCT l.evidence_id FROM lost AS l JOIN later.sections AS s USING (document_id) WHERE contains(s.text, l.sentence)
), otherwise AS (  -- its sentence says something else now
    SELECT l.evidence_id, min(n.claim_id) AS claim_id FROM lost AS l JOIN later_said AS n USING (document_id, sentence)
    WHERE n.evidence_id <> l.evidence_id GROUP BY ALL
), undone AS (
    SELECT l.evidence_id, min(a.correction_id) AS correction_id
    FROM lost AS l JOIN earlier.evidence_arguments AS a USING (evidence_id, document_id)
    JOIN correction_changes AS c USING (correction_id) GROUP BY ALL
), unnamed AS (  -- one of its names is none, a correction says
    SELECT l.evidence_id, min(c.correction_id) AS correction_id
    FROM lost AS l JOIN earlier.evidence_arguments AS a USING (evidence_id, document_id)
    JOIN later.rejection_rows AS r ON r.document_id = l.document_id AND r.reason = 'no_name_by_correction'
    JOIN correction_changes AS c ON r.detail = c.correction_id || ': ' || a.surface
    GROUP BY ALL
), renaming AS (
    SELECT evidence_id, min(correction_id) AS correction_id FROM renamed GROUP BY ALL
)
SELECT l.evidence_id, l.claim_id, l.document_id,
       CASE WHEN v.verdict = 'reject' THEN 'rejected' WHEN v.edited THEN 'edited'
            WHEN n.claim_id IS NOT NULL AND r.evidence_id IS NULL THEN 'edit_undone'
            WHEN n.claim_id IS NOT NULL THEN 'regrounded' WHEN d.moved_to IS NOT NULL THEN 'document_moved'
            WHEN d.document_id IS NOT NULL AND d.now IS NULL THEN 'document_gone' WHEN NOT m.used THEN 'other_text_read'
            WHEN u.correction_id IS NOT NULL THEN 'correction' WHEN x.correction_id IS NOT NULL THEN 'correction'
            WHEN d.text_changed AND s.evidence_id IS NULL THEN 'sentence_gone'
            WHEN o.claim_id IS NOT NULL THEN 'read_otherwise' ELSE 'not_read_any_more' END AS why,
       coalesce(u.correction_id, x.correction_id, r.correction_id) AS correction_id,
       coalesce(n.claim_id, o.claim_id) AS other_claim_id,
       CASE WHEN v.verdict = 'reject' THEN concat_ws(': ', v.curator, v.reason) WHEN v.edited THEN v.curator ELSE d.moved_to END AS detail
FROM lost AS l
LEFT JOIN (SELECT evidence_id, min(claim_id) AS claim_id FROM later_said GROUP BY ALL) AS n USING (evidence_id)
LEFT JOIN later.curated_rows AS v ON v.evidence_id = l.evidence_id
LEFT JOIN machine AS m ON m.evidence_id = l.evidence_id
LEFT JOIN standing AS s ON s.evidence_id = l.evidence_id
LEFT JOIN otherwise AS o ON o.evidence_id = l.evidence_id
LEFT JOIN undone AS u ON u.evidence_id = l.evidence_id
LEFT JOIN unnamed AS x ON x.evidence_id = l.evidence_id
LEFT JOIN renaming AS r ON r.evidence_id = l.evidence_id
LEFT JOIN document_changes AS d ON d.document_id = l.document_id;

-- evidence that newly says its claim, and why
CREATE TEMP TABLE come AS
WITH fresh AS (
    FROM later_said AS n WHERE NOT EXISTS (FROM earlier_said AS b WHERE b.evidence_id = n.evidence_id AND b.claim_id = n.claim_id)
), standing AS (  -- its words stood in the document before
    SELECT DISTINCT f.evidence_id FROM fresh AS f JOIN earlier.sections AS s USING (document_id) WHERE contains(s.text, f.sentence)
), corrected AS (
    SELECT f.evidence_id, min(a.correction_id) AS correction_id
    FROM fresh AS f JOIN later.evidence_arguments AS a USING (evidence_id, document_id)
    JOIN correction_changes AS c USING (correction_id) GROUP BY ALL
), renaming AS (
    SELECT evidence_id, min(correction_id) AS correction_id FROM renamed GROUP BY ALL
), otherwise AS (  -- its sentence said something else before
    SELECT f.evidence_id, min(b.claim_id) AS claim_id FROM fresh AS f JOIN earlier_said AS b USING (document_id, sentence)
    WHERE b.evidence_id <> f.evidence_id GROUP BY ALL
), refused AS (
    SELECT DISTINCT evidence_id FROM earlier.curated_rows WHERE verdict = 'reject'
), moved AS (
    SELECT DISTINCT moved_to AS document_id FROM document_changes WHERE moved_to IS NOT NULL
)
SELECT f.evidence_id, f.claim_id, f.document_id,
       CASE WHEN v.edited THEN 'edited' WHEN b.claim_id IS NOT NULL AND r.evidence_id IS NULL THEN 'edit_undone'
            WHEN b.claim_id IS NOT NULL THEN 'regrounded' WHEN x.evidence_id IS NOT NULL THEN 'rejection_undone'
            WHEN moved.document_id IS NOT NULL AND d.before IS NULL THEN 'document_moved'
            WHEN d.document_id IS NOT NULL AND d.before IS NULL THEN 'new_document'
            WHEN d.full_text_new THEN 'full_text_read' WHEN d.text_changed AND s.evidence_id IS NULL THEN 'new_version'
            WHEN c.correction_id IS NOT NULL THEN 'correction' WHEN o.claim_id IS NOT NULL THEN 'read_anew' ELSE 'read_now' END AS why,
       coalesce(c.correction_id, r.correction_id) AS correction_id, coalesce(b.claim_id, o.claim_id) AS other_claim_id,
       CASE WHEN v.edited THEN v.curator END AS detail
FROM fresh AS f
LEFT JOIN (SELECT evidence_id, min(claim_id) AS claim_id FROM earlier_said GROUP BY ALL) AS b USING (evidence_id)
LEFT JOIN later.curated_rows AS v ON v.evidence_id = f.evidence_id
LEFT JOIN standing AS s ON s.evidence_id = f.evidence_id
LEFT JOIN corrected AS c ON c.evidence_id = f.evidence_id
LEFT JOIN renaming AS r ON r.evidence_id = f.evidence_id
LEFT JOIN otherwise AS o ON o.evidence_id = f.evidence_id
LEFT JOIN refused AS x ON x.evidence_id = f.evidence_id
LEFT JOIN moved ON moved.document_id = f.document_id
LEFT JOIN document_changes AS d ON d.document_id = f.document_id;

-- evidence that says its claim with another stance
CREATE TEMP TABLE turned AS
SELECT n.evidence_id, n.claim_id, n.document_id, CASE WHEN v.edited THEN 'edited' ELSE 'stance_read_otherwise' END AS why,
       NULL::VARCHAR AS correction_id, NULL::VARCHAR AS other_claim_id, CASE WHEN v.edited THEN v.curator END AS detail
FROM later_said AS n JOIN earlier_said AS b USING (evidence_id, claim_id)
LEFT JOIN later.curated_rows AS v ON v.evidence_id = n.evidence_id
WHERE n.stance <> b.stance;
