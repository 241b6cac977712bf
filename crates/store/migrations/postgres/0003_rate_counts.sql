-- How many requests all nodes have let through the bucket of a rate limit, and when it is full again, in microseconds of
-- the database's clock. Outside of the revision.
--
-- Unlogged: nothing of it has to survive a crash, which empties it, or is on a standby, and a transaction that writes
-- nothing else waits for no disk. Rows change several times a second, so pages have room for that, and no column that
-- changes has an index.
CREATE UNLOGGED TABLE rate_counts (
    bucket   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    requests BIGINT NOT NULL,
    full_at  BIGINT NOT NULL
) WITH (fillfactor = 50);
