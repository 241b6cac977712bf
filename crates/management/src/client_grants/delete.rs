//! Auth0: Delete a client grant.

use grantd_model::{ClientGrantFault, ClientGrantId};
use grantd_schema::Operation::DeleteClientGrant;
use grantd_store::Change;

use crate::error::gone;
use crate::{Caller, Context, Error, Request};

/// Removes a grant with its associations; one that is not there is no failure.
pub async fn delete(context: &Context, caller: &Caller, request: &Request) -> Result<(), Error> {
    caller.require(DeleteClientGrant)?;
    request.query(DeleteClientGrant)?;
    let id = ClientGrantId::from(request.parameter("id"));
    let grant = context.store.get_client_grant(&id).await?;
    if grant.is_some_and(|grant| grant.record.is_system) {
        return Err(ClientGrantFault::SystemGrant.into());
    }
    context.store.commit(vec![Change::DeleteClientGrant(id)]).await.map(drop).or_else(gone)
}
