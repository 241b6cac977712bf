//! Changes what a secret is called, or until when it lives.

use grantd_model::ClientSecretId;

use super::terms::Terms;
use super::view::{ClientSecretView, Views};
use super::{CHANGE, named};
use crate::extensions::query;
use crate::retry::while_stale;
use crate::{Caller, Context, Error, Inexistent, Request, authority, clients};

/// Changes the label and the end of a secret; `null` takes them away. The value never changes.
pub async fn update_client_secret(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<ClientSecretView, Error> {
    caller.require_any(CHANGE)?;
    query::check_none(&request.query)?;
    let terms = Terms::read(request)?;
    let client = request.parameter("client_id");
    authority::check_secret(context, caller, &client.into()).await?;
    while_stale(|| async { attempt(context, client, named(request)?, &terms).await }).await
}

async fn attempt(
    context: &Context,
    client: &str,
    id: ClientSecretId,
    terms: &Terms,
) -> Result<ClientSecretView, Error> {
    let mut client = clients::load(context, client).await?;
    let secret = client.record.secret_mut(id).ok_or(Error::NotFound(Inexistent::ClientSecret))?;
    terms.apply(secret, context.clock.now())?;
    let changed = secret.clone();
    super::commit(context, &client).await?;
    Ok(Views::of(context, &client.record, Views::UNUSED_FOR).await?.view(&changed))
}
