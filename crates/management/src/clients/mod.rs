//! Clients (Auth0: Clients, applications).

mod authentication;
mod create;
mod delete;
mod get;
mod list;
mod rotate_secret;
mod update;
mod view;

pub(crate) use authentication::proves_itself;
pub use create::create;
pub use delete::delete;
pub use get::get;
pub use list::list;
pub use rotate_secret::rotate_secret;
pub use update::update;

use grantd_model::{Client, ClientId, ClientSecret, Secret, Versioned, alphanumeric};
use grantd_store::{Change, Noun, StoreError};

use crate::{Context, Error, Inexistent};

/// Length of a client secret, in characters: about 380 bits.
const SECRET: usize = 64;

/// A secret that nobody knows yet.
pub(crate) fn generate_secret(context: &Context) -> ClientSecret {
    new_secret(context, Secret::from(alphanumeric(&*context.entropy, SECRET)))
}

/// A secret with this value, made now.
pub(crate) fn new_secret(context: &Context, value: Secret) -> ClientSecret {
    ClientSecret::new(value, context.clock.now())
}

pub(crate) async fn load(context: &Context, id: &str) -> Result<Versioned<Client>, Error> {
    let client = context.store.get_client(&ClientId::from(id)).await?;
    client.ok_or(Error::NotFound(Inexistent::Client))
}

/// Commits a client. It can miss its default organization, or a credential that was there when it was looked for.
pub(crate) async fn commit(context: &Context, changes: Vec<Change>) -> Result<(), Error> {
    match context.store.commit(changes).await {
        Ok(_) => Ok(()),
        Err(StoreError::Missing(Noun::Organization)) => Err(Error::DefaultOrganizationMissing),
        // The next attempt finds which.
        Err(StoreError::Missing(Noun::Credential)) => Err(Error::Store(StoreError::Stale(Noun::Credential))),
        Err(error) => Err(error.into()),
    }
}
