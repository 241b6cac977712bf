//! Resource servers: the APIs that tokens are for (Auth0: Resource servers).

mod create;
mod delete;
mod get;
mod list;
mod update;
mod view;

pub use create::create;
pub(crate) use create::with_secret;
pub use delete::delete;
pub use get::get;
pub use list::list;
pub use update::update;

use grantd_model::{Audience, ResourceServer, ResourceServerFault, ResourceServerId, Versioned};
use grantd_store::Store;
use percent_encoding::percent_decode_str;

use crate::{Error, Inexistent};

/// An API by its id or its identifier. Tools encode an identifier once or twice, and both arrive (recorded).
async fn find(store: &dyn Store, name: &str) -> Result<Option<Versioned<ResourceServer>>, Error> {
    if let Some(api) = store.get_resource_server(&ResourceServerId::from(name)).await? {
        return Ok(Some(api));
    }
    if let Some(api) = store.find_resource_server(&Audience::from(name)).await? {
        return Ok(Some(api));
    }
    // Only what a second encoding makes is decoded again: an identifier may itself hold `%20`.
    let encoded_twice = ["%3A", "%3a", "%2F", "%2f"].iter().any(|mark| name.contains(mark));
    if !encoded_twice {
        return Ok(None);
    }
    let decoded = percent_decode_str(name).decode_utf8_lossy();
    Ok(store.find_resource_server(&Audience::from(&*decoded)).await?)
}

async fn load(store: &dyn Store, name: &str) -> Result<Versioned<ResourceServer>, Error> {
    find(store, name).await?.ok_or(Error::NotFound(Inexistent::ResourceServer))
}

/// The rules of an API, and the thumbprint of its encryption key, which is worked out here because it needs
/// cryptography.
pub(crate) fn checked(mut api: ResourceServer) -> Result<ResourceServer, Error> {
    api.check()?;
    let unusable = |error: grantd_token::KeyError| ResourceServerFault::EncryptionKey(error.to_string());
    if let Some(encryption) = &mut api.token_encryption
        && let Some(pem) = &encryption.encryption_key.pem
    {
        let thumbprint = grantd_token::rsa_thumbprint_from_pem(pem).map_err(unusable)?;
        encryption.encryption_key.thumbprint_sha256 = Some(thumbprint);
    }
    Ok(api)
}
