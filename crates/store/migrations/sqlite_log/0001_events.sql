-- What happened, in the order in which it was written down. Rows are added at the end and removed at the beginning, and
-- never changed. `hash` binds a row to all before it.
CREATE TABLE events (
    position  INTEGER NOT NULL PRIMARY KEY,
    at        INTEGER NOT NULL,
    kind      TEXT    NOT NULL,
    client_id TEXT,
    text      TEXT    NOT NULL,
    hash      BLOB    NOT NULL
) STRICT;
CREATE INDEX events_by_time ON events (at, position);
CREATE INDEX events_by_kind ON events (kind, at, position);
CREATE INDEX events_by_client ON events (client_id, at, position) WHERE client_id IS NOT NULL;

-- Where the chain begins (`anchor`: the last row that retention has removed) and where it ends (`head`: the newest row),
-- each with a seal under the chain's key. `bytes` is how much text the events have that are there.
CREATE TABLE chain_ends (
    name     TEXT    NOT NULL PRIMARY KEY CHECK (name IN ('anchor', 'head')),
    position INTEGER NOT NULL,
    hash     BLOB    NOT NULL,
    bytes    INTEGER NOT NULL,
    seal     BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

-- Up to where each log stream has delivered.
CREATE TABLE deliveries (
    stream   TEXT    NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
