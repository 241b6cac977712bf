//! Client authentication (RFC 6749 §2.3), by the one method that the client is registered for.

use grantd_model::{Client, TokenEndpointAuthMethod};
use grantd_snapshot::Snapshot;
use thiserror::Error;

use super::errors::TokenError;
use super::request::{Credentials, IdAndSecret, TokenRequest};

/// A client that has proved who it is. Only [`authenticate`] makes one.
pub(super) struct AuthenticatedClient<'s>(&'s Client);

impl<'s> AuthenticatedClient<'s> {
    /// The client.
    pub(super) fn client(&self) -> &'s Client {
        self.0
    }
}

/// Somebody who has not proved to be a client. Only the log learns why.
#[derive(Debug, Error)]
#[error("{reason}")]
pub(super) struct Stranger {
    /// The `client_id` that was sent, if any.
    pub(super) id: String,
    /// Whether the credentials stood in the Authorization header.
    pub(super) used_header: bool,
    reason: &'static str,
}

impl Stranger {
    /// Somebody who named no client.
    pub(super) fn without_id() -> Self {
        Self { id: String::new(), used_header: false, reason: "no client is named" }
    }
}

/// Finds out who asks. An unknown client, a wrong secret and a wrong method look the same from outside, and
/// take the same work.
pub(super) fn authenticate<'s>(
    snapshot: &'s Snapshot,
    request: &TokenRequest<'_>,
) -> Result<AuthenticatedClient<'s>, TokenError> {
    let (id, proved, method) = match &request.credentials {
        Credentials::Post { id, secret } => (
            &**id,
            snapshot.client_with_secret(id, secret.as_bytes()),
            TokenEndpointAuthMethod::ClientSecretPost,
        ),
        Credentials::Basic { plain, decoded } => (
            &*plain.id,
            with_secret(snapshot, plain)
                .or_else(|| decoded.as_ref().and_then(|decoded| with_secret(snapshot, decoded))),
            TokenEndpointAuthMethod::ClientSecretBasic,
        ),
        Credentials::Public { id } => (&**id, snapshot.client(id), TokenEndpointAuthMethod::None),
        Credentials::Assertion => return Err(TokenError::InvalidClient),
    };
    match proved.filter(|client| is_registered_for(client, method)) {
        Some(client) => Ok(AuthenticatedClient(client)),
        None => Err(TokenError::Unauthorized(Stranger {
            id: id.to_owned(),
            used_header: method == TokenEndpointAuthMethod::ClientSecretBasic,
            reason: reason(snapshot.client(id), proved),
        })),
    }
}

fn with_secret<'s>(snapshot: &'s Snapshot, basic: &IdAndSecret) -> Option<&'s Client> {
    snapshot.client_with_secret(&basic.id, basic.secret.as_bytes())
}

/// A public client has to say so in its registration: no method at all still means a secret.
fn is_registered_for(client: &Client, method: TokenEndpointAuthMethod) -> bool {
    match method {
        TokenEndpointAuthMethod::None => client.token_endpoint_auth_method == Some(method),
        _ => client.accepts(method),
    }
}

fn reason(named: Option<&Client>, proved: Option<&Client>) -> &'static str {
    match (named, proved) {
        (_, Some(_)) => "the client is not registered for this method",
        (Some(_), None) => "the secret is wrong",
        (None, None) => "the client is unknown",
    }
}
