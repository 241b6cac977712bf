-- The denylist: access tokens that were revoked before they expired. `token` is a digest, times are in milliseconds.
-- An entry goes with its row in `changes` a day after the token has expired, or sooner where room is needed.
-- `client_id` is whose token it was, whether there is such a client still or not.

CREATE TABLE revoked_tokens (
    token      TEXT   NOT NULL PRIMARY KEY,
    client_id  TEXT   NOT NULL,
    expires_at INTEGER NOT NULL,
    revision   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX revoked_tokens_by_end ON revoked_tokens (expires_at);
CREATE INDEX revoked_tokens_by_client ON revoked_tokens (client_id, expires_at);
