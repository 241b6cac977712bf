-- An index by client is written all over with every batch: of a hundred clients that ask, a hundred pages. This one only
-- grows at its end, and has all in it that a search looks at before it reads a text.
DROP INDEX events_by_client;
DROP INDEX events_by_kind;
DROP INDEX events_by_time;
CREATE INDEX events_by_time ON events (at, position, kind, client_id);
