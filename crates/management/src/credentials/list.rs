//! Auth0: Get client credentials.

use grantd_schema::Operation::ListCredentials;

use super::view::view;
use crate::{Caller, Context, Error, Members, Request};

/// All credentials of a client, newest first. Always a bare array: there is one page.
pub async fn list(context: &Context, caller: &Caller, request: &Request) -> Result<Vec<Members>, Error> {
    caller.require(ListCredentials)?;
    request.query(ListCredentials)?;
    let client = super::load_client(context, request).await?;
    let credentials = context.store.list_credentials(&client).await?;
    Ok(credentials.iter().map(view).collect())
}
