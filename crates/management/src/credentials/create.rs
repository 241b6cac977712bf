//! Auth0: Create a client credential.

use grantd_schema::Operation::CreateCredential;
use grantd_store::Change;

use super::register::register;
use super::view::view;
use crate::{Caller, Context, Error, Members, Request, authority};

/// Registers a credential. It counts when an authentication method of the client names it.
pub async fn create(context: &Context, caller: &Caller, request: &Request) -> Result<Members, Error> {
    caller.require(CreateCredential)?;
    let body = request.payload(CreateCredential)?;
    let client = super::load_client(context, request).await?;
    let credential = register(context, &client, body.into())?;
    authority::check_secret(context, caller, &client).await?;
    context.store.commit(vec![Change::CreateCredential(credential.clone())]).await?;
    Ok(view(&credential))
}
