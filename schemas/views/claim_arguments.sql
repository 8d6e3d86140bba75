-- One row an argument of a claim, also of those that came of a curator's editing.
-- @claim_id  the claim
-- @role  its role: cause, drug, resistant_to, agent, entity, marker, model, trial, property
-- @position  order of the arguments of a role, from 0
-- @entity_id  CURIE of the entity; NULL for a name that is unknown or ambiguous
-- @name  its preferred name
-- @entity_kind  drug, drug_class, gene, variant …
SELECT claim_id, role, position, entity_id, name, entity_kind
FROM claim_argument_rows
WHERE claim_id IN (SELECT claim_id FROM evidence_rows WHERE used)
UNION ALL
SELECT claim_id, role, position, entity_id, name, entity_kind
FROM curated_argument_rows
WHERE claim_id NOT IN (SELECT claim_id FROM evidence_rows WHERE used)
