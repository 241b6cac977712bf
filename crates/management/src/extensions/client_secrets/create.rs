//! Gives a client one more secret.

use super::CHANGE;
use super::terms::Terms;
use super::view::{ClientSecretView, Views};
use crate::extensions::query;
use crate::retry::while_stale;
use crate::{Caller, Context, Error, Inexistent, Request, authority, clients};

/// Adds a secret beside those that the client has; only this answer shows its value.
pub async fn create_client_secret(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<ClientSecretView, Error> {
    caller.require_any(CHANGE)?;
    query::check_none(&request.query)?;
    let terms = Terms::read(request)?;
    let client = request.parameter("client_id");
    authority::check_secret(context, caller, &client.into()).await?;
    while_stale(|| attempt(context, client, &terms)).await
}

async fn attempt(context: &Context, client: &str, terms: &Terms) -> Result<ClientSecretView, Error> {
    let now = context.clock.now();
    let mut client = clients::load(context, client).await?;
    let mut secret = clients::generate_secret(context);
    terms.apply(&mut secret, now)?;
    let id = client.record.add_secret(secret, now)?;
    super::commit(context, &client).await?;
    let client = client.record;
    let added = client.secrets().find(|secret| secret.id == id);
    let added = added.ok_or(Error::NotFound(Inexistent::ClientSecret))?;
    Ok(Views::of(context, &client, Views::UNUSED_FOR).await?.view(added).with_value(added))
}
