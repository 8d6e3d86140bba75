-- Claims that weigh otherwise than they did, with the papers that make the difference; after said.sql.

CREATE TEMP TABLE earlier_claims AS FROM earlier.curated_claims;
CREATE TEMP TABLE later_claims AS FROM later.curated_claims;

-- why a paper says a claim otherwise: of several evidence the first reason of this order
CREATE TEMP TABLE reasons AS
WITH told AS (
    FROM gone UNION ALL FROM come UNION ALL FROM turned
), ranked AS (
    SELECT *, list_position(['rejected', 'edited', 'regrounded', 'correction', 'rejection_undone', 'edit_undone', 'document_moved',
                             'document_gone', 'new_document', 'full_text_read', 'new_version', 'other_text_read', 'sentence_gone',
                             'stance_read_otherwise', 'read_otherwise', 'read_anew', 'read_now', 'not_read_any_more'], why) AS rank
    FROM told
)
SELECT r.claim_id, r.document_id,
       arg_min(struct_pack(why, correction_id, other_claim_id, other_label := coalesce(n.label, b.label), detail), (rank, evidence_id)) AS reason,
       bool_and(why IN ('regrounded', 'correction')) AND bool_or(why = 'regrounded') AS regrounded
FROM ranked AS r
LEFT JOIN later_claims AS n ON n.claim_id = r.other_claim_id
LEFT JOIN earlier_claims AS b ON b.claim_id = r.other_claim_id
GROUP BY r.claim_id, r.document_id;

CREATE TEMP TABLE paper_changes AS
SELECT coalesce(n.claim_id, b.claim_id) AS claim_id, coalesce(n.document_id, b.document_id) AS document_id,
       CASE WHEN b.stands THEN b.stance END AS before, CASE WHEN n.stands THEN n.stance END AS now,
       b.document_status AS status_before, n.document_status AS status_now, r.reason, coalesce(r.regrounded, false) AS regrounded
FROM (FROM later.claim_papers WHERE curated) AS n
FULL JOIN (FROM earlier.claim_papers WHERE curated) AS b ON b.claim_id = n.claim_id AND b.document_id = n.document_id
LEFT JOIN reasons AS r ON r.claim_id = coalesce(n.claim_id, b.claim_id) AND r.document_id = coalesce(n.document_id, b.document_id)
WHERE (b.stance, b.stands, b.document_status = 'concern') IS DISTINCT FROM (n.stance, n.stands, n.document_status = 'concern');

CREATE TEMP TABLE claim_changes AS
WITH papers AS (
    SELECT claim_id, bool_and(regrounded) AS regrounded, bool_or(status_now = 'retracted') AS retracted,
           list(struct_pack(document_id, before, now, status_before, status_now, why := reason.why, correction_id := reason.correction_id,
                            other_claim_id := reason.other_claim_id, other_label := reason.other_label, detail := reason.detail) ORDER BY document_id) AS papers
    FROM paper_changes GROUP BY claim_id
), weighed AS (
    SELECT coalesce(n.claim_id, b.claim_id) AS claim_id, coalesce(n.kind, b.kind) AS kind, coalesce(n.label, b.label) AS label,
           b AS before, n AS now,
           n.papers_supporting - b.papers_supporting AS more_for, n.papers_refuting - b.papers_refuting AS more_against,
           n.papers_mixed - b.papers_mixed AS more_mixed, n.papers_in_doubt - b.papers_in_doubt AS more_doubt
    FROM later_claims AS n FULL JOIN earlier_claims AS b ON b.claim_id = n.claim_id
)
SELECT w.claim_id, w.kind, w.label,
       CASE WHEN w.before.claim_id IS NULL AND p.regrounded THEN 'regrounded' WHEN w.before.claim_id IS NULL THEN 'new'
            WHEN w.now.claim_id IS NULL AND p.regrounded THEN 'regrounded' WHEN w.now.claim_id IS NULL THEN 'disappeared'
            WHEN w.now.status = 'retracted' AND w.before.status <> 'retracted' THEN
                CASE WHEN p.retracted THEN 'retracted' ELSE 'disappeared' END
            WHEN w.now.status <> 'retracted' AND w.before.status = 'retracted' THEN 'restored'
            WHEN w.now.status = 'contested' AND w.before.status <> 'contested' THEN 'contradicted'
            WHEN w.more_for < 0 OR w.more_against > 0 OR w.more_mixed > 0 OR w.more_doubt > 0 THEN 'weakened'
            ELSE 'strengthened' END AS change,
       CASE WHEN w.before.claim_id IS NOT NULL THEN struct_pack(
           supporting := w.before.papers_supporting, refuting := w.before.papers_refuting, mixed := w.before.papers_mixed,
           withdrawn := w.before.papers_withdrawn, in_doubt := w.before.papers_in_doubt, status := w.before.status) END AS before,
       CASE WHEN w.now.claim_id IS NOT NULL THEN struct_pack(
           supporting := w.now.papers_supporting, refuting := w.now.papers_refuting, mixed := w.now.papers_mixed,
           withdrawn := w.now.papers_withdrawn, in_doubt := w.now.papers_in_doubt, status := w.now.status) END AS now,
       p.papers
FROM weighed AS w JOIN papers AS p USING (claim_id)
WHERE w.before.claim_id IS NULL OR w.now.claim_id IS NULL OR w.before.status <> w.now.status
   OR w.more_for <> 0 OR w.more_against <> 0 OR w.more_mixed <> 0 OR w.more_doubt <> 0;

-- claims whose evidence is the same and names something else
CREATE TEMP TABLE regroundings AS
WITH moved AS (
    SELECT g.claim_id AS from_claim_id, g.other_claim_id AS to_claim_id, g.evidence_id, g.document_id
    FROM gone AS g WHERE g.why = 'regrounded'
), named AS (
    SELECT m.from_claim_id, m.to_claim_id,
           list_sort(list(DISTINCT struct_pack(surface := r.surface, name_before := r.name_before, entity_before := r.entity_before,
                                               name_now := r.name_now, entity_now := r.entity_now, correction_id := r.correction_id, correction := r.correction))) AS names
    FROM moved AS m JOIN renamed AS r USING (evidence_id) GROUP BY ALL
)
SELECT m.from_claim_id, m.to_claim_id, any_value(b.label) AS from_label, any_value(n.label) AS to_label,
       count(DISTINCT m.evidence_id) AS evidence, list_sort(list(DISTINCT m.document_id)) AS documents, any_value(named.names) AS names
FROM moved AS m
LEFT JOIN earlier_claims AS b ON b.claim_id = m.from_claim_id
LEFT JOIN later_claims AS n ON n.claim_id = m.to_claim_id
LEFT JOIN named ON named.from_claim_id = m.from_claim_id AND named.to_claim_id = m.to_claim_id
GROUP BY m.from_claim_id, m.to_claim_id;

-- pairs that cannot both be right, both said now and not both said before
CREATE TEMP TABLE new_contradictions AS
WITH saying AS (
    SELECT claim_id, list_sort(list(document_id)) AS papers FROM later.claim_papers
    WHERE curated AND stands AND stance <> 'refutes' GROUP BY ALL
), said_before AS (
    SELECT DISTINCT claim_id FROM earlier.claim_papers WHERE curated AND stands AND stance <> 'refutes'
)
SELECT o.claim_id, o.other_claim_id, o.sort, n.label, m.label AS other_label, one.papers, other.papers AS other_papers
FROM later.opposite_claims AS o
JOIN saying AS one ON one.claim_id = o.claim_id
JOIN saying AS other ON other.claim_id = o.other_claim_id
JOIN later_claims AS n ON n.claim_id = o.claim_id
JOIN later_claims AS m ON m.claim_id = o.other_claim_id
WHERE o.claim_id NOT IN (FROM said_before) OR o.other_claim_id NOT IN (FROM said_before);

CREATE TEMP TABLE verdict_changes AS
SELECT coalesce(n.verdict_id, b.verdict_id) AS verdict_id, coalesce(n.verdict, b.verdict) AS verdict,
       coalesce(n.curator, b.curator) AS curator, coalesce(n.date, b.date) AS date, coalesce(n.document_id, b.document_id) AS document_id,
       coalesce(n.claim, b.claim) AS claim, coalesce(n.sentence, b.sentence) AS sentence, b.state AS before, n.state AS now,
       n.cause, n.difference, n.reason, n.evidence_id
FROM later.verdict_rows AS n FULL JOIN earlier.verdict_rows AS b USING (verdict_id)
WHERE (n.state, n.in_force, n.cause) IS DISTINCT FROM (b.state, b.in_force, b.cause);
