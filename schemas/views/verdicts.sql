-- One row a verdict that was ever given, and what became of it.
-- @verdict_id  id of the verdict
-- @evidence_id  the evidence that it is about now; NULL: there is none any more
-- @judged_evidence_id  the evidence that it was given for
-- @document_id  the article, as it was called then
-- @verdict  what the curator said: accept, reject, edit, unsure or withdraw
-- @in_force  what counts of it now; NULL: nothing
-- @state  holds, needs_rereview, disputed, absent (no such document here), replaced or withdrawn
-- @cause  why: unchanged, same_claim, regrounded, read_otherwise, sentence_changed, sentence_gone, not_read_any_more, retracted …
-- @difference  what has changed since, word by word
-- @reason  the reason given with it
-- @comment  the curator's own words
-- @edits  what was changed, as JSON
-- @curator  who said it
-- @date  when it was said
-- @kind  kind of the claim, as it was judged
-- @claim  the claim read aloud, as it was judged
-- @sentence  the words that were judged
-- @replaces  earlier verdicts that it takes the place of
-- @export  the export in which it was typed
SELECT verdict_id, evidence_id, judged_evidence_id, document_id, verdict, in_force, state, cause, difference, reason, comment,
       edits, curator, date, kind, claim, sentence, replaces, export
FROM verdict_rows
