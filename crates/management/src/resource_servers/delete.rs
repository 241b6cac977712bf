//! Auth0: Delete a resource server.

use grantd_model::ResourceServerFault;
use grantd_schema::Operation::DeleteResourceServer;
use grantd_store::Change;

use crate::error::gone;
use crate::{Caller, Context, Error, Request};

/// Removes an API with the grants for it; one that is not there is no failure.
pub async fn delete(context: &Context, caller: &Caller, request: &Request) -> Result<(), Error> {
    caller.require(DeleteResourceServer)?;
    request.query(DeleteResourceServer)?;
    let Some(api) = super::find(&*context.store, request.parameter("id")).await? else { return Ok(()) };
    if api.record.is_system {
        return Err(ResourceServerFault::SystemApiDeleted.into());
    }
    context.store.commit(vec![Change::DeleteResourceServer(api.record.id)]).await.map(drop).or_else(gone)
}
