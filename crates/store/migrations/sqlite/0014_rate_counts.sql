-- How many requests all nodes have let through the bucket of a rate limit, and when it is full again, in microseconds of
-- the database's clock. A file has one node, which counts by itself: the table is here because the statements are the
-- same everywhere. Outside of the revision.
CREATE TABLE rate_counts (
    bucket   TEXT    NOT NULL PRIMARY KEY,
    requests INTEGER NOT NULL,
    full_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
