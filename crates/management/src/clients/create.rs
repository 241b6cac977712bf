//! Auth0: Create a client.

use std::iter;

use grantd_model::{Client, ClientId};
use grantd_schema::Operation::CreateClient;
use grantd_store::Change;

use super::authentication::register_all;
use super::view::{Sight, certificate, view};
use crate::{Caller, Context, Error, Members, Request};

/// Adds a client with the credentials that it is described with; the answer shows its new secret.
pub async fn create(context: &Context, caller: &Caller, request: &Request) -> Result<Members, Error> {
    caller.require(CreateClient)?;
    let mut body = request.payload(CreateClient)?;
    let strict = body.get("third_party_security_mode").is_some_and(|mode| mode == "strict");
    let generate = if strict { ClientId::generate_third_party } else { ClientId::generate };
    let id = generate(&*context.entropy);
    let credentials = register_all(context, caller, &id, &mut body)?;
    let client = Client::from_request(id, super::generate_secret(context), body)?;
    client.check()?;
    if let Some(identifier) = &client.resource_server_identifier
        && context.store.find_resource_server(identifier).await?.is_none()
    {
        return Err(Error::ResourceServerOfClientMissing);
    }
    let credentials = credentials.into_iter().map(Change::CreateCredential);
    let changes = iter::once(Change::CreateClient(client.clone())).chain(credentials).collect();
    super::commit(context, changes).await?;
    view(context, &client, &Sight::of_new_secret(), certificate(context).await?.as_deref())
}
