//! Who may make the changes of a plan: who may make each of them alone.

use grantd_model::{Client, ClientGrant, ClientId, OwnedKind};
use grantd_store::Change;

use super::current::{Current, Index};
use super::plan::Plan;
use crate::authority::{check_all, refuse, unheld};
use crate::{Caller, Context, Error};

/// What a plan shows of the configuration, and so what its reader may read.
const READ: [&str; 5] = [
    "read:organizations",
    "read:resource_servers",
    "read:clients",
    "read:client_grants",
    "read:tenant_settings",
];

/// Fails unless the caller may read everything that a configuration has.
pub(super) fn check_reading(caller: &Caller) -> Result<(), Error> {
    caller.require_all(&READ)
}

/// Fails unless the caller may make every change of the plan.
pub(super) async fn check(
    context: &Context,
    caller: &Caller,
    current: &Current,
    index: &Index<'_>,
    plan: &Plan,
) -> Result<(), Error> {
    let mut beyond = Vec::new();
    for change in &plan.changes {
        caller.require_any(scopes(change))?;
        match change {
            Change::CreateClientGrant(grant) => beyond.extend(unheld_of_grant(context, caller, index, grant)),
            Change::UpdateClientGrant(grant) => {
                beyond.extend(unheld_of_grant(context, caller, index, &grant.record));
            }
            Change::UpdateClient(client) => {
                check_update(caller, index, &client.record)?;
                if !proves_itself_otherwise(index, &client.record) {
                    continue;
                }
                beyond.extend(unheld_of_client(context, caller, index, &client.record.client_id));
            }
            Change::CreateCredential(credential) => {
                beyond.extend(unheld_of_client(context, caller, index, &credential.client_id));
            }
            Change::UpdateCredential(credential) => {
                beyond.extend(unheld_of_client(context, caller, index, &credential.record.client_id));
            }
            Change::UpdateTenant(tenant) => {
                let former = &current.configuration.tenant.extensions;
                if tenant.record.extensions.allow_granting_unheld_scopes
                    && !former.allow_granting_unheld_scopes
                {
                    check_all(context, caller).await?;
                }
            }
            _ => {}
        }
    }
    refuse(context, beyond).await
}

/// The scopes of which one allows a change. A change that no plan has is allowed to nobody.
fn scopes(change: &Change) -> &'static [&'static str] {
    match change {
        Change::SetOwnership { owned, .. } => scopes_of_ownership(owned.kind),
        Change::UpdateTenant(_) => &["update:tenant_settings"],
        Change::CreateOrganization(_) => &["create:organizations"],
        Change::UpdateOrganization(_) => &["update:organizations"],
        Change::DeleteOrganization(_) => &["delete:organizations"],
        Change::CreateResourceServer(_) => &["create:resource_servers"],
        Change::UpdateResourceServer(_) => &["update:resource_servers"],
        Change::DeleteResourceServer(_) => &["delete:resource_servers"],
        Change::CreateClient(_) => &["create:clients"],
        Change::UpdateClient(_) => &["update:clients", "update:client_keys"],
        Change::DeleteClient(_) => &["delete:clients"],
        Change::CreateCredential(_) => &["create:client_credentials"],
        Change::UpdateCredential(_) => &["update:client_credentials"],
        Change::DeleteCredential(_) => &["delete:client_credentials"],
        Change::CreateClientGrant(_) => &["create:client_grants"],
        Change::UpdateClientGrant(_) => &["update:client_grants"],
        Change::DeleteClientGrant(_) => &["delete:client_grants"],
        Change::AddClientGrantToOrganization { .. } => &["create:organization_client_grants"],
        Change::RemoveClientGrantFromOrganization { .. } => &["delete:organization_client_grants"],
        _ => &[],
    }
}

/// Whoever makes or changes a record may say whom it belongs to.
fn scopes_of_ownership(kind: OwnedKind) -> &'static [&'static str] {
    match kind {
        OwnedKind::Organization => &["update:organizations", "create:organizations"],
        OwnedKind::ResourceServer => &["update:resource_servers", "create:resource_servers"],
        OwnedKind::Client => &["update:clients", "create:clients"],
        OwnedKind::ClientGrant => &["update:client_grants", "create:client_grants"],
    }
}

/// A secret needs one scope, and everything else another (Auth0: Update a client).
fn check_update(caller: &Caller, index: &Index<'_>, client: &Client) -> Result<(), Error> {
    let Some(former) = index.clients.get(client.client_id.as_str()) else { return Ok(()) };
    if has_other_secret(index, client) {
        caller.require_any(&["update:client_keys"])?;
    }
    let (secret, further) = (former.client_secret.clone(), former.further_secrets.clone());
    let rest = Client { client_secret: secret, further_secrets: further, ..client.clone() };
    if rest == **former { Ok(()) } else { caller.require_any(&["update:clients"]) }
}

fn has_other_secret(index: &Index<'_>, client: &Client) -> bool {
    let former = index.clients.get(client.client_id.as_str());
    former.is_some_and(|former| former.client_secret.value != client.client_secret.value)
}

/// Whether whoever declares the client may be able to prove to be it from now on.
fn proves_itself_otherwise(index: &Index<'_>, client: &Client) -> bool {
    let former = index.clients.get(client.client_id.as_str());
    let has_other_methods = former
        .is_some_and(|former| former.client_authentication_methods != client.client_authentication_methods);
    has_other_methods || has_other_secret(index, client)
}

/// The scopes of the Management API that a client has and the caller has not.
fn unheld_of_client(context: &Context, caller: &Caller, index: &Index<'_>, client: &ClientId) -> Vec<String> {
    let grants = index.grants_of_client.get(client.as_str()).into_iter().flatten();
    let on_management_api = grants.filter(|grant| grant.audience == context.management_audience);
    on_management_api.flat_map(|grant| unheld(caller, grant.scope.as_ref())).collect()
}

/// The scopes of a system API that a grant hands out, did not have, and the caller has not.
fn unheld_of_grant(
    context: &Context,
    caller: &Caller,
    index: &Index<'_>,
    grant: &ClientGrant,
) -> Vec<String> {
    let api = index.resource_servers.get(grant.audience.as_str());
    if grant.audience != context.management_audience && api.is_none_or(|api| !api.is_system) {
        return Vec::new();
    }
    let key = grant.grantee().map(|grantee| (grantee, grant.audience.clone(), grant.subject_type));
    let former = key.and_then(|key| index.client_grants.get(&key)).and_then(|former| former.scope.as_ref());
    let mut beyond = unheld(caller, grant.scope.as_ref());
    beyond.retain(|scope| former.is_none_or(|had| !had.contains(scope)));
    beyond
}
