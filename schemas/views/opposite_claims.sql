-- One row two claims that cannot both be right in the same circumstances, whoever says them.
-- @claim_id  the claim that says more of it, or resistance
-- @other_claim_id  the claim that says less of it, or sensitivity, of the same names in the same roles
-- @sort  opposite_direction, or resistance_and_sensitivity
WITH question AS (
    SELECT claim_id, string_agg(role || '=' || entity_key, ';' ORDER BY role, entity_key) AS arguments
    FROM claim_argument_rows GROUP BY claim_id
), claim AS (
    SELECT c.claim_id, c.kind, q.arguments, CASE WHEN c.kind IN ('resistance', 'sensitivity') THEN 'response' ELSE c.kind END
               AS family, c.sign, CASE c.kind WHEN 'sensitivity' THEN -1 ELSE 1 END * coalesce(c.sign, 1) AS polarity
    FROM claim_rows AS c JOIN question AS q USING (claim_id)
)
SELECT one.claim_id, other.claim_id AS other_claim_id,
       CASE WHEN one.kind = other.kind THEN 'opposite_direction' ELSE 'resistance_and_sensitivity' END AS sort
FROM claim AS one JOIN claim AS other USING (family, arguments)
WHERE one.polarity > 0 AND other.polarity < 0 AND (one.sign IS NULL) = (other.sign IS NULL)
