-- What was read before has no confidence until it is read again, which the next run does: the rules have changed with it.
ALTER TABLE evidence_rows ADD COLUMN confidence DOUBLE;
