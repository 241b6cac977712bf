//! A small universe of records, and everything that a snapshot says about it.

use std::sync::atomic::{AtomicU64, Ordering};

use grantd_decision::Facts;
use grantd_model::patch::Members;
use grantd_model::{
    Audience, CLIENT_CREDENTIALS, Client, ClientGrant, ClientGrantId, Clock, Credential, CredentialKind,
    DefaultFor, FederatedIdentity, Organization, ResourceServer, Scope, SubjectType, Timestamp,
};
use grantd_snapshot::Snapshot;
use serde_json::json;

pub const CLIENTS: [&str; 3] = ["one", "two", "three"];
pub const APIS: [&str; 3] = ["a", "b", "c"];
pub const AUDIENCES: [&str; 3] = ["https://x", "https://y", "https://z"];
pub const GRANTS: [&str; 6] = ["cgr_1", "cgr_2", "cgr_3", "cgr_4", "cgr_5", "cgr_6"];
pub const ORGANIZATIONS: [&str; 3] = ["org_1", "org_2", "org_3"];
pub const IDENTITIES: [&str; 4] = ["fid_1", "fid_2", "fid_3", "fid_4"];
pub const NAMES: [&str; 3] = ["acme", "bird", "coop"];
pub const CREDENTIALS: [&str; 4] = ["cred_1", "cred_2", "cred_3", "cred_4"];
pub const SECRETS: [&str; 3] = ["secret", "other", ""];

/// A clock that stands still until it is set.
pub struct FrozenClock(pub AtomicU64);

impl Clock for FrozenClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

pub fn client(id: &str, secret: &str, is_first_party: bool) -> Client {
    Client {
        client_id: id.into(),
        name: id.to_owned(),
        global: false,
        is_first_party,
        grant_types: Some(vec![CLIENT_CREDENTIALS.to_owned()]),
        token_endpoint_auth_method: None,
        client_authentication_methods: None,
        default_organization: None,
        resource_server_identifier: None,
        third_party_security_mode: None,
        require_proof_of_possession: None,
        client_secret: secret.into(),
        further_secrets: Vec::new(),
        properties: Members::from_iter([("description".to_owned(), json!("only stored"))]),
    }
}

/// A certificate's holder.
pub fn credential(id: &str, client: &str) -> Credential {
    Credential {
        id: id.into(),
        client_id: client.into(),
        name: None,
        created_at: Timestamp::from_millis(1),
        updated_at: Timestamp::from_millis(1),
        expires_at: None,
        kind: CredentialKind::CertSubjectDn { subject_dn: format!("CN={id}") },
    }
}

pub fn api(id: &str, identifier: &str, scope: &str) -> ResourceServer {
    let body = json!({"identifier": identifier, "scopes": [{"value": scope}]});
    ResourceServer::from_request(&id.into(), body.as_object().cloned().unwrap()).unwrap()
}

/// Without a client, the default of third-party clients.
pub fn grant(id: &str, client: Option<&str>, audience: &str, kind: SubjectType) -> ClientGrant {
    ClientGrant {
        id: id.into(),
        client_id: client.map(Into::into),
        audience: audience.into(),
        scope: Some([Scope::from("read")].into_iter().collect()),
        organization_usage: None,
        allow_any_organization: None,
        subject_type: kind,
        authorization_details_types: None,
        allow_all_scopes: None,
        is_system: false,
        default_for: if client.is_none() { Some(DefaultFor::ThirdPartyClients) } else { None },
    }
}

pub fn identity(id: &str, client: &str, subject: &str) -> FederatedIdentity {
    let trust = json!({"issuer": "https://issuer.example", "subject": subject});
    FederatedIdentity {
        id: id.into(),
        client_id: client.into(),
        trust: serde_json::from_value(trust).unwrap(),
        created_at: Timestamp::from_seconds(1),
        updated_at: Timestamp::from_seconds(2),
    }
}

pub fn organization(id: &str, name: &str) -> Organization {
    Organization { id: id.into(), name: name.to_owned(), display_name: None, properties: Members::new() }
}

/// Every answer of the snapshot about the universe: one line a question.
pub fn answers(snapshot: &Snapshot) -> Vec<String> {
    let mut answers = vec![format!("{:?} {:?}", snapshot.revision(), Facts::tenant(snapshot))];
    answers.push(format!("{:?}", snapshot.signing_keys()));
    answers.push(format!("{:?}", snapshot.log_streams()));
    for id in CLIENTS {
        answers.push(format!("{id}: {:?}", snapshot.client(id)));
        answers.push(format!("{id}: {:?}", snapshot.federated_identities_of(id)));
        answers.push(format!("{id}: {:?}", snapshot.credentials_of(&id.into())));
        for secret in SECRETS {
            let knows = snapshot.client_with_secret(id, secret.as_bytes(), Timestamp::default()).is_some();
            answers.push(format!("{id} {secret}: {knows}"));
        }
    }
    for audience in AUDIENCES.map(Audience::from) {
        answers.push(format!("{audience}: {:?}", snapshot.resource_server(audience.as_str())));
        answers.push(format!("default {audience}: {:?}", snapshot.third_party_grant(&audience)));
        for id in CLIENTS {
            answers.push(format!("{id} {audience}: {:?}", snapshot.client_grant(&id.into(), &audience)));
        }
    }
    for name in NAMES {
        answers.push(format!("{name}: {:?}", snapshot.organization_named(name)));
    }
    for id in ORGANIZATIONS {
        answers.push(format!("{id}: {:?}", snapshot.organization(id)));
        for grant in GRANTS.map(ClientGrantId::from) {
            answers.push(format!("{id} {grant}: {}", snapshot.is_associated(&id.into(), &grant)));
        }
    }
    answers
}
