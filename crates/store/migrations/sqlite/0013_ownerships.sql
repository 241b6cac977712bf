-- Which declared configuration a record belongs to, and whether it may be deleted. A row goes with its record; records
-- without a row belong to nobody and may be deleted.
CREATE TABLE ownerships (
    kind              TEXT NOT NULL,
    id                TEXT NOT NULL,
    owner             TEXT,
    delete_protection INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
