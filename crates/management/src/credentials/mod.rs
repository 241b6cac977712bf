//! Client credentials: keys and certificates (Auth0: Clients, credentials).

mod create;
mod delete;
mod fault;
mod get;
mod list;
mod register;
mod update;
mod view;

pub use create::create;
pub use delete::delete;
pub use fault::CredentialFault;
pub use get::get;
pub use list::list;
pub use update::update;

pub(crate) use register::{describe, register_listed};

use grantd_model::{ClientId, Credential, CredentialId, Versioned};

use crate::{Context, Error, Inexistent, Request};

/// The client that the path names, if it is there.
async fn load_client(context: &Context, request: &Request) -> Result<ClientId, Error> {
    let id = ClientId::from(request.parameter("client_id"));
    let client = context.store.get_client(&id).await?;
    client.map(|client| client.record.client_id).ok_or(Error::NotFound(Inexistent::Client))
}

/// The credential that the path names. Another client's is nobody's.
async fn find(context: &Context, request: &Request) -> Result<Option<Versioned<Credential>>, Error> {
    let id = CredentialId::from(request.parameter("credential_id"));
    let found = context.store.get_credential(&id).await?;
    let owner = request.parameter("client_id");
    Ok(found.filter(|credential| credential.record.client_id.as_str() == owner))
}

async fn load(context: &Context, request: &Request) -> Result<Versioned<Credential>, Error> {
    load_client(context, request).await?;
    find(context, request).await?.ok_or(Error::NotFound(Inexistent::Credential))
}
