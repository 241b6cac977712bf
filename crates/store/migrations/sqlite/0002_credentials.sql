-- Client credentials: keys, certificates and names of certificates' holders. All of it is public, so nothing is sealed.
-- Which of them count says the client's record. Times are milliseconds since 1970; `number` counts the credentials
-- that a client has had, so that those of one commit have an order too.

CREATE TABLE credentials (
    id                TEXT   NOT NULL PRIMARY KEY,
    client_id         TEXT   NOT NULL REFERENCES clients (client_id),
    number            INTEGER NOT NULL,
    credential_type   TEXT   NOT NULL,
    name              TEXT,
    kid               TEXT,
    alg               TEXT,
    spki              BLOB,
    thumbprint_sha256 TEXT,
    subject_dn        TEXT,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    expires_at        INTEGER,
    revision          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX credentials_of_client ON credentials (client_id, number);
