//! Auth0: Update a client grant.

use grantd_model::patch::Members;
use grantd_model::{ClientGrant, ClientGrantFault, Versioned};
use grantd_schema::Operation::UpdateClientGrant;
use grantd_store::Change;

use crate::retry::while_stale;
use crate::{Caller, Context, Error, Inexistent, Request, authority};

/// Changes what a grant gives; whom and what it is for never changes.
pub async fn update(context: &Context, caller: &Caller, request: &Request) -> Result<ClientGrant, Error> {
    caller.require(UpdateClientGrant)?;
    let body = request.payload(UpdateClientGrant)?;
    while_stale(|| attempt(context, caller, request.parameter("id"), &body)).await
}

async fn attempt(context: &Context, caller: &Caller, id: &str, body: &Members) -> Result<ClientGrant, Error> {
    let former = super::load(&*context.store, id).await?;
    if former.record.is_system {
        return Err(ClientGrantFault::SystemGrant.into());
    }
    let grant = former.record.updated(body.clone())?;

    let api = context.store.find_resource_server(&grant.audience).await?;
    let unknown = || Error::NotFound(Inexistent::Audience(grant.audience.to_string()));
    let api = api.ok_or_else(unknown)?.record;
    let client = match &grant.client_id {
        Some(id) => context.store.get_client(id).await?,
        None => None,
    };

    let client = client.as_ref().map(|client| &client.record);
    check(&grant, body, &api, client)?;
    authority::check_grant(context, caller, &api, Some(&former.record), &grant).await?;
    let update = Versioned { record: grant.clone(), revision: former.revision };
    context.store.commit(vec![Change::UpdateClientGrant(update)]).await?;
    Ok(grant)
}

/// An update is judged by the grant that it makes. `allow_all_scopes` is refused on a system API however it is
/// set, so it is looked for in the body too: `null` leaves no trace in the grant.
fn check(
    grant: &ClientGrant,
    body: &Members,
    api: &grantd_model::ResourceServer,
    client: Option<&grantd_model::Client>,
) -> Result<(), ClientGrantFault> {
    if api.is_system && body.contains_key("allow_all_scopes") {
        return Err(ClientGrantFault::AllScopesOnSystemApi);
    }
    grant.check(api, client)
}
