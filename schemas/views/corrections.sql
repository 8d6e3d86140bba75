-- The corrections ledger in force, shipped rows and the user's own.
-- @correction_id  id of the row
-- @surface  the spellings it is about, separated by |
-- @target  preferred name that they stand for; NULL: no name at all
-- @kind  synonym, misspelling, confusion or non-entity
-- @scope  global, document or context
-- @safety  always, context_only or never_silent
-- @reason  why it is made
-- @reference  where that is known from
-- @contributor  who says so
-- @date  since when
-- @active  whether it is in force
-- @applied_count  mentions it was applied to
SELECT c.correction_id, c.surface, c.target, c.kind, c.scope, c.safety, c.reason, c.reference, c.contributor, c.date, c.active,
       (SELECT count(*) FROM mention_rows AS m WHERE m.used AND m.correction_id = c.correction_id) AS applied_count
FROM correction_rows AS c
