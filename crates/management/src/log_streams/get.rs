//! Auth0: Get a log stream by ID.

use grantd_schema::Operation::GetLogStream;

use super::view::view;
use crate::{Caller, Context, Error, Members, Request};

/// One stream by its id, with what authenticates its deliveries.
pub async fn get(context: &Context, caller: &Caller, request: &Request) -> Result<Members, Error> {
    caller.require(GetLogStream)?;
    request.query(GetLogStream)?;
    view(&super::load(context, request.parameter("id")).await?.record)
}
