-- Outside identities that count as a client. `record` is what is believed; times are in milliseconds.

CREATE TABLE federated_identities (
    id         TEXT   NOT NULL PRIMARY KEY,
    client_id  TEXT   NOT NULL REFERENCES clients (client_id),
    record     TEXT   NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    created    INTEGER NOT NULL,
    revision   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX federated_identities_by_client ON federated_identities (client_id, created, id);
