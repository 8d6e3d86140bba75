-- One row a claim with its support. Papers are counted, not sentences, and retracted or deleted papers are not.
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
WITH paper AS (
    SELECT e.claim_id, e.document_id, d.status IN ('retracted', 'deleted') AS void, d.year,
           d.status = 'concern' AS doubted, bool_or(e.stance = 'supports') AS says, bool_or(e.stance = 'refutes') AS denies,
           bool_or(e.stance = 'mixed') AS wavers, count(*) AS sentences,
           count(*) FILTER (v.verdict IN ('accept', 'edit')) > 0 AS accepted
    FROM evidence_rows AS e
    JOIN document_rows AS d USING (document_id)
    LEFT JOIN curated_rows AS v ON v.evidence_id = e.evidence_id
    WHERE e.used
    GROUP BY ALL
), support AS (
    SELECT claim_id,
           count(*) FILTER (NOT void AND says AND NOT denies AND NOT wavers) AS papers_supporting,
           count(*) FILTER (NOT void AND denies AND NOT says AND NOT wavers) AS papers_refuting,
           count(*) FILTER (NOT void AND (wavers OR (says AND denies))) AS papers_mixed,
           count(*) FILTER (NOT void) AS papers_standing, count(*) FILTER (NOT void AND accepted) AS papers_accepted,
           count(*) FILTER (void) AS papers_withdrawn,
           count(*) FILTER (doubted) AS papers_in_doubt,
           CAST(sum(sentences) AS BIGINT) AS evidence_count,
           min(year) AS first_year, max(year) AS last_year
    FROM paper
    GROUP BY claim_id
)
SELECT c.claim_id, c.kind, CASE c.sign WHEN 1 THEN 'increase' WHEN -1 THEN 'decrease' WHEN 0 THEN 'no_change' END AS direction,
       c.label, s.papers_supporting, s.papers_refuting, s.papers_mixed, s.papers_withdrawn,
       s.papers_in_doubt, s.evidence_count, s.first_year, s.last_year, s.papers_accepted,
       CASE WHEN s.papers_standing = 0 THEN 'retracted'
            WHEN s.papers_mixed > 0 OR (s.papers_supporting > 0 AND s.papers_refuting > 0) THEN 'contested'
            ELSE 'current' END AS status
FROM claim_rows AS c
JOIN support AS s USING (claim_id)
