-- Log streams. `record` is the definition without its sink and `start`, the time of the first entry; the sink and the
-- secrets that sign deliveries are sealed together, since URLs and headers have credentials in them. How far a stream
-- has delivered stands in the log, not here.

CREATE TABLE log_streams (
    id          TEXT   NOT NULL PRIMARY KEY,
    record      TEXT   NOT NULL,
    start       INTEGER NOT NULL,
    sealed_sink BLOB   NOT NULL,
    created     INTEGER NOT NULL,
    revision    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX log_streams_by_creation ON log_streams (created, id);
