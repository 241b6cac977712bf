-- What may be used once and was, for as long as it would be accepted again: the jti of assertions and proofs, as
-- digests. Outside of the revision: this is no configuration, and nobody follows it.
CREATE TABLE one_time_uses (
    digest BLOB    NOT NULL PRIMARY KEY,
    until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX one_time_uses_by_end ON one_time_uses (until);

-- A server that stops in order leaves its uses here and says so; one that starts takes the word back.
CREATE TABLE clean_stop (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1)
) STRICT, WITHOUT ROWID;
INSERT INTO clean_stop (one) VALUES (1);
