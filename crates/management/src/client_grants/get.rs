//! Auth0: Get a client grant.

use grantd_model::ClientGrant;
use grantd_schema::Operation::GetClientGrant;

use crate::{Caller, Context, Error, Request};

/// One grant by its id.
pub async fn get(context: &Context, caller: &Caller, request: &Request) -> Result<ClientGrant, Error> {
    caller.require(GetClientGrant)?;
    request.query(GetClientGrant)?;
    Ok(super::load(&*context.store, request.parameter("id")).await?.record)
}
