-- What organizations have for user login: clients for their members, and domains by which they are found. No token
-- depends on them, so followers do not read them.

CREATE TABLE organization_clients (
    organization_id       TEXT    NOT NULL REFERENCES organizations (id),
    client_id             TEXT    NOT NULL REFERENCES clients (client_id),
    use_for_member_access INTEGER NOT NULL,
    created               INTEGER NOT NULL,
    PRIMARY KEY (organization_id, client_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX organization_clients_by_creation ON organization_clients (organization_id, created, client_id);
CREATE INDEX organization_clients_by_client ON organization_clients (client_id);

CREATE TABLE discovery_domains (
    id              TEXT    NOT NULL PRIMARY KEY,
    organization_id TEXT    NOT NULL REFERENCES organizations (id),
    domain          TEXT    NOT NULL,
    record          TEXT    NOT NULL,
    created         INTEGER NOT NULL,
    revision        INTEGER NOT NULL,
    UNIQUE (organization_id, domain)
) STRICT, WITHOUT ROWID;
CREATE INDEX discovery_domains_by_creation ON discovery_domains (organization_id, created, id);
