//! Auth0: Get log streams.

use grantd_schema::Operation::ListLogStreams;

use super::view::view;
use crate::{Caller, Context, Error, Members, Request};

/// All streams in order of creation: there are few, and the contract has no pages of them.
pub async fn list(context: &Context, caller: &Caller, request: &Request) -> Result<Vec<Members>, Error> {
    caller.require(ListLogStreams)?;
    request.query(ListLogStreams)?;
    context.store.list_log_streams().await?.iter().map(view).collect()
}
