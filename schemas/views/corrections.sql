-- The corrections ledger, shipped rows and the user's own; also those that are switched off.
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
-- @documents  the documents that it is about; empty: all
-- @condition  what must stand in the document (scope document) or in the section (scope context), as an expression
-- @example  a sentence that shows it
-- @note  what became of it: who switched it off, and when
-- @shipped  whether it comes with the program; else it is the user's own
SELECT c.correction_id, c.surface, c.target, c.kind, c.scope, c.safety, c.reason, c.reference, c.contributor, c.date, c.active,
       (SELECT count(*) FROM mention_rows AS m WHERE m.used AND m.correction_id = c.correction_id)
       + coalesce((SELECT CAST(sum(r.count) AS BIGINT) FROM rejection_rows AS r
                   WHERE r.stage = 'normalise' AND r.reason = 'no_name_by_correction'
                     AND starts_with(r.detail, c.correction_id || ': ')), 0) AS applied_count,
       c.documents, c.condition, c.example, c.note, c.shipped
FROM correction_rows AS c
