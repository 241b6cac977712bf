//! Federated identities of a client: outside tokens that count as its proof (`/grantd/v1`).

mod create;
mod delete;
mod get;
mod list;
mod schemas;
mod update;
mod view;

pub use create::create_federated_identity;
pub use delete::delete_federated_identity;
pub use get::get_federated_identity;
pub use list::list_federated_identities;
pub use update::update_federated_identity;

use grantd_model::{ClientId, FederatedIdentity, FederatedIdentityFault, Trust, Versioned};
use grantd_token::OutsideKeys;

use crate::{Context, Error, Inexistent, Request};

/// The client in the path, which has to be there.
async fn client(context: &Context, request: &Request) -> Result<ClientId, Error> {
    let id = ClientId::from(request.parameter("client_id"));
    let client = context.store.get_client(&id).await?;
    client.map(|_| id).ok_or(Error::NotFound(Inexistent::Client))
}

/// The identity in the path, of the client in the path.
async fn load(context: &Context, request: &Request) -> Result<Versioned<FederatedIdentity>, Error> {
    let client = client(context, request).await?;
    let id = request.parameter("id").into();
    let identity = context.store.get_federated_identity(&client, &id).await?;
    identity.ok_or(Error::NotFound(Inexistent::FederatedIdentity))
}

/// The model's rules, and whether keys can come from where they should: found out now and not when a job needs them.
fn check(context: &Context, trust: &Trust) -> Result<(), Error> {
    trust.check()?;
    let (member, url) = match (&trust.jwks, &trust.jwks_uri) {
        (Some(jwks), _) => {
            let keys = OutsideKeys::parse(&serde_json::to_vec(jwks)?);
            let unusable = |error: grantd_token::OutsideKeysError| {
                Error::from(FederatedIdentityFault::Jwks(error.to_string()))
            };
            return keys.map(drop).map_err(unusable);
        }
        (None, Some(uri)) => ("jwks_uri", uri),
        (None, None) => ("issuer", &trust.issuer),
    };
    let unreachable = |reason| FederatedIdentityFault::Unreachable { member, reason };
    Ok((context.may_ask)(url).map_err(unreachable)?)
}
