//! Assertions that a client signs with its own key (`private_key_jwt`; RFC 7523, Auth0: Private Key JWT).

use grantd_model::{Client, ClientAuthenticationMethods, Credential, CredentialKind, Timestamp};
use grantd_snapshot::Snapshot;
use grantd_token::{Assertion, AssertionError, AssertionUse, KeyError, PublicKey};
use thiserror::Error;

use crate::oauth::replays::OneTime;

/// Why an assertion does not authenticate a client. The words are for the log.
#[derive(Debug, Error)]
pub(super) enum Unproved {
    /// It is none, or its signature or its claims are not what they must be.
    #[error(transparent)]
    Assertion(#[from] AssertionError),
    /// `client_id` names another client than the assertion.
    #[error("client_id differs from the issuer of the assertion")]
    OtherClient,
    /// There is no such client.
    #[error("the client is unknown")]
    UnknownClient,
    /// The client proves itself in another way.
    #[error("the client is not registered for this method")]
    Method,
    /// No credential that counts now is what the assertion names.
    #[error("no credential of the client that is in force has the kid of the assertion")]
    UnknownKey,
    /// All credentials of the client have expired, or it has none.
    #[error("the client has no credential that is in force")]
    NoCredential,
    /// A stored key cannot be read.
    #[error("a credential of the client cannot be used: {0}")]
    Key(#[from] KeyError),
}

/// The client that has signed the assertion, and the one use of it.
pub(super) fn client<'s>(
    snapshot: &'s Snapshot,
    client_id: Option<&str>,
    assertion: &Assertion<'_>,
    issuer: &str,
    now: Timestamp,
) -> Result<(&'s Client, OneTime), Unproved> {
    let named = assertion.issuer();
    if client_id.is_some_and(|id| id != named) {
        return Err(Unproved::OtherClient);
    }
    let client = snapshot.client(named).filter(|client| !client.global).ok_or(Unproved::UnknownClient)?;
    let used = verify(assertion, client, &in_force(snapshot, client, now)?, issuer, now)?;
    Ok((client, OneTime::new("client_assertion", named, &used.jti, used.iat, used.exp)))
}

/// The keys of the client that count now.
fn in_force<'s>(
    snapshot: &'s Snapshot,
    client: &Client,
    now: Timestamp,
) -> Result<Vec<&'s Credential>, Unproved> {
    let Some(method @ ClientAuthenticationMethods::PrivateKeyJwt(_)) = &client.client_authentication_methods
    else {
        return Err(Unproved::Method);
    };
    let held = snapshot.credentials_of(&client.client_id).iter();
    let in_force: Vec<_> = held.filter(|held| method.enables(&held.id) && !held.is_expired(now)).collect();
    if in_force.is_empty() { Err(Unproved::NoCredential) } else { Ok(in_force) }
}

/// With a `kid`, the credential of that name has to verify it; without, any of them (Auth0's SDKs send none).
fn verify(
    assertion: &Assertion<'_>,
    client: &Client,
    credentials: &[&Credential],
    issuer: &str,
    now: Timestamp,
) -> Result<AssertionUse, Unproved> {
    let mut failure = Unproved::UnknownKey;
    for credential in credentials {
        let CredentialKind::PublicKey { kid, alg, spki } = &credential.kind else { continue };
        if assertion.kid().is_some_and(|named| named != kid) {
            continue;
        }
        match assertion.verify(&PublicKey::from_spki(spki)?, *alg) {
            Ok(verified) => return Ok(verified.check(&client.client_id, issuer, now)?),
            Err(error) => failure = error.into(),
        }
    }
    Err(failure)
}
