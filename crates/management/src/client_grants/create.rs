//! Auth0: Create a client grant.

use grantd_model::{ClientGrant, ClientGrantFault, ClientGrantId};
use grantd_schema::Operation::CreateClientGrant;
use grantd_store::Change;

use crate::{Caller, Context, Error, Inexistent, Request, authority};

/// Records that a client may ask for scopes of an API.
pub async fn create(context: &Context, caller: &Caller, request: &Request) -> Result<ClientGrant, Error> {
    caller.require(CreateClientGrant)?;
    let body = request.payload(CreateClientGrant)?;
    let grant = ClientGrant::from_request(ClientGrantId::generate(&*context.entropy), &body)?;
    if grant.grantee().is_none() {
        return Err(ClientGrantFault::GranteeAmbiguous.into());
    }

    let api = context.store.find_resource_server(&grant.audience).await?;
    let unknown = || Error::NotFound(Inexistent::Audience(grant.audience.to_string()));
    let api = api.ok_or_else(unknown)?.record;
    let client = match &grant.client_id {
        Some(id) => {
            Some(context.store.get_client(id).await?.ok_or(Error::NotFound(Inexistent::ClientInBody))?)
        }
        None => None,
    };

    grant.check(&api, client.as_ref().map(|client| &client.record))?;
    authority::check_grant(context, caller, &api, None, &grant).await?;
    context.store.commit(vec![Change::CreateClientGrant(grant.clone())]).await?;
    Ok(grant)
}
