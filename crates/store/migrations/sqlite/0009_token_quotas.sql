-- How many tokens of a quota are reserved, by window. A node reserves some at a time and issues them from memory, so
-- this is never less than what was issued. Outside of the revision.
CREATE TABLE token_quotas (
    entity_type  TEXT    NOT NULL,
    entity_id    TEXT    NOT NULL,
    bucket       TEXT    NOT NULL,
    window_start INTEGER NOT NULL,
    reserved     INTEGER NOT NULL,
    warned       INTEGER NOT NULL,
    PRIMARY KEY (entity_type, entity_id, bucket, window_start)
) STRICT, WITHOUT ROWID;
CREATE INDEX token_quotas_by_window ON token_quotas (window_start);
