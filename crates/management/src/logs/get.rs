//! Auth0: Get a log event by ID.

use grantd_model::LogId;
use grantd_schema::Operation::GetLog;

use crate::{Caller, Context, Error, Inexistent, Members, Request};

/// One entry by its identifier.
pub async fn get(context: &Context, caller: &Caller, request: &Request) -> Result<Members, Error> {
    caller.require(GetLog)?;
    request.query(GetLog)?;
    let id = request.parameter("id");
    let not_found = || Error::NotFound(Inexistent::Log);
    let position = LogId::position_of(id).ok_or_else(not_found)?;
    let log = context.log.as_ref().ok_or_else(not_found)?;
    let entry = log.get(position).await?.filter(|entry| entry.id() == id).ok_or_else(not_found)?;
    Ok(entry.members()?)
}
