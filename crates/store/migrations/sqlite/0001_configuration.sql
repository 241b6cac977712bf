-- The configuration: one table a noun. Columns are what SQL filters, orders or guards; the rest of a record
-- is its wire form in `record`. Secrets are sealed and stand beside the record, never in it.
-- `created` and `revision` are revisions: of the record's creation and of its last change.

CREATE TABLE revision (
    one      INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO revision (one, revision) VALUES (1, 0);

-- What changed last, and when: followers read what lies after the revision that they have.
-- A deleted record leaves its row here.
CREATE TABLE changes (
    kind     TEXT   NOT NULL,
    key      TEXT   NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX changes_by_revision ON changes (revision);

CREATE TABLE tenant (
    one        INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    settings   TEXT   NOT NULL,
    extensions TEXT   NOT NULL,
    revision   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE signing_keys (
    kid                TEXT   NOT NULL PRIMARY KEY,
    state              TEXT   NOT NULL,
    sealed_private_key BLOB   NOT NULL,
    certificate        TEXT   NOT NULL,
    created_at         INTEGER NOT NULL,
    created            INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE resource_servers (
    id                    TEXT   NOT NULL PRIMARY KEY,
    identifier            TEXT   NOT NULL UNIQUE,
    sealed_signing_secret BLOB,
    record                TEXT   NOT NULL,
    created               INTEGER NOT NULL,
    revision              INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX resource_servers_by_creation ON resource_servers (created, id);

CREATE TABLE organizations (
    id           TEXT   NOT NULL PRIMARY KEY,
    name         TEXT   NOT NULL UNIQUE,
    display_name TEXT   NOT NULL,
    record       TEXT   NOT NULL,
    created      INTEGER NOT NULL,
    revision     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX organizations_by_creation ON organizations (created, id);

CREATE TABLE clients (
    client_id                  TEXT   NOT NULL PRIMARY KEY,
    global                     INTEGER NOT NULL,
    is_first_party             INTEGER NOT NULL,
    app_type                   TEXT,
    resource_server_identifier TEXT,
    default_organization_id    TEXT REFERENCES organizations (id),
    sealed_secret              BLOB   NOT NULL,
    record                     TEXT   NOT NULL,
    created                    INTEGER NOT NULL,
    revision                   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX clients_by_creation ON clients (global, created, client_id);
CREATE INDEX clients_by_resource_server ON clients (resource_server_identifier)
    WHERE resource_server_identifier IS NOT NULL;
CREATE INDEX clients_by_default_organization ON clients (default_organization_id)
    WHERE default_organization_id IS NOT NULL;

CREATE TABLE client_grants (
    id                     TEXT   NOT NULL PRIMARY KEY,
    client_id              TEXT REFERENCES clients (client_id),
    default_for            TEXT,
    audience               TEXT   NOT NULL REFERENCES resource_servers (identifier) ON UPDATE CASCADE,
    subject_type           TEXT   NOT NULL,
    allow_any_organization INTEGER,
    record                 TEXT   NOT NULL,
    created                INTEGER NOT NULL,
    revision               INTEGER NOT NULL,
    CHECK ((client_id IS NULL) <> (default_for IS NULL))
) STRICT, WITHOUT ROWID;
-- One grant for each (client or group of clients, API, subject type).
CREATE UNIQUE INDEX client_grants_of_client ON client_grants (client_id, audience, subject_type)
    WHERE client_id IS NOT NULL;
CREATE UNIQUE INDEX client_grants_by_default ON client_grants (default_for, audience, subject_type)
    WHERE default_for IS NOT NULL;
CREATE INDEX client_grants_by_audience ON client_grants (audience, id);

CREATE TABLE organization_client_grants (
    organization_id TEXT   NOT NULL REFERENCES organizations (id),
    client_grant_id TEXT   NOT NULL REFERENCES client_grants (id),
    created         INTEGER NOT NULL,
    PRIMARY KEY (organization_id, client_grant_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX organization_client_grants_by_grant ON organization_client_grants (client_grant_id);
