//! Records to store, and ways to say what is stored.

use grantd_model::{
    AssertionAlgorithm, Client, ClientGrant, ClientGrantId, ClientId, Credential, CredentialKind,
    FederatedIdentity, LogStream, Organization, OrganizationId, ResourceServer, ResourceServerId, Revision,
    Secret, SigningKey, SigningKeyKind, SigningKeyState, SigningSecrets, Timestamp, Versioned,
};
use grantd_store::{Association, Change, Configuration, Store};
use serde_json::{Map, Value, json};

/// `base` with the members of `with`.
fn members(base: Value, with: Value) -> Map<String, Value> {
    let mut members = base.as_object().cloned().unwrap();
    members.extend(with.as_object().cloned().unwrap());
    members
}

/// A client with these members beside the ordinary ones.
pub fn client_with(id: &str, with: Value) -> Client {
    let body = members(json!({"name": format!("Client {id}"), "app_type": "non_interactive"}), with);
    Client::from_request(ClientId::from(id), Secret::from(format!("secret of {id}")), body).unwrap()
}

/// A client.
pub fn client(id: &str) -> Client {
    client_with(id, json!({}))
}

/// An API with these members beside the ordinary ones.
pub fn api_with(id: &str, identifier: &str, with: Value) -> ResourceServer {
    let body = members(json!({"identifier": identifier, "scopes": [{"value": "read"}]}), with);
    ResourceServer::from_request(&ResourceServerId::from(id), body).unwrap()
}

/// An API.
pub fn api(id: &str, identifier: &str) -> ResourceServer {
    api_with(id, identifier, json!({}))
}

/// A grant from the members of a request.
pub fn grant_with(id: &str, body: Value) -> ClientGrant {
    ClientGrant::from_request(ClientGrantId::from(id), body.as_object().unwrap()).unwrap()
}

/// A grant of a client for an API.
pub fn grant(id: &str, client: &str, audience: &str) -> ClientGrant {
    let body = json!({
        "client_id": client, "audience": audience, "scope": ["read"], "organization_usage": "allow",
    });
    grant_with(id, body)
}

/// A grant for a group of clients.
pub fn default_grant(id: &str, audience: &str) -> ClientGrant {
    grant_with(id, json!({"default_for": "third_party_clients", "audience": audience, "scope": ["read"]}))
}

/// An organization with these members beside the ordinary ones.
pub fn organization_with(id: &str, name: &str, with: Value) -> Organization {
    Organization::from_request(&OrganizationId::from(id), members(json!({"name": name}), with)).unwrap()
}

/// An organization.
pub fn organization(id: &str, name: &str) -> Organization {
    organization_with(id, name, json!({}))
}

/// A signing key whose private key is this text.
pub fn signing_key(kid: &str, private_key: &str, state: SigningKeyState) -> SigningKey {
    SigningKey {
        kid: kid.into(),
        kind: SigningKeyKind::Rsa2048,
        state,
        private_key: Secret::from(private_key),
        certificate: format!("certificate of {kid}"),
        created_at: Timestamp::from_millis(1_767_323_045_678),
        current_since: None,
        current_until: None,
        revoked_at: None,
    }
}

/// An identity of a client.
pub fn identity(id: &str, client: &str, subject: &str) -> FederatedIdentity {
    let trust = json!({"issuer": "https://issuer.example", "subject": subject, "claims": {"b": ["y", "z"], "a": "x"}});
    FederatedIdentity {
        id: id.into(),
        client_id: client.into(),
        trust: serde_json::from_value(trust).unwrap(),
        created_at: Timestamp::from_millis(1_767_323_045_678),
        updated_at: Timestamp::from_millis(1_767_323_045_679),
    }
}

/// A log stream that leads to this URL.
pub fn log_stream(id: &str, url: &str) -> LogStream {
    let settings = json!({
        "name": "SIEM", "status": "paused", "type": "http", "isPriority": true,
        "filters": [{"type": "category", "name": "management.success"}],
        "pii_config": {"log_fields": ["email"]},
        "sink": {
            "httpAuthorization": "secret authorization", "httpContentFormat": "JSONARRAY",
            "httpContentType": "text/plain", "httpEndpoint": url,
            "httpCustomHeaders": [{"header": "X-Key", "value": "secret header"}],
        },
    });
    LogStream {
        id: id.into(),
        settings: serde_json::from_value(settings).unwrap(),
        start: Timestamp::from_millis(1_767_323_045_678),
        signing: SigningSecrets {
            current: "whsec_one".into(),
            former: Some(("whsec_two".into(), Timestamp::from_millis(1_767_323_045_679))),
        },
    }
}

/// The change that takes an identity away.
pub fn disown(client: &str, id: &str) -> Change {
    Change::DeleteFederatedIdentity { client: client.into(), id: id.into() }
}

/// A credential of this kind.
pub fn credential_of_kind(id: &str, client: &str, kind: CredentialKind) -> Credential {
    Credential {
        id: id.into(),
        client_id: client.into(),
        name: Some(format!("Credential {id}")),
        created_at: Timestamp::from_millis(1_767_323_045_678),
        updated_at: Timestamp::from_millis(1_767_323_045_678),
        expires_at: None,
        kind,
    }
}

/// A key whose `kid` is its credential's id.
pub fn credential(id: &str, client: &str) -> Credential {
    key_named(id, client, id, b"a key")
}

/// A key with this `kid`.
pub fn key_named(id: &str, client: &str, kid: &str, spki: &[u8]) -> Credential {
    let (kid, spki) = (kid.into(), spki.to_vec());
    credential_of_kind(id, client, CredentialKind::PublicKey { kid, alg: AssertionAlgorithm::PS256, spki })
}

/// A client that signs its assertions with these keys.
pub fn client_with_keys(id: &str, keys: &[&str]) -> Client {
    let keys: Vec<Value> = keys.iter().map(|key| json!({"id": key})).collect();
    client_with(id, json!({"client_authentication_methods": {"private_key_jwt": {"credentials": keys}}}))
}

/// A grant in an organization.
pub fn association(organization: &str, client_grant: &str) -> Association {
    Association { organization: organization.into(), client_grant: client_grant.into() }
}

/// The change that makes an association.
pub fn associate(organization: &str, client_grant: &str) -> Change {
    Change::AddClientGrantToOrganization {
        organization: organization.into(),
        client_grant: client_grant.into(),
    }
}

/// The change that takes an association away.
pub fn separate(organization: &str, client_grant: &str) -> Change {
    Change::RemoveClientGrantFromOrganization {
        organization: organization.into(),
        client_grant: client_grant.into(),
    }
}

/// Commits each change alone; all succeed.
pub async fn commit_each(store: &dyn Store, changes: impl IntoIterator<Item = Change>) {
    for change in changes {
        store.commit(vec![change]).await.unwrap();
    }
}

/// Two clients, two APIs, a grant for each pair, a default grant, two organizations with a grant each.
pub async fn fill(store: &dyn Store) {
    let changes = vec![
        Change::CreateOrganization(organization("org_1", "one")),
        Change::CreateOrganization(organization("org_2", "two")),
        Change::CreateResourceServer(api("api_a", "https://a/")),
        Change::CreateResourceServer(api("api_b", "https://b/")),
        Change::CreateClient(client("client_1")),
        Change::CreateClient(client_with(
            "client_2",
            json!({"default_organization": {
                "organization_id": "org_1", "flows": ["client_credentials"],
            }}),
        )),
        Change::CreateClientGrant(grant("cgr_1a", "client_1", "https://a/")),
        Change::CreateClientGrant(grant("cgr_1b", "client_1", "https://b/")),
        Change::CreateClientGrant(grant("cgr_2a", "client_2", "https://a/")),
        Change::CreateClientGrant(grant("cgr_2b", "client_2", "https://b/")),
        Change::CreateClientGrant(default_grant("cgr_da", "https://a/")),
        associate("org_1", "cgr_1a"),
        associate("org_1", "cgr_2b"),
        associate("org_2", "cgr_1a"),
    ];
    store.commit(changes).await.unwrap();
}

/// A client as it is stored now.
pub async fn stored_client(store: &dyn Store, id: &str) -> Versioned<Client> {
    store.get_client(&id.into()).await.unwrap().unwrap()
}

/// The same record, said to be of another revision.
pub fn at<T>(record: T, revision: u64) -> Versioned<T> {
    Versioned { record, revision: Revision(revision) }
}

/// The configuration with everything in order of identifiers, for comparing: a store returns no certain order.
pub fn sorted(mut configuration: Configuration) -> Configuration {
    configuration.clients.sort_by(|one, other| one.client_id.cmp(&other.client_id));
    configuration.credentials.sort_by(|one, other| one.id.cmp(&other.id));
    configuration.resource_servers.sort_by(|one, other| one.id.cmp(&other.id));
    configuration.client_grants.sort_by(|one, other| one.id.cmp(&other.id));
    configuration.organizations.sort_by(|one, other| one.id.cmp(&other.id));
    configuration.associations.sort();
    configuration.federated_identities.sort_by(|one, other| one.client_id.cmp(&other.client_id));
    configuration
}

/// The whole configuration, sorted.
pub async fn loaded(store: &dyn Store) -> Configuration {
    sorted(store.load().await.unwrap())
}

/// The identifiers of all grants.
pub async fn grants(store: &dyn Store) -> Vec<String> {
    loaded(store).await.client_grants.iter().map(|grant| grant.id.to_string()).collect()
}

/// All associations.
pub async fn associations(store: &dyn Store) -> Vec<Association> {
    loaded(store).await.associations
}
