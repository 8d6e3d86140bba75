-- One row a claim and a way of counting: the papers for and against it (claim_papers). The counting of claims is done here.
-- @curated  false: every evidence as it was read (the view claims); true: as curators leave it (the view curated_claims)
-- @claim_id  made of kind, sign of direction and identifiers in their roles
-- @kind  one of the thirteen kinds of claim
-- @direction  increase, decrease or no_change of the cause or entity, where the kind has one and the text says it
-- @label  the claim read aloud
-- @papers_supporting  papers that say it
-- @papers_refuting  papers that deny it
-- @papers_mixed  papers that say both, or say it with reservations
-- @papers_withdrawn  papers that say or deny it and are retracted or deleted; they count nowhere else
-- @papers_in_doubt  papers counted above about which an expression of concern was published
-- @evidence_count  sentences, retracted papers included
-- @first_year  year of the earliest paper
-- @last_year  year of the latest paper
-- @papers_accepted  papers with evidence that a curator accepted or edited
-- @status  current; contested (said and denied); retracted (no paper left that is not retracted or deleted)
WITH support AS (
    SELECT curated, claim_id,
           count(*) FILTER (stands AND stance = 'supports') AS papers_supporting,
           count(*) FILTER (stands AND stance = 'refutes') AS papers_refuting,
           count(*) FILTER (stands AND stance = 'mixed') AS papers_mixed,
           count(*) FILTER (stands) AS papers_standing, count(*) FILTER (stands AND accepted) AS papers_accepted,
           count(*) FILTER (NOT stands) AS papers_withdrawn,
           count(*) FILTER (document_status = 'concern') AS papers_in_doubt,
           CAST(sum(sentences) AS BIGINT) AS evidence_count,
           min(year) AS first_year, max(year) AS last_year
    FROM claim_papers
    GROUP BY ALL
), named AS (
    SELECT claim_id, kind, sign, label FROM claim_rows
    UNION ALL
    SELECT DISTINCT claim_id, kind, sign, label FROM curated_rows
    WHERE edited AND claim_id NOT IN (SELECT claim_id FROM claim_rows)
)
SELECT s.curated, c.claim_id, c.kind,
       CASE c.sign WHEN 1 THEN 'increase' WHEN -1 THEN 'decrease' WHEN 0 THEN 'no_change' END AS direction,
       c.label, s.papers_supporting, s.papers_refuting, s.papers_mixed, s.papers_withdrawn,
       s.papers_in_doubt, s.evidence_count, s.first_year, s.last_year, s.papers_accepted,
       CASE WHEN s.papers_standing = 0 THEN 'retracted'
            WHEN s.papers_mixed > 0 OR (s.papers_supporting > 0 AND s.papers_refuting > 0) THEN 'contested'
            ELSE 'current' END AS status
FROM named AS c
JOIN support AS s USING (claim_id)
