-- One row a claim with its weight: independent voices for and against, what was discounted and why, the best study, a level.
-- @claim_id  the claim
-- @kind  its kind
-- @label  the claim read aloud
-- @independent_supporting  research groups whose own findings say it; reviews and citations are not counted, a group once
-- @independent_refuting  research groups whose own findings deny it
-- @independent_mixed  research groups whose own findings say both
-- @papers  papers with evidence of it, withdrawn ones too
-- @discounted  what was not counted, readable: 2 reviews, 1 repeat of a group …; NULL: nothing
-- @best_study_type  of the findings that say it: guideline, meta_analysis, trial, clinical, case_report, in_vivo, in_vitro …
-- @best_refuting_study_type  of those that deny it
-- @suggested_level  suggested CIViC level of the findings that say it, A to E; NULL: none can be suggested
-- @level_reason  why this level, with the papers it rests on
WITH paper AS (
    SELECT claim_id, document_id, research_group, bool_or(counts) AS counts,
           bool_or(counts AND stance = 'supports') AS says, bool_or(counts AND stance = 'refutes') AS denies,
           bool_or(counts AND stance = 'mixed') AS wavers, mode(discounted) AS discounted
    FROM evidence_grade GROUP BY ALL
), voice AS (
    SELECT claim_id, research_group, bool_or(says) AS says, bool_or(denies) AS denies, bool_or(wavers) AS wavers,
           count(*) FILTER (counts) AS papers
    FROM paper GROUP BY ALL
), voices AS (
    SELECT claim_id, count(*) FILTER (says AND NOT denies AND NOT wavers) AS independent_supporting,
           count(*) FILTER (denies AND NOT says AND NOT wavers) AS independent_refuting,
           count(*) FILTER (wavers OR (says AND denies)) AS independent_mixed,
           CAST(sum(greatest(papers - 1, 0)) AS BIGINT) AS repeats
    FROM voice GROUP BY claim_id
), sets_aside AS (
    SELECT claim_id, count(*) AS papers, count(*) FILTER (NOT counts AND discounted = 'review') AS reviews,
           count(*) FILTER (NOT counts AND discounted = 'told_of_others') AS citing,
           count(*) FILTER (NOT counts AND discounted = 'no_finding') AS plans,
           count(*) FILTER (NOT counts AND discounted = 'withdrawn') AS withdrawn,
           count(*) FILTER (NOT counts AND discounted = 'rejected') AS rejected
    FROM paper GROUP BY claim_id
), ranked AS (
    SELECT *, list_position(['guideline', 'meta_analysis', 'trial', 'clinical', 'case_report', 'in_vivo', 'in_vitro',
                             'computational', 'not_said'], study_type) AS rank
    FROM evidence_grade WHERE counts
), best AS (
    SELECT claim_id, arg_min(study_type, rank) FILTER (stance = 'supports') AS best_study_type,
           arg_min(study_type, rank) FILTER (stance = 'refutes') AS best_refuting_study_type,
           arg_min(level_reason, rank) FILTER (stance = 'supports') AS reason,
           min(suggested_level) FILTER (stance = 'supports') AS suggested_level
    FROM ranked GROUP BY claim_id
), resting AS (
    SELECT r.claim_id, count(DISTINCT document_id) AS papers, list_sort(list(DISTINCT document_id))[:3] AS documents
    FROM ranked AS r JOIN best AS b ON r.claim_id = b.claim_id AND r.study_type = b.best_study_type
    WHERE r.stance = 'supports' GROUP BY r.claim_id
)
SELECT c.claim_id, c.kind, c.label, v.independent_supporting, v.independent_refuting, v.independent_mixed, s.papers,
       nullif(concat_ws(', ',
           CASE WHEN s.reviews > 0 THEN s.reviews || ' reviews' END, CASE WHEN s.citing > 0 THEN s.citing || ' that tell of others' END,
           CASE WHEN s.plans > 0 THEN s.plans || ' without a finding' END, CASE WHEN v.repeats > 0 THEN v.repeats || ' repeats of a group' END,
           CASE WHEN s.withdrawn > 0 THEN s.withdrawn || ' withdrawn' END,
           CASE WHEN s.rejected > 0 THEN s.rejected || ' rejected' END), '') AS discounted,
       b.best_study_type, b.best_refuting_study_type, b.suggested_level,
       b.reason || ' (' || r.papers || CASE r.papers WHEN 1 THEN ' paper: ' ELSE ' papers: ' END || array_to_string(r.documents, ', ')
           || CASE WHEN r.papers > 3 THEN ' …' ELSE '' END || ')' AS level_reason
FROM claim_rows AS c
JOIN sets_aside AS s USING (claim_id)
JOIN voices AS v USING (claim_id)
LEFT JOIN best AS b USING (claim_id)
LEFT JOIN resting AS r USING (claim_id)
