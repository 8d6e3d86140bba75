-- One row two sides that cannot both be right in the same circumstances, with what is different between them.
-- @claim_id  the one side
-- @other_claim_id  the other side; the same claim where it is denied
-- @sort  denied, opposite_direction, or resistance_and_sensitivity
-- @label  the one side read aloud
-- @other_label  the other side read aloud; the same claim where it is denied
-- @papers  papers of the one side
-- @other_papers  papers of the other side
-- @evidence_ids  evidence of the one side
-- @other_evidence_ids  evidence of the other side
-- @explanation  in what the circumstances differ: disease, model, setting, line, population, dose …; NULL: nothing that is told
-- @same  circumstances in which both sides agree, readable; NULL: none that is told
WITH said AS (
    SELECT evidence_id, claim_id, document_id, stance FROM evidence_grade
    WHERE stance IN ('supports', 'refutes') AND coalesce(discounted, '') NOT IN ('withdrawn', 'rejected', 'no_finding')
), pair AS (
    SELECT claim_id, claim_id AS other_claim_id, 'denied' AS sort, 'refutes' AS other_stance
    FROM said GROUP BY claim_id HAVING count(DISTINCT stance) = 2
    UNION ALL
    SELECT o.claim_id, o.other_claim_id, o.sort, 'supports' FROM opposite_claims AS o
    WHERE EXISTS (FROM said AS s WHERE s.claim_id = o.claim_id AND s.stance = 'supports')
      AND EXISTS (FROM said AS s WHERE s.claim_id = o.other_claim_id AND s.stance = 'supports')
), side AS (
    SELECT p.claim_id, p.other_claim_id, 1 AS side, s.evidence_id, s.document_id
    FROM pair AS p JOIN said AS s ON s.claim_id = p.claim_id AND s.stance = 'supports'
    UNION ALL
    SELECT p.claim_id, p.other_claim_id, 2, s.evidence_id, s.document_id
    FROM pair AS p JOIN said AS s ON s.claim_id = p.other_claim_id AND s.stance = p.other_stance
), told AS (
    SELECT side.claim_id, side.other_claim_id, c.name, list_sort(list(DISTINCT c.value) FILTER (side.side = 1)) AS here,
           list_sort(list(DISTINCT c.value) FILTER (side.side = 2)) AS there
    FROM side JOIN evidence_context AS c USING (evidence_id)
    WHERE c.name IN ('disease', 'model', 'model_kind', 'setting', 'acquired', 'line', 'population', 'dose', 'duration')
    GROUP BY ALL
), compared AS (
    SELECT claim_id, other_claim_id,
           string_agg(name || ': ' || array_to_string(here[:3], ', ') || ' / ' || array_to_string(there[:3], ', '), '; ' ORDER BY name)
               FILTER (len(here) > 0 AND len(there) > 0 AND NOT list_has_any(here, there)) AS explanation,
           string_agg(name || ': ' || array_to_string(list_intersect(here, there)[:3], ', '), '; ' ORDER BY name)
               FILTER (list_has_any(here, there)) AS same
    FROM told GROUP BY ALL
)
SELECT p.claim_id, p.other_claim_id, p.sort, one.label, other.label AS other_label,
       count(DISTINCT s.document_id) FILTER (s.side = 1) AS papers, count(DISTINCT s.document_id) FILTER (s.side = 2) AS other_papers,
       list_sort(list(DISTINCT s.evidence_id) FILTER (s.side = 1)) AS evidence_ids,
       list_sort(list(DISTINCT s.evidence_id) FILTER (s.side = 2)) AS other_evidence_ids, any_value(c.explanation) AS explanation,
       any_value(c.same) AS same
FROM pair AS p
JOIN side AS s USING (claim_id, other_claim_id)
JOIN claim_rows AS one ON one.claim_id = p.claim_id
JOIN claim_rows AS other ON other.claim_id = p.other_claim_id
LEFT JOIN compared AS c ON c.claim_id = p.claim_id AND c.other_claim_id = p.other_claim_id
GROUP BY ALL
