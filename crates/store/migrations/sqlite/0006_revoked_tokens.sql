-- The denylist: access tokens that were revoked before they expired. `token` is a digest, times are in milliseconds.
-- An entry goes with its row in `changes` when the token has expired and another is revoked.

CREATE TABLE revoked_tokens (
    token      TEXT   NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL,
    revision   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX revoked_tokens_by_end ON revoked_tokens (expires_at);
