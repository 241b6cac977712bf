-- Signing keys rotate and are of several kinds. Times are milliseconds since 1970; absent until they come.

ALTER TABLE signing_keys ADD COLUMN kind TEXT NOT NULL DEFAULT 'RSA-2048';
ALTER TABLE signing_keys ADD COLUMN current_since INTEGER;
ALTER TABLE signing_keys ADD COLUMN current_until INTEGER;
ALTER TABLE signing_keys ADD COLUMN revoked_at INTEGER;

-- Until now the one key signed from the moment that it was made.
UPDATE signing_keys SET current_since = created_at WHERE state = 'current';

-- Of each kind one key signs and one is the next, whatever is done at the same time.
CREATE UNIQUE INDEX signing_keys_in_office ON signing_keys (kind, state) WHERE state <> 'previous';
