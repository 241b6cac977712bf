-- Under which key-encryption key secrets are sealed from now on: eight hexadecimal digits. Every write transaction
-- asks, so that a key that is being replaced seals nothing more as soon as this row names its successor. Without a
-- row no key was ever replaced.

CREATE TABLE sealing (
    one    INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    key_id TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
