//! Removes a secret of a client.

use grantd_model::ClientSecretId;

use super::{CHANGE, named};
use crate::extensions::query;
use crate::retry::while_stale;
use crate::{Caller, Context, Error, Inexistent, Request, authority, clients};

/// Removes a secret, which is refused from then on. In the place of the current one comes the newest other live one.
pub async fn delete_client_secret(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<(), Error> {
    caller.require_any(CHANGE)?;
    query::check_none(&request.query)?;
    let client = request.parameter("client_id");
    authority::check_secret(context, caller, &client.into()).await?;
    while_stale(|| async { attempt(context, client, named(request)?).await }).await
}

async fn attempt(context: &Context, client: &str, id: ClientSecretId) -> Result<(), Error> {
    let mut client = clients::load(context, client).await?;
    if !client.record.remove_secret(id, context.clock.now())? {
        return Err(Error::NotFound(Inexistent::ClientSecret));
    }
    super::commit(context, &client).await
}
