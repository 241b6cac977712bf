//! Auth0: Delete a client.

use grantd_model::{ClientFault, ClientId};
use grantd_schema::Operation::DeleteClient;
use grantd_store::Change;

use crate::error::gone;
use crate::{Caller, Context, Error, Request, authority};

/// Removes a client with its grants; one that is not there is no failure.
pub async fn delete(context: &Context, caller: &Caller, request: &Request) -> Result<(), Error> {
    caller.require(DeleteClient)?;
    request.query(DeleteClient)?;
    let id = ClientId::from(request.parameter("id"));
    if context.store.get_client(&id).await?.is_some_and(|client| client.record.global) {
        return Err(ClientFault::Global.into());
    }
    authority::check_administrator(context, &id, None).await?;
    context.store.commit(vec![Change::DeleteClient(id)]).await.map(drop).or_else(gone)
}
