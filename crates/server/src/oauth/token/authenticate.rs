//! Client authentication (RFC 6749 §2.3), by the one method that the client is registered for.

use grantd_model::{Client, TokenEndpointAuthMethod};
use grantd_snapshot::Snapshot;

use super::errors::TokenError;
use super::request::{Credentials, TokenRequest};

/// A client that has proved who it is. Only [`authenticate`] makes one.
pub(super) struct AuthenticatedClient<'s>(&'s Client);

impl<'s> AuthenticatedClient<'s> {
    /// The client.
    pub(super) fn client(&self) -> &'s Client {
        self.0
    }
}

/// Finds out who asks. An unknown client, a wrong secret and a wrong method look the same from outside, and
/// take the same work.
pub(super) fn authenticate<'s>(
    snapshot: &'s Snapshot,
    request: &TokenRequest<'_>,
) -> Result<AuthenticatedClient<'s>, TokenError> {
    let (id, found, method) = match &request.credentials {
        Credentials::Post { id, secret } => (
            &**id,
            snapshot.client_with_secret(id, secret.as_bytes()),
            TokenEndpointAuthMethod::ClientSecretPost,
        ),
        Credentials::Basic { id, secret, decoded } => {
            let plain = snapshot.client_with_secret(id, secret.as_bytes());
            let encoded = decoded.as_ref();
            let found = plain.or_else(|| {
                encoded.and_then(|(id, secret)| snapshot.client_with_secret(id, secret.as_bytes()))
            });
            (&**id, found, TokenEndpointAuthMethod::ClientSecretBasic)
        }
        Credentials::Public { id } => (&**id, snapshot.client(id), TokenEndpointAuthMethod::None),
        Credentials::Assertion => return Err(TokenError::InvalidClient),
    };
    // A public client has to say so in its registration: no method at all still means a secret.
    let registered = |client: &&Client| match method {
        TokenEndpointAuthMethod::None => client.token_endpoint_auth_method == Some(method),
        _ => client.accepts(method),
    };
    match found.filter(registered) {
        Some(client) => Ok(AuthenticatedClient(client)),
        None => {
            tracing::info!(client.id = %clip(id), "client authentication failed");
            Err(TokenError::Unauthorized)
        }
    }
}

/// What strangers send is logged in part, and never with control characters.
fn clip(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(64).collect()
}
