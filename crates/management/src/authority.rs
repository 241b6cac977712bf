//! No caller hands on more authority over the Management API than it holds.
//!
//! With `create:client_grants` alone a client could give itself, or a friend, every scope of the Management API;
//! with `update:client_keys` alone it could take over a client that has them. So scopes of a system API are only
//! granted, and the secrets of clients that hold them only shown and changed, by who holds those scopes, unless
//! the deployment says otherwise. Auth0 does not check this: a deliberate difference.

use std::collections::HashSet;

use grantd_model::{
    Client, ClientFault, ClientGrant, ClientGrantFilter, ClientId, Paging, ResourceServer, ScopeSet,
};

use crate::{Caller, Context, Error};

/// Grants read at a time.
const PAGE: u32 = 100;

/// Fails if a grant, as it is to be, hands out what the caller does not hold and the grant did not have.
pub(crate) async fn check_grant(
    context: &Context,
    caller: &Caller,
    api: &ResourceServer,
    former: Option<&ClientGrant>,
    grant: &ClientGrant,
) -> Result<(), Error> {
    if !api.is_system {
        return Ok(());
    }
    let had = former.and_then(|grant| grant.scope.as_ref());
    let mut unheld = unheld(caller, grant.scope.as_ref());
    unheld.retain(|scope| had.is_none_or(|had| !had.contains(scope)));
    refuse(context, unheld).await
}

/// Fails unless the caller holds every Management API scope that the client holds: its secret stands for them.
pub(crate) async fn check_secret(context: &Context, caller: &Caller, client: &ClientId) -> Result<(), Error> {
    let mut beyond = Vec::new();
    for grant in grants(context, Some(client)).await? {
        beyond.extend(unheld(caller, grant.scope.as_ref()));
    }
    refuse(context, beyond).await
}

/// Fails unless the caller holds every scope that the Management API has.
pub(crate) async fn check_all(context: &Context, caller: &Caller) -> Result<(), Error> {
    let api = context.store.find_resource_server(&context.management_audience).await?;
    let all = api.map(|api| api.record.scope_set()).unwrap_or_default();
    refuse(context, unheld(caller, Some(&all))).await
}

/// The clients that hold Management API scopes which the caller does not.
pub(crate) async fn clients_beyond(context: &Context, caller: &Caller) -> Result<HashSet<ClientId>, Error> {
    if context.store.tenant().await?.record.extensions.allow_granting_unheld_scopes {
        return Ok(HashSet::new());
    }
    let grants = grants(context, None).await?.into_iter();
    let beyond = grants.filter(|grant| !unheld(caller, grant.scope.as_ref()).is_empty());
    Ok(beyond.filter_map(|grant| grant.client_id).collect())
}

/// Fails if the client is the administration client and would no longer be one: nobody could take that back.
/// None stands for a client that is deleted or has nothing to prove itself with.
pub(crate) async fn check_administrator(
    context: &Context,
    id: &ClientId,
    updated: Option<&Client>,
) -> Result<(), Error> {
    if updated.is_some_and(Client::gets_tokens_for_itself) {
        return Ok(());
    }
    let administrator = grants(context, Some(id)).await?.iter().any(|grant| grant.is_system);
    if administrator { Err(ClientFault::Administrator.into()) } else { Ok(()) }
}

/// The grants on the Management API, of one client or of all.
async fn grants(context: &Context, client: Option<&ClientId>) -> Result<Vec<ClientGrant>, Error> {
    let filter = ClientGrantFilter {
        audience: Some(context.management_audience.clone()),
        client_id: client.cloned(),
        ..ClientGrantFilter::default()
    };
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let paging = Paging::Checkpoint { after, take: PAGE };
        let page = context.store.list_client_grants(&filter, &paging).await?;
        found.extend(page.items);
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

/// The scopes that the caller does not hold.
pub(crate) fn unheld(caller: &Caller, scopes: Option<&ScopeSet>) -> Vec<String> {
    let scopes = scopes.into_iter().flatten();
    scopes.filter(|scope| !caller.scopes.contains(scope.as_str())).map(ToString::to_string).collect()
}

/// Fails if there are scopes that the caller lacks, unless the deployment lets everybody grant everything.
pub(crate) async fn refuse(context: &Context, unheld: Vec<String>) -> Result<(), Error> {
    if unheld.is_empty() || context.store.tenant().await?.record.extensions.allow_granting_unheld_scopes {
        return Ok(());
    }
    Err(Error::UnheldScopes(unheld))
}
