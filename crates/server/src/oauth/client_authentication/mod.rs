//! Client authentication (RFC 6749 §2.3), by the one method that the client is registered for.
//!
//! One way for every endpoint that clients call. A request shows [`Credentials`], and maybe a certificate;
//! [`authenticate`] alone turns them into an [`AuthenticatedClient`]. Who fails is a [`Stranger`], whose reason only
//! the log learns.

mod assertion;
mod certificate;
mod credentials;
mod federated;
mod secret;

pub(crate) use self::credentials::{Credentials, Malformed, Parameters};

use grantd_model::{Client, Timestamp, TokenEndpointAuthMethod};
use grantd_snapshot::Snapshot;
use grantd_token::Assertion;
use thiserror::Error;

use self::assertion::Unproved;
use crate::State;
use crate::client_certificate::ClientCertificate;
use crate::oauth::replays::OneTime;

/// A client that has proved who it is. Only [`authenticate`] makes one.
pub(crate) struct AuthenticatedClient<'s> {
    client: &'s Client,
    once: Option<OneTime>,
}

impl<'s> AuthenticatedClient<'s> {
    /// The client.
    pub(crate) fn client(&self) -> &'s Client {
        self.client
    }

    /// What it has shown, where that works once: the endpoint claims it before it answers.
    pub(crate) fn once(&self) -> Option<OneTime> {
        self.once
    }
}

impl<'s> From<&'s Client> for AuthenticatedClient<'s> {
    fn from(client: &'s Client) -> Self {
        Self { client, once: None }
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
    /// An assertion or a certificate.
    Key,
}

impl Stranger {
    /// Somebody who named no client.
    pub(crate) fn without_id() -> Self {
        Self { id: String::new(), shown: Shown::Body, reason: "no client is named".to_owned() }
    }

    /// Somebody who shows what somebody has shown before.
    pub(crate) fn replaying(client: &AuthenticatedClient<'_>, reason: String) -> Self {
        Self { id: client.client.client_id.to_string(), shown: Shown::Key, reason }
    }
}

/// Finds out who asks. An unknown client, a wrong secret and a wrong method look the same from outside: what is
/// answered depends on what was shown, never on whom it names.
pub(crate) async fn authenticate<'s>(
    state: &State,
    snapshot: &'s Snapshot,
    credentials: &Credentials<'_>,
    certificate: Option<&ClientCertificate>,
) -> Result<AuthenticatedClient<'s>, Stranger> {
    let now = state.clock().now();
    let by_secret = |id: &str, shown, proved: Result<&'s Client, &'static str>| {
        let stranger = |reason: &str| Stranger { id: id.to_owned(), shown, reason: reason.to_owned() };
        proved.map(AuthenticatedClient::from).map_err(stranger)
    };
    match credentials {
        Credentials::Post { id, secret } => {
            let method = TokenEndpointAuthMethod::ClientSecretPost;
            by_secret(id, Shown::Body, secret::client(state, snapshot, id, secret, method))
        }
        Credentials::Basic(basic) => {
            by_secret(&basic.plain.id, Shown::Header, secret::client_by_header(state, snapshot, basic))
        }
        Credentials::IdOnly { id } => match certificate {
            Some(certificate) => {
                let proved = certificate::client(snapshot, id, certificate, now);
                // A client that has to prove nothing may have a certificate all the same.
                let proved = proved.or_else(|reason| secret::public_client(snapshot, id).map_err(|_| reason));
                by_secret(id, Shown::Key, proved)
            }
            None => by_secret(id, Shown::Body, secret::public_client(snapshot, id)),
        },
        Credentials::Assertion { id, assertion } if federated::is_outside(assertion) => {
            let proved = federated::client(state, snapshot, id.as_deref(), assertion, now).await;
            proved.map(AuthenticatedClient::from).map_err(|reason| Stranger {
                id: id.as_deref().unwrap_or_default().to_owned(),
                shown: Shown::Key,
                reason: reason.to_string(),
            })
        }
        Credentials::Assertion { id, assertion } => {
            by_assertion(state, snapshot, id.as_deref(), assertion, now).map_err(|(id, reason)| Stranger {
                id,
                shown: Shown::Key,
                reason: reason.to_string(),
            })
        }
    }
}

/// An assertion of the client's own.
fn by_assertion<'s>(
    state: &State,
    snapshot: &'s Snapshot,
    client_id: Option<&str>,
    text: &str,
    now: Timestamp,
) -> Result<AuthenticatedClient<'s>, (String, Unproved)> {
    let named = || client_id.unwrap_or_default().to_owned();
    let assertion = Assertion::parse(text).map_err(|error| (named(), error.into()))?;
    let (client, once) = assertion::client(snapshot, client_id, &assertion, &state.issuer.url, now)
        .map_err(|reason| (assertion.issuer().to_owned(), reason))?;
    Ok(AuthenticatedClient { client, once: Some(once) })
}
