//! Client authentication (RFC 6749 §2.3), by the one method that the client is registered for.
//!
//! One way for every endpoint that clients call. A request shows [`Credentials`]; [`authenticate`] alone turns them
//! into an [`AuthenticatedClient`]. Who fails is a [`Stranger`], whose reason only the log learns.

mod credentials;
mod secret;

pub(crate) use self::credentials::{Credentials, Malformed, Parameters};

use grantd_model::{Client, TokenEndpointAuthMethod};
use grantd_snapshot::Snapshot;
use thiserror::Error;

/// A client that has proved who it is. Only [`authenticate`] makes one.
pub(crate) struct AuthenticatedClient<'s>(&'s Client);

impl<'s> AuthenticatedClient<'s> {
    /// The client.
    pub(crate) fn client(&self) -> &'s Client {
        self.0
    }
}

/// Somebody who has not proved to be a client. Only the log learns why.
#[derive(Debug, Error)]
#[error("{reason}")]
pub(crate) struct Stranger {
    /// The `client_id` that was sent, if any.
    pub(crate) id: String,
    /// What was shown instead of a proof.
    pub(crate) shown: Shown,
    reason: String,
}

/// The kinds of credentials, as far as the answer to a stranger depends on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// A secret in the body, or nothing but an id.
    Body,
    /// The Authorization header.
    Header,
    /// An assertion.
    Key,
}

impl Stranger {
    /// Somebody who named no client.
    pub(crate) fn without_id() -> Self {
        Self { id: String::new(), shown: Shown::Body, reason: "no client is named".to_owned() }
    }
}

/// Finds out who asks. An unknown client, a wrong secret and a wrong method look the same from outside, and
/// take the same work.
pub(crate) fn authenticate<'s>(
    snapshot: &'s Snapshot,
    credentials: &Credentials<'_>,
) -> Result<AuthenticatedClient<'s>, Stranger> {
    let (id, shown, proved) = match credentials {
        Credentials::Post { id, secret } => {
            let method = TokenEndpointAuthMethod::ClientSecretPost;
            (&**id, Shown::Body, secret::client(snapshot, id, secret, method))
        }
        Credentials::Basic(basic) => {
            (&*basic.plain.id, Shown::Header, secret::client_by_header(snapshot, basic))
        }
        Credentials::IdOnly { id } => (&**id, Shown::Body, secret::public_client(snapshot, id)),
        Credentials::Assertion { id, .. } => {
            (id.as_deref().unwrap_or_default(), Shown::Key, Err("client assertions are not supported"))
        }
    };
    let stranger = |reason: &str| Stranger { id: id.to_owned(), shown, reason: reason.to_owned() };
    proved.map(AuthenticatedClient).map_err(stranger)
}
