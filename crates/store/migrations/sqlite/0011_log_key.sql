-- The key of the log's hash chain, sealed. It stands here and not beside the log, so that who can write the log alone
-- cannot make a chain that fits.
CREATE TABLE log_keys (
    name       TEXT NOT NULL PRIMARY KEY,
    sealed_key BLOB NOT NULL
) STRICT, WITHOUT ROWID;
