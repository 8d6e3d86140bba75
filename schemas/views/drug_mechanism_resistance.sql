-- One row an evidence, flat, for people who write SQL by hand.
-- @drug  drug or drugs of the claim, joined by +
-- @mechanism  cause, agent, entity or marker, joined by +
-- @kind  kind of the claim
-- @direction  direction of the mechanism: increase, decrease, present …
-- @stance  supports, refutes or mixed
-- @certainty  asserted, suggested or speculated
-- @resistant_to  what the cells or tumours are resistant to, joined by +
-- @disease  disease of the sentence, else of the title
-- @model  cell line or model system that the sentence names
-- @setting  in_vitro, in_vivo, clinical, case_report, computational or review
-- @confidence  how often its rule was right on the texts it was made with; NULL for what was never measured
-- @value_text  the number as printed
-- @quote  the exact words
-- @section  where in the article
-- @pmid  PubMed id
-- @year  year of publication
-- @document_status  current, retracted, concern, corrected or deleted
-- @verdict  the curators' verdict that counts: accept, reject, edit or unsure; NULL: none, or none that holds
-- @claim_id  the claim
-- @evidence_id  the evidence
WITH named AS (
    SELECT claim_id,
           string_agg(name, ' + ' ORDER BY position) FILTER (role = 'drug') AS drug,
           string_agg(name, ' + ' ORDER BY role, position) FILTER (role IN ('cause', 'agent', 'entity', 'marker')) AS mechanism,
           string_agg(name, ' + ' ORDER BY position) FILTER (role = 'resistant_to') AS resistant_to
    FROM claim_argument_rows
    GROUP BY claim_id
)
SELECT n.drug, n.mechanism, e.kind, e.direction, e.stance, e.certainty, n.resistant_to, e.disease, e.model, e.setting,
       round(e.confidence, 3) AS confidence, e.value_text, e.sentence AS quote, e.section, d.pmid, d.year, d.status AS document_status,
       v.verdict, e.claim_id, e.evidence_id
FROM evidence_rows AS e
JOIN named AS n USING (claim_id)
JOIN document_rows AS d USING (document_id)
LEFT JOIN curated_rows AS v ON v.evidence_id = e.evidence_id
WHERE e.used
