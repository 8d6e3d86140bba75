-- One row a run.
-- @run_id  time and a random part
-- @started  when it began (UTC)
-- @finished  when it ended; NULL: it is running, or broke off
-- @command  what was asked for
-- @counts  documents, evidence, rejections … of this run, as JSON
-- @versions  of the program, the lexicon, the rules and the model, as JSON
-- @status  running, done, failed or interrupted
SELECT run_id, started, finished, command, counts, versions, status
FROM run_rows
