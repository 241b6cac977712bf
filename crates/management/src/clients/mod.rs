//! Clients (Auth0: Clients, applications).

mod create;
mod delete;
mod get;
mod list;
mod rotate_secret;
mod update;
mod view;

pub use create::create;
pub use delete::delete;
pub use get::get;
pub use list::list;
pub use rotate_secret::rotate_secret;
pub use update::update;

use grantd_model::{Client, ClientFault, ClientId, ClientSecret, Secret, Versioned, alphanumeric};
use grantd_store::{Change, Noun, StoreError};

use crate::{Context, Error, Inexistent, Members};

/// Length of a client secret, in characters: about 380 bits.
const SECRET: usize = 64;

/// A secret that nobody knows yet.
pub(crate) fn generate_secret(context: &Context) -> ClientSecret {
    new_secret(context, Secret::from(alphanumeric(&*context.entropy, SECRET)))
}

fn new_secret(context: &Context, value: Secret) -> ClientSecret {
    ClientSecret::new(value, context.clock.now())
}

/// Credentials cannot be set over the API yet.
fn check_supported(body: &Members) -> Result<(), ClientFault> {
    if body.get("client_authentication_methods").is_some_and(|methods| !methods.is_null()) {
        return Err(ClientFault::AuthenticationMethodsUnsupported);
    }
    if body.get("signed_request_object").is_some_and(|object| object.get("credentials").is_some()) {
        return Err(ClientFault::RequestKeysUnsupported);
    }
    Ok(())
}

pub(crate) async fn load(context: &Context, id: &str) -> Result<Versioned<Client>, Error> {
    let client = context.store.get_client(&ClientId::from(id)).await?;
    client.ok_or(Error::NotFound(Inexistent::Client))
}

/// Commits a client. The only other record that it can miss is its default organization.
pub(crate) async fn commit(context: &Context, change: Change) -> Result<(), Error> {
    match context.store.commit(vec![change]).await {
        Ok(_) => Ok(()),
        Err(StoreError::Missing(Noun::Organization)) => Err(Error::DefaultOrganizationMissing),
        Err(error) => Err(error.into()),
    }
}
