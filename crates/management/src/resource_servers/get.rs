//! Auth0: Get a resource server.

use grantd_schema::Operation::GetResourceServer;

use super::view::view;
use crate::fields::select;
use crate::{Caller, Context, Error, Members, Request};

/// One API by its id or its identifier.
pub async fn get(context: &Context, caller: &Caller, request: &Request) -> Result<Members, Error> {
    caller.require(GetResourceServer)?;
    let query = request.query(GetResourceServer)?;
    let api = super::load(&*context.store, request.parameter("id")).await?.record;
    Ok(select(view(&*context.store, &api).await?, &query))
}
