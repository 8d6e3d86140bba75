-- The evidence as curators leave it: what they rejected is out, what they edited says what they say it does.
-- Rows nobody has looked at are as in the view evidence; WHERE verdict IN ('accept', 'edit') gives those that count.
-- @evidence_id  made of the document and the words, so that it survives new rules and new groundings
-- @claim_id  the claim it says (or denies: see stance)
-- @kind  kind of the claim
-- @document_id  the article
-- @pmid  its PubMed id
-- @section  title, abstract, introduction, methods, results, discussion, conclusion, figure, table or body
-- @section_index  number of the section in the article, from 0
-- @sentence  the exact words
-- @sentence_start  where they begin in the text of the section (characters, from 0)
-- @sentence_end  where they end (half-open)
-- @stance  supports, refutes or mixed
-- @certainty  asserted, suggested or speculated
-- @attribution  own_result, conclusion, background, method or hypothesis
-- @rule  the rule that read it
-- @direction  of the cause or entity: increase, decrease, no_change, activated, inactivated, present, absent
-- @degree  complete, partial or none
-- @interaction  synergy, additive, benefit, antagonism, no_benefit or combined
-- @value_text  the number as printed
-- @value  the number read; NULL where it cannot be
-- @unit  its unit (fold, nM, % …)
-- @comparator  <, <=, >, >=, = or ~ as printed
-- @statistic  what the number measures (IC50, combination index, hazard ratio …)
-- @disease  disease of the sentence, else of the title
-- @model  cell line or model system that the sentence names
-- @setting  in_vitro, in_vivo, clinical, case_report, computational or review
-- @acquired  true: acquired resistance; false: intrinsic; NULL: not said
-- @document_status  of the article: current, retracted, concern, corrected or deleted
-- @confidence  how often its rule was right on the texts it was made with; NULL for what was never measured or was edited
-- @verdict  the curators' verdict that counts: accept, reject, edit or unsure; NULL: none, or none that holds
-- @verdict_state  holds, needs_rereview (what it was about has changed) or disputed (curators differ); NULL: no verdict
-- @verdict_note  what has changed since, or who says what
-- @verdict_reason  the reason given with it
-- @curator  who gave it
SELECT e.evidence_id,
       CASE WHEN v.edited THEN v.claim_id ELSE e.claim_id END AS claim_id,
       CASE WHEN v.edited THEN v.kind ELSE e.kind END AS kind,
       e.document_id,
       d.pmid,
       e.section,
       e.section_index,
       e.sentence,
       e.sentence_start,
       e.sentence_end,
       CASE WHEN v.edited THEN v.stance ELSE e.stance END AS stance,
       CASE WHEN v.edited THEN v.certainty ELSE e.certainty END AS certainty,
       CASE WHEN v.edited THEN v.attribution ELSE e.attribution END AS attribution,
       e.rule,
       CASE WHEN v.edited THEN v.direction ELSE e.direction END AS direction,
       CASE WHEN v.edited THEN v.degree ELSE e.degree END AS degree,
       CASE WHEN v.edited THEN v.interaction ELSE e.interaction END AS interaction,
       CASE WHEN v.edited THEN v.value_text ELSE e.value_text END AS value_text,
       CASE WHEN v.edited THEN v.value ELSE e.value END AS value,
       CASE WHEN v.edited THEN v.unit ELSE e.unit END AS unit,
       CASE WHEN v.edited THEN v.comparator ELSE e.comparator END AS comparator,
       CASE WHEN v.edited THEN v.statistic ELSE e.statistic END AS statistic,
       CASE WHEN v.edited THEN v.disease ELSE e.disease END AS disease,
       CASE WHEN v.edited THEN v.model ELSE e.model END AS model,
       CASE WHEN v.edited THEN v.setting ELSE e.setting END AS setting,
       CASE WHEN v.edited THEN v.acquired ELSE e.acquired END AS acquired,
       d.status AS document_status,
       CASE WHEN NOT coalesce(v.edited, false) THEN round(e.confidence, 3) END AS confidence,
       v.verdict,
       v.state AS verdict_state,
       v.note AS verdict_note,
       v.reason AS verdict_reason,
       v.curator
FROM evidence_rows AS e
JOIN document_rows AS d USING (document_id)
LEFT JOIN curated_rows AS v ON v.evidence_id = e.evidence_id
WHERE e.used AND v.verdict IS DISTINCT FROM 'reject'
