//! Tokens of outside issuers in place of a secret (RFC 7523 §2.2), as the client's federated identities allow.
//!
//! Such a token is shown as long as its platform says, more than once: Kubernetes and SPIFFE hand out the same one
//! until it ends, so nothing is remembered of it. This is the one way to authenticate that may ask somebody else, so
//! what costs comes last: the claims, then the keys, of which few are tried for one request.

use std::time::Duration;

use grantd_model::{Causes, Client, FederatedIdentity, Mismatch, Timestamp, Trust};
use grantd_outbound::{KeySource, OutboundError};
use grantd_snapshot::Snapshot;
use grantd_token::{Attempts, OutsideAssertion, OutsideClaims, OutsideError, OutsideKeys, OutsideKeysError};
use serde_json::{Map, Value, json};
use thiserror::Error;
use tokio::time::timeout;

use crate::State;

/// How long all of it may take, should several issuers have to be asked.
const PATIENCE: Duration = Duration::from_secs(6);

/// Why a token does not prove that somebody is the client. The text is for the log.
#[derive(Debug, Error)]
pub(super) enum NotFederated {
    /// Tokens do not say which of our clients they are for.
    #[error("an outside token needs the parameter client_id")]
    NoClientNamed,
    /// No such client, or none that authenticates.
    #[error("the client is unknown")]
    UnknownClient,
    /// The client has no identity with this issuer.
    #[error("the client has no federated identity of this issuer")]
    NoIdentity,
    /// The token itself.
    #[error(transparent)]
    Token(#[from] OutsideError),
    /// The pinned keys, which were good when they came.
    #[error("the pinned keys cannot be used: {0}")]
    Pinned(#[from] OutsideKeysError),
    /// The pinned keys cannot be written down.
    #[error("the pinned keys cannot be written: {0}")]
    Unwritable(#[from] serde_json::Error),
    /// The issuer's keys could not be had.
    #[error("the keys of the issuer could not be had: {}", Causes(.0))]
    Keys(#[from] OutboundError),
    /// This server asks nobody.
    #[error("this server fetches no keys")]
    Offline,
    /// The rules of the identity.
    #[error("the token is somebody else's: {0}")]
    Mismatch(#[from] Mismatch),
    /// Several issuers took too long together.
    #[error("the keys took longer than {0:?}")]
    TooSlow(Duration),
}

/// Whether an assertion is one of these: outside issuers are URLs, and no `client_id` is.
pub(super) fn is_outside(text: &str) -> bool {
    OutsideAssertion::parse(text).is_ok_and(|assertion| assertion.issuer().contains("://"))
}

/// The client that a token of an outside issuer stands for.
pub(super) async fn client<'s>(
    state: &State,
    snapshot: &'s Snapshot,
    client_id: Option<&str>,
    text: &str,
    now: Timestamp,
) -> Result<&'s Client, NotFederated> {
    let id = client_id.ok_or(NotFederated::NoClientNamed)?;
    let client = snapshot.client(id).filter(|client| !client.global).ok_or(NotFederated::UnknownClient)?;
    let assertion = OutsideAssertion::parse(text)?;
    let identities = snapshot.federated_identities_of(id);
    timeout(PATIENCE, any(state, identities, &assertion, now))
        .await
        .unwrap_or(Err(NotFederated::TooSlow(PATIENCE)))
        .map(|()| client)
}

/// Whether one of the identities takes the token; otherwise why the last one does not.
async fn any(
    state: &State,
    identities: &[FederatedIdentity],
    assertion: &OutsideAssertion<'_>,
    now: Timestamp,
) -> Result<(), NotFederated> {
    let mut refusal = NotFederated::NoIdentity;
    let mut attempts = Attempts::default();
    for identity in identities.iter().filter(|identity| identity.trust.issuer == assertion.issuer()) {
        match takes(state, &identity.trust, assertion, &mut attempts, now).await {
            Ok(()) => return Ok(()),
            Err(reason) => refusal = reason,
        }
    }
    Err(refusal)
}

async fn takes(
    state: &State,
    trust: &Trust,
    assertion: &OutsideAssertion<'_>,
    attempts: &mut Attempts,
    now: Timestamp,
) -> Result<(), NotFederated> {
    let audience = trust.audience.as_deref().unwrap_or(&state.issuer.url);
    let claims = assertion.check(&trust.issuer, audience, now)?;
    trust.matches(claims.unverified())?;
    if attempts.are_spent() {
        return Err(OutsideError::Spent.into());
    }
    match &trust.jwks {
        Some(jwks) => claims.verify(&pinned(jwks, assertion.kid())?, attempts)?,
        None => verify(state, &source(trust), claims, attempts, now).await?,
    };
    Ok(())
}

/// The pinned keys that a token may be signed with: those of the name in its header, where there is one. The others
/// are not read, since a client may have one identity for each of many clusters with the same issuer.
fn pinned(jwks: &Value, kid: Option<&str>) -> Result<OutsideKeys, NotFederated> {
    let all = jwks.get("keys").and_then(Value::as_array).into_iter().flatten();
    let is_named = |key: &&Value| kid.is_none() || key.get("kid").and_then(Value::as_str) == kid;
    let named: Vec<&Value> = all.filter(is_named).collect();
    if named.is_empty() {
        return Err(OutsideError::UnknownKey.into());
    }
    Ok(OutsideKeys::parse(&serde_json::to_vec(&json!({"keys": named}))?)?)
}

fn source(trust: &Trust) -> KeySource {
    match &trust.jwks_uri {
        Some(uri) => KeySource::Url(uri.clone()),
        None => KeySource::Issuer(trust.issuer.clone()),
    }
}

/// Verifies with the issuer's keys; with newer ones if the key is not among those that are known.
async fn verify<'a>(
    state: &State,
    source: &KeySource,
    claims: OutsideClaims<'a>,
    attempts: &mut Attempts,
    now: Timestamp,
) -> Result<&'a Map<String, Value>, NotFederated> {
    let sets = state.outside_keys.as_ref().ok_or(NotFederated::Offline)?;
    let keys = sets.keys(source, now).await?;
    match claims.verify(&keys, attempts) {
        Err(OutsideError::UnknownKey) => match sets.keys_beyond(source, &keys, now).await? {
            Some(newer) => Ok(claims.verify(&newer, attempts)?),
            None => Err(OutsideError::UnknownKey.into()),
        },
        outcome => Ok(outcome?),
    }
}
