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

    /// Somebody who shows what does not prove this client, for whatever reason.
    fn showing<R: ToString>(id: &str, shown: Shown) -> impl FnOnce(R) -> Self {
        move |reason| Self { id: id.to_owned(), shown, reason: reason.to_string() }
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
    let proved = match credentials {
        Credentials::Post { id, secret } => {
            let method = TokenEndpointAuthMethod::ClientSecretPost;
            let proved = secret::client(state, snapshot, id, secret, method, now);
            proved.map_err(Stranger::showing(id, Shown::Body))?
        }
        Credentials::Basic(basic) => {
            let proved = secret::client_by_header(state, snapshot, basic, now);
            proved.map_err(Stranger::showing(&basic.plain.id, Shown::Header))?
        }
        Credentials::IdOnly { id } => match certificate {
            Some(certificate) => {
                let proved = certificate::client(snapshot, id, certificate, now);
                // A client that has to prove nothing may have a certificate all the same.
                let proved = proved.or_else(|reason| secret::public_client(snapshot, id).map_err(|_| reason));
                proved.map_err(Stranger::showing(id, Shown::Key))?
            }
            None => secret::public_client(snapshot, id).map_err(Stranger::showing(id, Shown::Body))?,
        },
        Credentials::Assertion { id, assertion } if federated::is_outside(assertion) => {
            let id = id.as_deref();
            let proved = federated::client(state, snapshot, id, assertion, now).await;
            proved.map_err(Stranger::showing(id.unwrap_or_default(), Shown::Key))?
        }
        Credentials::Assertion { id, assertion } => {
            return by_assertion(state, snapshot, id.as_deref(), assertion, now);
        }
    };
    Ok(AuthenticatedClient { client: proved, once: None })
}

/// An assertion of the client's own, which works once.
fn by_assertion<'s>(
    state: &State,
    snapshot: &'s Snapshot,
    client_id: Option<&str>,
    text: &str,
    now: Timestamp,
) -> Result<AuthenticatedClient<'s>, Stranger> {
    let named = client_id.unwrap_or_default();
    let assertion = Assertion::parse(text).map_err(Stranger::showing(named, Shown::Key))?;
    let proved = assertion::client(snapshot, client_id, &assertion, &state.issuer.url, now);
    let (client, once) = proved.map_err(Stranger::showing(assertion.issuer(), Shown::Key))?;
    Ok(AuthenticatedClient { client, once: Some(once) })
}
