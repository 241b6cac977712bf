//! Random changes to a small configuration: few names, so that they meet each other.

use grantd_model::{
    DefaultFor, Extensions, ScopeHandling, SigningKey, SigningKeyState, Tenant, Timestamp, Versioned,
};
use grantd_store::{Change, Store};
use proptest::prelude::*;
use serde_json::json;

use crate::fixtures::*;

/// One thing to try. Numbers name one of a few records.
#[derive(Clone, Debug)]
pub enum Step {
    CreateClient(u8, Option<u8>),
    UpdateClient(u8, Option<u8>),
    DeleteClient(u8),
    CreateCredential(u8, u8),
    UpdateCredential(u8),
    UseCredential(u8, u8),
    DeleteCredential(u8),
    CreateApi(u8, u8),
    UpdateApi(u8),
    DeleteApi(u8),
    MoveApi(u8, u8),
    CreateGrant(u8, u8, u8, bool),
    UpdateGrant(u8),
    DeleteGrant(u8),
    CreateOrganization(u8, u8),
    RenameOrganization(u8, u8),
    DeleteOrganization(u8),
    Associate(u8, u8),
    Separate(u8, u8),
    UpdateTenant(bool),
    CreateSigningKey(u8),
    RevokeSigningKey(u8),
    DeleteSigningKey(u8),
    CreateIdentity(u8, u8),
    UpdateIdentity(u8, u8),
    DeleteIdentity(u8, u8),
    CreateStream(u8),
    UpdateStream(u8),
    DeleteStream(u8),
}

/// By the number of the key: the first and the last stand in each other's way, since there is one next key.
const STATES: [SigningKeyState; 3] =
    [SigningKeyState::Next, SigningKeyState::Previous, SigningKeyState::Previous];

/// What there is before chance begins: without it few grants would find their API, and hardly one its organization.
fn beginning() -> Vec<Step> {
    use Step::*;
    let records = |id| [CreateOrganization(id, id), CreateClient(id, None), CreateApi(id, id)];
    let grants = [CreateGrant(0, 0, 0, false), CreateGrant(1, 1, 1, true)];
    [0, 1].into_iter().flat_map(records).chain(grants).collect()
}

/// Commits of one to three steps each, but for the first.
pub fn commits() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let by_chance = proptest::collection::vec(proptest::collection::vec(step(), 1..4), 1..50);
    by_chance.prop_map(|commits| [vec![beginning()], commits].concat())
}

/// Creating comes more often than deleting, so that there is something to delete.
fn step() -> impl Strategy<Value = Step> {
    use Step::*;
    let (n, some) = (|| 0_u8..4, || proptest::option::of(0_u8..4));
    prop_oneof![
        4 => (n(), some()).prop_map(|(client, home)| CreateClient(client, home)),
        2 => (n(), some()).prop_map(|(client, home)| UpdateClient(client, home)),
        1 => n().prop_map(DeleteClient),
        4 => (n(), n()).prop_map(|(id, client)| CreateCredential(id, client)),
        1 => n().prop_map(UpdateCredential),
        2 => (n(), n()).prop_map(|(id, client)| UseCredential(id, client)),
        1 => n().prop_map(DeleteCredential),
        4 => (n(), n()).prop_map(|(api, identifier)| CreateApi(api, identifier)),
        2 => n().prop_map(UpdateApi),
        1 => n().prop_map(DeleteApi),
        1 => (n(), n()).prop_map(|(api, identifier)| MoveApi(api, identifier)),
        6 => (n(), n(), n(), any::<bool>()).prop_map(|(id, client, api, default)| CreateGrant(id, client, api, default)),
        2 => n().prop_map(UpdateGrant),
        1 => n().prop_map(DeleteGrant),
        4 => (n(), n()).prop_map(|(id, name)| CreateOrganization(id, name)),
        1 => (n(), n()).prop_map(|(id, name)| RenameOrganization(id, name)),
        1 => n().prop_map(DeleteOrganization),
        4 => (n(), n()).prop_map(|(organization, grant)| Associate(organization, grant)),
        1 => (n(), n()).prop_map(|(organization, grant)| Separate(organization, grant)),
        1 => any::<bool>().prop_map(UpdateTenant),
        2 => n().prop_map(CreateSigningKey),
        1 => n().prop_map(RevokeSigningKey),
        1 => n().prop_map(DeleteSigningKey),
        3 => (n(), n()).prop_map(|(id, client)| CreateIdentity(id, client)),
        2 => (n(), n()).prop_map(|(id, client)| UpdateIdentity(id, client)),
        1 => (n(), n()).prop_map(|(id, client)| DeleteIdentity(id, client)),
        2 => n().prop_map(CreateStream),
        1 => n().prop_map(UpdateStream),
        1 => n().prop_map(DeleteStream),
    ]
}

/// The change of a step: an update is of the record as it is now, or of one that is not there.
pub async fn change(store: &dyn Store, step: &Step) -> Change {
    match step {
        Step::CreateClient(id, home) => Change::CreateClient(homed(*id, *home)),
        Step::UpdateClient(id, home) => {
            let id_text = format!("client_{id}");
            let former = store.get_client(&id_text.as_str().into()).await.unwrap();
            Change::UpdateClient(next(homed(*id, *home), former))
        }
        Step::DeleteClient(id) => Change::DeleteClient(format!("client_{id}").into()),
        Step::CreateCredential(id, client) => {
            Change::CreateCredential(credential(&format!("cred_{id}"), &format!("client_{client}")))
        }
        Step::UpdateCredential(id) => {
            let former = store.get_credential(&format!("cred_{id}").into()).await.unwrap();
            let mut record = former.clone().map_or_else(|| credential("none", "none"), |held| held.record);
            record.name = if record.name.is_some() { None } else { Some("named".into()) };
            Change::UpdateCredential(next(record, former))
        }
        Step::UseCredential(id, client) => {
            let client = format!("client_{client}");
            let former = store.get_client(&client.as_str().into()).await.unwrap();
            Change::UpdateClient(next(client_with_keys(&client, &[&format!("cred_{id}")]), former))
        }
        Step::DeleteCredential(id) => Change::DeleteCredential(format!("cred_{id}").into()),
        Step::CreateApi(id, name) => {
            Change::CreateResourceServer(api(&format!("api_{id}"), &audience(*name)))
        }
        Step::UpdateApi(id) => {
            let former = store.get_resource_server(&format!("api_{id}").into()).await.unwrap();
            let mut record = former.clone().map_or_else(|| api("none", "none"), |api| api.record);
            record.token_lifetime += 1;
            Change::UpdateResourceServer(next(record, former))
        }
        Step::DeleteApi(id) => Change::DeleteResourceServer(format!("api_{id}").into()),
        Step::MoveApi(id, name) => {
            Change::MoveResourceServer { id: format!("api_{id}").into(), identifier: audience(*name).into() }
        }
        Step::CreateGrant(id, client, name, default) => {
            Change::CreateClientGrant(some_grant(*id, *client, *name, *default))
        }
        Step::UpdateGrant(id) => {
            let former = store.get_client_grant(&format!("cgr_{id}").into()).await.unwrap();
            let mut record =
                former.clone().map_or_else(|| default_grant("none", "none"), |grant| grant.record);
            record.allow_any_organization = Some(record.allow_any_organization.is_none());
            Change::UpdateClientGrant(next(record, former))
        }
        Step::DeleteGrant(id) => Change::DeleteClientGrant(format!("cgr_{id}").into()),
        Step::CreateOrganization(id, name) => {
            Change::CreateOrganization(organization(&format!("org_{id}"), &format!("name-{name}")))
        }
        Step::RenameOrganization(id, name) => {
            let former = store.get_organization(&format!("org_{id}").into()).await.unwrap();
            let record = organization(&format!("org_{id}"), &format!("name-{name}"));
            Change::UpdateOrganization(next(record, former))
        }
        Step::DeleteOrganization(id) => Change::DeleteOrganization(format!("org_{id}").into()),
        Step::Associate(organization, grant) => {
            associate(&format!("org_{organization}"), &format!("cgr_{grant}"))
        }
        Step::Separate(organization, grant) => {
            separate(&format!("org_{organization}"), &format!("cgr_{grant}"))
        }
        Step::UpdateTenant(narrow) => {
            let former = store.tenant().await.unwrap();
            Change::UpdateTenant(next(tenant(*narrow), Some(former)))
        }
        Step::CreateIdentity(id, client) => {
            let record = identity(&format!("fid_{id}"), &format!("client_{client}"), "new");
            Change::CreateFederatedIdentity(record)
        }
        Step::UpdateIdentity(id, client) => {
            let (id, client) = (format!("fid_{id}"), format!("client_{client}"));
            let record = identity(&id, &client, "changed");
            let former = store.get_federated_identity(&record.client_id, &record.id).await.unwrap();
            Change::UpdateFederatedIdentity(next(record, former))
        }
        Step::DeleteIdentity(id, client) => disown(&format!("client_{client}"), &format!("fid_{id}")),
        Step::CreateStream(id) => Change::CreateLogStream(log_stream(&format!("lst_{id}"), "https://one/")),
        Step::UpdateStream(id) => {
            let record = log_stream(&format!("lst_{id}"), "https://two/");
            let former = store.get_log_stream(&record.id).await.unwrap();
            Change::UpdateLogStream(next(record, former))
        }
        Step::DeleteStream(id) => Change::DeleteLogStream(format!("lst_{id}").into()),
        Step::CreateSigningKey(id) => Change::CreateSigningKey(signing_key(
            &format!("kid_{id}"),
            "private",
            STATES[usize::from(*id) % 3],
        )),
        Step::RevokeSigningKey(id) => {
            let key = signing_key(&format!("kid_{id}"), "private", SigningKeyState::Previous);
            let key = SigningKey { revoked_at: Some(Timestamp::from_seconds(1)), ..key };
            Change::UpdateSigningKey { key, former: SigningKeyState::Previous }
        }
        Step::DeleteSigningKey(id) => Change::DeleteSigningKey(format!("kid_{id}").into()),
    }
}

fn next<T>(record: T, former: Option<Versioned<T>>) -> Versioned<T> {
    at(record, former.map_or(0, |former| former.revision.0))
}

fn audience(name: u8) -> String {
    format!("https://{name}/")
}

fn homed(id: u8, home: Option<u8>) -> grantd_model::Client {
    let home =
        home.map(|home| json!({"organization_id": format!("org_{home}"), "flows": ["client_credentials"]}));
    client_with(&format!("client_{id}"), home.map_or(json!({}), |home| json!({"default_organization": home})))
}

fn some_grant(id: u8, client: u8, name: u8, default: bool) -> grantd_model::ClientGrant {
    let mut grant = grant(&format!("cgr_{id}"), &format!("client_{client}"), &audience(name));
    if default {
        (grant.client_id, grant.default_for) = (None, Some(DefaultFor::ThirdPartyClients));
    }
    grant
}

fn tenant(narrow: bool) -> Tenant {
    let scope_handling = if narrow { ScopeHandling::Rfc6749 } else { ScopeHandling::Auth0 };
    Tenant { extensions: Extensions { scope_handling, ..Extensions::default() }, ..Tenant::default() }
}
