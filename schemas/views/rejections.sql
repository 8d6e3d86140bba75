-- What was not kept, at which stage, for which named reason. Screen refusals are counted per document.
-- @document_id  the article; NULL where none could be told
-- @stage  acquire, parse, screen, annotate, normalise, extract or assemble
-- @reason  the named reason
-- @detail  what was found, where that helps
-- @count  how many sentences, readings or records
-- @run_id  the run that refused it
-- @uri  the file it was in, where nothing of it was stored
SELECT document_id, stage, reason, detail, count, run_id, uri
FROM rejection_rows
