-- One row an evidence with what kind of study it comes from, a suggested CIViC level, and whether it counts as a voice of its own.
-- @evidence_id  the evidence
-- @claim_id  the claim it says (or denies)
-- @document_id  the article
-- @stance  supports, refutes or mixed
-- @study_type  guideline, meta_analysis, trial, clinical, case_report, in_vivo, in_vitro, computational, review or not_said
-- @suggested_level  A to E as CIViC has them, for a person to confirm; NULL where the source does not allow one
-- @level_reason  why this level
-- @research_group  the last author; papers of one group are one voice. The article itself where no author is known
-- @counts  whether it is a finding of a paper that stands; else discounted says why not
-- @discounted  withdrawn, rejected, review, told_of_others (background), or no_finding (method, hypothesis); NULL: it counts
WITH author AS (
    SELECT document_id, max(lower(json_extract_string(authors, '$[#-1].family') || ' '
                                  || left(json_extract_string(authors, '$[#-1].initials'), 1))) AS senior
    FROM document_parts GROUP BY document_id
), typed AS (
    SELECT e.evidence_id, e.claim_id, e.document_id, e.stance, e.attribution, e.setting, e.verdict, e.document_status,
           coalesce(a.senior, e.document_id) AS research_group,
           list_transform(coalesce(d.publication_types, []), lambda each: lower(each)) AS types
    FROM evidence AS e
    JOIN document_rows AS d USING (document_id)
    LEFT JOIN author AS a USING (document_id)
), study AS (
    SELECT *,
           CASE WHEN list_has_any(types, ['practice guideline', 'guideline', 'consensus development conference']) THEN 'guideline'
                WHEN list_contains(types, 'meta-analysis') THEN 'meta_analysis'
                WHEN list_has_any(types, ['review', 'systematic review', 'review-article', 'scoping review']) THEN 'review'
                WHEN setting IN ('in_vitro', 'in_vivo', 'computational') THEN setting
                WHEN len(list_filter(types, lambda each: starts_with(each, 'clinical trial')
                         OR each IN ('randomized controlled trial', 'controlled clinical trial', 'pragmatic clinical trial'))) > 0
                     THEN 'trial'
                WHEN list_contains(types, 'case reports') OR setting = 'case_report' THEN 'case_report'
                WHEN setting = 'review' THEN 'review'
                ELSE coalesce(setting, 'not_said') END AS study_type
    FROM typed
)
SELECT evidence_id, claim_id, document_id, stance, study_type,
       CASE study_type WHEN 'guideline' THEN 'A' WHEN 'meta_analysis' THEN 'B' WHEN 'trial' THEN 'B' WHEN 'clinical' THEN 'B'
            WHEN 'case_report' THEN 'C' WHEN 'in_vivo' THEN 'D' WHEN 'in_vitro' THEN 'D' WHEN 'computational' THEN 'E' END
           AS suggested_level,
       CASE study_type WHEN 'guideline' THEN 'a guideline or consensus: held for established'
            WHEN 'meta_analysis' THEN 'clinical studies taken together' WHEN 'trial' THEN 'a clinical trial'
            WHEN 'clinical' THEN 'patients, as the sentence says' WHEN 'case_report' THEN 'single patients'
            WHEN 'in_vivo' THEN 'animals, as the sentence says' WHEN 'in_vitro' THEN 'cells, as the sentence says'
            WHEN 'computational' THEN 'inferred, not observed'
            WHEN 'review' THEN 'a review repeats: grade what it cites'
            ELSE 'the text does not say in what it was seen' END AS level_reason,
       research_group, discounted IS NULL AS counts, discounted
FROM (
    SELECT *, CASE WHEN document_status IN ('retracted', 'deleted') THEN 'withdrawn' WHEN verdict = 'reject' THEN 'rejected'
                   WHEN study_type = 'review' THEN 'review' WHEN attribution = 'background' THEN 'told_of_others'
                   WHEN attribution IN ('method', 'hypothesis') THEN 'no_finding' END AS discounted
    FROM study
)
