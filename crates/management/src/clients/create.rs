//! Auth0: Create a client.

use grantd_model::{Client, ClientId};
use grantd_schema::Operation::CreateClient;
use grantd_store::Change;

use super::view::{Sight, certificate, view};
use crate::{Caller, Context, Error, Members, Request};

/// Adds a client; the answer shows its new secret.
pub async fn create(context: &Context, caller: &Caller, request: &Request) -> Result<Members, Error> {
    caller.require(CreateClient)?;
    let body = request.payload(CreateClient)?;
    super::check_supported(&body)?;
    let strict = body.get("third_party_security_mode").is_some_and(|mode| mode == "strict");
    let generate = if strict { ClientId::generate_third_party } else { ClientId::generate };
    let id = generate(&*context.entropy);
    let client = Client::from_request(id, super::generate_secret(context), body)?;
    client.check()?;
    if let Some(identifier) = &client.resource_server_identifier
        && context.store.find_resource_server(identifier).await?.is_none()
    {
        return Err(Error::ResourceServerOfClientMissing);
    }
    super::commit(context, Change::CreateClient(client.clone())).await?;
    view(context, &client, &Sight::of_new_secret(), certificate(context).await?.as_deref())
}
