-- One row a name in a sentence that passed the screen.
-- @document_id  the article
-- @section  where in the article
-- @section_index  number of the section in the article, from 0
-- @char_start  where the name begins in the text of the section (characters, from 0)
-- @char_end  where it ends (half-open)
-- @text  the name as printed
-- @kind  kind of the entity; NULL for a model's label outside our kinds
-- @label  the model's own label, or the pattern that found it
-- @found_by  lexicon, pattern, abbreviation or model
-- @entity_id  CURIE of the entity; NULL for a name that is unknown or ambiguous
-- @name  its preferred name
-- @reason  why it was taken for this entity
-- @candidates  what an ambiguous name may mean
-- @correction_id  the correction that was applied; NULL: none
SELECT document_id, section, section_index, char_start, char_end, text, kind, label, found_by, entity_id, name, reason,
       candidates, correction_id
FROM mention_rows
WHERE used
