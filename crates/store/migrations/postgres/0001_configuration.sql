-- The configuration: one table a noun. Columns are what SQL filters, orders or guards; the rest of a record
-- is its wire form in `record`. Secrets are sealed and stand beside the record, never in it.
-- `created` and `revision` are revisions: of the record's creation and of its last change. Times are milliseconds
-- since 1970. Texts are compared byte by byte, whatever the database's locale is.

-- The oldest schema whose programs may use this database still: what has been taken away since is what they miss.
CREATE TABLE compatibility (
    one    BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    oldest BIGINT NOT NULL
);
INSERT INTO compatibility (one, oldest) VALUES (1, 1);

CREATE TABLE revision (
    one      BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    revision BIGINT NOT NULL
);
INSERT INTO revision (one, revision) VALUES (1, 0);

-- What changed last, and when: followers read what lies after the revision that they have.
-- A deleted record leaves its row here.
CREATE TABLE changes (
    kind     TEXT COLLATE "C" NOT NULL,
    key      TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (kind, key)
);
CREATE INDEX changes_by_revision ON changes (revision);

CREATE TABLE tenant (
    one        BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    settings   TEXT   NOT NULL,
    extensions TEXT   NOT NULL,
    revision   BIGINT NOT NULL
);

CREATE TABLE signing_keys (
    kid                TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind               TEXT COLLATE "C" NOT NULL,
    state              TEXT COLLATE "C" NOT NULL,
    sealed_private_key BYTEA  NOT NULL,
    certificate        TEXT   NOT NULL,
    created_at         BIGINT NOT NULL,
    current_since      BIGINT,
    current_until      BIGINT,
    revoked_at         BIGINT,
    created            BIGINT NOT NULL
);
-- Of each kind one key signs and one is the next, whatever is done at the same time.
CREATE UNIQUE INDEX signing_keys_in_office ON signing_keys (kind, state) WHERE state <> 'previous';

CREATE TABLE resource_servers (
    id                    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    identifier            TEXT COLLATE "C" NOT NULL UNIQUE,
    sealed_signing_secret BYTEA,
    record                TEXT   NOT NULL,
    created               BIGINT NOT NULL,
    revision              BIGINT NOT NULL
);
CREATE INDEX resource_servers_by_creation ON resource_servers (created, id);

CREATE TABLE organizations (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name         TEXT COLLATE "C" NOT NULL UNIQUE,
    display_name TEXT COLLATE "C" NOT NULL,
    record       TEXT   NOT NULL,
    created      BIGINT NOT NULL,
    revision     BIGINT NOT NULL
);
CREATE INDEX organizations_by_creation ON organizations (created, id);

CREATE TABLE clients (
    client_id                  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    global                     BIGINT NOT NULL,
    is_first_party             BIGINT NOT NULL,
    app_type                   TEXT COLLATE "C",
    resource_server_identifier TEXT COLLATE "C",
    default_organization_id    TEXT COLLATE "C" REFERENCES organizations (id),
    sealed_secret              BYTEA  NOT NULL,
    secret_terms               TEXT   NOT NULL,
    sealed_further_secrets     BYTEA,
    record                     TEXT   NOT NULL,
    created                    BIGINT NOT NULL,
    revision                   BIGINT NOT NULL
);
CREATE INDEX clients_by_creation ON clients (global, created, client_id);
CREATE INDEX clients_by_resource_server ON clients (resource_server_identifier)
    WHERE resource_server_identifier IS NOT NULL;
CREATE INDEX clients_by_default_organization ON clients (default_organization_id)
    WHERE default_organization_id IS NOT NULL;

-- When secrets were last used. Outside of the revision: no follower needs it, and it is written now and then. It refers to
-- clients by name only, so that neither has to wait for the other.
CREATE TABLE client_secret_uses (
    client_id    TEXT COLLATE "C" NOT NULL,
    secret_id    TEXT COLLATE "C" NOT NULL,
    last_used_at BIGINT NOT NULL,
    PRIMARY KEY (client_id, secret_id)
);

-- Keys, certificates and names of certificates' holders. All of it is public, so nothing is sealed. `number` counts the
-- credentials that a client has had.
CREATE TABLE credentials (
    id                TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    client_id         TEXT COLLATE "C" NOT NULL REFERENCES clients (client_id),
    number            BIGINT NOT NULL,
    credential_type   TEXT COLLATE "C" NOT NULL,
    name              TEXT,
    kid               TEXT COLLATE "C",
    alg               TEXT,
    spki              BYTEA,
    thumbprint_sha256 TEXT,
    subject_dn        TEXT,
    created_at        BIGINT NOT NULL,
    updated_at        BIGINT NOT NULL,
    expires_at        BIGINT,
    revision          BIGINT NOT NULL
);
CREATE UNIQUE INDEX credentials_of_client ON credentials (client_id, number);

-- Outside identities that count as a client. `record` is what is believed.
CREATE TABLE federated_identities (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    client_id  TEXT COLLATE "C" NOT NULL REFERENCES clients (client_id),
    record     TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    created    BIGINT NOT NULL,
    revision   BIGINT NOT NULL
);
CREATE INDEX federated_identities_by_client ON federated_identities (client_id, created, id);

CREATE TABLE client_grants (
    id                     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    client_id              TEXT COLLATE "C" REFERENCES clients (client_id),
    default_for            TEXT COLLATE "C",
    audience               TEXT COLLATE "C" NOT NULL REFERENCES resource_servers (identifier) ON UPDATE CASCADE,
    subject_type           TEXT COLLATE "C" NOT NULL,
    allow_any_organization BIGINT,
    record                 TEXT   NOT NULL,
    created                BIGINT NOT NULL,
    revision               BIGINT NOT NULL,
    CHECK ((client_id IS NULL) <> (default_for IS NULL))
);
-- One grant for each (client or group of clients, API, subject type).
CREATE UNIQUE INDEX client_grants_of_client ON client_grants (client_id, audience, subject_type)
    WHERE client_id IS NOT NULL;
CREATE UNIQUE INDEX client_grants_by_default ON client_grants (default_for, audience, subject_type)
    WHERE default_for IS NOT NULL;
CREATE INDEX client_grants_by_audience ON client_grants (audience, id);

CREATE TABLE organization_client_grants (
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    client_grant_id TEXT COLLATE "C" NOT NULL REFERENCES client_grants (id),
    created         BIGINT NOT NULL,
    PRIMARY KEY (organization_id, client_grant_id)
);
CREATE INDEX organization_client_grants_by_grant ON organization_client_grants (client_grant_id);

-- What organizations have for user login: clients for their members, and domains by which they are found. No token
-- depends on them, so followers do not read them.
CREATE TABLE organization_clients (
    organization_id       TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    client_id             TEXT COLLATE "C" NOT NULL REFERENCES clients (client_id),
    use_for_member_access BIGINT NOT NULL,
    created               BIGINT NOT NULL,
    PRIMARY KEY (organization_id, client_id)
);
CREATE INDEX organization_clients_by_creation ON organization_clients (organization_id, created, client_id);
CREATE INDEX organization_clients_by_client ON organization_clients (client_id);

CREATE TABLE discovery_domains (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    domain          TEXT COLLATE "C" NOT NULL,
    record          TEXT   NOT NULL,
    created         BIGINT NOT NULL,
    revision        BIGINT NOT NULL,
    UNIQUE (organization_id, domain)
);
CREATE INDEX discovery_domains_by_creation ON discovery_domains (organization_id, created, id);

-- The denylist: access tokens that were revoked before they expired. `token` is a digest. An entry goes with its row in
-- `changes` a day after the token has expired, or sooner where room is needed. `client_id` is whose token it was,
-- whether there is such a client still or not.
CREATE TABLE revoked_tokens (
    token      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    client_id  TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL,
    revision   BIGINT NOT NULL
);
CREATE INDEX revoked_tokens_by_end ON revoked_tokens (expires_at);
CREATE INDEX revoked_tokens_by_client ON revoked_tokens (client_id, expires_at);

-- Under which key-encryption key secrets are sealed from now on: eight hexadecimal digits. Without a row no key was ever
-- replaced.
CREATE TABLE sealing (
    one    BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    key_id TEXT   NOT NULL
);

-- What may be used once and was, for as long as it would be accepted again. Outside of the revision: this is no
-- configuration, and nobody follows it.
CREATE TABLE one_time_uses (
    digest BYTEA  NOT NULL PRIMARY KEY,
    until  BIGINT NOT NULL
);
CREATE INDEX one_time_uses_by_end ON one_time_uses (until);

-- A server that stops in order leaves its uses here and says so; one that starts takes the word back.
CREATE TABLE clean_stop (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1)
);
INSERT INTO clean_stop (one) VALUES (1);

-- How many tokens of a quota are reserved, by window. A node reserves some at a time and issues them from memory, so
-- this is never less than what was issued. Outside of the revision.
CREATE TABLE token_quotas (
    entity_type  TEXT COLLATE "C" NOT NULL,
    entity_id    TEXT COLLATE "C" NOT NULL,
    bucket       TEXT COLLATE "C" NOT NULL,
    window_start BIGINT NOT NULL,
    reserved     BIGINT NOT NULL,
    warned       BIGINT NOT NULL,
    PRIMARY KEY (entity_type, entity_id, bucket, window_start)
);
CREATE INDEX token_quotas_by_window ON token_quotas (window_start);

-- Log streams. `record` is the definition without its sink and `start`, the time of the first entry; the sink and the
-- secrets that sign deliveries are sealed together, since URLs and headers have credentials in them.
CREATE TABLE log_streams (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    record      TEXT   NOT NULL,
    start       BIGINT NOT NULL,
    sealed_sink BYTEA  NOT NULL,
    created     BIGINT NOT NULL,
    revision    BIGINT NOT NULL
);
CREATE INDEX log_streams_by_creation ON log_streams (created, id);

-- The key of the log's hash chain, sealed.
CREATE TABLE log_keys (
    name       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    sealed_key BYTEA NOT NULL
);

-- Which declared configuration a record belongs to, and whether it may be deleted. A row goes with its record; records
-- without a row belong to nobody and may be deleted.
CREATE TABLE ownerships (
    kind              TEXT COLLATE "C" NOT NULL,
    id                TEXT COLLATE "C" NOT NULL,
    owner             TEXT,
    delete_protection BIGINT NOT NULL,
    PRIMARY KEY (kind, id)
);
