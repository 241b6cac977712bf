-- What happened, in the order in which it was written down. Rows are added at the end and removed at the beginning, and
-- never changed. `hash` binds a row to all before it.
CREATE TABLE events (
    position  BIGINT NOT NULL PRIMARY KEY,
    at        BIGINT NOT NULL,
    kind      TEXT COLLATE "C" NOT NULL,
    client_id TEXT COLLATE "C",
    text      TEXT  NOT NULL,
    hash      BYTEA NOT NULL
);
CREATE INDEX events_by_time ON events (at, position, kind, client_id);

-- Where the chain begins (`anchor`: the last row that retention has removed) and where it ends (`head`: the newest row),
-- each with a seal under the chain's key. `bytes` is how much text the events have that are there. Who adds or removes
-- rows locks the head first.
CREATE TABLE chain_ends (
    name     TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (name IN ('anchor', 'head')),
    position BIGINT NOT NULL,
    hash     BYTEA  NOT NULL,
    bytes    BIGINT NOT NULL,
    seal     BYTEA  NOT NULL
);

-- Up to where each log stream has delivered.
CREATE TABLE deliveries (
    stream   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL
);

-- What one node does for all: which one, and until when by the database's clock.
CREATE TABLE leases (
    name   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    holder TEXT   NOT NULL,
    until  BIGINT NOT NULL
);
