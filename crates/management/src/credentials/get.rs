//! Auth0: Get client credential details.

use grantd_schema::Operation::GetCredential;

use super::view::view;
use crate::{Caller, Context, Error, Members, Request};

/// One credential of a client.
pub async fn get(context: &Context, caller: &Caller, request: &Request) -> Result<Members, Error> {
    caller.require(GetCredential)?;
    request.query(GetCredential)?;
    Ok(view(&super::load(context, request).await?.record))
}
