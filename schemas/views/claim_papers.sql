-- One row a claim, a paper and a way of counting: what the paper says of it, all its sentences taken together.
-- @curated  false: every evidence as it was read; true: without what curators rejected, with what they edited
-- @claim_id  the claim
-- @document_id  the article
-- @pmid  its PubMed id
-- @year  year of publication
-- @document_status  current, retracted, concern, corrected or deleted
-- @stance  supports, refutes, or mixed: it says both, or says it with reservations
-- @stands  whether it counts: not retracted, not deleted
-- @sentences  sentences that say or deny it
-- @accepted  whether a curator accepted or edited one of them
WITH said AS (
    SELECT false AS curated, e.claim_id, e.document_id, e.stance, v.verdict
    FROM evidence_rows AS e LEFT JOIN curated_rows AS v ON v.evidence_id = e.evidence_id
    WHERE e.used
    UNION ALL
    SELECT true, claim_id, document_id, stance, verdict FROM curated_evidence
)
SELECT e.curated, e.claim_id, e.document_id, d.pmid, d.year, d.status AS document_status,
       CASE WHEN min(e.stance) = max(e.stance) THEN min(e.stance) ELSE 'mixed' END AS stance,
       d.status NOT IN ('retracted', 'deleted') AS stands, count(*) AS sentences,
       count(*) FILTER (e.verdict IN ('accept', 'edit')) > 0 AS accepted
FROM said AS e
JOIN document_rows AS d USING (document_id)
GROUP BY ALL
