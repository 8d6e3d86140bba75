-- One row a sentence that says a claim: who says it, in which words, how firmly, in which setting.
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
-- @confidence  how often its rule was right on the texts it was made with; NULL for what was never measured
-- @verdict  the curators' verdict that counts: accept, reject, edit or unsure; NULL: none, or none that holds
-- @verdict_state  holds, needs_rereview (what it was about has changed) or disputed (curators differ); NULL: no verdict
-- @verdict_note  what has changed since, or who says what
-- @verdict_reason  the reason given with it
-- @curator  who gave it
SELECT e.evidence_id, e.claim_id, e.kind, e.document_id, d.pmid, e.section, e.section_index, e.sentence, e.sentence_start,
       e.sentence_end, e.stance, e.certainty, e.attribution, e.rule, e.direction, e.degree, e.interaction, e.value_text,
       e.value, e.unit, e.comparator, e.statistic, e.disease, e.model, e.setting, e.acquired,
       d.status AS document_status, round(e.confidence, 3) AS confidence, v.verdict, v.state AS verdict_state, v.note AS verdict_note,
       v.reason AS verdict_reason, v.curator
FROM evidence_rows AS e
JOIN document_rows AS d USING (document_id)
LEFT JOIN curated_rows AS v ON v.evidence_id = e.evidence_id
WHERE e.used
