-- One row a circumstance of an evidence: in which disease, model, population, dose … it holds, and the words that say so.
-- @evidence_id  the evidence
-- @claim_id  the claim it says (or denies)
-- @document_id  the article
-- @name  disease, model, model_kind, setting, acquired, line, population, dose, duration, trial, phase or method
-- @value  what is said: a name, one of a few words, or as printed (dose, duration, phase)
-- @place  sentence; else what it was inherited from: heading, title, or record (what the record says of the article)
-- @section_index  the section whose text says it, for a heading the section under it; NULL for record
-- @char_start  where the words begin in the text of the section, or in the heading (characters, from 0)
-- @char_end  where they end (half-open)
SELECT c.evidence_id, e.claim_id, c.document_id, c.name, c.value, c.place, c.section_index, c.char_start, c.char_end
FROM circumstances AS c
JOIN evidence_rows AS e USING (evidence_id, document_id, source)
WHERE e.used
