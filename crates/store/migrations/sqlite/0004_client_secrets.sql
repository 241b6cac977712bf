-- Several secrets of a client. The current one stays where it is, and what is known of it beside its value stands in
-- `secret_terms`; the others are sealed together, since they are only ever read and written with their client.
-- When a secret that is there already was made is not known: no later than now.
ALTER TABLE clients ADD COLUMN secret_terms TEXT NOT NULL DEFAULT '';
ALTER TABLE clients ADD COLUMN sealed_further_secrets BLOB;
UPDATE clients SET secret_terms = json_object(
    'id', printf('sec_%016x', CAST(strftime('%s', 'now') AS INTEGER) * 1000),
    'created_at', CAST(strftime('%s', 'now') AS INTEGER) * 1000
);

-- When secrets were last used. Outside of the revision: no follower needs it, and it is written now and then.
CREATE TABLE client_secret_uses (
    client_id    TEXT   NOT NULL REFERENCES clients (client_id),
    secret_id    TEXT   NOT NULL,
    last_used_at INTEGER NOT NULL,
    PRIMARY KEY (client_id, secret_id)
) STRICT, WITHOUT ROWID;
